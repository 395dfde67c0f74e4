"""Docking: candidates against the protein of a gene, and whether that docking can be trusted.

`structure` reads the protein and the ligand that was crystallised in it, `box` says where to
search, `receptor` and `ligand` prepare both sides, `engine` is AutoDock Vina, `control` puts the
ligand of the crystal back, and `scores` docks the compounds and compares them by size.

AutoDock Vina and Meeko are optional: they are imported only where they are used.
"""

from crosshub.docking.box import Box, box_around, check_box, find_box
from crosshub.docking.control import LIMIT, judge_control, pose_rmsd
from crosshub.docking.engine import Docking, Engine
from crosshub.docking.extras import lacking_extras
from crosshub.docking.ligand import fresh_conformer, prepare_ligand, write_poses
from crosshub.docking.receptor import prepare_receptor
from crosshub.docking.scores import choose_compounds, compare_sizes, dock_compounds
from crosshub.docking.structure import Structure, find_ligand, read_structure
from crosshub.docking.work import run_compounds, run_control

__all__ = [
    "LIMIT",
    "Box",
    "Docking",
    "Engine",
    "Structure",
    "box_around",
    "check_box",
    "choose_compounds",
    "compare_sizes",
    "dock_compounds",
    "find_box",
    "find_ligand",
    "fresh_conformer",
    "judge_control",
    "lacking_extras",
    "pose_rmsd",
    "prepare_ligand",
    "prepare_receptor",
    "read_structure",
    "run_compounds",
    "run_control",
    "write_poses",
]
