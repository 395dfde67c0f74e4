"""Reading a store block by block, in threads, with little of it in memory at a time."""

import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from crosshub.signatures import SignatureStore

# The matrices by name; each is cut into pieces of as many signatures (the last may have fewer).
Pieces = Mapping[str, tuple[np.ndarray, ...]]


def all_columns(store: SignatureStore, columns: np.ndarray | None) -> np.ndarray:
    """Return the numbers of the signatures to use; all of them where none are given."""
    if columns is None:
        return np.arange(len(store.signatures))
    return np.asarray(columns, np.int64)


def open_pieces(store: SignatureStore, names: Sequence[str]) -> Pieces:
    """Map these matrices of the store."""
    return {name: store.matrix(name).pieces for name in names}


def each_block(
    pieces: Pieces,
    columns: np.ndarray,
    size: int,
    work: Callable[[np.ndarray], None],
    threads: int,
) -> None:
    """Call `work` with the places of each block of columns, some blocks at the same time.

    Parameters
    ----------
    pieces
        Result of `open_pieces`.
    columns
        Numbers of signatures.
    size
        Columns in a block at most; all of them are in one piece.
    work
        Takes places within `columns`; calls write to places of their own, so that the result is
        the same for any number of threads.
    threads
        Blocks at the same time.
    """
    blocks = list(_places(columns, size, _width(pieces)))
    if threads == 1:
        for block in blocks:
            work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, blocks):
            pass


def read_block(pieces: Pieces, rows: np.ndarray, columns: np.ndarray) -> dict[str, np.ndarray]:
    """Return matrices at these rows and columns, all of one piece; values as float32."""
    block = {}
    number = columns[0] // _width(pieces)
    inside = columns - number * _width(pieces)
    for name, parts in pieces.items():
        out = np.empty((len(rows), len(columns)), np.uint16)
        piece = parts[number]
        _take(np.asarray(piece).view(np.uint16), rows, inside, out)
        # What was read stays in the system's memory, but not in that of this process.
        if isinstance(piece.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            piece.base.madvise(mmap.MADV_DONTNEED)
        block[name] = out.view(np.float16).astype(np.float32) if name == "values" else out
    return block


def _width(pieces: Pieces) -> int:
    return next(iter(pieces.values()))[0].shape[1]


def _places(columns: np.ndarray, size: int, width: int) -> Iterator[np.ndarray]:
    # In order of the files, whatever the order asked for.
    order = np.argsort(columns, kind="stable")
    cuts = np.flatnonzero(np.diff(columns[order] // width)) + 1
    for part in np.split(order, cuts):
        for start in range(0, len(part), size):
            yield part[start : start + size]


@njit(cache=True, nogil=True)
def _take(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray, out: np.ndarray) -> None:
    first, width = columns[0], len(columns)
    together = True
    for j in range(width):
        if columns[j] != first + j:
            together = False
            break
    for i in range(len(rows)):
        row = rows[i]
        if together:
            for j in range(width):
                out[i, j] = matrix[row, first + j]
        else:
            for j in range(width):
                out[i, j] = matrix[row, columns[j]]
