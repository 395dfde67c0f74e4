"""A protein from a PDB file, and the ligand that was crystallised in it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

from crosshub.errors import DataError

AMINO_ACIDS = frozenset(
    [
        *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE"),
        *("LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"),
        *("ASH", "CYM", "CYX", "GLH", "HID", "HIE", "HIP", "LYN", "PTR", "SEP", "TPO"),
    ]
)
# Names of other force fields, and selenomethionine, which stands for methionine.
_RENAMED = {"HSD": "HID", "HSE": "HIE", "HSP": "HIP", "MSE": "MET"}
_WATER = {"HOH", "DOD", "WAT", "TIP", "TIP3"}


@dataclass(frozen=True)
class Atom:
    """An atom: its name, element and position (Å)."""

    name: str
    element: str
    position: tuple[float, float, float]


@dataclass(frozen=True)
class Residue:
    """A residue: amino acid, ligand, ion or water."""

    chain: str
    number: int
    insertion: str
    name: str
    atoms: tuple[Atom, ...]

    @property
    def place(self) -> str:
        """Where it stands, such as ``A:271``."""
        return f"{self.chain}:{self.number}{self.insertion}"


@dataclass(frozen=True)
class Structure:
    """The first model of a PDB file.

    Attributes
    ----------
    path
        Where it was read from.
    residues
        In the order of the chains and numbers; of alternate positions the most occupied one.
    """

    path: str
    residues: tuple[Residue, ...]

    @property
    def protein(self) -> list[Residue]:
        """The amino acids."""
        return [residue for residue in self.residues if residue.name in AMINO_ACIDS]

    @property
    def others(self) -> dict[str, int]:
        """What is no amino acid: name → number of residues."""
        names = (r.name for r in self.residues if r.name not in AMINO_ACIDS)
        return dict(sorted(Counter(names).items()))

    @property
    def has_hydrogens(self) -> bool:
        """Whether the amino acids carry hydrogens."""
        return any(atom.element == "H" for residue in self.protein for atom in residue.atoms)


def positions(residues: Sequence[Residue]) -> np.ndarray:
    """Return the positions of all atoms: n × 3, Å."""
    found = [atom.position for residue in residues for atom in residue.atoms]
    return np.array(found, float).reshape(-1, 3)


def pdb_block(residues: Sequence[Residue], record: str = "ATOM") -> str:
    """Write residues as lines of a PDB file, numbered anew, each residue in one piece."""
    lines = []
    for residue in residues:
        for atom in residue.atoms:
            name = atom.name if len(atom.name) > 3 else f" {atom.name}"
            x, y, z = atom.position
            lines.append(
                f"{record:<6}{(len(lines) + 1) % 100_000:5d} {name:<4} {residue.name:>3} "
                f"{residue.chain:1}{residue.number:4d}{residue.insertion or ' '}   "
                f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {atom.element:>2}  "
            )
    return "\n".join([*lines, "END", ""])


def read_structure(path: str | Path) -> Structure:
    """Read the first model of a PDB file.

    Raises
    ------
    DataError
        If the file cannot be read, is no PDB file, has a damaged line or no amino acid.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    if not text.strip():
        raise DataError(f"{path}: is empty; give a PDB file")
    if text.lstrip().startswith("data_"):
        raise DataError(f"{path}: is mmCIF; give the structure in the PDB format")
    found: dict[tuple[str, int, str], dict[str, tuple[float, str, Atom]]] = {}
    for key, residue_name, occupancy, atom in _atoms(path, text):
        atoms = found.setdefault(key, {})
        before = atoms.get(atom.name)
        if before is None or occupancy > before[0]:
            atoms[atom.name] = (occupancy, residue_name, atom)
    residues = [_residue(key, list(atoms.values())) for key, atoms in sorted(found.items())]
    structure = Structure(str(path), tuple(residues))
    if not structure.protein:
        raise DataError(f"{path}: has no amino acid; give the PDB file of a protein")
    return structure


