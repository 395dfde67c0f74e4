import numpy as np
import pandas as pd
import pytest
from crosshub import counts as rna
from crosshub.differential import (
    benjamini_hochberg,
    design_matrix,
    fit_differential,
    moderated_t,
)
from crosshub.errors import DataError
from crosshub.linear.moderation import natural_spline, prior_of_variances
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
    assert list(table.columns) == columns
    assert isinstance(table, pd.DataFrame)
