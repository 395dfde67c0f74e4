"""Match compounds to the signatures of a comparison, each with its permutation null."""

from functools import partial

from crosshub.compounds.asking import ask_all
from crosshub.compounds.choice import choose_signatures
from crosshub.compounds.drug_list import identities
from crosshub.compounds.query import build_queries, query_tables, read_diseases
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.signatures import SignatureStore
from crosshub.tables import read_table, write_frame, write_table

with job(snakemake) as log:
    source, made, params = snakemake.input, snakemake.output, snakemake.params
    settings, store = params.settings, SignatureStore.open(source.store, verify=True)
    known = identities(read_table(source.structures, text=["name", "inchikey"]))
    columns, left_out = choose_signatures(store.signatures, settings, identity=known)
    options = {"size": settings["query_size"], "kinds": settings["queries"]}
    options |= {"fdr": params.fdr, "trait_fdr": params.trait_fdr}
    studied = read_diseases(params.diseases, source.differential, source.modules, source.traits)
    queries = build_queries(read_table(source.genes), *studied, store.genes, **options)
    rng = partial(generator, params.seed, "match_compounds", snakemake.wildcards.comparison)
    options = {"identity": known, "permutations": settings["permutations"], "generator": rng}
    found = ask_all(store, queries, columns, threads=snakemake.threads, **options)
    for table, path in zip((*query_tables(queries), left_out), made[3:], strict=True):
        write_table(table, path)
    write_table(found.compounds, made.compounds)
    write_frame(found.cells, made.cells)
    write_frame(found.matches, made.scores)
