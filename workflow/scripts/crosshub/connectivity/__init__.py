"""Connectivity scores: how far each reference signature mimics (+) or reverses (−) a query.

A query is two sets of genes, up and down in the disease. Every score needs only the rows of the
query's genes: for the running sum, the genes between two hits fall on a straight line.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from crosshub.errors import DataError
from crosshub.signatures import SignatureStore

log = logging.getLogger(__name__)

_FEWEST = 3
_QUERY_BLOCK = 16384
_NULL_BLOCK = 2048


def weighted_connectivity(
    signs: np.ndarray, n_genes: int, *, ranks: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Return the weighted connectivity score (WTCS) of each signature.

    Half the difference of the enrichment scores of the up and the down set (running sum over the
    ranked genes, hits weighted by |z|), zero if both have the same sign. With one set only, its
    enrichment score (negated for the down set).

    Parameters
    ----------
    signs
        +1 (up) or −1 (down) for each of the query's m genes.
    n_genes
        Number of genes that were ranked.
    ranks
        m × signatures, 1 is the highest value.
    values
        m × signatures, z-scores; their float16 form is the weight.

    Returns
    -------
    ndarray
        float32 in [−1, 1].

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    up, down = signs > 0, signs < 0
    if not down.any():
        return _enrichment(ranks, values, n_genes)
    if not up.any():
        return -_enrichment(ranks, values, n_genes)
    above = _enrichment(ranks[up], values[up], n_genes)
    below = _enrichment(ranks[down], values[down], n_genes)
    return np.where(np.sign(above) != np.sign(below), (above - below) / 2, np.float32(0))


def extreme_sum(
    signs: np.ndarray, n_genes: int, *, ranks: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Return XSum of each signature: Σ z over the up genes − Σ z over the down genes.

    Only genes among the 500 highest or the 500 lowest of the signature count; where fewer than
    10,000 genes were ranked, the highest and the lowest 5 %.

    Parameters
    ----------
    signs, n_genes, ranks, values
        As for `weighted_connectivity`.

    Returns
    -------
    ndarray
        float32, in units of z.

    References
    ----------
    Cheng et al. 2014, Genome Medicine 6:95.
    """
    kept = min(500, max(1, round(0.05 * n_genes)))
    extreme = (ranks <= kept) | (ranks > n_genes - kept)
    return np.float32(signs) @ np.where(extreme, np.float32(values), np.float32(0))


def zhang(
    signs: np.ndarray, n_genes: int, *, values: np.ndarray, magnitudes: np.ndarray
) -> np.ndarray:
    """Return the Zhang score of each signature, for an unordered query.

    Each gene of a signature has a signed rank: the sign of z, and the rank of |z| (n_genes for
    the largest). The score is Σ sign × signed rank over the query, divided by its largest
    possible value.

    Parameters
    ----------
    signs, n_genes, values
        As for `weighted_connectivity`.
    magnitudes
        m × signatures, ranks of |z|, 1 is the smallest.

    Returns
    -------
    ndarray
        float32 in [−1, 1].

    References
    ----------
    Zhang and Gant 2008, BMC Bioinformatics 9:258.
    """
    size = len(signs)
    largest = size * n_genes - size * (size - 1) / 2
    signed = np.sign(values).astype(np.float32) * magnitudes
    return (np.float64(signs) @ signed / largest).astype(np.float32)


@dataclass(frozen=True)
class Score:
    """One connectivity score: what it computes, what it reads, whose it is and where it fails.

    Attributes
    ----------
    name
        Column of the results.
    function
        Takes (signs, n_genes, and the matrices by name), returns one score a signature.
    matrices
        Which of the store's matrices it reads.
    citation
        The paper.
    limits
        What a reader of the result must know.
    """

    name: str
    function: Callable[..., np.ndarray]
    matrices: tuple[str, ...]
    citation: str
    limits: str


