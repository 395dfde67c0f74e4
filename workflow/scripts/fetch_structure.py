"""Fetch the structure of a protein by its PDB id."""

from crosshub import fetch
from crosshub.runtime import job

with job(snakemake) as log:
    mirror = fetch.Mirror(**snakemake.params.mirror)
    fetch.get_structure(mirror, snakemake.wildcards.structure, snakemake.output.structure)
    log.info("fetched %s", snakemake.wildcards.structure)
