"""Figures of one cohort: the quality of its samples, and its differential expression."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.scale import AsinhScale
from matplotlib.ticker import MaxNLocator, NullLocator

from crosshub.differential import tested_outcome
from crosshub.figures.style import (
    DIRECTIONS,
    GREY,
    GROUPS,
    INK,
    WIDTH,
    message,
    minus_log10,
    name_points,
    only_message,
    short,
    styled,
    thousands,
)
from crosshub.qc import LINES, UNKNOWN

NAMED = 10
# Samples that can be named along an axis.
MOST_NAMED = 40
SEXES = {"female": "o", "male": "s", UNKNOWN: "D"}
# What frames an outlier, a sample of the other sex, and one whose values alone are apart.
RING = {"s": 70, "marker": "o"}
SQUARE = {"s": 100, "marker": "s"}
TRIANGLE = {"s": 110, "marker": "^"}
TOO_FEW = "Fewer than six samples\nare too few to judge."


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
        Percentiles of the values of each sample (log2); principal components; XIST against the Y
        genes (ranks); standardised connectivity, and correlation against distance, with the lines
        beyond which a sample is flagged. Cases are filled; the marker is the inferred sex; outliers
        are ringed and named, samples annotated as the other sex framed and named. A triangle marks
        values whose distribution alone is beyond its line.
    """
    if qc.empty:
        return only_message("No sample to check.", title=cohort)
    figure = Figure(figsize=(WIDTH, 9.6), layout="constrained")
    panels = figure.subplot_mosaic(
        [["values", "values"], ["components", "sex"], ["connectivity", "distance"]]
    )
    order = pd.Categorical(qc["group"], ["control", "case", "excluded"], ordered=True)
    table = qc.assign(group=order).sort_values(["group", "sample"], ignore_index=True)
    table["place"] = np.arange(1, len(table) + 1)
    for name in ("outlier", "distribution_outlier", "sex_conflict"):
        table[name] = table[name].eq(True)
    _distribution(panels["values"], table)
    _components(panels["components"], table)
    _connectivity(panels["connectivity"], table)
    _distance(panels["distance"], table)
    _sex(panels["sex"], table)
    panels["values"].set_title(f"{cohort}: values of each sample")
    figure.legend(handles=_legend(table), loc="outside upper center", ncols=4)
    outliers, conflicts = table[table["outlier"]], table[table["sex_conflict"]]
    for panel, x, y, named, frame in [
        ("components", "pc1", "pc2", outliers, RING),
        ("connectivity", "place", "connectivity_z", outliers, RING),
        ("distance", "correlation_d", "pc_distance", outliers, RING),
        ("sex", "y_rank", "xist_rank", conflicts, SQUARE),
    ]:
        axes = panels[panel]
        axes.scatter(named[x], named[y], fc="none", ec=INK, lw=1.1, **frame)
        names = [short(name, 14) for name in named["sample"]]
        name_points(axes, named[x], named[y], names, clearance=4.5)
        for text in axes.texts:
            # A line may run behind a name, not through it.
            text.set_bbox({"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.4})
    return figure


def _dots(axes: Axes, table: pd.DataFrame, x: str, y: str) -> None:
    """Draw the samples: colour and filling by group, marker by inferred sex."""
    size = float(np.clip(3000 / len(table), 9, 28))
    for (group, sex), part in table.groupby(["group", "sex_inferred"], observed=True, sort=True):
        colour = GROUPS[group][0]
        axes.scatter(
            part[x],
            part[y],
            s=size,
            marker=SEXES[sex],
            c=colour if group == "case" else "none",
            edgecolors=colour,
            alpha=0.8,
            lw=0 if group == "case" else 0.9,
        )


def _legend(table: pd.DataFrame) -> list[Line2D]:
    """Return what the marks mean, with the number of samples."""
    plain = {"ls": "none", "marker": "o", "ms": 6}
    found = []
    for name, (colour, _) in GROUPS.items():
        number = int((table["group"] == name).sum())
        face = colour if name == "case" else "none"
        if number:
            label = f"{name} (n = {number})"
            found.append(Line2D([], [], mfc=face, mec=colour, label=label, **plain))
    for name, marker in SEXES.items():
        number = int((table["sex_inferred"] == name).sum())
        if number:
            label = (
                f"{name} by expression (n = {number})"
                if name != UNKNOWN
                else (f"sex unknown (n = {number})")
            )
            mark = plain | {"marker": marker}
            found.append(Line2D([], [], mfc=GREY, mec=GREY, label=label, **mark))
    table = table.assign(values_apart=_values_apart(table))
    for name, label, frame in [
        ("outlier", "outlier", RING),
        ("values_apart", "values beyond the line, no outlier", TRIANGLE),
        ("sex_conflict", "annotated as the other sex", SQUARE),
    ]:
        number = int(table[name].sum())
        if number:
            ring = plain | {"marker": frame["marker"], "ms": 9, "mfc": "none", "mec": INK}
            found.append(Line2D([], [], label=f"{label} (n = {number})", **ring))
    return found


def _values_apart(table: pd.DataFrame) -> pd.Series:
    return table["distribution_outlier"] & ~table["outlier"]


def _distribution(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the 5th to 95th percentile of each sample, its quartiles thicker, and its median."""
    width = float(np.clip(190 / len(table), 0.7, 5))
    for name, (colour, _) in GROUPS.items():
        part = table[table["group"] == name]
        for low, high, share, alpha in [(5, 95, 0.3, 0.6), (25, 75, 1, 0.45)]:
            axes.vlines(
                part["place"],
                part[f"percentile_{low}"],
                part[f"percentile_{high}"],
                color=colour,
                lw=max(width * share, 0.5),
                alpha=alpha,
            )
        axes.scatter(part["place"], part["median"], s=max(width**2, 4), c=colour, lw=0, zorder=3)
    for marked, frame in [(table["outlier"], RING), (_values_apart(table), TRIANGLE)]:
        part = table[marked]
        axes.scatter(part["place"], part["median"], fc="none", ec=INK, lw=1.1, zorder=4, **frame)
    _samples_axis(axes, table, named=len(table) <= MOST_NAMED)
    axes.set_ylabel("Median, quartiles and\n5th to 95th percentile (log2)")


def _samples_axis(axes: Axes, table: pd.DataFrame, *, named: bool = False) -> None:
    axes.set_xlim(0.5 - 0.02 * len(table), 0.5 + 1.02 * len(table))
    if named:
        axes.set_xticks(table["place"], [short(name, 14) for name in table["sample"]])
        axes.tick_params(axis="x", rotation=90, labelsize=6.5)
        return
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("Samples, sorted by group and name")


def _components(axes: Axes, table: pd.DataFrame) -> None:
    _dots(axes, table, "pc1", "pc2")
    axes.set_title("Principal components")
    for number, label, gap in [(1, axes.set_xlabel, " "), (2, axes.set_ylabel, "\n")]:
        share = table[f"pc{number}_variance"].iloc[0]
        known = f"{gap}({share:.1%} of the variance)" if np.isfinite(share) else ""
        label(f"Component {number}{known}")
    axes.margins(0.12)


def _sex(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("Sex by expression")
    if table["xist_rank"].isna().all():
        message(axes, "XIST or the Y genes\nare not there:\nthe sex is unknown.")
        return
    _dots(axes, table, "y_rank", "xist_rank")
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.06)
    axes.set_xlabel("Y genes: mean rank within the sample (0 to 1)")
    axes.set_ylabel("XIST: rank within\nthe sample (0 to 1)")


def _connectivity(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("Connectivity with the other samples")
    if table["connectivity_z"].isna().all():
        message(axes, TOO_FEW)
        return
    line = LINES["connectivity_z"]
    _dots(axes, table, "place", "connectivity_z")
    axes.axhline(line, color=INK, lw=1, ls="--")
    lowest = np.nanmin([line, *table["connectivity_z"]])
    axes.set_ylim(bottom=lowest - 0.9)
    _samples_axis(axes, table)
    below = f"{line:g}".replace("-", "−")
    axes.set_ylabel(f"Standardised connectivity\n(z; flagged below {below})")


def _distance(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("Correlation and distance")
    if table["pc_distance"].isna().all():
        message(axes, TOO_FEW)
        return
    _dots(axes, table, "correlation_d", "pc_distance")
    x, y = LINES["correlation_d"], LINES["pc_distance"]
    axes.axvline(x, color=INK, lw=1, ls="--")
    axes.axhline(y, color=INK, lw=1, ls="--")
    lowest, highest = table["correlation_d"].min(), table["pc_distance"].max()
    axes.set_xlim(min(1.25 * lowest, 1.4 * x), 1.3 * max(table["correlation_d"].max(), 2))
    axes.set_ylim(0, max(1.25 * highest, 1.4 * y))
    _bend(axes, "x", -x)
    _bend(axes, "y", y)
    below = f"{x:g}".replace("-", "−")
    axes.set_xlabel(f"Correlation with the others\n(MADs from the group; flagged below {below})")
    axes.set_ylabel(f"Distance in 3 components\n(MADs; flagged above {y:g})")


def _bend(axes: Axes, side: str, line: float) -> None:
    """Draw an axis (x, y) that reaches far beyond a line so that the crowd within it is still seen.

    An array of noise may be a hundred units away.
    """
    axis = {"x": axes.xaxis, "y": axes.yaxis}[side]
    low, high = axis.get_view_interval()
    if max(-low, high) <= 3 * line:
        return
    axes.set(**{f"{side}scale": AsinhScale(axis, linear_width=line)})
    steps = [line / 2, *(line * 4.0**step for step in range(10))]
    ticks = {sign * step for step in [0, *steps] for sign in (-1, 1)}
    axis.set_ticks(sorted(tick for tick in ticks if low <= tick <= high))
    axis.set_major_formatter(lambda tick, _: f"{tick:g}".replace("-", "−"))
    axis.set_minor_locator(NullLocator())
    axis.set_view_interval(low, high, ignore=True)


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
        log2 fold change (case minus control, or for one standard deviation of the outcome)
        against −log10 p; the ten smallest p are named.
    """
    if differential.empty:
        return only_message("No gene was tested.", title=cohort)
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    axes = figure.subplots()
    table = differential.assign(evidence=minus_log10(differential["p_value"]))
    change, side_of, samples = _contrast(table)
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
            label=f"{side} {side_of} ({thousands(mask.sum())})",
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
    axes.set_xlabel(f"log2 fold change{change}")
    axes.set_ylabel("−log10 p")
    axes.set_title(f"{cohort}: {thousands(len(table))} genes, {samples}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=4, markerscale=1.4)
    top = table.sort_values(["p_value", "gene"]).head(NAMED)
    name_points(axes, top["log2fc"], top["evidence"], [short(name) for name in top["gene"]])
    return figure


def _contrast(table: pd.DataFrame) -> tuple[str, str, str]:
    """Return what the change is of, what a gene that is up is up in or with, and the samples."""
    cases, controls = (int(table[name].iloc[0]) for name in ("n_cases", "n_controls"))
    field, lower = tested_outcome(table["contrast"].iloc[0])
    if not field:
        return ", cases minus controls", "in cases", f"{cases} cases, {controls} controls"
    way = "lower" if lower else "higher"
    change = f" where {short(field)} is one standard deviation {way}"
    return change, f"with {way} {short(field, 16)}", f"{cases + controls} samples"
