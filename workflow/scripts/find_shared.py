"""Find the genes that the diseases of a comparison share, and test the size of the overlap."""

from crosshub import figures, shared
from crosshub.candidates import tied_genes_of
from crosshub.cohorts import share_people
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, plan, name = snakemake.input, snakemake.params.procedure, snakemake.wildcards.comparison
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    by_disease = dict(zip(plan["diseases"], map(read_table, source.differential), strict=True))
    genes = shared.find_shared(
        by_disease,
        people_shared=share_people(cohorts.values()),
        at_least=plan["at_least"],
        fdr=plan["shared"]["fdr"],
        tied_genes=tied_genes_of(plan, source.modules, source.traits),
    )
    overlap = shared.test_overlap(
        list(cohorts.values()),
        plan["diseases"],
        fdr=plan["shared"]["fdr"],
        permutations=plan["shared"]["permutations"],
        rng=generator(snakemake.params.seed, "find_shared", name),
    )
    write_table(genes, snakemake.output.genes)
    write_table(overlap, snakemake.output.overlap)
    figure = figures.shared(genes, comparison=name, fdr=plan["shared"]["fdr"])
    figures.save(figure, snakemake.output.figure)
    log.info("%d of %d genes shared (%s)", genes["shared"].sum(), len(genes), genes["method"][0])
