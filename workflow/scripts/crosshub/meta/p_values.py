"""Combined p-values of cohorts: evidence without an effect, for each direction."""

import numpy as np
from scipy.special import xlogy
from scipy.stats import chi2, norm

# The smallest p that a log or a quantile takes without becoming infinite.
TINY = np.finfo(float).tiny


def one_sided(p_value: np.ndarray, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split two-sided p-values into those for up and for down."""
    half = p_value / 2
    up = np.where(effect > 0, half, 1 - half)
    down = np.where(effect > 0, 1 - half, half)
    return up, down


def fisher(p_values: np.ndarray) -> np.ndarray:
    """Combine by the sum of logarithms.

    Parameters
    ----------
    p_values
        Genes × cohorts, independent between cohorts; one-sided for one direction.

    References
    ----------
    Fisher 1932, Statistical Methods for Research Workers, 4th edition.
    """
    total = -2 * xlogy(1.0, np.maximum(p_values, TINY)).sum(axis=1)
    return chi2.sf(total, 2 * p_values.shape[1])


def stouffer(p_values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Combine by the weighted sum of normal quantiles.

    Parameters
    ----------
    p_values
        Genes × cohorts, one-sided, independent between cohorts.
    weights
        One a cohort, such as the root of its effective size; default equal.

    References
    ----------
    Stouffer et al. 1949, The American Soldier; Zaykin 2011, Journal of Evolutionary Biology
    24:1836.
    """
    weight = np.ones(p_values.shape[1]) if weights is None else np.asarray(weights, float)
    z = norm.isf(np.clip(p_values, TINY, 1 - np.finfo(float).epsneg))
    return norm.sf(z @ weight / np.sqrt((weight**2).sum()))


def both_directions(up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return a two-sided p from those of the two directions."""
    return np.minimum(2 * np.minimum(up, down), 1)
