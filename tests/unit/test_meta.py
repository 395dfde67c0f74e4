import numpy as np
import pytest
from crosshub.differential import fit_differential
from crosshub.meta.combine import combine_cohorts
from crosshub.meta.effects import effect_size, slope_size
from crosshub.meta.p_values import both_directions, fisher, one_sided, stouffer
from crosshub.meta.pooling import (
    common_effect,
    dersimonian_laird,
    hartung_knapp,
    heterogeneity,
    prediction_interval,
)
from crosshub.meta.ranks import normalised_ranks, rank_aggregation
from scipy.stats import kstest
from scipy.stats import t as student_t


def numbers(text):
    return np.array([float(x) for x in text.split(",")])


def test_common_and_random_effects_equal_metafor(golden):
    for row in golden("metafor/combined").itertuples():
        y, v = numbers(row.y)[None], numbers(row.v)[None]
        common, random = common_effect(y, v), hartung_knapp(y, v)
        moments, spread = dersimonian_laird(y, v), heterogeneity(y, v)
        low, high = prediction_interval(y, v)
        for ours, theirs in [
            (common.effect, row.common),
            (common.low, row.common_low),
            (common.high, row.common_high),
            (common.p_value, row.common_p),
            (spread.q, row.q),
            (spread.p_value, row.q_p),
            (spread.i2, row.i2),
            (moments.effect, row.dl),
            (moments.low, row.dl_low),
            (moments.high, row.dl_high),
            (moments.p_value, row.dl_p),
            (moments.tau2, row.dl_tau2),
        ]:
            np.testing.assert_allclose(ours[0], theirs, rtol=1e-9, atol=1e-12)
        for ours, theirs in [
            (random.effect, row.reml),
            (random.low, row.reml_low),
            (random.high, row.reml_high),
            (random.p_value, row.reml_p),
            (random.tau2, row.tau2),
            (low, row.prediction_low),
            (high, row.prediction_high),
        ]:
            np.testing.assert_allclose(ours[0], theirs, rtol=1e-5, atol=1e-7)


def test_effect_size_of_an_ordinary_t_is_hedges_g(golden):
    for row in golden("metafor/hedges").itertuples():
        df = row.n1 + row.n2 - 2
        pooled = np.sqrt(((row.n1 - 1) * row.s1**2 + (row.n2 - 1) * row.s2**2) / df)
        t = (row.m1 - row.m2) / pooled / np.sqrt(1 / row.n1 + 1 / row.n2)
        effect, variance = effect_size(np.array([t]), np.array([df]), row.n1, row.n2)
        assert effect[0] == pytest.approx(row.g, rel=1e-9)
        assert variance[0] == pytest.approx(row.variance, rel=1e-9)


def test_variance_of_the_effect_is_unbiased():
    """Against the moments of simulated studies."""
    rng = np.random.default_rng(0)
    n1, n2, delta, repeats = 8, 10, 0.7, 200_000
    x = rng.normal(delta, 1, (repeats, n1))
    y = rng.normal(0, 1, (repeats, n2))
    df = n1 + n2 - 2
    pooled = np.sqrt((x.var(1, ddof=1) * (n1 - 1) + y.var(1, ddof=1) * (n2 - 1)) / df)
    t = (x.mean(1) - y.mean(1)) / pooled / np.sqrt(1 / n1 + 1 / n2)
    effect, variance = effect_size(t, np.full(repeats, df), n1, n2)
    assert effect.mean() == pytest.approx(delta, abs=0.005)
    assert variance.mean() == pytest.approx(effect.var(), rel=0.03)


def test_effect_size_survives_an_infinite_prior():
    effect, variance = effect_size(np.array([3.0]), np.array([np.inf]), 10, 10)
    assert effect[0] == pytest.approx(3 / np.sqrt(5), rel=1e-5)
    assert variance[0] == pytest.approx(0.2, rel=1e-4)


