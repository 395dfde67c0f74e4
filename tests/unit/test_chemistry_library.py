"""Libraries: reading every row, one identity for each compound, nothing lost."""

import gzip

import pandas as pd
import pytest
from crosshub.chemistry import DESCRIPTORS, find_known, read_library, standardise_library
from crosshub.chemistry.identities import _parse
from crosshub.errors import DataError
from crosshub.tables import write_table
from rdkit import Chem

ASPIRIN, ASPIRIN_KEY = "CC(=O)Oc1ccccc1C(=O)O", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
HEAD = "name\tsmiles\tphase\tmoa\ttarget\tindication\n"


def library(tmp_path, *texts, **options):
    paths = []
    for i, text in enumerate(texts):
        paths.append(tmp_path / f"t{i}.tsv")
        paths[-1].write_text(text)
    return standardise_library(read_library(paths), **options)


def test_one_drug_under_five_names(tmp_path):
    found = library(
        tmp_path,
        HEAD
        + f"aspirin\t{ASPIRIN}\t\t\tPTGS1\t\n"
        + "Acetylsalicylate\tCC(=O)Oc1ccccc1C(=O)[O-].[Na+]\tLaunched\tCOX inhibitor\t\tpain\n"
        + "ASA\tOC(=O)c1ccccc1OC(C)=O\t\t\tPTGS2; PTGS1\tfever|pain\n"
        + f"BRD-1\t{ASPIRIN}.O\t\t\t\t\n"
        + f"BRD-2\t{ASPIRIN} |THB:1:2|\tPhase 3\tother\t\t\n"
        + "ethanol\tCCO\t\t\t\t\n",
    )
    assert found.structures["inchikey"].nunique() == 2
    same = found.structures[found.structures["inchikey"] == ASPIRIN_KEY]
    assert len(same) == 5
    # What one name knows all know; the values of a table are united, the phase is the first.
    for column, value in {
        "phase": "Launched",
        "mechanism": "COX inhibitor|other",
        "targets": "PTGS1|PTGS2",
        "indication": "pain|fever",
        "connectivity": "BSYNRYMUTXBXSQ",
        "smiles": ASPIRIN,
    }.items():
        assert set(same[column]) == {value}
    one = found.identities.iloc[0]
    assert one["names"] == "aspirin|Acetylsalicylate|ASA|BRD-1|BRD-2"
    assert (one["name"], one["n_names"], one["n_rows"]) == ("aspirin", 5, 5)
    assert found.summary["identities"] == 2
    assert found.summary["identities_with_several_names"] == 1
    assert found.summary["names_merged"] == 4


def test_the_first_table_that_knows_anything_wins(tmp_path):
    found = library(
        tmp_path,
        HEAD + f"aspirin\t\tLaunched\tCOX inhibitor\t\t\nASA\t{ASPIRIN}\t\t\tPTGS1\t\n",
        HEAD + f"Aspirin\t{ASPIRIN}\t4\tother\tX1|X2\tpain\n",
    )
    same = found.structures
    assert same["name"].tolist() == ["ASA", "Aspirin"]
    for column, value in [("phase", "Launched"), ("mechanism", "COX inhibitor"),
                          ("targets", "PTGS1"), ("indication", "pain")]:  # fmt: skip
        assert same[column].tolist() == [value, value]


def test_a_name_with_several_structures_is_listed_and_decided(tmp_path):
    found = library(
        tmp_path,
        HEAD
        + "ala\tC[C@H](N)C(=O)O\t\t\t\t\nala\tC[C@@H](N)C(=O)O\t\t\t\t\n"
        + "ALA\tC[C@@H](N)C(=O)O\t\t\t\t\nmix\tCCO\t\t\t\t\nbad\tC1CC\t\t\t\t\n",
        HEAD + "mix\tCCN\t\t\t\t\nmix\tCCN\t\t\t\t\nbad\tCCC\t\t\t\t\n",
    )
    table = found.structures.set_index("name")
    # Most rows of the table decide; a later table is asked only where the first has nothing.
    chosen = found.conflicts[found.conflicts["used"]].set_index("name")
    assert chosen.loc["ala", "rows"] == 2
    assert table.loc["ala", "inchikey"] == chosen.loc["ala", "inchikey"]
    assert table.loc["mix", "smiles"] == "CCO"
    assert table.loc["bad", "smiles"] == "CCC"
    assert found.conflicts["name"].tolist() == ["ala", "ala", "mix", "mix"]
    assert found.conflicts["differs_in"].tolist() == ["stereochemistry"] * 2 + ["connectivity"] * 2
    assert found.summary["names_in_conflict"] == 2
    bad = found.unreadable.iloc[0]
    assert bad["used_instead"] == table.loc["bad", "inchikey"]
    one = library(tmp_path, HEAD + "ala\tC[C@H](N)C(=O)O\t\t\t\t\nala\tC[C@@H](N)C(=O)O\t\t\t\t\n",
                  stereo="ignore")  # fmt: skip
    assert one.conflicts.empty


