"""Test gene sets for more shared genes than chance would give."""

from crosshub.enrichment import enrich
from crosshub.gene_sets import read_gene_sets, source_name
from crosshub.runtime import job
from crosshub.symbols import read_gene_names
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    names = read_gene_names(snakemake.input.names)
    paths = snakemake.input.genesets
    sources = {source_name(path): read_gene_sets(path, names) for path in paths}
    table = enrich(read_table(snakemake.input.genes), sources)
    write_table(table, snakemake.output.table)
    log.info("%d tests, %d at FDR 0.05", len(table), (table["fdr"] <= 0.05).sum())
