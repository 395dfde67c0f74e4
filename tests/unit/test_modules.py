import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.eigengenes import eigengenes, first_component
from crosshub.coexpression.modules import build_modules
from crosshub.coexpression.traits import module_traits
from crosshub.errors import DataError
from scipy import stats
from sklearn.metrics import adjusted_rand_score

SETS = [(name, method) for name in ("easy", "hard") for method in ("pearson", "bicor")]
COLUMNS = ["gene", "module", "kme", "connectivity", "total_connectivity", "hub"]


def number(modules):
    return modules.str[1:].astype(int)


def simulate(seed, sizes=(80, 60, 40), noise=120, n_samples=50):
    """Return genes × samples, the module of each gene (0: none), its loading, and the factors."""
    rng = np.random.default_rng(seed)
    truth = np.r_[np.repeat(np.arange(1, len(sizes) + 1), sizes), np.zeros(noise, int)]
    truth = rng.permutation(truth)
    loading = np.where(truth > 0, rng.uniform(0.5, 0.95, len(truth)), 0)
    factors = rng.normal(size=(len(sizes) + 1, n_samples))
    values = loading[:, None] * factors[truth]
    values += np.sqrt(1 - loading**2)[:, None] * rng.normal(size=values.shape)
    index = pd.Index([f"G{i:04d}" for i in range(len(truth))], name="gene")
    columns = [f"s{j}" for j in range(n_samples)]
    return (
        pd.DataFrame(values + 8, index, columns),
        pd.Series(truth, index),
        pd.Series(loading, index),
        pd.DataFrame(factors[1:].T, columns),
    )


def build_golden(golden, name, method, merge_height=0.25):
    expression = golden(f"wgcna/{name}", index_col=0)
    # With one power and no demand on its fit, the power is that of the reference.
    built = build_modules(
        expression, correlation=method, powers=(6,), scale_free_fit=0, merge_height=merge_height
    )
    theirs = golden("wgcna/genes", index_col=0).filter(regex=f"^{name}.{method}")
    theirs.columns = theirs.columns.str.split(".").str[2]
    return expression, built, theirs, built.table.set_index("gene").loc[theirs.index]


@pytest.mark.parametrize(("name", "method"), SETS)
@pytest.mark.parametrize(("height", "column"), [(0.25, "merged"), (0.65, "merged65")])
def test_modules_equal_wgcna(golden, name, method, height, column):
    _, built, theirs, ours = build_golden(golden, name, method, height)
    assert built.power == 6
    assert adjusted_rand_score(theirs[column], ours["module"]) == 1
    np.testing.assert_array_equal(theirs[column] == 0, ours["module"] == "M0")
    if (name, height) == ("hard", 0.65):
        assert theirs["raw"].max() > len(built.eigengenes)


@pytest.mark.parametrize(("name", "method"), SETS)
def test_kme_connectivity_and_eigengenes_equal_wgcna(golden, name, method):
    expression, built, theirs, ours = build_golden(golden, name, method)
    np.testing.assert_allclose(ours["kme"], theirs["kme"], atol=1e-6)
    np.testing.assert_allclose(ours["connectivity"], theirs["connectivity"], rtol=1e-5)
    table = golden("wgcna/eigengenes").query("set == @name and method == @method")
    assert len(table) == len(built.eigengenes)
    for row in table.itertuples(index=False):
        module = ours.loc[theirs["merged"] == row.module, "module"].iloc[0]
        expected = np.array(row[3 : 3 + expression.shape[1]], float)
        np.testing.assert_allclose(built.eigengenes.loc[module], expected, atol=1e-6)


def test_planted_modules_factors_and_hubs_are_found():
    expression, truth, loading, factors = simulate(1)
    # At a low power the cut gives noise to the nearest module, here and in the reference.
    built = build_modules(expression, powers=(6,), scale_free_fit=0)
    table = built.table.set_index("gene")
    assert len(built.eigengenes) == 3
    found = table["module"].loc[truth.index]
    planted = truth > 0
    assert adjusted_rand_score(truth[planted], found[planted]) > 0.9
    assert (found[~planted] == "M0").mean() > 0.8
    for m in (1, 2, 3):
        own = truth.index[truth == m]
        module = found[own].mode()[0]
        assert module == f"M{m}"
        r = np.corrcoef(built.eigengenes.loc[module], factors[m - 1])[0, 1]
        assert abs(r) > 0.95
        hubs = table.index[table["hub"] & (table["module"] == module)]
        assert len(hubs) >= 4
        assert loading[hubs].min() > loading[own].median()
        inside = table.loc[own][table.loc[own, "module"] == module]
        assert stats.spearmanr(inside["kme"], loading[inside.index])[0] > 0.8


