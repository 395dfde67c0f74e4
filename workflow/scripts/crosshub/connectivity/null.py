"""The null of a query: random sets of genes, matched in size and in class."""

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd

from crosshub.connectivity.blocks import all_columns, each_block, open_pieces, read_block
from crosshub.connectivity.query import Query
from crosshub.connectivity.scoring import score_sets
from crosshub.signatures import SignatureStore

log = logging.getLogger(__name__)

_QUANTILES = 5
# A class holds at least so many times the genes that the query has of it.
_ROOM = 2
_RUNS = 8
_RUN = 64
# Scores of random queries in memory. More than 1,000 queries at once gain nothing: the walk over
# them leaves the cache of the processor.
_BATCH_BYTES = 256_000_000
_MOST_QUERIES = 1000


def typical_magnitudes(store: SignatureStore, columns: np.ndarray | None = None) -> np.ndarray:
    """Return how strongly each gene usually responds: the mean rank of |z| as a share, 0 to 1.

    Taken over eight runs of 64 neighbouring signatures, evenly apart, which is what can be read
    quickly from a store by gene; over all signatures where there are no more.

    Parameters
    ----------
    store
        The reference.
    columns
        Numbers of the signatures to use; all without it.

    Returns
    -------
    ndarray
        float64, one a gene of the store.
    """
    columns = np.sort(all_columns(store, columns))
    starts = np.linspace(0, max(len(columns) - _RUN, 0), _RUNS).astype(int)
    used = columns[np.unique((starts[:, None] + np.arange(_RUN)).clip(max=len(columns) - 1))]
    pieces = open_pieces(store, ["magnitudes"])
    genes = np.arange(store.n_genes)
    sums = np.zeros(store.n_genes)

    def work(places: np.ndarray) -> None:
        sums[:] += read_block(pieces, genes, used[places])["magnitudes"].sum(axis=1)

    each_block(pieces, used, len(used), work, threads=1)
    return sums / (len(used) * store.n_genes)


def gene_classes(
    query_rows: np.ndarray, strength: np.ndarray, space: pd.Series | None = None
) -> np.ndarray:
    """Return a class for each gene of the store, within which a random set is drawn.

    A class is the space of the gene (measured, inferred well, inferred) and the fifth of the
    genes of that space in which its usual response lies. Where the query takes more than half of
    a class, there are fewer and larger classes: first fewer quantiles, then one space.

    Parameters
    ----------
    query_rows
        The genes of the query.
    strength
        Usual response of each gene of the store (`typical_magnitudes`).
    space
        Space of each gene; without it they are all of one.

    Returns
    -------
    ndarray
        int64, one a gene.
    """
    spaces = [np.zeros(len(strength), np.int64)]
    if space is not None:
        spaces.insert(0, pd.factorize(space.astype(str))[0].astype(np.int64))
    for codes in spaces:
        for quantiles in range(_QUANTILES, 0, -1):
            place = pd.Series(strength).groupby(codes).rank(method="first", pct=True).to_numpy()
            fifth = np.ceil(place * quantiles).astype(np.int64).clip(1)
            classes = codes * _QUANTILES + fifth - 1
            wanted = np.bincount(classes[query_rows], minlength=classes.max() + 1)
            there = np.bincount(classes, minlength=classes.max() + 1)
            if (there >= _ROOM * wanted).all():
                kinds = len(np.unique(codes))
                log.info("null: %d spaces of genes, %d classes of response", kinds, quantiles)
                return classes
    log.warning("null: the query holds more than half of the genes: the random sets overlap it")
    return np.zeros(len(strength), np.int64)


def draw_sets(
    query_rows: np.ndarray, classes: np.ndarray, permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return random sets of genes: at each place of the query a gene of the same class.

    The query's own genes are in the classes, so a random set may hold some of them; a gene may
    even stand at its own place.

    Parameters
    ----------
    query_rows
        The genes of the query, in order.
    classes
        Class of each gene of the store.
    permutations, rng
        Number of sets, random numbers.

    Returns
    -------
    ndarray
        permutations × genes of the query, rows of the store, all different within a set.
    """
    sets = np.empty((permutations, len(query_rows)), np.int64)
    wanted = classes[query_rows]
    pools = {kind: np.flatnonzero(classes == kind) for kind in np.unique(wanted)}
    for row in sets:
        for kind, pool in pools.items():
            places = np.flatnonzero(wanted == kind)
            row[places] = rng.choice(pool, len(places), replace=False)
    return sets


def null_scores(
    store: SignatureStore,
    query: Query,
    *,
    permutations: int,
    rng: np.random.Generator,
    classes: np.ndarray | None = None,
    columns: np.ndarray | None = None,
    batch: int | None = None,
    threads: int = 1,
) -> Iterator[np.ndarray]:
    """Yield the WTCS of random queries of the same size, some queries at a time.

    The genes of a random query are unrelated, those of a real one often co-regulated: this is the
    null of "any genes would do", no stricter. All random queries at once would take 4 bytes a
    query and signature; so the store is read once for each batch of them.

    Parameters
    ----------
    store, query
        The reference, and the query that the random ones resemble.
    permutations, rng
        Number of random queries, random numbers.
    classes
        Result of `gene_classes`; without it any gene may stand for any.
    columns, threads
        As for `score_sets`.
    batch
        Random queries at a time, which changes no score; without it as many as take 256 MB, at
        most 1,000.

    Yields
    ------
    ndarray
        random queries × signatures, float32.
    """
    columns = all_columns(store, columns)
    if classes is None:
        classes = np.zeros(store.n_genes, np.int64)
    batch = batch or max(1, min(_MOST_QUERIES, _BATCH_BYTES // (4 * max(len(columns), 1))))
    for start in range(0, permutations, batch):
        sets = draw_sets(query.rows, classes, min(batch, permutations - start), rng)
        yield score_sets(store, query, sets, columns=columns, threads=threads)


def count_reached(scores: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Return how many random queries reach the |score| of each signature.

    Reversal and mimicry are one alternative; the sign of the score says which of them it is.

    Parameters
    ----------
    scores
        One a signature.
    null
        Random queries × signatures, of the same score.
    """
    size = np.abs(scores)
    reached = np.zeros(len(scores), np.int64)
    for row in null:
        reached += np.abs(row) >= size
    return reached


def permutation_p(reached: np.ndarray, permutations: int) -> np.ndarray:
    """Return p-values: (1 + reached) / (1 + permutations), never zero.

    References
    ----------
    Phipson and Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9:39.
    """
    return (1 + reached) / (permutations + 1)
