"""Drawings of structures in two dimensions, the same bytes at each run."""

import re
from collections.abc import Sequence

from rdkit import Chem, rdBase
from rdkit.Chem.Draw import rdMolDraw2D

from crosshub.errors import DataError

_LONGEST_LEGEND = 28


def draw(smiles: str, *, size: tuple[int, int] = (220, 160)) -> str:
    """Return a drawing of the structure as an ``<svg>`` element, the same bytes at each run.

    Parameters
    ----------
    smiles
        SMILES.
    size
        Width and height in pixels.

    Raises
    ------
    DataError
        If the SMILES is no valid structure.
    """
    with rdBase.BlockLogs():
        molecule = _molecule(smiles)
        drawer = rdMolDraw2D.MolDraw2DSVG(*size)
        drawer.drawOptions().clearBackground = False
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
        drawer.FinishDrawing()
    return _element(drawer.GetDrawingText())


def draw_grid(
    smiles: Sequence[str],
    legends: Sequence[str],
    *,
    columns: int = 4,
    size: tuple[int, int] = (220, 180),
) -> str:
    """Return drawings of several structures as one ``<svg>`` element, with a legend below each.

    Parameters
    ----------
    smiles, legends
        One of each for each structure; an empty SMILES leaves its place empty. A legend longer
        than its cell is cut.
    columns
        Structures in a row.
    size
        Width and height of a cell in pixels.

    Raises
    ------
    DataError
        If there is nothing to draw, or a SMILES is no valid structure.
    """
    if not smiles or len(smiles) != len(legends):
        raise DataError("drawing: give at least one structure, and a legend for each")
    columns = min(columns, len(smiles))
    rows = -(-len(smiles) // columns)
    with rdBase.BlockLogs():
        molecules = [rdMolDraw2D.PrepareMolForDrawing(_molecule(text)) for text in smiles]
        drawer = rdMolDraw2D.MolDraw2DSVG(columns * size[0], rows * size[1], *size)
        options = drawer.drawOptions()
        options.clearBackground = False
        options.legendFontSize = 14
        drawer.DrawMolecules(molecules, legends=[_short(text) for text in legends])
        drawer.FinishDrawing()
    return _element(drawer.GetDrawingText())


def _molecule(smiles: str) -> Chem.Mol:
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise DataError(f"SMILES '{smiles}': no valid structure, so no drawing: correct it")
    return molecule


def _short(legend: str) -> str:
    plain = re.sub(r"\s+", " ", legend)
    return plain if len(plain) <= _LONGEST_LEGEND else plain[: _LONGEST_LEGEND - 1] + "…"


def _element(text: str) -> str:
    return text[text.index("<svg") :].strip()
