"""Index compound signatures gene by gene."""

from crosshub.runtime import job
from crosshub.signatures import index_signatures, read_release_table
from crosshub.symbols import read_gene_names

with job(snakemake) as log:
    tables = {}
    for name in ("genes", "signatures"):
        paths = snakemake.input.get(name) or []
        paths = [paths] if isinstance(paths, str) else paths
        tables[name] = [read_release_table(path) for path in paths]
    index_signatures(
        snakemake.input.reference,
        snakemake.output.folder,
        genes=next(iter(tables["genes"]), None),
        signatures=tables["signatures"],
        names=read_gene_names(snakemake.input.names),
        release=snakemake.params.release,
        threads=snakemake.threads,
    )
    log.info("indexed %s", snakemake.input.reference)
