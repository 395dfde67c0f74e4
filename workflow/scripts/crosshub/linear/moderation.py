"""Moderated variances: what a gene's variance is, given those of all genes.

References
----------
Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:3. Phipson, Lee, Majewski,
Alexander and Smyth 2016, Robust hyperparameter estimation protects against hypervariable genes and
improves power to detect differential expression, Annals of Applied Statistics 10:946.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma
from scipy.stats import chi2, rankdata
from scipy.stats import f as fisher_f
from statsmodels.nonparametric.smoothers_lowess import lowess

# Shares of the variances that are drawn in at either end before the prior is estimated.
LOWER_TAIL, UPPER_TAIL = 0.05, 0.1
SPAN = 0.4
NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)
NODES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2


@dataclass(frozen=True)
class Prior:
    """The prior of the genes' variances.

    Attributes
    ----------
    variance
        One a gene.
    df
        One a gene; infinite where the variances do not differ. Smaller for genes whose variance is
        an outlier, if the estimate is robust.
    """

    variance: np.ndarray
    df: np.ndarray


def prior_of(
    variance: np.ndarray,
    df: float,
    mean: np.ndarray | None = None,
    *,
    robust: bool = False,
) -> Prior:
    """Estimate the scaled F prior of the genes' variances.

    Parameters
    ----------
    variance
        Residual variances.
    df
        Their degrees of freedom.
    mean
        Mean expression, for a prior that follows it.
    robust
        Draw the tails in before the prior is estimated, and believe less in the prior of a gene
        whose variance lies beyond it.

    Returns
    -------
    Prior
        As limma's squeezeVar has it.
    """
    common, prior_df = prior_of_variances(variance, df, mean)
    plain = Prior(np.broadcast_to(common, variance.shape), np.full(variance.shape, prior_df))
    n = variance.size
    if not robust or n < 3 or max(LOWER_TAIL, UPPER_TAIL) < 1 / n:
        return plain
    return _robust(variance, df, mean, plain)


def moderated(variance: np.ndarray, df: float, prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Return the moderated variances and the degrees of freedom of a t that uses them."""
    finite = np.isfinite(prior.df)
    weight = np.where(finite, prior.df, 0)
    post = (weight * prior.variance + df * variance) / (weight + df)
    post = np.where(finite, post, prior.variance)
    return post, np.minimum(df + prior.df, df * variance.size)


