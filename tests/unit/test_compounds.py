import numpy as np
import pandas as pd
import pytest
from crosshub.chemistry import DESCRIPTORS, describe_structures
from crosshub.compounds.drug_list import annotate_compounds, write_sdf
from crosshub.compounds.query import build_query
from crosshub.compounds.summary import summarise_compounds
from crosshub.connectivity import match_signatures
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, index_signatures
from rdkit import Chem


def shared_genes(n_up=30, n_down=30, shared_up=15, shared_down=4, as_text=False):
    rows = []
    for side, n, n_shared in (("up", n_up, shared_up), ("down", n_down, shared_down)):
        for i in range(n):
            # Shared or not does not follow the p-value.
            rows.append((f"{side}{i}", side, (i + 1) / 1000, i % 2 == 0 and i // 2 < n_shared))
    table = pd.DataFrame(rows, columns=["gene", "direction", "p_value", "shared"])
    if as_text:
        table["shared"] = table["shared"].map({True: "true", False: "false"})
    return table.sample(frac=1, random_state=1)


@pytest.mark.parametrize("as_text", [False, True])
def test_query_is_the_shared_genes_filled_up_to_the_minimum(as_text):
    query = build_query(shared_genes(as_text=as_text), size=150, minimum=10)
    assert query["up"] == [f"up{i}" for i in range(0, 30, 2)]
    assert query["filled_up"] == 0
    assert query["down"] == [f"down{i}" for i in (0, 2, 4, 6, 1, 3, 5, 7, 8, 9)]
    assert query["filled_down"] == 6


def test_query_takes_the_best_of_many():
    query = build_query(shared_genes(), size=5, minimum=10)
    assert query["up"] == ["up0", "up2", "up4", "up6", "up8"]
    assert query["down"] == ["down0", "down2", "down4", "down6", "down1"]
    assert (query["filled_up"], query["filled_down"]) == (0, 1)


def test_query_edges():
    none = shared_genes(n_down=3, shared_up=0, shared_down=0)
    none.loc[none["gene"] == "up3", "p_value"] = np.nan
    query = build_query(none)
    assert query["up"] == [f"up{i}" for i in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10)]
    assert (query["filled_up"], query["filled_down"], len(query["down"])) == (10, 3, 3)
    assert query == build_query(none.iloc[::-1])
    with pytest.raises(DataError, match="no query can be made"):
        build_query(none.assign(direction="none"))
    with pytest.raises(DataError, match="no column 'shared'"):
        build_query(none.drop(columns="shared"))


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


def test_summary_equals_its_definition():
    rng = np.random.default_rng(0)
    compounds = [f"c{i}" for i in rng.integers(0, 12, 70)]
    cells = [f"k{i}" for i in rng.integers(0, 4, 70)]
    matches = matches_of(rng.normal(size=70), compounds, cells)
    null = rng.normal(size=(40, 70)).astype(np.float32)
    found = summarise_compounds(matches, null).set_index("compound")
    assert len(found) == len(set(compounds))
    for name, rows in matches.groupby("compound"):
        row = found.loc[name]
        score = naive_max_quantile(rows["ncs"].astype(float))
        assert row["score"] == pytest.approx(score, abs=1e-6)
        simulated = [naive_max_quantile(null[b, rows.index].astype(float)) for b in range(40)]
        expected = (1 + sum(s <= score for s in simulated)) / 41
        assert row["p_value"] == pytest.approx(expected)
        assert row["n_signatures"] == len(rows)
        assert row["n_cells"] == rows["cell"].nunique()
        agreeing = [r["ncs"].median() < 0 for _, r in rows.groupby("cell")]
        assert row["cells_agreeing"] == pytest.approx(np.mean(agreeing))
        assert row["xsum"] == pytest.approx(rows["xsum"].median())
    assert found["score"].is_monotonic_increasing
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_blocks_of_the_summary_do_not_matter(monkeypatch):
    rng = np.random.default_rng(1)
    matches = matches_of(rng.normal(size=60), [f"c{i % 20}" for i in range(60)])
    null = rng.normal(size=(30, 60)).astype(np.float32)
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
    assert "2 signatures of controls and genes" in caplog.text
    nothing = summarise_compounds(matches.iloc[2:4].reset_index(drop=True), null[:, 2:4])
    assert nothing.empty
    assert list(nothing.columns) == list(found.columns)


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


def test_planted_compounds_are_found(planted):
    store, up, down = planted
    found = summarise_compounds(
        *match_signatures(store, up, down, permutations=200, rng=np.random.default_rng(1))
    )
    assert set(found["compound"].iloc[:3]) == {"d0", "d1", "d2"}
    assert (found["fdr"].iloc[:3] < 0.1).all()
    assert (found["fdr"].iloc[3:] > 0.1).all()
    assert (found["cells_agreeing"].iloc[:3] == 1).all()
    assert (found["score"].iloc[:3] < 0).all()
    # The opposite query: they mimic, and a one-sided p-value must not call that a reversal.
    mimic = summarise_compounds(
        *match_signatures(store, down, up, permutations=200, rng=np.random.default_rng(1))
    )
    assert set(mimic["compound"].iloc[-3:]) == {"d0", "d1", "d2"}
    assert (mimic["p_value"].iloc[-3:] > 0.9).all()


def test_nothing_is_found_by_genes_that_do_nothing(planted):
    store = planted[0]
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(20):
        genes = list(store.genes[80 + rng.permutation(420)[:60]])
        found = summarise_compounds(
            *match_signatures(store, genes[:30], genes[30:], permutations=200, rng=rng)
        )
        hits += (found["fdr"] < 0.05).any()
    assert hits <= 4


ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.fixture
def summary():
    names = ["Acetylsalicylate", "mystery", "aspirin", "broken", "ethanol"]
    return pd.DataFrame(
        {
            "rank": range(1, 6),
            "compound": names,
            "n_signatures": [1, 2, 3, 4, 5],
            "n_cells": 1,
            "score": [-2.5, -2.0, -1.5, 0.5, 1.0],
            "cells_agreeing": 1.0,
            "wtcs": -0.5,
            "xsum": -9.0,
            "zhang": -0.2,
            "p_value": [0.001, 0.002, 0.003, 0.5, 0.9],
            "fdr": [0.005, 0.005, 0.005, 0.6, 0.9],
        }
    )


@pytest.fixture
def known():
    return describe_structures(
        pd.DataFrame(
            {
                "name": ["aspirin", "acetylsalicylate", "broken", "ethanol", "unused"],
                "smiles": [ASPIRIN, ASPIRIN + ".[Na]", "C1CC", "CCO", "CC"],
                "phase": ["Launched", "", "Phase 1", "", ""],
                "mechanism": ["COX inhibitor", "", "", "", ""],
                "targets": ["PTGS1|PTGS2", "", "TP53", "", ""],
            }
        )
    )


def test_candidates(summary, known):
    found = annotate_compounds(summary, *known, panel=["PTGS2", "TP53"])
    assert list(found.columns) == [
        "rank", "name", "inchikey", "smiles", "score", "p_value", "fdr", "n_signatures", "n_cells",
        "cells_agreeing", "wtcs", "xsum", "zhang", "phase", "mechanism", "targets",
        "targets_in_panel", "synonyms", "no_structure", *DESCRIPTORS,
    ]  # fmt: skip
    assert found["rank"].tolist() == [1, 2, 3, 4]
    assert found["name"].tolist() == ["Acetylsalicylate", "mystery", "broken", "ethanol"]
    best = found.iloc[0]
    assert (best["synonyms"], best["score"], best["n_signatures"]) == ("aspirin", -2.5, 1)
    assert (best["phase"], best["mechanism"]) == ("Launched", "COX inhibitor")
    assert (best["targets"], best["targets_in_panel"]) == ("PTGS1|PTGS2", "PTGS2")
    assert best["inchikey"] == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
    # Two compounds have no structure: both stay, apart, each with its reason.
    assert found["inchikey"].tolist()[1:3] == ["", ""]
    assert found["no_structure"].iloc[1] == "not in the tables of structures"
    assert "cannot be parsed" in found["no_structure"].iloc[2]
    assert found.loc[2, "targets_in_panel"] == "TP53"
    assert found["molecular_weight"].isna().tolist() == [False, True, True, False]
    assert found.loc[3, "molecular_weight"] == pytest.approx(46.07, abs=0.01)


def test_candidates_without_any_structure(summary):
    nothing = describe_structures(pd.DataFrame({"name": [], "smiles": []}))
    found = annotate_compounds(summary, *nothing)
    assert found["name"].tolist() == summary["compound"].tolist()
    assert (found["smiles"] == "").all()
    assert (found["targets_in_panel"] == "").all()


def test_sdf(summary, known, tmp_path):
    found = annotate_compounds(summary, *known)
    write_sdf(found, tmp_path / "a.sdf")
    write_sdf(found, tmp_path / "b.sdf")
    assert (tmp_path / "a.sdf").read_bytes() == (tmp_path / "b.sdf").read_bytes()
    molecules = list(Chem.SDMolSupplier(str(tmp_path / "a.sdf")))
    assert [m.GetProp("_Name") for m in molecules] == ["Acetylsalicylate", "ethanol"]
    assert [m.GetProp("rank") for m in molecules] == ["1", "4"]
    assert float(molecules[0].GetProp("p_value")) == 0.001
    for molecule, key in zip(molecules, found["inchikey"].iloc[[0, 3]], strict=True):
        assert Chem.MolToInchiKey(molecule) == key
        assert not molecule.GetConformer().Is3D()
        assert np.ptp(molecule.GetConformer().GetPositions()[:, 0]) > 0.5
    write_sdf(found.iloc[1:3], tmp_path / "none.sdf")
    assert (tmp_path / "none.sdf").read_bytes() == b""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.sdf", "b.sdf", "none.sdf"]
