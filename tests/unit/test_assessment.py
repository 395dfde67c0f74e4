from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from crosshub import performance
from crosshub.assessment.calibration import calibration, fit_logistic
from crosshub.assessment.decision_curve import decision_curve, shift_prevalence
from crosshub.assessment.discrimination import delong, hanley_mcneil
from crosshub.assessment.pooling import finite_auc, pool_auc, reml
from crosshub.assessment.sample_size import (
    events_per_parameter,
    expected_shrinkage,
    highest_r2,
    r2_from_auc,
    sample_size,
)
from crosshub.assessment.selection_bias import corrected_performance, fold_auc
from crosshub.assessment.stability import (
    effective_stability,
    similarity_of,
    stability,
    total_similarity,
)
from crosshub.assessment.thresholds import (
    at_threshold,
    average_precision,
    wilson,
)
from crosshub.errors import DataError
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, balanced_accuracy_score, matthews_corrcoef


def numbers(text):
    return np.array([float(x) for x in text.split(",")])


# Thresholds


def test_wilson_interval_equals_r(golden):
    for row in golden("assessment/wilson").itertuples():
        share, low, high = wilson(row.successes, row.total)
        np.testing.assert_allclose(
            [share, low, high], [row.successes / row.total, row.low, row.high], atol=1e-12
        )


def test_wilson_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(1)
    intervals = {x: wilson(x, 30)[1:] for x in range(31)}
    drawn = rng.binomial(30, 0.85, 4000)
    assert 0.93 < np.mean([intervals[x][0] <= 0.85 <= intervals[x][1] for x in drawn]) < 0.98


def test_calls_at_a_threshold_equal_proc(golden):
    for row in golden("assessment/youden").itertuples():
        case, score = numbers(row.case) == 1, numbers(row.score)
        calls = at_threshold(score, case, row.threshold)
        assert calls.sensitivity == pytest.approx(row.sensitivity, abs=1e-12)
        assert calls.specificity == pytest.approx(row.specificity, abs=1e-12)


def test_calls_at_a_threshold_equal_scikit_learn():
    rng = np.random.default_rng(4)
    for _ in range(20):
        case = rng.random(40) < 0.3
        case[:2] = True, False
        score = np.round(rng.normal(case), 1)
        calls, called = at_threshold(score, case, 0.5), score >= 0.5
        assert calls.balanced_accuracy == pytest.approx(balanced_accuracy_score(case, called))
        assert calls.mcc == pytest.approx(matthews_corrcoef(case, called))
        made = [calls.true_positives, calls.false_negatives]
        assert [*made, calls.true_negatives, calls.false_positives] == [
            (case & called).sum(),
            (case & ~called).sum(),
            (~case & ~called).sum(),
            (~case & called).sum(),
        ]


def test_calls_without_one_group_leave_missing_what_cannot_be_known():
    calls = at_threshold(np.array([1.0, 2.0]), np.array([True, True]), 1.5)
    assert calls.sensitivity == 0.5
    assert np.isnan([calls.specificity, calls.balanced_accuracy, calls.mcc]).all()
    assert at_threshold(np.array([1.0, 2.0]), np.array([True, False]), 0.0).mcc == 0


def test_average_precision_equals_scikit_learn_with_ties():
    rng = np.random.default_rng(5)
    for decimals in (0, 1, 6):
        case = rng.random(60) < 0.4
        score = np.round(rng.normal(case), decimals)
        found = average_precision(score, case)
        assert found.average_precision == pytest.approx(average_precision_score(case, score))
        assert found.prevalence == case.mean()


def test_average_precision_by_chance_is_the_mean_over_random_orders():
    rng = np.random.default_rng(6)
    case = np.arange(20) < 6
    drawn = [average_precision(rng.random(20), case).average_precision for _ in range(8000)]
    expected = average_precision(np.arange(20), case)
    assert np.mean(drawn) == pytest.approx(expected.by_chance, abs=0.005)
    assert expected.by_chance > expected.prevalence + 0.05
    few = [sum(order[: k + 1]) / (k + 1) for order in [(1, 0), (0, 1)] for k in [order.index(1)]]
    one = average_precision(np.array([1.0, 2.0]), np.array([True, False]))
    assert one.by_chance == pytest.approx(np.mean(few))


@pytest.mark.parametrize("function", [average_precision, calibration])
def test_gaps_and_wrong_lengths_are_refused(function):
    with pytest.raises(DataError):
        function(np.array([0.1, np.nan]), np.array([True, False]))
    with pytest.raises(DataError):
        function(np.array([0.1, 0.2]), np.array([True]))


