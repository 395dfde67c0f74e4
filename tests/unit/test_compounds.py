import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.compounds import asking
from crosshub.compounds.asking import ask_all
from crosshub.compounds.choice import choose_signatures
from crosshub.compounds.drug_list import annotate_compounds, identities, write_sdf
from crosshub.compounds.query import build_queries
from crosshub.compounds.recall import self_recall
from crosshub.compounds.several import reverse_all
from crosshub.compounds.summary import mean_by_cell, summarise_compounds
from crosshub.connectivity import score_agreement
from crosshub.errors import DataError
from crosshub.mechanisms import enrich_mechanisms
from crosshub.signatures import SignatureStore, index_signatures
from crosshub.tables import read_frame, read_table, write_frame, write_table
from rdkit import Chem
from scipy.stats import kstest
from scipy.stats import t as student_t


def matches_of(ncs, compounds, cells=None, types=None):
    n = len(ncs)
    return pd.DataFrame(
        {
            "signature": [f"s{i}" for i in range(n)],
            "compound": compounds,
            "cell": cells or ["A"] * n,
            "type": types or ["trt_cp"] * n,
            "wtcs": np.array(ncs) / 4,
            "ncs": np.array(ncs, np.float32),
            "xsum": np.array(ncs) * 10,
            "zhang": np.array(ncs) / 10,
        }
    )


def naive_max_quantile(values):
    high, low = np.quantile(values, 0.67), np.quantile(values, 0.33)
    return high if abs(high) >= abs(low) else low


def naive_score(rows, ncs, left_out=None):
    """Return the score of one compound from its definition: means of cells, then the quantile."""
    means = [ncs[part.index].mean() for cell, part in rows.groupby("cell") if cell != left_out]
    return naive_max_quantile(np.float64(means))


def drawn(seed, n=70, compounds=12, cells=4, permutations=40):
    rng = np.random.default_rng(seed)
    names = [f"c{i}" for i in rng.integers(0, compounds, n)]
    lines = [f"k{i}" for i in rng.integers(0, cells, n)]
    matches = matches_of(rng.normal(size=n), names, lines)
    return matches, rng.normal(size=(permutations, n)).astype(np.float32)


def test_summary_equals_its_definition():
    matches, null = drawn(0, n=45, compounds=9, permutations=25)
    found = summarise_compounds(matches, null).set_index("compound")
    assert len(found) == matches["compound"].nunique()
    ncs = matches["ncs"].to_numpy(float)
    for name, rows in matches.groupby("compound"):
        row = found.loc[name]
        score = naive_score(rows, ncs)
        assert row["score"] == pytest.approx(score, abs=1e-6)
        simulated = np.array([naive_score(rows, null[b]) for b in range(25)])
        assert row["p_value"] == pytest.approx((1 + (simulated <= score + 1e-6).sum()) / 26)
        assert row["mimic_p_value"] == pytest.approx((1 + (simulated >= score - 1e-6).sum()) / 26)
        assert row["n_signatures"] == len(rows)
        assert row["n_cells"] == rows["cell"].nunique()
        agreeing = [r["ncs"].mean() < 0 for _, r in rows.groupby("cell")]
        assert row["cells_agreeing"] == pytest.approx(np.mean(agreeing))
        assert row["xsum"] == pytest.approx(rows["xsum"].median())
        if rows["cell"].nunique() == 1:
            assert np.isnan(row["leave_one_out_p"])
            continue
        worst = [
            (
                naive_score(rows, ncs, cell),
                (1 + sum(naive_score(rows, null[b], cell) <= naive_score(rows, ncs, cell) + 1e-6
                         for b in range(25))) / 26,
            )
            for cell in rows["cell"].unique()
        ]  # fmt: skip
        assert row["leave_one_out_score"] == pytest.approx(max(w[0] for w in worst), abs=1e-6)
        assert row["leave_one_out_p"] == pytest.approx(max(w[1] for w in worst))
    assert found["p_value"].is_monotonic_increasing
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_random_effects_over_cell_lines():
    matches, null = drawn(1, n=90, compounds=6)
    found = summarise_compounds(matches, null).set_index("compound")
    groups = matches.groupby(["compound", "cell"])["ncs"]
    spread = ((matches["ncs"] - groups.transform("mean")) ** 2).sum()
    variance = spread / (len(matches) - groups.ngroups)
    for name, rows in matches.groupby("compound"):
        means = rows.groupby("cell")["ncs"].mean()
        weight = rows.groupby("cell")["ncs"].size() / variance
        q = (weight * (means - (weight * means).sum() / weight.sum()) ** 2).sum()
        i2 = max(0, 1 - (len(means) - 1) / q)
        assert found.loc[name, "i2"] == pytest.approx(i2, abs=1e-5)
        assert found.loc[name, "effect_low"] < found.loc[name, "effect"]
    # Without replicates the interval is that of a plain mean, and nothing is said of i2.
    single = matches.drop_duplicates(["compound", "cell"]).reset_index(drop=True)
    found = summarise_compounds(single, null[:, : len(single)]).set_index("compound")
    assert found["i2"].isna().all()
    for name, rows in single.groupby("compound"):
        ncs = rows["ncs"].to_numpy(float)
        half = student_t.ppf(0.975, len(ncs) - 1) * ncs.std(ddof=1) / np.sqrt(len(ncs))
        assert found.loc[name, "effect"] == pytest.approx(ncs.mean(), abs=1e-6)
        assert found.loc[name, "effect_high"] == pytest.approx(ncs.mean() + half, abs=1e-5)


