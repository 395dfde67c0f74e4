"""Where a model may be asked: compounds near enough to those that it has learnt from."""

from collections.abc import Iterator, Sequence

import numpy as np

from crosshub.qsar.fingerprints import tanimoto

NEIGHBOURS = 5
QUANTILE = 0.05
# Similarities are held for so many compounds at a time: those of all pairs of 20,000 are 1.6 GB.
ROWS = 512
_NONE = -1.0


def nearness(similarity: np.ndarray) -> np.ndarray:
    """Return the mean similarity to the five nearest compounds.

    Parameters
    ----------
    similarity
        Compounds × training compounds; what is below zero does not count.

    Returns
    -------
    ndarray
        One number a compound, 0 to 1; of fewer than five training compounds the mean over these,
        NaN of none.

    References
    ----------
    Sheridan et al. 2004, Journal of Chemical Information and Computer Sciences 44:1912.
    """
    # Sorted, so that the sum does not depend on what the partition leaves in which order.
    nearest = np.sort(_nearest(similarity), axis=1)
    known = nearest >= 0
    number = known.sum(axis=1).astype(nearest.dtype)
    total = np.where(known, nearest, 0).sum(axis=1)
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)


def least_nearness(bits: np.ndarray) -> float:
    """Return the nearness from which a compound is in the domain of a training set.

    The 5 % quantile of the nearness of each training compound to the others.
    """
    own = [nearness(similarity) for _, similarity in _among(bits)]
    return float(np.quantile(np.concatenate(own), QUANTILE))


def nearest_of(asked: np.ndarray, bits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the nearness of compounds to others, which of these is nearest, and its similarity.

    Parameters
    ----------
    asked, bits
        Bits of the compounds and of the others.
    """
    parts = []
    for start in range(0, len(asked), ROWS):
        similarity = tanimoto(asked[start : start + ROWS], bits)
        parts.append((nearness(similarity), similarity.argmax(axis=1), similarity.max(axis=1)))
    near, nearest, most = (np.concatenate(part) for part in zip(*parts, strict=True))
    return near, nearest, most


def nearness_in_folds(
    bits: np.ndarray, plans: Sequence[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return for each held-out compound how near the training compounds of its fold are.

    Parameters
    ----------
    bits
        Compounds × bits.
    plans
        Divisions: the fold of each compound, numbered from 0.

    Returns
    -------
    list of (ndarray, ndarray, ndarray)
        For each division: nearness, `least_nearness` of the training compounds, and the similarity
        of the nearest one.
    """
    nearest = [
        np.full((len(bits), plan.max() + 1, NEIGHBOURS), _NONE, np.float32) for plan in plans
    ]
    for rows, similarity in _among(bits):
        for plan, found in zip(plans, nearest, strict=True):
            for fold in range(found.shape[1]):
                part = _nearest(similarity[:, plan == fold])
                found[rows, fold, : part.shape[1]] = part
    return [_held_out(plan, found) for plan, found in zip(plans, nearest, strict=True)]


def _held_out(plan: np.ndarray, nearest: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    near, least, most = (np.empty(len(plan)) for _ in range(3))
    for fold in range(nearest.shape[1]):
        test = plan == fold
        others = np.delete(nearest, fold, axis=1).reshape(len(plan), -1)
        own = nearness(others)
        near[test], most[test] = own[test], others[test].max(axis=1)
        least[test] = np.quantile(own[~test], QUANTILE)
    return near, least, most


def _among(bits: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield similarities of some compounds to all, and which they are; none to itself."""
    for start in range(0, len(bits), ROWS):
        rows = np.arange(start, min(start + ROWS, len(bits)))
        similarity = tanimoto(bits[rows], bits)
        similarity[np.arange(len(rows)), rows] = _NONE
        yield rows, similarity


def _nearest(similarity: np.ndarray) -> np.ndarray:
    """Return the five largest of each row, or all of them, in any order."""
    size = similarity.shape[1]
    kept = min(NEIGHBOURS, size)
    if kept == size:
        return similarity
    return np.partition(similarity, size - kept, axis=1)[:, size - kept :]
