"""Join the genes of a comparison that move together in several diseases."""

from crosshub import figures
from crosshub.loading import load_cohorts
from crosshub.randomness import derived_seed
from crosshub.runtime import job
from crosshub.shared.network import communities, conserved_edges, nodes_of
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    params, plan, output = snakemake.params, snakemake.params.procedure, snakemake.output
    settings, at_least = plan["shared"], plan["at_least"]
    cohorts = list(load_cohorts(params.rows, snakemake.input).values())
    genes = nodes_of(read_table(snakemake.input.genes), settings["network_genes"])
    names = sorted(genes["gene"])
    edges = conserved_edges(cohorts, names, at_least=at_least, fdr=settings["fdr"])
    seed = derived_seed(params.seed, "build_gene_network", plan["comparison"])
    nodes = communities(edges, genes, seed=seed)
    write_table(edges, output.edges)
    write_table(nodes, output.nodes)
    figure = figures.conserved_network(nodes, edges, at_least=at_least)
    figures.save(figure, output.figure)
    log.info("%d conserved correlations among %d genes", len(edges), len(nodes))
