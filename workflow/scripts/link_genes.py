"""Link the shared genes by known interactions."""

from crosshub import figures
from crosshub.interactions import link_genes, read_interactions
from crosshub.panel import panel_genes
from crosshub.randomness import derived_seed
from crosshub.runtime import job
from crosshub.symbols import read_gene_names
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, names = snakemake.input, read_gene_names(snakemake.input.names)
    nodes, edges = link_genes(
        read_table(source.genes),
        read_interactions(source.interactions, snakemake.params.min_score, names),
        panel_genes(read_table(source.panel)),
        seed=derived_seed(snakemake.params.seed, "link_genes", snakemake.wildcards.comparison),
    )
    write_table(edges, snakemake.output.edges)
    write_table(nodes, snakemake.output.nodes)
    figures.save(figures.network(nodes, edges), snakemake.output.figure)
    log.info("%d interactions among %d shared genes", len(edges), len(nodes))
