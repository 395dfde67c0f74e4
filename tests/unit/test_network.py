import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.network import (
    NETWORKS,
    adjacency,
    correlation,
    network_weights,
    topological_overlap,
    unit_columns,
)
from crosshub.coexpression.scale_free import choose_power, soft_threshold
from crosshub.errors import DataError
from scipy.special import gammaln

SETS = [(name, method) for name in ("easy", "hard") for method in ("pearson", "bicor")]


def samples_by_genes(golden, name):
    frame = golden(f"wgcna/{name}", index_col=0)
    return frame.index, frame.to_numpy().T


@pytest.mark.parametrize(("name", "method"), SETS)
def test_correlation_and_overlap_equal_wgcna(golden, name, method):
    genes, values = samples_by_genes(golden, name)
    theirs = golden("wgcna/network").query("set == @name and method == @method")
    i, j = genes.get_indexer(theirs["i"]), genes.get_indexer(theirs["j"])
    r = correlation(values, method)
    overlap = topological_overlap(adjacency(r, 6, "signed_hybrid"))
    np.testing.assert_allclose(r[i, j], theirs["correlation"], atol=1e-8)
    np.testing.assert_allclose(overlap[i, j], theirs["overlap"], atol=1e-8)
    np.testing.assert_allclose(overlap.sum(), theirs["total_overlap"].iloc[0], rtol=1e-7)


@pytest.mark.parametrize(("name", "method"), SETS)
@pytest.mark.parametrize("network", NETWORKS)
def test_soft_threshold_equals_wgcna(golden, name, method, network):
    theirs = golden("wgcna/soft_threshold").query(
        "set == @name and method == @method and network == @network"
    )
    ours = soft_threshold(samples_by_genes(golden, name)[1], network=network, method=method)
    assert list(ours) == [
        "power",
        "scale_free_fit",
        "slope",
        "truncated_fit",
        "mean_connectivity",
        "median_connectivity",
        "max_connectivity",
    ]
    np.testing.assert_allclose(ours, theirs.iloc[:, 3:], rtol=1e-6, atol=1e-7)


def test_soft_threshold_in_blocks_and_in_any_order_of_powers():
    values = np.random.default_rng(0).normal(size=(20, 700))
    table = soft_threshold(values, powers=(6, 1, 3), network="signed", method="pearson")
    assert table["power"].tolist() == [1, 3, 6]
    for row in table.itertuples():
        k = adjacency(correlation(values, "pearson"), row.power, "signed").sum(axis=1) - 1
        np.testing.assert_allclose(
            [row.mean_connectivity, row.median_connectivity, row.max_connectivity],
            [k.mean(), np.median(k), k.max()],
        )


def test_connectivity_of_noise_is_what_theory_says():
    n, p = 25, 600
    values = np.random.default_rng(1).normal(size=(n, p))
    table = soft_threshold(values, powers=(1, 2), network="unsigned", method="pearson")
    # Moments of the correlation of independent normal variables.
    first = np.exp(gammaln((n - 1) / 2) - gammaln(n / 2)) / np.sqrt(np.pi)
    second = 1 / (n - 1)
    expected = [(p - 1) * first, (p - 1) * second]
    np.testing.assert_allclose(table["mean_connectivity"], expected, rtol=0.03)


def test_soft_threshold_without_a_spread_of_connectivity_has_no_fit():
    values = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 2.0], [3.0, 5.0]])
    table = soft_threshold(values, powers=(1, 2), method="pearson")
    assert table["scale_free_fit"].isna().all()
    assert choose_power(table, 4, network="signed_hybrid")[0] == 9


def test_bicor_withstands_an_outlier_and_pearson_does_not():
    rng = np.random.default_rng(2)
    shared = rng.normal(size=40)
    values = np.column_stack([shared, shared]) + rng.normal(size=(40, 2)) * 0.3
    values[0] = [50, -50]
    assert correlation(values, "pearson")[0, 1] < -0.5
    assert correlation(values, "bicor")[0, 1] > 0.85


def test_bicor_of_a_gene_without_spread_falls_back_for_that_gene_alone():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(30, 3))
    values[:25, 0] = 7
    unit = unit_columns(values, "bicor")
    np.testing.assert_allclose(unit[:, 0], unit_columns(values, "pearson")[:, 0])
    assert not np.allclose(unit[:, 1], unit_columns(values, "pearson")[:, 1])


@pytest.mark.parametrize("method", ["pearson", "bicor"])
def test_a_constant_gene_has_no_correlation(method):
    values = np.random.default_rng(4).normal(size=(10, 3))
    values[:, 1] = 0.1
    r = correlation(values, method)
    assert np.isnan(r[1]).all()
    assert r[0, 0] == 1
    assert np.isfinite(r[0, 2])


def test_pearson_equals_numpy_and_stays_within_one():
    values = np.random.default_rng(5).normal(size=(8, 40))
    values[:, 1] = values[:, 0] * 3 + 2
    r = correlation(values.astype(np.float32), "pearson")
    np.testing.assert_allclose(r, np.corrcoef(values.astype(np.float32).T), atol=1e-6)
    assert r.dtype == np.float64
    assert np.abs(r).max() <= 1


