"""What a panel is worth besides its AUC: at a threshold, in probabilities, over cohorts."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import linregress, spearmanr
from scipy.stats import t as student

from crosshub.assessment import Z
from crosshub.assessment.calibration import calibration
from crosshub.assessment.discrimination import hanley_mcneil
from crosshub.assessment.pooling import finite_auc, pool_auc
from crosshub.assessment.sample_size import (
    events_per_parameter,
    expected_shrinkage,
    r2_from_auc,
    sample_size,
)
from crosshub.assessment.stability import (
    effective_stability,
    similarity_of,
    stability,
    total_similarity,
)
from crosshub.assessment.thresholds import at_threshold, average_precision
from crosshub.performance import of_numbers

CORRELATED = 0.7
LARGEST_ODDS = 30.0
KEYS = ["disease", "cohort", "resampling"]
CALLS = [
    "sensitivity", "sensitivity_low", "sensitivity_high", "specificity", "specificity_low",
    "specificity_high", "balanced_accuracy", "mcc",
]  # fmt: skip
CALIBRATION = [
    "brier", "intercept", "intercept_low", "intercept_high", "slope", "slope_low", "slope_high",
]  # fmt: skip


def measures(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of each disease, cohort and way of testing.

    Parameters
    ----------
    predictions
        All predictions, with threshold: the log odds of the share of cases in training, above
        which a sample is called a case. It is fixed before a test sample is seen.

    Returns
    -------
    DataFrame
        disease, cohort, resampling, n_cases, n_controls (people); sensitivity and specificity
        (Wilson), balanced_accuracy, mcc; average_precision with by_chance (what random scores
        have); brier, intercept and slope of the calibration, with not_calibrated (why these are
        missing). The samples of a person in a group count as one, with their mean. Of the
        cross-validation only resamples count that chose a panel: where none was chosen all
        samples have the share of cases in training, which moves against the label that was held
        out. Scores of different folds are not ranked against each other: the average precision is
        the mean over folds, weighted by their people. For the calls a person enters with the mean
        over repeats of the log odds less the threshold of the fold; risks are those of this mean
        at the mean threshold.
        Where numbers are predicted: spearman and pearson (with the predicted ones), and intercept
        and slope of the outcome, in standard deviations of the cohort, on its prediction.
    """
    tested = predictions[predictions["resampling"] != "permutation"]
    rows = []
    for key, part in tested.groupby(KEYS, sort=True):
        own = part.assign(above=part["score"] - part["threshold"])
        rows.append(dict(zip(KEYS, key, strict=True)) | _row(own, of_folds=key[2] == "cv"))
    columns = [*KEYS, "n_cases", "n_controls", *CALLS, "average_precision", "by_chance"]
    columns += [*CALIBRATION, "not_calibrated", "spearman", "pearson"]
    return pd.DataFrame(rows, columns=columns)


def _row(part: pd.DataFrame, *, of_folds: bool) -> dict[str, Any]:
    people = _of_people(part)
    case = people["case"].to_numpy(bool)
    row: dict[str, Any] = {"n_cases": int(case.sum()), "n_controls": int((~case).sum())}
    numbers = of_numbers(part)
    if of_folds:
        part = part[part["n_genes"] > 0]
        if part.empty:
            return row | {"not_calibrated": "no resample chose a gene"}
        people = _of_people(part)
        case = people["case"].to_numpy(bool)
    if numbers:
        return row | of_prediction(people["outcome"].to_numpy(float), people["score"].to_numpy())
    if case.all() or not case.any():
        return row | {"not_calibrated": "one group only"}
    above = people["above"].to_numpy(float)
    calls = at_threshold(above, case, 0.0)
    # A risk of exactly 0 or 1, as naive Bayes gives it, would have no log odds.
    odds = np.clip(above + float(part["threshold"].mean()), -LARGEST_ODDS, LARGEST_ODDS)
    found = calibration(1 / (1 + np.exp(-odds)), case)
    row |= {name: getattr(calls, name) for name in CALLS}
    row |= _precision(part)
    row |= {name: getattr(found, name) for name in CALIBRATION}
    return row | {"not_calibrated": found.reason}


