"""Net benefit of acting on predicted risks, at a stated prevalence.

The prevalence of a case-control study is the choice of who collected it. Benefit depends on the
prevalence where the model would be used, so that the user has to state it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crosshub.assessment.thresholds import at_threshold, checked
from crosshub.errors import DataError

COLUMNS = ["threshold", "model", "model_low", "model_high", "treat_all", "treat_none"]
NO_PREVALENCE = (
    "not interpretable: the prevalence where the model would be used was not stated, and that of "
    "a case-control study is arbitrary"
)
ONE_GROUP = "not interpretable: cases and controls are both needed"


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit over thresholds.

    Attributes
    ----------
    table
        threshold (risk from which one acts), model with a pointwise 95 % interval, treat_all,
        treat_none; net benefit in true positives per person. No rows if it is not interpretable.
    prevalence
        The stated one; missing if none was.
    interpretable
        Whether there is a curve.
    reason
        Why not; empty if there is.
    """

    table: pd.DataFrame
    prevalence: float
    interpretable: bool
    reason: str


def decision_curve(
    probabilities: np.ndarray,
    is_case: np.ndarray,
    thresholds: np.ndarray,
    prevalence: float | None,
) -> DecisionCurve:
    """Return the net benefit of a model, of treating all and of treating none.

    Sensitivity and specificity come from the samples and are weighted by the stated prevalence:
    benefit = sensitivity · prevalence - (1 - specificity) · (1 - prevalence) · t / (1 - t).

    Parameters
    ----------
    probabilities
        Predicted risk at the stated prevalence, a sample each, see `shift_prevalence`.
    is_case
        bool, a sample each.
    thresholds
        Risks from which one would act, each above 0 and below 1.
    prevalence
        Share of cases where the model would be used, or None if unknown.

    Raises
    ------
    DataError
        If a probability, a threshold or the prevalence is out of range.

    References
    ----------
    Vickers and Elkin 2006, Medical Decision Making 26:565. Zou and Donner 2008, Statistics in
    Medicine 27:1693 (interval of a weighted sum from the Wilson intervals of its parts).
    """
    probabilities, is_case = checked(probabilities, is_case)
    thresholds = np.asarray(thresholds, float)
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise DataError("decision curve: a risk is outside 0 to 1; give probabilities, not scores")
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise DataError("decision curve: a threshold is not between 0 and 1; leave it out")
    nothing = pd.DataFrame({name: np.empty(0) for name in COLUMNS})
    if prevalence is None:
        return DecisionCurve(nothing, np.nan, False, NO_PREVALENCE)
    _check_prevalence(prevalence)
    if is_case.all() or not is_case.any():
        return DecisionCurve(nothing, float(prevalence), False, ONE_GROUP)
    rows = []
    for threshold in thresholds:
        harm = (1 - prevalence) * threshold / (1 - threshold)
        model = _net_benefit(probabilities, is_case, threshold, prevalence, harm)
        rows.append((threshold, *model, prevalence - harm, 0.0))
    return DecisionCurve(pd.DataFrame(rows, columns=COLUMNS), float(prevalence), True, "")


def _net_benefit(
    probabilities: np.ndarray, is_case: np.ndarray, threshold: float, gain: float, harm: float
) -> tuple[float, float, float]:
    """Return gain · sensitivity - harm · (1 - specificity) with its interval."""
    calls = at_threshold(probabilities, is_case, threshold)
    benefit = gain * calls.sensitivity - harm * (1 - calls.specificity)
    below = np.hypot(
        gain * (calls.sensitivity - calls.sensitivity_low),
        harm * (calls.specificity - calls.specificity_low),
    )
    above = np.hypot(
        gain * (calls.sensitivity_high - calls.sensitivity),
        harm * (calls.specificity_high - calls.specificity),
    )
    return benefit, float(benefit - below), float(benefit + above)


def shift_prevalence(probabilities: np.ndarray, of_training: float, stated: float) -> np.ndarray:
    """Return risks for another prevalence: the log odds move, the order of the samples stays.

    Parameters
    ----------
    probabilities
        Risks of a model trained on samples with the prevalence `of_training`.
    of_training, stated
        Share of cases in training, and where the model is to be used.

    Raises
    ------
    DataError
        If a probability or a prevalence is out of range.

    References
    ----------
    King and Zeng 2001, Political Analysis 9:137 (prior correction). Elkan 2001, IJCAI:973.
    """
    _check_prevalence(of_training)
    _check_prevalence(stated)
    probabilities = np.asarray(probabilities, float)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise DataError("prevalence: a risk is outside 0 to 1 or missing; give probabilities")
    return expit(logit(probabilities) + logit(stated) - logit(of_training))


def _check_prevalence(prevalence: float) -> None:
    if not 0 < prevalence < 1:
        raise DataError(f"prevalence: {prevalence} is not between 0 and 1; state a share of cases")
