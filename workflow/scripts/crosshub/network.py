"""Weighted gene co-expression networks: correlation, adjacency, power, topological overlap.

Everything is an ndarray; ``values`` is samples × genes, log2.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crosshub.errors import DataError

POWERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20)
CORRELATIONS = ("pearson", "bicor")
NETWORKS = ("signed_hybrid", "signed", "unsigned")

# What the authors of WGCNA advise where no power fits: below 20 samples, to 30, to 40, and above.
_POWER_BY_SAMPLES = {
    "signed": (18, 16, 14, 12),
    "unsigned": (9, 8, 7, 6),
    "signed_hybrid": (9, 8, 7, 6),
}
_BINS = 10
_BLOCK = 512


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
    _check("correlation", method, CORRELATIONS)
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
    return _similarity(correlation, network) ** power


def soft_threshold(
    values: np.ndarray,
    *,
    powers: Sequence[int] = POWERS,
    network: str = "signed_hybrid",
    method: str = "bicor",
) -> pd.DataFrame:
    """Measure for each power how close the network is to a scale-free one.

    The connectivities are put into ten bins of equal width, and the logarithm of the share of genes
    is regressed on the logarithm of the mean connectivity of each bin.

    Parameters
    ----------
    values
        Samples × genes, log2, finite, no constant gene.
    powers
        Whole numbers.
    network, method
        See `adjacency` and `unit_columns`.

    Returns
    -------
    DataFrame
        One row a power: power, scale_free_fit (R² of the line), slope, truncated_fit (adjusted R²
        of the line with an exponential cutoff), mean_connectivity, median_connectivity,
        max_connectivity. A fit is NaN where all genes have the same connectivity.

    References
    ----------
    Zhang B, Horvath S (2005). A general framework for weighted gene co-expression network analysis.
    Statistical Applications in Genetics and Molecular Biology 4(1), article 17.
    """
    unit = unit_columns(values, method)
    steps = np.diff(sorted(powers), prepend=0)
    connectivity = np.empty((len(steps), unit.shape[1]))
    for start in range(0, unit.shape[1], _BLOCK):
        rows = slice(start, start + _BLOCK)
        similarity = _similarity(np.clip(unit[:, rows].T @ unit, -1, 1), network)
        at_power = np.ones_like(similarity)
        for k, step in enumerate(steps):
            for _ in range(step):
                at_power *= similarity
            # A gene's connection with itself, which is one, does not count.
            connectivity[k, rows] = at_power.sum(axis=1) - 1
    fits = [_scale_free_fit(k) for k in connectivity]
    return pd.DataFrame(
        {
            "power": sorted(powers),
            "scale_free_fit": [fit[0] for fit in fits],
            "slope": [fit[1] for fit in fits],
            "truncated_fit": [fit[2] for fit in fits],
            "mean_connectivity": connectivity.mean(axis=1),
            "median_connectivity": np.median(connectivity, axis=1),
            "max_connectivity": connectivity.max(axis=1),
        }
    )


def choose_power(
    table: pd.DataFrame, n_samples: int, *, network: str, fit: float = 0.85
) -> tuple[int, str]:
    """Choose the soft threshold, and say why.

    Parameters
    ----------
    table
        As `soft_threshold` returns it.
    n_samples
        Number of samples, for the table of advised powers.
    network
        See `adjacency`.
    fit
        R² that a line with a falling slope has to reach.

    Returns
    -------
    power : int
        The lowest power that reaches the fit; if none does, the power that the authors of WGCNA
        advise for this number of samples.
    reason : str
        One sentence.

    References
    ----------
    Langfelder P, Horvath S (2017). WGCNA package: frequently asked questions, question 6.
    """
    _check("network", network, NETWORKS)
    signed = -np.sign(table["slope"]) * table["scale_free_fit"]
    reached = table.loc[signed >= fit, "power"]
    if len(reached):
        power = int(reached.min())
        return power, f"power {power} is the lowest whose scale-free fit reaches {fit:g}"
    power = _POWER_BY_SAMPLES[network][(n_samples >= 20) + (n_samples > 30) + (n_samples > 40)]
    best = "no fit could be made" if signed.isna().all() else f"the best is {signed.max():.2f}"
    return power, (
        f"no power reaches a scale-free fit of {fit:g} ({best}); power {power} is the one advised "
        f"for a {network.replace('_', ' ')} network of {n_samples} samples"
    )


def topological_overlap(adjacency: np.ndarray) -> np.ndarray:
    """Measure how much of their neighbourhood each two genes share.

    Parameters
    ----------
    adjacency
        Genes × genes, symmetric, between 0 and 1; the diagonal is not used.

    Returns
    -------
    ndarray
        Genes × genes, float64, between 0 and 1, ones on the diagonal.

    References
    ----------
    Zhang B, Horvath S (2005). A general framework for weighted gene co-expression network analysis.
    Statistical Applications in Genetics and Molecular Biology 4(1), article 17.
    """
    weights = np.array(adjacency, np.float64)
    np.fill_diagonal(weights, 0)
    connectivity = weights.sum(axis=1)
    overlap = weights @ weights.T
    for start in range(0, len(weights), _BLOCK):
        rows = slice(start, start + _BLOCK)
        overlap[rows] += weights[rows]
        overlap[rows] /= np.minimum.outer(connectivity[rows], connectivity) + 1 - weights[rows]
    np.fill_diagonal(overlap, 1)
    return overlap


def _similarity(correlation: np.ndarray, network: str) -> np.ndarray:
    _check("network", network, NETWORKS)
    if network == "signed_hybrid":
        return np.maximum(correlation, 0)
    return np.abs(correlation) if network == "unsigned" else (1 + correlation) / 2


def _scale_free_fit(connectivity: np.ndarray) -> tuple[float, float, float]:
    low, high = connectivity.min(), connectivity.max()
    if not high > low:
        return np.nan, np.nan, np.nan
    edges = np.linspace(low, high, _BINS + 1)
    # Bins are open on the left; the lowest takes its own edge in.
    bins = np.clip(np.searchsorted(edges, connectivity, side="left") - 1, 0, _BINS - 1)
    count = np.bincount(bins, minlength=_BINS)
    total = np.bincount(bins, connectivity, minlength=_BINS)
    middle = (edges[:-1] + edges[1:]) / 2
    mean = np.where(total > 0, total / np.maximum(count, 1), middle)
    # The small number keeps an empty bin in the regression, as the reference does.
    share = np.log10(count / count.sum() + 1e-9)
    ones, log_mean = np.ones(_BINS), np.log10(mean)
    line, fit = _regress(np.column_stack([ones, log_mean]), share)
    _, cutoff = _regress(np.column_stack([ones, log_mean, mean]), share)
    return fit, line[1], 1 - (1 - cutoff) * (_BINS - 1) / (_BINS - 3)


def _regress(design: np.ndarray, response: np.ndarray) -> tuple[np.ndarray, float]:
    coefficients = np.linalg.lstsq(design, response, rcond=None)[0]
    residual = response - design @ coefficients
    spread = np.sum((response - response.mean()) ** 2)
    return coefficients, 1 - residual @ residual / spread if spread > 0 else np.nan


def _check(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise DataError(f"{what} '{value}': use one of {', '.join(known)}")
