"""Tau against the store's own signatures: each, as a query, shows how much connects to much."""

import numpy as np
import pandas as pd

from crosshub.connectivity.blocks import all_columns, each_block, open_pieces, read_block
from crosshub.connectivity.normalise import group_signatures, normalise_in_place, tau
from crosshub.connectivity.query import Query
from crosshub.connectivity.walk import index_sets, walk
from crosshub.signatures import SignatureStore

# Enough that a block holds several signatures of each group.
_BLOCK = 1024


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
    codes, _ = pd.factorize(groups)
    sizes = np.bincount(codes)
    large = np.flatnonzero(sizes >= max(fewest, 1)) if queries >= fewest else []
    chosen = {
        code: np.sort(rng.choice(np.flatnonzero(codes == code), min(queries, sizes[code]), False))
        for code in large
    }
    out = np.full(len(columns), np.nan, np.float32)
    if not chosen:
        return out
    drawn = columns[np.concatenate(list(chosen.values()))]
    ends = extreme_genes(store, drawn, query.n_up, len(query.rows) - query.n_up)
    parts = np.split(ends, np.cumsum([len(places) for places in chosen.values()])[:-1])
    sets = dict(zip(chosen, parts, strict=True))
    for code, scores in _score_groups(store, query, sets, columns, codes, threads).items():
        places = np.flatnonzero(codes == code)
        same = group_signatures(codes[places], codes[places], fewest=1)
        normalise_in_place(scores, same)
        out[places] = tau(ncs[places], scores, fewest=fewest)
    return out


def _score_groups(
    store: SignatureStore,
    query: Query,
    sets: dict[int, np.ndarray],
    columns: np.ndarray,
    codes: np.ndarray,
    threads: int,
) -> dict[int, np.ndarray]:
    """Return WTCS of each group's sets in its signatures, with one reading of the store."""
    index = {code: index_sets(own, query.n_up, store.n_genes) for code, own in sets.items()}
    within = pd.Series(codes).groupby(codes).cumcount().to_numpy()
    out = {code: np.empty((len(own), (codes == code).sum()), np.float32)
           for code, own in sets.items()}  # fmt: skip
    used = np.flatnonzero(np.isin(codes, list(sets)))
    pieces = open_pieces(store, ["ranks", "values"])
    genes = np.arange(store.n_genes)

    def work(part: np.ndarray) -> None:
        places = used[part]
        block = read_block(pieces, genes, columns[places])
        for code in np.unique(codes[places]):
            mine = np.flatnonzero(codes[places] == code)
            given = {name: matrix[:, mine] for name, matrix in block.items()}
            out[code][:, within[places[mine]]] = walk(index[code], **given)

    each_block(pieces, columns[used], _BLOCK, work, threads)
    return out


def extreme_genes(store: SignatureStore, columns: np.ndarray, n_up: int, n_down: int) -> np.ndarray:
    """Return the rows of the highest and the lowest genes of each signature.

    Parameters
    ----------
    store
        The reference.
    columns
        Numbers of the signatures.
    n_up, n_down
        Genes at either end.

    Returns
    -------
    ndarray
        Signatures × (n_up + n_down), the highest first, as `make_query` has its genes.
    """
    sets = np.empty((len(columns), n_up + n_down), np.int64)
    genes = np.arange(store.n_genes)
    pieces = open_pieces(store, ["ranks"])

    def work(places: np.ndarray) -> None:
        order = np.argsort(read_block(pieces, genes, columns[places])["ranks"], axis=0)
        sets[places, :n_up] = order[:n_up].T
        sets[places, n_up:] = order[store.n_genes - n_down :].T

    each_block(pieces, columns, 64, work, threads=1)
    return sets
