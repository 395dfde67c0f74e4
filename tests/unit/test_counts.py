import numpy as np
import pandas as pd
import pytest
from crosshub.counts import counts_per_million, expressed, log2_cpm, tmm_factors


def simulated(genes=2000, samples=6, seed=0):
    rng = np.random.default_rng(seed)
    mean = rng.gamma(0.5, 200, (genes, 1)) * rng.uniform(0.5, 2, samples)
    return pd.DataFrame(
        rng.poisson(mean).astype(float),
        index=[f"G{i}" for i in range(genes)],
        columns=[f"S{i}" for i in range(samples)],
    )


def test_product_of_the_factors_is_one_and_library_size_does_not_matter():
    counts = simulated()
    factors = tmm_factors(counts)
    assert np.prod(factors) == pytest.approx(1)
    np.testing.assert_allclose(factors, 1, atol=0.05)
    np.testing.assert_allclose(tmm_factors(counts * 7), factors, rtol=1e-10)


def test_a_few_loud_genes_do_not_make_the_others_look_silent():
    """One sample spends half of its reads on 50 genes: its factor is half of the others'."""
    counts = simulated()
    quiet = counts["S0"].sum()
    counts.loc[counts.index[:50], "S0"] += quiet / 50
    factors = tmm_factors(counts)
    assert np.prod(factors) == pytest.approx(1)
    assert factors["S0"] / factors.drop("S0").mean() == pytest.approx(0.5, rel=0.05)
    rest = counts.index[50:]
    logged = log2_cpm(counts, factors).loc[rest]
    plain = np.log2(counts_per_million(counts).loc[rest] + 1)
    truth = log2_cpm(simulated(), pd.Series(1.0, index=counts.columns)).loc[rest]
    heard = truth.mean(axis=1) > 3

    def shift(table):
        return (table["S0"] - table["S1"])[heard].median()

    assert shift(logged) == pytest.approx(shift(truth), abs=0.05)
    assert shift(plain) < shift(truth) - 0.8


def test_equal_samples_have_factor_one_and_order_does_not_matter():
    counts = simulated(samples=1)
    same = pd.concat([counts["S0"], counts["S0"] * 3], axis=1, keys=["a", "b"])
    assert tmm_factors(same).tolist() == [1, 1]
    counts = simulated()
    turned = tmm_factors(counts[counts.columns[::-1]])
    np.testing.assert_allclose(turned[counts.columns], tmm_factors(counts), rtol=1e-10)


def test_silent_genes_are_not_tested():
    counts = pd.DataFrame(
        {f"S{i}": [100.0, 0, 9, 20 if i < 3 else 0, 1e6] for i in range(6)},
        index=["heard", "silent", "faint", "one_group", "most"],
    )
    group = pd.Series(["case"] * 3 + ["control"] * 3, index=counts.columns)
    assert expressed(counts, group).to_dict() == {
        "heard": True,
        "silent": False,
        "faint": False,
        "one_group": True,
        "most": True,
    }


def test_counts_per_million_and_their_logarithm():
    counts = simulated()
    np.testing.assert_allclose(counts_per_million(counts).sum(), 1e6)
    logged = log2_cpm(counts * 1e4, pd.Series(1.0, index=counts.columns))
    heard = (counts > 10).all(axis=1)
    expected = np.log2(counts_per_million(counts)[heard])
    np.testing.assert_allclose(logged[heard], expected, atol=1e-3)
    assert np.isfinite(log2_cpm(counts, tmm_factors(counts))).all(axis=None)
