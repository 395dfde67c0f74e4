"""Ranks within each signature, compiled: one radix sort by value and one by magnitude.

Equal values are ranked by a mark of the gene's symbol: the order of the rows of a file says nothing
of the genes, and by it two tables of the same values would give other scores.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from numba import njit

# Three digits of eleven bits hold a float32.
_DIGIT = 11
_BINS = 1 << _DIGIT


def tie_order(genes: Iterable[str]) -> np.ndarray:
    """Return genes by number, uint16, in the order of a hash (BLAKE2b) of their symbols."""
    marks = [hashlib.blake2b(gene.encode(), digest_size=8).digest() for gene in genes]
    return np.array(sorted(range(len(marks)), key=marks.__getitem__), np.uint16)


def tied_share(values: np.ndarray) -> float:
    """Return the share of values that another gene has, too: median over the signatures.

    Parameters
    ----------
    values
        Signatures × genes.
    """
    ordered = np.sort(values, axis=1)
    same = np.zeros((len(ordered), ordered.shape[1] + 1), bool)
    same[:, 1:-1] = ordered[:, 1:] == ordered[:, :-1]
    return float(np.median((same[:, 1:] | same[:, :-1]).mean(axis=1)))


@njit(nogil=True, cache=True)
def rank_rows(
    bits: np.ndarray, order: np.ndarray, ranks: np.ndarray, magnitudes: np.ndarray
) -> None:
    """Rank the values of each row, and their magnitudes.

    Parameters
    ----------
    bits
        Signatures × genes, uint32: finite float32 values seen as integers, without −0.
    order
        Genes by number, uint16, in the order in which equal values are ranked (`tie_order`).
    ranks
        Signatures × genes, uint16, is filled: 1 is the highest value.
    magnitudes
        The same for |value|: 1 is the smallest.
    """
    sign = np.uint32(0x80000000)
    rest = np.uint32(0x7FFFFFFF)
    number = bits.shape[1]
    keys = np.empty(number, np.uint64)
    spare = np.empty(number, np.uint64)
    for i in range(bits.shape[0]):
        for j in range(number):
            gene = order[j]
            value = bits[i, gene]
            # Larger values get smaller keys: those below zero already fall as they grow.
            key = value if value & sign else rest - value
            keys[j] = np.uint64(key) << np.uint64(16) | np.uint64(gene)
        _sort(keys, spare)
        for j in range(number):
            ranks[i, spare[j] & np.uint64(0xFFFF)] = j + 1
        for j in range(number):
            gene = order[j]
            keys[j] = np.uint64(bits[i, gene] & rest) << np.uint64(16) | np.uint64(gene)
        _sort(keys, spare)
        for j in range(number):
            magnitudes[i, spare[j] & np.uint64(0xFFFF)] = j + 1


@njit(nogil=True, cache=True)
def _sort(keys: np.ndarray, spare: np.ndarray) -> None:
    """Sort by bits 16 to 48; the result is in `spare`, `keys` is used up."""
    counts = np.zeros((3, _BINS), np.int64)
    mask = np.uint64(_BINS - 1)
    for j in range(keys.size):
        for digit in range(3):
            counts[digit, (keys[j] >> np.uint64(16 + _DIGIT * digit)) & mask] += 1
    for digit in range(3):
        before = 0
        for k in range(_BINS):
            before, counts[digit, k] = before + counts[digit, k], before
    for digit in range(3):
        source, target = (spare, keys) if digit == 1 else (keys, spare)
        shift = np.uint64(16 + _DIGIT * digit)
        for j in range(source.size):
            k = (source[j] >> shift) & mask
            target[counts[digit, k]] = source[j]
            counts[digit, k] += 1