def _of_people(part: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each person in a group: means over samples and repeats."""
    numbers = part.astype({"outcome": float})
    return numbers.groupby(["identity", "case"], sort=True, as_index=False).agg(
        score=("score", "mean"), above=("above", "mean"), outcome=("outcome", "mean")
    )


def _precision(part: pd.DataFrame) -> dict[str, float]:
    """Return the average precision within folds, and what random scores have in the same folds."""
    rows = []
    for _, fold in part.groupby(["unit", "fold"], sort=True):
        people = _of_people(fold)
        case = people["case"].to_numpy(bool)
        if case.any() and not case.all():
            found = average_precision(people["score"].to_numpy(float), case)
            rows.append((found.average_precision, found.by_chance, len(people)))
    if not rows:
        return {"average_precision": np.nan, "by_chance": np.nan}
    area, by_chance, people = np.array(rows, float).T
    return {
        "average_precision": float(np.average(area, weights=people)),
        "by_chance": float(np.average(by_chance, weights=people)),
    }


def of_prediction(outcome: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Hold predicted numbers against the real ones.

    Parameters
    ----------
    outcome
        Numbers, a sample each, in any unit.
    predicted
        In standard deviations from the mean of training.

    Returns
    -------
    dict
        spearman, pearson; intercept and slope of the line of the outcome (in standard deviations
        of these samples) on its prediction, with their 95 % limits (1 is calibrated, below 1 too
        extreme); not_calibrated (why something is missing).
    """
    if len(outcome) < 3 or np.ptp(outcome) == 0 or np.ptp(predicted) == 0:
        return {"not_calibrated": "too few samples, or outcome or prediction do not vary"}
    z = (outcome - outcome.mean()) / outcome.std()
    line = linregress(predicted, z)
    width = float(student.ppf(0.975, len(z) - 2))
    row = {"intercept": line.intercept, "slope": line.slope, "not_calibrated": ""}
    for name, error in (("intercept", line.intercept_stderr), ("slope", line.stderr)):
        row |= {f"{name}_low": row[name] - width * error, f"{name}_high": row[name] + width * error}
    return row | {"spearman": spearmanr(outcome, predicted).statistic, "pearson": line.rvalue}


def new_cohort(table: pd.DataFrame, disease: str) -> dict[str, Any]:
    """Say what the panel is worth in a cohort that nobody has seen.

    Parameters
    ----------
    table
        Of `performance.performance_table`.
    disease
        Its name.

    Returns
    -------
    dict
        auc, low, high (pooled over independent validation cohorts, or over cohorts left out where
        there are fewer than two of those), prediction_low, prediction_high, cohorts, from, reason
        (why something is missing).
    """
    own = table[table["disease"] == disease]
    outside = own[(own["resampling"] == "validation") & own["independent"].eq(True)]
    left_out = own[own["resampling"] == "leave_one_cohort_out"]
    kind, part = ("validation", outside)
    if len(outside) < 2 <= len(left_out):
        kind, part = ("leave_one_cohort_out", left_out)
    # A left-out cohort without which nothing was chosen is scored with the prevalence and counts.
    part = part[part["auc_low"].notna() | (part["auc"].notna() & (kind != "validation"))]
    if part.empty:
        empty = dict.fromkeys(("auc", "low", "high", "prediction_low", "prediction_high"), np.nan)
        return empty | {"cohorts": 0, "from": kind, "reason": "no independent cohort was there"}
    auc = [finite_auc(r.auc, int(r.n_cases), int(r.n_controls)) for r in part.itertuples()]
    # The limits are cut at 0 and 1: the longer side is the one that is whole. Where the groups are
    # apart, or all scores alike, DeLong's interval has no width of its own.
    error = [
        max(r.auc_high - r.auc, r.auc - r.auc_low) / Z
        if 0 < r.auc < 1 and r.auc_high > r.auc_low
        else hanley_mcneil(a, int(r.n_cases), int(r.n_controls))
        for r, a in zip(part.itertuples(), auc, strict=True)
    ]
    found = pool_auc(np.array(auc), np.array(error))
    names = ("auc", "low", "high", "prediction_low", "prediction_high", "cohorts", "reason")
    return {name: getattr(found, name) for name in names} | {"from": kind}


def samples_needed(
    n_cases: int, n_controls: int, genes: int, auc: float, *, outcome: str = ""
) -> dict[str, Any]:
    """Return how many samples a model of this AUC needs, beside how many there are.

    Parameters
    ----------
    n_cases, n_controls
        In training.
    genes
        Of the panel: as if they had been named before the data were seen, so a lower bound.
    auc
        Cross-validated; see `sample_size.r2_from_auc`.
    outcome
        Field of the numbers that the model predicts; empty: cases and controls.

    Returns
    -------
    dict
        samples, events_per_gene, needed (Riley et al. 2020), expected_shrinkage, reason (why
        something is missing).
    """
    samples = n_cases + n_controls
    found: dict[str, Any] = {
        "samples": samples,
        "events_per_gene": events_per_parameter(n_cases, n_controls, genes),
        "needed": np.nan,
        "expected_shrinkage": np.nan,
    }
    if outcome:
        return found | {"reason": "it was not worked out for a model of numbers"}
    if not genes:
        return found | {"reason": "there is no panel"}
    if np.isnan(auc) or auc <= 0.5:
        return found | {"reason": "the cross-validated AUC is not above 0.5"}
    prevalence = n_cases / samples
    r2 = r2_from_auc(finite_auc(auc, n_cases, n_controls), prevalence)
    found["needed"] = sample_size(genes, prevalence, r2).needed
    found["expected_shrinkage"] = expected_shrinkage(samples, genes, r2)
    return found | {"reason": ""}


def selection_stability(
    selection: pd.DataFrame, predictions: pd.DataFrame, values: pd.DataFrame
) -> dict[str, Any]:
    """Return how alike the panels of the cross-validation are.

    Parameters
    ----------
    selection
        resampling, unit, fold, gene.
    predictions
        All predictions: tells the resamples that were done, those without a gene too.
    values
        Training samples × the genes that could have been chosen: tells which are correlated.

    Returns
    -------
    dict
        value (Nogueira; 0 as alike as by chance, 1 the same), low, high, resamples, reason;
        effective: the same where correlated genes (|r| at least 0.7) may stand in for each other.

    References
    ----------
    Sechidis et al. 2020, ECML PKDD 2019, LNCS 11906:327 (correlated genes).
    """
    done = predictions.loc[predictions["resampling"] == "cv", ["unit", "fold"]].drop_duplicates()
    chosen = selection[selection["resampling"] == "cv"]
    names = sorted(chosen["gene"].unique())
    genes = len(values.columns.union(names))
    matrix = np.zeros((len(done), genes), bool)
    place = {key: i for i, key in enumerate(map(tuple, done.to_numpy()))}
    column = {gene: i for i, gene in enumerate(names)}
    for row in chosen.itertuples():
        matrix[place[row.unit, row.fold], column[row.gene]] = True
    found = stability(matrix)
    numbers = {name: getattr(found, name) for name in ("value", "low", "high", "reason")}
    effective = np.nan
    if names:
        # A gene that a cohort does not measure is taken to be correlated with none.
        picked = values.reindex(columns=names, fill_value=0.0).to_numpy(float)
        similarity = similarity_of(picked, picked, CORRELATED)
        np.fill_diagonal(similarity, 1.0)
        total = total_similarity(values.to_numpy(float), CORRELATED) + genes - values.shape[1]
        effective = effective_stability(
            matrix[:, : len(names)], similarity, genes=genes, total=total
        )
    return numbers | {"effective": effective, "resamples": len(done)}
