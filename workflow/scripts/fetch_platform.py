"""Fetch a platform's curated annotation, or else the table of its submitter."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    platform = snakemake.wildcards.platform
    mirror = fetch.Mirror(**snakemake.params.mirror)
    url = fetch.get_platform(mirror, platform, snakemake.output.annotation)
    log.info("fetched %s", url)
