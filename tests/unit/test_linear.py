"""Linear models against limma (tests/golden/linear/make.R), a planted truth, and the null."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.cohorts import Testing
from crosshub.differential import fit_differential, moderated_t
from crosshub.linear.correlation import consensus_correlation, gene_correlations
from crosshub.linear.fit import contrast, fit_linear
from crosshub.linear.voom import voom, weighted_voom
from crosshub.linear.weights import sample_weights
from scipy.stats import kstest


@pytest.fixture
def data(golden):
    samples = golden("linear/samples")
    values = golden("linear/expression", index_col="gene").to_numpy(float)
    counts = golden("linear/counts", index_col="gene").to_numpy(float)
    return values, counts, samples


def design(*columns):
    return np.column_stack([np.ones(len(columns[0])), *columns]).astype(float)


def close(fit, golden, name, rtol=1e-8):
    table = golden(f"linear/{name}", index_col="gene")
    for column in ("coefficient", "variance", "df", "t", "p_value"):
        np.testing.assert_allclose(
            getattr(fit, column), table[column], rtol=rtol, atol=rtol, err_msg=f"{name} {column}"
        )


def correlation_of(golden, name):
    return float(golden("linear/correlations", index_col="design").loc[name, "correlation"])


@pytest.mark.parametrize(
    ("name", "columns", "settings"),
    [
        ("two_groups", ["group"], {}),
        ("covariate", ["group", "age"], {}),
        ("continuous", ["age"], {}),
        ("trend", ["group"], {"trend": True}),
        ("treat", ["group"], {"fold_change": 0.5}),
    ],
)
def test_equal_to_limma(data, golden, name, columns, settings):
    values, _, samples = data
    x = design(*(samples[column] for column in columns))
    close(moderated_t(values, x, 1, **settings), golden, name)


@pytest.mark.parametrize(("name", "trend"), [("robust", False), ("robust_trend", True)])
def test_robust_prior_equals_limma(data, golden, name, trend):
    """To 1e-7: limma stops the search for the prior degrees of freedom at 1e-8."""
    values, _, samples = data
    fit = moderated_t(values, design(samples["group"]), 1, trend=trend, robust=True)
    close(fit, golden, name, rtol=1e-7)
    assert fit.prior_df[:5].max() < fit.prior_df.max() / 2, "outliers believe less in the prior"


def test_pairs_as_a_factor_equal_limma(data, golden):
    values, _, samples = data
    people = pd.get_dummies(samples["person"], drop_first=True).to_numpy(float)
    x = np.column_stack([np.ones(len(samples)), samples["group"], people])
    close(moderated_t(values, x, 1), golden, "pairs_as_factor")


def test_pairs_by_correlation_equal_limma(data, golden):
    values, _, samples = data
    x, blocks = design(samples["group"]), samples["person"].to_numpy()
    found = consensus_correlation(values, x, blocks)
    assert found == pytest.approx(correlation_of(golden, "pairs"), abs=1e-10)
    close(moderated_t(values, x, 1, blocks=blocks, correlation=found), golden, "pairs")


def test_uneven_blocks_equal_limma(data, golden):
    """limma stops the iterations of uneven blocks early: the correlation agrees to four digits."""
    values, _, samples = data
    x, blocks = design(samples["later"]), samples["uneven"].to_numpy()
    theirs = correlation_of(golden, "uneven")
    assert consensus_correlation(values, x, blocks) == pytest.approx(theirs, abs=3e-4)
    close(moderated_t(values, x, 1, blocks=blocks, correlation=theirs), golden, "uneven")


def test_voom_equals_limma(data, golden):
    _, counts, samples = data
    x = design(samples["group"])
    values, weights = voom(counts, x, counts.sum(axis=0))
    close(moderated_t(values, x, 1, weights=weights), golden, "voom")
    blocks, theirs = samples["person"].to_numpy(), correlation_of(golden, "voom_pairs")
    found = consensus_correlation(values, x, blocks, weights)
    assert found == pytest.approx(theirs, abs=3e-4)
    values, weights = voom(counts, x, counts.sum(axis=0), blocks=blocks, correlation=theirs)
    fit = moderated_t(values, x, 1, weights=weights, blocks=blocks, correlation=theirs)
    close(fit, golden, "voom_pairs")


def test_voom_with_weights_of_samples_equals_limma(data, golden):
    _, counts, samples = data
    x = design(samples["group"])
    values, weights = weighted_voom(counts, x, counts.sum(axis=0))
    close(moderated_t(values, x, 1, weights=weights), golden, "voom_weights", rtol=1e-6)


def test_weights_of_samples_equal_limma(data, golden):
    values, _, samples = data
    x = design(samples["group"])
    weights = sample_weights(values, x)
    np.testing.assert_allclose(weights, golden("linear/weights")["weight"], rtol=1e-6)
    close(moderated_t(values, x, 1, weights=weights), golden, "sample_weights", rtol=1e-6)


def test_a_contrast_is_the_same_test_in_another_design(data):
    values, _, samples = data
    group = samples["group"].to_numpy(float)
    means = np.column_stack([1 - group, group])
    fit = contrast(fit_linear(values, means), means, np.array([-1.0, 1.0]))
    whole = fit_linear(values, design(group))
    np.testing.assert_allclose(fit.coefficients[:, 0], whole.coefficients[:, 1])
    np.testing.assert_allclose(fit.unscaled[:, 0], whole.unscaled[:, 1])


def test_weights_of_one_number_change_nothing(data):
    values, _, samples = data
    x = design(samples["group"])
    plain = moderated_t(values, x, 1)
    own = moderated_t(values, x, 1, weights=np.full(values.shape, 3.0))
    np.testing.assert_allclose(own.t, plain.t)


def test_a_planted_correlation_is_found_and_none_is_not():
    rng = np.random.default_rng(1)
    blocks = np.repeat(np.arange(12), 2)
    x = design(np.tile([0, 1], 12))
    for rho in (0.0, 0.6):
        shared = rng.normal(size=(2000, 12))[:, blocks]
        values = np.sqrt(rho) * shared + np.sqrt(1 - rho) * rng.normal(size=(2000, 24))
        assert consensus_correlation(values, x, blocks) == pytest.approx(rho, abs=0.03)


def test_blocks_that_the_design_says_have_no_correlation():
    values = np.random.default_rng(0).normal(size=(20, 8))
    blocks = np.repeat([0, 1], 4)
    assert gene_correlations(values, design(blocks), blocks) is None
    assert consensus_correlation(values, design(blocks), np.arange(8)) == 0


def test_a_noisy_sample_weighs_less():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(1000, 12))
    values[:, 4] *= 4
    weights = sample_weights(values, design(np.tile([0, 1], 6)))
    assert weights[4] < 0.15 < 0.8 < np.delete(weights, 4).min()
    assert np.log(weights).sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("settings", [{}, {"robust": True}, {"trend": True}])
def test_p_is_uniform_where_nothing_is_changed(settings):
    """Repeated people included: their correlation is in the model."""
    rng = np.random.default_rng(3)
    blocks = np.repeat(np.arange(10), 2)
    group = np.repeat([0, 1], 10)
    values = rng.normal(size=(3000, 10))[:, blocks] + rng.normal(size=(3000, 20))
    x = design(group)
    rho = consensus_correlation(values, x, blocks)
    fit = moderated_t(values, x, 1, blocks=blocks, correlation=rho, **settings)
    assert kstest(fit.p_value, "uniform").pvalue > 0.01
    ignored = moderated_t(values, x, 1, **settings)
    assert (ignored.p_value < 0.05).mean() > 0.1, "people counted twice find too much"


def test_repeated_people_enter_the_model_of_a_cohort(make_cohort):
    people = [f"P{i // 2}" for i in range(30)]
    cohort = make_cohort(n_cases=14, n_controls=16, people=people)
    shared = np.random.default_rng(5).normal(0, 2, (200, 15))[:, np.arange(30) // 2]
    cohort = replace(cohort, expression=cohort.expression + shared)
    as_own = replace(cohort, testing=Testing(repeated="none"))
    honest, naive = fit_differential(cohort), fit_differential(as_own)
    assert (naive["p_value"] < 0.05).mean() > 2 * (honest["p_value"] < 0.05).mean()


def test_each_way_to_test_a_cohort_runs_and_differs(make_cohort):
    cohort = make_cohort(effects={"G0000": 2.0}, genes=400)
    plain = fit_differential(cohort)
    for testing in (
        Testing(trend=True),
        Testing(robust=True),
        Testing(sample_weights=True),
        Testing(fold_change=0.5),
    ):
        found = fit_differential(replace(cohort, testing=testing))
        assert list(found["gene"]) == list(plain["gene"])
        assert not np.allclose(found["p_value"], plain["p_value"])
        assert found.loc[0, "p_value"] < 0.05
