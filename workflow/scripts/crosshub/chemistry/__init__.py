"""Compounds as chemistry: one identity for each, descriptors, scaffolds, neighbours, drawings."""

from crosshub.chemistry.descriptors import DESCRIPTORS, describe
from crosshub.chemistry.drawing import draw, draw_grid
from crosshub.chemistry.genes import up_to_date_targets
from crosshub.chemistry.identities import Library, standardise_library
from crosshub.chemistry.known import find_known
from crosshub.chemistry.library import read_library
from crosshub.chemistry.neighbours import (
    add_neighbours,
    cluster,
    fingerprints,
    nearest,
    of_diseases,
)
from crosshub.chemistry.scaffolds import draw_scaffolds, enrich_scaffolds, is_hit
from crosshub.chemistry.structure import Structure, parse, standardise

__all__ = [
    "DESCRIPTORS",
    "Library",
    "Structure",
    "add_neighbours",
    "cluster",
    "describe",
    "draw",
    "draw_grid",
    "draw_scaffolds",
    "enrich_scaffolds",
    "find_known",
    "fingerprints",
    "is_hit",
    "nearest",
    "of_diseases",
    "parse",
    "read_library",
    "standardise",
    "standardise_library",
    "up_to_date_targets",
]
