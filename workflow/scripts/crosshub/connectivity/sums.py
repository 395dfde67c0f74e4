"""Scores that add up over the query's genes: Sum, XSum, the cosines, Zhang.

The sums are taken gene after gene in float64, so that blocks and threads do not change a bit.
"""

import numpy as np
from numba import njit

from crosshub.connectivity.query import Query


def total(query: Query, *, values: np.ndarray) -> np.ndarray:
    """Return Sum of each signature: Σ z over the up genes − Σ z over the down genes.

    Parameters
    ----------
    query
        The m genes of the query.
    values
        m × signatures, z-scores.

    Returns
    -------
    ndarray
        float32, in units of z.

    References
    ----------
    Samart et al. 2021, Briefings in Bioinformatics 22:bbab161.
    """
    signs = query.signs.astype(float)
    return _products(values, None, query.n_genes, signs, signs, signs)[0].astype(np.float32)


def extreme_sum(query: Query, *, ranks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return XSum of each signature: Σ z over the up genes − Σ z over the down genes.

    Only genes among the 500 highest or the 500 lowest of the signature count; where fewer than
    10,000 genes were ranked, the highest and the lowest 5 %.

    Parameters
    ----------
    query, values
        As for `total`.
    ranks
        m × signatures, 1 is the highest value.

    Returns
    -------
    ndarray
        float32, in units of z.

    References
    ----------
    Cheng et al. 2014, Genome Medicine 6:95.
    """
    signs = query.signs.astype(float)
    return _products(values, ranks, query.n_genes, signs, signs, signs)[0].astype(np.float32)


def extreme_cosine(query: Query, *, ranks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return XCos of each signature: the cosine of effects and z over the query's extreme genes.

    Extreme genes are those of `extreme_sum`.

    Parameters
    ----------
    query, ranks, values
        As for `extreme_sum`.

    Returns
    -------
    ndarray
        float32 in [−1, 1]; 0 where no gene of the query is extreme.

    References
    ----------
    Cheng et al. 2013, Pacific Symposium on Biocomputing 18:5; 2014, Genome Medicine 6:95.
    """
    ones = np.ones(len(query.rows))
    return _cosine(*_products(values, ranks, query.n_genes, query.effects, ones, query.effects**2))


def cosine(query: Query, *, values: np.ndarray) -> np.ndarray:
    """Return the cosine of effects and z over the query's genes.

    Parameters
    ----------
    query, values
        As for `total`.

    Returns
    -------
    ndarray
        float32 in [−1, 1]; 0 where all z are 0.

    References
    ----------
    Cheng et al. 2013, Pacific Symposium on Biocomputing 18:5.
    """
    ones = np.ones(len(query.rows))
    return _cosine(*_products(values, None, query.n_genes, query.effects, ones, query.effects**2))


def expression_weighted_cosine(query: Query, *, values: np.ndarray) -> np.ndarray:
    """Return the expression weighted cosine: Σ w e z / √(Σ w e² · Σ w z²) over the query's genes.

    Parameters
    ----------
    query, values
        As for `total`; the weights w are the query's.

    Returns
    -------
    ndarray
        float32 in [−1, 1]; 0 where all w z are 0.

    References
    ----------
    Zhou et al. 2018, Bioinformatics 34:3151.
    """
    weights = query.weights
    dots = weights * query.effects
    return _cosine(
        *_products(values, None, query.n_genes, dots, weights, weights * query.effects**2)
    )


def zhang(query: Query, *, values: np.ndarray, magnitudes: np.ndarray) -> np.ndarray:
    """Return the Zhang score of each signature, for an unordered query.

    Each gene of a signature has a signed rank: the sign of z, and the rank of |z| (n_genes for
    the largest). The score is Σ sign × signed rank over the query, divided by its largest
    possible value.

    Parameters
    ----------
    query, values
        As for `total`.
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
    size = len(query.signs)
    largest = size * query.n_genes - size * (size - 1) / 2
    out = np.zeros(magnitudes.shape[1])
    _signed_ranks(np.asarray(values, np.float32), magnitudes, query.signs.astype(float), out)
    return (out / largest).astype(np.float32)


def count_extreme(n_genes: int) -> int:
    """Return how many of the highest, and of the lowest, genes are extreme."""
    return min(500, max(1, round(0.05 * n_genes)))


def _products(
    values: np.ndarray,
    ranks: np.ndarray | None,
    n_genes: int,
    dots: np.ndarray,
    norms: np.ndarray,
    lengths: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Σ dots z, Σ norms z² and Σ lengths over the genes that count, for each signature."""
    values = np.asarray(values, np.float32)
    out = np.zeros((3, values.shape[1]))
    if ranks is None:
        _all_products(values, dots, norms, out)
        out[2] = lengths.sum()
    else:
        _extreme_products(values, ranks, count_extreme(n_genes), n_genes, dots, norms, lengths, out)
    return out[0], out[1], out[2]


def _cosine(product: np.ndarray, norm: np.ndarray, length: np.ndarray) -> np.ndarray:
    size = np.sqrt(norm * length)
    return np.divide(product, size, out=np.zeros_like(product), where=size > 0).astype(np.float32)


@njit(cache=True, nogil=True)
def _all_products(values: np.ndarray, dots: np.ndarray, norms: np.ndarray, out: np.ndarray) -> None:
    for i in range(values.shape[0]):
        dot, norm = dots[i], norms[i]
        for j in range(values.shape[1]):
            z = np.float64(values[i, j])
            out[0, j] += dot * z
            out[1, j] += norm * (z * z)


@njit(cache=True, nogil=True)
def _extreme_products(
    values: np.ndarray,
    ranks: np.ndarray,
    kept: int,
    n_genes: int,
    dots: np.ndarray,
    norms: np.ndarray,
    lengths: np.ndarray,
    out: np.ndarray,
) -> None:
    last = n_genes - kept
    for i in range(values.shape[0]):
        dot, norm, length = dots[i], norms[i], lengths[i]
        for j in range(values.shape[1]):
            inside = np.float64(ranks[i, j] <= kept or ranks[i, j] > last)
            z = np.float64(values[i, j]) * inside
            out[0, j] += dot * z
            out[1, j] += norm * (z * z)
            out[2, j] += length * inside


@njit(cache=True, nogil=True)
def _signed_ranks(
    values: np.ndarray, magnitudes: np.ndarray, signs: np.ndarray, out: np.ndarray
) -> None:
    for i in range(values.shape[0]):
        sign = signs[i]
        for j in range(values.shape[1]):
            z = values[i, j]
            direction = np.float64(z > 0) - np.float64(z < 0)
            out[j] += sign * direction * magnitudes[i, j]
