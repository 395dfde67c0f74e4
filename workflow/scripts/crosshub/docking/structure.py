"""A protein from a PDB file, and the ligand that was crystallised in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from crosshub.docking.records import AMINO_ACIDS, WATER, Atom, Record, read_records
from crosshub.errors import DataError

# Names of other force fields, and selenomethionine, which stands for methionine.
_RENAMED = {"HSD": "HID", "HSE": "HIE", "HSP": "HIP", "MSE": "MET"}
# A peptide bond is 1.33 Å long; models can be poor.
PEPTIDE_BOND = 2.0
# Atoms of one ligand in two files are nearer than any two atoms of a crystal.
SAME_ATOM = 0.5


@dataclass(frozen=True)
class Residue:
    """A residue: amino acid, ligand, ion or water; `hetero` where its lines are HETATM."""

    chain: str
    number: int
    insertion: str
    name: str
    atoms: tuple[Atom, ...]
    hetero: bool = False

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

    @cached_property
    def protein(self) -> list[Residue]:
        """The amino acids of chains; not those that lie in the crystal alone, as ligands do."""
        bonded = self._bonded
        return [
            residue
            for residue, held in zip(self.residues, bonded, strict=True)
            if residue.name in AMINO_ACIDS and (held or not residue.hetero)
        ]

    @cached_property
    def free(self) -> list[Residue]:
        """What is bonded to no chain: ligands, ions, waters, and single amino acids."""
        return [r for r, held in zip(self.residues, self._bonded, strict=True) if not held]

    @cached_property
    def others(self) -> dict[str, int]:
        """What is no part of the protein: name → number of residues."""
        protein = set(self.protein)
        names = (residue.name for residue in self.residues if residue not in protein)
        return dict(sorted(Counter(names).items()))

    def without(self, ligand: np.ndarray) -> "Structure":
        """Return the structure whose protein holds no single amino acid that is the ligand.

        Parameters
        ----------
        ligand
            Positions of its atoms, n × 3, Å.
        """
        tree = cKDTree(ligand)
        own = {r for r in self.free if np.any(tree.query(positions([r]))[0] < SAME_ATOM)}
        return replace(
            self, residues=tuple(replace(r, hetero=r.hetero or r in own) for r in self.residues)
        )

    @cached_property
    def _bonded(self) -> list[bool]:
        """Tell for each residue whether peptide bonds hold it to an amino acid of a chain.

        An amino acid that is bonded to none can be part of a chain all the same, between two gaps;
        then it is not `hetero`.
        """
        ends: dict[str, list[tuple[int, tuple[float, float, float]]]] = {"N": [], "C": []}
        for place, residue in enumerate(self.residues):
            for atom in residue.atoms if residue.name in AMINO_ACIDS else ():
                if atom.name in ends:
                    ends[atom.name].append((place, atom.position))
        if not all(ends.values()):
            return [False] * len(self.residues)
        trees = [cKDTree([position for _, position in ends[name]]) for name in "CN"]
        pairs = [
            (ends["C"][i][0], ends["N"][j][0])
            for i, near in enumerate(trees[0].query_ball_tree(trees[1], PEPTIDE_BOND))
            for j in near
        ]
        pairs = [(i, j) for i, j in pairs if i != j]
        left, right = np.array(pairs, int).reshape(-1, 2).T
        size = len(self.residues)
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(size, size))
        part = connected_components(graph, directed=False)[1]
        inside = np.bincount([*left, *right], minlength=size) > 0
        chains = {part[i] for i in np.flatnonzero(inside) if not self.residues[i].hetero}
        return [bool(one) and part[i] in chains for i, one in enumerate(inside)]

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

    The file may be compressed (gzip).

    Raises
    ------
    DataError
        If the file cannot be read, is no PDB file, has a damaged line, an atom twice or no amino
        acid.
    """
    found: dict[tuple[str, int, str], dict[str, Record]] = {}
    for record in read_records(path):
        atoms = found.setdefault(record.place, {})
        before = atoms.get(record.atom.name)
        if before is None or record.occupancy > before.occupancy:
            atoms[record.atom.name] = record
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
    copies = [residue for residue in structure.free if residue.name == name]
    copies.sort(key=lambda residue: not residue.hetero)
    if not copies:
        known = ", ".join(sorted(set(structure.others) - WATER)) or "none"
        raise DataError(
            f"{structure.path}: has no residue '{name}'; its residues that are no part of a "
            f"chain: {known}"
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
        If it cannot be read, holds several molecules, or has no positions in space.
    """
    with rdBase.BlockLogs():
        try:
            supplier = Chem.SDMolSupplier(str(path))
            number, ligand = len(supplier), next(iter(supplier), None)
        except OSError:
            number, ligand = 0, None
    if number > 1:
        raise DataError(f"{path}: holds {number} molecules; keep the ligand of the crystal alone")
    if ligand is None or not ligand.GetNumAtoms():
        raise DataError(f"{path}: holds no molecule that can be read; give the ligand as SDF")
    if (
        np.ptp(ligand.GetConformer().GetPositions(), axis=0).min() == 0
        and len(ligand.GetAtoms()) > 3
    ):
        raise DataError(f"{path}: is flat; give the ligand where it lies in the crystal")
    Chem.AssignStereochemistryFrom3D(ligand)
    return Chem.RemoveHs(ligand)


def _residue(key: tuple[str, int, str], records: Sequence[Record]) -> Residue:
    """Make a residue; where two share a place, that of the first atom."""
    name, hetero = records[0].residue, records[0].hetero
    kept = tuple(record.atom for record in records if record.residue == name)
    if name == "MSE":
        kept = tuple(replace(a, name="SD", element="S") if a.element == "SE" else a for a in kept)
    return Residue(*key, _RENAMED.get(name, name), kept, hetero)
