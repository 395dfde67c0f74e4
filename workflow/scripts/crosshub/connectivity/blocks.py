"""Reading a store block by block, in threads, with little of it in memory at a time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from crosshub.signatures import SignatureStore

# Columns apart at most within one block: the pages between them are mapped too.
_REACH = 8192


def all_columns(store: SignatureStore, columns: np.ndarray | None) -> np.ndarray:
    """Return the numbers of the signatures to use; all of them where none are given."""
    if columns is None:
        return np.arange(len(store.signatures))
    return np.asarray(columns, np.int64)


def each_block(
    columns: np.ndarray, size: int, work: Callable[[np.ndarray], None], threads: int
) -> None:
    """Call `work` with the places of each block of columns, some blocks at the same time.

    Parameters
    ----------
    columns
        Numbers of signatures.
    size
        Columns in a block at most.
    work
        Takes places within `columns`; calls write to places of their own, so that the result is
        the same for any number of threads.
    threads
        Blocks at the same time.
    """
    blocks = list(_places(columns, size))
    if threads == 1:
        for block in blocks:
            work(block)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, blocks):
            pass


def read_block(
    store: SignatureStore, names: Sequence[str], rows: np.ndarray, columns: np.ndarray
) -> dict[str, np.ndarray]:
    """Return matrices of the store by name at these rows and columns; values as float32.

    Each call maps the files anew, so that pages that were read do not stay with the process.
    """
    block = {}
    for name in names:
        matrix = np.asarray(store.matrix(name))
        out = np.empty((len(rows), len(columns)), np.uint16)
        _take(matrix.view(np.uint16), rows, columns, out)
        block[name] = out.view(np.float16).astype(np.float32) if name == "values" else out
    return block


def _places(columns: np.ndarray, size: int) -> Iterator[np.ndarray]:
    # In order of the file, whatever the order asked for.
    order = np.argsort(columns, kind="stable")
    start = 0
    while start < len(order):
        stop = min(start + size, len(order))
        reach = columns[order[start]] + _REACH
        stop = min(stop, start + int(np.searchsorted(columns[order[start:stop]], reach)))
        yield order[start:stop]
        start = stop


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
