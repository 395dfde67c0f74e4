"""Find the genes that the diseases of a comparison share, and test the size of the overlap."""

from crosshub import figures, shared
from crosshub.candidates import tied_genes_of
from crosshub.cohorts import share_people
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, params, plan = snakemake.input, snakemake.params, snakemake.params.procedure
    name, settings = plan["comparison"], plan["shared"]
    cohorts = list(load_cohorts(params.rows, source).values())
    genes = shared.find_shared(
        dict(zip(plan["diseases"], map(read_table, source.differential), strict=True)),
        people_shared=share_people(cohorts),
        at_least=plan["at_least"],
        fdr=settings["fdr"],
        tied_genes=tied_genes_of(plan, source.modules, source.traits),
    )
    rng = generator(params.seed, "find_shared", name)
    overlap = shared.test_overlap(cohorts, plan["diseases"], rng=rng, **settings)
    write_table(genes, snakemake.output.genes)
    write_table(overlap, snakemake.output.overlap)
    figure = figures.shared(genes, comparison=name, fdr=settings["fdr"])
    figures.save(figure, snakemake.output.figure)
    log.info("%d of %d genes shared", genes["shared"].sum(), len(genes))
