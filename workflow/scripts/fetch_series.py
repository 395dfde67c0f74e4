"""Fetch a series matrix; it appears only once it reads from end to end."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    accession = snakemake.wildcards.accession
    mirror = fetch.Mirror(**snakemake.params.mirror)
    fetch.get_series(mirror, accession, snakemake.output.matrix)
    log.info("fetched %s", accession)
