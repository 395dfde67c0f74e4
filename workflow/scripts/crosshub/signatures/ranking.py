"""Ranks within each signature, compiled: one radix sort by value and one by magnitude.

The sort is stable, so equal values keep the order of the genes and the result is the same on
every machine.
"""

import numpy as np
from numba import njit

# Three digits of eleven bits hold a float32.
_DIGIT = 11
_BINS = 1 << _DIGIT


@njit(nogil=True, cache=True)
def rank_rows(bits: np.ndarray, ranks: np.ndarray, magnitudes: np.ndarray) -> None:
    """Rank the values of each row, and their magnitudes.

    Parameters
    ----------
    bits
        Signatures × genes, uint32: finite float32 values seen as integers, without −0.
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
            value = bits[i, j]
            # Larger values get smaller keys: those below zero already fall as they grow.
            key = value if value & sign else rest - value
            keys[j] = np.uint64(key) << np.uint64(16) | np.uint64(j)
        _sort(keys, spare)
        for j in range(number):
            ranks[i, spare[j] & np.uint64(0xFFFF)] = j + 1
        for j in range(number):
            keys[j] = np.uint64(bits[i, j] & rest) << np.uint64(16) | np.uint64(j)
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
