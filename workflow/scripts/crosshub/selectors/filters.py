"""Selectors that judge genes singly or in pairs, and by trying every small subset."""

from itertools import combinations

import numpy as np
from scipy.special import stdtr

from crosshub.ridge import ridge_linear, ridge_logistic
from crosshub.selectors.base import Selector, inner_splits, is_numbers

MOST_AT_ONCE = 500


def pooled_t(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Student's t of each gene, cases minus controls, and its two-sided p."""
    case, control = Z[y == 1], Z[y == 0]
    df = max(len(y) - 2, 1)
    inside = ((case - case.mean(axis=0)) ** 2).sum(axis=0)
    inside += ((control - control.mean(axis=0)) ** 2).sum(axis=0)
    error = np.sqrt(inside / df * (1 / len(case) + 1 / len(control)))
    difference = case.mean(axis=0) - control.mean(axis=0)
    t = np.divide(difference, error, out=np.zeros_like(difference), where=error > 1e-12)
    t[(error <= 1e-12) & (np.abs(difference) > 1e-12)] = 1e6
    return t, 2 * stdtr(df, -np.abs(t))


def association_t(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the t of each gene and its two-sided p: `pooled_t`, or of a correlation.

    Parameters
    ----------
    Z
        Samples × genes.
    y
        0 and 1 as integers, or numbers.
    """
    if not is_numbers(y):
        return pooled_t(Z, y)
    df = max(len(y) - 2, 1)
    z, centred = Z - Z.mean(axis=0), y - y.mean()
    size = np.sqrt((z**2).sum(axis=0) * (centred**2).sum())
    r = np.divide(centred @ z, size, out=np.zeros(Z.shape[1]), where=size > 1e-12)
    t = r * np.sqrt(df / np.maximum(1 - r**2, 1e-12))
    return t, 2 * stdtr(df, -np.abs(t))


class UnivariateSelector(Selector):
    """Genes that differ between the classes, or go with the numbers, one by one.

    Parameters
    ----------
    max_features
        Most genes that are selected.
    level
        Largest false discovery rate (Benjamini and Hochberg) of a selected gene.
    """

    def __init__(self, max_features: int = 20, level: float = 0.05):
        self.max_features = max_features
        self.level = level

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        t, p = association_t(Z, y)
        ordered = np.sort(p)
        limits = self.level * np.arange(1, len(p) + 1) / len(p)
        passing = np.flatnonzero(ordered <= limits)
        cut = ordered[passing[-1]] if len(passing) else -1.0
        return np.abs(t), p <= cut


class MrmrSelector(Selector):
    """Genes of most relevance and least redundancy, added one by one.

    Parameters
    ----------
    max_features
        Genes that are selected.

    References
    ----------
    Ding and Peng 2005, Journal of Bioinformatics and Computational Biology 3:185: F statistic by
    mean absolute correlation with the genes already chosen (their quotient for continuous data).
    The divisor is never below the mean absolute correlation of unrelated genes, else a gene of no
    relevance wins by chance.
    """

    def __init__(self, max_features: int = 20):
        self.max_features = max_features

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        relevance = association_t(Z, y)[0] ** 2
        genes = Z.shape[1]
        redundancy = np.zeros(genes)
        left = np.ones(genes, bool)
        score = relevance / (1 + relevance.max()) - 1
        wanted = min(self.max_features, genes)
        by_chance = np.sqrt(2 / (np.pi * len(y)))
        for step in range(wanted):
            value = relevance if not step else relevance / np.maximum(redundancy / step, by_chance)
            best = int(np.argmax(np.where(left, value, -1.0)))
            score[best] = genes - step
            left[best] = False
            redundancy += np.abs(Z.T @ Z[:, best]) / len(y)
        return score, ~left


class BestSubsetSelector(Selector):
    """The subset of the best few genes whose ridge model predicts best, of all subsets.

    Parameters
    ----------
    max_features
        Largest subset, at most 5 in effect.
    pool
        Genes of which subsets are made: those of the largest t.
    cost
        Inverse penalty of the models.
    folds
        Inner folds.
    random_state
        Seed of the folds.

    Notes
    -----
    Among subsets within one standard error of the best the smallest is taken, of those the best.
    """

    def __init__(
        self,
        max_features: int = 20,
        pool: int = 10,
        cost: float = 1.0,
        folds: int = 5,
        random_state: int = 0,
    ):
        self.max_features = max_features
        self.pool = pool
        self.cost = cost
        self.folds = folds
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        size = np.abs(association_t(Z, y)[0])
        pool = np.argsort(-size, kind="stable")[: self.pool]
        largest = min(self.max_features, 5, len(pool))
        tried = [c for k in range(1, largest + 1) for c in combinations(range(len(pool)), k)]
        splits = inner_splits(y, people, self.folds, self.random_state)
        chosen = np.zeros(Z.shape[1], bool)
        if not splits:
            chosen[pool[:1]] = True
            return size, chosen
        loss = np.zeros((len(splits), len(tried)))
        for fold, (train, test) in enumerate(splits):
            loss[fold] = subset_losses(Z[:, pool], y, tried, train, test, self.cost)
        mean = loss.mean(axis=0)
        error = loss.std(axis=0, ddof=1)[mean.argmin()] / np.sqrt(len(splits))
        near = [i for i in range(len(tried)) if mean[i] <= mean.min() + error]
        best = min(near, key=lambda i: (len(tried[i]), mean[i]))
        chosen[pool[list(tried[best])]] = True
        return size + 2 * size.max() * chosen, chosen


def subset_losses(
    Z: np.ndarray,
    y: np.ndarray,
    subsets: list[tuple[int, ...]],
    train: np.ndarray,
    test: np.ndarray,
    cost: float,
) -> np.ndarray:
    """Return the mean loss (logistic, or squared error) of each subset on the test samples."""
    losses = np.empty(len(subsets))
    for size in sorted({len(s) for s in subsets}):
        places = [i for i, s in enumerate(subsets) if len(s) == size]
        for start in range(0, len(places), MOST_AT_ONCE):
            own = places[start : start + MOST_AT_ONCE]
            columns = np.array([subsets[i] for i in own])
            design = Z[train][:, columns].transpose(1, 0, 2)
            labels = np.broadcast_to(y[train], design.shape[:2])
            fit = ridge_linear if is_numbers(y) else ridge_logistic
            weight, intercept = fit(design, labels, cost)
            fitted = np.einsum("nmk,mk->mn", Z[test][:, columns], weight) + intercept[:, None]
            if is_numbers(y):
                losses[own] = ((fitted - y[test]) ** 2).mean(axis=1)
            else:
                losses[own] = np.logaddexp(0, -fitted * (2 * y[test] - 1)).mean(axis=1)
    return losses
