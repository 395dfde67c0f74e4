"""Scores of one query, or of many sets of genes, against the signatures of a store."""

from collections.abc import Sequence

import numpy as np

from crosshub.connectivity.blocks import all_columns, each_block, open_pieces, read_block
from crosshub.connectivity.query import Query
from crosshub.connectivity.registry import SCORES
from crosshub.connectivity.walk import index_sets, walk
from crosshub.signatures import SignatureStore

_QUERY_BLOCK = 16384
_SETS_BLOCK = 512


def score_signatures(
    store: SignatureStore,
    query: Query,
    names: Sequence[str] = tuple(SCORES),
    *,
    columns: np.ndarray | None = None,
    threads: int = 1,
) -> dict[str, np.ndarray]:
    """Return the scores of each signature by name; negative is reversal, positive mimicry.

    Parameters
    ----------
    store, query
        The reference, and the result of `make_query`.
    names
        Names in `SCORES`.
    columns
        Numbers of the signatures; all without it.
    threads
        Same bytes for any number.
    """
    columns = all_columns(store, columns)
    records = [SCORES[name] for name in names]
    pieces = open_pieces(store, sorted({name for record in records for name in record.matrices}))
    out = {name: np.empty(len(columns), np.float32) for name in names}

    def work(places: np.ndarray) -> None:
        block = read_block(pieces, query.rows, columns[places])
        for record in records:
            given = {name: block[name] for name in record.matrices}
            out[record.name][places] = record.function(query, **given)

    each_block(pieces, columns, _QUERY_BLOCK, work, threads)
    return out


def score_sets(
    store: SignatureStore,
    query: Query,
    sets: np.ndarray,
    *,
    columns: np.ndarray | None = None,
    threads: int = 1,
) -> np.ndarray:
    """Return WTCS of many sets of genes, by one walk down the genes of a signature for all.

    Parameters
    ----------
    store, query
        The reference, and the query whose signs the genes of a set have, in order.
    sets
        Sets × m, rows of the store; all different within a set.
    columns, threads
        As for `score_signatures`.

    Returns
    -------
    ndarray
        Sets × signatures, float32.
    """
    columns = all_columns(store, columns)
    pieces = open_pieces(store, SCORES["wtcs"].matrices)
    genes = np.arange(store.n_genes)
    index = index_sets(sets, query.n_up, store.n_genes)
    out = np.empty((len(sets), len(columns)), np.float32)

    def work(places: np.ndarray) -> None:
        block = read_block(pieces, genes, columns[places])
        out[:, places] = walk(index, **block)

    each_block(pieces, columns, _SETS_BLOCK, work, threads)
    return out
