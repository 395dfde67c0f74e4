"""Selectors by recursive elimination with linear support vector machines."""

import numpy as np

from crosshub.elimination import eliminate, eliminate_by_many
from crosshub.selectors.base import Selector, inner_splits


class SvmRfeSelector(Selector):
    """Support vector machine with recursive feature elimination, exact, one gene at a time.

    Of numbers it is the least-squares machine. See `elimination`.

    Parameters
    ----------
    max_features
        Genes that are selected: the last ones to be eliminated.
    C
        Cost of the machine.

    References
    ----------
    Guyon, Weston, Barnhill and Vapnik 2002, Machine Learning 46:389.
    """

    def __init__(self, max_features: int = 20, C: float = 1.0):
        self.max_features = max_features
        self.C = C

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        return eliminate(Z, y, self.C), np.ones(Z.shape[1], bool)


class MultipleSvmRfeSelector(Selector):
    """Recursive elimination by several machines, each of which does not see one fold.

    Parameters
    ----------
    max_features
        Genes that are selected: the last ones to be eliminated.
    C
        Cost of the machines.
    folds
        Number of machines; one machine where a class has fewer than two people.
    random_state
        Seed of the folds.

    References
    ----------
    Duan, Rajapakse, Wang and Azuaje 2005, IEEE Transactions on NanoBioscience 4:228.
    """

    def __init__(
        self, max_features: int = 20, C: float = 1.0, folds: int = 10, random_state: int = 0
    ):
        self.max_features = max_features
        self.C = C
        self.folds = folds
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        splits = inner_splits(y, people, self.folds, self.random_state)
        costs = np.full((max(len(splits), 1), len(y)), float(self.C))
        for machine, (_, unseen) in enumerate(splits):
            costs[machine, unseen] = 0
        return eliminate_by_many(Z, y, costs), np.ones(Z.shape[1], bool)
