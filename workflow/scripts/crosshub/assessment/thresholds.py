"""Calls at a threshold that training fixed, and the area under the precision-recall curve.

A sample is called a case if its score is at least the threshold.
"""

from dataclasses import dataclass

import numpy as np

from crosshub.assessment import Z
from crosshub.errors import DataError


@dataclass(frozen=True)
class Calls:
    """Right and wrong calls at a threshold.

    Attributes
    ----------
    threshold
        Scores at or above it are called cases.
    true_positives, false_negatives, true_negatives, false_positives
        Numbers of samples.
    sensitivity, sensitivity_low, sensitivity_high
        Share of the cases called cases, with Wilson's 95 % interval; missing without cases.
    specificity, specificity_low, specificity_high
        Share of the controls called controls, likewise.
    balanced_accuracy
        Mean of sensitivity and specificity; 0.5 without signal at any prevalence.
    mcc
        Matthews correlation coefficient; 0 where all samples get the same call, missing where one
        of the groups is empty.
    """

    threshold: float
    true_positives: int
    false_negatives: int
    true_negatives: int
    false_positives: int
    sensitivity: float
    sensitivity_low: float
    sensitivity_high: float
    specificity: float
    specificity_low: float
    specificity_high: float
    balanced_accuracy: float
    mcc: float


@dataclass(frozen=True)
class Precision:
    """Area under the precision-recall curve and what to hold it against.

    Attributes
    ----------
    average_precision
        Area as average precision, without interpolation.
    prevalence
        Share of cases: the value of scores without signal in a large sample.
    by_chance
        Its exact mean over random orders of as many samples, which lies above the prevalence: 0.57
        for 10 cases and 10 controls.
    """

    average_precision: float
    prevalence: float
    by_chance: float


def at_threshold(scores: np.ndarray, is_case: np.ndarray, threshold: float) -> Calls:
    """Judge the calls that a fixed threshold makes.

    Parameters
    ----------
    scores
        Higher = more likely a case; one a sample.
    is_case
        bool, a sample each.
    threshold
        Fixed elsewhere: in training.

    Raises
    ------
    DataError
        If a score is missing.

    References
    ----------
    Wilson 1927, JASA 22:209. Chicco and Jurman 2020, BMC Genomics 21:6 (MCC).
    """
    scores, is_case = checked(scores, is_case)
    called = scores >= threshold
    tp, fn = int((called & is_case).sum()), int((~called & is_case).sum())
    tn, fp = int((~called & ~is_case).sum()), int((called & ~is_case).sum())
    sensitivity = wilson(tp, tp + fn)
    specificity = wilson(tn, tn + fp)
    balanced = (sensitivity[0] + specificity[0]) / 2
    return Calls(
        float(threshold), tp, fn, tn, fp, *sensitivity, *specificity, balanced, _mcc(tp, fn, tn, fp)
    )


def _mcc(tp: int, fn: int, tn: int, fp: int) -> float:
    if not (tp + fn) or not (tn + fp):
        return np.nan
    if not (tp + fp) or not (tn + fn):
        return 0.0
    spread = float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return float((tp * tn - fp * fn) / np.sqrt(spread))


def wilson(successes: int, total: int) -> tuple[float, float, float]:
    """Return a proportion with Wilson's 95 % interval; all missing if `total` is 0."""
    if total == 0:
        return np.nan, np.nan, np.nan
    share = successes / total
    middle = (successes + Z**2 / 2) / (total + Z**2)
    half = Z / (total + Z**2) * np.sqrt(total * share * (1 - share) + Z**2 / 4)
    low = 0.0 if successes == 0 else float(middle - half)
    high = 1.0 if successes == total else float(middle + half)
    return share, low, high


def average_precision(scores: np.ndarray, is_case: np.ndarray) -> Precision:
    """Return the area under the precision-recall curve with its baselines.

    Parameters
    ----------
    scores
        Higher = more likely a case; one a sample. Tied samples are called together.
    is_case
        bool, a sample each.

    Raises
    ------
    DataError
        If a score is missing, or there is no case.

    References
    ----------
    Boyd, Eng and Page 2013, ECML PKDD, LNCS 8190:451. Bestgen 2015, Prague Bulletin of Mathematical
    Linguistics 103:131 (the exact mean by chance).
    """
    scores, is_case = checked(scores, is_case)
    n, m = is_case.size, int(is_case.sum())
    if m == 0:
        raise DataError("precision: there is no case; look at the labels")
    _, place = np.unique(-scores, return_inverse=True)
    cases = np.bincount(place, weights=is_case)
    called = np.cumsum(np.bincount(place))
    area = float((cases / m * np.cumsum(cases) / called).sum())
    harmonic = float((1 / np.arange(1, n + 1)).sum())
    others = (m - 1) / (n - 1) * (n - harmonic) if n > 1 else 0.0
    return Precision(area, m / n, (harmonic + others) / n)


def checked(scores: np.ndarray, is_case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and labels as float and bool vectors of one length without gaps."""
    scores, is_case = np.asarray(scores, float), np.asarray(is_case, bool)
    if scores.ndim != 1 or scores.shape != is_case.shape:
        raise DataError("scores and labels: one of each is needed for every sample")
    if scores.size == 0 or np.isnan(scores).any():
        raise DataError("scores: empty or with gaps; leave out samples that were not scored")
    return scores, is_case
