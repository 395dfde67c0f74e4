"""Docking: distances with known truth, mistakes in one line, nothing dropped, a real control."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from crosshub import docking, fetch, figures
from crosshub.docking import extras, work
from crosshub.docking.engine import _reason
from crosshub.docking.receptor import Receptor
from crosshub.docking.structure import Atom, Residue, pdb_block, positions, read_ligand
from crosshub.errors import DataError
from crosshub.provenance import _imported
from crosshub.tables import plain
from rdkit import Chem
from rdkit.Chem import AllChem

ROOT = Path(__file__).parents[2]
IMATINIB = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
ITEM = {
    "gene": "ABL1",
    "structure": "1iep.pdb",
    "ligand": "",
    "smiles": "",
    "box": None,
    "margin": 5,
    "exhaustiveness": 4,
    "poses": 9,
    "top": 20,
    "decoys": 0,
}
needs_extras = pytest.mark.skipif(
    bool(docking.lacking_extras()), reason=docking.lacking_extras() or "all there"
)


@pytest.fixture(scope="module")
def abl(mirror):
    folder = mirror.parent / "structures"
    if not (folder / "1iep_receptorH.pdb").is_file():
        pytest.skip("no structures beside the mirror")
    return folder / "1iep_receptorH.pdb", folder / "1iep_ligand.sdf"


@pytest.fixture
def molecule():
    """Return a ligand whose phenyl rings make several of its numberings the same."""
    return docking.fresh_conformer("Cc1ccc(C(=O)Nc2ccc(C(C)(C)C)cc2)cc1", 3)


def moved(molecule, by):
    other = Chem.Mol(molecule)
    conformer = other.GetConformer()
    for i, place in enumerate(conformer.GetPositions()):
        conformer.SetAtomPosition(i, place + by)
    return other


def alanines(number=3):
    """Return a stretched peptide of alanines, without hydrogens."""
    names = [("N", "N"), ("CA", "C"), ("C", "C"), ("O", "O"), ("CB", "C")]
    helix = Chem.MolFromSequence("A" * number)
    helix = Chem.AddHs(helix)
    AllChem.EmbedMolecule(helix, randomSeed=1)
    residues = {}
    for atom in helix.GetAtoms():
        info = atom.GetPDBResidueInfo()
        if info is None or atom.GetSymbol() == "H":
            continue
        name = info.GetName().strip()
        place = tuple(helix.GetConformer().GetPositions()[atom.GetIdx()])
        residues.setdefault(info.GetResidueNumber(), []).append(
            Atom(name, atom.GetSymbol().upper(), place)
        )
    assert {name for name, _ in names} <= {atom.name for atom in residues[1]}
    return [Residue("A", number, "", "ALA", tuple(atoms)) for number, atoms in residues.items()]


# What distances have to be.


def test_a_pose_lies_nowhere_from_itself(molecule):
    assert docking.pose_rmsd(molecule, molecule) == pytest.approx([0])


def test_a_shift_by_one_is_one_and_nothing_is_fitted(molecule):
    shifted = moved(molecule, np.array([0.6, 0, 0.8]))
    assert docking.pose_rmsd(shifted, molecule) == pytest.approx([1])


def test_numberings_that_a_symmetry_makes_the_same_are_one(molecule):
    bare = Chem.RemoveHs(molecule)
    same = bare.GetSubstructMatches(bare, uniquify=False, maxMatches=1000)
    assert len(same) == 2 * 2 * 6
    for order in same:
        other = Chem.Mol(bare)
        for i, j in enumerate(order):
            other.GetConformer().SetAtomPosition(i, bare.GetConformer().GetAtomPosition(j))
        naive = np.sqrt(
            ((other.GetConformer().GetPositions() - bare.GetConformer().GetPositions()) ** 2)
            .sum(axis=1)
            .mean()
        )
        assert docking.pose_rmsd(other, bare) == pytest.approx([0], abs=1e-6)
        assert naive > 0.5 or order == tuple(range(len(order)))


def test_each_pose_has_its_distance(molecule):
    poses = Chem.Mol(molecule)
    for distance in (3.0, 1.0):
        poses.AddConformer(moved(molecule, np.array([distance, 0, 0])).GetConformer(), True)
    assert docking.pose_rmsd(poses, molecule) == pytest.approx([0, 3, 1])


@pytest.mark.parametrize("smiles", ["CCO", "Cc1ccc(C(=O)Oc2ccc(C(C)(C)C)cc2)cc1"])
def test_another_molecule_has_no_distance(molecule, smiles):
    with pytest.raises(DataError, match="not the same molecule"):
        docking.pose_rmsd(docking.fresh_conformer(smiles, 1), molecule)


@pytest.mark.parametrize(
    ("rmsd", "passed", "words"),
    [
        ([0.4, 9.0], True, "The control passed"),
        ([2.5], True, "0 Å from"),
        ([2.51, 0.2], False, "The scores below mean nothing"),
    ],
)
def test_the_best_scored_pose_decides(rmsd, passed, words):
    rmsd = np.array(rmsd)
    found = docking.judge_control("ABL1", "STI", rmsd, -10.0 - 0 * rmsd, 37)
    assert found["control_passed"] is passed
    assert words in found["statement"]
    assert found["rmsd"] == rmsd[0]
    assert found["rmsd_best"] == rmsd.min()
    assert found["rmsd_best_pose"] == rmsd.argmin() + 1
    assert found["efficiency"] == pytest.approx(10 / 37, abs=1e-4)


def test_without_a_ligand_there_is_no_control():
    found = docking.judge_control("ABL1", "", None, None, 0)
    assert found["control_passed"] is None
    assert "There is no control" in found["statement"]


@pytest.mark.parametrize(("by", "passed"), [(1.0, True), (8.0, False)])
def test_the_control_of_an_engine_that_is_wrong_by_so_much(
    tmp_path, molecule, monkeypatch, by, passed
):
    structure = with_ligand(tmp_path, moved(molecule, np.zeros(3)))
    smiles = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    asked = []

    class Wrong:
        def dock(self, smiles):
            asked.append(smiles)
            poses = moved(molecule, np.array([0, by, 0]))
            poses.AddConformer(molecule.GetConformer(), True)
            return docking.Docking(poses, np.array([-9.0, -8.0]))

    monkeypatch.setattr(work, "engine_of", lambda *_, **__: Wrong())
    monkeypatch.setattr(work, "version", lambda name: "1")
    monkeypatch.setattr(work, "prepare_receptor", lambda _: Receptor("text", ("A:2",), ()))
    item = ITEM | {"ligand": "LIG", "smiles": smiles}
    control, pdbqt, poses = docking.run_control(structure, item, seed=1, threads=1)
    assert control["control_passed"] is passed
    assert control["rmsd"] == pytest.approx(by, abs=2e-3)
    assert control["rmsd_best"] == pytest.approx(0, abs=2e-3)
    assert control["incomplete_in_box"] == ["A:2"]
    assert control["others_left_out"] == {"HOH": 1, "LIG": 1}
    assert pdbqt == "text"
    # The engine is told the bonds alone.
    assert asked == [smiles]
    docking.write_poses(poses, tmp_path / "control.sdf")
    written = list(Chem.SDMolSupplier(str(tmp_path / "control.sdf")))
    assert [float(m.GetProp("rmsd")) for m in written] == poses[0][1]["rmsd"]


# The box.


def test_the_box_is_around_the_ligand_and_never_small():
    box = docking.box_around(np.array([[0.0, 0, 0], [30, 2, 4]]), 5)
    assert box == docking.Box((15, 1, 2), (40, 20, 20))
    points = np.array([[15, 1, 2], [-5, 1, 2], [-5.1, 1, 2], [15, 12, 2]])
    assert box.inside(points).tolist() == [True, True, False, False]


def test_a_given_box_is_taken():
    item = ITEM | {"box": {"center": [1, 2, 3], "size": [20, 21, 22]}}
    assert docking.find_box(item, np.zeros((1, 3))) == docking.Box((1, 2, 3), (20, 21, 22))
    with pytest.raises(DataError, match="give a ligand or a box"):
        docking.find_box(ITEM, None)


def test_a_box_beside_the_protein_or_the_ligand():
    box = docking.Box((0, 0, 0), (10, 10, 10))
    inside, beside = np.zeros((2, 3)), np.full((2, 3), 40.0)
    docking.check_box(box, inside, inside, where="x")
    docking.check_box(box, inside, None, where="x")
    with pytest.raises(DataError, match=r"x: the box at \(0.0, 0.0, 0.0\) holds no atom") as one:
        docking.check_box(box, beside, None, where="x")
    with pytest.raises(DataError, match="2 of 2 atoms of the ligand") as two:
        docking.check_box(box, inside, beside, where="x")
    assert "\n" not in f"{one.value}{two.value}"


# Structures.


def test_what_is_in_a_structure(tmp_path):
    ions = [
        Residue("A", 90, "", "HOH", (Atom("O", "O", (0.0, 0, 0)),)),
        Residue("A", 91, "", "ZN", (Atom("ZN", "ZN", (1.0, 0, 0)),)),
        Residue("B", 7, "", "MSE", (Atom("SE", "SE", (2.0, 0, 0)),)),
    ]
    path = tmp_path / "x.pdb"
    path.write_text(pdb_block([*alanines(), *ions]))
    found = docking.read_structure(path)
    assert [r.place for r in found.protein] == ["A:1", "A:2", "A:3", "B:7"]
    assert found.protein[-1].name == "MET"
    assert found.protein[-1].atoms[0] == Atom("SD", "S", (2.0, 0, 0))
    assert found.others == {"HOH": 1, "ZN": 1}
    assert not found.has_hydrogens
    assert np.allclose(positions(found.protein[:3]), positions(alanines()), atol=6e-4)


def test_of_alternate_positions_the_most_occupied_of_the_first_model(tmp_path):
    line = "ATOM  {:5d}  CA {}ALA A   1    {:8.3f}{:8.3f}{:8.3f}{:6.2f}  0.00           C"
    lines = [line.format(1, "A", 1, 1, 1, 0.3), line.format(2, "B", 2, 2, 2, 0.7)]
    path = tmp_path / "x.pdb"
    path.write_text("\n".join(["MODEL 1", *lines, "ENDMDL", line.format(3, " ", 9, 9, 9, 1.0)]))
    assert positions(docking.read_structure(path).protein).tolist() == [[2, 2, 2]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("data_1IEP\n#\n", "is mmCIF"),
        ("HEADER\nEND\n", "has no amino acid"),
        ("ATOM      1  N   MET A 225      19.353  41.5x7  -3.887", "line 1: is no atom"),
        ("\nATOM      1  N   MET A 225      19.353", "line 2: is no atom"),
        ("HETATM    1  O   HOH A 225      19.353  41.547  -3.887\nEND", "has no amino acid"),
    ],
)
def test_files_that_are_no_structure(tmp_path, text, words):
    path = tmp_path / "x.pdb"
    path.write_text(text)
    with pytest.raises(DataError, match=words) as caught:
        docking.read_structure(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        docking.read_structure(tmp_path / "x.pdb")


def with_ligand(tmp_path, molecule):
    """Write a structure that holds the molecule as residue LIG, and water."""
    bare = Chem.RemoveHs(molecule)
    places = bare.GetConformer().GetPositions()
    atoms = tuple(
        Atom(f"{a.GetSymbol()}{a.GetIdx()}", a.GetSymbol(), tuple(places[a.GetIdx()]))
        for a in bare.GetAtoms()
    )
    water = Residue("A", 91, "", "HOH", (Atom("O", "O", (0.0, 0, 0)),))
    path = tmp_path / "x.pdb"
    path.write_text(pdb_block([*alanines(), Residue("A", 90, "", "LIG", atoms), water]))
    return docking.read_structure(path)


def test_a_ligand_by_its_residue_is_the_ligand(tmp_path, molecule):
    structure = with_ligand(tmp_path, molecule)
    smiles = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    found = docking.find_ligand(structure, "LIG", smiles)
    assert Chem.MolToSmiles(found) == smiles
    assert docking.pose_rmsd(found, molecule) == pytest.approx([0], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "smiles", "words"),
    [
        ("STI", "C", "has no residue 'STI'; its residues that are no part of a chain: LIG"),
        ("LIG", "CCO", "LIG .A:90. has 20 atoms, and its SMILES 3"),
        ("LIG", "C1CC", "the SMILES 'C1CC' of LIG is not valid"),
        ("LIG", "C" * 20, "do not fit the SMILES of 20 atoms"),
    ],
)
def test_residues_that_are_not_the_ligand(tmp_path, molecule, name, smiles, words):
    with pytest.raises(DataError, match=words) as caught:
        docking.find_ligand(with_ligand(tmp_path, molecule), name, smiles)
    assert "\n" not in str(caught.value)


def test_ligands_from_files(tmp_path, molecule):
    path = tmp_path / "x.sdf"
    Chem.MolToMolFile(molecule, str(path))
    assert docking.pose_rmsd(read_ligand(path), molecule) == pytest.approx([0], abs=1e-3)
    flat_one = Chem.MolFromSmiles("CCOc1ccccc1")
    AllChem.Compute2DCoords(flat_one)
    Chem.MolToMolFile(flat_one, str(path))
    with pytest.raises(DataError, match="is flat"):
        read_ligand(path)
    for text in ("", "no molecule\n"):
        path.write_text(text)
        with pytest.raises(DataError, match="holds no molecule"):
            read_ligand(path)
    with pytest.raises(DataError, match="holds no molecule"):
        read_ligand(tmp_path / "absent.sdf")


def test_a_structure_by_its_id_is_whole_or_refused(tmp_path):
    source, target = tmp_path / "1ABC.pdb", tmp_path / "got" / "1ABC.pdb"
    header = "HEADER    TRANSFERASE                             23-MAR-01   1ABC\n"
    whole = header + pdb_block(alanines())
    mirror = fetch.Mirror(f"file://{tmp_path}")
    source.write_text(whole)
    fetch.get_structure(mirror, "1ABC", target)
    assert target.read_text() == whole
    target.unlink()
    for text, words in [
        (whole.replace("END\n", ""), "ends without END"),
        (whole.replace("1ABC", "2XYZ"), "it holds 2XYZ, not 1ABC"),
        (header + "END\n", "has no ATOM line"),
        ("", "the file is empty"),
    ]:
        source.write_text(text)
        with pytest.raises(DataError, match=words) as caught:
            fetch.get_structure(mirror, "1ABC", target)
        assert "\n" not in str(caught.value)
        assert not target.exists()
    with pytest.raises(DataError, match="check the id"):
        fetch.get_structure(mirror, "9ZZZ", target)


# Compounds.


def test_a_conformer_is_fresh_and_the_same_again(molecule):
    again = docking.fresh_conformer(Chem.MolToSmiles(Chem.RemoveHs(molecule)), 3)
    other = docking.fresh_conformer(Chem.MolToSmiles(Chem.RemoveHs(molecule)), 4)
    first = docking.fresh_conformer(Chem.MolToSmiles(Chem.RemoveHs(molecule)), 3)
    places = [m.GetConformer().GetPositions() for m in (again, first, other)]
    assert np.array_equal(places[0], places[1])
    assert not np.allclose(places[0], places[2])


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [("", "no structure is known"), ("C1CC", "not a valid SMILES"), ("[Pt](N)(N)(Cl)Cl", "")],
)
def test_compounds_without_a_conformer(smiles, reason, capfd):
    if reason:
        with pytest.raises(DataError, match=reason):
            docking.fresh_conformer(smiles, 1)
    else:
        docking.fresh_conformer(smiles, 1)
    assert capfd.readouterr() == ("", "")


def drug_list():
    smiles = [IMATINIB, "", "CC(=O)Oc1ccccc1C(=O)O", "C1CC", "c1ccccc1", "C[C@H](N)C(=O)O",
              "CC(N)C(=O)O", "CCCCCCCCCC", "CCCCCCCCCCC", "CCCCCCCCCCCC"]  # fmt: skip
    table = pd.DataFrame({"rank": range(1, 11), "name": list("abcdefghij"), "smiles": smiles})
    # g is an isomer of f: their keys have the same first block.
    table["inchikey"] = [f"{'f' if n == 'g' else n}{'X' * 13}-{n}" for n in "abcdefghij"]
    return table


def fake_dock(smiles):
    """Dock by size alone, as scores of docking nearly do."""
    molecule = docking.fresh_conformer(smiles, 1)
    if smiles == "c1ccccc1":
        raise DataError("AutoDock Vina: knows no atoms of type B")
    molecule.AddConformer(molecule.GetConformer(), True)
    size = molecule.GetNumHeavyAtoms()
    return docking.Docking(molecule, np.array([-0.3 * size, -0.2 * size]))


def test_the_head_of_the_list_and_decoys_of_its_sizes():
    rng = np.random.default_rng(0)
    chosen = docking.choose_compounds(drug_list(), top=3, decoys=2, rng=rng)
    assert chosen["name"].tolist()[:3] == ["a", "b", "c"]
    assert chosen["role"].tolist() == ["candidate"] * 3 + ["decoy"] * 2
    # The nearest in size to imatinib (37) is j (12), and to aspirin (13) what is left: i (11).
    assert chosen["name"].tolist()[3:] == ["j", "i"]
    every = docking.choose_compounds(drug_list(), top=6, decoys=50, rng=rng)
    assert set(every.loc[every["role"] == "decoy", "name"]) == {"h", "i", "j"}
    none = docking.choose_compounds(drug_list(), top=50, decoys=5, rng=rng)
    assert none["name"].tolist() == list("abcdefghij")


def test_nothing_is_dropped_and_poses_are_found_again(tmp_path):
    rng = np.random.default_rng(0)
    chosen = docking.choose_compounds(drug_list(), top=7, decoys=1, rng=rng)
    table, records = docking.dock_compounds(chosen, fake_dock, pose_file="poses.sdf")
    assert set(table["name"]) == set(chosen["name"])
    assert len(table) == 8
    failed = table[table["affinity"].isna()].set_index("name")["reason"]
    assert failed.to_dict() == {
        "b": "no structure is known",
        "d": "not a valid SMILES",
        "e": "AutoDock Vina: knows no atoms of type B",
    }
    done = table[table["affinity"].notna()]
    assert done["affinity"].is_monotonic_increasing
    assert done["name"].iloc[0] == "a"
    assert np.allclose(done["efficiency"], 0.3)
    assert (done["reason"] == "").all()
    assert table.set_index("name")["open_stereocentres"].loc[["f", "g"]].tolist() == [0, 1]
    path = tmp_path / "poses.sdf"
    docking.write_poses(records, path)
    poses = list(Chem.SDMolSupplier(str(path)))
    assert len(poses) == done["poses"].sum()
    for row in done.itertuples():
        pose = poses[row.first_record - 1]
        assert pose.GetProp("_Name") == row.name
        assert float(pose.GetProp("affinity")) == row.affinity
        assert pose.GetProp("pose") == "1"
    before = path.read_bytes()
    docking.write_poses(records, path)
    assert path.read_bytes() == before


def test_no_compound_at_all(tmp_path):
    rng = np.random.default_rng(0)
    chosen = docking.choose_compounds(drug_list().head(0), top=5, decoys=5, rng=rng)
    table, records = docking.dock_compounds(chosen, fake_dock, pose_file="poses.sdf")
    assert table.empty
    docking.write_poses(records, tmp_path / "poses.sdf")
    assert (tmp_path / "poses.sdf").read_bytes() == b""


def test_a_compound_is_held_against_those_of_its_size():
    table = pd.DataFrame(
        {
            "affinity": [-9.0, -8.0, -8.0, -4.0, -1.0, np.nan],
            "heavy_atoms": [30, 29, 31, 28, 5, 30],
        }
    )
    found = docking.compare_sizes(table)
    assert found["size_matched"].tolist() == [3, 3, 3, 3, 0, 0]
    shares = found["size_matched_weaker"]
    assert shares.tolist()[:4] == pytest.approx([1, 0.5, 0.5, 0], abs=1e-4)
    assert shares[4:].isna().all()


def test_where_size_alone_decides_candidates_do_not_stand_out():
    """The null: scores are size and noise, so the shares spread evenly around a half."""
    rng = np.random.default_rng(7)
    size = rng.integers(15, 45, 1500)
    table = pd.DataFrame({"heavy_atoms": size, "affinity": -0.2 * size + rng.normal(0, 1, 1500)})
    shares = docking.compare_sizes(table)["size_matched_weaker"].to_numpy()
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    large, small = shares[size > 35].mean(), shares[(size > 20) & (size < 28)].mean()
    # Affinity itself would set the two apart by far: 0.9 against 0.2.
    assert abs(large - small) < 0.1
    # A binder is still seen.
    table.loc[0, ["heavy_atoms", "affinity"]] = [30, -0.2 * 30 - 4]
    assert docking.compare_sizes(table).loc[0, "size_matched_weaker"] > 0.98


@pytest.mark.parametrize("passed", [True, False, None])
def test_figure(tmp_path, passed):
    chosen = docking.choose_compounds(drug_list(), top=7, decoys=1, rng=np.random.default_rng(0))
    table, _ = docking.dock_compounds(chosen, fake_dock, pose_file="poses.sdf")
    rmsd = None if passed is None else np.array([0.4 if passed else 8.0])
    control = docking.judge_control("ABL1", "STI", rmsd, np.array([-12.0]), 37)
    control["gene"] = "ABL1"
    for frame in (table, table.head(0)):
        path = tmp_path / "a.svg"
        figures.save(figures.docking(frame, control), path)
        first = path.read_bytes()
        figures.save(figures.docking(frame, control), path)
        assert path.read_bytes() == first
    figures.save(figures.docking(table, control), path)
    text = path.read_text()
    assert ("FAILED" in text) is (passed is False)
    assert ("docked back" in text) is (passed is not None)
    assert "kcal/mol" in text


def test_the_legend_counts_every_docked_compound():
    """Decoys can all be beyond the first thirty that have a name."""
    table = pd.DataFrame({"affinity": np.linspace(-9, -5, 45), "heavy_atoms": 20})
    table["name"], table["role"] = "x", ["candidate"] * 35 + ["decoy"] * 10
    control = docking.judge_control("ABL1", "STI", np.array([0.4]), np.array([-12.0]), 37)
    drawn = figures.docking(table, control | {"gene": "ABL1"})
    texts = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert texts == ["candidate (n = 35)", "decoy (n = 10)", "STI, docked back: 0.40 Å off"]


# The extras.


def test_what_is_lacking_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "vina" else find_spec)
    line = docking.lacking_extras()
    assert line.startswith("config.docking: vina not installed; run `make docking`")
    assert "\n" not in line
    monkeypatch.setattr(extras, "find_spec", lambda name: find_spec)
    assert docking.lacking_extras() == ""


def test_an_installation_without_vina_is_no_success(monkeypatch, capsys):
    monkeypatch.setattr(extras, "find_spec", lambda name: find_spec)
    assert extras.main() == 0
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "vina" else find_spec)
    assert extras.main() == 1
    line = capsys.readouterr().err
    assert line.startswith("vina not installed: AutoDock Vina has wheels")
    assert line.count("\n") == 1
    makefile = (ROOT / "Makefile").read_text()
    assert "python workflow/scripts/crosshub/docking/extras.py" in makefile
    # The other tests run all the same.
    assert "\t-$(MAKE) --no-print-directory docking" in makefile


def asked(name):
    lines = (ROOT / "envs" / name).read_text().splitlines()
    found = (line.split("#")[0].split(";")[0].strip() for line in lines)
    return {line for line in found if line}


def test_the_extras_are_locked_with_hashes_and_the_same_for_conda():
    lock = (ROOT / "envs" / "docking.lock").read_text()
    entries = re.split(r"^(?=[A-Za-z0-9_.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "http" not in lock
    for line in asked("docking.in"):
        assert re.search(rf"^{re.escape(line)} ", lock, re.MULTILINE)
    core = (ROOT / "envs" / "requirements.lock").read_text()
    for version in re.findall(r"^numpy==[\d.]+", lock, re.MULTILINE):
        assert version in core
    conda = yaml.safe_load((ROOT / "envs" / "docking.yaml").read_text())["dependencies"]
    assert set(conda[-1]["pip"]) <= asked("docking.in") | asked("requirements.in")
    assert asked("docking.in") <= set(conda[-1]["pip"])


def packages(text):
    """Return how the packages of a list of requirements are imported."""
    own = {"scikit-learn": "sklearn", "pyyaml": "yaml"}
    names = re.findall(r"^[ \t\"-]*([A-Za-z][A-Za-z0-9-]*)[ <>=\"]", text, re.MULTILINE)
    return {own.get(name, name.replace("-", "_")) for name in names}


IMPORTS = """
import importlib, sys

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {lacking!r}:
            raise ModuleNotFoundError("not in docking.yaml: " + name)

