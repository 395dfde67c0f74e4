"""PDB files as they come: ligands that are amino acids, chains without letters, old elements."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from crosshub import docking
from crosshub.docking.structure import Atom, Residue, pdb_block, positions, read_ligand
from crosshub.errors import DataError
from rdkit import Chem
from rdkit.Chem import AllChem
from test_docking import alanines

GLUTAMATE = "N[C@@H](CCC(=O)O)C(=O)O"
NAMES = ("N", "CA", "CB", "CG", "CD", "OE1", "OE2", "C", "O", "OXT")


def glutamate(chain="A", number=900, away=20.0):
    """Return a free glutamate, so far from the origin."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(GLUTAMATE))
    AllChem.EmbedMolecule(molecule, randomSeed=2)
    places = Chem.RemoveHs(molecule).GetConformer().GetPositions() + away
    atoms = [Atom(n, n[0], tuple(p)) for n, p in zip(NAMES, places, strict=True)]
    return Residue(chain, number, "", "GLU", tuple(atoms))


def read(path, text):
    path.write_text(text)
    return docking.read_structure(path)


def with_glutamate(path, record="HETATM"):
    chain = pdb_block(alanines()).replace("END\n", "TER\n")
    return read(path, chain + pdb_block([glutamate()], record))


def test_a_ligand_that_is_an_amino_acid_is_no_protein(tmp_path):
    found = with_glutamate(tmp_path / "x.pdb")
    assert [r.place for r in found.protein] == ["A:1", "A:2", "A:3"]
    assert found.others == {"GLU": 1}
    ligand = docking.find_ligand(found, "GLU", GLUTAMATE)
    assert Chem.MolToSmiles(ligand) == Chem.CanonSmiles(GLUTAMATE)
    with pytest.raises(DataError, match="no residue 'ALA'; its residues .* of a chain: GLU"):
        docking.find_ligand(found, "ALA", GLUTAMATE)


def test_the_ligand_given_leaves_the_protein_whatever_its_record(tmp_path):
    found = with_glutamate(tmp_path / "x.pdb", "ATOM")
    # It could stand between two gaps of a chain.
    assert "A:900" in [r.place for r in found.protein]
    ligand = docking.find_ligand(found, "GLU", GLUTAMATE)
    left = found.without(ligand.GetConformer().GetPositions())
    assert [r.place for r in left.protein] == ["A:1", "A:2", "A:3"]
    assert left.others == {"GLU": 1}
    elsewhere = found.without(np.full((1, 3), 90.0))
    assert elsewhere.protein == found.protein


