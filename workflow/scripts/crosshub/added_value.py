"""What a panel adds to clinical covariates, in cohorts that its training did not see."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2

from crosshub.assessment.discrimination import concordance
from crosshub.classifiers.tuning import deviance
from crosshub.cohorts import Cohort
from crosshub.differential import design_matrix
from crosshub.performance import of_numbers, truth_of
from crosshub.ridge import ridge_linear, ridge_logistic
from crosshub.selectors.base import inner_splits, is_numbers

ADDED = [
    "disease", "cohort", "resampling", "covariates", "n_cases", "n_controls",
    "auc_score", "auc_covariates", "auc_both", "chi_square", "p_value",
]  # fmt: skip
TESTED = ("leave_one_cohort_out", "validation")
FOLDS, REPEATS = 5, 10
# Next to no penalty: it keeps coefficients finite where covariates part the groups.
NEARLY_FREE = 1e4


def added_value(predictions: pd.DataFrame, cohorts: Sequence[Cohort], *, seed: int) -> pd.DataFrame:
    """Ask whether the score of the panel tells more than the covariates of a cohort do.

    Only cohorts that the model has not seen are asked: there the score is one more measurement of a
    sample, and a model of case against covariates, with and without it, is an ordinary comparison.
    The direction of the score was fixed in training, but its weight is fitted here.

    Parameters
    ----------
    predictions
        All predictions of the evaluation.
    cohorts
        Of all roles; those with covariates are asked.
    seed
        Of the folds.

    Returns
    -------
    DataFrame
        disease, cohort, resampling, covariates (joined by commas), n_cases, n_controls, auc_score
        (of the score as it is), auc_covariates and auc_both (logistic models, or linear ones and
        the concordance where numbers are predicted, cross-validated within the cohort, by person),
        chi_square and p_value (likelihood ratio of the score
        beside the covariates, one degree of freedom; people with several samples make it
        lenient).

    References
    ----------
    Pepe, Kerr, Longton and Wang 2013, Testing for improvement in prediction model performance,
    Statistics in Medicine 32:1467 (test the coefficient, not the difference of the AUCs).
    """
    by_name = {cohort.name: cohort for cohort in cohorts if cohort.covariates}
    outside = predictions[predictions["resampling"].isin(TESTED)]
    rows = []
    for (disease, name, way), own in outside.groupby(["disease", "cohort", "resampling"]):
        if name in by_name:
            rows.append(
                (disease, name, way, *_compare(own.set_index("sample"), by_name[name], seed))
            )
    return pd.DataFrame(rows, columns=ADDED)


def _compare(own: pd.DataFrame, cohort: Cohort, seed: int) -> tuple:
    samples = cohort.samples.loc[own.index]
    design = design_matrix(samples, cohort.covariates).drop(columns=["intercept", "case"])
    clinical = _standardised(design.to_numpy(float))
    truth, score = truth_of(own), own["score"].to_numpy(float)
    y = _standardised(truth[:, None])[:, 0] if of_numbers(own) else truth.astype(int)
    case = own["case"].to_numpy(bool)
    both = np.column_stack([clinical, _standardised(score[:, None])])
    people = samples["identity"].to_numpy(str)
    concordant, pairs = concordance(y, score)
    gained = 2 * (_loss(clinical, y) - _loss(both, y))
    chi_square = max(gained, 0.0)
    return (
        ",".join(cohort.covariates),
        int(case.sum()),
        int((~case).sum()),
        concordant / pairs if pairs else np.nan,
        _cross_validated(clinical, y, people, seed),
        _cross_validated(both, y, people, seed),
        chi_square,
        float(chi2.sf(chi_square, 1)) if np.ptp(score) > 0 else np.nan,
    )


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _loss(z: np.ndarray, y: np.ndarray) -> float:
    """Return minus the log likelihood at its best, but for a constant."""
    fitted = _fitted(z, y, z, NEARLY_FREE)
    if is_numbers(y):
        return len(y) / 2 * float(np.log(max(((y - fitted) ** 2).mean(), 1e-300)))
    return deviance(fitted, y)


def _fitted(z: np.ndarray, y: np.ndarray, tested: np.ndarray, cost: float) -> np.ndarray:
    fit = ridge_linear if is_numbers(y) else ridge_logistic
    coefficients, intercept = fit(z[None], y[None].astype(float), cost)
    return tested @ coefficients[0] + intercept[0]


def _cross_validated(z: np.ndarray, y: np.ndarray, people: np.ndarray, seed: int) -> float:
    concordant = pairs = 0.0
    for repeat in range(REPEATS):
        for train, test in inner_splits(y, people, FOLDS, seed + repeat):
            right, count = concordance(y[test], _fitted(z[train], y[train], z[test], 1.0))
            concordant, pairs = concordant + right, pairs + count
    return concordant / pairs if pairs else np.nan
