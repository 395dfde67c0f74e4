"""GCTX, the HDF5 form of GCT in which the LINCS releases come: signatures × genes."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.naming import genes_of
from crosshub.signatures.source import Source

_MATRIX = "0/DATA/0/matrix"


@contextmanager
def open_gctx(path: Path, scratch: Path) -> Iterator[Source]:
    """Open a GCTX file.

    Parameters
    ----------
    path
        Of the file; unpacked, because HDF5 cannot be read from a gzip.
    scratch
        Not used.

    Raises
    ------
    DataError
        If it is no GCTX, is cut short, or its ids do not fit its matrix.
    """
    if path.suffix == ".gz":
        raise DataError(f"{path}: a packed GCTX cannot be read in parts: gunzip it first")
    with _reading(path):
        file = h5py.File(path, "r")
    with file:
        with _reading(path):
            matrix = file[_MATRIX]
            genes, signatures = _metadata(file["0/META/ROW"]), _metadata(file["0/META/COL"])
            shape, kind, chunks = matrix.shape, matrix.dtype.kind, matrix.chunks
            written, expected = _extent(matrix)
        if shape != (len(signatures), len(genes)):
            raise DataError(
                f"{path}: the matrix is {' × '.join(map(str, shape))}, the ids are "
                f"{len(signatures)} signatures and {len(genes)} genes: fetch it again"
            )
        if kind not in "fiu":
            raise DataError(f"{path}: the matrix holds no numbers ({matrix.dtype}): fetch it again")
        # What was never written would read as zeros.
        if written < expected:
            raise DataError(
                f"{path}: not a complete GCTX ({written} of {expected} parts of the matrix were "
                "written): fetch it again"
            )

        def read(start: int, stop: int) -> np.ndarray:
            with _reading(path):
                return matrix[start:stop].astype(np.float32, copy=False)

        step = chunks[0] if chunks else 1
        yield Source(str(path), genes_of(genes["id"], genes), signatures, read, step)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, RuntimeError, AttributeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not a complete GCTX ({reason}): fetch it again") from error


def _extent(matrix: h5py.Dataset) -> tuple[int, int]:
    """Return how many parts of the matrix are in the file, and how many there should be."""
    if matrix.chunks is None:
        return matrix.id.get_storage_size(), matrix.size * matrix.dtype.itemsize
    counts = [-(-size // part) for size, part in zip(matrix.shape, matrix.chunks, strict=True)]
    return matrix.id.get_num_chunks(), math.prod(counts)


def _metadata(group: h5py.Group) -> pd.DataFrame:
    """Return the columns that have one value for each id, as text."""

    def text(item: Any) -> str:
        return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)

    number = group["id"].shape[0]
    names = [name for name in sorted({"id", *group}) if group[name].shape == (number,)]
    return pd.DataFrame({name: [text(item).strip() for item in group[name][:]] for name in names},
                        dtype=str)  # fmt: skip