SCORES = {
    score.name: score
    for score in (
        Score(
            "wtcs",
            weighted_connectivity,
            ("ranks", "values"),
            "Subramanian et al. 2017, Cell 171:1437",
            "Zero where the up and the down set move the same way; "
            "comparable between cell lines only after normalisation",
        ),
        Score(
            "xsum",
            extreme_sum,
            ("ranks", "values"),
            "Cheng et al. 2014, Genome Medicine 6:95",
            "Grows with the strength of the signature and the size of the query; "
            "zero where no query gene is extreme",
        ),
        Score(
            "zhang",
            zhang,
            ("values", "magnitudes"),
            "Zhang and Gant 2008, BMC Bioinformatics 9:258",
            "Ranks weigh a noisy signature as much as a strong one",
        ),
    )
}


def find_genes(
    store: SignatureStore, up: Sequence[str], down: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the genes of the query that the store holds, each once.

    Raises
    ------
    DataError
        If a gene is on both sides, if fewer than 3 genes of a side that has any are in the store,
        or if none is.
    """
    both = sorted(set(up) & set(down))
    if both:
        raise DataError(f"query: {len(both)} genes are up and down, first '{both[0]}': keep one")
    found = []
    for side, genes in (("up", up), ("down", down)):
        unique = list(dict.fromkeys(genes))
        present = [gene for gene in unique if gene in store.genes]
        log.info("query: %d of %d %s genes are in the store", len(present), len(unique), side)
        if unique and len(present) < _FEWEST:
            raise DataError(
                f"query: {len(present)} of {len(unique)} {side} genes are in {store.folder}, "
                f"{_FEWEST} are needed: check that genes are symbols of the same species"
            )
        found.append(present)
    if not found[0] and not found[1]:
        raise DataError("query: it has no genes: relax the choice of shared genes")
    return found[0], found[1]


def score_signatures(
    store: SignatureStore, up: Sequence[str], down: Sequence[str], *, score: str
) -> np.ndarray:
    """Return one score for each signature of the store; negative is reversal.

    Parameters
    ----------
    store, up, down
        The reference, and genes that it holds (`find_genes`).
    score
        A name in `SCORES`.
    """
    record = SCORES[score]
    rows = store.rows([*up, *down])
    signs = _signs(len(up), len(down))
    matrices = {name: store.matrix(name) for name in record.matrices}
    total = len(store.signatures)
    parts = []
    for start in range(0, total, _QUERY_BLOCK):
        block = {name: m[rows, start : start + _QUERY_BLOCK] for name, m in matrices.items()}
        parts.append(record.function(signs, store.n_genes, **block))
    return np.concatenate(parts)


def null_scores(
    store: SignatureStore,
    sizes: tuple[int, int],
    *,
    score: str = "wtcs",
    permutations: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the scores of random queries of the same size.

    The genes of a random query are unrelated, those of a real one often co-regulated: this is the
    null of "any genes would do", no stricter.

    Parameters
    ----------
    store
        The reference.
    sizes
        Number of up and of down genes.
    score
        A name in `SCORES`.
    permutations, rng
        Number of random queries, random numbers.

    Returns
    -------
    ndarray
        permutations × signatures, float32.
    """
    record = SCORES[score]
    signs = _signs(*sizes)
    size = sum(sizes)
    queries = [rng.choice(store.n_genes, size, replace=False) for _ in range(permutations)]
    matrices = {name: store.matrix(name) for name in record.matrices}
    total = len(store.signatures)
    null = np.empty((permutations, total), np.float32)
    for start in range(0, total, _NULL_BLOCK):
        columns = slice(start, min(start + _NULL_BLOCK, total))
        block = {name: np.ascontiguousarray(m[:, columns]) for name, m in matrices.items()}
        for row, query in enumerate(queries):
            rows = {name: m[query] for name, m in block.items()}
            null[row, columns] = record.function(signs, store.n_genes, **rows)
    return null


def normalise(scores: np.ndarray, groups: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return the normalised scores (NCS): 1 is the mean of the same sign within the group.

    Parameters
    ----------
    scores
        Signatures, or queries × signatures; each query is normalised by its own means.
    groups
        Cell line and type of each signature. In a group of one signature the result is −1, 0
        or 1.

    Returns
    -------
    ndarray
        Same shape and float type. Zeros stay zero and are no part of the means.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    out = np.zeros_like(scores)
    codes, _ = pd.factorize(np.asarray(groups))
    for code in range(codes.max(initial=-1) + 1):
        columns = np.flatnonzero(codes == code)
        part = scores[..., columns]
        for same in (part > 0, part < 0):
            count = same.sum(axis=-1, keepdims=True)
            total = np.abs(np.where(same, part, 0)).sum(axis=-1, keepdims=True, dtype=np.float64)
            mean = np.where(count > 0, total / np.maximum(count, 1), 1)
            out[..., columns] += np.where(same, part / mean, 0).astype(out.dtype)
    return out


def match_signatures(
    store: SignatureStore,
    up: Sequence[str],
    down: Sequence[str],
    *,
    effects: pd.Series | None = None,
    columns: np.ndarray | None = None,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Score every signature of the store against a query, with a permutation null.

    The p-value of one signature is lenient: co-regulated genes connect more strongly than random
    ones to almost everything. The ncs, relative to the other signatures, allows for most of that.

    Parameters
    ----------
    store
        The reference.
    up, down
        Symbols of the genes that are up and down in the disease; one side may be empty.
    effects
        Gene → signed effect in the disease; without it every gene counts +1 or −1.
    columns
        Numbers of the signatures to use; all without it.
    permutations
        Random queries; no p-value is below 1 / (permutations + 1).
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        One row a signature, in the order of `columns`: signature, compound (the signature's id
        where the store knows none) and the other columns of the store's table, the scores,
        p_value (two-sided, of wtcs against the random queries in the same signature), fdr
        (Benjamini–Hochberg).
    ndarray
        permutations × signatures, float32: the ncs of the random queries, for
        `compounds.summarise_compounds`.

    Raises
    ------
    DataError
        See `find_genes`.
    """
    up, down = find_genes(store, up, down)
    table = store.signatures
    if columns is not None:
        table = table.iloc[columns].reset_index(drop=True)
    kept = slice(None) if columns is None else columns
    groups = table["cell"] + "\t" + table["type"]
    scores = {name: score_signatures(store, up, down, score=name)[kept] for name in SCORES}
    null = null_scores(store, (len(up), len(down)), permutations=permutations, rng=rng)[:, kept]
    size = np.abs(scores["wtcs"])
    beyond = np.zeros(len(table), int)
    for row in null:
        beyond += np.abs(row) >= size
    p_value = (1 + beyond) / (permutations + 1)
    compound = table["compound"].where(table["compound"] != "", table["signature"])
    matches = table.assign(
        compound=compound,
        wtcs=scores["wtcs"],
        ncs=normalise(scores["wtcs"], groups),
        zhang=scores["zhang"],
        xsum=scores["xsum"],
        p_value=p_value,
        fdr=false_discovery_control(p_value),
    )
    return matches, normalise(null, groups)


def _enrichment(ranks: np.ndarray, values: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the enrichment score of one gene set in each signature, at its hits alone."""
    size = len(ranks)
    weights = np.asarray(values, np.float16).view(np.uint16) & 0x7FFF
    # Rank and weight in one number: sorting it is ten times faster than sorting an index.
    packed = np.ascontiguousarray(((ranks.astype(np.uint32) << 16) | weights).T)
    packed.sort(axis=1)
    steps = (packed & 0xFFFF).astype(np.uint16).view(np.float16).astype(np.float32)
    steps[~steps.any(axis=1)] = 1
    reached = np.cumsum(steps, axis=1)
    reached /= reached[:, -1:].copy()
    missed = (packed >> 16).astype(np.float32) - np.arange(1, size + 1, dtype=np.float32)
    missed /= max(n_genes - size, 1)
    highest = (reached - missed).max(axis=1)
    reached[:, 1:] = reached[:, :-1].copy()
    reached[:, 0] = 0
    lowest = (reached - missed).min(axis=1)
    return np.where(highest >= -lowest, highest, lowest)


def _signs(n_up: int, n_down: int) -> np.ndarray:
    return np.repeat(np.array([1, -1], np.int8), [n_up, n_down])