def test_nothing_is_lost(tmp_path):
    long = "n" * 10_000
    found = library(
        tmp_path,
        HEAD
        + f"good\t{ASPIRIN}\t\t\t\t\nempty\t\tPhase 1\t\tTP53\t\nwild\tCC*\t\t\t\t\n"
        + f"text\tnot a structure\t\t\t\t\nhuge\t{'C' * 5000}\t\t\t\t\n\tCCC\t\t\t\t\n"
        + f"{long}\tC1CC\t\t\t\t\nsecret\trestricted\t\t\t\t\ngood\t\t\t\t\t\n"
        + "polymer\t*CC* |$_R1;;;_R2$|\t\t\t\t\ncx\tCCO |$;;A$|\t\t\t\t\n",
    )
    assert found.structures["name"].tolist() == [
        *("good", "cx", "empty", "wild", "text", "huge", long, "secret", "polymer"),
    ]  # fmt: skip
    reasons = found.unreadable.set_index("name")["reason"]
    assert set(reasons.index) == {
        *("empty", "wild", "text", "huge", "", long, "secret", "polymer"),
    }  # fmt: skip
    assert reasons["empty"] == reasons["secret"] == "no SMILES is given"
    assert reasons[""] == "the row has no name"
    assert "1,023 atoms" in reasons["huge"]
    lacking = found.structures.set_index("name").loc["empty"]
    assert (lacking["phase"], lacking["targets"], lacking["inchikey"]) == ("Phase 1", "TP53", "")
    counts = found.summary
    assert counts["rows"] == 11
    assert counts["rows_without_smiles"] == 3
    assert counts["rows_unreadable"] == 6
    assert counts["rows_with_structure"] == 2
    parts = ("rows_without_smiles", "rows_unreadable", "rows_with_structure")
    assert counts["rows"] == sum(counts[part] for part in parts)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"name\tsmiles\nb\xe9ta\tCCO\n\xff\xfe\tC\xff\n")
    found = standardise_library(read_library([path]))
    assert found.structures["inchikey"].tolist()[0] == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    assert len(found.unreadable) == 1


def test_no_structure_at_all_is_a_mistake(tmp_path):
    with pytest.raises(DataError, match=r"t0\.tsv: none of 2 rows .* column of SMILES") as caught:
        library(tmp_path, "name\tsmiles\na\tx\nb\t\n")
    assert "\n" not in str(caught.value)
    nothing = standardise_library(read_library([]))
    assert nothing.structures.empty
    assert nothing.summary["rows"] == 0
    assert list(nothing.structures.columns)[-len(DESCRIPTORS) :] == list(DESCRIPTORS)


def sd_file(names):
    blocks = []
    for name, smiles in names:
        molecule = Chem.MolFromSmiles(smiles)
        molecule.SetProp("_Name", name)
        blocks.append(Chem.MolToMolBlock(molecule))
    bad = Chem.MolToMolBlock(Chem.MolFromSmiles("CN(C)(C)(C)C", sanitize=False))
    broken = "broken\n\n\nthis is no molecule\n"
    extra = "> <MOA>  (1)\nCOX inhibitor\n\n> <Target>\nPTGS1\n\n"
    return (
        blocks[0] + extra + "$$$$\n" + blocks[1] + "$$$$\n" + bad + "> <name>\nfive bonds\n\n$$$$\n"
        + broken + "$$$$\n"
    )  # fmt: skip


