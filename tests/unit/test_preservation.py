import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.preservation import module_preservation

OBSERVED = [
    "mean_correlation",
    "mean_adjacency",
    "proportion_variance_explained",
    "mean_kme",
    "cor_kim",
    "cor_kme",
    "cor_cor",
]
SETTINGS = {"power": 6, "network": "signed_hybrid", "correlation": "pearson"}


def cohort(rng, labels, loading, n_samples, keep=()):
    """Return genes × samples where the modules in `keep` hold together."""
    names = list(dict.fromkeys(labels))
    factors = rng.normal(size=(len(names), n_samples))
    held = np.where(labels.isin(keep), loading, 0)[:, None]
    values = held * factors[[names.index(name) for name in labels]]
    values += np.sqrt(1 - held**2) * rng.normal(size=values.shape)
    return pd.DataFrame(values, labels.index, [f"s{j}" for j in range(n_samples)])


def planted(seed, kept, n_test=40):
    rng = np.random.default_rng([seed, 99])
    sizes = {"M1": 60, "M2": 50, "M3": 40, "M0": 100}
    names = [name for name, size in sizes.items() for _ in range(size)]
    labels = pd.Series(names, [f"g{i:03d}" for i in range(len(names))])
    loading = rng.uniform(0.4, 0.95, len(labels))
    reference = cohort(rng, labels, loading, 50, keep=("M1", "M2", "M3"))
    return reference, cohort(rng, labels, loading, n_test, keep=kept), labels


@pytest.mark.parametrize("method", ["pearson", "bicor"])
def test_equals_wgcna(golden, method):
    reference, test = (golden(f"wgcna/{name}", index_col=0) for name in ("easy", "test"))
    labels = "M" + golden("wgcna/genes", index_col=0)[f"easy.{method}.merged"].astype(str)
    theirs = golden("wgcna/preservation").query("method == @method")
    ours = module_preservation(
        reference,
        test,
        labels,
        power=6,
        network="signed_hybrid",
        correlation=method,
        rng=np.random.default_rng(1),
        permutations=400,
    )
    assert ours["module"].tolist() == [f"M{label:g}" for label in theirs["label"]]
    assert ours["size"].tolist() == theirs["size"].tolist()
    np.testing.assert_allclose(ours[OBSERVED], theirs[OBSERVED], rtol=1e-6, atol=1e-7)
    # Different permutations: the standard error of a Z is about 5 % of it.
    for z in ("z_summary", "z_density", "z_connectivity"):
        apart = np.abs(ours[z].to_numpy() - theirs[z].to_numpy())
        assert (apart < 0.4 + 0.15 * np.abs(theirs[z].to_numpy())).all()
    assert np.median(np.abs(ours["z_summary"].to_numpy() - theirs["z_summary"].to_numpy())) < 0.5
    assert ours["verdict"].tolist() == ["strong", "weak to moderate", "none"]
    assert ours["median_rank"].tolist() == [1, 2, 3]


def test_planted_modules_are_preserved_and_broken_ones_are_not():
    reference, test, labels = planted(1, kept=("M1", "M3"))
    table = module_preservation(
        reference, test, labels, rng=np.random.default_rng(0), **SETTINGS
    ).set_index("module")
    assert list(table.index) == ["M1", "M2", "M3"]
    assert table["verdict"].tolist() == ["strong", "none", "strong"]
    assert table["median_rank"].idxmax() == "M2"
    assert table.loc["M1", "cor_kme"] > 0.8
    assert table.loc["M1", "cor_kim"] > 0.7


def test_z_is_standard_where_nothing_is_preserved():
    z = []
    for seed in range(12):
        reference, test, labels = planted(seed, kept=())
        table = module_preservation(
            reference, test, labels, rng=np.random.default_rng(seed), permutations=60, **SETTINGS
        )
        z.append(table)
        assert (table["verdict"] == "none").mean() >= 2 / 3
    z = pd.concat(z)[[f"z_{name}" for name in OBSERVED]]
    assert (z.mean().abs() < 0.6).all()
    assert z.std().between(0.6, 1.6).all()