def test_a_cell_line_counts_once_however_often_it_was_tested():
    cells = ["A"] * 8 + ["B", "C"]
    matches = matches_of([-2.0] * 8 + [1.0, 1.0], ["x"] * 10, cells)
    found = summarise_compounds(matches, np.zeros((9, 10), np.float32))
    assert found["score"].item() == pytest.approx(1.0)
    assert found["cells_agreeing"].item() == pytest.approx(1 / 3)


def test_names_of_one_identity_are_one_compound_before_anything_is_tested():
    matches, null = drawn(2, n=60, compounds=10)
    identity = {f"c{i}": "KEY" for i in range(5)}
    found = summarise_compounds(matches, null, identity=identity)
    merged = matches.assign(compound=matches["compound"].replace(dict.fromkeys(identity, "one")))
    expected = summarise_compounds(merged, null)
    columns = ["score", "p_value", "fdr", "n_signatures", "leave_one_out_p"]
    pd.testing.assert_frame_equal(found[columns], expected[columns])
    row = found[found["synonyms"] != ""].iloc[0]
    names = matches["compound"][matches["compound"].isin(identity)].value_counts()
    assert row["compound"] == sorted(names.index[names == names.max()])[0]
    assert set(row["synonyms"].split("|")) | {row["compound"]} == set(identity)
    # In any case; and the cells bear the same name.
    upper = matches.assign(
        compound=matches["compound"].where(matches.index % 2 == 0, matches["compound"].str.upper())
    )
    again = summarise_compounds(upper, null, identity=identity)
    pd.testing.assert_frame_equal(again[columns], found[columns])
    cells = mean_by_cell(matches, identity=identity)
    assert set(cells["compound"]) == set(found["compound"])
    own = cells[cells["compound"] == row["compound"]]
    assert own["n_signatures"].sum() == row["n_signatures"]


