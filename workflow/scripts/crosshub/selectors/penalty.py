"""Selectors that penalise the weights of a logistic or linear model: LASSO and elastic net."""

import numpy as np

from crosshub.penalized import choose_penalty, fit_path
from crosshub.selectors.base import Selector, inner_splits, is_numbers


class _PenalizedSelector(Selector):
    mix: float
    rule: str
    folds: int
    random_state: int

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        kind = {"logistic": not is_numbers(y), "mix": self.mix}
        path = fit_path(Z, y, **kind)
        splits = inner_splits(y, people, self.folds, self.random_state)
        place = len(path.penalties) // 2
        if splits:
            choice = choose_penalty(Z, y, path, splits, **kind)
            place = choice.least if self.rule == "least" else choice.sparse
        self.penalty_ = float(path.penalties[place])
        size = np.abs(path.coefficients_at(place, Z.shape[1]))
        # Genes that are left out here are ranked by how early they enter the path.
        entry = (np.abs(path.coefficients) > 0).sum(axis=0)
        score = size.copy()
        outside = size[path.genes] == 0
        score[path.genes[outside]] = -1 / (1 + entry[outside])
        score[np.setdiff1d(np.arange(Z.shape[1]), path.genes)] = -2
        return score, size > 0


class ElasticNetSelector(_PenalizedSelector):
    """Elastic-net regression, logistic or of numbers; the penalty is chosen by cross-validation.

    Parameters
    ----------
    max_features
        Most genes that are selected: those of the largest weights.
    mix
        1: LASSO; towards 0: ridge.
    rule
        ``least``: the penalty of least cross-validated deviance; ``sparse``: the largest one within
        a standard error of it.
    folds
        Inner folds.
    random_state
        Seed of the inner folds.

    References
    ----------
    Zou and Hastie 2005, Journal of the Royal Statistical Society B 67:301.
    """

    def __init__(
        self,
        max_features: int = 20,
        mix: float = 0.5,
        rule: str = "least",
        folds: int = 5,
        random_state: int = 0,
    ):
        self.max_features = max_features
        self.mix = mix
        self.rule = rule
        self.folds = folds
        self.random_state = random_state


class LassoSelector(_PenalizedSelector):
    """LASSO regression, logistic or of numbers; the penalty is chosen by cross-validation.

    Parameters
    ----------
    max_features, rule, folds, random_state
        As for `ElasticNetSelector`.

    References
    ----------
    Tibshirani 1996, Journal of the Royal Statistical Society B 58:267.
    """

    mix = 1.0

    def __init__(
        self, max_features: int = 20, rule: str = "least", folds: int = 5, random_state: int = 0
    ):
        self.max_features = max_features
        self.rule = rule
        self.folds = folds
        self.random_state = random_state
