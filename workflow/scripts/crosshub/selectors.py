"""Feature selectors as scikit-learn estimators: LASSO, SVM-RFE, random forest.

Each is fitted on samples × genes and a binary y, and has `support_` (bool, a gene each) and
`ranking_` (1 = best). They see training samples only: whoever calls them hands no others over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import l1_min_c
from sklearn.utils import ClassifierTags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from crosshub.elimination import eliminate


class _Selector(SelectorMixin, BaseEstimator):
    """What the selectors share: validation, standardisation, and `support_` from a ranking."""

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> "_Selector":
        """Rank the genes.

        Parameters
        ----------
        X
            Samples × genes.
        y
            Two classes.
        groups
            The person of each sample; inner folds do not split a person.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y, dtype=float, ensure_min_samples=2)
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"Only binary classification is supported; y has {len(classes)} class")
        self.classes_ = classes
        spread = X.std(axis=0)
        Z = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
        people = np.arange(len(codes)) if groups is None else np.asarray(groups)
        score, chosen = self._score(Z, codes, people)
        # Ties are broken by position, so that the ranking is the same each time.
        order = np.argsort(-score, kind="stable")
        self.ranking_ = np.empty(len(score), int)
        self.ranking_[order] = np.arange(1, len(score) + 1)
        self.support_ = chosen & (self.ranking_ <= self.max_features)
        return self

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        return self.support_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags


class LassoSelector(_Selector):
    """LASSO logistic regression; the penalty of least cross-validated deviance.

    Parameters
    ----------
    max_features
        Most genes that are selected.
    folds
        Inner folds.
    penalties
        Number of penalties on the path.
    random_state
        Seed of the inner folds.

    References
    ----------
    Tibshirani 1996, Journal of the Royal Statistical Society B 58:267.
    """

    def __init__(
        self, max_features: int = 20, folds: int = 5, penalties: int = 12, random_state: int = 0
    ):
        self.max_features = max_features
        self.folds = folds
        self.penalties = penalties
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        self.C_ = self._choose(Z, y, people)
        size = np.abs(_l1(self.C_).fit(Z, y).coef_[0])
        return size, size > 0

    def _choose(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> float:
        """Return the penalty (as C) with the least deviance over the inner folds."""
        smallest = l1_min_c(Z, y, loss="log", intercept_scaling=INTERCEPT_SCALING)
        path = smallest * np.logspace(0.05, 2, self.penalties)
        splits = inner_splits(y, people, self.folds, self.random_state)
        if not splits:
            return float(path[len(path) // 2])
        deviance = np.zeros(len(path))
        for train, test in splits:
            for i, C in enumerate(path):
                deviance[i] += log_loss(_l1(C).fit(Z[train], y[train]), Z[test], y[test])
        return float(path[deviance.argmin()])


class SvmRfeSelector(_Selector):
    """Support vector machine with recursive feature elimination, exact, one gene at a time.

    See `elimination`.

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


class RandomForestSelector(_Selector):
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
        forest = RandomForestClassifier(self.trees, random_state=self.random_state, n_jobs=1)
        importance = forest.fit(Z, y).feature_importances_
        return importance, importance > 0


# liblinear penalises the intercept; scaled up, the penalty on it is next to nothing.
INTERCEPT_SCALING = 100.0


def _l1(C: float) -> LogisticRegression:
    # liblinear shuffles by its own seed: fixed, so that the same input gives the same bytes.
    return LogisticRegression(
        l1_ratio=1, C=C, solver="liblinear", intercept_scaling=INTERCEPT_SCALING, random_state=0
    )


def log_loss(model: LogisticRegression, X: np.ndarray, y: np.ndarray) -> float:
    """Return the summed logistic loss of a fitted model."""
    margin = model.decision_function(X) * (2 * y - 1)
    return float(np.logaddexp(0, -margin).sum())


def inner_splits(
    y: np.ndarray, people: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return stratified folds of people; none where a class has fewer than two people."""
    counts = [len(np.unique(people[y == value])) for value in (0, 1)]
    number = min(folds, *counts)
    if number < 2:
        return []
    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros((len(y), 1)), y, people)
    return [(train, test) for train, test in splits if len(np.unique(y[train])) == 2]


@dataclass(frozen=True)
class SelectorRecord:
    """A selector of the list: how it is made, and the paper."""

    make: Callable[[int, int], _Selector]
    citation: str


SELECTORS: dict[str, SelectorRecord] = {
    "lasso": SelectorRecord(
        lambda size, seed: LassoSelector(size, random_state=seed), "Tibshirani 1996"
    ),
    "svm_rfe": SelectorRecord(lambda size, seed: SvmRfeSelector(size), "Guyon et al. 2002"),
    "random_forest": SelectorRecord(
        lambda size, seed: RandomForestSelector(size, random_state=seed), "Breiman 2001"
    ),
}
