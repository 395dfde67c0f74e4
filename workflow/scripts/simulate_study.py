"""Simulate a study in GEO's formats, with its truth beside it."""

from crosshub.runtime import job
from crosshub.simulate import simulate_study

with job(snakemake) as log:
    settings = dict(snakemake.params.settings)
    folder = settings.pop("folder")
    simulate_study(folder, seed=snakemake.params.seed, **settings)
    log.info("simulated %s with %s", folder, settings)
