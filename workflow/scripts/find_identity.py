"""Find the samples of a study that are the same person."""

from crosshub.identity import find_identity
from crosshub.runtime import job
from crosshub.tables import read_matrix, read_table, write_table

with job(snakemake) as log:
    names = snakemake.params.cohorts
    samples = dict(zip(names, map(read_table, snakemake.input.samples), strict=True))
    expression = dict(zip(names, map(read_matrix, snakemake.input.expression), strict=True))
    marks = dict(zip(names, map(read_table, snakemake.input.people), strict=True))
    least = snakemake.params.settings["min_correlation"]
    table = find_identity(samples, marks, expression, min_correlation=least)
    write_table(table, snakemake.output.table)
    log.info("%d links: %s", len(table), table["evidence"].value_counts().to_dict())
