"""Fetch a file of counts that the authors of a series deposited."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    accession, file = snakemake.wildcards.plain, snakemake.wildcards.file
    mirror = fetch.Mirror(**snakemake.params.mirror)
    fetch.get_author_counts(mirror, accession, file, snakemake.output.counts)
    log.info("fetched %s of %s", file, accession)
