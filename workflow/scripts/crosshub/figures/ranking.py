"""The figure of the compounds at the head of the list."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from crosshub.compounds.found import FDR, reverses
from crosshub.figures.style import BLUE, GREY, INK, PALE, WIDTH, only_message, short, styled

MOST_ROWS = 20


@styled
def compounds(candidates: pd.DataFrame, *, fdr: float = FDR) -> Figure:
    """Draw the scores of the 20 compounds of best rank.

    Parameters
    ----------
    candidates
        rank, name, score, p_value, fdr, n_cells.
    fdr
        Level at which a compound is found (`compounds.found.reverses`).

    Returns
    -------
    Figure
        The further below zero, the better a compound reverses the signature.
    """
    if candidates.empty:
        return only_message("No compound was scored.")
    table = candidates.sort_values("rank").head(MOST_ROWS).reset_index(drop=True)
    figure = Figure(figsize=(WIDTH, 1.5 + 0.27 * len(table)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(table))
    found = reverses(table, fdr=fdr)
    for mask, colour, hatch, label in [
        (found, BLUE, "", f"reverses, FDR ≤ {fdr:g}"),
        (~found, PALE, "///", "not found"),
    ]:
        if mask.any():
            axes.barh(
                places[mask],
                table.loc[mask, "score"],
                color=colour,
                hatch=hatch,
                height=0.72,
                edgecolor=GREY if hatch else colour,
                lw=0.6,
                label=f"{label} (n = {int(mask.sum())})",
            )
    for place, row in zip(places, table.itertuples(), strict=True):
        tested = np.isfinite(row.p_value)
        text = f"p {row.p_value:.2g}, FDR {row.fdr:.2g}" if tested else "not tested"
        axes.annotate(
            text,
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            annotation_clip=False,
        )
    names = [f"{int(row.rank)}. {short(row.name, 30)}" for row in table.itertuples(index=False)]
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.axvline(0, color=INK, lw=0.8)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_xlabel("Connectivity score (below zero: reverses the signature)")
    axes.set_title(f"First {len(table)} of {len(candidates):,} compounds")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
