"""Figures of networks: the co-expression modules of a disease, and known interactions."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crosshub.figures.style import (
    BLUE,
    DIRECTIONS,
    GREY,
    INK,
    PALE,
    VERMILLION,
    WIDTH,
    message,
    name_points,
    only_message,
    short,
    styled,
    thousands,
)

UNASSIGNED = "M0"
MOST_MODULES = 30
MOST_NAMES = 45
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "#F4F4F4", VERMILLION])


@styled
def modules(
    soft_threshold: pd.DataFrame,
    module_traits: pd.DataFrame,
    modules: pd.DataFrame,
    *,
    disease: str,
    power: float | None,
) -> Figure:
    """Draw how the network was made and which of its modules are tied to the disease.

    Parameters
    ----------
    soft_threshold
        power, scale_free_fit, slope, mean_connectivity.
    module_traits
        module, trait, correlation, fdr, n; the trait ``case`` is drawn. May be empty.
    modules
        gene, module.
    disease
        Its name.
    power
        The chosen soft threshold, or None where no network was made.

    Returns
    -------
    Figure
        Scale-free fit by power; size of each module, coloured by its correlation with case.
    """
    sizes = modules["module"].value_counts()
    order = sorted(sizes.index, key=lambda name: (name == UNASSIGNED, -sizes[name], name))
    shown = order[:MOST_MODULES]
    height = max(3.6, 1.3 + 0.26 * len(shown))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.35])
    _scale_free(left, soft_threshold, power)
    left.set_title(f"{disease}: soft threshold")
    case = module_traits[module_traits["trait"] == "case"] if len(module_traits) else module_traits
    _module_sizes(right, sizes[shown], case, total=len(modules))
    if len(order) > len(shown):
        right.set_title(f"The {len(shown)} largest of {len(order)} modules")
    return figure


def _scale_free(axes: Axes, table: pd.DataFrame, power: float | None) -> None:
    if table.empty:
        message(axes, "No network was made.")
        return
    fit = -np.sign(table["slope"]) * table["scale_free_fit"]
    axes.plot(table["power"], fit, color=GREY, lw=1, marker="o", ms=4, mfc=INK, mec="none")
    chosen = table["power"] == power
    if chosen.any():
        axes.axvline(power, color=PALE, lw=6, zorder=0)
        axes.plot(
            table.loc[chosen, "power"],
            fit[chosen],
            "D",
            ms=9,
            color=VERMILLION,
            label=f"chosen: {power:g}",
        )
        axes.legend(loc="lower right")
    axes.set_ylim(min(-0.05, float(fit.min()) - 0.05), 1.05)
    axes.set_xlabel("Power (soft threshold)")
    axes.set_ylabel("Scale-free fit (signed R²)")


def _module_sizes(axes: Axes, sizes: pd.Series, case: pd.DataFrame, *, total: int) -> None:
    if sizes.empty:
        message(axes, "No gene entered the network.")
        return
    tied = case.set_index("module").reindex(sizes.index) if len(case) else None
    colours = [PALE] * len(sizes)
    if tied is not None:
        colours = [SIGNED((r + 1) / 2) if np.isfinite(r) else PALE for r in tied["correlation"]]
    places = np.arange(len(sizes))
    axes.barh(places, sizes, color=colours, edgecolor="#555555", lw=0.6, height=0.75)
    for place, (name, size) in zip(places, sizes.items(), strict=True):
        text = thousands(size)
        if tied is not None and np.isfinite(tied.loc[name, "correlation"]):
            r, rate = tied.loc[name, ["correlation", "fdr"]]
            text += f" · r = {r:+.2f}, FDR {rate:.2g}".replace("-0.", "−0.")
        elif name == UNASSIGNED:
            text += " · in no module"
        axes.annotate(
            text, (size, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(places, [short(name, 16) for name in sizes.index])
    axes.set_ylim(max(len(sizes), 6) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(0, sizes.max() * 1.6)
    axes.set_xlabel("Genes in the module")
    axes.set_title(f"Modules of {thousands(total)} genes")
    if tied is not None:
        samples = f" (n = {int(case['n'].max())})" if "n" in case else ""
        colourbar = axes.figure.colorbar(
            ScalarMappable(Normalize(-1, 1), SIGNED), ax=axes, shrink=0.7, aspect=30, pad=0.02
        )
        colourbar.set_label(f"Correlation with case{samples}")
        colourbar.outline.set_visible(False)


@styled
def network(nodes: pd.DataFrame, edges: pd.DataFrame) -> Figure:
    """Draw the known interactions among the shared genes.

    Parameters
    ----------
    nodes
        gene, degree, in_panel, direction, x, y.
    edges
        gene_a, gene_b, score.

    Returns
    -------
    Figure
        Markers show the direction of change, rings the panel; size grows with the degree. Where
        there is no room for all names, those of the panel and of highest degree are written.
    """
    if nodes.empty:
        return only_message("No gene is shared, so there is nothing to link.")
    linked = nodes[nodes["degree"] > 0]
    if linked.empty:
        return only_message(
            f"None of the {thousands(len(nodes))} shared genes is known to interact with another."
        )
    figure = Figure(figsize=(WIDTH, 6.6), layout="constrained")
    axes = figure.subplots()
    place = linked.set_index("gene")[["x", "y"]]
    lines = [
        (place.loc[a].to_numpy(), place.loc[b].to_numpy())
        for a, b in zip(edges["gene_a"], edges["gene_b"], strict=True)
    ]
    strength = edges["score"].to_numpy(float)
    strength = strength / max(strength.max(initial=0), 1e-12)
    # Many lines on top of each other would hide the genes.
    alpha = float(np.clip(60 / max(len(lines), 1), 0.15, 0.55))
    widths = 0.4 + 1.2 * strength
    axes.add_collection(
        LineCollection(lines, colors="#777777", linewidths=widths, alpha=alpha, zorder=1)
    )
    sizes = 30 + 80 * linked["degree"] / linked["degree"].max()
    for side, (colour, marker) in DIRECTIONS.items():
        mask = linked["direction"] == side
        if mask.any():
            axes.scatter(
                linked.loc[mask, "x"],
                linked.loc[mask, "y"],
                s=sizes[mask],
                c=colour,
                marker=marker,
                lw=0,
                zorder=2,
                label=f"{side} (n = {int(mask.sum())})",
            )
    panel = linked["in_panel"]
    if panel.any():
        axes.scatter(
            linked.loc[panel, "x"],
            linked.loc[panel, "y"],
            s=sizes[panel] * 2.2,
            facecolors="none",
            edgecolors=INK,
            lw=1.3,
            zorder=3,
            label=f"in the panel (n = {int(panel.sum())})",
        )
    alone = len(nodes) - len(linked)
    left_out = f"; shared genes without one, not drawn: {thousands(alone)}" if alone else ""
    axes.set_title(f"{thousands(len(edges))} known interactions{left_out}")
    axes.margins(0.08)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("Place and distance follow the links and have no unit")
    for spine in axes.spines.values():
        spine.set_visible(False)
    figure.legend(loc="outside lower center", ncols=3)
    named = linked.sort_values(["in_panel", "degree", "gene"], ascending=[False, False, True])
    named = named.head(MOST_NAMES)
    names = [short(name, 16) for name in named["gene"]]
    name_points(axes, named["x"], named["y"], names, size=7.5, clearance=6)
    return figure