def test_the_best_of_five_names_would_look_better_than_it_is():
    """Under the null: one compound under five names, with and without its identity."""
    rng = np.random.default_rng(3)
    p_values = {True: [], False: []}
    for _ in range(150):
        matches = matches_of(rng.normal(size=10), [f"n{i}" for i in range(5)] * 2)
        null = rng.normal(size=(99, 10)).astype(np.float32)
        for known in (True, False):
            identity = {f"n{i}": "KEY" for i in range(5)} if known else None
            p_values[known].append(
                summarise_compounds(matches, null, identity=identity)["p_value"].min()
            )
    assert kstest(p_values[True], "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values[False]) <= 0.05) > 0.15


def test_p_values_are_uniform_under_the_null_in_both_directions_and_without_a_cell_line():
    rng = np.random.default_rng(4)
    columns = ["p_value", "mimic_p_value", "leave_one_out_p"]
    some = ["c00", "c09", "c18", "c27", "c36"]
    parts = []
    for _ in range(60):
        # Signatures of one compound and one cell line are correlated.
        shape = np.repeat(np.arange(40), 6)
        compound = rng.normal(size=(200, 40))[:, shape]
        values = (compound + rng.normal(size=(200, 240))).astype(np.float32)
        cells = list("AABBCC") * 40
        matches = matches_of(values[0], [f"c{i:02d}" for i in shape], cells)
        parts.append(
            summarise_compounds(matches, values[1:]).set_index("compound").loc[some, columns]
        )
    found = pd.concat(parts)
    for column in columns[:2]:
        assert kstest(found[column], "uniform").pvalue > 0.01
    # The worst of three is larger than uniform, never smaller.
    assert (found["leave_one_out_p"] <= 0.05).mean() <= 0.08


def test_blocks_of_the_summary_do_not_matter(monkeypatch):
    matches, null = drawn(5, n=60, compounds=20)
    whole = summarise_compounds(matches, null)
    monkeypatch.setattr("crosshub.compounds.summary._SUMMARY_VALUES", 200)
    pd.testing.assert_frame_equal(whole, summarise_compounds(matches, null))


def test_ties_and_what_is_no_compound(caplog):
    caplog.set_level("INFO", logger="crosshub")
    types = ["trt_cp", "trt_cp", "ctl_vehicle", "trt_sh", "", "trt_cp"]
    matches = matches_of(
        [-1, -1, -9, -9, -2, -1], ["b", "a", "DMSO", "TP53", "x", "c"], None, types
    )
    null = np.zeros((9, 6), np.float32)
    null[:5, 0] = -5
    found = summarise_compounds(matches, null)
    assert found["compound"].tolist() == ["x", "a", "c", "b"]
    assert found["p_value"].tolist() == [0.1, 0.1, 0.1, 0.6]
    assert found["mimic_p_value"].tolist() == [1, 1, 1, 0.5]
    assert "2 signatures of controls and genes" in caplog.text
    nothing = summarise_compounds(matches.iloc[2:4].reset_index(drop=True), null[:, 2:4])
    assert nothing.empty
    assert list(nothing.columns) == list(found.columns)


def test_strength_is_summarised_where_the_release_has_it():
    matches = matches_of([-1.0, -2.0, 1.0], ["a", "a", "b"]).assign(
        tas=[0.2, 0.6, np.nan], replicate_correlation=[0.1, 0.5, 0.4]
    )
    found = summarise_compounds(matches, np.zeros((9, 3), np.float32)).set_index("compound")
    assert found.loc["a", "tas"] == 0.6
    assert found.loc["a", "replicate_correlation"] == pytest.approx(0.3)
    assert np.isnan(found.loc["b", "tas"])


def signature_table():
    table = pd.DataFrame(
        {
            "compound": ["a", "A", "a", "b", "b", "", "DMSO", "c"],
            "cell": ["X", "X", "Y", "X", "X", "X", "X", "Z"],
            "type": ["trt_cp"] * 6 + ["ctl_vehicle", "trt_cp"],
            "tas": [0.5, 0.7, 0.1, 0.4, 0.4, np.nan, 0.9, 0.3],
            "quality": ["true", "true", "true", "false", "true", "", "true", "true"],
        }
    )
    table.insert(0, "signature", [f"s{i}" for i in range(len(table))])
    return table


def test_what_is_left_out_is_tabulated_with_its_reason():
    table = signature_table()
    kept, left_out = choose_signatures(table, {})
    assert kept.tolist() == [1, 2, 3, 5, 7]
    reasons = left_out.set_index("compound")["reason"].to_dict()
    assert reasons["DMSO"].startswith("of a control")
    assert "not the strongest" in reasons["a"]
    assert "not the strongest" in reasons["b"]
    assert len(kept) + left_out["signatures"].sum() == len(table)
    options = {"cells": ["X", "Y"], "min_tas": 0.2, "quality": "good", "exemplars": False}
    kept, left_out = choose_signatures(table, options)
    assert kept.tolist() == [0, 1, 4]
    assert len(kept) + left_out["signatures"].sum() == len(table)
    gone = left_out[left_out["all_left_out"]]["compound"].tolist()
    # A control is no compound of which nothing is left.
    assert sorted(gone) == ["c", "s5"]
    assert left_out["reason"].drop_duplicates().str[:11].tolist() == [
        "of a contro", "in a cell l", "of poor qua", "weaker than",
    ]  # fmt: skip
    bare = table.drop(columns=["tas", "quality"])
    assert choose_signatures(bare, {})[0].tolist() == [0, 1, 2, 3, 4, 5, 7]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": ["nowhere"]}, "compounds.cells: 'nowhere' is no cell line"),
        ({"min_tas": 0.2}, "compounds.min_tas: the reference has no TAS"),
        ({"quality": "good"}, "compounds.quality: the reference does not say"),
    ],
)
def test_what_the_reference_does_not_say_cannot_be_asked_for(settings, message):
    bare = signature_table().drop(columns="quality").assign(tas=np.nan)
    with pytest.raises(DataError, match=message):
        choose_signatures(bare, settings)


