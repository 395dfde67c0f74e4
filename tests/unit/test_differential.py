from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub import counts as rna
from crosshub.cohorts import Testing
from crosshub.deseq import wald_test
from crosshub.differential import (
    benjamini_hochberg,
    design_matrix,
    fit_differential,
    moderated_t,
)
from crosshub.errors import DataError
from crosshub.linear.moderation import natural_spline, prior_of_variances
from crosshub.meta.combine import combine_cohorts
from crosshub.shared.overlap import permute_labels
from scipy.stats import false_discovery_control, kstest, ttest_ind


def limma_input(golden, matrix="expression"):
    values = golden(f"limma/{matrix}", index_col="gene")
    samples = golden("limma/samples", index_col="sample")
    return values, samples


def close(fit, table, rows=slice(None)):
    for ours, theirs in [
        (fit.coefficient, "coefficient"),
        (fit.t, "t"),
        (fit.p_value, "p_value"),
        (fit.variance, "variance"),
        (fit.prior_variance, "prior_variance"),
        (fit.df, "df"),
    ]:
        np.testing.assert_allclose(ours[rows], table[theirs][rows], rtol=1e-8, err_msg=theirs)
    prior = table["prior_df"].iloc[0]
    np.testing.assert_allclose(fit.prior_df, prior)


def test_two_groups_equal_limma(golden):
    values, samples = limma_input(golden)
    design = design_matrix(samples)
    close(moderated_t(values.to_numpy(), design.to_numpy(), 1), golden("limma/two_groups"))


def test_covariate_equals_limma(golden):
    values, samples = limma_input(golden)
    design = design_matrix(samples, ("age",))
    close(moderated_t(values.to_numpy(), design.to_numpy(), 1), golden("limma/covariate"))


def test_trend_equals_limma(golden):
    values, samples = limma_input(golden)
    fit = moderated_t(values.to_numpy(), design_matrix(samples).to_numpy(), 1, trend=True)
    close(fit, golden("limma/trend"))


def test_genes_of_one_variance_equal_limma(golden):
    values, samples = limma_input(golden, "same_variance")
    fit = moderated_t(values.to_numpy(), design_matrix(samples).to_numpy(), 1)
    table = golden("limma/infinite_prior")
    assert np.isinf(fit.prior_df).all()
    close(fit, table)


def test_counts_equal_edger_and_limma(golden, make_cohort):
    counts = golden("edger/counts", index_col="gene").astype(float)
    factors = golden("edger/factors", index_col="sample")
    expected = golden("edger/tested", index_col="gene")
    kept = counts[rna.expressed(counts, factors["group"])]
    assert list(kept.index) == list(expected.index)
    np.testing.assert_allclose(rna.tmm_factors(kept), factors["factor"], rtol=1e-10)
    logged = rna.log2_cpm(kept, factors["factor"])
    np.testing.assert_allclose(logged.iloc[:, 0], expected["log2_cpm_first"], atol=1e-10)
    np.testing.assert_allclose(logged.iloc[:, -1], expected["log2_cpm_last"], atol=1e-10)
    fit = moderated_t(logged.to_numpy(), design_matrix(factors).to_numpy(), 1, trend=True)
    np.testing.assert_allclose(fit.t, expected["t"], rtol=1e-8)
    np.testing.assert_allclose(fit.p_value, expected["p_value"], rtol=1e-8)


def test_without_prior_it_would_be_the_ordinary_t():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(1, 12))
    design = np.column_stack([np.ones(12), np.repeat([0, 1], 6)])
    fit = moderated_t(values, design, 1)
    assert fit.t[0] == pytest.approx(ttest_ind(values[0, 6:], values[0, :6]).statistic)


def test_null_p_values_are_uniform(make_cohort):
    table = fit_differential(make_cohort(genes=4000, seed=3))
    assert kstest(table["p_value"], "uniform").pvalue > 0.01
    assert (table["fdr"] < 0.05).sum() <= 2


def test_planted_effects_are_found_with_their_sign(make_cohort):
    effects = {f"G{i:04d}": (2.5 if i % 2 else -2.5) for i in range(20)}
    table = fit_differential(make_cohort(genes=1000, effects=effects)).set_index("gene")
    found = table[table["fdr"] < 0.05]
    assert set(effects) <= set(found.index)
    assert all(np.sign(table.loc[g, "log2fc"]) == np.sign(e) for g, e in effects.items())


def test_shift_scale_and_order_do_not_matter(make_cohort):
    cohort = make_cohort(seed=5)
    design = design_matrix(cohort.samples).to_numpy()
    values = cohort.expression.to_numpy()
    base = moderated_t(values, design, 1)
    order = np.random.default_rng(0).permutation(len(design))
    np.testing.assert_allclose(moderated_t(values[:, order], design[order], 1).t, base.t)
    np.testing.assert_allclose(moderated_t(values * 3 + 7, design, 1).t, base.t)


def test_a_confounded_covariate_stops(make_cohort):
    cohort = make_cohort()
    cohort.samples["batch"] = cohort.samples["group"].map({"case": "x", "control": "y"})
    design = design_matrix(cohort.samples, ("batch",))
    with pytest.raises(DataError, match="full rank"):
        moderated_t(cohort.expression.to_numpy(), design.to_numpy(), 1)


def test_one_case_stops(make_cohort):
    with pytest.raises(DataError, match="1 cases and 15 controls; each group needs two"):
        fit_differential(make_cohort(n_cases=1))


def test_text_covariates_become_levels(make_cohort):
    samples = make_cohort(n_cases=3, n_controls=3).samples.assign(
        site=list("abcabc"), age=["1", "2", "3", "4", "5", "6"]
    )
    design = design_matrix(samples, ("site", "age"))
    assert list(design.columns) == ["intercept", "case", "site: b", "site: c", "age"]


