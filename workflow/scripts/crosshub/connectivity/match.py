"""A query against a store: every score, NCS, tau, and a p-value from random queries."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from crosshub.connectivity.normalise import group_signatures, normalise, normalise_in_place
from crosshub.connectivity.null import (
    count_reached,
    gene_classes,
    null_scores,
    permutation_p,
    typical_magnitudes,
)
from crosshub.connectivity.query import find_genes, make_query
from crosshub.connectivity.reference import reference_tau
from crosshub.connectivity.scoring import score_signatures
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore
from crosshub.signatures.names import named

# Takes the ncs of some random queries × signatures, which are dropped afterwards.
TakeNull = Callable[[np.ndarray], None]


def match_signatures(
    store: SignatureStore,
    up: Sequence[str],
    down: Sequence[str],
    *,
    effects: pd.Series | None = None,
    columns: np.ndarray | None = None,
    permutations: int,
    rng: np.random.Generator,
    follow: Callable[[pd.DataFrame], TakeNull] | None = None,
    batch: int | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Score the signatures of the store against a query, with a permutation null.

    Negative is reversal, positive mimicry, in every score. The p-value of one signature is
    lenient: co-regulated genes connect more strongly than random ones to almost everything. The
    ncs, relative to the other signatures, allows for most of that.

    The scores of the random queries are never all in memory: `follow` sees them pass.

    Parameters
    ----------
    store
        The reference.
    up, down
        Symbols of the genes that are up and down in the disease; one side may be empty.
    effects
        Gene → signed effect in the disease, for the cosines and Spearman; without it every gene
        counts +1 or −1.
    columns
        Numbers of the signatures to use; all without it.
    permutations
        Random queries; no p-value is below 1 / (permutations + 1).
    rng
        Random numbers.
    follow
        Is given the signatures with their scores, before any random query, and returns what takes
        the ncs of each batch of these (random queries × signatures, float32): the way to judge
        compounds by the same random queries.
    batch
        Random queries at a time (`null_scores`); same bytes for any number.
    threads
        Same bytes for any number.

    Returns
    -------
    DataFrame
        One row a signature, in the order of `columns`: signature, compound (the signature's id
        where the store knows none) and the other columns of the store's table; wtcs, ncs, tau and
        the other scores by name; p_value (two-sided, of wtcs against random queries of the same
        size and class of genes in the same signature), fdr (Benjamini–Hochberg). tau is missing in
        a cell line and type of fewer than 500 signatures.

    Raises
    ------
    DataError
        If `columns` is empty; see also `find_genes` and `make_query`.
    """
    up, down = find_genes(store, up, down)
    table = store.signatures
    if columns is not None:
        table = table.iloc[columns].reset_index(drop=True)
    if table.empty:
        raise DataError(f"{store.folder}: no signature is left: relax the choice of signatures")
    groups = group_signatures(table["cell"], table["type"])
    strength = typical_magnitudes(store, columns)
    query = make_query(store, up, down, effects=effects, weights=strength)
    scores = score_signatures(store, query, columns=columns, threads=threads)
    wtcs = scores.pop("wtcs")
    ncs = normalise(wtcs, groups)
    found = {"wtcs": wtcs, "ncs": ncs, "tau": np.float32(np.nan), **scores}
    matches = table.assign(compound=named(table), **found)
    take = follow(matches) if follow else None
    classes = gene_classes(query.rows, strength, store.gene_table["space"])
    reached = np.zeros(len(table), np.int64)
    for random in null_scores(
        store, query, permutations=permutations, rng=rng, classes=classes, columns=columns,
        batch=batch, threads=threads,
    ):  # fmt: skip
        reached += count_reached(wtcs, random)
        if take:
            normalise_in_place(random, groups)
            take(random)
        # Before the next batch is made.
        del random
    matches["tau"] = reference_tau(
        store, query, ncs, groups.codes, rng=rng, columns=columns, threads=threads
    )
    matches["p_value"] = permutation_p(reached, permutations)
    matches["fdr"] = false_discovery_control(matches["p_value"])
    return matches
