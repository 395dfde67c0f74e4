"""Fetch NCBI's RNA-seq counts of a series."""

from crosshub import fetch, geo
from crosshub.runtime import job

with job(snakemake) as log:
    url = fetch.counts_url(snakemake.params.base_url, snakemake.wildcards.plain)
    fetch.fetch(url, snakemake.output.counts, geo.read_counts)
    log.info("fetched %s", url)
