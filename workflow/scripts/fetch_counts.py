"""Fetch NCBI's RNA-seq counts of a series."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    accession = snakemake.wildcards.plain
    mirror = fetch.Mirror(**snakemake.params.mirror)
    fetch.get_counts(mirror, accession, snakemake.output.counts)
    log.info("fetched the counts of %s", accession)
