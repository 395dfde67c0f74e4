"""How the matrices of a store lie on disk: genes × signatures, cut into pieces of signatures.

A piece is one ``.npy`` that is written from its first byte to its last, so a build never writes
here and there in a large file; within it a gene's signatures lie side by side.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from crosshub.errors import DataError

# Raised when a store of before cannot be read any more.
FORMAT = 2
MATRICES = {"ranks": np.uint16, "magnitudes": np.uint16, "values": np.float16}
MOST_GENES = np.iinfo(np.uint16).max
LARGEST = float(np.finfo(np.float16).max)
_WIDEST = 16384
_MOST_BYTES = 1_300_000_000


def width_of(genes: int) -> int:
    """Return how many signatures a piece holds, so that three pieces take at most 1.3 GB."""
    width = _WIDEST
    while width > 1 and len(MATRICES) * 2 * genes * width > _MOST_BYTES:
        width //= 2
    return width


def piece_name(matrix: str, number: int) -> str:
    """Return the file of a piece, relative to the store."""
    return f"{matrix}/{number:04d}.npy"


class Matrix:
    """One matrix of a store, genes × signatures, mapped from disk and read only when used.

    Reads like a two-dimensional array: ``matrix[rows]``, ``matrix[rows, start:stop]``,
    ``matrix[rows, columns]`` (every row with every column), ``matrix[:, 3]``.

    Parameters
    ----------
    pieces
        Genes × signatures each, in the order of the signatures, as many columns in each but
        the last.

    Attributes
    ----------
    shape, dtype, ndim
        As of an array.
    pieces
        The memory maps themselves, for code that goes through them one by one.
    """

    ndim = 2

    def __init__(self, pieces: Sequence[np.ndarray]) -> None:
        self.pieces = tuple(pieces)
        self.dtype = pieces[0].dtype
        self.shape = (pieces[0].shape[0], sum(piece.shape[1] for piece in pieces))
        self._width = pieces[0].shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(columns, slice):
            return self._run(rows, range(*columns.indices(self.shape[1])))
        if np.ndim(columns) == 0:
            number, column = divmod(range(self.shape[1])[columns], self._width)
            return self.pieces[number][rows, column]
        columns = np.arange(self.shape[1])[columns]
        number, inside = np.divmod(columns, self._width)
        found = np.empty((*self.pieces[0][rows, :0].shape[:-1], len(columns)), self.dtype)
        for i in np.unique(number):
            _announce(self.pieces[i], rows, 0, self.pieces[i].shape[1])
            found[..., number == i] = self.pieces[i][rows][..., inside[number == i]]
        return found

    def _run(self, rows: Any, columns: range) -> np.ndarray:
        if columns.step != 1:
            return self[rows, np.asarray(columns)]
        start, stop, parts = columns.start, max(columns.start, columns.stop), []
        for number, piece in enumerate(self.pieces):
            first = number * self._width
            left, right = max(start - first, 0), min(stop - first, piece.shape[1])
            if left < right:
                _announce(piece, rows, left, right)
                parts.append(piece[rows, left:right])
        if not parts:
            return np.asarray(self.pieces[0][rows, :0])
        return np.array(parts[0]) if len(parts) == 1 else np.concatenate(parts, axis=-1)


def _announce(piece: np.ndarray, rows: Any, start: int, stop: int) -> None:
    """Tell the kernel which parts of a file come next, so that it fetches them side by side.

    A page that is touched without this is waited for by itself: from a cold disk 300 genes took
    eight times as long.
    """
    mapped = piece.base
    if not isinstance(mapped, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return
    row_bytes, item = piece.strides
    # The map begins at a page, the array behind the header.
    before = piece.offset % mmap.ALLOCATIONGRANULARITY
    for row in np.atleast_1d(np.arange(piece.shape[0])[rows]).tolist():
        first = before + row * row_bytes + start * item
        page = first - first % mmap.PAGESIZE
        mapped.madvise(mmap.MADV_WILLNEED, page, before + row * row_bytes + stop * item - page)


def open_matrix(folder: Path, name: str, columns: int, width: int) -> Matrix:
    """Map the pieces of a matrix.

    Raises
    ------
    DataError
        If a piece cannot be read or does not fit.
    """
    pieces = []
    for number, start in enumerate(range(0, columns, width)):
        path = folder / piece_name(name, number)
        try:
            piece = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            reason = " ".join(str(error).split())
            raise DataError(
                f"{path}: cannot be read ({reason}): delete the store and index again"
            ) from error
        fits = piece.ndim == 2 and piece.shape[1] == min(width, columns - start)
        if not fits or piece.dtype != MATRICES[name]:
            raise DataError(f"{path}: does not fit source.json: delete the store and index again")
        pieces.append(piece)
    return Matrix(pieces)