# Calibration


def test_calibration_equals_glm(golden):
    for row in golden("assessment/calibration").itertuples():
        case, risk = numbers(row.case), numbers(row.probability)
        found = calibration(risk, case)
        names = ["intercept", "intercept_low", "intercept_high"]
        if np.isnan(row.slope):
            assert "above every control" in found.reason
        else:
            names += ["slope", "slope_low", "slope_high"]
            assert found.reason == ""
        for name in names:
            np.testing.assert_allclose(getattr(found, name), getattr(row, name), rtol=1e-8)
        assert found.brier == pytest.approx(np.mean((risk - case) ** 2), abs=1e-14)


def test_calibration_recovers_planted_intercept_and_slope():
    rng = np.random.default_rng(7)
    truth = rng.normal(size=40000)
    case = rng.random(truth.size) < expit(truth)
    too_extreme = calibration(expit(2 * truth), case)
    assert too_extreme.slope == pytest.approx(0.5, abs=0.03)
    too_high = calibration(expit(truth + 0.7), case)
    assert too_high.intercept == pytest.approx(-0.7, abs=0.05)
    assert too_high.slope == pytest.approx(1.0, abs=0.05)
    assert calibration(expit(truth), case).brier < too_high.brier


def test_intervals_of_a_right_model_cover_and_noise_has_no_slope():
    rng = np.random.default_rng(8)
    covered, noise = [], []
    for _ in range(600):
        log_odds = rng.normal(size=80)
        case = rng.random(80) < expit(log_odds)
        right = calibration(expit(log_odds), case)
        covered.append(
            (
                right.slope_low <= 1 <= right.slope_high,
                right.intercept_low <= 0 <= right.intercept_high,
            )
        )
        noise.append(calibration(expit(log_odds), rng.permutation(case)).slope)
    shares = np.mean(covered, axis=0)
    assert ((shares > 0.92) & (shares < 0.99)).all()
    assert np.mean(noise) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(
    ("risk", "case", "words", "has_intercept"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], "above every control", True),
        ([0.1, 0.2, 0.2, 0.9], [0, 0, 1, 1], "above every control", True),
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], "below every control", True),
        ([0.3, 0.3, 0.3, 0.3], [1, 0, 0, 0], "the same risk", True),
        ([0.0, 0.2, 0.8, 0.9], [0, 1, 0, 1], "exactly 0 or 1", False),
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 1, 1], "both needed", False),
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 0, 0], "both needed", False),
    ],
)
def test_a_slope_that_does_not_exist_is_missing_with_a_reason(risk, case, words, has_intercept):
    found = calibration(np.array(risk), np.array(case))
    assert words in found.reason
    assert np.isnan([found.slope, found.slope_low, found.slope_high]).all()
    assert np.isfinite(found.intercept) == has_intercept
    assert np.isfinite(found.brier)


def test_calibration_survives_risks_at_the_edge_of_floats():
    risk = np.array([5e-324, 1e-300, 0.5, 1 - 2**-53, 0.4, 0.6])
    found = calibration(risk, np.array([1, 0, 0, 0, 1, 1]))
    assert np.isfinite([found.intercept, found.slope]).all()


def test_logistic_fit_under_separation_says_so():
    x = np.linspace(-2, 2, 20)
    assert fit_logistic(np.column_stack([np.ones(20), x]), x > 0) is None


# Decision curves


def test_net_benefit_equals_dcurves(golden):
    table = golden("assessment/decision_curve")
    assert table["set"].nunique() == 4
    for _, part in table.groupby("set"):
        first = part.iloc[0]
        found = decision_curve(
            numbers(first["risk"]),
            numbers(first["case"]),
            part["threshold"].to_numpy(),
            first["prevalence"],
        )
        assert found.interpretable
        for name in ("model", "treat_all", "treat_none"):
            np.testing.assert_allclose(found.table[name], part[name], rtol=0, atol=1e-10)


def test_net_benefit_at_the_prevalence_of_the_samples_is_the_plain_one():
    rng = np.random.default_rng(9)
    case = rng.random(200) < 0.3
    risk = expit(rng.normal(case - 1.0))
    found = decision_curve(risk, case, np.array([0.2, 0.4]), case.mean()).table
    for row in found.itertuples():
        called, t = risk >= row.threshold, row.threshold
        plain = ((called & case).sum() - (called & ~case).sum() * t / (1 - t)) / 200
        assert row.model == pytest.approx(plain, abs=1e-12)