def test_noise_makes_no_modules_and_no_error():
    shares = []
    for seed in range(6):
        rng = np.random.default_rng([7, seed])
        noise = pd.DataFrame(rng.normal(size=(300, 40)), [f"G{i}" for i in range(300)])
        built = build_modules(noise)
        assert set(built.table["gene"]) == set(noise.index)
        assert built.reason
        shares.append((built.table["module"] != "M0").mean())
    assert np.mean(shares) < 0.1


def test_table_is_sorted_and_complete():
    expression, *_ = simulate(2)
    built = build_modules(expression)
    table = built.table
    assert list(table) == COLUMNS
    assert set(table["gene"]) == set(expression.index)
    assert number(table["module"]).is_monotonic_increasing
    out = table["module"] == "M0"
    assert table.loc[out, ["kme", "connectivity"]].isna().all(axis=None)
    assert not table.loc[out, "hub"].any()
    sizes = table.loc[~out, "module"].value_counts(sort=False)
    assert sizes.is_monotonic_decreasing
    assert list(sizes.index) == list(built.eigengenes.index)
    for _, part in table[~out].groupby("module"):
        assert part["kme"].is_monotonic_decreasing
        assert part["hub"].sum() <= np.ceil(0.1 * len(part))
        assert (part.loc[part["hub"], "kme"] >= 0.8).all()
        assert part["kme"].between(-1, 1).all()
    np.testing.assert_allclose((built.eigengenes**2).sum(axis=1), 1)


def test_the_order_of_genes_and_samples_changes_nothing():
    expression, *_ = simulate(3)
    rng = np.random.default_rng(0)
    moved = expression.iloc[rng.permutation(len(expression)), rng.permutation(50)]
    first, second = build_modules(expression), build_modules(moved)
    assert first.table[["gene", "module", "hub"]].equals(second.table[["gene", "module", "hub"]])
    np.testing.assert_allclose(first.table["kme"], second.table["kme"])
    pd.testing.assert_frame_equal(first.eigengenes, second.eigengenes[expression.columns])
    again = build_modules(expression)
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    pd.testing.assert_frame_equal(first.eigengenes, again.eigengenes, check_exact=True)


def test_the_most_variable_genes_enter_and_ties_go_by_name():
    expression, *_ = simulate(4)
    expression.iloc[:50] = 8 + (expression.iloc[:50] - 8) * 0.01
    built = build_modules(expression, max_genes=250)
    assert set(built.table["gene"]) == set(expression.index[50:])
    same = pd.DataFrame(
        np.tile([1.0, 2, 3, 4, 6], (5, 1)), ["e", "c", "a", "d", "b"], list("vwxyz")
    )
    assert build_modules(same, max_genes=3).table["gene"].tolist() == ["a", "b", "c"]


def test_constant_genes_and_genes_with_gaps_do_not_enter():
    expression, *_ = simulate(5)
    expression = expression.copy()
    expression.iloc[3] = 7.1
    expression.iloc[4, 2] = np.nan
    built = build_modules(expression.astype(np.float32))
    assert set(built.table["gene"]) == set(expression.index.delete([3, 4]))
    assert len(built.eigengenes) == 3


@pytest.mark.parametrize(
    ("n_genes", "n_samples", "reason"),
    [
        (59, 20, "59 varying genes"),
        (100, 3, "3 samples"),
        (0, 20, "0 varying genes"),
        (100, 20, "no module of 30 genes"),
    ],
)
def test_what_cannot_be_a_network_is_valid_and_says_why(n_genes, n_samples, reason):
    rng = np.random.default_rng(6)
    expression = pd.DataFrame(
        rng.normal(size=(n_genes, n_samples)),
        pd.Index([f"G{i}" for i in range(n_genes)], dtype=object),
        [f"s{j}" for j in range(n_samples)],
    )
    built = build_modules(expression)
    assert reason in built.reason
    assert list(built.table) == COLUMNS
    assert (built.table["module"] == "M0").all()
    assert len(built.table) == n_genes
    assert built.eigengenes.shape == (0, n_samples)
    assert list(built.eigengenes.columns) == list(expression.columns)
    assert "scale_free_fit" in built.soft_threshold
    assert (built.power is None) == built.soft_threshold.empty
    assert module_traits(built.eigengenes, pd.DataFrame(index=expression.columns)).empty


def test_unknown_settings_are_refused():
    expression, *_ = simulate(8, sizes=(40,), noise=40, n_samples=10)
    with pytest.raises(DataError, match="signed_hybrid"):
        build_modules(expression, network="hybrid")
    with pytest.raises(DataError, match="bicor"):
        build_modules(expression, correlation="spearman")


