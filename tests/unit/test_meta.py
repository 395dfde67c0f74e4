import numpy as np
import pytest
from crosshub.differential import fit_differential
from crosshub.meta import combine_cohorts, common_effect, effect_size, random_effects
from scipy.stats import kstest


def numbers(text):
    return np.array([float(x) for x in text.split(",")])


def test_common_and_random_effects_equal_metafor(golden):
    for row in golden("metafor/combined").itertuples():
        y, v = numbers(row.y)[None], numbers(row.v)[None]
        common, random = common_effect(y, v), random_effects(y, v)
        for ours, theirs in [
            (common.effect, row.common),
            (common.low, row.common_low),
            (common.high, row.common_high),
            (common.p_value, row.common_p),
            (common.q, row.q),
            (common.q_p_value, row.q_p),
            (common.i2, row.i2),
        ]:
            np.testing.assert_allclose(ours[0], theirs, rtol=1e-9, atol=1e-12)
        for ours, theirs in [
            (random.effect, row.reml),
            (random.low, row.reml_low),
            (random.high, row.reml_high),
            (random.p_value, row.reml_p),
            (random.tau2, row.tau2),
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
