"""The soft threshold: how close to scale-free the network is at each power, and which to take."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crosshub.coexpression.network import NETWORKS, check, connectivities, unit_columns

POWERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20)

# What the authors of WGCNA advise where no power fits: below 20 samples, to 30, to 40, and above.
_POWER_BY_SAMPLES = {
    "signed": (18, 16, 14, 12),
    "unsigned": (9, 8, 7, 6),
    "signed_hybrid": (9, 8, 7, 6),
}
_BINS = 10


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
    connectivity = connectivities(unit_columns(values, method), powers, network)
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
    check("network", network, NETWORKS)
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