sys.meta_path.insert(0, Lacking())
sys.path.insert(0, {path!r})
{imports}
"""


@pytest.mark.parametrize("rule", ["redock_ligand", "dock_compounds"])
def test_the_rules_import_what_their_environment_has(rule):
    text = (ROOT / "envs" / "docking.yaml").read_text()
    lacking = packages((ROOT / "envs" / "requirements.in").read_text()) - packages(text)
    assert {"joblib", "sklearn", "jinja2", "h5py"} <= lacking
    script = (ROOT / "workflow" / "scripts" / f"{rule}.py").read_text()
    imports = "\n".join(re.findall(r"^(?:from|import) .*$", script, re.MULTILINE))
    code = IMPORTS.format(lacking=lacking, path=str(ROOT / "workflow/scripts"), imports=imports)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("rule", "stays"), [("dock_compounds", "docking"), ("train_activity", "qsar")]
)
def test_what_a_rule_does_not_draw_does_not_run_it_again(rule, stays):
    scripts = ROOT / "workflow" / "scripts"
    files = _imported(scripts / f"{rule}.py", scripts / "crosshub")
    folders = {
        path.relative_to(scripts / "crosshub").parts[0]
        for path in files
        if path.parent.name != "crosshub"
    }
    assert stays in folders
    assert not folders & {"report", "compounds", "signatures", "assessment"}
    assert len(files) < 25


# AutoDock Vina itself.


def test_reasons_of_vina_are_one_line():
    text = "\n\nPDBQT parsing error: Atom type B is not a valid AutoDock type (…).\n > ATOM 1\n"
    assert _reason(TypeError(text)) == "knows no atoms of type B"
    assert _reason(RuntimeError("\nsomething else.\nmore")) == "something else"
    assert _reason(RuntimeError("")) == "RuntimeError"


@needs_extras
@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("[Li+]", "no AutoDock type"),
        ("O=c1n(-c2ccccc2)[se]c2ccccc12", "no AutoDock type"),
        ("CCO.CCN", "several molecules"),
        ("C" * 40, "rotatable bonds, more than 32"),
    ],
)
def test_compounds_that_cannot_be_prepared(smiles, reason, capfd):
    with pytest.raises(DataError, match=reason) as caught:
        docking.prepare_ligand(docking.fresh_conformer(smiles, 1))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@needs_extras
def test_hydrogens_are_added_and_incomplete_residues_are_named(tmp_path, capfd):
    peptide = alanines(7)
    peptide[1] = Residue("A", 2, "", "LYS", peptide[1].atoms)
    peptide[3] = Residue("A", 4, "", "ALA", peptide[3].atoms[:2])
    path = tmp_path / "x.pdb"
    path.write_text(pdb_block(peptide))
    found = docking.prepare_receptor(docking.read_structure(path))
    assert found.cut == ("A:2",)
    assert found.left_out == ("A:4",)
    types = [line.split()[-1] for line in found.pdbqt.splitlines() if line.startswith("ATOM")]
    assert types.count("OA") >= 4
    assert types.count("HD") >= 3
    assert "LYS" not in found.pdbqt
    assert capfd.readouterr() == ("", "")


@needs_extras
def test_the_same_poses_for_any_number_of_cores_and_any_order(tmp_path):
    path = tmp_path / "x.pdb"
    path.write_text(pdb_block(alanines(6)))
    structure = docking.read_structure(path)
    pdbqt = docking.prepare_receptor(structure).pdbqt
    box = docking.box_around(positions(structure.protein), 2)
    found = []
    for threads, compounds in [(1, ["CCO", "c1ccccc1O"]), (2, ["c1ccccc1O"]), (3, ["c1ccccc1O"])]:
        engine = docking.Engine(pdbqt, box, exhaustiveness=3, poses=4, seed=11, threads=threads)
        result = [engine.dock(smiles) for smiles in compounds][-1]
        places = [c.GetPositions() for c in result.molecule.GetConformers()]
        found.append((result.affinity, np.array(places)))
    for affinity, places in found[1:]:
        assert np.array_equal(affinity, found[0][0])
        assert np.array_equal(places, found[0][1])
    engine = docking.Engine(pdbqt, box, exhaustiveness=1, poses=1, seed=1, threads=1)
    with pytest.raises(DataError, match="AutoDock Vina: knows no atoms of type B"):
        engine.dock("OB(O)c1ccccc1")


@needs_extras
def test_imatinib_goes_back_into_abl(abl):
    """The bar: within 2.5 Å. Then imatinib stands above small compounds, and not for its size."""
    structure, ligand = abl
    item = ITEM | {"structure": str(structure), "ligand": str(ligand)}
    found = docking.read_structure(structure)
    control, pdbqt, poses = docking.run_control(found, item, seed=1, threads=2)
    assert control["control_passed"] is True
    assert control["rmsd"] <= 2.5
    assert control["affinity"] < -11
    assert control["hydrogens"] == "given"
    assert control["residues"] == 274
    assert control["residues_left_out"] == control["cut_to_alanine"] == []
    assert poses[0][1]["rmsd"][0] == control["rmsd"]
    # The search started from another shape than the crystal's.
    crystal = read_ligand(ligand)
    start = Chem.RemoveHs(docking.fresh_conformer(Chem.MolToSmiles(crystal), 1))
    assert AllChem.GetBestRMS(start, crystal) > 1
    small = pd.DataFrame(
        {
            "rank": [1, 2],
            "name": ["aspirin", "boronic acid"],
            "inchikey": ["x", "y"],
            "smiles": ["CC(=O)Oc1ccccc1C(=O)O", "OB(O)c1ccccc1"],
        }
    )
    table, _ = docking.run_compounds(
        small,
        item | {"exhaustiveness": 1},
        plain(control),
        pdbqt,
        seed=1,
        threads=2,
        rng=np.random.default_rng(0),
        pose_file="poses.sdf",
    )
    rows = table.set_index("name")
    assert rows.loc["aspirin", "affinity"] > control["affinity"] + 3
    assert rows.loc["aspirin", "efficiency"] > control["efficiency"]
    assert "type B" in rows.loc["boronic acid", "reason"]


@needs_extras
def test_a_box_away_from_the_ligand_ends_before_the_docking(abl):
    structure, ligand = abl
    found = docking.read_structure(structure)
    item = ITEM | {"structure": str(structure), "ligand": str(ligand)}
    for center, words in [([0, 0, 0], "the box at"), ([15, 40, 0], "atoms of the ligand")]:
        box = {"center": center, "size": [20, 20, 20]}
        with pytest.raises(DataError, match=words):
            docking.run_control(found, item | {"box": box}, seed=1, threads=1)
