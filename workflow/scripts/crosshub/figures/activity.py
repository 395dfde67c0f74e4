"""Figure of a model of activity: what it says of scaffolds that it has not seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosshub.figures.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILLION,
    WIDTH,
    headline,
    message,
    short,
    styled,
)

# Inside and outside of the domain: colour, marker.
DOMAIN = {True: ("inside the domain", BLUE, "o"), False: ("outside", ORANGE, "^")}


@styled
def activity(
    predictions: pd.DataFrame, scrambled: pd.DataFrame, verdict: Mapping[str, Any]
) -> Figure:
    """Draw predicted against measured activities, and Q² beside that of scrambled activities.

    Parameters
    ----------
    predictions, scrambled
        Of `qsar.validation.validate`; the scaffold split is drawn.
    verdict
        Of `qsar.verdict.judge_model`.

    Returns
    -------
    Figure
        Left, a point for each compound, its mean over the repeats; right, the null.
    """
    figure = Figure(figsize=(WIDTH, 4.3), layout="constrained")
    left, right = figure.subplots(1, 2)
    _points(left, predictions[predictions["split"] == "scaffold"])
    _null(right, scrambled, verdict)
    kind = verdict["type"] or "activity"
    headline(figure, f"{short(verdict['target'])}: {short(kind)} of compounds of new scaffolds")
    return figure


def _points(axes: Axes, tested: pd.DataFrame) -> None:
    means = tested.groupby("inchikey", sort=True).agg(
        activity=("activity", "first"),
        predicted=("predicted", "mean"),
        inside=("in_domain", "mean"),
    )
    # A compound is as near to the training compounds as it is in most repeats.
    inside = (means["inside"] >= 0.5).to_numpy()
    both = means[["activity", "predicted"]].to_numpy()
    low, high = both.min() - 0.3, both.max() + 0.3
    axes.plot([low, high], [low, high], color=GREY, lw=0.8, zorder=1)
    for side, (label, colour, marker) in DOMAIN.items():
        own = means[inside == side]
        if len(own):
            axes.scatter(
                own["activity"],
                own["predicted"],
                s=16,
                marker=marker,
                color=colour,
                alpha=0.7,
                lw=0,
                label=f"{label} (n = {len(own):,})",
                rasterized=len(means) > 2000,
            )
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set_xlabel("Measured (−log10 mol/l)")
    axes.set_ylabel("Predicted, its scaffold held out (−log10 mol/l)")
    axes.legend(loc="upper left")


def _null(axes: Axes, scrambled: pd.DataFrame, verdict: Mapping[str, Any]) -> None:
    null = scrambled.loc[scrambled["scrambling"] > 0, "q2"].to_numpy()
    observed = scrambled.loc[scrambled["scrambling"] == 0, "q2"].item()
    if not len(null):
        message(axes, "Not held against scrambled activities\n(qsar.scramblings is 0).")
        return
    edges = np.linspace(min(null.min(), observed) - 0.05, max(null.max(), observed) + 0.05, 40)
    axes.hist(
        null, bins=edges, color=PALE, edgecolor=GREY, hatch="///", lw=0.6,
        label=f"scrambled activities (n = {len(null):,})",
    )  # fmt: skip
    axes.axvline(
        observed, color=VERMILLION, lw=2, label=f"as measured, first repeat: {observed:.2f}"
    )
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_xlabel("Q² in new scaffolds (0: no better than the mean of training)")
    axes.set_ylabel("Scrambled tables (first repeat)")
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
    axes.set_title(f"p = {verdict['p_scrambled']:.2g}")
    axes.legend(loc="upper center")