def test_eigengenes_of_another_cohort():
    expression, truth, _, factors = simulate(9)
    labels = ("M" + truth.astype(str)).rename("module")
    labels["absent"] = "M1"
    labels["lonely"] = "M12"
    expression.iloc[0] = 1.0
    profiles = eigengenes(expression.iloc[::-1], labels)
    assert list(profiles.index) == ["M1", "M2", "M3"]
    for m in (1, 2, 3):
        own = expression.loc[truth.index[truth == m]]
        own = own[own.std(axis=1) > 0]
        standard = own.sub(own.mean(axis=1), axis=0).div(own.std(axis=1), axis=0)
        assert np.corrcoef(profiles.loc[f"M{m}"], standard.mean())[0, 1] > 0
        assert abs(np.corrcoef(profiles.loc[f"M{m}"], factors[m - 1])[0, 1]) > 0.95


def test_eigengenes_are_in_the_order_of_numbers():
    rng = np.random.default_rng(10)
    genes = [f"g{i}" for i in range(24)]
    labels = pd.Series([f"M{i % 12 + 1}" for i in range(24)], genes)
    profiles = eigengenes(pd.DataFrame(rng.normal(size=(24, 6)), genes), labels)
    assert list(profiles.index) == [f"M{i}" for i in range(1, 13)]


def test_first_component_is_the_axis_of_most_variance():
    rng = np.random.default_rng(11)
    values = rng.normal(size=(12, 5)) + rng.normal(size=(12, 1))
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    component = first_component(values)
    explained = np.sum((standard.T @ component) ** 2)
    others = rng.normal(size=(12, 2000))
    others /= np.linalg.norm(others, axis=0)
    assert explained > np.sum((standard.T @ others) ** 2, axis=0).max()
    assert component @ standard.mean(axis=1) > 0


def profiles_of_noise(rng, modules, samples):
    return pd.DataFrame(
        rng.normal(size=(modules, samples)),
        [f"M{i + 1}" for i in range(modules)],
        [f"s{j}" for j in range(samples)],
    )


def test_module_traits_equal_scipy_with_gaps_dropped_per_trait():
    rng = np.random.default_rng(12)
    profiles = profiles_of_noise(rng, 3, 20)
    traits = pd.DataFrame({"age": rng.normal(50, 9, 20), "bmi": rng.normal(25, 3, 20)})
    traits.index = profiles.columns[::-1]
    traits.loc["s3", "bmi"] = np.nan
    traits.loc["absent"] = 1.0
    table = module_traits(profiles, traits)
    assert list(table) == ["module", "trait", "correlation", "p_value", "fdr", "n"]
    assert table["n"].tolist() == [20] * 3 + [19] * 3
    for row in table.itertuples():
        value = traits[row.trait].dropna().drop("absent")
        r, p = stats.pearsonr(profiles.loc[row.module, value.index], value)
        np.testing.assert_allclose([row.correlation, row.p_value], [r, p], rtol=1e-9)
    for _, part in table.groupby("trait"):
        np.testing.assert_allclose(part["fdr"], stats.false_discovery_control(part["p_value"]))
    alone = module_traits(profiles, traits[["age"]])
    pd.testing.assert_frame_equal(alone, table[table["trait"] == "age"])


def test_module_traits_of_text():
    rng = np.random.default_rng(13)
    profiles = profiles_of_noise(rng, 1, 12)
    traits = pd.DataFrame(
        {
            "group": ["case"] * 6 + ["control"] * 6,
            "site": ["hip", "knee", "spine", None] * 3,
            "smoker": [True, False] * 6,
            "same": ["x"] * 12,
            "rare": [1.0, 2.0, 3.0] + [np.nan] * 9,
        },
        index=profiles.columns,
    )
    profiles.loc["M1"] += (traits["group"] == "case") * 5.0
    table = module_traits(profiles, traits).set_index("trait")
    assert list(table.index) == ["group=case", "site=hip", "site=knee", "site=spine", "smoker"]
    assert table["n"].tolist() == [12, 9, 9, 9, 12]
    assert table.loc["group=case", "correlation"] > 0.8
    assert table.loc["group=case", "fdr"] < 0.01


def test_module_traits_at_a_correlation_of_one():
    profiles = profiles_of_noise(np.random.default_rng(14), 2, 8)
    profiles.loc["M2"] = 1.0
    table = module_traits(profiles, profiles.loc[["M1"]].T.rename(columns={"M1": "itself"}))
    assert table["module"].tolist() == ["M1"]
    assert table["correlation"][0] == pytest.approx(1)
    assert table["p_value"][0] == pytest.approx(0, abs=1e-12)


def test_module_traits_of_noise_have_uniform_p_values():
    rng = np.random.default_rng(15)
    profiles = profiles_of_noise(rng, 20, 15)
    traits = pd.DataFrame(rng.normal(size=(15, 200)), profiles.columns)
    table = module_traits(profiles, traits)
    # The modules share their samples: one a trait is independent of the rest.
    one = table[table["module"] == "M1"]
    assert stats.kstest(one["p_value"], "uniform").pvalue > 0.01
    falsely_tied = (table["fdr"] < 0.1).groupby(table["trait"]).any().mean()
    assert falsely_tied < 0.17
