"""WTCS of many sets at once: one walk down the genes of a signature serves all of them.

The ranks of a signature give its genes in order without sorting. Each gene then moves the running
sums of the sets that hold it, which an index from genes to sets names: the work is the number of
hits, and no set has to be brought into order. The result has the same bits as
`enrichment.weighted_connectivity`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from crosshub.connectivity.enrichment import combine

_TILE = 16


class SetIndex(NamedTuple):
    """Which sets hold a gene.

    Slot 2 k is the up set of set k, slot 2 k + 1 its down set; those of gene i are ``slots`` from
    ``starts[i]`` to ``starts[i + 1]``; ``sizes`` of an up and of a down set.
    """

    starts: np.ndarray
    slots: np.ndarray
    sizes: np.ndarray
    n_sets: int


def index_sets(sets: np.ndarray, n_up: int, n_genes: int) -> SetIndex:
    """Turn sets of genes into an index from genes to sets.

    Parameters
    ----------
    sets
        Sets × m, genes by number; the first `n_up` of a set are its up genes.
    n_up, n_genes
        Number of up genes, and of genes that were ranked.
    """
    n_sets, size = sets.shape
    side = np.arange(size) >= n_up
    # Unsigned: an index that cannot be negative needs no check.
    slots = (2 * np.arange(n_sets)[:, None] + side).ravel().astype(np.uint32)
    genes = sets.ravel()
    order = np.argsort(genes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(genes, minlength=n_genes))])
    return SetIndex(starts, slots[order], np.array([n_up, size - n_up]), n_sets)


def walk(index: SetIndex, *, ranks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return WTCS of each set in each signature.

    Parameters
    ----------
    index
        Result of `index_sets`.
    ranks, values
        All genes × signatures: ranks (1 is the highest value), z-scores (float32).

    Returns
    -------
    ndarray
        Sets × signatures, float32.
    """
    above, below = np.empty((2, index.n_sets, ranks.shape[1]))
    _walk(index.starts, index.slots, index.sizes, ranks, np.abs(values), above, below)
    return combine(above, below, *index.sizes)


@njit(cache=True, nogil=True)
def _walk(
    starts: np.ndarray,
    slots: np.ndarray,
    sizes: np.ndarray,
    ranks: np.ndarray,
    weights: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
) -> None:
    n_genes, total = ranks.shape
    n_slots = 2 * len(above)
    miss = np.array([1 / max(n_genes - sizes[0], 1), 1 / max(n_genes - sizes[1], 1)])
    order = np.empty((_TILE, n_genes), np.uint16)
    turned = np.empty((_TILE, n_genes), np.float32)
    sums = np.empty((n_slots, _TILE))
    state = np.empty((n_slots, 4))
    for start in range(0, total, _TILE):
        width = min(_TILE, total - start)
        sums[:] = 0
        for gene in range(n_genes):
            for j in range(width):
                order[j, ranks[gene, start + j] - 1] = gene
                turned[j, gene] = weights[gene, start + j]
            for k in range(starts[gene], starts[gene + 1]):
                slot = slots[k]
                for j in range(width):
                    sums[slot, j] += weights[gene, start + j]
        for j in range(width):
            _descend(starts, slots, order[j], turned[j], sums[:, j], miss, state)
            for k in range(len(above)):
                above[k, start + j] = _further(state[2 * k], sums[2 * k, j])
                below[k, start + j] = _further(state[2 * k + 1], sums[2 * k + 1, j])


@njit(cache=True, nogil=True)
def _further(state: np.ndarray, total: float) -> float:
    """Return the enrichment score: the place of the running sum that is furthest from zero."""
    if total == 0:
        return 0.0
    return state[3] if state[3] >= -state[2] else state[2]


@njit(cache=True, nogil=True)
def _descend(
    starts: np.ndarray,
    slots: np.ndarray,
    order: np.ndarray,
    weights: np.ndarray,
    sums: np.ndarray,
    miss: np.ndarray,
    state: np.ndarray,
) -> None:
    """Walk down one signature.

    `state` becomes, of each slot: 1 / total weight, the position without the misses, the lowest
    and the highest place of the running sum.
    """
    for slot in range(len(sums)):
        state[slot, 0] = 1 / sums[slot] if sums[slot] > 0 else 0
        state[slot, 1] = 0
        state[slot, 2] = np.inf
        state[slot, 3] = -np.inf
    losses = np.empty(2)
    for place in range(len(order)):
        gene = order[place]
        height = np.float64(weights[gene])
        losses[0], losses[1] = miss[0] * place, miss[1] * place
        for k in range(starts[gene], starts[gene + 1]):
            slot = slots[k]
            side = slot & np.uint32(1)
            step = state[slot, 0] * height
            before = state[slot, 1] - losses[side]
            after = before + step
            state[slot, 1] = state[slot, 1] + step + miss[side]
            # Without a branch: which of the two is further is up to chance.
            lowest, highest = state[slot, 2], state[slot, 3]
            state[slot, 2] = before if before < lowest else lowest
            state[slot, 3] = after if after > highest else highest
