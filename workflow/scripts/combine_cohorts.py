"""Combine the discovery cohorts of a disease."""

from crosshub import figures
from crosshub.cohorts import require_own_people
from crosshub.loading import load_cohorts
from crosshub.meta.combine import cohort_effects, combine_cohorts
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    params = snakemake.params
    require_own_people(load_cohorts(params.rows, snakemake.input).values())
    tables = dict(zip(params.cohorts, map(read_table, snakemake.input.tables), strict=True))
    table = combine_cohorts(tables, method=params.method)
    write_table(table, snakemake.output.table)
    top = table.sort_values(["p_value", "gene"]).head(params.drawn)
    drawn = cohort_effects(tables, list(top["gene"]))
    figure = figures.forest(top, drawn, disease=snakemake.wildcards.disease)
    figures.save(figure, snakemake.output.figure)
    log.info("%d genes of %d cohorts: %s", len(table), table["n_cohorts"][0], table["method"][0])
