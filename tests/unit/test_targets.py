"""Genes of the panel and hubs as targets of compounds."""

import pandas as pd
import pytest
from crosshub.compounds.targets import (
    COLUMNS,
    action_of,
    directions_of,
    hubs_of,
    match_targets,
    neighbours_of,
    ranks_of,
)

EDGES = pd.DataFrame(
    {"gene_a": ["A", "A", "B"], "gene_b": ["X", "Y", "X"], "score": [800.0, 900.0, 950.0]}
)
STRUCTURES = pd.DataFrame(
    {
        "name": ["one", "two", "three", "four", "five"],
        "inchikey": ["K1", "K2", "", "K4", "K5"],
        "phase": ["Launched", "", "Phase 1", "", ""],
        "mechanism": ["A inhibitor", "H agonist", "", "x inhibitor|y agonist", "z blocker"],
        "targets": ["A|Z", "H", "A|X", "Y", None],
    }
)


def match(**changes):
    given = {
        "panel": ["A", "B"],
        "hubs": ["H", "A"],
        "neighbours": neighbours_of(["A", "B"], EDGES),
    }
    given |= {"directions": {"A": "up", "H": "up"}, "ranks": {"one": 7}}
    return match_targets(STRUCTURES, **(given | changes))


def test_the_closest_relation_of_each_target():
    found = match()
    assert list(found.columns) == COLUMNS
    rows = list(
        found[["compound", "target", "relation", "gene"]].itertuples(index=False, name=None)
    )
    assert rows == [
        ("one", "A", "in_panel", "A"),
        ("three", "A", "in_panel", "A"),
        ("two", "H", "hub", "H"),
        ("three", "X", "near_panel", "B"),
        ("four", "Y", "near_panel", "A"),
    ]
    assert found["interaction"].tolist()[3:] == [950.0, 900.0]
    assert found["rank"].tolist()[0] == 7
    assert found["rank"].isna().tolist()[1:] == [True] * 4


def test_names_of_one_structure_are_one_compound():
    twice = pd.concat([STRUCTURES, STRUCTURES[:1].assign(name="ONE-A")], ignore_index=True)
    given = {"neighbours": neighbours_of([], None), "directions": {}}
    given |= {"panel": ["A"], "hubs": []}
    assert match_targets(twice, ranks={}, **given)["compound"].tolist() == ["one", "three"]
    found = match_targets(twice, ranks={"one-a": 3}, **given)
    assert found["compound"].tolist() == ["ONE-A", "three"]


def test_whether_the_action_is_against_the_change():
    found = match().set_index(["compound", "target"])
    assert found.loc[("one", "A"), ["direction", "action", "opposes"]].tolist() == [
        "up", "lowers", True,
    ]  # fmt: skip
    assert found.loc[("two", "H"), ["action", "opposes"]].tolist() == ["raises", False]
    assert found.loc[("three", "A"), ["action", "opposes"]].tolist() == ["", ""]
    down = match(directions={"A": "down"}).set_index(["compound", "target"])
    assert down.loc[("one", "A"), "opposes"] is False
    assert down.loc[("two", "H"), "opposes"] == ""


@pytest.mark.parametrize(
    ("mechanism", "action"),
    [
        ("adrenergic receptor antagonist", "lowers"),
        ("GABA receptor inverse agonist", "lowers"),
        ("Dopamine receptor agonist", "raises"),
        ("potassium channel opener", "raises"),
        ("indoleamine 2,3-dioxygenase inhibitor", "lowers"),
        ("A inhibitor|B blocker", "lowers"),
        ("A inhibitor, B agonist", ""),
        ("partial agonist/antagonist", ""),
        ("A inhibitor|B agonist", ""),
        ("antioxidant", ""),
        ("", ""),
        (float("nan"), ""),
    ],
)
def test_what_a_mechanism_does(mechanism, action):
    assert action_of(mechanism) == action


def test_without_interactions_hubs_or_targets():
    assert neighbours_of(["A"], None).empty
    assert neighbours_of([], EDGES).empty
    found = match(panel=[], hubs=[], neighbours=neighbours_of([], EDGES))
    assert found.empty
    assert list(found.columns) == COLUMNS


def test_hubs_are_of_tied_modules_and_ranks_know_synonyms():
    table = pd.DataFrame(
        {"gene": ["A", "B", "C"], "hub": [True, True, False], "module_tied": [True, False, True]}
    )
    assert hubs_of([table, table.head(0)]) == ["A"]
    drugs = pd.DataFrame({"name": ["Aspirin", "b"], "synonyms": ["ASA|x", None], "rank": [1, 2]})
    assert ranks_of(drugs) == {"aspirin": 1, "asa": 1, "x": 1, "b": 2}


def test_names_with_commas_are_one_name():
    drugs = pd.DataFrame({"name": ["a"], "synonyms": ["CP-105,696|BRD-1"], "rank": [4]})
    assert ranks_of(drugs) == {"a": 4, "cp-105,696": 4, "brd-1": 4}


def test_only_genes_that_are_found_to_change_have_a_direction():
    """Every measured gene has a direction, if only that of noise."""
    genes = pd.DataFrame(
        {
            "gene": ["S", "N", "H", "T", "B"],
            "direction": ["up", "down", "down", "up", "up"],
            "shared": [True, False, False, False, True],
        }
    )

    def disease(directions):
        table = pd.DataFrame({"gene": list(directions), "direction": list(directions.values())})
        return table.assign(hub=True, module_tied=table["gene"] != "N")

    one = disease({"H": "up", "T": "up", "B": "down", "N": "down"})
    two = disease({"T": "down", "B": "down"})
    assert directions_of(genes, [one, two]) == {"S": "up", "H": "up", "B": "up"}
    assert directions_of(genes.assign(shared="False"), []) == {}
    found = match(directions=directions_of(genes, [one, two]), panel=["N"], hubs=["H"])
    assert found.loc[found["target"] == "H", "direction"].item() == "up"
