"""What every selector shares.

Each is fitted on samples × genes and a y of two classes or of numbers, and has `support_` (bool, a
gene each), `ranking_` (1 = best) and `mean_ranking_`, in which genes that are equally good share
their mean rank. They see training samples only: whoever calls them hands no others over.
"""

from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import ClassifierTags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data


class Selector(SelectorMixin, BaseEstimator):
    """What the selectors share: validation, standardisation, and `support_` from a ranking."""

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> "Selector":
        """Rank the genes.

        Parameters
        ----------
        X
            Samples × genes.
        y
            Two classes (integers or text), or numbers (float).
        groups
            The person of each sample; inner folds do not split a person.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y, dtype=float, ensure_min_samples=2)
        codes = self._codes(y)
        spread = X.std(axis=0)
        Z = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
        people = np.arange(len(codes)) if groups is None else np.asarray(groups)
        score, chosen = self._score(Z, codes, people)
        # Ties are broken by position, so that the ranking is the same each time.
        order = np.argsort(-score, kind="stable")
        self.ranking_ = np.empty(len(score), int)
        self.ranking_[order] = np.arange(1, len(score) + 1)
        # LASSO alone leaves hundreds of genes equally good: their places say where they stood.
        self.mean_ranking_ = rankdata(-score)
        self.support_ = chosen & (self.ranking_ <= self.max_features)
        return self

    def _codes(self, y: np.ndarray) -> np.ndarray:
        """Return 0 and 1 (integer) for classes, standardised numbers (float) for numbers."""
        if is_numbers(y):
            if not varies(y):
                raise ValueError(
                    "the numbers are all the same: nothing can be learned from 1 class"
                )
            return (y - y.mean()) / y.std()
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"Only binary classification is supported; y has {len(classes)} class")
        self.classes_ = classes
        return codes

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        return self.support_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.classifier_tags = ClassifierTags(multi_class=False)
        return tags

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return a score a gene (higher = better) and which genes qualify; y as of `_codes`."""
        raise NotImplementedError


def is_numbers(y: np.ndarray) -> bool:
    """Whether y are numbers to be predicted, not two classes written 0 and 1 as integers."""
    return np.asarray(y).dtype.kind == "f"


def strata(y: np.ndarray) -> np.ndarray:
    """Return two classes by which samples are divided evenly; numbers are cut at their median."""
    return (y > np.median(y)).astype(int) if is_numbers(y) else y


def varies(y: np.ndarray) -> bool:
    """Whether something can be learned from y."""
    return len(np.unique(y)) > 1


def inner_splits(
    y: np.ndarray, people: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return stratified folds of people; none where a class has fewer than two people.

    Numbers are stratified by their median.
    """
    y = strata(y)
    counts = [len(np.unique(people[y == value])) for value in (0, 1)]
    number = min(folds, *counts)
    if number < 2:
        return []
    # The one that knows of people is slow, and needed only where a person has several samples.
    several = len(np.unique(people)) < len(people)
    kind = StratifiedGroupKFold if several else StratifiedKFold
    splitter = kind(number, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros((len(y), 1)), y, people if several else None)
    return [(train, test) for train, test in splits if varies(y[train])]


def half_of_people(y: np.ndarray, people: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which samples are in a random half of the people, each class halved.

    A person with samples of both classes goes by the first of them. Numbers have two classes, below
    and above their median.
    """
    y = strata(y)
    names, first = np.unique(people, return_index=True)
    taken = []
    for value in np.unique(y):
        own = names[y[first] == value]
        taken.extend(rng.permutation(own)[: (len(own) + int(rng.integers(2))) // 2])
    return np.isin(people, taken)
