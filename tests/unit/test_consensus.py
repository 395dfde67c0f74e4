import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.consensus import build_consensus, consensus_overlap, judge_consensus
from crosshub.coexpression.network import unit_columns
from sklearn.metrics import adjusted_rand_score

SETS = [
    ("easy_odd", "easy_even"),
    ("hard_even", "hard_odd"),
    ("test", "easy_odd", "easy_even"),
]


@pytest.fixture(scope="module")
def cohorts(golden):
    easy, hard, test = (golden(f"wgcna/{name}", index_col=0) for name in ("easy", "hard", "test"))
    return {
        "easy_odd": easy.iloc[:, ::2],
        "easy_even": easy.iloc[:, 1::2],
        "hard_odd": hard.iloc[:, ::2],
        "hard_even": hard.iloc[:, 1::2],
        "test": test,
    }


@pytest.mark.parametrize("names", SETS)
@pytest.mark.parametrize("method", ["pearson", "bicor"])
def test_consensus_overlap_equals_wgcna(golden, cohorts, names, method):
    genes = cohorts["test"].index
    parts = [(unit_columns(cohorts[name].to_numpy().T, method), 6) for name in names]
    ours = consensus_overlap(parts, "signed_hybrid")
    theirs = golden("wgcna_consensus/overlap").query(
        "set == @name", local_dict={"name": ".".join((*names, method))}
    )
    i, j = genes.get_indexer(theirs["i"]), genes.get_indexer(theirs["j"])
    place = i * len(genes) - i * (i + 1) // 2 + j - i - 1
    np.testing.assert_allclose(ours[place], theirs["overlap"], atol=1e-6)


@pytest.mark.parametrize("names", SETS)
@pytest.mark.parametrize("method", ["pearson", "bicor"])
def test_consensus_modules_and_eigengenes_equal_wgcna(golden, cohorts, names, method):
    built = build_consensus(
        {name: cohorts[name] for name in names},
        correlation=method,
        powers=(6,),
        scale_free_fit=-1,
        min_module_size=20,
        min_kme=0.4,
        merge_height=0.75,
    )
    label = ".".join((*names, method))
    theirs = golden("wgcna_consensus/genes", index_col=0)
    ours = built.table.set_index("gene").loc[theirs.index, "module"]
    merged = theirs[f"{label}.merged"]
    assert adjusted_rand_score(merged, ours) == 1
    np.testing.assert_array_equal(merged == 0, ours == "M0")
    table = golden("wgcna_consensus/eigengenes").query("set == @label")
    assert len(table)
    for (cohort, module), part in table.groupby(["cohort", "module"]):
        profile = built.eigengenes[cohort].loc[ours[merged == module].iloc[0], part["sample"]]
        np.testing.assert_allclose(profile, part["value"], atol=1e-6)