@pytest.mark.parametrize("name", ["MSE", "PTR", "SEP", "TPO", "ALA"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_bonded_to_a_chain_is_protein(tmp_path, name, place):
    chain = alanines()
    lines = []
    for i, residue in enumerate(chain):
        own = replace(residue, name=name) if i == place else residue
        lines.append(pdb_block([own], "HETATM" if i == place else "ATOM").replace("END\n", ""))
    found = read(tmp_path / "x.pdb", "".join(lines))
    assert len(found.protein) == 3
    assert found.others == {}


def test_a_peptide_of_hetatms_alone_is_no_protein(tmp_path):
    away = [replace(r, chain="B", atoms=tuple(replace(a, position=tuple(np.add(a.position, 30)))
                                             for a in r.atoms)) for r in alanines()]  # fmt: skip
    text = pdb_block(alanines()).replace("END\n", "") + pdb_block(away, "HETATM")
    found = read(tmp_path / "x.pdb", text)
    assert {r.chain for r in found.protein} == {"A"}
    assert found.others == {"ALA": 3}


def unnamed(residues):
    return pdb_block([replace(r, chain=" ") for r in residues]).replace("END\n", "")


def moved(residues, by):
    return [replace(r, atoms=tuple(replace(a, position=tuple(np.add(a.position, by)))
                                   for a in r.atoms)) for r in residues]  # fmt: skip


def test_a_chain_without_a_letter_ends_at_ter(tmp_path):
    first, second = alanines(), moved(alanines(), 30)
    text = unnamed(first) + "TER\n" + unnamed(second) + "TER\n"
    found = read(tmp_path / "x.pdb", text)
    assert [r.place for r in found.protein] == ["A:1", "A:2", "A:3", "B:1", "B:2", "B:3"]
    assert np.allclose(positions(found.protein), positions([*first, *second]), atol=6e-4)
    # A letter of the file is not given twice; numbers that go on need none.
    named = pdb_block(moved(first, 60))
    assert {r.chain for r in read(tmp_path / "x.pdb", text + named).protein} == {"A", "B", "C"}
    on = [replace(r, number=r.number + 3) for r in second]
    one = read(tmp_path / "x.pdb", unnamed(first) + "TER\n" + unnamed(on)).protein
    assert [r.place for r in one] == [f"A:{i}" for i in range(1, 7)]


@pytest.mark.parametrize("ending", ["", "TER\n"])
def test_an_atom_that_occurs_twice_is_one_line(tmp_path, ending):
    """Chains of one letter, and chains without letters that no TER ends, would be one."""
    first, second = alanines(), moved(alanines(), 30)
    one = pdb_block(first).replace("END\n", ending) + pdb_block(second)
    texts = [one] if ending else [one, unnamed(first) + unnamed(second)]
    for text in texts:
        with pytest.raises(DataError, match=r"line \d+: N of ALA A:1 occurs twice; give") as error:
            read(tmp_path / "x.pdb", text)
        assert "\n" not in str(error.value)


def test_a_ligand_with_the_number_of_a_residue_does_not_vanish(tmp_path):
    """Programs for docking write complexes so: the ligand is residue 1 again."""
    ligand = replace(glutamate(chain=" ", number=1), name="LIG")
    own = pdb_block([ligand], "HETATM")
    found = read(tmp_path / "x.pdb", unnamed(alanines()) + "TER\n" + own)
    assert found.others == {"LIG": 1}
    assert len(found.protein) == 3
    with pytest.raises(DataError, match="N of LIG A:1 stands where ALA does; give each chain"):
        read(tmp_path / "x.pdb", unnamed(alanines()) + own)
    water = pdb_block([Residue("A", 2, "", "HOH", (Atom("O", "O", (50.0, 0, 0)),))])
    text = pdb_block(alanines()).replace("END\n", water)
    assert (
        read(tmp_path / "x.pdb", text).residues
        == read(tmp_path / "x.pdb", pdb_block(alanines())).residues
    )


def test_two_amino_acids_at_one_place_are_alternatives(tmp_path):
    line = "ATOM  {:5d}  {:<2} {}{} A   1    {:8.3f}   0.000   0.000{:6.2f}  0.00           {}"
    lines = [line.format(i, name, alternate, residue, i, share, name[0])
             for i, name in enumerate(["N", "CA"])
             for alternate, residue, share in [("A", "SER", 0.4), ("B", "ALA", 0.6)]]  # fmt: skip
    found = read(tmp_path / "x.pdb", "\n".join(lines)).protein
    assert len(found) == 1


def test_waters_may_be_numbered_anew(tmp_path):
    water = Residue("A", 9999, "", "HOH", (Atom("O", "O", (0.0, 0, 0)),))
    text = pdb_block(alanines()) + pdb_block([water]) + pdb_block(moved([water], 9))
    assert len(read(tmp_path / "x.pdb", text).protein) == 3


def test_compressed_files(tmp_path):
    text = pdb_block(alanines())
    path = tmp_path / "x.pdb.gz"
    path.write_bytes(gzip.compress(text.encode()))
    plain = read(tmp_path / "x.pdb", text)
    assert docking.read_structure(path).residues == plain.residues
    whole = path.read_bytes()
    for damaged in (whole[:40], whole[:12] + b"\xff\xff" + whole[14:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged") as error:
            docking.read_structure(path)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("columns", "residue", "element"),
    [
        ("CL1 ", "LIG", "CL"),
        ("BR  ", "LIG", "BR"),
        ("ZN  ", " ZN", "ZN"),
        ("CA  ", " CA", "CA"),
        (" CA ", "LIG", "C"),
        (" C1 ", "LIG", "C"),
        ("C10A", "LIG", "C"),
        ("1H1 ", "LIG", "H"),
        ("HG21", "LIG", "H"),
        ("HG  ", " HG", "HG"),
        ("CB  ", "LIG", "C"),
        (" SE ", "MSE", "SE"),
        ("SE  ", "MSE", "SE"),
        (" CA ", "ALA", "C"),
        ("CA  ", "ALA", "C"),
        ("HD11", "LEU", "H"),
        ("2HB ", "LEU", "H"),
        (" OXT", "GLU", "O"),
    ],
)
def test_elements_without_their_column(tmp_path, columns, residue, element):
    line = f"HETATM  900 {columns} {residue} Z 900      10.000  10.000  10.000  1.00  0.00\n"
    found = read(tmp_path / "x.pdb", pdb_block(alanines()).replace("END\n", line))
    own = [r for r in found.residues if r.chain == "Z"]
    expected = "S" if element == "SE" else element
    assert [atom.element for atom in own[0].atoms] == [expected]


def test_several_molecules_in_one_file_of_a_ligand(tmp_path):
    path = tmp_path / "x.sdf"
    with Chem.SDWriter(str(path)) as writer:
        for seed in (1, 2):
            writer.write(docking.fresh_conformer("CCOc1ccccc1", seed))
    with pytest.raises(DataError, match=r"x.sdf: holds 2 molecules; keep the ligand"):
        read_ligand(path)