def test_case_control_samples_give_the_net_benefit_of_the_population():
    rng = np.random.default_rng(10)
    log_odds = rng.normal(-3, 1.5, 400000)
    case = rng.random(log_odds.size) < expit(log_odds)
    risk, prevalence = expit(log_odds), case.mean()
    thresholds = np.array([0.05, 0.1, 0.3])
    truth = decision_curve(risk, case, thresholds, prevalence).table["model"]
    chosen = np.concatenate([rng.choice(np.flatnonzero(group), 20000) for group in (case, ~case)])
    study = shift_prevalence(risk[chosen], prevalence, 0.5)
    shown = shift_prevalence(study, 0.5, prevalence)
    np.testing.assert_allclose(shown, risk[chosen], rtol=1e-9)
    found = decision_curve(shown, case[chosen], thresholds, prevalence).table
    np.testing.assert_allclose(found["model"], truth, atol=0.003)
    assert (found["model"] > np.maximum(found["treat_all"], 0)).all()


def test_a_risk_moves_to_another_prevalence_as_bayes_has_it():
    # Likelihood ratio 3: odds of 3 at a prevalence of one half, 3 / 9 at one tenth.
    moved = shift_prevalence(np.array([0.5, 0.75, 0.0, 1.0]), 0.5, 0.1)
    np.testing.assert_allclose(moved, [0.1, 0.25, 0, 1], atol=1e-12)
    with pytest.raises(DataError):
        shift_prevalence(np.array([0.5, np.nan]), 0.5, 0.1)
    with pytest.raises(DataError):
        shift_prevalence(np.array([0.5]), 0.5, 0.0)


def test_noise_has_no_net_benefit_over_the_better_of_all_and_none():
    rng = np.random.default_rng(11)
    case = np.arange(20000) % 2 == 0
    risk = rng.beta(2, 8, case.size)
    found = decision_curve(risk, case, np.array([0.05, 0.1, 0.2, 0.3, 0.5]), 0.2).table
    assert (found["model"] <= np.maximum(found["treat_all"], 0) + 0.005).all()


def test_the_interval_of_net_benefit_covers():
    rng = np.random.default_rng(12)
    case = np.arange(60) % 2 == 0
    everyone = np.arange(200000) % 2 == 0
    threshold = np.array([0.3])
    truth = decision_curve(expit(rng.normal(everyone - 1.0)), everyone, threshold, 0.3)
    level = truth.table["model"].iloc[0]
    hits = []
    for _ in range(500):
        row = decision_curve(expit(rng.normal(case - 1.0)), case, threshold, 0.3).table.iloc[0]
        hits.append(row["model_low"] <= level <= row["model_high"])
    assert 0.92 < np.mean(hits) < 0.99


def test_without_a_stated_prevalence_there_is_no_curve_but_a_reason():
    found = decision_curve(np.array([0.2, 0.7]), np.array([0, 1]), np.array([0.5]), None)
    assert not found.interpretable
    assert "not interpretable" in found.reason
    assert found.table.empty
    assert "model" in found.table.columns
    assert not decision_curve(np.array([0.2]), np.array([1]), np.array([0.5]), 0.2).interpretable
    with pytest.raises(DataError):
        decision_curve(np.array([0.2, 0.7]), np.array([0, 1]), np.array([0.5]), 1.2)
    with pytest.raises(DataError):
        decision_curve(np.array([0.2, 0.7]), np.array([0, 1]), np.array([1.0]), 0.2)


# Stability


def sets(chosen, genes):
    return np.array([[g in one for g in range(1, genes + 1)] for one in chosen])


def direct_stability(chosen):
    """Evaluate definition 4 and theorem 7 of Nogueira 2018 term by term."""
    runs, genes = chosen.shape
    sizes = [sum(map(int, row)) for row in chosen]
    mean_size = sum(sizes) / runs
    share = [sum(int(row[f]) for row in chosen) / runs for f in range(genes)]
    spread = [runs / (runs - 1) * p * (1 - p) for p in share]
    below = mean_size / genes * (1 - mean_size / genes)
    value = 1 - sum(spread) / genes / below
    own = []
    for i in range(runs):
        first = sum(int(chosen[i, f]) * share[f] for f in range(genes)) / genes
        second = sizes[i] * mean_size / genes**2
        third = 2 * mean_size * sizes[i] / genes**2 - sizes[i] / genes - mean_size / genes + 1
        own.append((first - second + value / 2 * third) / below)
    middle = sum(own) / runs
    return value, 4 / runs**2 * sum((x - middle) ** 2 for x in own)


