"""Locate the shared genes in the cell types of a single-cell data set."""

from crosshub.runtime import job
from crosshub.single_cell import locate_genes
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    genes = read_table(snakemake.input.genes)
    shared = list(genes.loc[genes["shared"], "gene"])
    table = locate_genes(snakemake.input.cells, shared, snakemake.params.cell_type)
    write_table(table, snakemake.output.table)
    log.info("%d of %d genes in the data set", table["gene"].nunique(), len(shared))
