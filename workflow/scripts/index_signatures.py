"""Index compound signatures gene by gene."""

from crosshub.runtime import job
from crosshub.signatures import index_signatures
from crosshub.tables import read_table

with job(snakemake) as log:
    extra = {
        name: read_table(snakemake.input.get(name)) if snakemake.input.get(name) else None
        for name in ("genes", "signatures")
    }
    index_signatures(snakemake.input.reference, snakemake.output.folder, **extra)
    log.info("indexed %s", snakemake.input.reference)