def test_stability_equals_its_formulas_evaluated_term_by_term():
    rng = np.random.default_rng(13)
    for runs, genes in [(2, 5), (10, 30), (60, 200)]:
        chosen = rng.random((runs, genes)) < rng.beta(0.3, 0.7, genes)
        found = stability(chosen)
        value, variance = direct_stability(chosen)
        assert found.value == pytest.approx(value, abs=1e-12)
        assert found.variance == pytest.approx(variance, abs=1e-12)
        assert found.high - found.low == pytest.approx(2 * 1.959963984540054 * variance**0.5)


def test_stability_of_published_examples():
    # Of the documentation of the R package stabm 1.1.3.
    chosen = sets([range(1, 4), range(1, 5), range(1, 6)], 10)
    assert stability(chosen).value == pytest.approx(0.7222222, abs=5e-8)
    distance = np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
    similar = np.where(0.92**distance >= 0.9, 0.92**distance, 0)
    assert effective_stability(chosen, similar) == pytest.approx(0.5322911, abs=5e-8)


def test_stability_is_the_mean_over_pairs_of_runs_for_equal_sizes():
    rng = np.random.default_rng(14)
    chosen = np.array([rng.permutation(40) < 8 for _ in range(12)])
    pairs = [((a & b).sum() - 64 / 40) / (8 - 64 / 40) for a, b in combinations(chosen, 2)]
    assert stability(chosen).value == pytest.approx(np.mean(pairs), abs=1e-12)


def test_the_interval_of_stability_covers_the_planted_value():
    rng = np.random.default_rng(15)
    chance = np.array([0.9, 0.8, 0.7] + [0.05] * 27)
    truth = 1 - (chance * (1 - chance)).mean() / (chance.mean() * (1 - chance.mean()))
    found = [stability(rng.random((100, 30)) < chance) for _ in range(500)]
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.01)
    assert 0.92 < np.mean([one.low <= truth <= one.high for one in found]) < 0.98


def test_random_choices_are_not_stable_and_equal_ones_are():
    rng = np.random.default_rng(16)
    random = [stability(rng.random((30, 50)) < 0.2).value for _ in range(200)]
    assert np.mean(random) == pytest.approx(0, abs=0.005)
    same = stability(np.tile(np.arange(20) < 4, (5, 1)))
    assert (same.value, same.low, same.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (np.zeros((4, 5)), "no resample"),
        (np.ones((4, 5)), "all genes"),
        (np.eye(5)[:1], "fewer than two"),
    ],
)
def test_stability_that_is_not_defined_is_missing_with_a_reason(chosen, words):
    found = stability(chosen)
    assert np.isnan([found.value, found.variance, found.low, found.high]).all()
    assert words in found.reason
    assert np.isnan(effective_stability(chosen, np.eye(5)))


def test_effective_stability_equals_its_formula_evaluated_directly():
    rng = np.random.default_rng(17)
    for _ in range(10):
        chosen = rng.random((9, 14)) < rng.beta(0.5, 1, 14)
        similar = np.abs(np.corrcoef(rng.normal(size=(14, 6))))
        runs, genes = chosen.shape
        covariance = np.cov(chosen.astype(float), rowvar=False)
        sizes = chosen.sum(axis=1)
        share = sizes.mean() / genes
        null = np.full((genes, genes), np.mean(sizes * (sizes - 1)) / (genes * (genes - 1)))
        np.fill_diagonal(null, share)
        null -= share**2
        direct = 1 - np.trace(similar @ covariance) / np.trace(similar @ null)
        assert effective_stability(chosen, similar) == pytest.approx(direct, abs=1e-10)
        plain = stability(chosen).value
        assert effective_stability(chosen, np.eye(genes)) == pytest.approx(plain, abs=1e-10)


def test_swapping_correlated_genes_is_nearly_stable_once_correlation_is_counted():
    rng = np.random.default_rng(18)
    groups = np.repeat(np.arange(10), 3)
    similar = np.where(np.equal.outer(groups, groups), 0.98, 0.0)
    np.fill_diagonal(similar, 1)
    swapping = np.zeros((40, 30), bool)
    for run in swapping:
        run[3 * np.arange(3) + rng.integers(3, size=3)] = True
    assert stability(swapping).value < 0.35
    assert effective_stability(swapping, similar) > 0.95
    random = [
        effective_stability(np.array([rng.permutation(30) < 3 for _ in range(40)]), similar)
        for _ in range(100)
    ]
    assert np.mean(random) == pytest.approx(0, abs=0.02)