def test_one_cohort_keeps_its_own_p(make_cohort):
    table = fit_differential(make_cohort())
    combined = combine_cohorts({"a": table})
    np.testing.assert_allclose(combined["p_value"], table["p_value"])
    assert set(combined["method"]) == {"single"}
    assert combined["i2"].isna().all()


def test_two_cohorts_gain_power_and_stay_calibrated(make_cohort):
    effects = {f"G{i:04d}": 1.0 for i in range(100)}
    tables = {
        name: fit_differential(make_cohort(name, genes=3000, effects=effects, seed=7))
        for name in ("a", "b")
    }
    combined = combine_cohorts(tables).set_index("gene")
    assert set(combined["method"]) == {"common_effect"}
    planted = combined.index.isin(effects)
    single = tables["a"].set_index("gene")
    assert (combined["fdr"][planted] < 0.05).mean() > (single["fdr"][planted] < 0.05).mean() + 0.2
    assert kstest(combined["p_value"][~planted], "uniform").pvalue > 0.001
    assert combined["effect"][planted].mean() == pytest.approx(1.0, abs=0.08)
    covered = (combined["effect_low"] < 0) & (combined["effect_high"] > 0)
    assert covered[~planted].mean() == pytest.approx(0.95, abs=0.012)


def test_heterogeneity_is_seen(make_cohort):
    first = fit_differential(make_cohort("a", effects={"G0000": 2.5}))
    second = fit_differential(make_cohort("b", effects={"G0000": -2.5}))
    row = combine_cohorts({"a": first, "b": second}).set_index("gene").loc["G0000"]
    assert row["i2"] > 0.9
    assert not row["same_sign"]


def test_five_cohorts_use_random_effects(make_cohort):
    tables = {n: fit_differential(make_cohort(n, effects={"G0001": 1.5})) for n in "abcde"}
    combined = combine_cohorts(tables).set_index("gene")
    assert set(combined["method"]) == {"random_effects"}
    assert combined.loc["G0001", "p_value"] < 0.01
    assert kstest(combined["p_value"].drop("G0001"), "uniform").pvalue > 0.001


def test_only_genes_of_all_cohorts_are_combined(make_cohort):
    first = fit_differential(make_cohort("a", genes=50))
    second = fit_differential(make_cohort("b", genes=40))
    assert len(combine_cohorts({"a": first, "b": second})) == 40


def test_rank_aggregation_equals_r(golden):
    table = golden("metafor/rank_aggregation")
    ours = rank_aggregation(table[[f"rank_{i}" for i in range(1, 5)]].to_numpy(float))
    np.testing.assert_allclose(ours, table["p"], rtol=1e-9)


def test_combined_p_values_equal_r(golden):
    table = golden("metafor/p_values")
    p = table[["p1", "p2", "p3"]].to_numpy(float)
    np.testing.assert_allclose(fisher(p), table["fisher"], rtol=1e-10)
    np.testing.assert_allclose(stouffer(p, [3, 4.5, 2]), table["stouffer"], rtol=1e-10)


def test_evidence_without_effects_is_uniform_under_the_null():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(20_000, 4))
    two = 2 * student_t.sf(np.abs(z), 1e6)
    up, down = one_sided(two, z)
    for way in (fisher, stouffer):
        assert kstest(way(up), "uniform").pvalue > 0.001
        both = both_directions(way(up), way(down))
        assert 0.035 < (both <= 0.05).mean() < 0.055
    ranked = both_directions(*(rank_aggregation(normalised_ranks(s * z)) for s in (1, -1)))
    assert (ranked <= 0.05).mean() < 0.05


def test_extreme_p_values_stay_numbers():
    p = np.array([[0.0, 1e-320, 1.0], [1.0, 1.0, 1.0]])
    assert np.isfinite(fisher(p)).all()
    assert np.isfinite(stouffer(p)).all()
    assert fisher(p)[1] == pytest.approx(1)


def test_a_prediction_interval_covers_new_cohorts():
    """Nine in ten with six cohorts, because tau² is uncertain itself; nearly all with thirty."""
    few, many = (_prediction_coverage(k) for k in (6, 30))
    assert 0.87 < few < 0.96
    assert 0.92 < many < 0.96


