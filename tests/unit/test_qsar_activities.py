"""Tables of measured activities: units, bounds, replicates, and what is said of the rest."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.chemistry import standardise
from crosshub.config import read_schema
from crosshub.errors import ConfigError, DataError
from crosshub.qsar.activities import (
    COLUMNS,
    pool_activities,
    read_activities,
    replicate_sd,
)
from crosshub.qsar.scaffolds import scaffold_folds, scaffold_groups, scaffold_of
from crosshub.simulate.activities import CORES, SUBSTITUENTS, draw_activities, write_chembl
from crosshub.study import read_study
from crosshub.study_checks import study_files
from sklearn.model_selection import GroupKFold


def raw(rows):
    """Return rows in the form of `read_activities`; what is not given is a sound IC50."""
    plain = dict.fromkeys(COLUMNS, "") | {"type": "IC50", "unit": "nM", "relation": "'='"}
    return pd.DataFrame([{"row": i, **plain, **row} for i, row in enumerate(rows, start=2)])


def sound(number=40):
    """Return rows of so many different compounds with 1 to 40 nM."""
    table = draw_activities(np.random.default_rng(0), compounds=number)
    return [{"smiles": s, "value": str(i + 1)} for i, s in enumerate(table["smiles"])]


def pool(rows, **options):
    return pool_activities(raw(rows), where="qsar 'x'", **options)


ETHANOL = "CCO"
INCHIKEY = "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"


def of_ethanol(rows, **options):
    """Pool rows of ethanol among sound ones; return its row, if any, and its reasons."""
    compounds, left_out, _ = pool(sound() + [{"smiles": ETHANOL, **row} for row in rows], **options)
    found = compounds[compounds["inchikey"] == INCHIKEY]
    reasons = left_out.loc[left_out["inchikey"] == INCHIKEY, "reason"].tolist()
    return found, reasons


def test_a_table_of_chembl_is_read(tmp_path):
    table = draw_activities(np.random.default_rng(1), compounds=50)
    path = tmp_path / "cathepsin.csv"
    write_chembl(table, path)
    found = read_activities(path)
    assert len(found) == 50
    assert found["row"].tolist() == list(range(2, 52))
    assert found["relation"].eq("'='").all()
    compounds, left_out, counted = pool_activities(found, where="x")
    assert left_out.empty
    assert counted["type"] == "IC50"
    by_name = compounds.set_index("name")["activity"].reindex(table["name"])
    np.testing.assert_allclose(by_name, table["activity"], atol=1e-5)
    with gzip.open(tmp_path / "cathepsin.csv.gz", "wb") as file:
        file.write(path.read_bytes())
    pd.testing.assert_frame_equal(read_activities(tmp_path / "cathepsin.csv.gz"), found)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_own_columns_and_separators(tmp_path, separator):
    path = tmp_path / "own.txt"
    lines = [["structure", "pki", "who"], ["CCO", "6.5", "ethanol"], [], ["CCC", "", "propane"]]
    path.write_text("\ufeff" + "\r\n".join(separator.join(line) for line in lines))
    found = read_activities(path, {"smiles": "structure", "value": "pki", "name": "who"})
    assert found[["row", "smiles", "value", "name"]].to_numpy().tolist() == [
        [2, "CCO", "6.5", "ethanol"],
        [4, "CCC", "", "propane"],
    ]
    assert (found["unit"] == "").all()


def test_what_cannot_be_read_is_one_line(tmp_path):
    path = tmp_path / "x.csv"
    with pytest.raises(DataError, match="x.csv: cannot be read"):
        read_activities(path)
    path.write_text("")
    with pytest.raises(DataError, match="is empty"):
        read_activities(path)
    path.write_text("Smiles;Value\nCCO;5\n")
    with pytest.raises(DataError, match="no column 'Standard Value'.*Smiles, Value"):
        read_activities(path)
    with pytest.raises(DataError, match="no column 'unit'"):
        read_activities(path, {"value": "Value", "unit": "unit"})
    path.write_text("Smiles;Standard Value;Standard Value\nCCO;5;6\n")
    with pytest.raises(DataError, match="the column 'Standard Value' occurs twice; keep one"):
        read_activities(path)
    path.write_text("Smiles;Standard Value;Other;Other\nCCO;5;6;7\n")
    assert len(read_activities(path)) == 1
    path.write_bytes(
        "Smiles;Standard Value;Standard Units\nCCO;5;\N{MICRO SIGN}M\n".encode("latin-1")
    )
    with pytest.raises(DataError, match="x.csv: is not UTF-8; save it as UTF-8$"):
        read_activities(path)
    whole = gzip.compress(b"Smiles;Standard Value\nCCO;5\n")
    for damaged in (whole[:20], whole[:12] + b"\xff\xff" + whole[14:], b"Smiles"):
        (tmp_path / "y.csv.gz").write_bytes(damaged)
        with pytest.raises(DataError, match="y.csv.gz: cannot be read as a table") as error:
            read_activities(tmp_path / "y.csv.gz")
        assert "\n" not in str(error.value)
    path.write_text("Smiles;Standard Value\nCCO;5\nCCC\n")
    with pytest.raises(DataError, match="row 3 has 1 cells for 2 columns"):
        read_activities(path)


@pytest.mark.parametrize(
    ("row", "activity"),
    [
        ({"value": "10", "unit": "nM"}, 8),
        ({"value": "10", "unit": "uM"}, 5),
        ({"value": "10", "unit": "\N{MICRO SIGN}M"}, 5),
        ({"value": "10", "unit": "\N{GREEK SMALL LETTER MU}M"}, 5),
        ({"value": "0.1", "unit": "mM"}, 4),
        ({"value": "10", "unit": "NM"}, 8),
        ({"value": "10", "unit": "UM"}, 5),
        ({"value": "10", "unit": "NMOL/L"}, 8),
        ({"value": "0.1", "unit": "MMOL/L"}, 4),
        ({"value": "1e-6", "unit": "M"}, 6),
        ({"value": "100", "unit": "pM"}, 10),
        ({"value": "10", "unit": "nmol/L"}, 8),
        ({"value": "7.5", "unit": "", "type": "pIC50"}, 7.5),
        ({"value": "", "unit": "", "p_chembl": "6.25"}, 6.25),
        ({"value": "10", "unit": "nM", "p_chembl": "8.00"}, 8),
        ({"value": "10", "unit": "ug.mL-1", "p_chembl": "5.5"}, 5.5),
        ({"value": "10", "unit": "nM", "relation": ""}, 8),
    ],
)
def test_units(row, activity):
    kind = row.get("type", "IC50")
    rows = [{"smiles": ETHANOL, **row}]
    rows += [part | {"type": kind} for part in sound()]
    compounds, _, _ = pool(rows, kind=kind)
    found = compounds.set_index("inchikey").loc[INCHIKEY, "activity"]
    assert found == pytest.approx(activity)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"value": "10000", "relation": "'>'"}, "no exact value (>)"),
        ({"value": "1", "relation": "<="}, "no exact value (<=)"),
        ({"value": "50", "unit": "%"}, "unit '%' is no concentration in mol/l"),
        ({"value": "50", "unit": "MM"}, "unit 'MM' may be mM or µM"),
        ({"value": "0"}, "not a positive number"),
        ({"value": "-3"}, "not a positive number"),
        ({"value": "inf"}, "no number is given"),
        ({"value": "many"}, "no number is given"),
        ({"value": "1e12"}, "not plausible: outside 1 mol/l to 1 fmol/l"),
        ({"value": "10", "type": "Ki"}, "another type of activity than IC50"),
        ({"value": "10", "remark": "Outside typical range"},
         "remark of the table: Outside typical range"),
        ({"value": "10", "duplicate": "1"}, "repeats the value of another publication"),
        ({"value": "10", "p_chembl": "5.0"},
         "value and unit do not agree with the pChEMBL value"),
    ],
)  # fmt: skip
def test_what_is_left_out_has_its_reason(row, reason):
    found, reasons = of_ethanol([row])
    assert found.empty
    assert reasons == [reason]


def test_a_bound_keeps_its_number():
    _, left_out, counted = pool([*sound(), {"smiles": ETHANOL, "value": "1e4", "relation": "'>'"}])
    assert left_out["activity"].tolist() == [pytest.approx(5)]
    assert counted["left_out"] == {"no exact value (>)": 1}


def test_structures_that_cannot_be_read_are_listed():
    rows = [*sound(), {"smiles": "C1CC", "value": "5"}, {"smiles": "", "value": "5"}]
    compounds, left_out, counted = pool(rows)
    assert left_out["reason"].tolist() == ["no valid structure"] * 2
    assert left_out["row"].tolist() == [42, 43]
    assert counted["measurements"] + len(left_out) == counted["rows"] == len(rows)
    assert len(compounds) == counted["compounds"] == 40


def test_replicates_are_pooled_over_salts_and_spellings():
    rows = [("CCO", "10"), ("OCC", "100"), ("OCC.Cl", "20")]
    found, reasons = of_ethanol([{"smiles": s, "value": v} for s, v in rows])
    assert reasons == []
    row = found.iloc[0]
    assert row["activity"] == pytest.approx(9 - np.log10(20))
    assert row["measurements"] == 3
    assert row["spread"] == pytest.approx(1)


def test_replicates_that_conflict_are_left_out():
    found, reasons = of_ethanol([{"value": "10"}, {"value": "10000"}])
    assert found.empty
    assert reasons == ["its measurements do not agree (they differ by more than 1 log units)"] * 2
    # Exactly the limit passes, and so does more if more is allowed.
    assert len(of_ethanol([{"value": "10"}, {"value": "100"}])[0]) == 1
    assert len(of_ethanol([{"value": "10"}, {"value": "10000"}], largest_spread=3)[0]) == 1
    # One of three is wrong, and the median does not mind.
    found, _ = of_ethanol([{"value": "10"}, {"value": "12"}, {"value": "100000"}])
    assert found["activity"].item() == pytest.approx(9 - np.log10(12))


def test_the_scatter_counts_what_does_not_agree():
    """Leaving the worst pairs out would make the others look like all."""
    rng = np.random.default_rng(0)
    rows = [
        {**row, "value": f"{10 ** (3 + shift):.6g}"}
        for row in sound(400)
        for shift in rng.normal(0, 0.5, 2)
    ]
    _, left_out, counted = pool(rows)
    assert 0.05 < len(left_out) / len(rows) < 0.4
    assert counted["replicate_sd"] == pytest.approx(0.5, rel=0.1)


def test_compounds_are_one_by_the_rules_of_the_drug_list():
    left, right = "C[C@H](N)Cc1ccccc1", "C[C@@H](N)Cc1ccccc1"
    keto, enol = "CC(=O)CC(C)=O", "CC(=O)C=C(C)O"
    for pair, options in [
        ((left, right), {"stereo": "ignore"}),
        ((keto, enol), {"tautomers": True}),
    ]:
        rows = [*sound(), *({"smiles": text, "value": "10"} for text in pair)]
        assert pool(rows)[2]["compounds"] == 42
        compounds, _, counted = pool(rows, **options)
        assert counted["compounds"] == 41
        own = standardise(pair[0], **options)
        row = compounds.set_index("inchikey").loc[own.inchikey]
        assert row["measurements"] == 2


def test_the_scatter_of_replicates():
    activity = pd.Series([5.0, 5.2, 7.0, 7.4, 6.0])
    compound = pd.Series(list("aabbc"))
    expected = np.sqrt((2 * 0.1**2 + 2 * 0.2**2) / 2)
    assert replicate_sd(activity, compound) == pytest.approx(expected)
    assert replicate_sd(activity[[0, 2]], compound[[0, 2]]) is None
    rng = np.random.default_rng(0)
    drawn = pd.Series(np.repeat(rng.normal(6, 1, 500), 2) + rng.normal(0, 0.3, 1000))
    assert replicate_sd(drawn, pd.Series(np.repeat(np.arange(500), 2))) == pytest.approx(
        0.3, abs=0.03
    )


def test_the_type_with_most_compounds_is_taken():
    rows = [row | {"type": "Ki"} for row in sound(45)]
    rows += [{"smiles": ETHANOL, "value": "10"}] * 60
    assert pool(rows)[2]["type"] == "Ki"
    assert pool([row | {"type": ""} for row in sound()])[2]["type"] == ""


def test_too_little_is_one_line():
    with pytest.raises(
        DataError, match=r"qsar 'x': 29 compounds with a usable IC50, 30 are needed"
    ):
        pool(sound(29))
    with pytest.raises(DataError, match="most rows were left out: no exact value"):
        pool([row | {"relation": ">"} for row in sound()])
    with pytest.raises(DataError, match="all compounds have the activity 8"):
        pool([row | {"value": "10"} for row in sound()])
    with pytest.raises(DataError, match="in which unit its values are"):
        pool([row | {"unit": ""} for row in sound()])
    compounds, _, counted = pool([row | {"unit": ""} for row in sound()], unit="uM")
    assert counted["unit_from"] == "config"
    assert compounds["activity"].max() == pytest.approx(6)
    logs = pool([row | {"unit": "", "value": str(4 + i / 20)} for i, row in enumerate(sound())],
                unit="log")[0]  # fmt: skip
    assert logs["activity"].max() == pytest.approx(4 + 39 / 20)


def test_enantiomers_have_one_scaffold():
    left, right = "C[C@H]1CC[C@@H](c2ccccc2)N1", "C[C@@H]1CC[C@H](c2ccccc2)N1"
    assert scaffold_of(left) == scaffold_of(right) == "c1ccc(C2CCCN2)cc1"
    assert scaffold_of("CCCN") == ""
    groups = scaffold_groups(["a", "", "a", ""], ["x", "CCCCCCCC(=O)O", "x", "NS(N)(=O)=O"])
    assert groups.tolist()[0::2] == [2, 2]
    assert len(set(groups)) == 3


RINGLESS = {
    "bisphosphonates": ["OC(CCN)(P(=O)(O)O)P(=O)(O)O", "OC(CCCCCN)(P(=O)(O)O)P(=O)(O)O",
                        "OC(CCN(C)CCCCC)(P(=O)(O)O)P(=O)(O)O"],
    "amides": [f"CC(C)NC(=O){end}" for end in ("CC", "CCl", "CF", "COC", "C(C)C", "CC#N")],
    "aldehydes": [f"CC(C)CC(NC(=O)C)C(=O)NC({end})C=O" for end in ("C", "CCSC", "CO", "CCC(N)=O")],
}  # fmt: skip


def test_a_series_without_rings_is_one_group():
    smiles = [text for part in RINGLESS.values() for text in part]
    series = np.repeat(np.arange(3), [len(part) for part in RINGLESS.values()])
    groups = scaffold_groups([scaffold_of(text) for text in smiles], smiles)
    for name in range(3):
        assert len(set(groups[series == name])) == 1
    assert len(set(groups)) == 3
    # The order of the table tells nothing.
    order = np.random.default_rng(0).permutation(len(smiles))
    again = scaffold_groups([""] * len(smiles), [smiles[i] for i in order])
    assert again.tolist() == groups[order].tolist()


def test_folds_hold_whole_scaffolds_and_are_as_even_as_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(20):
        groups = rng.integers(0, 40, 200) ** 2 // 60
        folds = scaffold_folds(groups, 5, rng)
        assert pd.DataFrame({"g": groups, "f": folds}).groupby("g")["f"].nunique().max() == 1
        theirs = [len(test) for _, test in GroupKFold(5).split(groups, groups=groups)]
        assert sorted(np.bincount(folds, minlength=5)) == sorted(theirs)
    again = [scaffold_folds(groups, 5, np.random.default_rng(s)).tolist() for s in (1, 1, 2)]
    assert again[0] == again[1] != again[2]
    with pytest.raises(DataError, match="have 3 scaffolds, fewer than 5 folds"):
        scaffold_folds(np.array([0, 0, 1, 2]), 5, rng)


def test_every_simulated_structure_is_one():
    table = draw_activities(np.random.default_rng(0), compounds=len(CORES) * len(SUBSTITUENTS) ** 2)
    sample = table.iloc[::7]
    assert all(scaffold_of(smiles) for smiles in sample["smiles"])
    assert sample["activity"].between(0, 12).all()


def test_the_config_is_checked(tmp_path):
    root = Path(__file__).parents[2]
    schemas = [
        read_schema(root / "workflow" / "schemas" / f"{name}.schema.yaml")
        for name in ("config", "datasets")
    ]
    settings = {"study": "x", "datasets": str(root / "config" / "datasets.tsv")}
    path = tmp_path / "a.csv"
    path.write_text("Smiles;Standard Value\n")
    item = {"target": "cathepsin_k", "activities": str(path)}
    study = read_study(settings | {"qsar": [item]}, *schemas)
    assert study.predicted == ["<study>/qsar/cathepsin_k/verdict.json"]
    assert study.activities["cathepsin_k"]["columns"] == COLUMNS
    assert study_files(study.config)["qsar[0].activities"] == str(path)
    for number in (1, 18):
        with pytest.raises(ConfigError, match=r"can never show p ≤ 0.05; give 19 or more, or 0"):
            read_study(settings | {"qsar": [item | {"scramblings": number}]}, *schemas)
    for number in (0, 19):
        read_study(settings | {"qsar": [item | {"scramblings": number}]}, *schemas)
    wrong = [item, item, {"target": "b", "activities": "no.csv"}, {**item, "model": "oracle"}]
    with pytest.raises(ConfigError) as error:
        read_study(settings | {"qsar": wrong}, *schemas)
    text = str(error.value)
    assert "config.qsar: the target 'cathepsin_k' occurs twice" in text
    assert "no file 'no.csv'" in text
    assert "'oracle' is not one of ['random_forest', 'gradient_boosting', 'chemprop']" in text
