"""Selectors by ensembles of trees: random forest, Boruta, gradient boosting."""

import numpy as np
from scipy.stats import binom
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from crosshub.selectors.base import Selector, is_numbers


class RandomForestSelector(Selector):
    """Random forest: the genes of largest mean decrease of impurity.

    Parameters
    ----------
    max_features
        Most genes that are selected; a gene that no tree uses is not.
    trees
        Number of trees.
    random_state
        Seed of the forest.

    References
    ----------
    Breiman 2001, Machine Learning 45:5.
    """

    def __init__(self, max_features: int = 20, trees: int = 200, random_state: int = 0):
        self.max_features = max_features
        self.trees = trees
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        importance = _forest(Z, y, self.trees, self.random_state)
        return importance, importance > 0


class BorutaSelector(Selector):
    """Genes that beat the best of all shuffled genes more often than by chance.

    Parameters
    ----------
    max_features
        Most genes that are selected.
    trees
        Trees of each forest.
    rounds
        Forests.
    level
        Bonferroni-corrected error of calling a gene better than the shuffled ones.
    random_state
        Seed.

    References
    ----------
    Kursa and Rudnicki 2010, Journal of Statistical Software 36(11).
    """

    def __init__(
        self,
        max_features: int = 20,
        trees: int = 100,
        rounds: int = 30,
        level: float = 0.05,
        random_state: int = 0,
    ):
        self.max_features = max_features
        self.trees = trees
        self.rounds = rounds
        self.level = level
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng(self.random_state)
        genes = Z.shape[1]
        left = np.arange(genes)
        hits, tries, mean = np.zeros(genes, int), np.zeros(genes, int), np.zeros(genes)
        for _ in range(self.rounds):
            # A handful of shuffled genes at least, else their best is no hurdle.
            copies = rng.choice(left, max(len(left), 5))
            shadows = rng.permuted(Z[:, copies], axis=0)
            both = np.hstack([Z[:, left], shadows])
            importance = _forest(both, y, self.trees, int(rng.integers(2**31)))
            own, best_shadow = importance[: len(left)], importance[len(left) :].max()
            hits[left] += own > best_shadow
            tries[left] += 1
            mean[left] += (own - mean[left]) / tries[left]
            rejected = binom.cdf(hits[left], tries[left], 0.5) * genes <= self.level
            left = left[~rejected]
            if not len(left):
                break
        confirmed = binom.sf(hits - 1, tries, 0.5) * genes <= self.level
        return hits + mean, confirmed


class GradientBoostingSelector(Selector):
    """Boosted shallow trees: the genes of largest decrease of the loss.

    Parameters
    ----------
    max_features
        Most genes that are selected; a gene that no tree uses is not.
    trees
        Number of trees.
    random_state
        Seed.

    References
    ----------
    Friedman 2002, Computational Statistics and Data Analysis 38:367.
    """

    def __init__(self, max_features: int = 20, trees: int = 100, random_state: int = 0):
        self.max_features = max_features
        self.trees = trees
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        # Columns by chance in each split and half of the samples in each tree: else the one best
        # gene is taken again and again.
        boosting = GradientBoostingRegressor if is_numbers(y) else GradientBoostingClassifier
        model = boosting(
            n_estimators=self.trees,
            max_depth=2,
            subsample=0.5,
            max_features="sqrt",
            random_state=self.random_state,
        )
        importance = model.fit(Z, y).feature_importances_
        return importance, importance > 0


def _forest(Z: np.ndarray, y: np.ndarray, trees: int, seed: int) -> np.ndarray:
    if is_numbers(y):
        # A third of the genes in each split, as is usual for numbers (Breiman).
        forest = RandomForestRegressor(trees, max_features=1 / 3, random_state=seed, n_jobs=1)
    else:
        forest = RandomForestClassifier(trees, random_state=seed, n_jobs=1)
    return forest.fit(Z, y).feature_importances_
