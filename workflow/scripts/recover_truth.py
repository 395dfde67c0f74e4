"""Compare what a simulated study planted with what was found."""

from crosshub.runtime import job
from crosshub.tables import read_table, write_table
from crosshub.truth import recover_truth

with job(snakemake) as log:
    compounds = snakemake.input.get("compounds")
    table = recover_truth(
        read_table(snakemake.input.truth, text=["item", "detail"]),
        read_table(snakemake.input.genes),
        read_table(snakemake.input.identity),
        read_table(compounds, text=["name"]) if compounds else None,
    )
    write_table(table, snakemake.output.table)
    log.info("\n%s", table.to_string(index=False))
