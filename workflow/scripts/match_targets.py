"""Match genes of the panel and hubs to the known targets of compounds."""

from crosshub.compounds.targets import (
    directions_of,
    hubs_of,
    match_targets,
    neighbours_of,
    ranks_of,
)
from crosshub.interactions import read_interactions
from crosshub.panel import panel_genes
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source = snakemake.input
    known = source.get("interactions")
    interactions = read_interactions(known, snakemake.params.min_score) if known else None
    panel, picked = panel_genes(read_table(source.panel)), [*map(read_table, source.candidates)]
    table = match_targets(
        read_table(source.structures, text=["name", "inchikey", "phase"]),
        panel,
        hubs_of(picked),
        neighbours_of(panel, interactions),
        directions_of(read_table(source.genes), picked),
        ranks_of(read_table(source.table, text=["name", "synonyms"])),
    )
    write_table(table, snakemake.output.table)
    log.info("%d targets of %d compounds", len(table), table["compound"].nunique())
