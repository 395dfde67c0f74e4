"""The control: whether the ligand of the crystal goes back to where the crystal shows it."""

from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolAlign

from crosshub.errors import DataError

# A usual limit is 2 Å; this much is allowed for a ligand as long and as flexible as imatinib.
LIMIT = 2.5


def pose_rmsd(poses: Chem.Mol, reference: Chem.Mol) -> np.ndarray:
    """Return how far each pose lies from the reference, over heavy atoms and without fitting.

    Atoms that a symmetry of the molecule makes alike are interchangeable (the two sides of a
    phenyl ring): the smallest of the distances counts.

    Parameters
    ----------
    poses
        A molecule with a conformer for each pose.
    reference
        The same molecule as in the crystal.

    Returns
    -------
    ndarray
        Root mean square deviation of each pose in Å.

    Raises
    ------
    DataError
        If the two are not the same molecule.

    References
    ----------
    Meli and Biggin 2020, Journal of Cheminformatics 12:49 (why symmetry has to be respected).
    """
    bare, crystal = Chem.RemoveHs(poses), Chem.RemoveHs(reference)
    if bare.GetNumAtoms() != crystal.GetNumAtoms():
        raise DataError(
            f"poses of {bare.GetNumAtoms()} heavy atoms against a ligand of "
            f"{crystal.GetNumAtoms()}: they are not the same molecule"
        )
    try:
        return np.array(
            [
                rdMolAlign.CalcRMS(bare, crystal, prbId=conformer.GetId())
                for conformer in bare.GetConformers()
            ]
        )
    except RuntimeError as error:
        raise DataError("poses and ligand are not the same molecule") from error


def judge_control(
    gene: str, ligand: str, rmsd: np.ndarray | None, affinity: np.ndarray | None, heavy_atoms: int
) -> dict[str, Any]:
    """Say in numbers and in words whether the ligand of the crystal was put back.

    Parameters
    ----------
    gene, ligand
        Their names.
    rmsd
        Å, one for each pose, the best-scored pose first; None where there is no such ligand.
    affinity
        kcal/mol, one for each pose.
    heavy_atoms
        Of the ligand.

    Returns
    -------
    dict
        ligand, rmsd (of the best-scored pose, Å), rmsd_best (of the best of all poses),
        rmsd_best_pose (its number, from 1), affinity (kcal/mol), efficiency (its negative by
        heavy atom), heavy_atoms, limit, control_passed (null without a ligand), statement.
    """
    if rmsd is None or affinity is None:
        return {
            "ligand": None,
            "limit": LIMIT,
            "control_passed": None,
            "statement": (
                f"There is no control: no ligand of a crystal was given for {gene}, so nothing "
                "shows that poses and scores in this box are right."
            ),
        }
    top, best = float(rmsd[0]), int(np.argmin(rmsd))
    passed = bool(top <= LIMIT)
    where = f"{top:.2f} Å from where the crystal shows it"
    if passed:
        words = (
            f"The control passed: from a fresh conformer, the best-scored pose of {ligand} in "
            f"{gene} lies {where} (limit {LIMIT:g} Å)."
        )
    else:
        words = (
            f"The control failed: the best-scored pose of {ligand} in {gene} lies {where} (limit "
            f"{LIMIT:g} Å). The scores below mean nothing."
        )
    return {
        "ligand": ligand,
        "rmsd": round(top, 3),
        "rmsd_best": round(float(rmsd[best]), 3),
        "rmsd_best_pose": best + 1,
        "affinity": float(affinity[0]),
        "efficiency": round(-float(affinity[0]) / heavy_atoms, 4),
        "heavy_atoms": heavy_atoms,
        "limit": LIMIT,
        "control_passed": passed,
        "statement": words,
    }