def test_similarities_that_do_not_fit_are_refused():
    chosen = np.eye(4)
    lopsided = np.eye(4)
    lopsided[0, 1] = 0.5
    for wrong in (np.eye(3), -np.eye(4), 0.5 * np.eye(4), lopsided):
        with pytest.raises(DataError):
            effective_stability(chosen, wrong)
    with pytest.raises(DataError):
        stability(np.full((3, 3), 0.5))


# Sample size


def test_sample_size_equals_published_examples():
    # pmsampsize, its first example and the same from a C statistic.
    found = sample_size(24, 0.174, 0.288)
    assert (found.for_shrinkage, found.for_optimism, found.for_overall_risk) == (623, 662, 221)
    assert found.needed == 662
    found = sample_size(24, 0.174, r2_from_auc(0.89, 0.174))
    assert (found.for_shrinkage, found.for_optimism, found.for_overall_risk) == (615, 660, 221)
    # Pre-eclampsia, Riley 2020: 30 parameters, prevalence 0.05, R² 0.05.
    found = sample_size(30, 0.05, 0.05)
    assert (found.for_shrinkage, found.for_overall_risk) == (5249, 73)
    assert (found.needed, found.r2_highest) == (5249, pytest.approx(0.33, abs=0.005))
    assert found.events_per_parameter == pytest.approx(8.75, abs=0.01)


def test_r2_of_an_auc_equals_quadrature_in_r(golden):
    for row in golden("assessment/r2").itertuples():
        assert r2_from_auc(row.auc, row.prevalence) == pytest.approx(row.r2, rel=1e-8)


def test_r2_of_an_auc_is_that_of_a_model_fitted_to_data_with_it():
    rng = np.random.default_rng(19)
    case = rng.random(200000) < 0.3
    score = rng.normal(1.0 * case)
    auc = delong(case, score)[0]
    design = np.column_stack([np.ones(case.size), score])
    coefficients, _ = fit_logistic(design, case)
    sign = np.where(case, 1, -1)
    loss = np.logaddexp(0, -sign * (design @ coefficients)).mean()
    null = -(case.mean() * np.log(case.mean()) + (~case).mean() * np.log((~case).mean()))
    assert r2_from_auc(auc, 0.3) == pytest.approx(1 - np.exp(2 * (loss - null)), abs=0.004)


def test_r2_goes_from_nothing_to_the_highest():
    assert r2_from_auc(0.5, 0.3) == r2_from_auc(0.2, 0.3) == 0
    assert r2_from_auc(1.0, 0.3) == highest_r2(0.3)
    assert r2_from_auc(1 - 1e-9, 0.3) == pytest.approx(highest_r2(0.3), abs=1e-4)
    assert highest_r2(0.5) == pytest.approx(0.75)


def test_without_signal_no_number_of_samples_is_enough():
    found = sample_size(10, 0.5, 0.0)
    assert found.for_shrinkage == found.needed == np.inf
    assert found.for_optimism == 262
    assert sample_size(10, 0.5, 1e-9).for_optimism == 262
    assert expected_shrinkage(100, 10, 0.0) == 0


def test_expected_shrinkage_inverts_the_criterion():
    assert expected_shrinkage(623, 24, 0.288) == pytest.approx(0.9, abs=2e-4)
    needed = sample_size(12, 0.4, 0.2, shrinkage=0.75).for_shrinkage
    assert expected_shrinkage(needed, 12, 0.2) == pytest.approx(0.75, abs=5e-3)
    grown = [expected_shrinkage(n, 500, 0.3) for n in (10, 40, 200, 5000)]
    assert grown == sorted(grown)
    assert 0.3 <= grown[0] < 0.31


