"""Figure of every selector with every classifier."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crosshub.figures.style import INK, VERMILLION, WIDTH, only_message, short, styled

LOWEST, HIGHEST = 0.3, 1.0


@styled
def combinations(table: pd.DataFrame, winners: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the cross-validated AUC of every selector with every classifier.

    Parameters
    ----------
    table, winners
        Of `combinations.judge_combinations`.

    Returns
    -------
    Figure
        A map of selectors × classifiers for each disease; the best has a frame, and above stands
        what is left of its AUC when the choice is corrected for.
    """
    if table.empty:
        return only_message("No fold could be done, so no combination was tried.")
    diseases = list(winners)
    rows = table["selector"].nunique()
    figure = Figure(figsize=(WIDTH, 0.7 + len(diseases) * (1.7 + 0.3 * rows)), layout="constrained")
    stacked = figure.subplots(len(diseases), 1, squeeze=False)[:, 0]
    for axes, disease in zip(stacked, diseases, strict=True):
        _map(axes, table[table["disease"] == disease])
        best = winners[disease]
        axes.set_title(
            f"{short(disease)} ({best['n_cases']} cases, {best['n_controls']} controls): "
            f"best of {best['combinations']} has AUC {best['uncorrected']:.2f}\n"
            f"corrected for the choice {best['corrected']:.2f} "
            f"({best['low']:.2f} to {best['high']:.2f})"
        )
    bar = figure.colorbar(stacked[0].collections[0], ax=list(stacked), aspect=30, fraction=0.03)
    bar.set_label("Cross-validated AUC (0.5: a coin)")
    bar.outline.set_visible(False)
    return figure


def _map(axes: Axes, own: pd.DataFrame) -> None:
    auc = own.pivot(index="selector", columns="classifier", values="auc")
    auc = auc.loc[auc.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    auc = auc[auc.mean().sort_values(ascending=False, kind="stable").index]
    values = auc.to_numpy(float)
    axes.pcolormesh(values, cmap="cividis", vmin=LOWEST, vmax=HIGHEST, edgecolor="white", lw=0.8)
    for row, column in np.ndindex(values.shape):
        dark = values[row, column] < (LOWEST + HIGHEST) / 2
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{values[row, column]:.2f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if dark else INK,
        )
    winner = own[own["is_winner"]].iloc[0]
    place = auc.columns.get_loc(winner["classifier"]), auc.index.get_loc(winner["selector"])
    axes.add_patch(_frame(place))
    axes.set_xticks(
        np.arange(auc.shape[1]) + 0.5,
        [name.replace("_", " ") for name in auc.columns],
        rotation=25,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(np.arange(len(auc)) + 0.5, [name.replace("_", " ") for name in auc.index])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel("Classifier")
    axes.set_ylabel("Selector")


def _frame(place: tuple[int, int]) -> Rectangle:
    return Rectangle(place, 1, 1, fill=False, edgecolor=VERMILLION, lw=2.5)
