"""Build the modules that the diseases of a comparison have in common."""

from crosshub.discover import consensus_of
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    params, output = snakemake.params, snakemake.output
    cohorts = list(load_cohorts(params.rows, snakemake.input).values())
    rng = generator(params.seed, "build_consensus", snakemake.wildcards.comparison)
    found, judged = consensus_of(cohorts, params.settings, rng)
    write_table(found.table, output.genes)
    write_table(judged, output.modules)
    write_table(found.powers, output.powers)
    log.info("%d consensus modules; %s", len(judged), found.reason or "see their p")
