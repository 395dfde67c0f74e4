"""Figures: pure functions from tables to matplotlib figures, and the one way to save them.

Cases and controls, and up and down, differ by marker as well as by colour.
"""

from crosshub.figures.activity import activity
from crosshub.figures.agreement import agreement
from crosshub.figures.audit import audit
from crosshub.figures.batches import batches
from crosshub.figures.benefit import draw_calibration, draw_decision_curve, draw_tested
from crosshub.figures.cell_lines import compound_cells
from crosshub.figures.cohort import quality, volcano
from crosshub.figures.combinations import combinations
from crosshub.figures.comparison import performance, votes
from crosshub.figures.docking import docking
from crosshub.figures.effects import forest
from crosshub.figures.explanation import draw_contributions, draw_nomogram
from crosshub.figures.graph import modules, network
from crosshub.figures.overlap import conserved_network, rank_maps
from crosshub.figures.ranking import compounds
from crosshub.figures.replication import shared
from crosshub.figures.style import save

__all__ = [
    "activity",
    "agreement",
    "audit",
    "batches",
    "combinations",
    "compound_cells",
    "compounds",
    "conserved_network",
    "docking",
    "draw_calibration",
    "draw_contributions",
    "draw_decision_curve",
    "draw_nomogram",
    "draw_tested",
    "forest",
    "modules",
    "network",
    "performance",
    "quality",
    "rank_maps",
    "save",
    "shared",
    "volcano",
    "votes",
]
