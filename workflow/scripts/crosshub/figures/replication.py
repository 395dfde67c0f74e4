"""The figure of what the diseases of a comparison share."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crosshub.figures.graph import SIGNED
from crosshub.figures.style import (
    DIRECTIONS,
    GREEN,
    GREY,
    PALE,
    WIDTH,
    message,
    name_points,
    short,
    styled,
    thousands,
)

MOST_ROWS = 40
NAMED = 15
PREFIX = "effect."


@styled
def shared(genes: pd.DataFrame, *, comparison: str, fdr: float) -> Figure:
    """Draw the effects of the genes that the diseases share.

    Parameters
    ----------
    genes
        Table of `shared.find_shared`.
    comparison
        Its name.
    fdr
        Largest false discovery rate of a shared gene.

    Returns
    -------
    Figure
        One disease: its effects in order. Two: one against the other. Three and more: the effects
        of the shared genes by disease (the 40 of smallest p), and how many genes are changed alike
        in how many diseases. Effects are in standard deviations, cases minus
        controls or for one standard deviation of an outcome.
    """
    diseases = [name.removeprefix(PREFIX) for name in genes.columns if name.startswith(PREFIX)]
    found = int(genes["shared"].sum())
    number = f"{thousands(found)} shared" if found else "no gene is shared"
    title = f"{comparison}: {number} of {thousands(len(genes))} tested (FDR {fdr:g})"
    if len(diseases) < 3:
        figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title)
        if genes.empty or not diseases:
            message(axes, "No gene was tested.")
        elif len(diseases) == 1:
            _ranked(axes, genes, diseases[0])
        else:
            _scatter(axes, genes, *diseases)
        return figure
    kept = genes[genes["shared"]].head(MOST_ROWS)
    bars = 1.1 + 0.32 * len(diseases)
    height = max(bars + 0.3, 1.3 + 0.19 * len(kept))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(wspace=0.06)
    panels = figure.subplot_mosaic(
        [["effects", "numbers"], ["effects", "."]],
        width_ratios=[1.7, 1],
        height_ratios=[bars, max(height - bars, 0.01)],
    )
    left, right = panels["effects"], panels["numbers"]
    left.set_title(title)
    if kept.empty:
        message(left, "No gene is shared.")
    else:
        _heat_map(left, kept, diseases)
        if found > len(kept):
            left.set_xlabel(f"The {len(kept)} shared genes of smallest p")
    _bars(right, genes, len(diseases))
    return figure


def _sides(axes: Axes, genes: pd.DataFrame, x: pd.Series, y: pd.Series) -> None:
    rest = ~genes["shared"]
    axes.scatter(
        x[rest],
        y[rest],
        s=8,
        c=GREY,
        alpha=0.4,
        lw=0,
        rasterized=True,
        label=f"not shared ({thousands(rest.sum())})",
    )
    for side, (colour, marker) in DIRECTIONS.items():
        mask = genes["shared"] & (genes["direction"] == side)
        axes.scatter(
            x[mask],
            y[mask],
            s=22,
            c=colour,
            marker=marker,
            alpha=0.85,
            lw=0,
            rasterized=True,
            label=f"shared, {side} ({thousands(mask.sum())})",
        )
    axes.axhline(0, color=GREY, lw=0.8, zorder=0)


def _ranked(axes: Axes, genes: pd.DataFrame, disease: str) -> None:
    effect = genes[PREFIX + disease]
    rank = effect.rank(method="first")
    _sides(axes, genes, rank, effect)
    axes.set_xlabel("Genes, from most down to most up")
    axes.set_ylabel(f"Effect in {disease} (standard deviations)")
    axes.legend(loc="upper left", markerscale=1.4)
    top = genes[genes["shared"]].head(NAMED)
    name_points(axes, rank[top.index], effect[top.index], [short(name) for name in top["gene"]])


def _scatter(axes: Axes, genes: pd.DataFrame, first: str, second: str) -> None:
    x, y = genes[PREFIX + first], genes[PREFIX + second]
    _sides(axes, genes, x, y)
    axes.axvline(0, color=GREY, lw=0.8, zorder=0)
    width = float(np.nanmax(np.abs([x, y]))) * 1.08
    if width > 0:
        axes.set_xlim(-width, width)
        axes.set_ylim(-width, width)
    axes.set_xlabel(f"Effect in {first} (standard deviations)")
    axes.set_ylabel(f"Effect in {second} (standard deviations)")
    axes.legend(loc="upper left", markerscale=1.4)
    top = genes[genes["shared"]].head(NAMED)
    name_points(axes, x[top.index], y[top.index], [short(name) for name in top["gene"]])


def _heat_map(axes: Axes, genes: pd.DataFrame, diseases: list[str]) -> None:
    order = genes.sort_values("direction", ascending=False, kind="stable")
    effects = order[[PREFIX + name for name in diseases]].to_numpy(float)
    limit = max(float(np.nanmax(np.abs(effects))), 1e-9)
    axes.pcolormesh(effects, cmap=SIGNED, vmin=-limit, vmax=limit, edgecolor="white", lw=0.8)
    axes.invert_yaxis()
    axes.set_yticks(np.arange(len(order)) + 0.5, [short(name, 18) for name in order["gene"]])
    turned = max(map(len, diseases)) * len(diseases) > 48
    axes.set_xticks(
        np.arange(len(diseases)) + 0.5,
        [short(name, 22) for name in diseases],
        rotation=40 if turned else 0,
        ha="right" if turned else "center",
    )
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)
    colourbar = axes.figure.colorbar(
        ScalarMappable(Normalize(-limit, limit), SIGNED), ax=axes, aspect=35, pad=0.02
    )
    colourbar.set_label("Effect (standard deviations; up: higher with the disease)")
    colourbar.outline.set_visible(False)


def _bars(axes: Axes, genes: pd.DataFrame, n_diseases: int) -> None:
    levels = np.arange(1, n_diseases + 1)
    counts = [int((genes["n_diseases"] == level).sum()) for level in levels]
    colours = [PALE if level < n_diseases else GREEN for level in levels]
    axes.barh(levels, counts, color=colours, edgecolor="#555555", lw=0.6, height=0.7)
    for level, count in zip(levels, counts, strict=True):
        axes.annotate(
            thousands(count),
            (count, level),
            xytext=(4, 0),
            va="center",
            fontsize=8,
            textcoords="offset points",
        )
    axes.set_yticks(levels, [f"{level} of {n_diseases}" for level in levels])
    axes.set_xlim(0, max([*counts, 1]) * 1.25)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("Genes")
    axes.set_title("Changed alike in", fontsize=9)
    axes.set_ylabel("Diseases")