def test_sd_and_smiles_files(tmp_path):
    records = tmp_path / "vendor.sdf.gz"
    with gzip.open(records, "wt", newline="\r\n") as file:
        file.write(sd_file([("aspirin", ASPIRIN), ("", "C[C@H](N)C(=O)O")]))
    lines = tmp_path / "more.smi"
    lines.write_text(
        f"SMILES name\n{ASPIRIN} acetylsalicylic acid\nCCO\n\nCCN |$;;x$| amine\nC1CC b\n"
    )
    rows = read_library([records, lines])
    assert rows["name"].tolist() == [
        *("aspirin", "vendor 2", "five bonds", "broken"),
        *("acetylsalicylic acid", "more 2", "amine", "b"),
    ]
    assert rows.loc[0, ["mechanism", "targets"]].tolist() == ["COX inhibitor", "PTGS1"]
    found = standardise_library(rows)
    assert found.identities["names"].tolist()[0] == "aspirin|acetylsalicylic acid"
    table = found.structures.set_index("name")
    assert table.loc["vendor 2", "inchikey"] == "QNAYBMKLOCPYGJ-REOHCLBHSA-N"
    assert table.loc["amine", "smiles"] == "CCN"
    reasons = found.unreadable.set_index("name")["reason"]
    assert "valence" in reasons["five bonds"]
    assert "cannot be parsed" in reasons["broken"]
    assert "cannot be parsed" in reasons["b"]


def test_the_same_for_any_number_of_processes(tmp_path):
    names = "".join(f"c{i}\t{'C' * (1 + i % 40)}O{'C' * (i // 40)}\t\t\t\t\n" for i in range(600))
    tables = []
    for processes in (1, 2, 3):
        found = library(tmp_path, HEAD + names + "x\tC1CC\t\t\t\t\n", processes=processes)
        path = tmp_path / f"{processes}.tsv"
        write_table(found.structures, path)
        tables.append((path.read_bytes(), found.summary))
    assert tables[0] == tables[1] == tables[2]


def test_known_drugs(tmp_path):
    found = library(tmp_path, HEAD + f"Aspirin\t{ASPIRIN}\t\t\t\t\nbad\tC1CC\t\t\t\t\n")
    known = find_known(["aspirin", {"name": "ASPIRIN", "disease": "ra"}], found.structures)
    assert known["disease"].tolist() == ["", "ra"]
    assert known["inchikey"].tolist() == [ASPIRIN_KEY] * 2
    with pytest.raises(DataError) as caught:
        find_known(["aspirin", "aspirine", {"name": "bad"}], found.structures)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "'aspirine' is in none of the tables" in lines[0]
    assert "'bad' has no structure" in lines[1]
    assert find_known([], found.structures).empty


def test_agreement_with_the_keys_of_lincs(mirror):
    path = mirror.parent / "compounds" / "compoundinfo_lincs2020.tsv.gz"
    if not path.exists():
        pytest.skip("the mirror has no table of compounds")
    rows = read_library([path])
    assert len(rows) == 34_419
    given = rows[(rows["given_inchikey"] != "") & (rows["smiles"] != "")].iloc[::60]
    keys = [row[1] for row in _parse(list(given["smiles"]), False, "keep")]
    pairs = list(zip(keys, given["given_inchikey"], strict=True))
    # What differs: a double bond that the SMILES leaves open and the key does not; mixtures.
    assert sum(ours == theirs for ours, theirs in pairs) / len(pairs) > 0.9
    assert sum(ours[:14] == theirs[:14] for ours, theirs in pairs) / len(pairs) > 0.98


def test_real_hub_has_phase_and_indication(mirror):
    folder = mirror.parent / "compounds"
    names = ["repurposing_drugs_20200324.txt", "repurposing_samples_20200324.txt"]
    if not all((folder / name).exists() for name in names):
        pytest.skip("the mirror has no Drug Repurposing Hub")
    rows = read_library([folder / name for name in names])
    wanted = rows["name"].str.lower().str.match("(aspirin|imatinib|vorinostat|oxantel|cisplatin)$")
    found = standardise_library(rows[wanted].reset_index(drop=True))
    table = found.structures.set_index("name")
    assert table.loc["imatinib", "inchikey"] == "KTUFNOKKBVMGRW-UHFFFAOYSA-N"
    assert (table["phase"] != "").all()
    assert "leukemia" in table.loc["imatinib", "indication"]
    assert isinstance(found.conflicts, pd.DataFrame)