def test_numbered_batches_become_levels(make_cohort):
    samples = make_cohort(n_cases=3, n_controls=3).samples.assign(batch=["1", "2", "3"] * 2)
    assert list(design_matrix(samples, ("batch",)).columns)[2:] == ["batch: 2", "batch: 3"]


def test_constant_gene_does_not_break_the_others(make_cohort):
    cohort = make_cohort()
    cohort.expression.iloc[0] = 5.0
    table = fit_differential(cohort)
    assert table["p_value"].notna().all()
    assert abs(table["t"].iloc[0]) < 1e-10


def test_benjamini_hochberg_equals_scipy_and_keeps_gaps():
    p = np.random.default_rng(2).uniform(size=50)
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p))
    with_gap = benjamini_hochberg(np.array([0.01, np.nan, 0.02]))
    np.testing.assert_allclose(with_gap[[0, 2]], [0.02, 0.02])
    assert np.isnan(with_gap[1])


def test_spline_is_natural_and_prior_follows_a_trend():
    x = np.linspace(0, 1, 200)
    basis = natural_spline(x, 4)
    assert basis.shape == (200, 4)
    second = np.diff(basis, 2, axis=0)
    np.testing.assert_allclose(second[0], 0, atol=1e-3)
    np.testing.assert_allclose(second[-1], 0, atol=1e-3)
    rng = np.random.default_rng(4)
    sigma2 = np.exp(-2 * x) * rng.chisquare(20, 200) / 20
    variance, _ = prior_of_variances(sigma2, 20, x)
    assert np.corrcoef(np.log(variance), -2 * x)[0, 1] > 0.98


def test_the_whole_table_of_columns(make_cohort):
    table = fit_differential(make_cohort())
    columns = ["gene", "log2fc", "mean", "t", "p_value", "fdr", "df", "n_cases", "n_controls"]
    assert list(table.columns) == [*columns, "contrast"]
    assert isinstance(table, pd.DataFrame)


def test_deseq2_equals_the_reference(golden):
    """As near as pydeseq2 comes: its dispersions stop elsewhere than those of DESeq2."""
    counts = golden("deseq2/counts", index_col="gene").to_numpy()
    samples = golden("deseq2/samples")
    design = np.column_stack([np.ones(len(samples)), samples["group"], samples["age"]])
    for name, threshold in [("wald", 0.0), ("treat", 0.5)]:
        table = golden(f"deseq2/{name}", index_col="gene")
        found = wald_test(counts, design.astype(float), 1, fold_change=threshold)
        np.testing.assert_allclose(found.log2fc, table["log2fc"], atol=5e-4)
        np.testing.assert_allclose(found.z, table["z"], atol=0.02)
        np.testing.assert_allclose(found.p_value, table["p_value"], atol=0.01)
        assert np.median(np.abs(found.p_value / table["p_value"] - 1)) < 1e-3


def test_an_outcome_of_numbers_is_tested_in_place_of_the_groups(make_cohort):
    cohort = make_cohort(n_cases=20, n_controls=20)
    density = np.random.default_rng(9).normal(1.0, 0.2, 40)
    values = cohort.expression.copy()
    values.loc["G0003"] -= 1.2 * (density - 1.0) / 0.2
    cohort = replace(
        cohort,
        expression=values,
        samples=cohort.samples.assign(density=density),
        outcome="-density",
    )
    table = fit_differential(cohort).set_index("gene")
    assert table["fdr"].idxmin() == "G0003"
    assert table.loc["G0003", "log2fc"] == pytest.approx(1.2, abs=0.4)
    assert set(table["contrast"]) == {"-density, one standard deviation"}
    turned = fit_differential(replace(cohort, outcome="density")).set_index("gene")
    np.testing.assert_allclose(turned["t"], -table["t"])
    combined = combine_cohorts({"a": table.reset_index()}).set_index("gene")
    assert combined.loc["G0003", "effect"] == pytest.approx(1.2, abs=0.4)


def test_an_outcome_goes_with_its_sample_when_labels_are_permuted(make_cohort):
    cohort = make_cohort(n_cases=4, n_controls=4)
    cohort = replace(cohort, samples=cohort.samples.assign(age=range(8)), outcome="age")
    (other,) = permute_labels([cohort], np.random.default_rng(0))
    assert sorted(other.samples["age"]) == list(range(8))
    assert other.samples["age"].tolist() != list(range(8))
    assert (other.samples["age"] < 4).equals(other.is_case.rename("age"))


def test_an_outcome_without_differences_is_refused(make_cohort):
    cohort = make_cohort()
    cohort = replace(cohort, samples=cohort.samples.assign(age=7), outcome="age")
    with pytest.raises(DataError, match="outcome 'age' is the same in all samples"):
        fit_differential(cohort)


def test_people_as_a_factor_are_tested_within_themselves(make_cohort):
    people = [f"P{i}" for i in range(15)] * 2
    cohort = make_cohort(effects={"G0000": 1.0}, people=people)
    level = np.random.default_rng(1).normal(0, 3, 15)
    cohort = replace(cohort, expression=cohort.expression + np.tile(level, 2))
    within = replace(cohort, testing=Testing(repeated="factor"))
    apart = replace(cohort, testing=Testing(repeated="none"))
    assert fit_differential(within)["p_value"][0] < fit_differential(apart)["p_value"][0]
    people = [f"P{i // 2}" for i in range(30)]
    cohort = make_cohort(n_cases=16, n_controls=14, people=people)
    nested = replace(cohort, testing=Testing(repeated="factor"))
    with pytest.raises(DataError, match="rank"):
        fit_differential(nested)
