"""Figures of a model: what genes add to the score, and a nomogram."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from crosshub.explanation import importance
from crosshub.figures.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    VERMILLION,
    WIDTH,
    headline,
    only_message,
    short,
    styled,
    thousands,
)
from crosshub.nomogram import Nomogram, round_values

MOST_GENES = 20
FURTHEST_Z = 2.0
BINS = 80
LOW_TO_HIGH = LinearSegmentedColormap.from_list("low_to_high", [BLUE, "#DDDDDD", VERMILLION])
# Those that come first stay where there is no room for all.
PROBABILITIES = [
    0.5, 0.1, 0.9, 0.01, 0.99, 0.001, 0.999, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.05, 0.95,
]  # fmt: skip


@styled
def draw_contributions(
    table: pd.DataFrame,
    *,
    disease: str,
    n_cases: int | None = None,
    n_controls: int | None = None,
    outcome: str = "",
) -> Figure:
    """Draw what each gene adds to the score of each sample.

    Parameters
    ----------
    table
        Of `explanation.contributions`. The 20 most important genes are drawn.
    disease
        Its name.
    n_cases, n_controls
        Numbers of samples, if known.
    outcome
        Field of the numbers that the score predicts; empty: cases and controls.

    Returns
    -------
    Figure
        A row a gene, the most important first; a point a sample, its colour the expression of the
        gene among these samples.
    """
    if table.empty:
        return only_message(f"{disease}: the model has no gene, so that nothing adds to its score.")
    ranked = importance(table)
    shown = ranked.head(MOST_GENES)
    n = table["sample"].nunique()
    figure = Figure(figsize=(WIDTH, 2.2 + 0.32 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color=GREY, lw=0.8, zorder=0)
    reach = float(table["contribution"].abs().max()) or 1.0
    points = None
    for place, gene in enumerate(shown["gene"]):
        own = table[(table["gene"] == gene) & table["value"].notna()]
        if own.empty:
            axes.text(0, place, "not measured", ha="center", va="center", color="#555555")
            continue
        points = axes.scatter(
            own["contribution"],
            place + _swarm(own["contribution"].to_numpy(float), reach),
            c=_standardised(own["value"].to_numpy(float)),
            cmap=LOW_TO_HIGH,
            vmin=-FURTHEST_Z,
            vmax=FURTHEST_Z,
            s=14,
            edgecolors="#555555",
            linewidths=0.25,
            rasterized=len(table) > 4000,
        )
    labels = [
        f"{short(row.gene, 20)} ({row.mean_absolute:.2g})"
        if row.mean_absolute >= 0
        else short(row.gene, 20)
        for row in shown.itertuples()
    ]
    axes.set_yticks(range(len(shown)), labels)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(-1.08 * reach, 1.08 * reach)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=PALE, lw=0.5)
    unit = "log odds of a case; right: speaks for a case"
    if outcome:
        unit = f"{short(outcome, 30)} in standard deviations"
    axes.set_xlabel(f"Contribution to the score ({unit})")
    axes.set_ylabel("Gene (mean |contribution|)")
    if points is not None:
        bar = figure.colorbar(points, ax=axes, extend="both", aspect=30, fraction=0.03)
        bar.set_label("Expression (SD from the mean)")
        bar.outline.set_visible(False)
    count = _count(n, n_cases, n_controls)
    headline(figure, f"{short(disease, 40)}: what genes add to the score ({count})")
    if len(ranked) > MOST_GENES:
        axes.set_title(f"the first {MOST_GENES} of {len(ranked)} genes", fontweight="normal")
    return figure


def _count(n: int, n_cases: int | None, n_controls: int | None) -> str:
    if n_cases is None or n_controls is None:
        return f"n = {thousands(n)}"
    return f"n = {thousands(n)}: {thousands(n_cases)} cases, {thousands(n_controls)} controls"


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def _swarm(places: np.ndarray, reach: float) -> np.ndarray:
    """Return how far points lie off their row, so that near ones stand beside each other."""
    bins = np.floor((places / reach + 1) / 2 * BINS).astype(int)
    number = pd.Series(bins).groupby(bins).cumcount().to_numpy()
    side = np.where(number % 2, 1, -1) * ((number + 1) // 2)
    return side * min(0.11, 0.4 / max(1, np.abs(side).max()))


@styled
def draw_nomogram(
    nomogram: Nomogram | None,
    *,
    disease: str,
    n_cases: int | None = None,
    n_controls: int | None = None,
) -> Figure:
    """Draw a model as rulers: read the points of each gene, add them, read the probability.

    Parameters
    ----------
    nomogram
        Of `explanation.nomogram`.
    disease
        Its name.
    n_cases, n_controls
        Numbers of training samples, if known.

    Returns
    -------
    Figure
        Rulers of points, of each gene, of the total and of the probability.
    """
    if nomogram is None:
        return only_message(
            f"{disease}: the score of this model is not a sum over genes, no gene moves it, or it "
            "predicts numbers, so there are no points that add up to a probability."
        )
    genes = nomogram.genes
    rulers = 3 + np.isfinite(nomogram.stated_prevalence)
    figure = Figure(
        figsize=(WIDTH, 1.0 + 0.42 * (len(genes) + rulers)),
        layout="constrained",
    )
    axes = figure.subplots()
    _ruler(axes, 0, (0, 100), [(x, f"{x:g}") for x in range(0, 101, 10)], INK)
    for x in range(0, 101, 10):
        axes.plot([x, x], [0, len(genes)], color=PALE, lw=0.5, zorder=0)
    names = ["Points"]
    for place, row in enumerate(genes.itertuples(), start=1):
        own = nomogram.ticks[nomogram.ticks["gene"] == row.gene]
        ends = sorted((row.points_low, row.points_high))
        marks = [(x, f"{value:g}") for x, value in zip(own["points"], own["value"], strict=True)]
        colour = VERMILLION if row.points_per_log2 > 0 else BLUE
        _ruler(axes, place, ends, marks, colour)
        if not marks:
            low, high = (row.low, row.high) if row.points_per_log2 >= 0 else (row.high, row.low)
            axes.text(ends[1] + 1.5, place, f"{low:.1f} to {high:.1f}", va="center", fontsize=7.5)
        names.append(f"{short(row.gene, 20)} (log2)")
    below, most = len(genes) + 1, nomogram.most
    marks = [(x * 100 / most, f"{x:g}") for x in round_values(0, most, 80)]
    _ruler(axes, below, (0, 100), marks, INK)
    names.append("Total points")
    prevalences = [None]
    names.append(f"Probability of a case,\nprevalence {nomogram.prevalence:.2g} (training)")
    if np.isfinite(nomogram.stated_prevalence):
        prevalences.append(nomogram.stated_prevalence)
        stated = f"{nomogram.stated_prevalence:.2g}"
        names.append(f"Probability of a case,\nprevalence {stated} (stated)")
    for place, prevalence in enumerate(prevalences, start=below + 1):
        _ruler(axes, place, (0, 100), _probability_marks(nomogram, prevalence), INK)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.set_xlim(-3, 103)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel(
        "Read each gene's points on the top ruler, add them, and read the probability of a case "
        "below the total\n(red: more expression speaks for a case; blue: against)"
    )
    known = n_cases is not None and n_controls is not None
    count = f", {_count(n_cases + n_controls, n_cases, n_controls)}" if known else ""
    number = f"{len(genes)} genes" if len(genes) > 1 else "1 gene"
    headline(figure, f"{short(disease, 40)}: nomogram of {number}{count}")
    return figure


def _ruler(
    axes: Axes,
    place: float,
    ends: tuple[float, float],
    marks: list[tuple[float, str]],
    colour: str,
) -> None:
    axes.plot(ends, [place, place], color=colour, lw=1.6, solid_capstyle="butt")
    for x in [mark for mark, _ in marks] or ends:
        axes.plot([x, x], [place, place + 0.16], color=colour, lw=1)
    for x, label in marks:
        axes.text(x, place + 0.2, label, ha="center", va="top", fontsize=7.5)


def _probability_marks(nomogram: Nomogram, prevalence: float | None) -> list[tuple[float, str]]:
    """Return the places of round probabilities along the total, far enough apart to be read."""
    ends = nomogram.probability(np.array([0.0, nomogram.most]), prevalence)
    wanted = [p for p in PROBABILITIES if ends[0] <= p <= ends[1]]
    if len(wanted) < 3:
        wanted = round_values(*ends, 40)
    marks: list[tuple[float, str]] = []
    for p in wanted:
        x = float(nomogram.total(p, prevalence)) * 100 / nomogram.most
        if all(abs(x - other) >= 4.5 for other, _ in marks):
            marks.append((x, f"{p:.4g}"))
    return marks
