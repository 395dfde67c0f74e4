"""What all figures have in common: colours, fonts, names of points, and how they are saved."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from crosshub.tables import whole

# Okabe and Ito's colours, which people with any colour vision can tell apart.
BLUE, VERMILLION, GREEN, ORANGE, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7"
INK, GREY, PALE = "#222222", "#999999", "#E3E3E3"
GROUPS = {"control": (BLUE, "s"), "case": (VERMILLION, "o"), "excluded": (GREY, "X")}
DIRECTIONS = {"up": (VERMILLION, "^"), "down": (BLUE, "v")}
WIDTH = 9.0
# Seven colours for kinds without an order.
KINDS = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, "#56B4E9", "#F0E442"]

STYLE = {
    # DejaVu comes with matplotlib: the layout is the same on every machine.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "text.color": INK,
    # A dollar sign in a name is a dollar sign.
    "text.parse_math": False,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "crosshub",
    "path.simplify": True,
}


def house_style() -> AbstractContextManager[None]:
    """Return a context in which the house style holds, whatever the style of the caller."""
    plain = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    return matplotlib.rc_context({**plain, **STYLE})


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Let a function draw in the house style, and leave the style of the caller alone."""

    @functools.wraps(draw)
    def inside(*arguments: object, **options: object) -> Figure:
        with house_style():
            return draw(*arguments, **options)

    return inside


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as SVG, the same bytes for the same figure.

    Text stays text; what is marked as rasterised becomes an image of 150 dots per inch.
    """
    with house_style(), whole(path) as beside:
        figure.savefig(beside, format="svg", dpi=150, metadata={"Date": None, "Creator": None})


def short(name: object, length: int = 24) -> str:
    """Cut a long name, so that it does not eat the figure."""
    text = " ".join(str(name).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def headline(figure: Figure, text: str) -> None:
    """Give a figure its title, at the left."""
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold", fontsize=10)


def first_of(shown: int, total: int, what: str) -> str:
    """Say that only the first of many are drawn, as an addition to a title; else nothing."""
    return f"; first {shown} of {total} {what}" if shown < total else ""


def kind_style(number: int) -> dict[str, object]:
    """Return how points of a kind look: seven colours filled, hollow, with a dark edge, then grey.

    Parameters
    ----------
    number
        Of the kind, from 0.
    """
    colour = KINDS[number % len(KINDS)]
    looks = [
        {"facecolors": colour, "edgecolors": colour, "linewidths": 0},
        {"facecolors": "none", "edgecolors": colour, "linewidths": 1.3},
        {"facecolors": colour, "edgecolors": INK, "linewidths": 1.0},
    ]
    turn = number // len(KINDS)
    return looks[turn] if turn < len(looks) else {"facecolors": GREY, "linewidths": 0}


def thousands(number: int) -> str:
    """Write a count with separators."""
    return f"{int(number):,}"


def minus_log10(p_value: pd.Series) -> np.ndarray:
    """Return −log10 of p-values; a p of zero counts as the smallest number there is."""
    return -np.log10(np.maximum(p_value.to_numpy(float), np.finfo(float).tiny))


def message(axes: Axes, text: str) -> None:
    """Let empty axes say why they are empty."""
    axes.set_axis_off()
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color="#555555",
        fontsize=10,
        wrap=True,
    )


def only_message(text: str, *, title: str = "") -> Figure:
    """Return a figure that holds one sentence."""
    figure = Figure(figsize=(WIDTH, 1.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    message(axes, text)
    return figure


def name_points(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    names: Sequence[str],
    *,
    size: float = 8,
    clearance: float = 3,
) -> None:
    """Write names beside points, each where it covers no other name and, if it can be, no point.

    Called last: it fixes the layout of the figure. A name that finds no free place is left out.
    `clearance` is the radius of the points, and `size` that of the letters, in points of print.
    """
    places = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
    kept = [i for i in range(len(places)) if np.isfinite(places[i]).all()]
    if not kept:
        return
    figure = axes.figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    renderer = FigureCanvasAgg(figure).get_renderer()
    point = figure.dpi / 72
    frame = axes.get_window_extent(renderer)
    pixels = axes.transData.transform(places[kept])
    clouds = [part.get_offsets() for part in axes.collections if isinstance(part, PathCollection)]
    crowd = axes.transData.transform(np.concatenate([np.zeros((0, 2)), *clouds]))
    radius = clearance * point
    taken = [text.get_window_extent(renderer) for text in axes.texts]
    taken += [Bbox.from_bounds(a - radius, b - radius, 2 * radius, 2 * radius) for a, b in pixels]
    for name, (a, b), at in zip([names[i] for i in kept], pixels, places[kept], strict=True):
        label = axes.annotate(
            name,
            at,
            xytext=(0, 0),
            textcoords="offset points",
            fontsize=size,
            va="center",
            annotation_clip=False,
        )
        label.set_in_layout(False)
        extent = label.get_window_extent(renderer)
        options = [
            (box, distance)
            for box, distance in _places_around(a, b, extent, radius, point)
            if _within(box, frame) and not any(box.overlaps(other) for other in taken)
        ]
        found = next(
            (option for option in options if not _covers(option[0], crowd)),
            options[0] if options else None,
        )
        if found is None:
            label.remove()
            continue
        box, distance = found
        taken.append(box)
        label.set_position(((box.x0 - a) / point, ((box.y0 + box.y1) / 2 - b) / point))
        if distance > 10:
            near = (np.clip(a, box.x0, box.x1), np.clip(b, box.y0, box.y1))
            ends = axes.transData.inverted().transform([(a, b), near])
            axes.plot(
                ends[:, 0], ends[:, 1], color=GREY, lw=0.6, zorder=1.5, scalex=False, scaley=False
            )


def _places_around(
    a: float, b: float, extent: Bbox, radius: float, point: float
) -> Iterator[tuple[Bbox, float]]:
    """Yield boxes for a name in eight directions, the nearest first, with their distance."""
    width, height = extent.width, extent.height
    for distance in (3, 7, 13, 21, 31, 43, 57, 77):
        gap = radius + distance * point
        for right, above in [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]:
            left = a + right * gap - width * (1 - right) / 2
            bottom = b + above * (gap + height / 2) - height / 2
            yield Bbox.from_bounds(left, bottom, width, height), distance


def _within(box: Bbox, frame: Bbox) -> bool:
    across = frame.x0 <= box.x0 and box.x1 <= frame.x1
    return across and frame.y0 <= box.y0 and box.y1 <= frame.y1


def _covers(box: Bbox, points: np.ndarray) -> bool:
    inside = (points > [box.x0, box.y0]) & (points < [box.x1, box.y1])
    return bool(inside.all(axis=1).any())