def test_a_choice_that_leaves_nothing_is_an_error():
    with pytest.raises(DataError, match="no signature of a compound is left"):
        choose_signatures(signature_table(), {"min_tas": 0.99})
    others = signature_table().assign(type=["ctl_vehicle"] * 4 + ["trt_sh"] * 4)
    for table in (others, others.head(4)):
        with pytest.raises(
            DataError, match=r"holds no signature of a compound \(types ctl_vehicle"
        ):
            choose_signatures(table, {})


def test_names_of_one_identity_are_one_compound_in_the_choice():
    table = signature_table()
    identity = {"a": "KEY", "b": "KEY", "c": "KEY"}
    kept, left_out = choose_signatures(table, {}, identity=identity)
    # The strongest of each cell line: s1 (X), s2 (Y), s7 (Z); b in X is the same compound.
    assert kept.tolist() == [1, 2, 5, 7]
    assert left_out.set_index("compound").loc["b", "signatures"] == 2
    assert not left_out["all_left_out"].any()
    _, left_out = choose_signatures(table, {"cells": ["X"], "exemplars": False}, identity=identity)
    assert not left_out["all_left_out"].any()
    _, left_out = choose_signatures(table, {"cells": ["X"], "exemplars": False})
    assert left_out.loc[left_out["all_left_out"], "compound"].tolist() == ["c"]
    # Nor is a name lost of which another spelling is left.
    _, left_out = choose_signatures(table.head(2), {"min_tas": 0.6})
    assert left_out["all_left_out"].tolist() == [False]


@pytest.fixture
def planted(tmp_path):
    """Return a store in which d0, d1 and d2 reverse a disease, and the disease."""
    rng = np.random.default_rng(7)
    genes = [f"G{i}" for i in range(500)]
    effect = np.zeros(500)
    effect[:40], effect[40:80] = 1, -1
    columns, names = [], []
    for c in range(30):
        own = rng.normal(size=500)
        for cell in ("A", "B", "C"):
            for _ in range(2):
                strength = 1.5 if c < 3 else 0
                columns.append(own + rng.normal(size=500) - strength * effect)
                names.append(f"d{c}__{cell}__trt_cp")
    frame = pd.DataFrame(np.column_stack(columns), index=genes, columns=names)
    frame.rename_axis("symbol").to_csv(tmp_path / "source.tsv", sep="\t")
    index_signatures(tmp_path / "source.tsv", tmp_path / "store")
    return SignatureStore.open(tmp_path / "store"), genes[:40], genes[40:80]


def ask(store, up, down, seed=1, permutations=200, **options):
    options |= {"permutations": permutations, "rng": np.random.default_rng(seed)}
    return asking.ask(store, up, down, **options)[0]


