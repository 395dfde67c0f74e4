"""Measure how often the reference finds a compound again by its own signatures."""

from crosshub.compounds.choice import choose_signatures
from crosshub.compounds.drug_list import identities
from crosshub.compounds.recall import self_recall
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.signatures import SignatureStore
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    settings = snakemake.params.settings
    store = SignatureStore.open(snakemake.input.store)
    known = identities(read_table(snakemake.input.structures, text=["name", "inchikey"]))
    columns, _ = choose_signatures(store.signatures, settings, identity=known)
    table = self_recall(
        store,
        columns,
        generator(snakemake.params.seed, "measure_recall"),
        queries=settings["recall_queries"],
        identity=known,
        threads=snakemake.threads,
    )
    write_table(table, snakemake.output.table)
    log.info("\n%s", table.to_string(index=False))
