"""Describe the quality of each sample of a cohort."""

from crosshub import figures, qc
from crosshub.runtime import job
from crosshub.tables import read_matrix, read_table, write_table

with job(snakemake) as log:
    expression = read_matrix(snakemake.input.expression)
    samples = read_table(snakemake.input.samples, key="sample").loc[expression.columns]
    table = qc.check_cohort(expression, samples)
    write_table(table, snakemake.output.table)
    figures.save(figures.quality(table, cohort=snakemake.wildcards.cohort), snakemake.output.figure)
    log.info("%d samples, outliers: %s", len(table), list(table.loc[table["outlier"], "sample"]))
