"""Robust rank aggregation: genes that stand high in the lists of the cohorts more often than not.

References
----------
Kolde, Laur, Adler and Vilo 2012, Robust rank aggregation for gene list integration and
meta-analysis, Bioinformatics 28:573.
"""

import numpy as np
from scipy.stats import beta, rankdata


def normalised_ranks(statistic: np.ndarray) -> np.ndarray:
    """Return the ranks of each column, largest first, from 1 / genes to 1.

    Parameters
    ----------
    statistic
        Genes × cohorts; ties share their largest rank.
    """
    return rankdata(-statistic, method="max", axis=0) / len(statistic)


def rank_aggregation(ranks: np.ndarray) -> np.ndarray:
    """Return the p of robust rank aggregation for each gene.

    Parameters
    ----------
    ranks
        Genes × cohorts, normalised to (0, 1].

    Returns
    -------
    ndarray
        The smallest p of the order statistics, times the number of cohorts, at most 1: that of R's
        RobustRankAggreg.
    """
    k = ranks.shape[1]
    place = np.arange(1, k + 1)
    p_values = beta.cdf(np.sort(ranks, axis=1), place, k - place + 1)
    return np.minimum(k * p_values.min(axis=1), 1)
