"""Fetch a platform's curated annotation; it appears only once it reads from end to end."""

from crosshub import fetch, geo
from crosshub.runtime import job

with job(snakemake) as log:
    url = fetch.platform_url(snakemake.params.base_url, snakemake.wildcards.platform)
    fetch.fetch(url, snakemake.output.annotation, geo.read_annotation)
    log.info("fetched %s", url)
