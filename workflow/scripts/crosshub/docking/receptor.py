"""The protein as AutoDock Vina reads it: rigid, with atom types and polar hydrogens."""

from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO

from rdkit import rdBase

from crosshub.docking.structure import Residue, Structure, pdb_block
from crosshub.errors import DataError

_STUMP = ("N", "CA", "C", "O", "CB")


@dataclass(frozen=True)
class Receptor:
    """A prepared protein.

    Attributes
    ----------
    pdbqt
        Its text.
    cut
        Residues with missing atoms, of which the backbone and the first carbon were kept.
    left_out
        Residues that could not be used at all.
    """

    pdbqt: str
    cut: tuple[str, ...]
    left_out: tuple[str, ...]


def prepare_receptor(structure: Structure) -> Receptor:
    """Give the protein atom types and the hydrogens that it lacks (Meeko's templates).

    Waters, ions, cofactors and ligands are left out. A residue that lacks atoms is taken as
    alanine, or glycine without a side chain, and named; one that lacks backbone is left out.

    Parameters
    ----------
    structure
        See `read_structure`.

    Returns
    -------
    Receptor
        See there.

    Raises
    ------
    DataError
        If nothing of the protein can be used.

    References
    ----------
    Santos-Martins et al. 2025, Journal of Chemical Information and Modeling (Meeko).
    """
    protein = structure.protein
    pdbqt, bad = _build(structure, protein)
    cut: list[str] = []
    if bad:
        cut = [r.place for r in protein if r.place in bad and _is_stump(r)]
        kept = [_stump(r) if r.place in cut else r for r in protein if r.place not in bad - {*cut}]
        pdbqt, still = _build(structure, kept)
        cut = [place for place in cut if place not in still]
    left_out = [r.place for r in protein if r.place in bad and r.place not in cut]
    return Receptor(pdbqt, tuple(cut), tuple(left_out))


def _build(structure: Structure, residues: Sequence[Residue]) -> tuple[str, set[str]]:
    """Return the PDBQT, and the residues that Meeko's templates do not fit."""
    from meeko import (
        MoleculePreparation,
        PDBQTWriterLegacy,
        Polymer,
        ResidueChemTemplates,
    )

    try:
        # Meeko writes pages about each residue that it does not know; these are told by name.
        with rdBase.BlockLogs(), redirect_stderr(StringIO()):
            polymer = Polymer.from_pdb_string(
                pdb_block(residues),
                ResidueChemTemplates.create_from_defaults(),
                MoleculePreparation(),
                allow_bad_res=True,
            )
            pdbqt = PDBQTWriterLegacy.write_string_from_polymer(polymer)[0]
    except (RuntimeError, ValueError, KeyError) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), "no reason")
        raise DataError(
            f"{structure.path}: the protein cannot be prepared ({reason.strip()}); repair the "
            "structure, for example with PDBFixer"
        ) from error
    return pdbqt, set(polymer.get_ignored_monomers())


def _is_stump(residue: Residue) -> bool:
    return {"N", "CA", "C", "O"} <= {atom.name for atom in residue.atoms}


def _stump(residue: Residue) -> Residue:
    """Keep the backbone and the first carbon of the side chain."""
    kept = tuple(atom for atom in residue.atoms if atom.name in _STUMP)
    return replace(residue, name="ALA" if len(kept) == 5 else "GLY", atoms=kept)
