"""Figure of how far the connectivity scores order the signatures alike."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from crosshub.figures.graph import SIGNED
from crosshub.figures.style import INK, PALE, WIDTH, only_message, styled, thousands

_NAMES = {
    "wtcs": "WTCS",
    "ncs": "NCS",
    "tau": "tau",
    "ks": "KS",
    "zhang": "Zhang",
    "xsum": "XSum",
    "xcos": "XCos",
    "cosine": "cosine",
    "spearman": "Spearman",
    "sum": "Sum",
    "ewcos": "EWCos",
}


@styled
def agreement(table: pd.DataFrame, *, comparison: str, signatures: int) -> Figure:
    """Draw Spearman's correlation of every two scores over the signatures, with its number.

    Parameters
    ----------
    table
        Result of `connectivity.score_agreement`. Scores that are missing in all signatures are
        left out and named below.
    comparison
        Name of the comparison whose query it was.
    signatures
        Number of signatures that were scored.

    Returns
    -------
    Figure
        One map, symmetric; scores in the order of the table.
    """
    known = [name for name in table if table[name].drop(name).notna().any()]
    absent = [name for name in table if name not in known]
    title = f"{comparison}: do the scores agree? (n = {thousands(signatures)} signatures)"
    if not known:
        return only_message("No two scores can be compared.", title=title)
    values = table.loc[known, known].to_numpy(float)
    size = 1.6 + 0.52 * len(known)
    figure = Figure(figsize=(min(WIDTH, size + 1.2), size), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor(PALE)
    image = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=SIGNED, vmin=-1, vmax=1, edgecolor="white", lw=0.8
    )
    for row, column in np.ndindex(values.shape):
        value = values[row, column]
        axes.text(
            column + 0.5,
            row + 0.5,
            "–" if np.isnan(value) else f"{value:.2f}".replace("-", "−"),
            ha="center",
            va="center",
            fontsize=8,
            color="white" if abs(value) > 0.75 else INK,
        )
    names = [_NAMES.get(name, name) for name in known]
    axes.set_xticks(np.arange(len(known)) + 0.5, names, rotation=35, ha="right",
                    rotation_mode="anchor")  # fmt: skip
    axes.set_yticks(np.arange(len(known)) + 0.5, names)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    axes.set_title(title)
    axes.set_xlabel("Score" if not absent else f"Score (no values: {', '.join(absent)})")
    axes.set_ylabel("Score")
    bar = figure.colorbar(image, ax=axes, aspect=30, fraction=0.04)
    bar.set_label("Spearman's correlation of the ranks of signatures")
    bar.outline.set_visible(False)
    return figure
