"""Libraries: reading every row, one identity for each compound, nothing lost."""

import gzip

import pytest
from crosshub.chemistry import (
    DESCRIPTORS,
    find_known,
    read_library,
    standardise_library,
    up_to_date_targets,
)
from crosshub.chemistry.identities import _parse
from crosshub.errors import DataError
from crosshub.symbols import GeneNames
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
    assert (counts["rows_unreadable"], counts["rows_readable_without_name"]) == (5, 1)
    assert counts["rows_with_structure"] == 2
    parts = ("rows_without_smiles", "rows_unreadable", "rows_readable_without_name",
             "rows_with_structure")  # fmt: skip
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
    assert found.conflicts.empty


def read(tmp_path, text, name="t.tsv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_library([path])


def test_a_quote_in_a_table_swallows_no_row(tmp_path):
    text = 'name\tsmiles\tmoa\n"stray\tCCO\t\nb\tCC\t5"\n"[sar9,met]"\tC\t"a ""b"" c"\n"\tCCC\t\n'
    found = read(tmp_path, text)
    assert found["name"].tolist() == ['"stray', "b", "[sar9,met]", '"']
    assert found["smiles"].tolist() == ["CCO", "CC", "C", "CCC"]
    assert found["mechanism"].tolist() == ["", '5"', 'a "b" c', ""]
    quoted = read(tmp_path, 'Name,SMILES\n"a,b","CC"\nc 5",CCC\n', "t.csv")
    assert quoted["name"].tolist() == ["a,b", 'c 5"']
    for text in (
        'name,smiles\n"a,CC\nb,CCC\n',
        'name,smiles\n"a,CC\nb,"CCC"\nc,C\n',
        'name,smiles\nz,C\n"a,CC\nb,CCC\nc,",C\n',
    ):
        with pytest.raises(DataError, match=r"t\.csv: cannot be read .*line .*quotes") as caught:
            read(tmp_path, text, "t.csv")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "mark"), [("t.tsv", "\t"), ("t.csv", ",")])
def test_one_separator_more_than_the_header_shifts_nothing(tmp_path, name, mark):
    text = "!note\nname\tsmiles\nboth\tCC\t\nshort\n\nlast\tCCC\t\t\n".replace("\t", mark)
    found = read(tmp_path, text, name)
    assert found["name"].tolist() == ["both", "short", "last"]
    assert found["smiles"].tolist() == ["CC", "", "CCC"]
    with pytest.raises(DataError, match="line 4 has 3 cells, the header 2") as caught:
        read(tmp_path, "!note\nname\tsmiles\na\tC\nb\tC\tlost\n".replace("\t", mark), name)
    assert "\n" not in str(caught.value)


def test_columns_of_one_name_are_one(tmp_path):
    text = "Name\tNAME\tsmiles\tSMILES\tsmiles\na\tx\t\tCC\tC\n\tb\tCCC\t\t\n"
    found = read(tmp_path, text)
    assert found[["name", "smiles"]].to_numpy().tolist() == [["a", "CC"], ["b", "CCC"]]


def test_a_damaged_archive_names_the_file(tmp_path):
    packed = bytearray(gzip.compress("".join(f"c{i}\tC{i}\n" for i in range(3000)).encode()))
    packed[40:60] = bytes(20)
    with pytest.raises(DataError, match=r"drugs\.tsv\.gz: cannot be read") as caught:
        read(tmp_path, bytes(packed), "drugs.tsv.gz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drugs.smiles.tsv", "name\tsmiles\na\tCC\n"),
        ("drugs.csv.tsv", "name\tsmiles\na\tCC\n"),
        ("own.CSV", "name,smiles\na,CC\n"),
        ("own.CSV.GZ", gzip.compress(b"name,smiles\na,CC\n")),
        ("own.v1.sdf.SMI", "CC a\n"),
        ("own", "name\tsmiles\na\tCC\n"),
    ],
)
def test_the_end_of_the_name_says_what_a_file_is(tmp_path, name, text):
    found = read(tmp_path, text, name)
    assert found[["name", "smiles"]].to_numpy().tolist() == [["a", "CC"]]


def test_targets_have_the_symbols_in_force(tmp_path):
    rows = read(tmp_path, HEAD + "ambroxol\tC\t\t\tGBA, TP53;SCN9A|GBA1\t\nb\tCC\t\t\tA1|x\t\n")
    names = GeneNames(
        frozenset({"GBA1", "TP53", "SCN9A", "ONE", "TWO"}),
        {"GBA": ("GBA1",), "A1": ("ONE", "TWO")},
        {},
    )
    found = up_to_date_targets(rows, names)
    assert found["targets"].tolist() == ["GBA1|TP53|SCN9A", "A1|x"]
    structures = standardise_library(found).structures
    assert structures["targets"].tolist() == ["GBA1|TP53|SCN9A", "A1|x"]
    assert up_to_date_targets(read_library([]), names).empty


def test_a_row_without_name_is_not_unreadable(tmp_path):
    counts = library(
        tmp_path, HEAD + "a\tCC\t\t\t\t\n\tCCC\t\t\t\t\n\tC1CC\t\t\t\t\nb\tC1CC\t\t\t\t\n"
    ).summary
    assert counts["rows_without_name"] == 2
    assert counts["rows_unreadable"] == 2
    assert counts["rows_readable_without_name"] == 1
