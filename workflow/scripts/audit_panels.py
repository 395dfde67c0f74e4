"""Test published panels in every cohort of the study like our own."""

from crosshub import figures
from crosshub.audit import audit_study, read_panels, with_current_symbols
from crosshub.loading import load_cohorts
from crosshub.runtime import job
from crosshub.symbols import read_gene_names
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, params = snakemake.input, snakemake.params
    cohorts = load_cohorts(params.rows, source)
    changes = dict(zip(cohorts, map(read_table, source.differential), strict=True))
    panels = with_current_symbols(read_panels(source.panels), read_gene_names(source.names))
    table = audit_study(panels, cohorts, changes, seed=params.seed, **params.settings)
    write_table(table, snakemake.output.table)
    figures.save(figures.audit(table), snakemake.output.figure)
    log.info("%d panels in %d cohorts", len(panels), len(cohorts))
