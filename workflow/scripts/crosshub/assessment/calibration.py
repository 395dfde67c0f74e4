"""Whether predicted risks mean what they say: Brier score, calibration intercept and slope."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from crosshub.assessment import Z
from crosshub.assessment.thresholds import checked
from crosshub.errors import DataError

MOST_STEPS = 200
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Calibration:
    """How predicted risks agree with what was observed. Missing where it cannot be estimated.

    Attributes
    ----------
    brier
        Mean squared difference of risk and outcome; 0 is best.
    intercept, intercept_low, intercept_high
        Calibration-in-the-large with its 95 % Wald interval, log odds: 0 is right, below it risks
        are too high.
    slope, slope_low, slope_high
        Slope with its 95 % Wald interval: 1 is right, below it risks are too extreme.
    reason
        Why something is missing; empty if nothing is.
    """

    brier: float
    intercept: float
    intercept_low: float
    intercept_high: float
    slope: float
    slope_low: float
    slope_high: float
    reason: str


def calibration(probabilities: np.ndarray, is_case: np.ndarray) -> Calibration:
    """Hold predicted risks against the outcome.

    Parameters
    ----------
    probabilities
        Predicted risk of being a case, 0 to 1, a sample each. In case-control data they must be for
        the prevalence of these samples, see `decision_curve.shift_prevalence`; the slope does not
        depend on it.
    is_case
        bool, a sample each.

    Raises
    ------
    DataError
        If a probability is missing or outside 0 to 1.

    References
    ----------
    Van Calster et al. 2016, Journal of Clinical Epidemiology 74:167. Cox 1958, Biometrika 45:562.
    Albert and Anderson 1984, Biometrika 71:1 (when a slope exists).
    """
    probabilities, is_case = checked(probabilities, is_case)
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise DataError("calibration: a risk is outside 0 to 1; give probabilities, not scores")
    brier = float(((probabilities - is_case) ** 2).mean())
    intercept = slope = (np.nan, np.nan, np.nan)
    reason = _obstacle(probabilities, is_case)
    if not reason:
        log_odds = logit(probabilities)
        intercept = _intercept(log_odds, is_case)
        reason = _obstacle_to_slope(log_odds, is_case)
        if not reason:
            slope = _slope(log_odds, is_case)
            reason = "" if np.isfinite(slope[0]) else "slope: the fit did not converge"
    return Calibration(brier, *intercept, *slope, reason)


def _obstacle(probabilities: np.ndarray, is_case: np.ndarray) -> str:
    """Say why there is neither intercept nor slope; empty if there may be."""
    if is_case.all() or not is_case.any():
        return "intercept and slope: cases and controls are both needed"
    if np.isin(probabilities, (0, 1)).any():
        return "intercept and slope: a risk of exactly 0 or 1 has no log odds"
    return ""


def _obstacle_to_slope(log_odds: np.ndarray, is_case: np.ndarray) -> str:
    cases, controls = log_odds[is_case], log_odds[~is_case]
    if np.ptp(log_odds) == 0:
        return "slope: all samples have the same risk"
    if controls.max() <= cases.min():
        return "slope: every case has a risk above every control, so that it is infinite"
    if cases.max() <= controls.min():
        return "slope: every case has a risk below every control, so that it is minus infinite"
    return ""


def _intercept(log_odds: np.ndarray, is_case: np.ndarray) -> tuple[float, float, float]:
    """Return the intercept of a logistic regression with the log odds as offset."""
    cases = is_case.sum()
    # At these ends all risks are at most, or at least, the share of cases.
    around = logit(is_case.mean())
    ends = around - log_odds.max() - 1, around - log_odds.min() + 1
    found = brentq(lambda a: expit(log_odds + a).sum() - cases, *ends, xtol=1e-14, rtol=1e-15)
    risk = expit(log_odds + found)
    return _wald(found, 1 / np.sqrt((risk * (1 - risk)).sum()))


def _slope(log_odds: np.ndarray, is_case: np.ndarray) -> tuple[float, float, float]:
    """Return the slope of a logistic regression on the log odds."""
    scale = log_odds.std()
    design = np.column_stack([np.ones_like(log_odds), (log_odds - log_odds.mean()) / scale])
    found = fit_logistic(design, is_case)
    if found is None:
        return np.nan, np.nan, np.nan
    coefficients, covariance = found
    return _wald(coefficients[1] / scale, np.sqrt(covariance[1, 1]) / scale)


def fit_logistic(design: np.ndarray, is_case: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit a logistic regression by iteratively reweighted least squares with step halving.

    Parameters
    ----------
    design
        Samples × coefficients, of full rank, columns of about unit size.
    is_case
        bool, a sample each.

    Returns
    -------
    tuple of ndarray or None
        Coefficients and their covariance; None if it did not converge, as under separation.
    """
    sign = np.where(is_case, 1.0, -1.0)
    coefficients = np.zeros(design.shape[1])
    loss = np.logaddexp(0, -sign * (design @ coefficients)).sum()
    for _ in range(MOST_STEPS):
        risk = expit(design @ coefficients)
        information = design.T @ (design * (risk * (1 - risk))[:, None])
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            return None
        step = np.linalg.solve(information, design.T @ (is_case - risk))
        if np.abs(step).max() <= TOLERANCE * (1 + np.abs(coefficients).max()):
            return coefficients + step, np.linalg.inv(information)
        for _ in range(60):
            following = np.logaddexp(0, -sign * (design @ (coefficients + step))).sum()
            if following <= loss * (1 + 1e-14):
                break
            step = step / 2
        coefficients, loss = coefficients + step, following
    return None


def _wald(estimate: float, error: float) -> tuple[float, float, float]:
    return float(estimate), float(estimate - Z * error), float(estimate + Z * error)
