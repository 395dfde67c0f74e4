"""Try the table of cohorts on the fetched series; all mistakes are told in one go."""

from crosshub.inputs import check_inputs
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    table = check_inputs(snakemake.params.rows, snakemake.input.matrices)
    write_table(table, snakemake.output.table)
    log.info("%d cohorts fit their series", len(table))
