import gzip
import os
from pathlib import Path

import pytest
from crosshub.chemistry import (
    DESCRIPTORS,
    draw,
    read_library,
    standardise,
    standardise_library,
)
from crosshub.errors import DataError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
VORINOSTAT = "ONC(=O)CCCCCCC(=O)Nc1ccccc1"


def real(name):
    mirror = os.environ.get("CROSSHUB_GEO_MIRROR")
    if not mirror:
        pytest.skip("CROSSHUB_GEO_MIRROR is not set")
    path = Path(mirror.removeprefix("file://")) / ".." / "compounds" / name
    if not path.exists():
        pytest.skip(f"the mirror has no {name}")
    return path


@pytest.mark.parametrize(
    ("smiles", "inchikey"),
    [
        # Keys as published by PubChem.
        (ASPIRIN, "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"),
        (VORINOSTAT, "WAEXFXRVDQXREF-UHFFFAOYSA-N"),
        ("CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "RYYVLZVUVIJVGH-UHFFFAOYSA-N"),
        ("C[C@@H](c1ccc(CC(C)C)cc1)C(=O)O", "HEFNNWSXXWATRW-JTQLQIEISA-N"),
    ],
)
def test_identity_of_known_drugs(smiles, inchikey):
    assert standardise(smiles).inchikey == inchikey


@pytest.mark.parametrize(
    "smiles",
    [
        "OC(=O)c1ccccc1OC(C)=O",
        "CC(=O)Oc1ccccc1C(=O)[O-].[Na+]",
        "CC(=O)Oc1ccccc1C(=O)[O-]",
        "CC(=O)Oc1ccccc1C(=O)O.O.O.Cl",
        "CC(=O)Oc1ccccc1C(=O)O[Na]",
        "CC(=O)Oc1ccccc1C(=O)O |THB:1:2:3.4:5.6|",
    ],
)
def test_salts_charges_and_spellings_are_one_compound(smiles):
    found = standardise(smiles)
    assert found.smiles == "CC(=O)Oc1ccccc1C(=O)O"
    assert found.inchikey == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"


def test_enantiomers_stay_two():
    left, right = standardise("C[C@H](N)C(=O)O"), standardise("C[C@@H](N)C(=O)O")
    assert left.inchikey != right.inchikey
    assert standardise("C[C@H]([NH3+])C(=O)[O-]").inchikey == left.inchikey


def test_permanent_charge_stays():
    assert standardise("C[N+](C)(C)CCO.[Cl-]").smiles == "C[N+](C)(C)CCO"


@pytest.mark.parametrize(
    "smiles",
    [
        "",
        "  ",
        "C1CC",
        "c1ccccc1(",
        "CN(C)(C)(C)C",
        "*CC",
        "xyz",
        "(" * 9999,
        "C" * 1024,
        "H2O",
        "|$;$|",
    ],
)
def test_no_structure(smiles, capfd):
    assert standardise(smiles) is None
    assert capfd.readouterr() == ("", "")


def test_descriptors(library_of):
    found = library_of(
        name=["aspirin", "vorinostat", "cyclosporin-like", "catechol"],
        smiles=[
            ASPIRIN,
            VORINOSTAT,
            "CCCCCCCCCCCCCCCCCC(=O)OCC(COC(=O)CCCCCCCCCCCCCCCCC)OC(=O)CCCCCCCCCCCCCCCCC",
            "Oc1ccccc1O",
        ],
        phase=["Launched", "Launched", "", ""],
    )
    assert found.unreadable.empty
    assert set(DESCRIPTORS) <= set(found.structures.columns)
    found = found.structures.set_index("name")
    # Values of PubChem (weight, TPSA, donors) and of the QED paper's reference code.
    aspirin = found.loc["aspirin"]
    assert aspirin["molecular_weight"] == pytest.approx(180.16, abs=0.01)
    assert aspirin["tpsa"] == pytest.approx(63.6)
    assert aspirin["logp"] == pytest.approx(1.3101, abs=1e-4)
    assert aspirin["qed"] == pytest.approx(0.550, abs=1e-3)
    counts = ["h_bond_donors", "h_bond_acceptors", "rotatable_bonds", "lipinski_violations"]
    assert aspirin[counts].tolist() == [1, 3, 2, 0]
    assert aspirin["scaffold"] == "c1ccccc1"
    assert found.loc["vorinostat", "molecular_weight"] == pytest.approx(264.32, abs=0.01)
    # Weight and logP are too large; nothing else is.
    assert found.loc["cyclosporin-like", "lipinski_violations"] == 2
    assert found.loc["cyclosporin-like", "scaffold"] == ""
    assert found["pains"].tolist() == [False, False, False, True]


def test_what_cannot_be_read_is_listed(capfd, library_of):
    smiles = ["C1CC", ASPIRIN, None, "CN(C)(C)(C)C", "*CC"]
    library = library_of(name=list("abcde"), smiles=smiles, targets=list("vwxyz"))
    found = library.structures[library.structures["reason"] == ""]
    assert found["name"].tolist() == ["b"]
    assert found["targets"].tolist() == ["w"]
    reasons = library.unreadable.set_index("name")["reason"]
    assert library.unreadable["targets"].tolist() == list("vxyz")
    assert reasons.index.tolist() == list("acde")
    assert "cannot be parsed" in reasons["a"]
    assert reasons["c"] == "no SMILES is given"
    assert "Explicit valence" in reasons["d"]
    assert "no InChIKey" in reasons["e"]
    assert len(found) + len(reasons) == len(smiles)
    assert capfd.readouterr() == ("", "")


def test_no_compounds(library_of):
    found = library_of()
    assert found.structures.empty
    assert found.unreadable.empty
    assert "inchikey" in found.structures


def test_drawing():
    first, second = draw(VORINOSTAT, size=(200, 100)), draw(VORINOSTAT, size=(200, 100))
    assert first == second
    assert first.startswith("<svg")
    assert first.endswith("</svg>")
    assert "width='200px' height='100px'" in first
    assert first != draw(ASPIRIN, size=(200, 100))
    with pytest.raises(DataError, match="SMILES 'C1CC'"):
        draw("C1CC")


def test_tables_are_read_row_by_row(tmp_path):
    hub = tmp_path / "hub.txt"
    hub.write_text(
        '!Source\t"Hub"\n!x\n'
        "pert_iname\tclinical_phase\tmoa\ttarget\n"
        "Aspirin\tLaunched\tCOX inhibitor!\tPTGS1|PTGS2\n"
        '"[sar9,met]"\tPhase 1\t\t\n'
    )
    lincs = tmp_path / "lincs.tsv.gz"
    with gzip.open(lincs, "wt") as file:
        file.write(
            "pert_iname\tcanonical_smiles\tMOA\ttarget\tmax_phase\n"
            "aspirin\t\tother\tX1; X2\t4\n"
            f"aspirin\t{ASPIRIN}\tother\t\t4\n"
            "vorinostat\t-666\t\tHDAC1; HDAC2\t\n"
        )
    own = tmp_path / "own.csv"
    own.write_text(f'Name,SMILES\nVorinostat,{VORINOSTAT}\n"a,b",CC\n,CCC\nsecret,restricted\n')
    found = read_library([hub, lincs, own])
    columns = ["name", "smiles", "phase", "mechanism", "targets", "table", "row"]
    assert found[columns].to_numpy().tolist() == [
        ["Aspirin", "", "Launched", "COX inhibitor!", "PTGS1|PTGS2", "hub.txt", 1],
        ["[sar9,met]", "", "Phase 1", "", "", "hub.txt", 2],
        ["aspirin", "", "4", "other", "X1; X2", "lincs.tsv.gz", 1],
        ["aspirin", ASPIRIN, "4", "other", "", "lincs.tsv.gz", 2],
        ["vorinostat", "", "", "", "HDAC1; HDAC2", "lincs.tsv.gz", 3],
        ["Vorinostat", VORINOSTAT, "", "", "", "own.csv", 1],
        ["a,b", "CC", "", "", "", "own.csv", 2],
        ["", "CCC", "", "", "", "own.csv", 3],
        ["secret", "", "", "", "", "own.csv", 4],
    ]
    joined = standardise_library(found).structures.set_index("name")
    assert joined.loc["aspirin", ["smiles", "phase", "targets"]].tolist() == [
        ASPIRIN, "Launched", "PTGS1|PTGS2",
    ]  # fmt: skip
    assert read_library([]).empty


def test_bad_tables(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("drug\tsmiles\na\tC\n")
    with pytest.raises(DataError, match="no column of names"):
        read_library([path])
    with pytest.raises(DataError, match="cannot be read"):
        read_library([tmp_path / "absent.tsv"])
    path.write_text("")
    with pytest.raises(DataError, match="cannot be read"):
        read_library([path])
    path.write_text("name\tsmiles\na\tC\tx\ty\nb\tC\tx\ty\tz\n")
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_library([path])
    assert "\n" not in str(caught.value)


def test_real_drug_repurposing_hub():
    samples = real("repurposing_samples_20200324.txt")
    rows = read_library([real("repurposing_drugs_20200324.txt"), samples])
    assert rows["name"].str.lower().nunique() == 6798
    drugs = rows[rows["order"] == 0].set_index("name")
    assert drugs.loc["vorinostat", ["phase", "mechanism"]].tolist() == [
        "Launched", "HDAC inhibitor",
    ]  # fmt: skip
    assert "HDAC1" in drugs.loc["vorinostat", "targets"].split("|")
    part = rows[rows["smiles"] != ""].drop_duplicates("name").iloc[::20]
    found = [standardise(smiles) for smiles in part["smiles"]]
    assert None not in found
    # The first block of the key is the skeleton: salts apart, it must be the one of the Hub.
    pairs = zip(found, part["given_inchikey"], strict=True)
    same = [structure.inchikey[:14] == key[:14] for structure, key in pairs]
    assert sum(same) / len(same) > 0.95
