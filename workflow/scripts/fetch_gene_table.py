"""Fetch the gene table that belongs to NCBI's RNA-seq counts."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    mirror = fetch.Mirror(**snakemake.params.mirror)
    fetch.get_gene_table(mirror, snakemake.output.table)
    log.info("fetched the gene table")
