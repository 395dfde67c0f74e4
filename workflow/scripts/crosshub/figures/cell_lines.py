"""The figure of the first compounds in each cell line."""

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from crosshub.compounds.found import SHARED
from crosshub.figures.style import (
    BLUE,
    GREY,
    INK,
    VERMILLION,
    WIDTH,
    headline,
    only_message,
    short,
    styled,
)
from crosshub.numerals import p_value as written

MOST_ROWS, MOST_CELLS = 25, 30
LARGEST = 3.0
_COLOURS = LinearSegmentedColormap.from_list("reversal", [BLUE, "#FFFFFF", VERMILLION])


@styled
def compound_cells(candidates: pd.DataFrame, cells: pd.DataFrame) -> Figure:
    """Draw the mean score of the 25 compounds of best rank in each cell line.

    Parameters
    ----------
    candidates
        rank, name, fdr.
    cells
        query, compound, cell, n_signatures, ncs; the shared query is drawn.

    Returns
    -------
    Figure
        Blue: reverses the signature; vermillion: mimics it; hatched: not tested. The 30 cell lines
        in which most of these compounds were tested are drawn.
    """
    if candidates.empty:
        return only_message("No compound was scored.")
    table = candidates.sort_values("rank").head(MOST_ROWS).reset_index(drop=True)
    own = cells[(cells["query"] == SHARED) & cells["compound"].isin(table["name"])]
    wide = own.pivot(index="compound", columns="cell", values="ncs").reindex(table["name"])
    most = wide.notna().sum().sort_values(ascending=False, kind="stable").index[:MOST_CELLS]
    wide = wide[sorted(most)]
    values = wide.to_numpy(float)
    figure = Figure(figsize=(WIDTH, 2.2 + 0.25 * len(table)), layout="constrained")
    axes = figure.subplots()
    limit = float(np.clip(np.nanmax(np.abs(values)), 1, LARGEST))
    axes.set_facecolor("#F4F4F4")
    axes.patch.set(hatch="////", edgecolor="#D2D2D2")
    image = axes.pcolormesh(
        np.ma.masked_invalid(values),
        cmap=_COLOURS,
        norm=TwoSlopeNorm(0, -limit, limit),
        edgecolors="white",
        lw=1.2,
    )
    places = np.arange(len(table)) + 0.5
    names = [
        f"{rank}. {short(name, 28)}"
        for rank, name in zip(table["rank"], table["name"], strict=True)
    ]
    axes.set_yticks(places, names)
    axes.set_xticks(
        np.arange(values.shape[1]) + 0.5, [short(cell or "not named", 14) for cell in wide.columns]
    )
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", rotation=55 if values.shape[1] > 6 else 0, length=0)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(table), 0)
    axes.spines[:].set_visible(False)
    for place, fdr in zip(places, table["fdr"], strict=True):
        axes.annotate(
            f"FDR {written(fdr)}",
            (1.012, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=INK,
            annotation_clip=False,
        )
    shown = f"{values.shape[1]} of {own['cell'].nunique()} cell lines"
    headline(figure, f"First {len(table)} of {len(candidates):,} compounds in {shown}")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.02)
    bar.set_label("Mean normalised score (below zero: reverses the signature)")
    bar.outline.set_visible(False)
    if np.isnan(values).any():
        absent = int(np.isnan(values).sum())
        label = f"not tested (n = {absent} of {values.size})"
        patch = Patch(facecolor="#F4F4F4", edgecolor=GREY, hatch="////", label=label)
        figure.legend(handles=[patch], loc="outside lower right")
    return figure
