"""Eigengenes: one profile a module, and the joining of modules whose profiles are close."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import eigh
from scipy.spatial.distance import squareform

from crosshub.coexpression.network import correlation, unit_columns

UNASSIGNED = "M0"


def varying_genes(expression: pd.DataFrame) -> pd.DataFrame:
    """Return the genes that can be correlated: those that vary and miss no value.

    Parameters
    ----------
    expression
        Genes × samples.

    Returns
    -------
    DataFrame
        Some of the rows, float64.
    """
    values = expression.to_numpy(np.float64)
    # Missing values make the range missing, so that these genes go too.
    varies = np.ptp(values, axis=1) > 0 if values.size else np.zeros(len(values), bool)
    return pd.DataFrame(values[varies], expression.index[varies], expression.columns)


def eigengenes(expression: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Summarise each module by the first principal component of its standardised genes.

    Parameters
    ----------
    expression
        Genes × samples, log2. Constant genes and genes with missing values do not count.
    labels
        Gene → module; M0 is left out, as are genes that `expression` does not have.

    Returns
    -------
    DataFrame
        Modules × samples, each row of length one and with the sign of the mean of the standardised
        genes. A module without a gene that counts is left out.
    """
    usable = varying_genes(expression)
    genes = labels[labels.index.isin(usable.index)]
    names = sorted(set(genes) - {UNASSIGNED}, key=lambda name: (len(name), name))
    rows = [first_component(usable.loc[genes.index[genes == name]].to_numpy().T) for name in names]
    return pd.DataFrame(
        np.reshape(rows, (len(names), expression.shape[1])),
        index=pd.Index(names, name="module", dtype=object),
        columns=expression.columns,
    )


def first_component(values: np.ndarray) -> np.ndarray:
    """Return the eigengene of one module.

    Parameters
    ----------
    values
        Samples × genes of the module, log2, no constant gene.

    Returns
    -------
    ndarray
        One value a sample: of length one, with the sign of the mean of the standardised genes.
    """
    return component_of_product(unit_columns(values, "pearson"))


def component_of_product(unit: np.ndarray) -> np.ndarray:
    """Return the eigengene of a module whose genes are centred and of length one already.

    Parameters
    ----------
    unit
        Samples × genes of the module, as `network.unit_columns` returns them with ``pearson``.

    Returns
    -------
    ndarray
        As of `first_component`.
    """
    # The smaller of the two products has the same axis and is much faster than an SVD of the genes.
    wide = unit.shape[1] > unit.shape[0]
    product = unit @ unit.T if wide else unit.T @ unit
    last = len(product) - 1
    axis = eigh(product, subset_by_index=[last, last], check_finite=False)[1][:, 0]
    component = axis if wide else unit @ axis
    component = component / np.linalg.norm(component)
    return -component if component @ unit.sum(axis=1) < 0 else component


def merge_close(cohorts: Sequence[np.ndarray], labels: np.ndarray, height: float) -> np.ndarray:
    """Join modules whose eigengenes are close, until none are.

    Parameters
    ----------
    cohorts
        Samples × genes of one cohort, or of several: the distance of two modules is then the
        largest that they have in any of them.
    labels
        The module of each gene, 0 for none.
    height
        Average linkage of 1 - correlation is cut here.

    Returns
    -------
    ndarray
        Labels; of the modules that are joined, the smallest stays.
    """
    known: dict[int, list[np.ndarray]] = {}
    while True:
        present = np.unique(labels[labels > 0])
        if len(present) < 2:
            return labels
        for m in present:
            if m not in known:
                known[m] = [first_component(values[:, labels == m]) for values in cohorts]
        apart = np.max([_distances(known, present, c) for c in range(len(cohorts))], axis=0)
        tree = linkage(squareform(apart, checks=False), "average")
        groups = fcluster(tree, height, "distance")
        if len(np.unique(groups)) == len(present):
            return labels
        lookup = np.zeros(labels.max() + 1, int)
        for group in np.unique(groups):
            joined = present[groups == group]
            lookup[joined] = joined[0]
            if len(joined) > 1:
                del known[joined[0]]
        labels = lookup[labels]


def _distances(
    profiles: dict[int, list[np.ndarray]], modules: np.ndarray, cohort: int
) -> np.ndarray:
    columns = np.column_stack([profiles[m][cohort] for m in modules])
    return np.clip(1 - correlation(columns, "pearson"), 0, None)
