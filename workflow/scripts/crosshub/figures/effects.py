"""Forest plots: the effects of genes, cohort by cohort, and what they come to together."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosshub.figures.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    VERMILLION,
    WIDTH,
    only_message,
    short,
    styled,
)

COLUMNS = 4


@styled
def forest(combined: pd.DataFrame, cohorts: pd.DataFrame, *, disease: str) -> Figure:
    """Draw the effects of some genes in each cohort, and combined.

    Parameters
    ----------
    combined
        Rows of `meta.combine.combine_cohorts`: the genes that are drawn, in order.
    cohorts
        gene, cohort, n, effect, low, high; see `meta.combine.cohort_effects`.
    disease
        Its name.

    Returns
    -------
    Figure
        One panel a gene: squares with 95 % intervals for the cohorts, a diamond for what they come
        to, and a dotted line for where a new cohort would lie.
    """
    if combined.empty:
        return only_message(f"{disease}: no gene was tested.")
    names = cohorts.drop_duplicates("cohort")
    rows = -(-len(combined) // COLUMNS)
    height = 0.7 + rows * (0.75 + 0.22 * (len(names) + 1))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (_, row) in zip(panels, combined.iterrows(), strict=False):
        _panel(axes, row, cohorts[cohorts["gene"] == row["gene"]])
    for axes in panels[len(combined) :]:
        axes.set_axis_off()
    labels = [f"{short(row.cohort, 20)} (n = {row.n})" for row in names.itertuples()]
    panels[0].set_yticks(range(len(names) + 1), [*labels, "combined"])
    panels[0].set_ylim(len(names) + 0.6, -0.6)
    for axes in panels[max(0, len(combined) - COLUMNS) : len(combined)]:
        axes.set_xlabel("Effect (standard deviations)", fontsize=8)
        axes.tick_params(labelbottom=True)
    title = f"{disease}: genes of smallest p, 95 % intervals (dotted: prediction for a new cohort)"
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return figure


def _panel(axes: Axes, combined: pd.Series, cohorts: pd.DataFrame) -> None:
    places = np.arange(len(cohorts))
    colour = VERMILLION if combined["effect"] > 0 else BLUE
    axes.axvline(0, color=GREY, lw=0.8, zorder=0)
    axes.hlines(places, cohorts["low"], cohorts["high"], color=INK, lw=1.2)
    axes.plot(cohorts["effect"], places, "s", color=INK, ms=4.5, ls="none")
    last = len(cohorts)
    if np.isfinite(combined["prediction_low"]):
        ends = combined["prediction_low"], combined["prediction_high"]
        axes.hlines(last, *ends, color=colour, lw=1.2, ls=":")
    middle = combined["effect"]
    across = [combined["effect_low"], middle, combined["effect_high"], middle]
    axes.fill(across, [last, last - 0.28, last, last + 0.28], color=colour, lw=0)
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.grid(axis="x", color=PALE, lw=0.5)
    axes.set_title(short(combined["gene"], 20))
