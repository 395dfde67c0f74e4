"""The price of choosing the best of many configurations by their cross-validated performance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crosshub.errors import DataError

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class SelectionBias:
    """Performance of the winner with and without correction for having been chosen.

    Attributes
    ----------
    winner
        Number of the configuration that is best over all samples, the first of equals.
    uncorrected
        Its performance, which is optimistic.
    corrected
        Mean over bootstraps of the performance, on people left out, of the configuration that is
        best on people drawn.
    low, high
        2.5 and 97.5 % of those.
    all_performances
        Uncorrected performance of each configuration.
    won
        Share of the bootstraps that each configuration won.
    bootstraps
        Those that could be used: both groups drawn and left out in some fold.
    """

    winner: int
    uncorrected: float
    corrected: float
    low: float
    high: float
    all_performances: np.ndarray
    won: np.ndarray
    bootstraps: int


def fold_auc(
    predictions: np.ndarray, is_case: np.ndarray, folds: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return AUCs within folds, averaged over pairs, of weighted samples.

    A sample of weight 2 counts as two samples. With all weights 1 it is `performance.fold_auc`.

    Parameters
    ----------
    predictions
        Samples × configurations, higher = more likely a case.
    is_case, folds
        bool and the fold, a sample each. Scores of different folds are never compared.
    weights
        Weightings × samples.

    Returns
    -------
    ndarray
        Weightings × configurations; missing where no fold has both groups.
    """
    concordant = np.zeros((len(weights), predictions.shape[1]))
    pairs = np.zeros((len(weights), 1))
    for fold in np.unique(folds):
        cases = np.flatnonzero((folds == fold) & is_case)
        controls = np.flatnonzero((folds == fold) & ~is_case)
        if not cases.size or not controls.size:
            continue
        of_cases, of_controls = weights[:, cases], weights[:, controls]
        pairs[:, 0] += of_cases.sum(axis=1) * of_controls.sum(axis=1)
        for number, scores in enumerate(predictions.T):
            above = scores[cases][:, None] - scores[controls]
            order = (np.sign(above) + 1) / 2
            concordant[:, number] += ((of_cases @ order) * of_controls).sum(axis=1)
    return np.divide(concordant, pairs, out=np.full_like(concordant, np.nan), where=pairs > 0)


def corrected_performance(
    predictions: np.ndarray,
    is_case: np.ndarray,
    folds: np.ndarray,
    people: np.ndarray,
    rng: np.random.Generator,
    *,
    bootstraps: int = 1000,
    metric: Metric = fold_auc,
) -> SelectionBias:
    """Correct the performance of the best configuration by bootstrapping the choice (BBC-CV).

    Nothing is refitted. It corrects for choosing among the given configurations only: what was
    fitted on all samples before them stays optimistic.

    Parameters
    ----------
    predictions
        Samples × configurations, each from a model that did not see the sample; for repeated
        cross-validation the rows of all repeats, with folds that differ between repeats.
    is_case, folds, people
        bool, the fold and the person, a sample each. People are drawn, with all their samples.
    rng
        Source of the draws.
    bootstraps
        Number of draws.
    metric
        Performance of weighted samples, larger is better, called as `fold_auc`.

    Raises
    ------
    DataError
        If lengths differ, a prediction is missing, or no draw can be used.

    References
    ----------
    Tsamardinos, Greasidou and Borboudakis 2018, Bootstrapping the out-of-sample predictions for
    efficient and accurate cross-validation, Machine Learning 107:1895.
    """
    predictions, is_case = np.asarray(predictions, float), np.asarray(is_case, bool)
    folds = np.asarray(folds)
    _check(predictions, is_case, folds, people)
    known, person = np.unique(people, return_inverse=True)
    overall = metric(predictions, is_case, folds, np.ones((1, len(predictions))))[0]
    if np.isnan(overall).any():
        raise DataError("selection bias: no fold has cases and controls; use fewer folds")
    drawn = rng.integers(len(known), size=(bootstraps, len(known)))
    rows = np.repeat(np.arange(bootstraps), len(known))
    times = np.zeros((bootstraps, len(known)))
    np.add.at(times, (rows, drawn.ravel()), 1)
    inside = metric(predictions, is_case, folds, times[:, person])
    outside = metric(predictions, is_case, folds, (times[:, person] == 0).astype(float))
    usable = ~np.isnan(inside[:, 0]) & ~np.isnan(outside[:, 0])
    if not usable.any():
        raise DataError("selection bias: too few people to leave some out; use fewer folds")
    best = inside[usable].argmax(axis=1)
    left_out = outside[usable][np.arange(best.size), best]
    low, high = np.quantile(left_out, [0.025, 0.975])
    winner = int(overall.argmax())
    won = np.bincount(best, minlength=overall.size) / best.size
    return SelectionBias(
        winner,
        float(overall[winner]),
        float(left_out.mean()),
        float(low),
        float(high),
        overall,
        won,
        int(usable.sum()),
    )


def _check(
    predictions: np.ndarray, is_case: np.ndarray, folds: np.ndarray, people: np.ndarray
) -> None:
    if predictions.ndim != 2 or 0 in predictions.shape:
        raise DataError("selection bias: predictions must be samples × configurations")
    if not len(predictions) == len(is_case) == len(folds) == len(people):
        raise DataError("selection bias: label, fold and person are needed for every sample")
    if np.isnan(predictions).any():
        raise DataError("selection bias: a prediction is missing; every sample needs all of them")
