"""How well a score orders cases and controls, or numbers, with its uncertainty.

The direction of every score was fixed in training: an AUC below 0.5 is shown as such.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import rankdata

from crosshub.assessment import Z
from crosshub.selectors.base import is_numbers


def concordance(truth: np.ndarray, score: np.ndarray) -> tuple[float, int]:
    """Return the number of pairs in the right order, pairs with tied scores as a half, and of all.

    A pair is a case and a control, or two samples whose numbers differ.

    Parameters
    ----------
    truth
        Cases and controls (bool or int), or numbers (float), a sample each.
    score
        Higher = more likely a case, or a larger number.
    """
    truth = np.asarray(truth)
    if is_numbers(truth):
        comparable, in_order = _pairs(truth, np.asarray(score, float))
        return float((comparable * in_order).sum() / 2), int(comparable.sum() // 2)
    case = truth.astype(bool)
    n_cases, n_controls = int(case.sum()), int((~case).sum())
    ranks = rankdata(score)
    return float(ranks[case].sum() - n_cases * (n_cases + 1) / 2), n_cases * n_controls


def _pairs(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return samples × samples: whether their numbers differ; 1 in order, 0.5 tied, 0 not."""
    numbers = np.sign(truth[:, None] - truth[None, :])
    return numbers != 0, (1 + numbers * np.sign(score[:, None] - score[None, :])) / 2


def concordance_interval(
    truth: np.ndarray, score: np.ndarray, people: np.ndarray | None = None
) -> tuple[float, float, float]:
    """Return the concordance with numbers and its 95 % interval, cut at 0 and 1.

    The variance is that of the infinitesimal jackknife over people, which for two classes is
    DeLong's but for the denominators.

    Parameters
    ----------
    truth
        Numbers, a sample each.
    score
        Higher = a larger number.
    people
        Identity of each sample; without it each is a person of its own.

    Returns
    -------
    tuple of float
        Concordance, lower and upper limit; the limits are missing with fewer than three people, and
        where all scores are alike.

    References
    ----------
    Therneau and Watson 2015, The concordance statistic and the Cox model, Mayo Clinic technical
    report 85. Harrell, Lee and Mark 1996, Statistics in Medicine 15:361.
    """
    truth = np.asarray(truth, float)
    comparable, in_order = _pairs(truth, np.asarray(score, float))
    pairs = comparable.sum() / 2
    if not pairs:
        return np.nan, np.nan, np.nan
    found = float((comparable * in_order).sum() / 2 / pairs)
    person, number = _numbered(people, len(truth))
    if number < 3 or np.ptp(score) == 0:
        return found, np.nan, np.nan
    influence = (comparable * (in_order - found)).sum(axis=1) / pairs
    error = float(np.sqrt((np.bincount(person, influence) ** 2).sum()))
    if found in (0.0, 1.0):
        # All in order: as for two groups of half the people each.
        half = number // 2
        return (found, *_limits_of_separated(found, half, number - half))
    return found, max(found - Z * error, 0.0), min(found + Z * error, 1.0)


def delong(
    case: np.ndarray, score: np.ndarray, people: np.ndarray | None = None
) -> tuple[float, float, float]:
    """Return the AUC with DeLong's 95 % interval, cut at 0 and 1.

    Samples of one person are no independent ones: with `people` the variance is Obuchowski's, which
    is DeLong's where each person has one sample.

    Parameters
    ----------
    case
        bool, a sample each.
    score
        Higher = more likely a case.
    people
        Identity of each sample; without it each is a person of its own.

    Returns
    -------
    tuple of float
        AUC, lower and upper limit; the limits are missing with fewer than two people in a group,
        and where all scores are alike.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837. Sun and Xu 2014, IEEE Signal
    Processing Letters 21:1389 (by mid-ranks). Obuchowski 1997, Biometrics 53:567 (clusters).
    """
    case = np.asarray(case, bool)
    concordant, pairs = concordance(case, score)
    if not pairs:
        return np.nan, np.nan, np.nan
    auc = concordant / pairs
    m, n = int(case.sum()), int((~case).sum())
    person, number = _numbered(people, len(case))
    with_case, with_control = np.unique(person[case]), np.unique(person[~case])
    score = np.asarray(score, float)
    if min(len(with_case), len(with_control)) < 2 or np.ptp(score) == 0:
        return auc, np.nan, np.nan
    joint = rankdata(score)
    of_cases = (joint[case] - rankdata(score[case])) / n - auc
    of_controls = 1 - (joint[~case] - rankdata(score[~case])) / m - auc
    cases = np.bincount(person[case], of_cases, number)
    controls = np.bincount(person[~case], of_controls, number)
    variance = _few(len(with_case)) * (cases**2).sum() / m**2
    variance += _few(len(with_control)) * (controls**2).sum() / n**2
    variance += 2 * _few(number) * (cases * controls).sum() / (m * n)
    error = np.sqrt(max(variance, 0.0))
    if error == 0:
        return (auc, *_limits_of_separated(auc, len(with_case), len(with_control)))
    return auc, max(auc - Z * error, 0.0), min(auc + Z * error, 1.0)


def _few(number: int) -> float:
    return number / (number - 1)


def _numbered(people: np.ndarray | None, samples: int) -> tuple[np.ndarray, int]:
    """Return the number of each sample's person, and how many people there are."""
    person = np.arange(samples) if people is None else pd.factorize(np.asarray(people))[0]
    return person, int(person.max(initial=-1)) + 1


def _limits_of_separated(auc: float, n_cases: int, n_controls: int) -> tuple[float, float]:
    """Return limits where the groups are perfectly apart and DeLong's variance is zero.

    The AUC is compared with the standard error that it would have at the limit itself (Hanley and
    McNeil), as Wilson's interval does for a proportion: few samples, wide interval.

    References
    ----------
    Newcombe 2006, Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic, part 2, Statistics in Medicine 25:559.
    """
    if auc not in (0.0, 1.0):
        return np.nan, np.nan

    def distance(theta: float) -> float:
        return 1 - theta - Z * hanley_mcneil(theta, n_cases, n_controls)

    low = float(brentq(distance, 1e-6, 1 - 1e-9))
    return (low, 1.0) if auc == 1 else (0.0, 1 - low)


def hanley_mcneil(auc: float, n_cases: int, n_controls: int) -> float:
    """Return the standard error of an AUC under Hanley and McNeil's exponential model.

    References
    ----------
    Hanley and McNeil 1982, Radiology 143:29.
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (n_cases - 1) * (q1 - auc**2) + (n_controls - 1) * (q2 - auc**2)
    return float(np.sqrt(spread / (n_cases * n_controls)))
