"""Combine the discovery cohorts of a disease."""

from crosshub.meta import combine_cohorts
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    tables = map(read_table, snakemake.input.tables)
    table = combine_cohorts(dict(zip(snakemake.params.cohorts, tables, strict=True)))
    write_table(table, snakemake.output.table)
    log.info("%d genes of %d cohorts: %s", len(table), table["n_cohorts"][0], table["method"][0])
