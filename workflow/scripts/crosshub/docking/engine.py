"""AutoDock Vina: the search for poses of a ligand in a box of a rigid protein."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase

from crosshub.docking.box import Box
from crosshub.docking.ligand import fresh_conformer, prepare_ligand
from crosshub.errors import DataError

# Poses further than this (kcal/mol) from the best one are not kept.
RANGE = 5.0


@dataclass(frozen=True)
class Docking:
    """The poses of a ligand, best first.

    Attributes
    ----------
    molecule
        With a conformer for each pose.
    affinity
        kcal/mol, one for each pose; the lower, the better.
    """

    molecule: Chem.Mol
    affinity: np.ndarray


class Engine:
    """A protein and a box, ready for ligands.

    A ligand's poses do not depend on the number of cores, nor on what was docked before it.

    Parameters
    ----------
    pdbqt
        The protein; see `prepare_receptor`.
    box
        Where poses are sought.
    exhaustiveness
        Number of independent searches.
    poses
        Most poses of a ligand.
    seed
        Of the search and of the ligands' conformers.
    threads
        Cores to use.

    References
    ----------
    Trott and Olson 2010, Journal of Computational Chemistry 31:455; Eberhardt et al. 2021,
    Journal of Chemical Information and Modeling 61:3891.
    """

    def __init__(
        self, pdbqt: str, box: Box, *, exhaustiveness: int, poses: int, seed: int, threads: int
    ) -> None:
        from vina import Vina

        # Zero would let Vina choose one.
        self.seed = max(1, seed)
        self.exhaustiveness, self.most = exhaustiveness, poses
        self._vina = Vina(sf_name="vina", cpu=threads, seed=self.seed, verbosity=0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "receptor.pdbqt"
            path.write_text(pdbqt, encoding="utf-8")
            self._vina.set_receptor(str(path))
        self._vina.compute_vina_maps(center=list(box.center), box_size=list(box.size))

    def dock(self, smiles: str) -> Docking:
        """Dock a compound from a fresh conformer.

        Raises
        ------
        DataError
            If it cannot be prepared, or no pose is found; the message is the reason alone.
        """
        pdbqt = prepare_ligand(fresh_conformer(smiles, self.seed))
        try:
            self._vina.set_ligand_from_string(pdbqt)
            self._vina.dock(exhaustiveness=self.exhaustiveness, n_poses=self.most)
            found = self._vina.poses(n_poses=self.most, energy_range=RANGE)
            energies = self._vina.energies(n_poses=self.most, energy_range=RANGE)
        except (RuntimeError, TypeError, ValueError) as error:
            raise DataError(f"AutoDock Vina: {_reason(error)}") from error
        return Docking(_molecule(found), np.atleast_2d(energies)[:, 0])


def _reason(error: Exception) -> str:
    unknown = re.search(r"Atom type (\S+) is not a valid", str(error))
    if unknown:
        return f"knows no atoms of type {unknown[1]}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _molecule(pdbqt: str) -> Chem.Mol:
    from meeko import PDBQTMolecule, RDKitMolCreate

    with rdBase.BlockLogs():
        if not pdbqt.strip():
            raise DataError("AutoDock Vina: no pose was found")
        molecules = RDKitMolCreate.from_pdbqt_mol(PDBQTMolecule(pdbqt, skip_typing=True))
    if not molecules or molecules[0] is None or not molecules[0].GetNumConformers():
        raise DataError("AutoDock Vina: no pose was found")
    return molecules[0]
