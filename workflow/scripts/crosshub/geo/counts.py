"""Counts of RNA-seq series."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, cells, read_gzip


def read_counts(path: str | Path) -> pd.DataFrame:
    """Read NCBI's RNA-seq counts of a series: Entrez gene id × samples, non-negative.

    Raises
    ------
    DataError
        If the file is damaged, an id occurs twice, or a value is no count.
    """
    text = read_gzip(path)
    try:
        frame = pd.read_csv(io.StringIO(text), sep="\t", index_col=0, dtype={0: str})
        values = frame.to_numpy(float)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as counts ({reason}); {AGAIN}") from error
    if not values.size:
        raise DataError(f"{path}: holds no counts; {AGAIN}")
    # pandas gives the second of two columns of one name another name.
    samples = cells(text.partition("\n")[0])[1:]
    if len(set(samples)) != len(samples):
        raise DataError(f"{path}: a sample occurs twice in the header; {AGAIN}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise DataError(f"{path}: has values that are no counts (missing or negative); {AGAIN}")
    if not frame.index.is_unique:
        raise DataError(f"{path}: a gene id occurs twice; {AGAIN}")
    return pd.DataFrame(values, index=frame.index.rename("entrez"), columns=frame.columns)
