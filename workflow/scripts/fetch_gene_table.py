"""Fetch the gene table that belongs to NCBI's RNA-seq counts."""

from crosshub import fetch, geo
from crosshub.runtime import job

with job(snakemake) as log:
    url = fetch.gene_table_url(snakemake.params.base_url)
    fetch.fetch(url, snakemake.output.table, geo.read_gene_table)
    log.info("fetched %s", url)