def _prediction_coverage(k):
    rng = np.random.default_rng(4)
    genes, tau = 4000, 0.4
    variances = rng.uniform(0.05, 0.2, (genes, k))
    true = 0.5 + rng.normal(0, tau, (genes, k + 1))
    effects = true[:, :k] + rng.normal(size=(genes, k)) * np.sqrt(variances)
    low, high = prediction_interval(effects, variances)
    return ((low <= true[:, k]) & (true[:, k] <= high)).mean()


def test_hartung_knapp_holds_its_level_where_the_common_effect_does_not():
    rng = np.random.default_rng(5)
    genes, k = 5000, 6
    variances = rng.uniform(0.05, 0.2, (genes, k))
    effects = rng.normal(0, 0.5, (genes, k)) + rng.normal(size=(genes, k)) * np.sqrt(variances)
    assert (hartung_knapp(effects, variances).p_value <= 0.05).mean() == pytest.approx(
        0.05, abs=0.012
    )
    assert (common_effect(effects, variances).p_value <= 0.05).mean() > 0.2
    assert (dersimonian_laird(effects, variances).p_value <= 0.05).mean() > 0.06


def test_leaving_cohorts_out_tells_a_gene_of_one_cohort(make_cohort):
    one = {"G0000": 4.0, "G0001": 1.5}
    tables = {
        name: fit_differential(make_cohort(name, effects=one if name == "a" else {"G0001": 1.5}))
        for name in "abc"
    }
    combined = combine_cohorts(tables).set_index("gene")
    assert combined.loc["G0000", "fdr"] < 0.001
    assert combined.loc["G0000", "leave_one_out_fdr"] > 0.1
    assert combined.loc["G0001", "leave_one_out_fdr"] < 0.001
    assert 0 < combined.loc["G0001", "leave_one_out_effect"] < combined.loc["G0001", "effect"]
    assert combined.loc["G0001", ["p_fisher", "p_stouffer", "p_ranks"]].max() < 0.001


@pytest.mark.parametrize(
    ("cohorts", "missing"),
    [
        ("a", ["i2", "tau2", "p_fisher", "p_ranks", "prediction_low", "leave_one_out_fdr"]),
        ("ab", ["prediction_low", "prediction_high", "leave_one_out_effect", "leave_one_out_fdr"]),
        ("abc", []),
    ],
)
def test_what_too_few_cohorts_cannot_say_is_missing(make_cohort, cohorts, missing):
    combined = combine_cohorts({name: fit_differential(make_cohort(name)) for name in cohorts})
    assert [name for name in combined if combined[name].isna().all()] == [
        name for name in combined if name in missing or (cohorts == "a" and name in SEVERAL)
    ]


SEVERAL = {"q", "q_p_value", "p_stouffer", "prediction_high", "leave_one_out_effect"}


@pytest.mark.parametrize("method", ["common_effect", "dersimonian_laird", "random_effects"])
def test_a_chosen_method_is_used(make_cohort, method):
    tables = {name: fit_differential(make_cohort(name)) for name in "abc"}
    combined = combine_cohorts(tables, method=method)
    assert set(combined["method"]) == {method}
    assert np.isfinite(combined["p_value"]).all()


def test_standardised_slope_is_unbiased():
    rng = np.random.default_rng(6)
    n, slope, repeats = 12, 0.6, 100_000
    x = rng.normal(size=n)
    x = (x - x.mean()) / x.std(ddof=1)
    y = slope * x + rng.normal(size=(repeats, n))
    estimate = y @ x / (n - 1)
    residual = y - y.mean(axis=1, keepdims=True) - np.outer(estimate, x)
    sigma = np.sqrt((residual**2).sum(axis=1) / (n - 2))
    effect, variance = slope_size(estimate / sigma * np.sqrt(n - 1), np.full(repeats, n - 2), n)
    assert effect.mean() == pytest.approx(slope, abs=0.005)
    assert variance.mean() == pytest.approx(effect.var(), rel=0.03)
