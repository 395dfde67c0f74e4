"""Match compounds to the shared signature, with a permutation null."""

from crosshub.compounds.query import build_query
from crosshub.compounds.summary import summarise_compounds
from crosshub.connectivity import match_signatures
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.signatures import SignatureStore
from crosshub.tables import read_table, write_frame, write_json, write_table

with job(snakemake) as log:
    settings = snakemake.params.settings
    query = build_query(read_table(snakemake.input.genes), size=settings["query_size"])
    store = SignatureStore.open(snakemake.input.store)
    rng = generator(snakemake.params.seed, "match_compounds", snakemake.wildcards.comparison)
    matches, null = match_signatures(
        store, query["up"], query["down"], permutations=settings["permutations"], rng=rng
    )
    compounds = summarise_compounds(matches, null)
    for side in ("up", "down"):
        query[f"found_{side}"] = [gene for gene in query[side] if gene in store.genes]
    write_frame(matches, snakemake.output.scores)
    write_table(compounds, snakemake.output.compounds)
    write_json(query | {"permutations": settings["permutations"]}, snakemake.output.query)
    log.info("%d signatures of %d compounds", len(matches), len(compounds))