def test_density_statistics_by_hand():
    reference, test, labels = planted(2, kept=("M1",), n_test=20)
    table = module_preservation(
        reference, test, labels, rng=np.random.default_rng(0), permutations=2, **SETTINGS
    )
    own = labels.index[labels == "M1"]
    before, after = (np.corrcoef(frame.loc[own]) for frame in (reference, test))
    pairs = np.triu_indices(len(own), 1)
    row = table.iloc[0]
    assert row["mean_correlation"] == pytest.approx(np.mean(np.sign(before[pairs]) * after[pairs]))
    assert row["mean_adjacency"] == pytest.approx(np.mean(np.maximum(after[pairs], 0) ** 6))
    assert row["cor_cor"] == pytest.approx(np.corrcoef(before[pairs], after[pairs])[0, 1])
    largest = np.linalg.eigvalsh(after)[-1] / len(own)
    assert row["proportion_variance_explained"] == pytest.approx(largest)


def test_only_genes_that_count_in_both_cohorts_count():
    reference, test, labels = planted(3, kept=("M1", "M2", "M3"))
    m2, m3 = labels.index[labels == "M2"], labels.index[labels == "M3"]
    test = test.drop(index=m2[2:])
    test.loc[m3[0]] = 5.0
    reference.loc[m3[1], "s0"] = np.nan
    extra = pd.concat([labels, pd.Series(["M7"], ["unknown"])])
    table = module_preservation(
        reference, test, extra, rng=np.random.default_rng(0), permutations=20, **SETTINGS
    ).set_index("module")
    assert table["size"].to_dict() == {"M1": 60, "M2": 2, "M3": 38, "M7": 0}
    assert table.loc["M2", "verdict"] == table.loc["M7", "verdict"] == "not tested"
    assert table.loc[["M2", "M7"]].drop(columns=["size", "verdict"]).isna().all(axis=None)
    assert table.loc[["M1", "M3"]].notna().all(axis=None)
    assert sorted(table["median_rank"].dropna()) == [1, 2]


@pytest.mark.parametrize("n_samples", [0, 3])
def test_too_few_samples_are_not_tested(n_samples):
    reference, test, labels = planted(4, kept=("M1",))
    table = module_preservation(
        reference, test.iloc[:, :n_samples], labels, rng=np.random.default_rng(0), **SETTINGS
    )
    assert (table["verdict"] == "not tested").all()
    assert table["z_summary"].isna().all()


def test_no_modules_is_an_empty_table():
    reference, test, labels = planted(4, kept=())
    labels[:] = "M0"
    table = module_preservation(reference, test, labels, rng=np.random.default_rng(0), **SETTINGS)
    assert table.empty
    assert {"module", "z_summary", "z_cor_cor", "verdict"} <= set(table)


def test_a_large_module_is_tested_by_some_of_its_genes():
    reference, test, labels = planted(5, kept=("M1", "M2", "M3"))
    full, part = (
        module_preservation(
            reference,
            test,
            labels,
            rng=np.random.default_rng(0),
            permutations=30,
            max_module_size=size,
            **SETTINGS,
        )
        for size in (1000, 20)
    )
    assert part["size"].tolist() == full["size"].tolist() == [60, 50, 40]
    assert (part["mean_correlation"] != full["mean_correlation"]).all()
    assert (part["z_summary"] < full["z_summary"]).all()


def test_same_random_numbers_same_table():
    reference, test, labels = planted(6, kept=("M1",))

    def run(seed, genes=slice(None)):
        return module_preservation(
            reference[genes],
            test[genes],
            labels,
            rng=np.random.default_rng(seed),
            permutations=10,
            **SETTINGS,
        )

    pd.testing.assert_frame_equal(run(1), run(1), check_exact=True)
    pd.testing.assert_frame_equal(run(1), run(1, slice(None, None, -1)), check_exact=True)
    assert not run(1)["z_summary"].equals(run(2)["z_summary"])
