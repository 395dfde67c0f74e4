"""Compounds as AutoDock Vina reads them, and their poses as molecules."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

from crosshub.errors import DataError
from crosshub.tables import whole

# AutoDock's own limit; beyond it no search of this kind finds much.
MOST_TORSIONS = 32


def fresh_conformer(smiles: str, seed: int) -> Chem.Mol:
    """Return the molecule with hydrogens in a conformer that knows nothing of any crystal.

    Parameters
    ----------
    smiles
        SMILES. Where it leaves a stereocentre open, one of the isomers is taken.
    seed
        Of the embedding.

    Raises
    ------
    DataError
        If there is no valid structure, or no conformer of it is found.

    References
    ----------
    Wang, Witek, Landrum and Riniker 2020, Journal of Chemical Information and Modeling 60:2044
    (ETKDGv3).
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles) if smiles.strip() else None
        if molecule is None:
            raise DataError("no structure is known" if not smiles.strip() else "not a valid SMILES")
        molecule = Chem.AddHs(molecule)
        parameters = AllChem.ETKDGv3()
        parameters.randomSeed = seed
        try:
            done = AllChem.EmbedMolecule(molecule, parameters) == 0
            if not done:
                parameters.useRandomCoords = True
                done = AllChem.EmbedMolecule(molecule, parameters) == 0
            if not done:
                raise DataError("RDKit finds no conformer")
            if AllChem.MMFFHasAllMoleculeParams(molecule):
                AllChem.MMFFOptimizeMolecule(molecule, maxIters=1000)
            elif AllChem.UFFHasAllMoleculeParams(molecule):
                AllChem.UFFOptimizeMolecule(molecule, maxIters=1000)
        except (RuntimeError, ValueError) as error:
            raise DataError(f"RDKit finds no conformer ({_one_line(error)})") from error
    return molecule


def prepare_ligand(molecule: Chem.Mol) -> str:
    """Return a molecule as PDBQT with its torsions (Meeko).

    Parameters
    ----------
    molecule
        With hydrogens and a conformer.

    Raises
    ------
    DataError
        If an atom has no AutoDock type, or the molecule has several parts or too many torsions.
    """
    from meeko import MoleculePreparation, PDBQTWriterLegacy

    if len(Chem.GetMolFrags(molecule)) > 1:
        raise DataError("several molecules in one structure")
    try:
        with rdBase.BlockLogs():
            setups = MoleculePreparation().prepare(molecule)
            pdbqt, usable, _ = PDBQTWriterLegacy.write_string(setups[0])
    except (RuntimeError, ValueError, KeyError) as error:
        raise DataError(f"Meeko cannot prepare it ({_one_line(error)})") from error
    if not usable:
        raise DataError("an atom has no AutoDock type")
    torsions = sum(line.startswith("BRANCH") for line in pdbqt.splitlines())
    if torsions > MOST_TORSIONS:
        raise DataError(f"{torsions} rotatable bonds, more than {MOST_TORSIONS}")
    return pdbqt


def open_centres(smiles: str) -> int:
    """Count the stereocentres and double bonds that a SMILES leaves open."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        found = Chem.FindPotentialStereo(molecule) if molecule is not None else []
    return sum(item.specified == Chem.StereoSpecified.Unspecified for item in found)


def write_poses(records: Iterable[tuple[Chem.Mol, Mapping[str, Any]]], path: str | Path) -> None:
    """Write poses as an SD file.

    Parameters
    ----------
    records
        For each compound, the molecule with a conformer for each pose, and its values: ``name``
        (title), ``affinity`` (a number for each pose, kcal/mol), and others of the compound.
    path
        The file.
    """
    with whole(path) as beside:
        with Chem.SDWriter(str(beside)) as writer:
            for molecule, values in records:
                for place, conformer in enumerate(molecule.GetConformers()):
                    pose = Chem.Mol(molecule, confId=conformer.GetId())
                    for key in pose.GetPropNames():
                        pose.ClearProp(key)
                    pose.SetProp("_Name", str(values["name"]))
                    for key, value in values.items():
                        shown = value[place] if isinstance(value, list) else value
                        if key != "name":
                            pose.SetProp(key, str(shown))
                    pose.SetProp("pose", str(place + 1))
                    writer.write(pose, confId=conformer.GetId())
        beside.touch()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
