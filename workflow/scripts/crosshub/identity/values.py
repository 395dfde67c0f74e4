"""Samples whose values agree far better than those of two people can.

Ranks survive every monotone transformation: a logarithm, an offset, quantile normalisation.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

FEWEST_GENES = 100
# Rank correlation of two columns of one matrix above which one is a copy. Different people of one
# tissue reach 0.97, technical replicates 0.995.
COPY = 0.999
# How far (Fisher's z) a pair of two cohorts stands above the upper quarter of its row and column:
# arrays of one cell line, or of one strong treatment, all agree, and nobody is anybody's copy.
MARGIN = 0.5
# Two cohorts of one person's arrays, or of one cell line, have a z without end.
LARGEST_Z = 5.0


def find_alike(
    expression: Mapping[str, pd.DataFrame], *, min_correlation: float
) -> list[tuple[str, str, str, str, float]]:
    """Return the pairs of samples with values too alike for two people.

    Parameters
    ----------
    expression
        Cohort → genes × samples; the samples in use.
    min_correlation
        Smallest correlation of gene-centred ranks between samples of two cohorts; the pair must
        also stand out among the others of both samples. Within a cohort the ranks themselves must
        correlate with 0.999.

    Returns
    -------
    list of (sample, cohort, sample, cohort, correlation)
    """
    found = []
    ranks = {
        name: rankdata(table.to_numpy(float), axis=0).astype(np.float32)
        for name, table in expression.items()
    }
    for name, table in expression.items():
        if len(table) >= FEWEST_GENES:
            found += _copies(name, table.columns, ranks[name])
    for a, b in combinations(expression, 2):
        first, second = expression[a], expression[b]
        genes = first.index.intersection(second.index)
        if len(genes) < FEWEST_GENES or set(first.columns) == set(second.columns):
            continue
        # Of ranks among all genes, the common ones keep their order.
        parts = (
            ranks[a][first.index.get_indexer(genes)],
            ranks[b][second.index.get_indexer(genes)],
        )
        alike = likeness(*parts)
        for row, column in np.argwhere((alike >= min_correlation) & outstanding(alike)):
            sample, other = str(first.columns[row]), str(second.columns[column])
            if sample != other and sample not in second and other not in first:
                found.append((sample, a, other, b, float(alike[row, column])))
    return found


def _copies(
    name: str, samples: pd.Index, ranks: np.ndarray
) -> list[tuple[str, str, str, str, float]]:
    unit = _unit(ranks)
    alike = np.triu(unit.T @ unit, 1)
    return [
        (str(samples[i]), name, str(samples[j]), name, float(alike[i, j]))
        for i, j in np.argwhere(alike >= COPY)
    ]


def likeness(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the correlation of gene-centred ranks of each sample of one cohort with the other's.

    Centring takes away what all samples of a tissue and platform have in common, so that what is
    left is the person (and the day). Each cohort is centred by itself, which finds a person who
    was measured or normalised anew; and both by one centre, which finds a copy, whatever stands
    between the cohorts. The larger one counts.

    Parameters
    ----------
    first, second
        Genes × samples, values or ranks; the same genes.

    Returns
    -------
    ndarray
        Samples of the first × samples of the second, −1 to 1.
    """
    ranks = [rankdata(part, axis=0).astype(np.float32) for part in (first, second)]
    own = [np.median(part, axis=1, keepdims=True) for part in ranks]
    common = np.median(np.hstack(ranks), axis=1, keepdims=True)
    by_own = _unit(ranks[0] - own[0]).T @ _unit(ranks[1] - own[1])
    by_common = _unit(ranks[0] - common).T @ _unit(ranks[1] - common)
    return np.maximum(by_own, by_common)


def outstanding(alike: np.ndarray) -> np.ndarray:
    """Say which pairs stand out in their row and in their column.

    Parameters
    ----------
    alike
        Correlations, samples × samples.

    Returns
    -------
    ndarray
        bool, of the same shape.
    """
    z = np.minimum(np.arctanh(np.clip(alike.astype(float), -1 + 1e-9, 1 - 1e-9)), LARGEST_Z)
    found = np.ones(z.shape, bool)
    for axis in (0, 1):
        if z.shape[axis] > 1:
            usual = np.quantile(z, 0.75, axis=axis, keepdims=True, method="lower")
            found &= z >= usual + MARGIN
    return found


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(length > 0, length, 1)
