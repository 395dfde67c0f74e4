"""Give each compound of the tables of structures one identity, and list what has none."""

from crosshub.chemistry import (
    find_known,
    read_library,
    standardise_library,
    up_to_date_targets,
)
from crosshub.runtime import job
from crosshub.symbols import read_gene_names
from crosshub.tables import write_json, write_table

with job(snakemake) as log:
    rows = read_library(snakemake.input.get("tables") or [])
    library = standardise_library(
        up_to_date_targets(rows, read_gene_names(snakemake.input.names)),
        tautomers=snakemake.params.tautomers,
        stereo=snakemake.params.stereo,
        processes=snakemake.threads,
    )
    known = find_known(snakemake.params.known, library.structures)
    write_table(library.structures, snakemake.output.table)
    write_table(library.unreadable, snakemake.output.unreadable)
    write_table(library.identities, snakemake.output.identities)
    write_table(library.conflicts, snakemake.output.conflicts)
    write_table(known, snakemake.output.known)
    write_json(library.summary, snakemake.output.summary)
    log.info("%s", ", ".join(f"{key}: {value}" for key, value in library.summary.items()))
