"""Discrimination of a panel in every way of testing, from the predictions of its evaluation."""

import numpy as np
import pandas as pd

from crosshub.assessment import Z
from crosshub.assessment.discrimination import concordance, concordance_interval, delong


def fold_auc(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the AUC of each unit: within each test fold and cohort, averaged over pairs.

    Parameters
    ----------
    predictions
        unit, fold, disease, cohort, case, outcome, score.

    Returns
    -------
    DataFrame
        unit, disease, cohort (``all``: over the cohorts of the disease), auc (of numbers: the
        concordance). Scores of different folds or cohorts are never compared with each other.
    """
    return average_auc(_pairs_by_fold(predictions), ["unit"])


def _pairs_by_fold(predictions: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (unit, fold, disease, cohort), part in predictions.groupby(
        ["unit", "fold", "disease", "cohort"], sort=True
    ):
        concordant, pairs = concordance(truth_of(part), part["score"].to_numpy())
        rows.append((unit, fold, disease, cohort, concordant, pairs))
    return pd.DataFrame(rows, columns=["unit", "fold", "disease", "cohort", "concordant", "pairs"])


def truth_of(predictions: pd.DataFrame) -> np.ndarray:
    """Return what the predictions of one disease are held against: bool, or numbers (float)."""
    if of_numbers(predictions):
        return predictions["outcome"].to_numpy(float)
    return predictions["case"].to_numpy(bool)


def of_numbers(predictions: pd.DataFrame) -> bool:
    """Whether the predictions of one disease are of numbers, not of cases and controls."""
    return bool(predictions["outcome"].notna().any())


def average_auc(pairs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Average concordances over folds, for each cohort and for ``all`` of a disease."""
    both = pd.concat([pairs, pairs.assign(cohort="all")])
    total = both.groupby([*by, "disease", "cohort"], sort=True)[["concordant", "pairs"]].sum()
    total = total[total["pairs"] > 0]
    return (total["concordant"] / total["pairs"]).rename("auc").reset_index()


def cross_validated(predictions: pd.DataFrame, delivered: bool = True) -> pd.DataFrame:
    """Return the cross-validated AUC of each disease and cohort with its interval.

    Parameters
    ----------
    predictions
        All predictions; those of ``cv`` give the AUC, those of ``permutation`` its null.
    delivered
        Whether the procedure on all samples chose a panel.

    Returns
    -------
    DataFrame
        disease, cohort, auc, auc_low, auc_high, p_permutation, permutations, folds,
        folds_with_panel (of all repeats). The interval is the AUC ± 1.96 standard deviations of the
        whole procedure under permuted labels, cut at 0 and 1: intervals that count samples as
        independent cover too seldom here. The deviation is never taken below that of a score
        without signal in as many independent samples, because a procedure that selects nothing
        under permuted labels has no spread at all. Folds that select nothing count with 0.5 in the
        AUC; see `_upper_limit` for what the limit of a delivered panel makes of that. A permutation
        is one repeat and the AUC a mean over repeats, so that p and interval lean to the safe side.
        Without permutations interval and p are missing. Of numbers auc is the concordance.
        All of it is about the procedure with the samples that a fold leaves for training: a model
        that is trained on all of them may be better (see tests/bench/README.md).
    """
    tested = predictions[predictions["resampling"] == "cv"]
    observed = fold_auc(tested)
    chosen = tested[tested["n_genes"] > 0]
    with_panel = fold_auc(chosen).groupby(["disease", "cohort"])["auc"].mean()
    share = (_count(chosen, ["identity"]) / _count(tested, ["identity"])).fillna(0.0)
    folds = _count(tested, ["unit", "fold"])
    folds_with_panel = _count(chosen, ["unit", "fold"]).reindex(folds.index, fill_value=0)
    null = fold_auc(predictions[predictions["resampling"] == "permutation"])
    rows = []
    for (disease, cohort), part in observed.groupby(["disease", "cohort"], sort=True):
        auc = float(part["auc"].mean())
        of_null = null[(null["disease"] == disease) & (null["cohort"] == cohort)]["auc"].to_numpy()
        low = high = p_value = np.nan
        if of_null.size > 1:
            spread = Z * max(of_null.std(ddof=1), _least_spread(tested, disease, cohort))
            low = max(auc - spread, 0.0)
            high = min(auc + spread, 1.0)
            if delivered:
                own = with_panel.get((disease, cohort), np.nan)
                high = _upper_limit(high, own, spread, share[disease, cohort])
            p_value = (1 + int((of_null >= auc).sum())) / (1 + of_null.size)
        of_folds = folds[disease, cohort], folds_with_panel[disease, cohort]
        rows.append((disease, cohort, auc, low, high, p_value, of_null.size, *of_folds))
    return pd.DataFrame(rows, columns=CROSS_VALIDATED)


CROSS_VALIDATED = [
    "disease",
    "cohort",
    "auc",
    "auc_low",
    "auc_high",
    "p_permutation",
    "permutations",
    "folds",
    "folds_with_panel",
]


def _count(predictions: pd.DataFrame, what: list[str]) -> pd.Series:
    """Count what differs by disease and cohort, and over the cohorts of a disease (``all``)."""
    both = pd.concat([predictions, predictions.assign(cohort="all")])
    return both.drop_duplicates(["disease", "cohort", *what]).groupby(["disease", "cohort"]).size()


def _upper_limit(of_procedure: float, with_panel: float, spread: float, share: float) -> float:
    """Return the upper limit for a panel that is delivered, never below that of the procedure.

    The AUC of the procedure counts folds without a panel with 0.5, which says nothing of a panel
    that there is. So this limit starts from the mean of the folds that chose one, with the spread
    of the share of the people whom these tested; where none did, it is 1: nothing is known.
    """
    if not share or np.isnan(with_panel):
        return 1.0
    return min(max(of_procedure, with_panel + spread / np.sqrt(share)), 1.0)


def _least_spread(predictions: pd.DataFrame, disease: str, cohort: str) -> float:
    """Return the standard deviation by chance of an AUC (Mann-Whitney) or concordance (Kendall).

    Of one repeat, in which pairs are compared within a fold and a cohort. It is people who are
    counted: samples of one person are alike.
    """
    rows = predictions[predictions["disease"] == disease]
    rows = rows[rows["unit"] == rows["unit"].iloc[0]]
    if cohort != "all":
        rows = rows[rows["cohort"] == cohort]
    rows = rows.drop_duplicates(["fold", "cohort", "identity", "case"])
    numbers, total, variance = of_numbers(rows), 0, 0.0
    for _, part in rows.groupby(["fold", "cohort"]):
        n, m = len(part), int(part["case"].sum())
        pairs = n * (n - 1) // 2 if numbers else m * (n - m)
        if not pairs:
            continue
        by_chance = (2 * n + 5) / (9 * n * (n - 1)) / 2 if numbers else (n + 1) / (12 * pairs)
        variance, total = variance + pairs**2 * by_chance, total + pairs
    return float(np.sqrt(variance) / total) if total else 0.5


def against_random_panels(
    random_panels: pd.DataFrame, predictions: pd.DataFrame, disease: str
) -> float:
    """Return the share of random panels that do as well: (1 + #{random ≥ real}) / (1 + draws).

    Both are tested on the same folds, those in which the procedure chose a panel.

    Parameters
    ----------
    random_panels
        unit, fold, disease, cohort, draw, concordant, pairs.
    predictions
        All predictions; those of ``cv`` count.
    disease
        Its name; without random panels p is missing.
    """
    own = random_panels[random_panels["disease"] == disease]
    if own.empty:
        return np.nan
    done = pd.MultiIndex.from_frame(own[["unit", "fold"]].drop_duplicates())
    real = predictions[(predictions["resampling"] == "cv") & (predictions["disease"] == disease)]
    real = real[pd.MultiIndex.from_frame(real[["unit", "fold"]]).isin(done)]
    auc = average_auc(_pairs_by_fold(real).assign(draw=0), ["draw"])
    null = average_auc(own, ["draw"])
    observed, null = (table.loc[table["cohort"] == "all", "auc"] for table in (auc, null))
    return (1 + int((null >= observed.iloc[0]).sum())) / (1 + null.size)


def tested_cohorts(predictions: pd.DataFrame, resampling: str) -> pd.DataFrame:
    """Return the AUC or concordance of whole cohorts that training did not see, with interval."""
    rows = []
    chosen = predictions[predictions["resampling"] == resampling]
    for (disease, cohort), part in chosen.groupby(["disease", "cohort"], sort=True):
        case = part["case"].to_numpy(bool)
        interval = concordance_interval if of_numbers(part) else delong
        score, people = part["score"].to_numpy(float), part["identity"].to_numpy()
        auc, low, high = interval(truth_of(part), score, people)
        rows.append((disease, cohort, resampling, case.sum(), (~case).sum(), auc, low, high))
    return pd.DataFrame(rows, columns=PERFORMANCE)


PERFORMANCE = [
    "disease",
    "cohort",
    "resampling",
    "n_cases",
    "n_controls",
    "auc",
    "auc_low",
    "auc_high",
]


def performance_table(
    predictions: pd.DataFrame, cross: pd.DataFrame, related: pd.DataFrame
) -> pd.DataFrame:
    """Return performance.tsv: one row for each disease, cohort and way of testing.

    Parameters
    ----------
    predictions
        All predictions.
    cross
        Table of `cross_validated`.
    related
        What validation cohorts share with discovery, of `evaluation.independence`.

    Returns
    -------
    DataFrame
        disease, cohort, resampling, n_cases, n_controls, auc, auc_low, auc_high; and of validation
        cohorts independent, shared_people and same_series. People who are shared are in no AUC.
    """
    members = predictions[predictions["resampling"] == "cv"].drop_duplicates(["cohort", "sample"])
    rows = []
    for row in cross.itertuples():
        mine = members[members["disease"] == row.disease]
        if row.cohort != "all":
            mine = mine[mine["cohort"] == row.cohort]
        elif mine["cohort"].nunique() == 1:
            continue
        case = mine["case"].to_numpy(bool)
        numbers = (case.sum(), (~case).sum(), row.auc, row.auc_low, row.auc_high)
        rows.append((row.disease, row.cohort, "cv", *numbers))
    table = pd.DataFrame(rows, columns=PERFORMANCE)
    others = [tested_cohorts(predictions, kind) for kind in ("leave_one_cohort_out", "validation")]
    parts = [part for part in [table, *others] if len(part)]
    joined = pd.concat(parts, ignore_index=True) if parts else table
    outside = joined["cohort"].where(joined["resampling"] == "validation")
    joined["shared_people"] = outside.map(related["shared_people"]).astype("Int64")
    for name in ("same_series", "independent"):
        joined[name] = outside.map(related[name]).astype("boolean")
    return joined.sort_values(["disease", "resampling", "cohort"], ignore_index=True)
