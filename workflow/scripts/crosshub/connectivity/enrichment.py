"""Scores that walk down the ranked genes: WTCS, KS (CMap 1) and Spearman.

Only the hits matter: between two of them the running sum falls on a straight line. The hits of a
signature are brought into order by a map of bits over the ranks, which takes linear time. Weights
are float16 numbers, whose sums are exact in float64: the order of adding does not matter.
"""

import numpy as np
from numba import njit

from crosshub.connectivity.query import Query

_TILE = 64
# de Bruijn's sequence and its table find the lowest bit of a word.
_SEQUENCE = np.uint64(0x03F79D71B4CB0A89)
_PLACES = np.zeros(64, np.int64)
for _i in range(64):
    _PLACES[(int(_SEQUENCE) << _i & 0xFFFFFFFFFFFFFFFF) >> 58] = _i


def weighted_connectivity(query: Query, *, ranks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the weighted connectivity score (WTCS) of each signature.

    Half the difference of the enrichment scores of the up and the down set (running sum over the
    ranked genes, hits weighted by |z|), zero if both have the same sign. With one set only, its
    enrichment score (negated for the down set). The enrichment score of a set whose values are all
    zero is zero: it is neither at the top nor at the bottom.

    Parameters
    ----------
    query
        The m genes of the query.
    ranks
        m × signatures, 1 is the highest value.
    values
        m × signatures, z-scores.

    Returns
    -------
    ndarray
        float32 in [−1, 1].

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    above, below = np.zeros((2, ranks.shape[1]))
    weights = np.abs(np.asarray(values, np.float32))
    _enrichments(ranks, weights, query.signs, query.n_genes, _PLACES, above, below)
    return combine(above, below, query.n_up, len(query.signs) - query.n_up)


def combine(above: np.ndarray, below: np.ndarray, n_up: int, n_down: int) -> np.ndarray:
    """Return WTCS of the enrichment scores of both sets, of `n_up` and `n_down` genes.

    Not compiled: the cache of a compiled function does not see changes in another file, and
    `walk` needs this one as well.
    """
    if n_down == 0:
        return above.astype(np.float32)
    if n_up == 0:
        return (-below).astype(np.float32)
    same = np.sign(above) == np.sign(below)
    return np.where(same, 0, (above - below) / 2).astype(np.float32)


def kolmogorov_smirnov(query: Query, *, ranks: np.ndarray) -> np.ndarray:
    """Return the raw connectivity score of the first Connectivity Map for each signature.

    With the sorted ranks V(j) of a set of t genes among n: a = max(j/t − V(j)/n),
    b = max(V(j)/n − (j−1)/t), ks = a if a > b, else −b. The score is ks of the up set − ks of the
    down set, zero if both have the same sign; an absent set has 0.

    Parameters
    ----------
    query, ranks
        As for `weighted_connectivity`.

    Returns
    -------
    ndarray
        float32 in [−2, 2]. The scaling to [−1, 1] of the original divides by the extremes of the
        collection; it changes no order and is left out.

    References
    ----------
    Lamb et al. 2006, Science 313:1929.
    """
    out = np.empty(ranks.shape[1], np.float32)
    _ks(ranks, query.signs, query.n_genes, _PLACES, out)
    return out


def spearman(query: Query, *, ranks: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of the effects and the signature over the query's genes.

    Parameters
    ----------
    query, ranks
        As for `weighted_connectivity`.

    Returns
    -------
    ndarray
        float32 in [−1, 1]; missing where all effects are equal (one set without effects).
    """
    size = len(query.signs)
    centred = query.effect_ranks - query.effect_ranks.mean()
    # The ranks of the signature have no ties: their squares sum to a known number.
    spread = np.sqrt((centred**2).sum() * (size**3 - size) / 12)
    out = np.full(ranks.shape[1], np.nan, np.float32)
    if spread > 0:
        _spearman(ranks, centred / spread, query.n_genes, _PLACES, out)
    return out


@njit(cache=True, nogil=True)
def set_bits(ranks: np.ndarray, bits: np.ndarray) -> None:
    """Set the bit of each rank; all bits are zero before."""
    for r in ranks:
        place = np.int64(r) - 1
        bits[place >> 6] |= np.uint64(1) << np.uint64(place & 63)


@njit(cache=True, nogil=True, inline="always")
def _lowest(word: np.uint64, places: np.ndarray) -> int:
    lowest = word & (~word + np.uint64(1))
    return places[np.int64((lowest * _SEQUENCE) >> np.uint64(58))]


@njit(cache=True, nogil=True)
def _climb(
    ranks: np.ndarray,
    weights: np.ndarray,
    n_genes: int,
    places: np.ndarray,
    bits: np.ndarray,
    steps: np.ndarray,
) -> float:
    """Return the enrichment score of one set in one signature; `bits` is zero before and after."""
    size = len(ranks)
    total = 0.0
    for i in range(size):
        steps[np.int64(ranks[i]) - 1] = weights[i]
        total += weights[i]
    if total == 0:
        return 0.0
    set_bits(ranks, bits)
    scale, miss = 1 / total, 1 / max(n_genes - size, 1)
    position, highest, lowest = 0.0, -np.inf, np.inf
    for k in range(len(bits)):
        word = bits[k]
        while word:
            place = (k << 6) + _lowest(word, places)
            word &= word - np.uint64(1)
            before = position - miss * place
            step = scale * steps[place]
            after = before + step
            lowest = before if before < lowest else lowest
            highest = after if after > highest else highest
            position = position + step + miss
        bits[k] = 0
    return highest if highest >= -lowest else lowest


@njit(cache=True, nogil=True)
def _enrichments(
    ranks: np.ndarray,
    weights: np.ndarray,
    signs: np.ndarray,
    n_genes: int,
    places: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
) -> None:
    """Fill in the enrichment score of the up and of the down set in each signature."""
    up, down = np.flatnonzero(signs > 0), np.flatnonzero(signs < 0)
    bits = np.zeros((n_genes >> 6) + 1, np.uint64)
    steps = np.zeros(n_genes, np.float32)
    up_ranks, up_weights = (
        np.empty((_TILE, len(up)), np.uint16),
        np.empty((_TILE, len(up)), np.float32),
    )
    down_ranks, down_weights = (
        np.empty((_TILE, len(down)), np.uint16),
        np.empty((_TILE, len(down)), np.float32),
    )
    for start in range(0, ranks.shape[1], _TILE):
        width = min(_TILE, ranks.shape[1] - start)
        turn(ranks, up, start, width, up_ranks)
        turn(weights, up, start, width, up_weights)
        turn(ranks, down, start, width, down_ranks)
        turn(weights, down, start, width, down_weights)
        for j in range(width):
            if len(up):
                score = _climb(up_ranks[j], up_weights[j], n_genes, places, bits, steps)
                above[start + j] = score
            if len(down):
                score = _climb(down_ranks[j], down_weights[j], n_genes, places, bits, steps)
                below[start + j] = score


@njit(cache=True, nogil=True)
def turn(matrix: np.ndarray, rows: np.ndarray, start: int, width: int, out: np.ndarray) -> None:
    """Copy these rows of some columns, so that a column becomes a row of `out`."""
    for i in range(len(rows)):
        row = rows[i]
        for j in range(width):
            out[j, i] = matrix[row, start + j]


@njit(cache=True, nogil=True)
def _distance(ranks: np.ndarray, n_genes: int, places: np.ndarray, bits: np.ndarray) -> float:
    """Return ks of one set in one signature."""
    size = len(ranks)
    if size == 0:
        return 0.0
    set_bits(ranks, bits)
    hit, a, b = 0, -np.inf, -np.inf
    for k in range(len(bits)):
        word = bits[k]
        while word:
            share = ((k << 6) + _lowest(word, places) + 1) / n_genes
            word &= word - np.uint64(1)
            hit += 1
            a = max(a, hit / size - share)
            b = max(b, share - (hit - 1) / size)
        bits[k] = 0
    return a if a > b else -b


@njit(cache=True, nogil=True)
def _ks(
    ranks: np.ndarray, signs: np.ndarray, n_genes: int, places: np.ndarray, out: np.ndarray
) -> None:
    up, down = np.flatnonzero(signs > 0), np.flatnonzero(signs < 0)
    bits = np.zeros((n_genes >> 6) + 1, np.uint64)
    up_ranks = np.empty((_TILE, len(up)), np.uint16)
    down_ranks = np.empty((_TILE, len(down)), np.uint16)
    for start in range(0, ranks.shape[1], _TILE):
        width = min(_TILE, ranks.shape[1] - start)
        turn(ranks, up, start, width, up_ranks)
        turn(ranks, down, start, width, down_ranks)
        for j in range(width):
            above = _distance(up_ranks[j], n_genes, places, bits)
            below = _distance(down_ranks[j], n_genes, places, bits)
            out[start + j] = 0 if above * below > 0 else above - below


@njit(cache=True, nogil=True)
def _spearman(
    ranks: np.ndarray, effects: np.ndarray, n_genes: int, places: np.ndarray, out: np.ndarray
) -> None:
    size = len(effects)
    rows = np.arange(size)
    bits = np.zeros((n_genes >> 6) + 1, np.uint64)
    steps = np.zeros(n_genes)
    turned = np.empty((_TILE, size), np.uint16)
    for start in range(0, ranks.shape[1], _TILE):
        width = min(_TILE, ranks.shape[1] - start)
        turn(ranks, rows, start, width, turned)
        for j in range(width):
            for i in range(size):
                steps[np.int64(turned[j, i]) - 1] = effects[i]
            set_bits(turned[j], bits)
            # From the highest value down: the effects are centred, so only the order counts.
            left, total = size, 0.0
            for k in range(len(bits)):
                word = bits[k]
                while word:
                    total += left * steps[(k << 6) + _lowest(word, places)]
                    word &= word - np.uint64(1)
                    left -= 1
                bits[k] = 0
            out[start + j] = total
