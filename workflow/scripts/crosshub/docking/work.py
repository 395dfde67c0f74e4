"""What the two rules of docking do: the control first, then the compounds."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rdkit import Chem

from crosshub.docking.box import Box, check_box, find_box
from crosshub.docking.control import judge_control, pose_rmsd
from crosshub.docking.engine import Engine
from crosshub.docking.receptor import Receptor, prepare_receptor
from crosshub.docking.scores import choose_compounds, dock_compounds
from crosshub.docking.structure import Structure, find_ligand, positions, read_ligand
from crosshub.errors import DataError

Records = list[tuple[Chem.Mol, dict[str, Any]]]


def ligand_of(item: Mapping[str, Any], structure: Structure) -> tuple[str, Chem.Mol] | None:
    """Return the name of the ligand of the crystal and where it lies; None where none is given."""
    given = item["ligand"]
    if not given:
        return None
    if item["smiles"]:
        return given, find_ligand(structure, given, item["smiles"])
    ligand = read_ligand(given)
    title = ligand.GetProp("_Name").strip() if ligand.HasProp("_Name") else ""
    return title or Path(given).stem, ligand


def run_control(
    structure: Structure, item: Mapping[str, Any], *, seed: int, threads: int
) -> tuple[dict[str, Any], str, Records]:
    """Prepare the protein, find the box, and put the ligand of the crystal back.

    Parameters
    ----------
    structure
        See `read_structure`.
    item
        Of the config's ``docking``, complete.
    seed, threads
        See `Engine`.

    Returns
    -------
    dict
        What `judge_control` says, the box, what became of the protein's residues, and versions.
    str
        The prepared protein (PDBQT).
    list
        Poses of the ligand, for `write_poses`; empty without a ligand.

    Raises
    ------
    DataError
        If the structure, the ligand or the box cannot be used.
    """
    named = ligand_of(item, structure)
    crystal = None if named is None else named[1].GetConformer().GetPositions()
    if crystal is not None:
        structure = structure.without(crystal)
    box = find_box(item, crystal)
    where = f"config.docking '{item['gene']}'"
    check_box(box, positions(structure.protein), crystal, where=where)
    receptor = prepare_receptor(structure)
    about = _about(structure, receptor, box, item)
    if named is None:
        return judge_control(item["gene"], "", None, None, 0) | about, receptor.pdbqt, []
    name, ligand = named
    engine = engine_of(item, receptor.pdbqt, box, seed=seed, threads=threads)
    try:
        # From the SMILES: nothing of the crystal's conformation goes into the search.
        found = engine.dock(Chem.MolToSmiles(ligand))
    except DataError as error:
        raise DataError(f"{where}: the ligand {name} cannot be docked: {error}") from error
    rmsd = pose_rmsd(found.molecule, ligand)
    control = judge_control(item["gene"], name, rmsd, found.affinity, ligand.GetNumHeavyAtoms())
    values = {
        "name": name,
        "affinity": [float(value) for value in found.affinity],
        "rmsd": [round(float(value), 3) for value in rmsd],
    }
    return control | about, receptor.pdbqt, [(found.molecule, values)]


def run_compounds(
    candidates: pd.DataFrame,
    item: Mapping[str, Any],
    control: Mapping[str, Any],
    pdbqt: str,
    *,
    seed: int,
    threads: int,
    rng: np.random.Generator,
    pose_file: str,
) -> tuple[pd.DataFrame, Records]:
    """Dock the head of the drug list and its decoys; see `dock_compounds` for what comes.

    Parameters
    ----------
    candidates
        The drug list.
    item
        Of the config's ``docking``, complete.
    control, pdbqt
        Results of `run_control`, which say where to dock.
    seed, threads
        See `Engine`.
    rng
        For the choice of decoys.
    pose_file
        The file in which poses will be.
    """
    box = Box(tuple(control["box"]["center"]), tuple(control["box"]["size"]))
    chosen = choose_compounds(candidates, top=item["top"], decoys=item["decoys"], rng=rng)
    engine = engine_of(item, pdbqt, box, seed=seed, threads=threads)
    return dock_compounds(chosen, engine.dock, pose_file=pose_file)


def engine_of(item: Mapping[str, Any], pdbqt: str, box: Box, *, seed: int, threads: int) -> Engine:
    """Return Vina with the settings of an item of the config."""
    return Engine(
        pdbqt,
        box,
        exhaustiveness=item["exhaustiveness"],
        poses=item["poses"],
        seed=seed,
        threads=threads,
    )


def _about(
    structure: Structure, receptor: Receptor, box: Box, item: Mapping[str, Any]
) -> dict[str, Any]:
    incomplete = {*receptor.cut, *receptor.left_out}
    near = [
        residue.place
        for residue in structure.protein
        if residue.place in incomplete and box.inside(positions([residue])).any()
    ]
    return {
        "gene": item["gene"],
        "structure": item["structure"],
        "exhaustiveness": item["exhaustiveness"],
        "box": {"center": list(box.center), "size": list(box.size)},
        "residues": len(structure.protein),
        "hydrogens": "given" if structure.has_hydrogens else "added",
        "cut_to_alanine": list(receptor.cut),
        "residues_left_out": list(receptor.left_out),
        "incomplete_in_box": near,
        "others_left_out": structure.others,
        "versions": {name: version(name) for name in ("vina", "meeko", "rdkit")},
    }
