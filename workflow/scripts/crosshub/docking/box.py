"""The box in which poses are sought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crosshub.errors import DataError

# A small ligand of the crystal would leave no room for a larger candidate.
SMALLEST = 20.0


@dataclass(frozen=True)
class Box:
    """A box along the axes.

    Attributes
    ----------
    center, size
        x, y, z in Å.
    """

    center: tuple[float, float, float]
    size: tuple[float, float, float]

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Tell for each of n × 3 points (Å) whether it lies in the box."""
        away = np.abs(np.asarray(points, float) - self.center)
        return (away <= np.array(self.size) / 2).all(axis=1)


def box_around(points: np.ndarray, margin: float) -> Box:
    """Return the box around points, `margin` Å wider on each side and 20 Å wide at least.

    Parameters
    ----------
    points
        n × 3, Å.
    margin
        Å.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low + 2 * margin, SMALLEST)
    return Box(_three((low + high) / 2), _three(size))


def find_box(item: Mapping[str, Any], ligand: np.ndarray | None) -> Box:
    """Return the box of an item of the config: the one given, or that around the ligand.

    Raises
    ------
    DataError
        If there is neither.
    """
    given = item["box"]
    if given:
        return Box(_three(given["center"]), _three(given["size"]))
    if ligand is None:
        raise DataError(f"config.docking '{item['gene']}': give a ligand or a box")
    return box_around(ligand, item["margin"])


def check_box(box: Box, protein: np.ndarray, ligand: np.ndarray | None, *, where: str) -> None:
    """Refuse a box that misses the protein or the ligand.

    Parameters
    ----------
    box
        See `Box`.
    protein, ligand
        Positions of atoms, n × 3, Å; no ligand is None.
    where
        What the message names.

    Raises
    ------
    DataError
        If no atom of the protein lies in it, or an atom of the ligand lies outside.
    """
    if not box.inside(protein).any():
        raise DataError(
            f"{where}: the box at {_shown(box.center)} holds no atom of the protein, which lies "
            f"around {_shown(protein.mean(axis=0))}; correct the center"
        )
    outside = 0 if ligand is None else int((~box.inside(ligand)).sum())
    if outside:
        raise DataError(
            f"{where}: {outside} of {len(ligand)} atoms of the ligand, which lies around "
            f"{_shown(ligand.mean(axis=0))}, are outside the box at {_shown(box.center)}; correct "
            "the box or leave it out"
        )


def _three(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 3) for value in values)
    return x, y, z


def _shown(point: Sequence[float] | np.ndarray) -> str:
    return f"({', '.join(f'{value:.1f}' for value in point)})"
