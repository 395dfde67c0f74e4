"""Clusters, nearest known drugs, scaffolds of the hits, their drawings."""

import numpy as np
import pandas as pd
import pytest
from crosshub.chemistry import (
    add_neighbours,
    cluster,
    draw_grid,
    draw_scaffolds,
    enrich_scaffolds,
    fingerprints,
    is_hit,
    nearest,
)
from crosshub.chemistry.alerts import brenk, pains
from crosshub.chemistry.neighbours import _neighbours
from crosshub.compounds.found import reverses
from crosshub.errors import DataError
from crosshub.simulate.compounds import read_structures
from rdkit import Chem, DataStructs
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams
from rdkit.ML.Cluster import Butina


@pytest.fixture(scope="module")
def series():
    """Three series of analogues and four compounds like nothing else."""
    tails = ["C", "CC", "CCC", "CCCC", "CCCCC", "CCCCCC"]
    smiles = [f"{tail}NC(=O)c1ccc(cc1)S(=O)(=O)N" for tail in tails]
    smiles += [f"{tail}Oc1ccc2ncccc2c1" for tail in tails]
    smiles += [f"{tail}N1CCN(CC1)c1ncccn1" for tail in tails]
    return [*smiles, "CCO", "C1CCCCC1", "O=C1CSC(=O)N1", "ClC(Cl)Cl"]


def as_sets(labels):
    return {frozenset(np.flatnonzero(labels == label)) for label in set(labels)}


@pytest.mark.parametrize("distance", [0.2, 0.35, 0.5, 0.7])
def test_clusters_are_those_of_the_reference(series, distance):
    real = list(read_structures()["smiles"])
    prints = fingerprints(series + real)
    labels = cluster(prints, distance=distance)
    # RDKit's own takes the last of equally large ones first, so it is given the reverse order.
    turned = prints[::-1]
    flat = [1 - DataStructs.TanimotoSimilarity(turned[i], turned[j])
            for i in range(len(turned)) for j in range(i)]  # fmt: skip
    theirs = Butina.ClusterData(flat, len(turned), distance, isDistData=True)
    last = len(prints) - 1
    assert as_sets(labels) == {frozenset(last - place for place in group) for group in theirs}
    # Numbers begin with the cluster of the first compound.
    assert list(dict.fromkeys(labels)) == list(range(1, len(theirs) + 1))


def test_neighbours_are_kept_in_few_bytes(series):
    prints = fingerprints(series)
    near = _neighbours(prints, 0.6)
    assert {places.dtype for places in near} == {np.dtype(np.int32)}
    similar = np.array([DataStructs.BulkTanimotoSimilarity(one, prints) for one in prints])
    np.fill_diagonal(similar, 0)
    for places, row in zip(near, similar, strict=True):
        assert places.tolist() == np.flatnonzero(row >= 1 - 0.6).tolist()


def test_planted_series_are_found(series):
    labels = cluster(fingerprints(series), distance=0.6)
    for start in (0, 6, 12):
        assert len(set(labels[start + 1 : start + 6])) == 1
    assert len({labels[1], labels[7], labels[13], *labels[18:]}) == 7
    assert cluster([]).tolist() == []
    assert cluster(fingerprints(["CCO"])).tolist() == [1]


def test_nearest_known_drug(series):
    place, similarity = nearest(fingerprints(series), fingerprints([series[2], series[8]]))
    assert place[:6].tolist() == [0] * 6
    assert place[6:12].tolist() == [1] * 6
    assert similarity[2] == similarity[8] == 1
    assert (similarity[[0, 1]] < 1).all()


def test_columns_of_the_drug_list(series):
    table = pd.DataFrame({"name": ["a", "b", "c"], "smiles": [series[0], "", series[7]]})
    known = pd.DataFrame({"name": ["drug"], "smiles": [series[7]]})
    found = add_neighbours(table, known)
    assert found["cluster"].tolist() == [1, pd.NA, 2]
    assert found["nearest_known"].tolist() == ["drug", "", "drug"]
    assert found["similarity_to_known"].isna().tolist() == [False, True, False]
    assert found.loc[2, "similarity_to_known"] == 1
    nothing = add_neighbours(table, known.iloc[:0])
    assert (nothing["nearest_known"] == "").all()
    assert nothing["similarity_to_known"].isna().all()
    assert add_neighbours(table.iloc[:0], known).empty


def drug_list(sizes, hits):
    """Return a list in which scaffold i has sizes[i] compounds, the first hits[i] of them hits."""
    rows, marked = [], []
    for i, (size, n) in enumerate(zip(sizes, hits, strict=True)):
        rows += [(f"s{i}_{j}", "C", f"scaffold{i}" if i else "") for j in range(size)]
        marked += [j < n for j in range(size)]
    return pd.DataFrame(rows, columns=["name", "smiles", "scaffold"]), np.array(marked)


def test_scaffolds_against_phyper(golden):
    for row in golden("scaffolds/phyper").itertuples():
        rest = row.total - row.size
        table, hits = drug_list([rest, row.size], [row.drawn - row.found, row.found])
        found = enrich_scaffolds(table, hits)
        assert found.loc[0, "p_value"] == pytest.approx(row.p_value, rel=1e-9)
        assert found.loc[0, "hits"] == row.found
        assert found.loc[0, "expected"] == pytest.approx(row.size * row.drawn / row.total)


