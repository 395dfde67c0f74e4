"""Cell types that express the shared genes, in a single-cell data set of the user."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError

COLUMNS = ["gene", "cell_type", "mean", "fraction", "cells"]


def locate_genes(path: str | Path, genes: Sequence[str], cell_type: str) -> pd.DataFrame:
    """Return the expression of genes by cell type.

    Parameters
    ----------
    path
        AnnData file (h5ad): raw counts, or values that are already log-normalised.
    genes
        Symbols; those that the file lacks are left out.
    cell_type
        Column of ``obs`` that names the cell type.

    Returns
    -------
    DataFrame
        gene, cell_type, mean (log(1 + counts per 10,000)), fraction (of cells that express it),
        cells (number of that type).

    Raises
    ------
    DataError
        If the file cannot be read, has no values, no such column, or a gene twice.
    """
    # scanpy takes seconds to import and only this rule needs it.
    import scanpy

    try:
        cells = scanpy.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as h5ad ({error})") from error
    if cell_type not in cells.obs:
        known = ", ".join(map(str, cells.obs.columns))
        raise DataError(f"{path}: no column '{cell_type}' (biology.cell_type); there are {known}")
    if cells.X is None:
        raise DataError(f"{path}: has no matrix X; put counts or log-normalised values there")
    if _are_counts(cells.X):
        scanpy.pp.normalize_total(cells, target_sum=1e4)
        scanpy.pp.log1p(cells)
    kept = [gene for gene in genes if gene in cells.var_names]
    twice = [gene for gene in kept if (cells.var_names == gene).sum() > 1]
    if twice:
        raise DataError(f"{path}: the gene '{twice[0]}' occurs twice; make the genes unique")
    table = scanpy.get.obs_df(cells, keys=[*kept, cell_type])
    rows = []
    for name, part in table.groupby(cell_type, observed=True, sort=True):
        for gene in kept:
            values = part[gene].to_numpy(float)
            rows.append((gene, str(name), values.mean(), (values > 0).mean(), len(part)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _are_counts(matrix: object) -> bool:
    values = matrix.data if hasattr(matrix, "data") and hasattr(matrix, "nnz") else matrix
    sample = np.asarray(values).ravel()[:10000]
    return bool(np.all(sample == np.round(sample)) and sample.size and sample.max() > 1)