def test_expected_shrinkage_is_the_calibration_slope_on_new_samples():
    rng = np.random.default_rng(20)
    effects = np.full(8, 0.35)
    fresh = rng.normal(size=(20000, 8))
    log_odds = fresh @ effects
    risk = expit(log_odds)
    r2 = r2_from_auc(delong(rng.random(risk.size) < risk, log_odds)[0], 0.5)
    slopes = []
    for _ in range(60):
        values = rng.normal(size=(150, 8))
        case = rng.random(150) < expit(values @ effects)
        coefficients, _ = fit_logistic(np.column_stack([np.ones(150), values]), case)
        made = fresh @ coefficients[1:] + coefficients[0]
        slopes.append(calibration(expit(made), rng.random(risk.size) < risk).slope)
    assert np.mean(slopes) == pytest.approx(expected_shrinkage(150, 8, r2), abs=0.04)


def test_events_per_parameter_counts_the_smaller_group():
    assert events_per_parameter(20, 50, 10) == 2
    assert events_per_parameter(50, 20, 10) == 2
    assert np.isnan(events_per_parameter(20, 50, 0))


@pytest.mark.parametrize(
    "numbers", [(0, 0.2, 0.1), (5, 1.0, 0.1), (5, 0.2, -0.1), (5, 0.2, 0.9), (5, np.nan, 0.1)]
)
def test_impossible_sample_sizes_are_refused(numbers):
    with pytest.raises(DataError):
        sample_size(*numbers)


# Selection bias


def plain_auc(score, case, fold, chosen):
    """Count pairs one by one; `chosen` may name a sample more than once."""
    right = pairs = 0
    for i in chosen:
        for j in chosen:
            if case[i] and not case[j] and fold[i] == fold[j]:
                pairs += 1
                right += 1 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0
    return right / pairs if pairs else np.nan


def test_selection_bias_equals_a_plain_loop():
    rng = np.random.default_rng(21)
    n, configurations, draws = 18, 4, 25
    case, fold = rng.random(n) < 0.5, rng.integers(2, size=n)
    people = np.array([f"p{i // 2}" for i in range(n)])
    scores = np.round(rng.normal(size=(n, configurations)), 1)
    found = corrected_performance(
        scores, case, fold, people, np.random.default_rng(5), bootstraps=draws
    )
    known = sorted(set(people))
    left_out, winners = [], []
    for drawn in np.random.default_rng(5).integers(len(known), size=(draws, len(known))):
        inside = [i for d in drawn for i in range(n) if people[i] == known[d]]
        outside = [i for i in range(n) if i not in inside]
        each = [plain_auc(scores[:, c], case, fold, inside) for c in range(configurations)]
        if np.isnan(each[0]):
            continue
        best = each.index(max(each))
        value = plain_auc(scores[:, best], case, fold, outside)
        if not np.isnan(value):
            left_out.append(value)
            winners.append(best)
    all_samples = [plain_auc(scores[:, c], case, fold, range(n)) for c in range(configurations)]
    assert found.bootstraps == len(left_out) < draws
    assert found.winner == all_samples.index(max(all_samples))
    assert found.uncorrected == pytest.approx(max(all_samples), abs=1e-10)
    assert found.corrected == pytest.approx(np.mean(left_out), abs=1e-10)
    limits = np.quantile(left_out, [0.025, 0.975])
    np.testing.assert_allclose([found.low, found.high], limits, atol=1e-10)
    np.testing.assert_allclose(found.won, np.bincount(winners, minlength=4) / len(winners))


def test_the_auc_within_folds_is_that_of_the_evaluation():
    rng = np.random.default_rng(22)
    case, fold = rng.random(50) < 0.4, rng.integers(5, size=50)
    scores = np.round(rng.normal(size=(50, 3)), 1)
    found = fold_auc(scores, case, fold, np.ones((1, 50)))[0]
    for number in range(3):
        table = pd.DataFrame({"unit": 0, "fold": fold, "disease": "d", "cohort": "c"})
        table = table.assign(case=case, outcome=np.nan, score=scores[:, number])
        theirs = performance.fold_auc(table)
        assert found[number] == pytest.approx(theirs["auc"].iloc[0], abs=1e-12)


def test_on_noise_the_winner_looks_good_and_its_correction_does_not():
    rng = np.random.default_rng(23)
    n = 60
    case, fold = np.arange(n) % 2 == 0, np.arange(n) // 2 % 5
    before, after = [], []
    for _ in range(60):
        found = corrected_performance(
            rng.normal(size=(n, 40)), case, fold, np.arange(n), rng, bootstraps=100
        )
        before.append(found.uncorrected)
        after.append(found.corrected)
    assert np.min(before) > 0.55
    assert np.mean(before) > 0.65
    assert np.mean(after) == pytest.approx(0.5, abs=0.03)


