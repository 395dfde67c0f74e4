"""Figures of one cohort: the quality of its samples, and its differential expression."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crosshub.figures.style import (
    DIRECTIONS,
    GREY,
    GROUPS,
    INK,
    WIDTH,
    minus_log10,
    name_points,
    only_message,
    short,
    styled,
    thousands,
)
from crosshub.qc import OUTLIER_Z

NAMED = 10


@styled
def quality(qc: pd.DataFrame, *, cohort: str) -> Figure:
    """Draw the quality of the samples of a cohort.

    Parameters
    ----------
    qc
        Table of `qc.check_cohort`.
    cohort
        Its name.

    Returns
    -------
    Figure
        Median and interquartile range (log2) of each sample; principal components; standardised
        connectivity with the line below which a sample is an outlier. Outliers are named.
    """
    if qc.empty:
        return only_message("No sample to check.", title=cohort)
    figure = Figure(figsize=(WIDTH, 6.2), layout="constrained")
    panels = figure.subplot_mosaic([["values", "values"], ["components", "connectivity"]])
    order = pd.Categorical(qc["group"], ["control", "case", "excluded"], ordered=True)
    sorted_qc = qc.assign(group=order).sort_values(["group", "sample"], ignore_index=True)
    sorted_qc["place"] = np.arange(1, len(sorted_qc) + 1)
    _distribution(panels["values"], sorted_qc)
    _components(panels["components"], sorted_qc)
    _connectivity(panels["connectivity"], sorted_qc)
    panels["values"].set_title(f"{cohort}: values of each sample")
    handles, labels = panels["values"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3)
    outliers = sorted_qc[sorted_qc["outlier"]]
    for panel, x, y in [("components", "pc1", "pc2"), ("connectivity", "place", "connectivity_z")]:
        panels[panel].scatter(outliers[x], outliers[y], s=70, fc="none", ec=INK, lw=1.1)
    names = [short(name, 14) for name in outliers["sample"]]
    name_points(panels["components"], outliers["pc1"], outliers["pc2"], names, clearance=4.5)
    name_points(
        panels["connectivity"], outliers["place"], outliers["connectivity_z"], names, clearance=4.5
    )
    return figure


def _by_group(table: pd.DataFrame) -> list[tuple[str, str, str, pd.DataFrame]]:
    found = []
    for name, (colour, marker) in GROUPS.items():
        part = table[table["group"] == name]
        if len(part):
            found.append((name, colour, marker, part))
    return found


def _distribution(axes: Axes, table: pd.DataFrame) -> None:
    size = float(np.clip(500 / len(table), 2, 6))
    for name, colour, marker, part in _by_group(table):
        axes.errorbar(
            part["place"],
            part["median"],
            yerr=part["iqr"] / 2,
            fmt=marker,
            ms=size,
            color=colour,
            elinewidth=size / 2.5,
            alpha=0.9,
            label=f"{name} (n = {len(part)})",
        )
    axes.set_xlim(0.5 - 0.02 * len(table), 0.5 + 1.02 * len(table))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("Samples, sorted by group and name")
    axes.set_ylabel("Median ± half of the\ninterquartile range (log2)")


def _components(axes: Axes, table: pd.DataFrame) -> None:
    for _, colour, marker, part in _by_group(table):
        axes.scatter(part["pc1"], part["pc2"], s=26, c=colour, marker=marker, alpha=0.75, lw=0)
    axes.set_title("Principal components")
    for number, label in [(1, axes.set_xlabel), (2, axes.set_ylabel)]:
        share = table[f"pc{number}_variance"].iloc[0]
        known = f" ({share:.1%} of the variance)" if np.isfinite(share) else ""
        label(f"Component {number}{known}")
    axes.margins(0.12)


def _connectivity(axes: Axes, table: pd.DataFrame) -> None:
    for _, colour, marker, part in _by_group(table):
        axes.scatter(
            part["place"], part["connectivity_z"], s=26, c=colour, marker=marker, alpha=0.75, lw=0
        )
    axes.axhline(OUTLIER_Z, color=INK, lw=1, ls="--")
    axes.annotate(
        f"outlier below {OUTLIER_Z:g}".replace("-", "−"),
        (0.01, OUTLIER_Z),
        xytext=(0, -3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="top",
        fontsize=8,
    )
    lowest = np.nanmin([OUTLIER_Z, *table["connectivity_z"]])
    axes.set_ylim(bottom=lowest - 0.9)
    axes.set_xlim(0.5 - 0.02 * len(table), 0.5 + 1.02 * len(table))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_title("Connectivity with the other samples")
    axes.set_xlabel("Samples, sorted by group and name")
    axes.set_ylabel("Standardised connectivity (z)")


@styled
def volcano(differential: pd.DataFrame, *, cohort: str, fdr: float) -> Figure:
    """Draw effect against evidence for the genes of a cohort.

    Parameters
    ----------
    differential
        Table of `differential.fit_differential`.
    cohort
        Its name.
    fdr
        Largest false discovery rate of a gene that counts as changed.

    Returns
    -------
    Figure
        log2 fold change (case minus control) against −log10 p; the ten smallest p are named.
    """
    if differential.empty:
        return only_message("No gene was tested.", title=cohort)
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    axes = figure.subplots()
    table = differential.assign(evidence=minus_log10(differential["p_value"]))
    changed = table["fdr"] <= fdr
    sides = {"up": changed & (table["log2fc"] > 0), "down": changed & (table["log2fc"] <= 0)}
    rest = table[~changed]
    axes.scatter(
        rest["log2fc"],
        rest["evidence"],
        s=7,
        c=GREY,
        alpha=0.45,
        lw=0,
        rasterized=True,
        label=f"not changed ({thousands(len(rest))})",
    )
    for side, mask in sides.items():
        colour, marker = DIRECTIONS[side]
        axes.scatter(
            table.loc[mask, "log2fc"],
            table.loc[mask, "evidence"],
            s=18,
            c=colour,
            marker=marker,
            alpha=0.8,
            lw=0,
            rasterized=True,
            label=f"{side} in cases ({thousands(mask.sum())})",
        )
    axes.axvline(0, color=GREY, lw=0.8)
    if changed.any():
        axes.axhline(
            table.loc[changed, "evidence"].min(),
            color=INK,
            lw=0.9,
            ls="--",
            label=f"false discovery rate {fdr:g}",
        )
    width = np.nanmax(np.abs(table["log2fc"])) * 1.12
    axes.set_xlim(-width, width) if width > 0 else None
    axes.set_ylim(0, max(float(np.nanmax(table["evidence"])) * 1.1, 1))
    axes.set_xlabel("log2 fold change, cases minus controls")
    axes.set_ylabel("−log10 p")
    groups = f"{table['n_cases'].iloc[0]} cases, {table['n_controls'].iloc[0]} controls"
    axes.set_title(f"{cohort}: {thousands(len(table))} genes, {groups}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=4, markerscale=1.4)
    top = table.sort_values(["p_value", "gene"]).head(NAMED)
    name_points(axes, top["log2fc"], top["evidence"], [short(name) for name in top["gene"]])
    return figure
