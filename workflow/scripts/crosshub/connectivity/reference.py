"""Tau against the store's own signatures: each, as a query, shows how much connects to much."""

import numpy as np
import pandas as pd

from crosshub.connectivity.blocks import all_columns, each_block, open_pieces, read_block
from crosshub.connectivity.normalise import normalise, tau
from crosshub.connectivity.query import Query
from crosshub.connectivity.scoring import score_sets
from crosshub.signatures import SignatureStore


def reference_tau(
    store: SignatureStore,
    query: Query,
    ncs: np.ndarray,
    groups: np.ndarray,
    *,
    rng: np.random.Generator,
    columns: np.ndarray | None = None,
    queries: int = 500,
    fewest: int = 500,
    threads: int = 1,
) -> np.ndarray:
    """Return tau of each signature against signatures of its own cell line and type as queries.

    A reference query is the highest and the lowest genes of a signature, as many as the query
    has. Random genes would not do: tau is to tell what connects to everything apart from what
    connects to this query.

    Parameters
    ----------
    store, query
        The reference and the query.
    ncs, groups
        Of the signatures in `columns`: NCS of the query, cell line and type.
    rng
        Chooses the reference queries of a group.
    columns
        Numbers of the signatures; all without it.
    queries
        Reference queries of a group.
    fewest
        In a group with fewer signatures tau is missing, as in signatureSearch.
    threads
        As for `score_sets`.

    Returns
    -------
    ndarray
        float32 in [−100, 100], missing where the group is too small.
    """
    columns = all_columns(store, columns)
    out = np.full(len(columns), np.nan, np.float32)
    codes, _ = pd.factorize(groups)
    for code in range(codes.max(initial=-1) + 1):
        places = np.flatnonzero(codes == code)
        if len(places) < max(fewest, 1):
            continue
        chosen = np.sort(rng.choice(places, min(queries, len(places)), replace=False))
        sets = _extremes(store, columns[chosen], query)
        scores = score_sets(store, query, sets, columns=columns[places], threads=threads)
        same = np.zeros(len(places), np.int64)
        out[places] = tau(ncs[places], normalise(scores, same), fewest=fewest)
    return out


def _extremes(store: SignatureStore, columns: np.ndarray, query: Query) -> np.ndarray:
    """Return the highest and the lowest genes of each signature, queries × genes of the query."""
    n_up, size = query.n_up, len(query.rows)
    sets = np.empty((len(columns), size), np.int64)
    genes = np.arange(store.n_genes)
    pieces = open_pieces(store, ["ranks"])

    def work(places: np.ndarray) -> None:
        order = np.argsort(read_block(pieces, genes, columns[places])["ranks"], axis=0)
        sets[places, :n_up] = order[:n_up].T
        sets[places, n_up:] = order[store.n_genes - (size - n_up) :].T

    each_block(pieces, columns, 64, work, threads=1)
    return sets