def test_a_planted_good_configuration_wins_and_keeps_its_performance():
    rng = np.random.default_rng(24)
    n = 80
    case, fold = np.arange(n) % 2 == 0, np.arange(n) // 2 % 5
    after, covered = [], []
    for _ in range(60):
        scores = rng.normal(size=(n, 20))
        scores[:, 7] += 1.8 * case
        found = corrected_performance(scores, case, fold, np.arange(n), rng, bootstraps=200)
        assert found.winner == found.won.argmax() == 7
        after.append(found.corrected)
        covered.append(found.low <= 0.8985 <= found.high)
    # The AUC of two normals 1.8 apart is Φ(1.8 / √2) = 0.8985.
    assert np.mean(after) == pytest.approx(0.8985, abs=0.015)
    assert np.mean(covered) > 0.9


def test_people_are_drawn_with_all_their_samples():
    rng = np.random.default_rng(25)
    case, fold = np.arange(40) % 2 == 0, np.zeros(40)
    noise = rng.normal(size=(40, 60))
    twice = np.tile(np.arange(40), 3)
    grouped = corrected_performance(
        noise[twice], case[twice], fold[twice], twice, np.random.default_rng(1), bootstraps=300
    )
    alone = corrected_performance(
        noise, case, fold, np.arange(40), np.random.default_rng(1), bootstraps=300
    )
    assert grouped.corrected == pytest.approx(alone.corrected, abs=1e-12)
    leaking = corrected_performance(
        noise[twice], case[twice], fold[twice], np.arange(120), rng, bootstraps=300
    )
    assert leaking.corrected > alone.corrected + 0.1


def test_selection_bias_takes_another_metric():
    rng = np.random.default_rng(26)
    case = np.arange(30) % 3 == 0

    def minus_brier(scores, is_case, folds, weights):
        lost = (scores - is_case[:, None]) ** 2
        return -(weights @ lost) / weights.sum(axis=1, keepdims=True)

    risks = np.column_stack([np.full(30, 1 / 3), rng.random((30, 2))])
    found = corrected_performance(
        risks, case, np.zeros(30), np.arange(30), rng, bootstraps=50, metric=minus_brier
    )
    assert found.winner == 0
    assert found.uncorrected == pytest.approx(-2 / 9)


def test_predictions_that_cannot_be_judged_are_refused():
    rng = np.random.default_rng(27)
    case, fold, people = np.arange(8) < 4, np.zeros(8), np.arange(8)
    scores = rng.normal(size=(8, 2))
    with pytest.raises(DataError, match="missing"):
        corrected_performance(np.where(scores > 0, scores, np.nan), case, fold, people, rng)
    with pytest.raises(DataError, match="every sample"):
        corrected_performance(scores, case, fold, people[:5], rng)
    with pytest.raises(DataError, match="fewer folds"):
        corrected_performance(scores, case, np.arange(8), people, rng)
    with pytest.raises(DataError, match="too few people"):
        corrected_performance(scores, case, fold, np.zeros(8), rng)


# Pooling over cohorts


def test_pooled_auc_equals_metafor(golden):
    for row in golden("assessment/pooling").itertuples():
        auc, error = numbers(row.auc), numbers(row.error)
        plain, safe = pool_auc(auc, error, safeguard=False), pool_auc(auc, error)
        for ours, theirs in [
            (plain.auc, row.pooled),
            (plain.low, row.low),
            (plain.high, row.high),
            (plain.prediction_low, row.prediction_low),
            (plain.prediction_high, row.prediction_high),
            (safe.low, row.safe_low),
            (safe.high, row.safe_high),
            (safe.prediction_low, row.safe_prediction_low),
            (safe.prediction_high, row.safe_prediction_high),
            (plain.tau2, row.tau2),
            (plain.q, row.q),
            (plain.q_p, row.q_p),
        ]:
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_reml_is_the_highest_point_of_its_likelihood():
    rng = np.random.default_rng(28)
    for _ in range(20):
        variance = rng.uniform(0.02, 0.4, 5)
        effect = rng.normal(0, np.sqrt(variance + 0.2))

        def likelihood(tau2, effect=effect, variance=variance):
            weight = 1 / (variance + tau2)
            mean = np.average(effect, weights=weight)
            rest = -np.log(weight.sum()) - (weight * (effect - mean) ** 2).sum()
            return (np.log(weight).sum() + rest) / 2

        grid = np.linspace(0, 5, 4001)
        best = max(map(likelihood, grid))
        assert likelihood(reml(effect, variance)) >= best - 1e-12


