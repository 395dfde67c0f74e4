"""Figures of what diseases share beyond a list: rank-rank maps, and the conserved network."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from crosshub.figures.style import (
    DIRECTIONS,
    GREY,
    INK,
    KINDS,
    WIDTH,
    name_points,
    only_message,
    short,
    styled,
    thousands,
)

MOST_PAIRS = 12
COLUMNS = 3
MOST_NAMES = 40
# The corner of each quadrant of the map: from which end the genes of a and of b are counted.
ENDS = {"up_up": (0, 0), "down_down": (1, 1), "up_down": (0, 1), "down_up": (1, 0)}


@styled
def rank_maps(maps: pd.DataFrame, ranks: pd.DataFrame, *, comparison: str) -> Figure:
    """Draw the rank-rank overlap of each pair of diseases.

    Parameters
    ----------
    maps, ranks
        Of `shared.overlap.Overlap`.
    comparison
        Its name.

    Returns
    -------
    Figure
        One map a pair (at most 12): lower left, genes up in both; upper right, down in both.
    """
    pairs = list(dict.fromkeys(zip(maps["disease_a"], maps["disease_b"], strict=True)))
    if not pairs:
        return only_message(f"{comparison}: one disease has no other to be compared with.")
    shown = pairs[:MOST_PAIRS]
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    side = WIDTH / COLUMNS
    figure = Figure(figsize=(max(columns * side, 5), rows * side + 0.6), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    # One pair with shared controls must not leave all other maps dark.
    scale = PowerNorm(0.4, 0, max(float(-maps["log10_p"].min()), 1.0))
    for axes, (a, b) in zip(panels, shown, strict=False):
        one = (maps["disease_a"] == a) & (maps["disease_b"] == b)
        _rank_map(axes, maps[one], scale)
        best = ranks[(ranks["disease_a"] == a) & (ranks["disease_b"] == b)].set_index("agreement")
        p = best.loc["concordant", "p_value"]
        known = f"p = {p:.2g}" if np.isfinite(p) else "not tested"
        axes.set_title(f"alike: {known}", fontsize=9)
        axes.set_xlabel(f"{short(a, 22)}: up → down")
        axes.set_ylabel(f"{short(b, 22)}: up → down")
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    bar = figure.colorbar(ScalarMappable(scale, "viridis"), ax=panels, aspect=30, shrink=0.8)
    bar.set_label("−log10 p of the overlap (a score: see the p above)")
    bar.outline.set_visible(False)
    genes = thousands(_genes_of(maps))
    left_out = f"; {len(shown)} of {len(pairs)} pairs" if len(pairs) > len(shown) else ""
    title = f"{comparison}: rank–rank overlap of {genes} genes{left_out}"
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=10)
    return figure


def _genes_of(maps: pd.DataFrame) -> int:
    """Return the number of genes: the overlap by chance is rank_a · rank_b / genes."""
    last = maps.iloc[int(maps["rank_a"].to_numpy().argmax())]
    return round(last["rank_a"] * last["rank_b"] / last["expected"])


def _rank_map(axes: Axes, found: pd.DataFrame, scale: PowerNorm) -> None:
    for corner, (far_a, far_b) in ENDS.items():
        part = found[found["corner"] == corner]
        grid = -part.pivot(index="rank_b", columns="rank_a", values="log10_p")
        last = 2 * grid.columns[-1]
        edges = np.concatenate([[0], grid.columns.to_numpy(float)])
        x = last - edges if far_a else edges
        y = last - edges if far_b else edges
        axes.pcolormesh(x, y, grid.to_numpy(float), norm=scale, cmap="viridis", rasterized=True)
    axes.axvline(last / 2, color="white", lw=0.8)
    axes.axhline(last / 2, color="white", lw=0.8)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])


@styled
def conserved_network(nodes: pd.DataFrame, edges: pd.DataFrame, *, at_least: int) -> Figure:
    """Draw the genes whose co-expression is conserved, by community.

    Parameters
    ----------
    nodes, edges
        Of `shared.network.communities` and `conserved_edges`.
    at_least
        In how many diseases an edge is conserved.

    Returns
    -------
    Figure
        Colour: community, from the eighth on grey with its number; marker: direction of change;
        rings: shared genes.
    """
    linked = nodes[nodes["degree"] > 0]
    if linked.empty:
        return only_message(
            f"No two of {thousands(len(nodes))} genes move together in {at_least} diseases."
        )
    figure = Figure(figsize=(WIDTH, 6.4), layout="constrained")
    axes = figure.subplots()
    place = nodes.set_index("gene")[["x", "y"]]
    for sign, style in [("positive", "-"), ("negative", ":")]:
        part = edges[edges["direction"] == sign]
        lines = list(
            zip(
                place.loc[part["gene_a"]].to_numpy(), place.loc[part["gene_b"]].to_numpy(),
                strict=True,
            )
        )  # fmt: skip
        alpha = float(np.clip(80 / max(len(edges), 1), 0.08, 0.5))
        axes.add_collection(
            LineCollection(lines, colors="#777777", linewidths=0.7, linestyles=style, alpha=alpha)
        )
    number = linked["community"]
    colours = [KINDS[n - 1] if 0 < n <= len(KINDS) else GREY for n in number]
    numbered = linked[number > len(KINDS)]
    for x, y, name in zip(numbered["x"], numbered["y"], numbered["community"], strict=True):
        below = {"xytext": (0, -4), "textcoords": "offset points", "ha": "center", "va": "top"}
        axes.annotate(str(name), (x, y), fontsize=6.5, fontweight="bold", **below)
    for side, (_, marker) in DIRECTIONS.items():
        mask = (linked["direction"] == side).to_numpy()
        axes.scatter(
            linked["x"][mask],
            linked["y"][mask],
            s=42,
            c=[c for c, kept in zip(colours, mask, strict=True) if kept],
            marker=marker,
            edgecolors=[INK if s else "none" for s in linked["shared"][mask]],
            lw=0.9,
            zorder=2,
        )
    for side, (_, marker) in DIRECTIONS.items():
        axes.scatter([], [], c=GREY, marker=marker, label=f"{side} in the diseases")
    axes.scatter([], [], facecolors="none", edgecolors=INK, label="ringed: shared gene")
    axes.margins(0.08)
    axes.set_xticks([])
    axes.set_yticks([])
    grey = f", from the {len(KINDS) + 1}th on grey and numbered" if len(numbered) else ""
    axes.set_xlabel(
        f"Place and distance follow the links and have no unit; colours: communities{grey}"
    )
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(
        f"{thousands(len(edges))} correlations conserved in at least {at_least} diseases, among "
        f"{thousands(len(linked))} of {thousands(len(nodes))} genes; "
        f"{number[number > 0].nunique()} communities"
    )
    figure.legend(loc="outside lower center", ncols=3)
    named = linked.sort_values(["shared", "degree", "gene"], ascending=[False, False, True])
    named = named.head(MOST_NAMES)
    names = [short(name, 16) for name in named["gene"]]
    name_points(axes, named["x"], named["y"], names, size=7, clearance=5)
    return figure
