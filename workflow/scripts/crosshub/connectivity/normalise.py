"""From WTCS to scores that compare: NCS over cell lines and types, tau over reference queries."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numba import njit


def normalise(scores: np.ndarray, groups: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return the normalised scores (NCS): 1 is the mean of the same sign within the group.

    Parameters
    ----------
    scores
        Signatures, or queries × signatures; each query is normalised by its own means.
    groups
        Cell line and type of each signature. In a group of one signature the result is −1, 0
        or 1.

    Returns
    -------
    ndarray
        Same shape and float type. Zeros stay zero and are no part of the means.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    codes, _ = pd.factorize(np.asarray(groups))
    rows = np.array(np.atleast_2d(scores))
    _normalise(rows, codes, codes.max(initial=-1) + 1)
    return rows.reshape(scores.shape)


def tau(ncs: np.ndarray, reference: np.ndarray, *, fewest: int = 500) -> np.ndarray:
    """Return tau: the percentage of reference queries that connect less, with the sign of NCS.

    Parameters
    ----------
    ncs
        Of the query, one a signature.
    reference
        Reference queries × signatures: the NCS of other queries of the same size.
    fewest
        With fewer reference queries tau is missing, as in signatureSearch.

    Returns
    -------
    ndarray
        float32 in [−100, 100].

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437. Duan et al. 2020, Nucleic Acids Research 48:e124.
    """
    if len(reference) < fewest:
        return np.full(ncs.shape, np.nan, np.float32)
    weaker = np.zeros(ncs.shape, np.int64)
    for row in reference:
        weaker += np.abs(row) < np.abs(ncs)
    return (np.sign(ncs) * 100 * weaker / len(reference)).astype(np.float32)


@njit(cache=True)
def _normalise(rows: np.ndarray, codes: np.ndarray, n_groups: int) -> None:
    means = np.empty((n_groups, 2))
    counts = np.empty((n_groups, 2))
    for k in range(rows.shape[0]):
        means[:] = 0
        counts[:] = 0
        for j in range(rows.shape[1]):
            score = rows[k, j]
            if score != 0:
                side = 1 if score > 0 else 0
                means[codes[j], side] += abs(score)
                counts[codes[j], side] += 1
        for group in range(n_groups):
            for side in range(2):
                if counts[group, side]:
                    means[group, side] /= counts[group, side]
        for j in range(rows.shape[1]):
            score = rows[k, j]
            if score != 0:
                rows[k, j] = score / means[codes[j], 1 if score > 0 else 0]