def test_planted_compounds_are_found(planted):
    store, up, down = planted
    found = ask(store, up, down)
    assert set(found["compound"].iloc[:3]) == {"d0", "d1", "d2"}
    assert (found["fdr"].iloc[:3] < 0.1).all()
    assert (found["fdr"].iloc[3:] > 0.1).all()
    assert (found["cells_agreeing"].iloc[:3] == 1).all()
    assert (found["score"].iloc[:3] < 0).all()
    assert (found["effect_high"].iloc[:3] < 0).all()
    assert (found["leave_one_out_p"].iloc[:3] < 0.05).all()
    # The opposite query: they mimic, and a one-sided p-value must not call that a reversal.
    mimic = ask(store, down, up).set_index("compound").loc[["d0", "d1", "d2"]]
    assert (mimic["p_value"] > 0.9).all()
    assert (mimic["mimic_fdr"] < 0.1).all()


def test_studies_with_a_compound_at_fdr_0_1_by_chance_are_at_most_a_tenth(planted):
    store = planted[0]
    rng = np.random.default_rng(5)
    hits = 0
    for seed in range(50):
        genes = list(store.genes[80 + rng.permutation(420)[:60]])
        found = ask(store, genes[:30], genes[30:], seed=seed)
        hits += (found["fdr"] <= 0.1).any() + (found["mimic_fdr"] <= 0.1).any()
    # Two families of tests in each of 50 studies, each with a chance of at most 0.1.
    assert hits <= 16


def studies(genes, up, down, seed=0):
    """Return what build_queries needs of two diseases: x has the planted change, y only half."""
    rng = np.random.default_rng(seed)

    def table(sides):
        effect = pd.Series(rng.normal(0, 0.2, len(genes)), index=genes)
        for side, sign in zip(sides, (1, -1), strict=True):
            effect[side] = sign * rng.uniform(1, 2, len(side))
        p = np.where(effect.abs() > 0.9, 1e-6, rng.uniform(0.1, 1, len(genes)))
        columns = {"gene": genes, "effect": effect.to_numpy(), "p_value": p, "fdr": p}
        return pd.DataFrame(columns).assign(same_sign=True)

    differential = {"x": table((up, down)), "y": table((up[:20], down[:20]))}
    shared = differential["x"].rename(columns={"effect": "effect.x"})
    shared["effect.y"] = differential["y"]["effect"].to_numpy()
    shared["direction"] = np.where(shared["effect.x"] > 0, "up", "down")
    shared["shared"] = shared["gene"].isin([*up[:20], *down[:20]])
    modules = pd.DataFrame({"gene": genes, "module": "M0"})
    modules.loc[modules["gene"].isin(up), "module"] = "M1"
    modules.loc[modules["gene"].isin(down[:5]), "module"] = "M2"
    traits = pd.DataFrame({"module": ["M1", "M2"], "trait": "case", "fdr": [0.01, 0.02]})
    return shared, differential, dict.fromkeys(differential, (modules, traits))


def test_every_query_is_asked_and_same_answers_for_any_number_of_threads(planted):
    store, up, down = planted
    queries = build_queries(*studies(list(store.genes), up, down), store.genes)
    assert [query.name for query in queries] == [
        "shared", "disease.x", "disease.y", "module.x.M1", "module.x.M2", "module.y.M1",
        "module.y.M2",
    ]  # fmt: skip
    assert [bool(query.reason) for query in queries] == [False] * 4 + [True, False, True]
    columns, _ = choose_signatures(store.signatures, {})

    def answers(asked, threads):
        return ask_all(
            store, asked, columns, permutations=99, threads=threads,
            generator=lambda name: np.random.default_rng(len(name)),
        )  # fmt: skip

    one, two = answers(queries, 1), answers(queries, 2)
    pd.testing.assert_frame_equal(one.compounds, two.compounds)
    for query, rows in one.compounds.groupby("query"):
        assert set(rows["compound"].iloc[:3]) == {"d0", "d1", "d2"}, query
    assert set(one.cells["query"]) == set(one.compounds["query"])
    assert len(one.matches) == len(store.signatures)
    # A query more or less changes no other.
    alone = answers(queries[:1], 1).compounds
    same = one.compounds[one.compounds["query"] == "shared"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)
    none = answers([q for q in queries if q.reason], 1)
    assert none.compounds.empty
    assert list(none.compounds.columns)[:3] == ["query", "rank", "compound"]