def test_adjacency_of_each_network():
    r = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert adjacency(r, 2, "signed_hybrid").tolist() == [0, 0, 0, 0.25, 1]
    assert adjacency(r, 2, "unsigned").tolist() == [1, 0.25, 0, 0.25, 1]
    assert adjacency(r, 2, "signed").tolist() == [0, 0.0625, 0.25, 0.5625, 1]


def test_topological_overlap_is_its_definition():
    rng = np.random.default_rng(6)
    a = rng.uniform(size=(7, 7))
    a = (a + a.T) / 2
    given = a.copy()
    overlap = topological_overlap(a)
    np.testing.assert_array_equal(a, given)
    for i in range(7):
        for j in range(7):
            if i == j:
                assert overlap[i, j] == 1
                continue
            others = [u for u in range(7) if u not in (i, j)]
            shared = sum(a[i, u] * a[u, j] for u in others)
            k_i, k_j = (a[x].sum() - a[x, x] for x in (i, j))
            expected = (shared + a[i, j]) / (min(k_i, k_j) + 1 - a[i, j])
            assert overlap[i, j] == pytest.approx(expected, abs=1e-14)


def test_topological_overlap_in_blocks_is_symmetric_and_between_zero_and_one():
    values = np.random.default_rng(7).normal(size=(15, 1100))
    overlap = topological_overlap(adjacency(correlation(values, "pearson"), 2, "unsigned"))
    assert overlap.min() >= 0
    assert overlap.max() <= 1
    np.testing.assert_allclose(overlap, overlap.T, atol=1e-14)
    assert topological_overlap(np.eye(3)).tolist() == np.eye(3).tolist()


def fits(signed):
    signed = np.array(signed, float)
    return pd.DataFrame(
        {
            "power": range(1, len(signed) + 1),
            "scale_free_fit": np.abs(signed),
            "slope": -np.sign(signed),
        }
    )


def test_power_is_the_lowest_that_fits_with_a_falling_slope():
    power, reason = choose_power(fits([-0.99, 0.5, 0.9, 0.8, 0.95]), 50, network="signed_hybrid")
    assert power == 3
    assert "0.85" in reason


@pytest.mark.parametrize(
    ("n", "signed", "other"),
    [
        (5, 18, 9),
        (19, 18, 9),
        (20, 16, 8),
        (30, 16, 8),
        (31, 14, 7),
        (40, 14, 7),
        (41, 12, 6),
        (500, 12, 6),
    ],
)
def test_power_without_a_fit_is_the_advised_one(n, signed, other):
    table = fits([-0.99, 0.5, 0.84])
    assert choose_power(table, n, network="signed")[0] == signed
    for network in ("unsigned", "signed_hybrid"):
        power, reason = choose_power(table, n, network=network)
        assert power == other
        assert "0.84" in reason
        assert str(n) in reason


def test_unknown_words_are_named_with_the_known_ones():
    with pytest.raises(DataError, match="'kendall'.*pearson, bicor"):
        correlation(np.ones((4, 2)), "kendall")
    with pytest.raises(DataError, match="'round'.*signed_hybrid"):
        adjacency(np.ones(2), 2, "round")
    with pytest.raises(DataError, match="'round'.*signed_hybrid"):
        choose_power(fits([0.9]), 9, network="round")


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_of_all_genes_are_the_adjacency(network):
    values = np.random.default_rng(8).normal(size=(12, 600))
    weights = network_weights(unit_columns(values, "bicor"), 5, network)
    expected = adjacency(correlation(values, "bicor"), 5, network)
    np.fill_diagonal(expected, 0)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, atol=1e-7)
    np.testing.assert_array_equal(weights, weights.T)


def test_signed_overlap_counts_neighbours_that_disagree_against_each_other():
    r = np.array([[1, 0.5, 0.8], [0.5, 1, -0.8], [0.8, -0.8, 1]])
    same = topological_overlap(np.abs(r))[0, 1]
    opposed = topological_overlap(r)[0, 1]
    assert same == pytest.approx((0.5 + 0.64) / (1.3 + 1 - 0.5))
    assert opposed == pytest.approx(abs(0.5 - 0.64) / (1.3 + 1 - 0.5))


@pytest.mark.parametrize("network", NETWORKS)
def test_the_kind_of_overlap_matters_in_unsigned_networks_alone(network):
    unit = unit_columns(np.random.default_rng(9).normal(size=(12, 50)), "pearson")
    one, two = (
        topological_overlap(network_weights(unit, 2, network, overlap=overlap))
        for overlap in ("unsigned", "signed")
    )
    assert np.array_equal(one, two) == (network != "unsigned")


def test_overlap_in_float32_equals_that_in_float64():
    values = np.random.default_rng(10).normal(size=(10, 900)) + np.linspace(0, 3, 10)[:, None]
    weights = network_weights(unit_columns(values, "pearson"), 2, "unsigned")
    single, double = (topological_overlap(weights.astype(t)) for t in (np.float32, np.float64))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-6)


@pytest.mark.parametrize("power", [1, 2, 3, 5, 12, 20, 2.5])
def test_powers_by_products_are_powers(power):
    r = np.linspace(0, 1, 11)
    np.testing.assert_allclose(adjacency(r, power, "unsigned"), r**power, rtol=1e-13)
