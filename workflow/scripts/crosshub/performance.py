"""Discrimination with its uncertainty.

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


def cross_validated(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the cross-validated AUC of each disease and cohort with its interval.

    Parameters
    ----------
    predictions
        All predictions; those of ``cv`` give the AUC, those of ``permutation`` its null.

    Returns
    -------
    DataFrame
        disease, cohort, auc, auc_low, auc_high, p_permutation, permutations. The interval is the
        AUC ± 1.96 standard deviations of the whole procedure under permuted labels, cut at 0 and 1:
        intervals that count samples as independent cover too seldom here. The deviation is never
        taken below that of a score without signal in as many independent samples, because a
        procedure that selects nothing under permuted labels has no spread at all. Folds that
        select nothing count with 0.5 in the AUC; a model that is delivered has a panel, so the
        upper limit starts from the mean of the folds that have one, where that is the higher. A
        permutation is one repeat and the AUC a mean over repeats, so that p and interval lean to
        the safe side. Without permutations interval and p are missing. Of numbers auc is the
        concordance.
    """
    tested = predictions[predictions["resampling"] == "cv"]
    observed = fold_auc(tested)
    selecting = fold_auc(tested[tested["n_genes"] > 0]).groupby(["disease", "cohort"])["auc"].mean()
    null = fold_auc(predictions[predictions["resampling"] == "permutation"])
    rows = []
    for (disease, cohort), part in observed.groupby(["disease", "cohort"], sort=True):
        auc = float(part["auc"].mean())
        of_null = null[(null["disease"] == disease) & (null["cohort"] == cohort)]["auc"].to_numpy()
        low = high = p_value = np.nan
        if of_null.size > 1:
            spread = Z * max(of_null.std(ddof=1), _least_spread(tested, disease, cohort))
            low = max(auc - spread, 0.0)
            high = min(max(auc, selecting.get((disease, cohort), auc)) + spread, 1.0)
            p_value = (1 + int((of_null >= auc).sum())) / (1 + of_null.size)
        rows.append((disease, cohort, auc, low, high, p_value, of_null.size))
    columns = ["disease", "cohort", "auc", "auc_low", "auc_high", "p_permutation", "permutations"]
    return pd.DataFrame(rows, columns=columns)


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
