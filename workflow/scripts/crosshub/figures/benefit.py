"""Figures of what a prediction is worth: net benefit and calibration."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crosshub.assessment.decision_curve import DecisionCurve
from crosshub.assessment.thresholds import wilson
from crosshub.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    WIDTH,
    first_of,
    headline,
    message,
    only_message,
    short,
    styled,
)

MOST_PANELS = 9
MOST_GROUPS, SMALLEST_GROUP = 10, 5


@styled
def draw_decision_curve(
    curves: Mapping[str, DecisionCurve], sizes: Mapping[str, tuple[int, int]], *, disease: str
) -> Figure:
    """Draw the net benefit of a model over thresholds, beside treating all and none.

    Parameters
    ----------
    curves
        Cohort → curve of `decision_curve.decision_curve`. The first 9 are drawn.
    sizes
        Cohort → numbers of cases and of controls.
    disease
        Its name.

    Returns
    -------
    Figure
        A panel a cohort: the model with its pointwise 95 % interval, treat all (dashed), treat none
        (dotted). A cohort without a curve says why.
    """
    if not curves:
        return only_message(
            f"{disease}: no cohort of cases and controls was tested, so that no benefit is known."
        )
    figure, panels = _panels(min(len(curves), MOST_PANELS))
    for axes, (cohort, curve) in zip(panels, curves.items(), strict=False):
        title = short(cohort, 26)
        if curve.interpretable:
            title = f"{title}\nprevalence {curve.prevalence:.2g}"
            _benefit(axes, curve.table, sizes[cohort])
        else:
            message(axes, textwrap.fill(curve.reason, 32))
        axes.set_title(title)
    more = first_of(len(panels), len(curves), "cohorts")
    headline(figure, f"{short(disease, 40)}: benefit of acting on the predicted probability{more}")
    return figure


def _benefit(axes: Axes, table: pd.DataFrame, size: tuple[int, int]) -> None:
    x = table["threshold"]
    axes.axhline(0, color=GREY, lw=1.2, ls=":", label="treat none")
    axes.plot(x, table["treat_all"], color=ORANGE, lw=1.4, ls="--", label="treat all")
    axes.fill_between(x, table["model_low"], table["model_high"], color=BLUE, alpha=0.15, lw=0)
    label = f"model (n = {sum(size)}:\n{size[0]} cases, {size[1]} controls)"
    axes.plot(x, table["model"], color=BLUE, lw=1.8, label=label)
    top = float(table[["model", "model_high", "treat_all"]].max().max())
    top = max(top, 0.01)
    # Treating all soon costs far more than anything else gains.
    axes.set_ylim(-0.35 * top, 1.6 * top)
    axes.set_xlim(0, min(1.0, float(x.max()) * 1.02))
    axes.set_xlabel("Threshold probability")
    axes.set_ylabel("Net benefit (true positives per person)", fontsize=8)
    axes.legend(loc="upper right", fontsize=8)


def _panels(count: int) -> tuple[Figure, np.ndarray]:
    """Return a figure of up to three columns, and its panels."""
    columns = 2 if count == 4 else min(3, count)
    rows = -(-count // columns)
    width = WIDTH if columns > 1 else 0.6 * WIDTH
    figure = Figure(figsize=(width, 0.4 + 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.set_axis_off()
    return figure, panels[:count]


def calibration_groups(probability: np.ndarray, is_case: np.ndarray) -> pd.DataFrame:
    """Group samples by predicted probability, and count the cases of each group.

    Parameters
    ----------
    probability
        Predicted probability of being a case, a sample each.
    is_case
        bool, a sample each.

    Returns
    -------
    DataFrame
        n, predicted (mean), observed (share of cases), low, high (Wilson's 95 % interval). Up to 10
        groups as equal as can be, of about 5 samples at least; equal probabilities stay together.
    """
    groups = min(MOST_GROUPS, max(1, len(probability) // SMALLEST_GROUP))
    middle = pd.Series(probability).rank(method="average").to_numpy() - 0.5
    group = np.floor(middle * groups / len(probability)).astype(int)
    rows = []
    for g in np.unique(group):
        inside = group == g
        share = wilson(int(is_case[inside].sum()), int(inside.sum()))
        rows.append((int(inside.sum()), float(probability[inside].mean()), *share))
    return pd.DataFrame(rows, columns=["n", "predicted", "observed", "low", "high"])


@styled
def draw_predicted_numbers(predictions: pd.DataFrame, *, disease: str, outcome: str) -> Figure:
    """Draw numbers against their prediction.

    Parameters
    ----------
    predictions
        cohort, sample, outcome (in its own unit, turned as in training), score (standard deviations
        from the mean of training): of one disease in one way of testing. A sample that was scored
        more than once has the mean of its scores. The first 9 cohorts are drawn.
    disease
        Its name.
    outcome
        Field of the numbers.

    Returns
    -------
    Figure
        A panel a cohort: a point a sample, and the line of least squares.
    """
    if predictions.empty:
        return only_message(f"{disease}: no cohort was tested, so that no prediction can be shown.")
    cohorts = list(dict.fromkeys(predictions["cohort"]))
    figure, panels = _panels(min(len(cohorts), MOST_PANELS))
    for axes, cohort in zip(panels, cohorts, strict=False):
        own = predictions[predictions["cohort"] == cohort]
        means = own.groupby("sample", sort=True)[["score", "outcome"]].mean()
        x, y = means["score"].to_numpy(float), means["outcome"].to_numpy(float)
        axes.plot(x, y, "o", color=BLUE, ms=4, alpha=0.8, label=f"n = {len(means)} samples")
        if len(means) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0:
            ends = np.array([x.min(), x.max()])
            label = f"r = {np.corrcoef(x, y)[0, 1]:.2f}"
            axes.plot(ends, np.polyval(np.polyfit(x, y, 1), ends), color=ORANGE, label=label)
        axes.set_title(short(cohort, 30))
        axes.set_xlabel("Predicted (SD from the mean of training)")
        axes.set_ylabel(f"{short(outcome, 30)} (its own unit)")
        axes.margins(y=0.25)
        axes.legend(loc="upper left", fontsize=8)
    more = first_of(len(panels), len(cohorts), "cohorts")
    headline(figure, f"{short(disease, 40)}: predicted and measured{more}")
    return figure


def draw_tested(predictions: pd.DataFrame, *, disease: str, outcome: str = "") -> Figure:
    """Draw what was predicted against what is: `draw_calibration` or `draw_predicted_numbers`."""
    if outcome:
        return draw_predicted_numbers(predictions, disease=disease, outcome=outcome)
    return draw_calibration(predictions, disease=disease)


@styled
def draw_calibration(predictions: pd.DataFrame, *, disease: str) -> Figure:
    """Draw the observed share of cases against the predicted probability.

    Parameters
    ----------
    predictions
        cohort, sample, case (bool), score (log odds): the predictions of one disease in one way of
        testing. A sample that was scored more than once has the mean of its scores. The first 9
        cohorts are drawn.
    disease
        Its name.

    Returns
    -------
    Figure
        A panel a cohort: groups of samples with Wilson's 95 % intervals, and the line on which
        predictions are right.
    """
    if predictions.empty:
        return only_message(f"{disease}: no cohort was tested, so that no calibration is known.")
    cohorts = list(dict.fromkeys(predictions["cohort"]))
    figure, panels = _panels(min(len(cohorts), MOST_PANELS))
    for axes, cohort in zip(panels, cohorts, strict=False):
        own = predictions[predictions["cohort"] == cohort]
        samples = own.groupby("sample", sort=True).agg(
            score=("score", "mean"), case=("case", "first")
        )
        case = samples["case"].to_numpy(bool)
        groups = calibration_groups(1 / (1 + np.exp(-samples["score"].to_numpy(float))), case)
        axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--", label="right on average")
        label = f"n = {len(case)}: {case.sum()} cases, {(~case).sum()} controls"
        axes.vlines(groups["predicted"], groups["low"], groups["high"], color=BLUE, lw=1.2)
        axes.plot(groups["predicted"], groups["observed"], "o", color=BLUE, ms=5, label=label)
        axes.set_title(short(cohort, 30))
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.25)
        axes.set_xticks(np.arange(0, 1.01, 0.2))
        axes.set_yticks(np.arange(0, 1.01, 0.2))
        axes.set_xlabel("Predicted probability of a case")
        axes.set_ylabel("Observed share of cases")
        axes.legend(loc="upper left", fontsize=8)
    more = first_of(len(panels), len(cohorts), "cohorts")
    headline(figure, f"{short(disease, 40)}: predicted and observed, 95 % intervals{more}")
    return figure
