"""Find the genes that the diseases of a comparison share, and test the size of the overlap."""

from crosshub import figures
from crosshub.candidates import tied_genes_of
from crosshub.cohorts import share_people
from crosshub.loading import load_cohorts
from crosshub.runtime import job
from crosshub.shared.common_response import flag, prior_from
from crosshub.shared.find import find_shared
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, params, plan = snakemake.input, snakemake.params, snakemake.params.procedure
    name, settings = plan["comparison"], plan["shared"]
    cohorts = load_cohorts(params.rows, source).values()
    genes = find_shared(
        dict(zip(plan["diseases"], map(read_table, source.differential), strict=True)),
        people_shared=share_people(cohorts),
        at_least=plan["at_least"],
        fdr=settings["fdr"],
        tied_genes=tied_genes_of(plan, source.modules, source.traits),
        family=plan["family"],
    )
    prior = prior_from(settings["common_response"], source.background, source.names)
    genes = flag(genes, prior)
    write_table(genes, snakemake.output.genes)
    figure = figures.shared(genes, comparison=name, fdr=settings["fdr"])
    figures.save(figure, snakemake.output.figure)
    log.info("%d of %d genes shared", genes["shared"].sum(), len(genes))
