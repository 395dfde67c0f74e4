"""Figures of the panel: the votes of the selectors, and how it performs."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from crosshub.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    WIDTH,
    only_message,
    short,
    styled,
)

MOST_GENES = 30
WAYS = {
    "cv": ("cross-validation", BLUE, "o"),
    "leave_one_cohort_out": ("cohort left out", ORANGE, "s"),
    "validation": ("independent cohort", GREEN, "D"),
    "not_independent": ("cohort that is not independent", GREY, "X"),
}


@styled
def votes(votes: pd.DataFrame, panel: pd.DataFrame) -> Figure:
    """Draw which selector chose which gene in which disease.

    Parameters
    ----------
    votes
        gene, disease, selector, selected.
    panel
        gene, votes, in_panel; best first. The first 30 genes are drawn.

    Returns
    -------
    Figure
        Genes × selectors, grouped by disease; the genes of the panel are shaded.
    """
    if votes.empty:
        return only_message("No gene is shared, so the selectors had nothing to vote on.")
    ranked = panel.head(MOST_GENES).reset_index(drop=True)
    columns = list(dict.fromkeys(zip(votes["disease"], votes["selector"], strict=True)))
    diseases = list(dict.fromkeys(disease for disease, _ in columns))
    across = [i + 0.6 * diseases.index(disease) for i, (disease, _) in enumerate(columns)]
    place = dict(zip(columns, across, strict=True))
    figure = Figure(figsize=(WIDTH, 2.1 + 0.22 * len(ranked)), layout="constrained")
    axes = figure.subplots()
    inside = int(panel["in_panel"].sum())
    for row in np.flatnonzero(ranked["in_panel"]):
        axes.axhspan(row - 0.5, row + 0.5, color="#FBEFD5", lw=0, zorder=0)
    rows = {gene: row for row, gene in enumerate(ranked["gene"])}
    kept = votes[votes["gene"].isin(rows)]
    x = np.array([place[key] for key in zip(kept["disease"], kept["selector"], strict=True)])
    y = kept["gene"].map(rows).to_numpy(float)
    chosen = kept["selected"].to_numpy(bool)
    axes.scatter(
        x[~chosen],
        y[~chosen],
        s=14,
        facecolors="white",
        edgecolors="#BBBBBB",
        lw=0.8,
        label="not chosen",
    )
    axes.scatter(x[chosen], y[chosen], s=48, c=BLUE, lw=0, label="chosen by the selector")
    for row, count in enumerate(ranked["votes"]):
        axes.annotate(
            f"{int(count)}",
            (1.005, row),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            annotation_clip=False,
        )
    axes.annotate(
        "votes",
        (1.005, len(ranked)),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=8,
        annotation_clip=False,
    )
    axes.set_yticks(list(rows.values()), [short(gene, 22) for gene in rows])
    for tick, member in zip(axes.get_yticklabels(), ranked["in_panel"], strict=True):
        tick.set_fontweight("bold" if member else "normal")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-0.6, max(across) + 0.6)
    axes.set_xticks(
        across,
        [selector.replace("_", " ") for _, selector in columns],
        rotation=40,
        ha="right",
        rotation_mode="anchor",
    )
    turned = sum(len(short(disease)) for disease in diseases) > 75
    for disease in diseases:
        own = [place[key] for key in columns if key[0] == disease]
        axes.annotate(
            short(disease),
            (np.mean(own), 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5),
            textcoords="offset points",
            ha="left" if turned else "center",
            rotation=25 if turned else 0,
            rotation_mode="anchor",
            fontsize=9,
            fontweight="bold",
        )
    axes.set_xlabel("Selector, in each disease")
    axes.set_ylabel("Shared genes, best first")
    axes.tick_params(length=0)
    axes.grid(axis="y", color=PALE, lw=0.5)
    drawn = f"First {len(ranked)} of " if len(panel) > len(ranked) else ""
    title = f"{drawn}{len(panel)} shared genes; panel of {inside} (shaded, bold)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled
def performance(performance: pd.DataFrame) -> Figure:
    """Draw the AUC of each disease, cohort and way of testing, with its interval.

    Parameters
    ----------
    performance
        disease, cohort, resampling, n_cases, n_controls, auc, auc_low, auc_high, independent.

    Returns
    -------
    Figure
        A forest plot with a line at 0.5, where a test tells nothing. An AUC without an interval is
        a point without a bar.
    """
    if performance.empty:
        return only_message("Nothing could be tested.")
    order = {name: i for i, name in enumerate(WAYS)}
    related = performance["independent"].eq(False).fillna(False)
    ways = performance["resampling"].mask(related, "not_independent")
    table = performance.assign(way=ways.map(order), tested_by=ways)
    table = table.sort_values(["disease", "way", "cohort"], ignore_index=True)
    new = table["disease"].ne(table["disease"].shift()).cumsum() - 1
    place = np.arange(len(table)) + 0.7 * new
    figure = Figure(figsize=(WIDTH, 1.5 + 0.27 * (place.max() + 1)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0.5, color=INK, lw=1, ls="--")
    for name, (label, colour, marker) in WAYS.items():
        mask = table["tested_by"] == name
        if not mask.any():
            continue
        part, at = table[mask], place[mask]
        known = part["auc_low"].notna() & part["auc_high"].notna()
        axes.hlines(
            at[known], part.loc[known, "auc_low"], part.loc[known, "auc_high"], color=colour, lw=2
        )
        axes.plot(part["auc"], at, marker, color=colour, ms=7, ls="none", label=label)
    labels = []
    for row, at in zip(table.itertuples(), place, strict=True):
        cohort = "all cohorts" if row.cohort == "all" else short(row.cohort, 24)
        size = f"{int(row.n_cases)} + {int(row.n_controls)}"
        labels.append(f"{short(row.disease, 22)} · {cohort} · {size}")
        text = "–" if np.isnan(row.auc) else f"{row.auc:.2f}"
        if np.isfinite(row.auc_low) and np.isfinite(row.auc_high):
            text += f" ({row.auc_low:.2f} to {row.auc_high:.2f})"
        axes.annotate(
            text,
            (1.01, at),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            annotation_clip=False,
        )
    axes.set_yticks(place, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place.max() + 0.7, -0.7)
    lowest = np.nanmin([0.35, *table["auc"], *table["auc_low"]])
    axes.set_xlim(max(0, lowest - 0.03), 1.01)
    axes.grid(axis="x", color=PALE, lw=0.6)
    axes.set_xlabel("AUC with 95 % interval (0.5: no better than tossing a coin)")
    axes.set_title("Disease · cohort · cases + controls")
    figure.legend(loc="outside lower center", ncols=3)
    return figure
