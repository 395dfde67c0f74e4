"""Test each gene of a cohort, cases against controls."""

from crosshub import figures
from crosshub.differential import fit_differential
from crosshub.loading import load_cohorts
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    source, name = snakemake.input, snakemake.wildcards.cohort
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    table = fit_differential(cohorts[name])
    write_table(table, snakemake.output.table)
    fdr = snakemake.params.fdr
    figures.save(figures.volcano(table, cohort=name, fdr=fdr), snakemake.output.figure)
    log.info("%d genes tested, %d at FDR %g", len(table), (table["fdr"] <= fdr).sum(), fdr)
