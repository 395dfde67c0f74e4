"""One AUC over cohorts: random effects on the logit scale, and what a new cohort may show."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import chi2
from scipy.stats import t as student_t

from crosshub.assessment import Z
from crosshub.errors import DataError

FEWEST_FOR_INTERVAL = 2
FEWEST_FOR_PREDICTION = 3
NO_COHORT = "no cohort"
NO_INTERVAL = "interval and prediction interval: one cohort says nothing about others"
NO_PREDICTION = "prediction interval: it takes three cohorts"


@dataclass(frozen=True)
class PooledAuc:
    """AUC over cohorts. Missing where it cannot be estimated.

    Attributes
    ----------
    auc, low, high
        AUC of an average cohort with its 95 % interval (Hartung-Knapp).
    prediction_low, prediction_high
        95 % prediction interval: where the AUC of a new cohort of this kind would be.
    tau2
        Variance between cohorts of the true log odds of the AUC.
    q, q_p, i2
        Cochran's Q with its p-value, and I² (0 to 1).
    cohorts
        Their number.
    reason
        Why something is missing; empty if nothing is.
    """

    auc: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    q: float
    q_p: float
    i2: float
    cohorts: int
    reason: str


def pool_auc(auc: np.ndarray, standard_error: np.ndarray, *, safeguard: bool = True) -> PooledAuc:
    """Pool the AUCs of independent cohorts.

    Parameters
    ----------
    auc
        A cohort each, above 0 and below 1; see `finite_auc`.
    standard_error
        Of the AUC, above 0.
    safeguard
        Whether the interval is at least as wide as the normal one of the same random effects. The
        plain one of few cohorts that agree by luck is absurdly narrow.

    Raises
    ------
    DataError
        If an AUC or a standard error is out of range.

    References
    ----------
    Debray et al. 2017, BMJ 356:i6460. Debray et al. 2019, Statistical Methods in Medical Research
    28:2768. Hartung and Knapp 2001, Statistics in Medicine 20:3875. Jackson, Law, Rücker
    and Schwarzer 2017, Statistics in Medicine 36:3923 (safeguard). Snell et al. 2018, Statistical
    Methods in Medical Research 27:3505 (logit scale).
    """
    auc, error = np.asarray(auc, float), np.asarray(standard_error, float)
    _check(auc, error)
    k = auc.size
    if k == 0:
        return PooledAuc(*[np.nan] * 9, 0, NO_COHORT)
    if k < FEWEST_FOR_INTERVAL:
        return PooledAuc(float(auc[0]), *[np.nan] * 8, k, NO_INTERVAL)
    effect, variance = logit(auc), (error / (auc * (1 - auc))) ** 2
    tau2 = reml(effect, variance)
    weight = 1 / (variance + tau2)
    mean = (weight * effect).sum() / weight.sum()
    normal = 1 / weight.sum()
    scaled = normal * (weight * (effect - mean) ** 2).sum() / (k - 1)
    width = student_t.ppf(0.975, k - 1) * np.sqrt(scaled)
    if safeguard:
        width = max(width, Z * np.sqrt(normal))
        scaled = max(scaled, normal)
    prediction = (np.nan, np.nan)
    if k >= FEWEST_FOR_PREDICTION:
        around = student_t.ppf(0.975, k - 2) * np.sqrt(tau2 + scaled)
        prediction = float(expit(mean - around)), float(expit(mean + around))
    common = (effect / variance).sum() / (1 / variance).sum()
    q = float(((effect - common) ** 2 / variance).sum())
    return PooledAuc(
        float(expit(mean)),
        float(expit(mean - width)),
        float(expit(mean + width)),
        *prediction,
        tau2,
        q,
        float(chi2.sf(q, k - 1)),
        max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0,
        k,
        "" if k >= FEWEST_FOR_PREDICTION else NO_PREDICTION,
    )


def finite_auc(auc: float, n_cases: int, n_controls: int) -> float:
    """Return the AUC half a pair away from 0 and 1, whose log odds are not finite.

    Half a concordant and half a discordant pair are added, as one does to a proportion of 0 or 1.
    `discrimination.hanley_mcneil` gives a standard error at the result where DeLong's is zero.

    Parameters
    ----------
    auc
        0 to 1.
    n_cases, n_controls
        Samples behind it.
    """
    pairs = n_cases * n_controls
    if pairs < 1 or not 0 <= auc <= 1:
        raise DataError("pooled AUC: an AUC between 0 and 1 of cases and controls is needed")
    return (auc * pairs + 0.5) / (pairs + 1)


def reml(effect: np.ndarray, variance: np.ndarray) -> float:
    """Return the restricted maximum likelihood estimate of the variance between cohorts.

    Parameters
    ----------
    effect, variance
        Estimate and its variance, at least two cohorts.

    References
    ----------
    Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261.
    """
    # Beyond the spread of the estimates the likelihood only falls.
    largest = 10 * (np.ptp(effect) ** 2 + variance.max())
    grid = np.concatenate([[0.0], largest * np.geomspace(1e-10, 1, 200)])
    slopes = np.array([_slope(tau2, effect, variance) for tau2 in grid])
    peaks = [0.0]
    for i in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        peaks.append(brentq(_slope, grid[i], grid[i + 1], args=(effect, variance), xtol=1e-15))
    return float(max(peaks, key=lambda tau2: _log_likelihood(tau2, effect, variance)))


def _slope(tau2: float, effect: np.ndarray, variance: np.ndarray) -> float:
    """Return twice the derivative of the restricted log likelihood."""
    weight = 1 / (variance + tau2)
    total = weight.sum()
    residual = effect - (weight * effect).sum() / total
    return (weight**2 * residual**2).sum() - total + (weight**2).sum() / total


def _log_likelihood(tau2: float, effect: np.ndarray, variance: np.ndarray) -> float:
    weight = 1 / (variance + tau2)
    residual = effect - (weight * effect).sum() / weight.sum()
    fit = (weight * residual**2).sum()
    return float((np.log(weight).sum() - np.log(weight.sum()) - fit) / 2)


def _check(auc: np.ndarray, error: np.ndarray) -> None:
    if auc.ndim != 1 or auc.shape != error.shape:
        raise DataError("pooled AUC: an AUC and its standard error are needed for every cohort")
    if not ((auc > 0) & (auc < 1)).all():
        raise DataError("pooled AUC: one is 0, 1 or missing; use finite_auc or leave it out")
    if not ((error > 0) & np.isfinite(error)).all():
        raise DataError("pooled AUC: a standard error is 0 or missing; see finite_auc")
