"""Numbers of a panel besides its AUC: planted truth, and what cannot be said."""

import numpy as np
import pandas as pd
import pytest
from crosshub.measures import measures, new_cohort, selection_stability
from crosshub.performance import PERFORMANCE


def predictions(scores, case, *, resampling="cv", repeats=2, threshold=0.0, n_genes=5):
    parts = [
        pd.DataFrame(
            {
                "resampling": resampling, "unit": str(unit), "fold": np.arange(len(case)) % 3,
                "disease": "d", "cohort": "c", "sample": [f"S{i}" for i in range(len(case))],
                "identity": [f"S{i}" for i in range(len(case))], "n_genes": n_genes,
                "case": case, "outcome": np.nan, "score": scores, "threshold": threshold,
            }
        )
        for unit in range(repeats)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_calibrated_scores_have_slope_one_and_calls_at_the_threshold():
    rng = np.random.default_rng(0)
    score = rng.normal(0, 1.5, 4000)
    case = rng.uniform(size=4000) < 1 / (1 + np.exp(-score))
    row = measures(predictions(score, case)).iloc[0]
    assert row["slope"] == pytest.approx(1, abs=0.1)
    assert row["intercept"] == pytest.approx(0, abs=0.1)
    assert row["sensitivity"] == pytest.approx((score[case] > 0).mean(), abs=1e-9)
    assert row["specificity"] == pytest.approx((score[~case] <= 0).mean(), abs=1e-9)
    assert row["average_precision"] > row["by_chance"] + 0.2
    steep = measures(predictions(3 * score, case)).iloc[0]
    assert steep["slope"] == pytest.approx(1 / 3, abs=0.05)


def test_scores_without_signal_are_worth_nothing():
    rng = np.random.default_rng(1)
    row = measures(predictions(rng.normal(size=3000), rng.uniform(size=3000) < 0.4)).iloc[0]
    assert row["balanced_accuracy"] == pytest.approx(0.5, abs=0.03)
    assert row["mcc"] == pytest.approx(0, abs=0.06)
    assert row["slope"] == pytest.approx(0, abs=0.1)
    assert row["average_precision"] == pytest.approx(row["by_chance"], abs=0.03)


def test_the_threshold_is_that_of_training():
    case = np.array([True] * 10 + [False] * 10)
    score = np.where(case, 2.0, 1.0)
    assert measures(predictions(score, case)).loc[0, "specificity"] == 0
    assert measures(predictions(score, case, threshold=1.5)).loc[0, "specificity"] == 1


def test_one_group_and_separation_are_said():
    case = np.array([True] * 10 + [False] * 10)
    apart = measures(predictions(np.where(case, 2.0, -2.0), case)).iloc[0]
    assert np.isnan(apart["slope"])
    assert apart["not_calibrated"]
    alone = measures(predictions(np.ones(5), np.ones(5, bool))).iloc[0]
    assert alone["not_calibrated"] == "one group only"


def performance(auc, kind="validation"):
    rows = [("d", f"c{i}", kind, 20, 20, a, a - 0.1, a + 0.1) for i, a in enumerate(auc)]
    table = pd.DataFrame(rows, columns=PERFORMANCE)
    return table.assign(independent=kind == "validation")


def test_a_prediction_for_a_new_cohort_takes_three():
    found = new_cohort(performance([0.7, 0.8, 0.75]), "d")
    assert found["prediction_low"] < 0.7 < 0.8 < found["prediction_high"]
    assert found["cohorts"] == 3
    two = new_cohort(performance([0.7, 0.8]), "d")
    assert np.isnan(two["prediction_low"])
    assert two["reason"]
    none = new_cohort(performance([]), "d")
    assert none["cohorts"] == 0


def test_left_out_cohorts_stand_in_where_there_are_too_few_independent_ones():
    both = pd.concat([performance([0.9]), performance([0.6, 0.65, 0.7], "leave_one_cohort_out")])
    found = new_cohort(both, "d")
    assert found["from"] == "leave_one_cohort_out"
    assert found["auc"] == pytest.approx(0.65, abs=0.02)


def test_a_perfect_cohort_is_pooled():
    table = performance([0.8, 0.85, 1.0])
    table.loc[2, ["auc_low", "auc_high"]] = [0.85, 1.0]
    assert 0.8 < new_cohort(table, "d")["auc"] < 1


def test_a_cohort_scored_with_the_prevalence_is_pooled():
    table = performance([0.5, 0.5, 0.5], "leave_one_cohort_out")
    table[["auc_low", "auc_high"]] = np.nan
    found = new_cohort(table, "d")
    assert found["auc"] == pytest.approx(0.5)
    assert found["prediction_low"] < 0.45


def test_a_validation_cohort_that_could_not_be_scored_is_not_pooled():
    table = performance([0.7, 0.8, 0.75, 0.5])
    table.loc[3, ["auc_low", "auc_high"]] = np.nan
    found = new_cohort(table, "d")
    assert found["cohorts"] == 3
    assert found["auc"] == pytest.approx(new_cohort(performance([0.7, 0.8, 0.75]), "d")["auc"])


def test_an_interval_that_was_cut_at_one_is_no_narrow_one():
    """The upper limit of 0.965 ± 0.063 is cut: the error is that of the lower half."""
    cut, whole = performance([0.8, 0.8, 0.965]), performance([0.8, 0.8, 0.965])
    cut.loc[2, ["auc_low", "auc_high"]] = [0.902, 1.0]
    whole.loc[2, ["auc_low", "auc_high"]] = [0.902, 1.028]
    found, right = new_cohort(cut, "d"), new_cohort(whole, "d")
    for name in ("auc", "prediction_low", "prediction_high"):
        assert found[name] == pytest.approx(right[name])


def test_resamples_that_chose_nothing_are_in_no_measure():
    """The share of cases in training moves against the label that is held out: slope -22."""
    rng = np.random.default_rng(2)
    case = rng.uniform(size=40) < 0.5
    against = predictions(np.where(case, -0.1, 0.1), case, threshold=0.0, n_genes=0)
    row = measures(against).iloc[0]
    assert row[["sensitivity", "average_precision", "by_chance", "slope", "brier"]].isna().all()
    assert row["not_calibrated"] == "no resample chose a gene"
    score = rng.normal(size=40) + case
    good = predictions(score, case)
    mixed = pd.concat([good, against.assign(unit="9")])
    one, other = measures(good).iloc[0], measures(mixed).iloc[0]
    assert one["average_precision"] == pytest.approx(other["average_precision"])
    assert one["slope"] == pytest.approx(other["slope"])


def test_scores_of_different_folds_are_not_ranked_against_each_other():
    rng = np.random.default_rng(3)
    case = rng.uniform(size=300) < 0.4
    base = predictions(rng.normal(size=300) + case, case)
    moved = base.assign(score=base["score"] + 50 * base["fold"], threshold=50.0 * base["fold"])
    one, other = measures(base).iloc[0], measures(moved).iloc[0]
    for name in ("average_precision", "by_chance", "sensitivity", "specificity"):
        assert one[name] == pytest.approx(other[name])


def test_arrays_of_one_person_count_as_one():
    rng = np.random.default_rng(4)
    case = rng.uniform(size=60) < 0.5
    score = rng.normal(size=60) + case
    once = predictions(score, case, resampling="validation", repeats=1).assign(fold=0)
    thrice = pd.concat([once.assign(sample=once["sample"] + f"_{i}") for i in range(3)])
    one, other = measures(once).iloc[0], measures(thrice).iloc[0]
    assert other["n_cases"] == one["n_cases"] == case.sum()
    for name in ("sensitivity_low", "specificity_high", "slope_low", "average_precision"):
        assert one[name] == pytest.approx(other[name])


def test_odds_beyond_all_numbers_have_a_slope():
    """Naive Bayes gives log odds of hundreds, whose risk is exactly 1."""
    case = np.array([True] * 10 + [False] * 10)
    score = np.where(case, 800.0, -800.0)
    score[[3, 14]] *= -1
    assert np.isfinite(measures(predictions(score, case)).loc[0, "slope"])


def test_stability_of_the_same_and_of_random_panels():
    done = predictions(np.zeros(6), np.arange(6) % 2 == 0, repeats=10)
    runs = [(str(unit), fold) for unit in range(10) for fold in range(3)]
    same = [("cv", *run, gene) for run in runs for gene in ("A", "B", "C")]
    columns = ["resampling", "unit", "fold", "gene"]
    values = pd.DataFrame(
        np.random.default_rng(1).normal(size=(40, 100)),
        columns=["A", "B", "C", *(f"G{i}" for i in range(97))],
    )
    assert selection_stability(pd.DataFrame(same, columns=columns), done, values)["value"] == 1
    rng = np.random.default_rng(2)
    drawn = [("cv", *run, f"G{g}") for run in runs for g in rng.choice(97, 5, replace=False)]
    found = selection_stability(pd.DataFrame(drawn, columns=columns), done, values)
    assert found["value"] == pytest.approx(0, abs=0.05)
    # No two genes of noise are correlated, so none stands in for another.
    assert found["effective"] == pytest.approx(found["value"], abs=1e-9)
    assert found["resamples"] == 30
    empty = selection_stability(pd.DataFrame([], columns=columns), done, values)
    assert np.isnan(empty["value"])
    assert np.isnan(empty["effective"])
    assert empty["reason"]


def test_genes_that_are_the_same_signal_are_stable_choices_of_each_other():
    rng = np.random.default_rng(3)
    signal = rng.normal(size=(60, 4))
    noise = rng.normal(size=(60, 12)) * 0.2
    values = pd.DataFrame(
        np.repeat(signal, 3, axis=1) + noise, columns=[f"G{i}" for i in range(12)]
    )
    values = values.join(
        pd.DataFrame(rng.normal(size=(60, 88)), columns=[f"N{i}" for i in range(88)])
    )
    case = np.arange(60) % 2 == 0
    done = predictions(rng.normal(size=60), case, repeats=10)
    # Each resample takes one gene of each of the four groups, and another one each time.
    rows = [
        ("cv", str(unit), fold, f"G{3 * group + rng.integers(3)}")
        for unit in range(10) for fold in range(3) for group in range(4)
    ]  # fmt: skip
    chosen = pd.DataFrame(rows, columns=["resampling", "unit", "fold", "gene"])
    found = selection_stability(chosen, done, values)
    assert found["value"] < 0.4
    assert found["effective"] > 0.9