def prior_of_variances(
    sigma2: np.ndarray, df: float, covariate: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Estimate the scaled F prior of the genes' variances by the moments of their logarithm.

    Parameters
    ----------
    sigma2
        Residual variances.
    df
        Their degrees of freedom.
    covariate
        Mean expression, for a prior that follows a natural cubic spline of it.

    Returns
    -------
    tuple of ndarray and float
        Prior variance for each gene, and prior degrees of freedom.
    """
    x = np.maximum(sigma2, 0)
    middle = np.median(x)
    x = np.maximum(x, 1e-5 * (middle if middle > 0 else 1))
    e = np.log(x) - digamma(df / 2) + np.log(df / 2)
    if covariate is None:
        expected = np.full(e.shape, e.mean())
        spread = e.var(ddof=1) if e.size > 1 else 0.0
    else:
        basis = natural_spline(covariate, _spline_df(covariate))
        q, _ = np.linalg.qr(basis)
        expected = q @ (q.T @ e)
        spread = ((e - expected) ** 2).sum() / (e.size - basis.shape[1])
    spread -= polygamma(1, df / 2)
    if spread > 0:
        prior_df = 2 * _trigamma_inverse(float(spread))
        return np.exp(expected + digamma(prior_df / 2) - np.log(prior_df / 2)), prior_df
    common = np.full(e.shape, x.mean()) if covariate is None else np.exp(expected)
    return common, np.inf


def natural_spline(x: np.ndarray, df: int) -> np.ndarray:
    """Return a basis (with intercept) of natural cubic splines with knots at the quantiles of x."""
    inner = np.quantile(x, np.linspace(0, 1, df)[1:-1]) if df > 2 else np.array([])
    knots = np.unique(np.concatenate([[x.min()], inner, [x.max()]]))
    scale = knots[-1] - knots[0]
    u, k = (x - knots[0]) / scale, (knots - knots[0]) / scale

    def cubic(i: int) -> np.ndarray:
        ends = np.maximum(u - k[i], 0) ** 3 - np.maximum(u - k[-1], 0) ** 3
        return ends / (k[-1] - k[i])

    last = cubic(len(k) - 2)
    curved = [cubic(i) - last for i in range(len(k) - 2)]
    return np.column_stack([np.ones_like(u), u, *curved])


def _spline_df(x: np.ndarray) -> int:
    n = x.size
    return min(1 + (n >= 3) + (n >= 6) + (n >= 30), np.unique(x).size)


def _trigamma_inverse(x: float) -> float:
    """Solve trigamma(y) = x by Newton's method on its reciprocal, which is nearly linear."""
    if x > 1e7:
        return 1 / np.sqrt(x)
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        trigamma = polygamma(1, y)
        step = trigamma * (1 - trigamma / x) / polygamma(2, y)
        y += step
        if -step / y < 1e-8:
            break
    return float(y)


def _robust(variance: np.ndarray, df: float, mean: np.ndarray | None, plain: Prior) -> Prior:
    x = np.maximum(variance, np.median(variance) * 1e-12)
    z = np.log(x)
    trend = _trimmed_mean(z, UPPER_TAIL) if mean is None else _smooth(z, mean)
    left = z - trend
    low, high = np.quantile(left, [LOWER_TAIL, 1 - UPPER_TAIL])
    drawn_in = np.clip(left, low, high)
    seen_mean, seen = drawn_in.mean(), drawn_in.var(ddof=1)
    theory = _winsorised_moments(df, np.inf)
    if seen <= theory[1]:
        center = trend + seen_mean - theory[0]
        return _without_prior_spread(z, df, center, plain)
    if not np.isfinite(plain.df[0]):
        return plain
    prior_df = _matching(lambda d: np.log(seen / _winsorised_moments(df, d)[1]), plain.df[0])
    center = trend + seen_mean - _winsorised_moments(df, prior_df)[0]
    tail = fisher_f.logsf(np.exp(z - center), df, prior_df)
    return Prior(np.broadcast_to(np.exp(center), z.shape), _shrunk(z - center, tail, df, prior_df))


def _matching(excess: Callable[[float], float], least: float) -> float:
    """Find the prior degrees of freedom at which the spread seen is the spread expected."""

    def at(share: float) -> float:
        return excess(share / (1 - share))

    start = least / (1 + least)
    if at(start) >= 0:
        return least
    root = brentq(at, start, 1 - 1e-12, xtol=1e-14, rtol=1e-14)
    return root / (1 - root)


def _winsorised_moments(df: float, prior_df: float) -> tuple[float, float]:
    """Return mean and variance of log F with its tails drawn in, by quadrature on F / (1 + F)."""
    law = chi2(df, scale=1 / df) if np.isinf(prior_df) else fisher_f(df, prior_df)
    ends = law.ppf([LOWER_TAIL, 1 - UPPER_TAIL])
    low, high = ends / (1 + ends)
    share = low + (high - low) * NODES
    value = share / (1 - share)
    density = (high - low) * WEIGHTS * law.pdf(value) / (1 - share) ** 2
    at_ends, in_ends = np.log(ends), np.array([LOWER_TAIL, UPPER_TAIL])
    mean = density @ np.log(value) + at_ends @ in_ends
    variance = density @ (np.log(value) - mean) ** 2 + (at_ends - mean) ** 2 @ in_ends
    return float(mean), float(variance)


def _without_prior_spread(z: np.ndarray, df: float, center: np.ndarray, plain: Prior) -> Prior:
    """Return the prior where all but outliers have one variance."""
    ratio = np.exp(z - center)
    tail = chi2.sf(ratio * df, df)
    expected = (z.size - rankdata(ratio) + 0.5) / z.size
    belongs = np.minimum(tail / expected, 1)
    prior_df = np.full(z.shape, np.inf)
    out = belongs < 1
    prior_df[out] = belongs[out] * z.size * df
    if out.any():
        order = np.argsort(tail, kind="stable")
        prior_df[order] = np.maximum.accumulate(prior_df[order])
    return Prior(np.broadcast_to(np.exp(center), z.shape), prior_df)


def _shrunk(left: np.ndarray, tail: np.ndarray, df: float, prior_df: float) -> np.ndarray:
    """Give genes with outlying variances fewer prior degrees of freedom, in their order."""
    n = left.size
    ratio = np.exp(left)
    belongs = np.minimum(tail - np.log((n - rankdata(ratio) + 0.5) / n), 0)
    if not (belongs < 0).any():
        return np.full(n, prior_df)
    share = np.exp(belongs)
    if np.isneginf(tail.min()):
        found = share * prior_df
    else:
        # Degrees of freedom with which the largest variance would be a median one.
        outlier = np.log(0.5) / tail.min() * prior_df
        outlier *= np.log(0.5) / fisher_f.logsf(ratio.max(), df, outlier)
        found = share * prior_df - np.expm1(belongs) * outlier
    order = np.argsort(tail, kind="stable")
    ordered = found[order]
    running = np.cumsum(ordered) / np.arange(1, n + 1)
    lowest = int(np.argmin(running))
    ordered[: lowest + 1] = running[lowest]
    result = np.empty(n)
    result[order] = np.maximum.accumulate(ordered)
    return result


def _trimmed_mean(values: np.ndarray, share: float) -> float:
    cut = int(share * values.size)
    return float(np.sort(values)[cut : values.size - cut].mean())


def _smooth(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    return lowess(values, by, frac=SPAN, it=3, delta=0.01 * np.ptp(by), return_sorted=False)
