"""The figure of docked compounds, beside the control and beside their sizes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosshub.figures.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PALE,
    VERMILLION,
    WIDTH,
    headline,
    only_message,
    short,
    styled,
)

MOST_ROWS = 30
ROLES = {"candidate": (BLUE, "o"), "decoy": (ORANGE, "s")}


@styled
def docking(scores: pd.DataFrame, control: Mapping[str, Any]) -> Figure:
    """Draw the affinities of docked compounds, and how they follow from size.

    Parameters
    ----------
    scores
        name, role, affinity (kcal/mol), heavy_atoms; what was not docked has no affinity.
    control
        gene, ligand, affinity, heavy_atoms, rmsd, control_passed; see `docking.judge_control`.

    Returns
    -------
    Figure
        Left the compounds with the control as a line; right the affinity against the number of
        heavy atoms.
    """
    gene = control["gene"]
    table = scores[scores["affinity"].notna()].sort_values("affinity", ignore_index=True)
    if table.empty:
        return only_message(f"No compound was docked into {gene}.")
    shown = table.head(MOST_ROWS)
    figure = Figure(figsize=(WIDTH, 2.2 + 0.22 * max(len(shown), 8)), layout="constrained")
    left, right = figure.subplots(ncols=2, width_ratios=[3, 2])
    places = np.arange(len(shown))
    _points(left, shown, shown["affinity"], places)
    left.set_yticks(places, [short(name, 30) for name in shown["name"]])
    left.tick_params(axis="y", length=0)
    left.set_ylim(len(shown) - 0.4, -0.6)
    left.grid(color=PALE, lw=0.6)
    left.set_xlabel("Affinity, kcal/mol (the lower, the better)")
    left.set_title(f"First {len(shown)} of {len(table)}")
    _points(right, table, table["heavy_atoms"].astype(float), table["affinity"])
    right.grid(color=PALE, lw=0.6)
    right.set_xlabel("Heavy atoms")
    right.set_ylabel("Affinity, kcal/mol")
    right.set_title("Affinity and size")
    _control(left, right, control)
    # The right panel has every docked compound, the left one the first of them.
    handles = right.get_legend_handles_labels()[0] + left.get_lines()
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    headline(figure, f"Docking into {gene}{_verdict(control)}")
    return figure


def _points(axes: Axes, table: pd.DataFrame, x: pd.Series, y: Any) -> None:
    for role, (colour, marker) in ROLES.items():
        mask = (table["role"] == role).to_numpy()
        if mask.any():
            label = f"{role} (n = {int(mask.sum())})"
            axes.scatter(
                np.asarray(x)[mask],
                np.asarray(y)[mask],
                s=30,
                color=colour,
                marker=marker,
                edgecolor="white",
                lw=0.5,
                label=label,
            )


def _control(left: Axes, right: Axes, control: Mapping[str, Any]) -> None:
    """Mark the ligand of the crystal, in green only where it was put back."""
    if control["control_passed"] is None:
        return
    colour = GREEN if control["control_passed"] else VERMILLION
    label = f"{short(control['ligand'], 20)}, docked back: {control['rmsd']:.2f} Å off"
    left.axvline(control["affinity"], color=colour, lw=1.4, ls="--", label=label)
    right.scatter(
        control["heavy_atoms"], control["affinity"], s=70, marker="*", color=colour, edgecolor=INK,
        lw=0.5,
    )  # fmt: skip


def _verdict(control: Mapping[str, Any]) -> str:
    words = {
        True: "",
        False: ": the control FAILED, these scores mean nothing",
        None: ": without a control",
    }
    return words[control["control_passed"]]
