"""Predict the activity of the candidates of a comparison against a target."""

from crosshub.qsar.scoring import score_candidates
from crosshub.randomness import derived_seed
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

TEXT = ("name", "inchikey", "smiles", "type", "relation", "value", "unit", "reason")

with job(snakemake) as log:
    compounds, left_out = (
        read_table(snakemake.input[name], text=TEXT).fillna(dict.fromkeys(TEXT, ""))
        for name in ("compounds", "left_out")
    )
    table = score_candidates(
        read_table(snakemake.input.candidates, text=TEXT),
        compounds,
        left_out,
        read_table(snakemake.input.domain),
        model=snakemake.params.model,
        # The same for each comparison: a compound has one prediction.
        seed=derived_seed(snakemake.params.seed, "score_activity", snakemake.wildcards.target),
    )
    write_table(table, snakemake.output.table)
    counts = table["source"].value_counts().sort_index()
    log.info("%s", ", ".join(f"{number} {name}" for name, number in counts.items()))
