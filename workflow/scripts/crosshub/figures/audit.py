"""The figure of the audit: published panels beside random genes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crosshub.figures.style import (
    BLUE,
    INK,
    PALE,
    VERMILLION,
    WIDTH,
    first_of,
    headline,
    only_message,
    short,
    styled,
)

MOST_COHORTS = 8


@styled
def audit(found: pd.DataFrame) -> Figure:
    """Draw the AUC of each published panel in each cohort, beside that of random panels.

    Parameters
    ----------
    found
        Of `audit.audit_study`. The first 8 cohorts are drawn.

    Returns
    -------
    Figure
        A panel a cohort: point with 95 % interval, red where it is above 0.5; grey bar: where 95 %
        of random panels of the same size and expression lie.
    """
    known = found[found["auc"].notna()]
    if known.empty:
        return only_message("No gene of a published panel is measured in these cohorts.")
    cohorts = list(dict.fromkeys(known["cohort"]))
    shown, names = cohorts[:MOST_COHORTS], list(dict.fromkeys(known["panel"]))[::-1]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(WIDTH, rows * (1.2 + 0.22 * len(names)) + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, cohort in zip(panels, shown, strict=False):
        part = known[known["cohort"] == cohort]
        place = part["panel"].map(names.index).to_numpy(float)
        axes.axvline(0.5, color=INK, lw=0.8, ls="--")
        axes.barh(
            place,
            part["random_high"] - part["random_low"],
            left=part["random_low"],
            color=PALE,
            height=0.7,
        )
        above = (part["auc_low"] > 0.5).to_numpy()
        for mask, colour in [(above, VERMILLION), (~above, BLUE)]:
            own = part[mask]
            axes.hlines(place[mask], own["auc_low"], own["auc_high"], color=colour, lw=1.4)
            axes.plot(own["auc"], place[mask], "o", color=colour, ms=4.5, ls="none")
        first = part.iloc[0]
        axes.set_title(f"{short(cohort, 22)} ({first['n_cases']} + {first['n_controls']})")
        axes.set_xlim(min(0.15, float(np.nanmin(part["auc"])) - 0.05), 1.02)
        axes.set_xlabel("AUC (95 % interval)")
        axes.set_yticks(range(len(names)), [short(name, 18) for name in names])
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    more = first_of(len(shown), len(cohorts), "cohorts")
    headline(figure, f"Published panels; cohorts with cases + controls{more}")
    figure.legend(handles=_legend(), loc="outside lower center", ncols=3)
    return figure


def _legend() -> list[Line2D | Patch]:
    """Return what the colours mean."""
    point = {"marker": "o", "ms": 4.5, "lw": 1.4}
    return [
        Line2D([], [], color=VERMILLION, label="interval above 0.5", **point),
        Line2D([], [], color=BLUE, label="interval not above 0.5", **point),
        Patch(color=PALE, label="95 % of random panels of the same size and expression"),
    ]
