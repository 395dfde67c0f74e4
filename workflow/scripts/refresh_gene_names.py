"""Fetch HGNC's table of gene names as it is today."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    fetch.get_gene_names(fetch.HGNC, snakemake.output.names)
    log.info("fetched %s", fetch.HGNC)