def test_recall_of_a_store_whose_compounds_have_profiles_of_their_own(planted):
    store = planted[0]
    columns, _ = choose_signatures(store.signatures, {})
    found = self_recall(store, columns, np.random.default_rng(0), queries=25)
    assert found["within"].tolist() == [1, 10, 100]
    assert (found["queries"] == 25).all()
    assert (found["recall"] > 0.9).all()
    assert found["chance"].is_monotonic_increasing
    # 4 of 120 signatures in other cell lines are the compound's own.
    assert found["chance"].iloc[0] == pytest.approx(4 / 120)
    missed = np.prod([1 - 4 / (120 - i) for i in range(10)])
    assert found["chance"].iloc[1] == pytest.approx(1 - missed)
    one_cell = np.flatnonzero((store.signatures["cell"] == "A").to_numpy())
    assert self_recall(store, one_cell, np.random.default_rng(0), queries=25).empty
    assert self_recall(store, columns, np.random.default_rng(0), queries=0).empty


def test_recall_of_noise_is_that_of_chance(tmp_path):
    rng = np.random.default_rng(1)
    names = [f"d{c}__{cell}__trt_cp" for c in range(60) for cell in ("A", "B", "C")]
    frame = pd.DataFrame(rng.normal(size=(300, 180)), [f"G{i}" for i in range(300)], names)
    frame.rename_axis("symbol").to_csv(tmp_path / "source.tsv", sep="\t")
    index_signatures(tmp_path / "source.tsv", tmp_path / "store")
    store = SignatureStore.open(tmp_path / "store")
    found = self_recall(store, np.arange(180), rng, queries=60).iloc[1]
    assert found["recall_low"] <= found["chance"] <= found["recall_high"]


def test_a_study_without_any_query_ends_in_an_empty_drug_list(planted, tmp_path, library_of):
    """Through files, as the rules do it: every table has its columns, every figure a sentence."""
    store = planted[0]
    genes = {"gene": list(store.genes), "direction": "up", "p_value": np.nan, "shared": False}
    queries = build_queries(pd.DataFrame(genes), {}, {}, store.genes)
    assert queries[0].reason == "no gene is shared"
    found = ask_all(
        store, queries, np.arange(5), permutations=99, generator=lambda _: np.random.default_rng(0)
    )
    write_table(found.compounds, tmp_path / "compounds.tsv")
    write_frame(found.cells, tmp_path / "cells.parquet")
    write_frame(found.matches, tmp_path / "scores.parquet")
    compounds = read_table(tmp_path / "compounds.tsv", text=["compound", "synonyms"])
    several = reverse_all(compounds, ["x", "y"])
    nothing = library_of().structures
    table = annotate_compounds(compounds.drop(columns="query"), nothing, several=several)
    assert table.empty
    assert {"rank", "name", "inchikey", "smiles", "score", "p_value", "fdr"} <= set(table.columns)
    assert enrich_mechanisms(table, np.random.default_rng(0)).empty
    write_sdf(table, tmp_path / "candidates.sdf")
    assert score_agreement(read_frame(tmp_path / "scores.parquet")).shape == (1, 1)
    figures.compounds(table)
    figures.compound_cells(table, read_frame(tmp_path / "cells.parquet"))
    figures.agreement(score_agreement(found.matches), comparison="all", signatures=0)


ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.fixture
def summary():
    """Return five compounds of which two names are one by structure and one by name alone."""
    names = ["Acetylsalicylate", "mystery", "broken", "ethanol"]
    rng = np.random.default_rng(0)
    matches = matches_of(rng.normal(size=8) - [3, 3, 2, 2, 1, 1, 0, 0], np.repeat(names, 2))
    matches.loc[1, "compound"] = "aspirin"
    null = rng.normal(size=(99, 8)).astype(np.float32)
    return lambda identity: summarise_compounds(matches, null, identity=identity)


@pytest.fixture
def known(library_of):
    return library_of(
        name=["aspirin", "acetylsalicylate", "broken", "ethanol", "unused"],
        smiles=[ASPIRIN, ASPIRIN + ".[Na]", "C1CC", "CCO", "CC"],
        phase=["Launched", "", "Phase 1", "", ""],
        mechanism=["COX inhibitor", "", "", "", ""],
        targets=["PTGS1|PTGS2", "", "TP53", "", ""],
    ).structures


