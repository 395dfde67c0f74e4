"""Where a model may be asked: compounds near enough to those that it has learnt from."""

import numpy as np

from crosshub.qsar.fingerprints import tanimoto

NEIGHBOURS = 5
QUANTILE = 0.05


def nearness(similarity: np.ndarray) -> np.ndarray:
    """Return the mean similarity to the five nearest compounds.

    Parameters
    ----------
    similarity
        Compounds × training compounds.

    Returns
    -------
    ndarray
        One number a compound, 0 to 1.

    References
    ----------
    Sheridan et al. 2004, Journal of Chemical Information and Computer Sciences 44:1912.
    """
    kept = min(NEIGHBOURS, similarity.shape[1])
    nearest = np.partition(similarity, similarity.shape[1] - kept, axis=1)[:, -kept:]
    # Sorted, so that the sum does not depend on what the partition leaves in which order.
    return np.sort(nearest, axis=1).mean(axis=1)


def least_nearness(bits: np.ndarray) -> float:
    """Return the nearness from which a compound is in the domain of a training set.

    The 5 % quantile of the nearness of each training compound to the others.
    """
    similarity = tanimoto(bits, bits)
    np.fill_diagonal(similarity, -1)
    return float(np.quantile(nearness(similarity), QUANTILE))
