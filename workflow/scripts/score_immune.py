"""Score cell types and immune functions in each sample, and compare cases with controls."""

from crosshub.gene_sets import read_gene_sets
from crosshub.immune import score_cohorts
from crosshub.loading import load_cohorts
from crosshub.runtime import job
from crosshub.symbols import read_gene_names
from crosshub.tables import write_matrix, write_table

with job(snakemake) as log:
    source = snakemake.input
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    sets = read_gene_sets(source.genesets, read_gene_names(source.names))
    table, scores = score_cohorts(list(cohorts.values()), sets)
    write_table(table, snakemake.output.table)
    write_matrix(scores, snakemake.output.scores)
    log.info("%d sets in %d samples", *scores.shape)
