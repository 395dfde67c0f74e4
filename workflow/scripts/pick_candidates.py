"""Pick the candidates of a disease."""

from crosshub.candidates import pick_candidates
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    settings = snakemake.params.settings
    table = pick_candidates(
        read_table(snakemake.input.differential),
        read_table(snakemake.input.modules),
        read_table(snakemake.input.traits),
        fdr=settings["fdr"],
        effect=settings["effect"],
        require_module=settings["modules"] == "require",
        trait_fdr=snakemake.params.trait_fdr,
    )
    write_table(table, snakemake.output.table)
    log.info("%d candidates", len(table))