def test_planted_scaffold():
    table, hits = drug_list([200, 12, 12, 12, 2], [6, 9, 1, 0, 2])
    lacking = pd.DataFrame({"name": ["x"], "smiles": [""], "scaffold": [""]})
    found = enrich_scaffolds(pd.concat([table, lacking], ignore_index=True), np.append(hits, True))
    # The scaffold of two compounds is not tested; what has no structure does not count.
    assert found["scaffold"].tolist() == ["scaffold1", "scaffold2", "scaffold3"]
    assert found.loc[0, "fdr"] < 1e-6
    assert found.loc[0, "names"] == "|".join(f"s1_{i}" for i in range(9))
    assert (found.loc[1:, "fdr"] > 0.5).all()
    assert enrich_scaffolds(table.iloc[:0], hits[:0]).empty


def test_scaffolds_under_the_null():
    """Random hits: a p-value of at most α in at most α of the scaffolds, for any α."""
    rng = np.random.default_rng(1)
    table, hits = drug_list([300, *[20] * 40], [0] * 41)
    p_values = []
    for _ in range(50):
        drawn = np.zeros(len(hits), bool)
        drawn[rng.choice(len(hits), 200, replace=False)] = True
        p_values.append(enrich_scaffolds(table, drawn)["p_value"].to_numpy())
    p_values = np.concatenate(p_values)
    for level in (0.01, 0.05, 0.2, 0.5):
        share, error = (p_values <= level).mean(), np.sqrt(level * (1 - level) / len(p_values))
        assert share <= level + 3 * error
    # And not far below: the test is not empty.
    assert (p_values <= 0.2).mean() > 0.08


def test_hits():
    score, fdr = np.linspace(-3, 3, 100), np.repeat([0.01, 1], [30, 70])
    table = pd.DataFrame({"score": score, "fdr": fdr})
    hits, criterion = is_hit(table)
    assert (hits.sum(), criterion) == (30, "reversing, FDR at most 0.1")
    hits, criterion = is_hit(table.assign(fdr=1.0))
    assert (np.flatnonzero(hits).tolist(), criterion) == (
        list(range(20)),
        "the best 20 of the list",
    )
    assert is_hit(table.iloc[:9].assign(fdr=1.0))[0].sum() == 3
    both = pd.DataFrame({"score": [-1, 1, -1, 0], "fdr": [0.1, 0.01, 0.11, 0.01]})
    assert reverses(both).tolist() == [True, False, False, False]
    assert reverses(both, fdr=0.2).tolist() == [True, False, True, False]
    assert is_hit(pd.DataFrame(columns=["score", "fdr"]))[0].tolist() == []


def test_alerts_are_those_of_the_catalogue():
    catalogues = FilterCatalogParams.FilterCatalogs
    parts = {pains: catalogues.PAINS, brenk: catalogues.BRENK}
    smiles = list(read_structures()["smiles"])
    smiles += ["Oc1ccccc1O", "O=C1C=CC(=O)C=C1", "O=C1NC(=S)SC1=Cc1ccccc1"]
    smiles += ["CCN(CC)c1ccc(C=NNC(=O)c2ccccc2)c(O)c1", "c1ccc(N=Nc2ccccc2)cc1"]
    for function, catalogue in parts.items():
        reference, matched = FilterCatalog(FilterCatalogParams(catalogue)), 0
        for text in smiles:
            molecule = Chem.MolFromSmiles(text)
            theirs = [match.GetDescription() for match in reference.GetMatches(molecule)]
            plain = sorted(name.rstrip(")") for name in theirs)
            assert sorted(name.rstrip(")") for name in function(molecule)) == plain
            matched += bool(theirs)
        assert matched > 3


def test_veber_and_lipinski(library_of):
    chain = "CCCCCCCCCCCCCC"
    sugar = "OCC1OC(OC2C(CO)OC(O)C(O)C2O)C(O)C(O)C1O"
    smiles = [chain, sugar, "CC(=O)Oc1ccccc1C(=O)O"]
    found = library_of(name=["chain", "sugar", "aspirin"], smiles=smiles).structures
    assert found["veber_violations"].tolist() == [1, 1, 0]
    assert found["fraction_sp3"].tolist() == [1, 1, pytest.approx(1 / 9)]
    assert (found.loc[1, "h_bond_donors"], found.loc[1, "lipinski_violations"]) == (8, 2)


def test_a_grid_of_drawings():
    smiles, legends = ["c1ccccc1", "C1CCNCC1", "c1ccncc1"], ["one", "two & <three>", "x" * 90]
    grid = draw_grid(smiles, legends, columns=2)
    assert grid == draw_grid(smiles, legends, columns=2)
    assert grid.startswith("<svg")
    assert "width='440px' height='360px'" in grid
    with pytest.raises(DataError, match="'C1CC'"):
        draw_grid(["C1CC"], ["a"])
    with pytest.raises(DataError, match="at least one"):
        draw_grid([], [])


def test_scaffolds_are_drawn():
    table, hits = drug_list([200, 12], [6, 9])
    table["scaffold"] = table["scaffold"].replace("scaffold1", "c1ccncc1")
    found = enrich_scaffolds(table, hits)
    assert draw_scaffolds(found).startswith("<svg")
    assert "No scaffold" in draw_scaffolds(found.iloc[:0])