def find_ligand(structure: Structure, name: str, smiles: str) -> Chem.Mol:
    """Return a ligand of the structure as a molecule with the positions of its heavy atoms.

    Parameters
    ----------
    structure
        See `read_structure`.
    name
        Its residue name, such as ``STI``; of several copies the first is taken.
    smiles
        Its bonds, which a PDB file does not tell.

    Raises
    ------
    DataError
        If there is no such residue, or its atoms do not fit the SMILES.
    """
    copies = [residue for residue in structure.residues if residue.name == name]
    if not copies:
        known = ", ".join(sorted(set(structure.others) - _WATER)) or "none"
        raise DataError(
            f"{structure.path}: has no residue '{name}'; its residues that are no amino acids: "
            f"{known}"
        )
    heavy = tuple(atom for atom in copies[0].atoms if atom.element != "H")
    with rdBase.BlockLogs():
        template = Chem.MolFromSmiles(smiles)
        if template is None:
            raise DataError(f"config.docking: the SMILES '{smiles}' of {name} is not valid")
        block = pdb_block([replace(copies[0], atoms=heavy)], "HETATM")
        try:
            drawn = Chem.MolFromPDBBlock(block, sanitize=False)
            ligand = AllChem.AssignBondOrdersFromTemplate(template, drawn)
            Chem.AssignStereochemistryFrom3D(ligand)
        except (ValueError, RuntimeError) as error:
            raise DataError(
                f"{structure.path}: the {len(heavy)} atoms of {name} ({copies[0].place}) do not "
                f"fit the SMILES of {template.GetNumAtoms()} atoms; correct it, or give the "
                "ligand as an SDF file"
            ) from error
    if ligand.GetNumAtoms() != template.GetNumAtoms():
        raise DataError(
            f"{structure.path}: {name} ({copies[0].place}) has {len(heavy)} atoms, and its SMILES "
            f"{template.GetNumAtoms()}; correct it, or give the ligand as an SDF file"
        )
    return ligand


def read_ligand(path: str | Path) -> Chem.Mol:
    """Read a ligand with its position in the crystal from an SDF file; its heavy atoms.

    Raises
    ------
    DataError
        If it cannot be read, or has no positions in space.
    """
    with rdBase.BlockLogs():
        try:
            ligand = next(iter(Chem.SDMolSupplier(str(path))), None)
        except OSError:
            ligand = None
    if ligand is None or not ligand.GetNumAtoms():
        raise DataError(f"{path}: holds no molecule that can be read; give the ligand as SDF")
    if (
        np.ptp(ligand.GetConformer().GetPositions(), axis=0).min() == 0
        and len(ligand.GetAtoms()) > 3
    ):
        raise DataError(f"{path}: is flat; give the ligand where it lies in the crystal")
    Chem.AssignStereochemistryFrom3D(ligand)
    return Chem.RemoveHs(ligand)


def _atoms(path: str | Path, text: str) -> Iterator[tuple[tuple[str, int, str], str, float, Atom]]:
    """Yield the atoms of the first model: place, name of the residue, occupancy, atom."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("ENDMDL"):
            return
        if not line.startswith(("ATOM  ", "HETATM")):
            continue
        try:
            position = (float(line[30:38]), float(line[38:46]), float(line[46:54]))
            key = (line[21].strip() or "A", int(line[22:26]), line[26:27].strip())
            occupancy = float(line[54:60].strip() or 1)
        except (ValueError, IndexError) as error:
            raise DataError(
                f"{path} line {number}: is no atom of a PDB file ({line[:54].rstrip()}); get the "
                "file anew"
            ) from error
        name = line[12:16].strip()
        element = line[76:78].strip().upper() or name.lstrip("0123456789")[:1]
        # Deuterium of neutron structures is hydrogen to a docking.
        element = "H" if element == "D" else element
        yield key, line[17:20].strip(), occupancy, Atom(name, element, position)


def _residue(key: tuple[str, int, str], atoms: Sequence[tuple[float, str, Atom]]) -> Residue:
    """Make a residue; where two share a place, that of the first atom."""
    name = atoms[0][1]
    kept = tuple(atom for _, of, atom in atoms if of == name)
    if name == "MSE":
        kept = tuple(replace(a, name="SD", element="S") if a.element == "SE" else a for a in kept)
    return Residue(*key, _RENAMED.get(name, name), kept)
