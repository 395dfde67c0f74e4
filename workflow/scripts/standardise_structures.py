"""Give every compound of the tables of structures its identity and descriptors."""

from crosshub import chemistry
from crosshub.compounds.drug_list import join_structures
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    known = chemistry.read_structures(snakemake.input.get("tables") or [])
    described, failures = chemistry.describe_structures(known)
    write_table(join_structures(described, failures), snakemake.output.table)
    write_table(failures, snakemake.output.unreadable)
    log.info("%d structures, %d cannot be read", len(described), len(failures))
