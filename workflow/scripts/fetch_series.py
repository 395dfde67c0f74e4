"""Fetch a series matrix; it appears only once it reads from end to end."""

from crosshub import fetch, geo
from crosshub.runtime import job

with job(snakemake) as log:
    url = fetch.series_url(snakemake.params.base_url, snakemake.wildcards.accession)
    fetch.fetch(url, snakemake.output.matrix, geo.read_series_matrix)
    log.info("fetched %s", url)
