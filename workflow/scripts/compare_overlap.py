"""Hold what the diseases of a comparison share against permuted labels."""

from crosshub import figures
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.shared.overlap import test_overlap
from crosshub.tables import write_table

with job(snakemake) as log:
    params, plan, output = snakemake.params, snakemake.params.procedure, snakemake.output
    name, settings = plan["comparison"], plan["shared"]
    found = test_overlap(
        list(load_cohorts(params.rows, snakemake.input).values()),
        plan["diseases"],
        fdr=settings["fdr"],
        permutations=settings["permutations"],
        rng=generator(params.seed, "compare_overlap", name),
        combine=plan["combine"]["method"],
    )
    write_table(found.sizes, output.sizes)
    write_table(found.ranks, output.ranks)
    write_table(found.maps, output.maps)
    figures.save(figures.rank_maps(found.maps, found.ranks, comparison=name), output.figure)
    log.info("%d overlaps, %d permutations", len(found.sizes), settings["permutations"])