def planted(seed, kept, sizes=(60, 50, 40, 100), samples=(30, 24)):
    """Return two cohorts: module 1, 2 and 3 hold where `kept` says so, module 4 is noise."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([1, 2, 3, 4], sizes)
    index = [f"G{i:03d}" for i in range(len(truth))]
    cohorts = {}
    for name, n in zip("ab", samples, strict=True):
        factors = rng.normal(size=(5, n))
        values = rng.normal(size=(len(truth), n))
        held = np.isin(truth, [m for m, where in kept.items() if name in where])
        values[held] = 0.85 * factors[truth[held]] + 0.5 * values[held]
        cohorts[name] = pd.DataFrame(values, index, [f"{name}{j}" for j in range(n)])
    return cohorts, pd.Series(truth, index)


SETTINGS = {"powers": (6,), "scale_free_fit": -1, "min_module_size": 25}


def test_only_modules_of_every_cohort_are_consensus_modules():
    cohorts, truth = planted(1, {1: "ab", 2: "a", 3: "ab"})
    built = build_consensus(cohorts, **SETTINGS)
    table = built.table.set_index("gene").loc[truth.index]
    assert list(built.eigengenes["a"].index) == ["C1", "C2"]
    assert (table.loc[truth == 1, "module"] == "C1").mean() > 0.9
    assert (table.loc[truth == 3, "module"] == "C2").mean() > 0.9
    assert (table.loc[truth == 2, "module"] == "M0").mean() > 0.8
    inside = table[table["module"] != "M0"]
    np.testing.assert_array_equal(inside["kme"], inside[["kme.a", "kme.b"]].min(axis=1))
    assert inside["hub"].sum() >= 5
    assert (inside.loc[inside["hub"], "kme"] >= 0.8).all()
    assert table.loc[table["module"] == "M0", ["kme", "kme.a"]].isna().all(axis=None)
    assert built.powers[["cohort", "samples", "power"]].to_numpy().tolist() == [
        ["a", 30, 6],
        ["b", 24, 6],
    ]


def test_modules_of_different_cohorts_make_no_consensus():
    cohorts, truth = planted(2, {1: "a", 2: "b", 3: "a"})
    built = build_consensus(cohorts, **SETTINGS)
    assert (built.table["module"] == "M0").all()
    assert "in all cohorts" in built.reason
    loose = build_consensus(cohorts, min_core_kme=-1, min_kme=-1, **SETTINGS)
    assert (loose.table["module"] != "M0").any()


def test_overlap_of_the_consensus_is_at_most_that_of_the_first_cohort():
    cohorts, _ = planted(3, {1: "ab", 2: "ab", 3: "b"})
    parts = [(unit_columns(frame.to_numpy().T, "pearson"), 6) for frame in cohorts.values()]
    first = consensus_overlap(parts[:1], "signed_hybrid")
    both = consensus_overlap(parts, "signed_hybrid")
    assert (both <= first).all()
    assert (both < first).mean() > 0.3
    np.testing.assert_array_equal(consensus_overlap([parts[0]] * 2, "signed_hybrid"), first)


def test_genes_and_samples_that_are_too_few_have_a_reason():
    cohorts, truth = planted(4, {1: "ab"})
    few = {"a": cohorts["a"], "b": cohorts["b"].iloc[:, :3]}
    assert "3 samples" in build_consensus(few).reason
    other = {"a": cohorts["a"].iloc[:100], "b": cohorts["b"].iloc[60:]}
    built = build_consensus(other)
    assert "40 shared genes" in built.reason
    assert set(built.table["gene"]) == set(truth.index[60:100])
    assert (built.table["module"] == "M0").all()
    assert list(built.powers) == ["cohort", "samples", "power", "reason"]


def test_blocks_change_little():
    cohorts, truth = planted(5, {1: "ab", 2: "ab", 3: "ab"})
    whole, parts = (
        build_consensus(cohorts, max_block=size, **SETTINGS).table.set_index("gene")["module"]
        for size in (1000, 150)
    )
    assert adjusted_rand_score(whole, parts.loc[whole.index]) > 0.8


def test_planted_consensus_modules_are_beyond_chance_and_those_of_noise_are_not():
    cohorts, _ = planted(6, {1: "ab", 2: "a", 3: "b"})
    table = judge_consensus(
        cohorts,
        build_consensus(cohorts, **SETTINGS),
        rng=np.random.default_rng(0),
        permutations=19,
        **SETTINGS,
    )
    assert table["module"].tolist()[0] == "C1"
    assert table["core"].iloc[0] > 50
    assert table["p_value"].iloc[0] == 0.05
    smallest = []
    for seed in range(8):
        noise, _ = planted(seed + 20, {1: "a", 2: "b", 3: "a"}, samples=(12, 12))
        built = build_consensus(noise, **SETTINGS)
        table = judge_consensus(
            noise, built, rng=np.random.default_rng(seed), permutations=9, **SETTINGS
        )
        smallest.append(table["p_value"].min() if len(table) else 1.0)
    assert np.mean(np.array(smallest) <= 0.1) <= 0.4


def test_nothing_to_judge_is_an_empty_table():
    cohorts, _ = planted(7, {})
    built = build_consensus(cohorts, min_core_kme=2, **SETTINGS)
    table = judge_consensus(cohorts, built, rng=np.random.default_rng(0), **SETTINGS)
    assert list(table) == ["module", "genes", "core", "p_value"]
    assert table.empty
