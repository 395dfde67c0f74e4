"""Compare the structures of a drug list: clusters, nearest known drugs, scaffolds of the hits."""

from crosshub.chemistry import add_neighbours, draw_scaffolds, enrich_scaffolds, is_hit
from crosshub.runtime import job
from crosshub.tables import read_table, whole, write_table

with job(snakemake) as log:
    params, made = snakemake.params, snakemake.output
    candidates = read_table(snakemake.input.candidates, text=["name", "smiles", "scaffold"])
    hits, criterion = is_hit(candidates, fdr=params.fdr)
    known = read_table(snakemake.input.known, text=["name", "disease", "smiles"])
    known = known[known["disease"].isna() | known["disease"].isin(params.diseases)]
    table = add_neighbours(candidates.assign(hit=hits), known, distance=params.distance)
    write_table(
        table[
            ["rank", "name", "inchikey", "hit", "cluster", "nearest_known", "similarity_to_known"]
        ],
        made.neighbours,
    )
    scaffolds = enrich_scaffolds(candidates, hits).assign(criterion=criterion)
    write_table(scaffolds, made.scaffolds)
    with whole(made.figure) as path:
        path.write_text(draw_scaffolds(scaffolds) + "\n", encoding="utf-8")
    log.info("%d hits (%s), %d scaffolds tested", hits.sum(), criterion, len(scaffolds))