def test_candidates(summary, known):
    compounds = summary(identities(known))
    several = pd.DataFrame({"compound": ["mystery"], "reversed_in": 2, "p_all_diseases": 0.01,
                            "fdr_all_diseases": 0.04})  # fmt: skip
    found = annotate_compounds(
        compounds, known, panel=["PTGS2", "TP53"], near_panel=["PTGS1"], several=several
    )
    assert list(found.columns[:7]) == [
        "rank", "name", "inchikey", "smiles", "score", "p_value", "fdr",
    ]  # fmt: skip
    for column in ("n_cells", "mimic_fdr", "effect_low", "leave_one_out_p", "xsum", "scaffold",
                   "reversed_in", "no_structure", "qed"):  # fmt: skip
        assert column in found
    assert found["rank"].tolist() == [1, 2, 3, 4]
    assert found["name"].tolist() == ["Acetylsalicylate", "mystery", "broken", "ethanol"]
    best = found.iloc[0]
    assert (best["synonyms"], best["n_signatures"]) == ("aspirin", 2)
    assert best["p_value"] == compounds["p_value"].iloc[0]
    assert (best["phase"], best["mechanism"]) == ("Launched", "COX inhibitor")
    assert (best["targets"], best["targets_in_panel"]) == ("PTGS1|PTGS2", "PTGS2")
    assert best["targets_near_panel"] == "PTGS1"
    assert best["inchikey"] == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
    assert best["no_structure"] == ""
    # Two compounds have no structure: both stay, apart, each with its reason.
    assert found["inchikey"].tolist()[1:3] == ["", ""]
    assert found["no_structure"].iloc[1] == "not in the tables of structures"
    assert "cannot be parsed" in found["no_structure"].iloc[2]
    assert found.loc[2, "targets_in_panel"] == "TP53"
    assert found["molecular_weight"].isna().tolist() == [False, True, True, False]
    assert found.loc[3, "molecular_weight"] == pytest.approx(46.07, abs=0.01)
    assert found["fdr_all_diseases"].notna().tolist() == [False, True, False, False]


def test_the_drug_list_is_sorted_by_p_then_score(summary, known):
    found = annotate_compounds(summary(None), known)
    order = found.sort_values(["p_value", "score", "name"])["name"].tolist()
    assert found["name"].tolist() == order


def test_candidates_without_any_structure(summary, library_of):
    nothing = library_of().structures
    found = annotate_compounds(summary(None), nothing)
    assert found["name"].tolist() == summary(None)["compound"].tolist()
    assert (found["smiles"] == "").all()
    assert (found["targets_in_panel"] == "").all()
    empty = annotate_compounds(summary(None).head(0), nothing)
    assert empty.empty
    assert list(empty.columns) == list(found.columns)


def test_sdf(summary, known, tmp_path):
    found = annotate_compounds(summary(identities(known)), known)
    write_sdf(found, tmp_path / "a.sdf")
    write_sdf(found, tmp_path / "b.sdf")
    assert (tmp_path / "a.sdf").read_bytes() == (tmp_path / "b.sdf").read_bytes()
    molecules = list(Chem.SDMolSupplier(str(tmp_path / "a.sdf")))
    assert [m.GetProp("_Name") for m in molecules] == ["Acetylsalicylate", "ethanol"]
    assert [m.GetProp("rank") for m in molecules] == ["1", "4"]
    assert float(molecules[0].GetProp("p_value")) == pytest.approx(found["p_value"].iloc[0])
    for molecule, key in zip(molecules, found["inchikey"].iloc[[0, 3]], strict=True):
        assert Chem.MolToInchiKey(molecule) == key
        assert not molecule.GetConformer().Is3D()
        assert np.ptp(molecule.GetConformer().GetPositions()[:, 0]) > 0.5
    write_sdf(found.iloc[1:3], tmp_path / "none.sdf")
    assert (tmp_path / "none.sdf").read_bytes() == b""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.sdf", "b.sdf", "none.sdf"]
