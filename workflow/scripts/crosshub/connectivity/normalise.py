"""From WTCS to scores that compare: NCS over cell lines and types, tau over reference queries."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numba import njit

# With fewer signatures the means of a group follow the score that they divide.
FEWEST_IN_GROUP = 10


class Groups(NamedTuple):
    """By which means the score of each signature is divided.

    Attributes
    ----------
    codes
        Group of each signature (a type in a cell line), by number.
    pools
        Groups × 2: the pool of the group's type, and that of all; numbered after the groups.
    means
        For each group the number of that whose means are taken: its own, or a pool.
    """

    codes: np.ndarray
    pools: np.ndarray
    means: np.ndarray


def group_signatures(
    cells: Sequence[str] | np.ndarray,
    types: Sequence[str] | np.ndarray,
    *,
    fewest: int = FEWEST_IN_GROUP,
) -> Groups:
    """Group the signatures by cell line and type, small groups by what is larger.

    The mean of a signature alone is its own score, so that its NCS is ±1 whatever it connects to:
    a compound in a cell line of its own could never be found. A group of fewer than `fewest`
    signatures is normalised by the means of all signatures of its type, and if these are still
    fewer, by those of all. That is ours; CMap has hundreds of signatures of each cell line.

    Parameters
    ----------
    cells, types
        Of each signature.
    fewest
        Signatures of a group that is normalised by itself.
    """
    both = pd.MultiIndex.from_arrays([np.asarray(cells), np.asarray(types)])
    codes, groups = pd.factorize(both)
    kinds, names = pd.factorize(groups.get_level_values(1))
    number = len(groups)
    pools = np.stack([number + kinds, np.full(number, number + len(names))], axis=1)
    sizes = np.bincount(codes, minlength=number)
    sizes_of_kind = np.bincount(kinds, sizes, minlength=len(names))
    means = np.where(sizes_of_kind[kinds] >= fewest, pools[:, 0], pools[:, 1])
    means = np.where(sizes >= fewest, np.arange(number), means)
    return Groups(codes.astype(np.int64), pools.astype(np.int64), means.astype(np.int64))


def normalise(scores: np.ndarray, groups: Groups) -> np.ndarray:
    """Return the normalised scores (NCS): 1 is the mean of the same sign within the group.

    Parameters
    ----------
    scores
        Signatures, or queries × signatures; each query is normalised by its own means.
    groups
        Result of `group_signatures`.

    Returns
    -------
    ndarray
        Same shape and float type. Zeros stay zero and are no part of the means.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    rows = np.array(np.atleast_2d(scores))
    normalise_in_place(rows, groups)
    return rows.reshape(scores.shape)


def normalise_in_place(rows: np.ndarray, groups: Groups) -> None:
    """Replace queries × signatures by their `normalise`: the null has no room for a second one."""
    _normalise(rows, groups.codes, groups.pools, groups.means)


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
def _normalise(rows: np.ndarray, codes: np.ndarray, pools: np.ndarray, used: np.ndarray) -> None:
    n_groups = len(pools)
    n_all = n_groups
    for group in range(n_groups):
        n_all = max(n_all, pools[group, 1] + 1)
    sums = np.empty((n_all, 2))
    counts = np.empty((n_all, 2))
    for k in range(rows.shape[0]):
        sums[:] = 0
        counts[:] = 0
        for j in range(rows.shape[1]):
            score = rows[k, j]
            if score != 0:
                side = 1 if score > 0 else 0
                sums[codes[j], side] += abs(score)
                counts[codes[j], side] += 1
        for group in range(n_groups):
            for pool in pools[group]:
                sums[pool] += sums[group]
                counts[pool] += counts[group]
        for group in range(n_all):
            for side in range(2):
                if counts[group, side]:
                    sums[group, side] /= counts[group, side]
        for j in range(rows.shape[1]):
            score = rows[k, j]
            if score != 0:
                rows[k, j] = score / sums[used[codes[j]], 1 if score > 0 else 0]
