"""Test gene sets for more shared genes than chance would give."""

from pathlib import Path

from crosshub.enrichment import enrich
from crosshub.gene_sets import read_gene_sets
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    sources = {Path(path).stem: read_gene_sets(path) for path in snakemake.input.genesets}
    table = enrich(read_table(snakemake.input.genes), sources)
    write_table(table, snakemake.output.table)
    log.info("%d tests, %d at FDR 0.05", len(table), (table["fdr"] <= 0.05).sum())
