"""Weighted gene co-expression networks: correlation, adjacency, topological overlap.

Everything is an ndarray; ``values`` is samples × genes, log2. What is as large as genes × genes is
made in blocks and kept in float32 where a whole network is built.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from crosshub.errors import DataError

CORRELATIONS = ("pearson", "bicor")
NETWORKS = ("signed_hybrid", "signed", "unsigned")
OVERLAPS = ("unsigned", "signed")

# Small enough for the cache of a core.
_BLOCK = 256


def unit_columns(values: np.ndarray, method: str) -> np.ndarray:
    """Centre and scale each column so that products of columns are correlations.

    Parameters
    ----------
    values
        Samples × variables, finite.
    method
        ``pearson``, or ``bicor``: the biweight midcorrelation, where a column whose median absolute
        deviation is zero is treated as for Pearson.

    Returns
    -------
    ndarray
        Samples × variables, float64, each column of length one; NaN where the column is constant.

    Raises
    ------
    DataError
        If the method is not known.

    References
    ----------
    Langfelder P, Horvath S (2012). Fast R functions for robust correlations and hierarchical
    clustering. Journal of Statistical Software 46(11).
    """
    check("correlation", method, CORRELATIONS)
    # One layout in memory, so that sums do not depend on how the values came.
    values = np.ascontiguousarray(values, np.float64)
    centred = values - values.mean(axis=0)
    if method == "bicor":
        deviation = values - np.median(values, axis=0)
        spread = np.median(np.abs(deviation), axis=0)
        robust = spread > 0
        scaled = deviation[:, robust] / (9 * spread[robust])
        weight = np.where(np.abs(scaled) < 1, (1 - scaled**2) ** 2, 0)
        centred[:, robust] = deviation[:, robust] * weight
    # The mean of equal numbers can differ from them in the last digit.
    centred[:, np.ptp(values, axis=0) == 0] = 0
    length = np.sqrt(np.einsum("ij,ij->j", centred, centred))
    return np.divide(centred, length, out=np.full_like(centred, np.nan), where=length > 0)


def correlation(values: np.ndarray, method: str) -> np.ndarray:
    """Correlate all pairs of genes.

    Parameters
    ----------
    values
        Samples × genes, log2, finite.
    method
        ``pearson`` or ``bicor``; see `unit_columns`.

    Returns
    -------
    ndarray
        Genes × genes, float64, between -1 and 1, ones on the diagonal; a constant gene has NaN.
    """
    unit = unit_columns(values, method)
    result = unit.T @ unit
    np.clip(result, -1, 1, out=result)
    np.fill_diagonal(result, np.where(np.isnan(np.diagonal(result)), np.nan, 1))
    return result


def adjacency(correlation: np.ndarray, power: float, network: str) -> np.ndarray:
    """Turn correlations into connection strengths between 0 and 1.

    Parameters
    ----------
    correlation
        Correlations, of any shape.
    power
        The soft threshold.
    network
        ``signed_hybrid``: cor^power where cor > 0, else 0; ``signed``: ((1 + cor) / 2)^power;
        ``unsigned``: abs(cor)^power.

    Returns
    -------
    ndarray
        The shape of `correlation`, float64.

    Raises
    ------
    DataError
        If the kind of network is not known.

    References
    ----------
    Zhang B, Horvath S (2005). A general framework for weighted gene co-expression network analysis.
    Statistical Applications in Genetics and Molecular Biology 4(1), article 17.
    """
    return _raise(_similarity(correlation, network), power)


def network_weights(
    unit: np.ndarray, power: float, network: str, *, overlap: str = "unsigned"
) -> np.ndarray:
    """Build the adjacency of all genes without a matrix of their correlations.

    Parameters
    ----------
    unit
        Samples × genes, as `unit_columns` returns them.
    power, network
        See `adjacency`.
    overlap
        ``signed`` gives the weights of an unsigned network the signs of their correlations, as the
        signed `topological_overlap` needs them; the other networks have no negative weights.

    Returns
    -------
    ndarray
        Genes × genes, float32, symmetric, zeros on the diagonal.
    """
    check("overlap", overlap, OVERLAPS)
    with_signs = overlap == "signed" and network == "unsigned"
    n_genes = unit.shape[1]
    weights = np.empty((n_genes, n_genes), np.float32)
    for rows, columns, r in _correlation_blocks(unit):
        part = adjacency(r, power, network)
        if with_signs:
            part *= np.sign(r)
        weights[rows, columns] = part
        weights[columns, rows] = part.T
    np.fill_diagonal(weights, 0)
    return weights


def connectivities(unit: np.ndarray, powers: Sequence[int], network: str) -> np.ndarray:
    """Sum the weights of each gene, for several powers at once.

    Parameters
    ----------
    unit
        Samples × genes, as `unit_columns` returns them.
    powers
        Whole numbers, in any order.
    network
        See `adjacency`.

    Returns
    -------
    ndarray
        Powers, from the lowest, × genes, float64; the weight of a gene with itself does not count.
    """
    steps = np.diff(sorted(powers), prepend=0)
    total = np.zeros((len(steps), unit.shape[1]))
    ones = np.ones(_BLOCK)
    for rows, columns, r in _correlation_blocks(unit):
        similarity = _similarity(r, network)
        factors = {step: _raise(similarity, step) for step in set(steps)}
        weights = np.ones_like(similarity)
        for k, step in enumerate(steps):
            weights *= factors[step]
            total[k, rows] += weights @ ones[: weights.shape[1]]
            if rows != columns:
                total[k, columns] += ones[: len(weights)] @ weights
    return total - 1


def topological_overlap(adjacency: np.ndarray) -> np.ndarray:
    """Measure how much of their neighbourhood each two genes share.

    Parameters
    ----------
    adjacency
        Genes × genes, symmetric, between 0 and 1, or between -1 and 1 for the signed overlap; the
        diagonal is not used. With zeros there and in float32 or float64 it is not copied.

    Returns
    -------
    ndarray
        Genes × genes, between 0 and 1, ones on the diagonal; float32 if `adjacency` is, else
        float64.

    References
    ----------
    Zhang B, Horvath S (2005). A general framework for weighted gene co-expression network analysis.
    Statistical Applications in Genetics and Molecular Biology 4(1), article 17.
    """
    weights = np.asarray(adjacency, np.float32 if adjacency.dtype == np.float32 else np.float64)
    if weights.diagonal().any():
        weights = weights.copy()
        np.fill_diagonal(weights, 0)
    overlap = weights @ weights.T
    starts = range(0, len(weights), _BLOCK)
    strength = np.concatenate(
        [np.abs(weights[i : i + _BLOCK]).sum(axis=1, dtype=np.float64) for i in starts] or [[]]
    ).astype(weights.dtype)
    for start in starts:
        rows = slice(start, start + _BLOCK)
        overlap[rows] += weights[rows]
        np.abs(overlap[rows], out=overlap[rows])
        least = np.minimum.outer(strength[rows], strength)
        least += 1
        least -= np.abs(weights[rows])
        overlap[rows] /= least
    np.fill_diagonal(overlap, 1)
    return overlap


def check(what: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is not among the known ones."""
    if value not in known:
        raise DataError(f"{what} '{value}': use one of {', '.join(known)}")


def _similarity(correlation: np.ndarray, network: str) -> np.ndarray:
    check("network", network, NETWORKS)
    if network == "signed_hybrid":
        return np.maximum(correlation, 0)
    return np.abs(correlation) if network == "unsigned" else (1 + correlation) / 2


def _raise(base: np.ndarray, power: float) -> np.ndarray:
    """Raise to a power: by products if it is a whole number, which is much faster."""
    if power != int(power) or power < 1:
        return base**power
    power, result, square = int(power), None, base
    while True:
        if power % 2:
            result = square if result is None else result * square
        power //= 2
        if not power:
            return result
        square = square * square


def _correlation_blocks(unit: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Yield the rows, the columns and the correlations of the blocks on and above the diagonal."""
    starts = range(0, unit.shape[1], _BLOCK)
    for i, first in enumerate(starts):
        rows = slice(first, first + _BLOCK)
        for second in starts[i:]:
            columns = slice(second, second + _BLOCK)
            r = unit[:, rows].T @ unit[:, columns]
            yield rows, columns, np.clip(r, -1, 1, out=r)