@pytest.mark.parametrize("tau", [0.0, 0.6])
def test_pooled_intervals_cover_the_planted_truth(tau):
    rng = np.random.default_rng(29)
    mean, cohorts = 0.8, 6
    inside, predicted, pooled = [], [], []
    for _ in range(1000):
        truth = rng.normal(mean, tau, cohorts)
        error = rng.uniform(0.15, 0.4, cohorts)
        auc = expit(rng.normal(truth, error))
        found = pool_auc(auc, error * auc * (1 - auc))
        inside.append(found.low <= expit(mean) <= found.high)
        new = expit(rng.normal(mean, tau))
        predicted.append(found.prediction_low <= new <= found.prediction_high)
        pooled.append(logit(found.auc))
    assert np.mean(pooled) == pytest.approx(mean, abs=0.04)
    assert np.mean(inside) > 0.93
    assert np.mean(predicted) > 0.9
    if tau:
        assert np.mean(inside) < 0.985


def test_cohorts_without_signal_are_rarely_above_one_half():
    rng = np.random.default_rng(30)
    above = []
    for _ in range(400):
        aucs, errors = [], []
        for _ in range(4):
            case = np.arange(40) % 2 == 0
            auc = delong(case, rng.normal(size=40))[0]
            aucs.append(auc)
            errors.append(hanley_mcneil(auc, 20, 20))
        above.append(pool_auc(np.array(aucs), np.array(errors)).low > 0.5)
    assert np.mean(above) < 0.04


def test_cohorts_that_agree_by_luck_do_not_get_a_narrow_interval():
    auc, error = np.array([0.75, 0.7501]), np.array([0.06, 0.06])
    plain, safe = pool_auc(auc, error, safeguard=False), pool_auc(auc, error)
    assert plain.high - plain.low < 0.01
    assert safe.high - safe.low > 0.1


def test_too_few_cohorts_leave_intervals_missing_with_a_reason():
    none = pool_auc(np.array([]), np.array([]))
    assert np.isnan(none.auc)
    assert none.reason == "no cohort"
    one = pool_auc(np.array([0.8]), np.array([0.05]))
    assert (one.auc, one.cohorts) == (0.8, 1)
    assert np.isnan([one.low, one.high, one.prediction_low]).all()
    assert "one cohort" in one.reason
    two = pool_auc(np.array([0.8, 0.7]), np.array([0.05, 0.05]))
    assert np.isfinite([two.low, two.high]).all()
    assert np.isnan([two.prediction_low, two.prediction_high]).all()
    assert "three cohorts" in two.reason
    three = pool_auc(np.array([0.8, 0.7, 0.75]), np.array([0.05, 0.05, 0.05]))
    assert np.isfinite([three.prediction_low, three.prediction_high]).all()
    assert three.reason == ""


def test_a_perfect_cohort_needs_a_finite_auc_first():
    with pytest.raises(DataError, match="finite_auc"):
        pool_auc(np.array([1.0, 0.8]), np.array([0.05, 0.05]))
    with pytest.raises(DataError, match="finite_auc"):
        pool_auc(np.array([0.9, 0.8]), np.array([0.0, 0.05]))
    assert finite_auc(1.0, 10, 10) == pytest.approx(100.5 / 101)
    assert finite_auc(0.5, 10, 10) == 0.5
    auc = np.array([finite_auc(1.0, 10, 10), 0.8])
    error = np.array([hanley_mcneil(auc[0], 10, 10), 0.05])
    assert 0.8 < pool_auc(auc, error).auc < 1


def test_effective_stability_of_the_chosen_genes_alone_is_that_of_all():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(30, 2300)) + rng.normal(size=(30, 1)) * (np.arange(2300) < 900)
    chosen = np.zeros((12, 2300), bool)
    for row in chosen:
        row[rng.choice(40, 6, replace=False)] = True
    whole = similarity_of(values, values, 0.5)
    np.fill_diagonal(whole, 1)
    held = chosen.any(axis=0)
    part = effective_stability(
        chosen[:, held],
        whole[np.ix_(held, held)],
        genes=2300,
        total=total_similarity(values, 0.5),
    )
    assert part == pytest.approx(effective_stability(chosen, whole), abs=1e-5)
    # Single precision sums the pairs; one pair near the threshold may fall on the other side.
    assert total_similarity(values, 0.5) == pytest.approx(whole.sum(), rel=1e-5)
