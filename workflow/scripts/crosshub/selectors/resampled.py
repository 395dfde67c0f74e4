"""Selectors that select again and again in halves of the people."""

import numpy as np

from crosshub.penalized import fit_path
from crosshub.selectors.base import Selector, half_of_people, is_numbers, varies

PAIRS = 50


def false_selections(threshold: float, chosen: float, genes: int, pairs: int = PAIRS) -> float:
    """Bound the number of noise genes that stability selection lets through.

    Parameters
    ----------
    threshold
        Share of the halves in which a selected gene must be chosen; above 0.5.
    chosen
        Mean number of genes chosen in a half.
    genes
        Number of genes.
    pairs
        Pairs of complementary halves.

    Returns
    -------
    float
        Bound on the expected number of selected genes that are chosen in a half no more often than
        a gene on average, if the distribution of the share is unimodal.

    References
    ----------
    Shah and Samworth 2013, Variable selection with error control: another look at stability
    selection, Journal of the Royal Statistical Society B 75:55, theorem 2; theorem 1 where its
    conditions do not hold.
    """
    share = chosen / genes
    worst = share * chosen / (2 * threshold - 1)
    least = min(0.5 + share**2, 0.5 + 1 / (2 * pairs) + 0.75 * share**2)
    if share > 1 / np.sqrt(3) or threshold <= least:
        return worst
    if threshold <= 0.75:
        factor = 1 / (2 * (2 * threshold - 1 - 1 / (2 * pairs)))
    else:
        factor = 4 * (1 - threshold + 1 / (2 * pairs)) / (1 + 1 / pairs)
    return min(worst, factor * share * chosen)


class StabilitySelector(Selector):
    """Genes that LASSO chooses in most halves of the people, in complementary pairs of halves.

    Parameters
    ----------
    max_features
        Most genes that are selected.
    chosen
        Genes that LASSO may choose in each half: the first ones to enter its path; if not given,
        so many that the bound can hold, at most 20.
    false_allowed
        Bound on the expected number of noise genes that are selected; it sets the threshold.
    pairs
        Pairs of halves.
    random_state
        Seed of the halves.

    References
    ----------
    Meinshausen and Bühlmann 2010, Journal of the Royal Statistical Society B 72:417. Shah and
    Samworth 2013, ibid. 75:55.
    """

    def __init__(
        self,
        max_features: int = 20,
        chosen: int | None = None,
        false_allowed: float = 1.0,
        pairs: int = PAIRS,
        random_state: int = 0,
    ):
        self.max_features = max_features
        self.chosen = chosen
        self.false_allowed = false_allowed
        self.pairs = pairs
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        genes = Z.shape[1]
        # With this many the worst-case bound holds from a threshold of 0.75 on.
        size = self.chosen or int(np.clip(np.sqrt(0.5 * genes * self.false_allowed), 1, 20))
        rng = np.random.default_rng(self.random_state)
        counts = np.zeros(genes)
        halves = 0
        for _ in range(self.pairs):
            half = half_of_people(y, people, rng)
            for part in (half, ~half):
                if varies(y[part]):
                    counts[first_of_path(Z[part], y[part], size)] += 1
                    halves += 1
        self.share_ = counts / max(halves, 1)
        self.threshold_ = self._threshold(counts.sum() / max(halves, 1), genes)
        return self.share_, self.share_ >= self.threshold_

    def _threshold(self, chosen: float, genes: int) -> float:
        """Return the least threshold whose bound holds; above 1 where none does."""
        for halves in range(self.pairs + 1, 2 * self.pairs + 1):
            threshold = halves / (2 * self.pairs)
            if false_selections(threshold, chosen, genes, self.pairs) <= self.false_allowed:
                return threshold
        return 1.01


class ArtificialGeneSelector(Selector):
    """Genes that LASSO chooses more often than shuffled copies; the threshold follows from these.

    Every gene gets a shuffled copy, which is noise by construction. In many halves of the people
    LASSO goes down its path; the largest share of halves at any penalty is a gene's. The threshold
    is the one of least estimated false discovery proportion,
    ``(1 + artificial above it) / (genes above it)``; where that never comes down to
    `false_allowed` nothing is selected. (The authors stop at 1, and so let genes of pure noise
    through: 7 of 60 on average.)

    Parameters
    ----------
    max_features
        Most genes that are selected.
    halves
        Number of halves.
    false_allowed
        Largest estimated false discovery proportion.
    random_state
        Seed of the copies and halves.

    References
    ----------
    Hédou et al. 2024, Discovery of sparse, reliable omic biomarkers with Stabl, Nature
    Biotechnology 42:1581.
    """

    def __init__(
        self,
        max_features: int = 20,
        halves: int = 100,
        false_allowed: float = 0.3,
        random_state: int = 0,
    ):
        self.max_features = max_features
        self.halves = halves
        self.false_allowed = false_allowed
        self.random_state = random_state

    def _score(self, Z: np.ndarray, y: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng(self.random_state)
        genes = Z.shape[1]
        both = np.hstack([Z, rng.permuted(Z, axis=0)])
        logistic = not is_numbers(y)
        penalties = fit_path(both, y, logistic=logistic).penalties
        penalties = penalties[: max(len(penalties) // 2, 1)][::2]
        counts = np.zeros((len(penalties), 2 * genes))
        for _ in range(self.halves):
            half = half_of_people(y, people, rng)
            if not varies(y[half]):
                continue
            path = fit_path(both[half], y[half], logistic=logistic, penalties=penalties)
            counts[:, path.genes] += path.coefficients != 0
        share = counts.max(axis=0) / self.halves
        self.threshold_, self.false_share_ = best_threshold(
            share[:genes], share[genes:], self.false_allowed
        )
        return share[:genes], share[:genes] > self.threshold_


def best_threshold(
    real: np.ndarray, artificial: np.ndarray, false_allowed: float = 1.0
) -> tuple[float, float]:
    """Return the threshold of least estimated false discovery proportion, and that proportion.

    Parameters
    ----------
    real, artificial
        Share of the halves in which each gene, and each shuffled gene, is chosen.
    false_allowed
        Largest estimated proportion.

    Returns
    -------
    tuple of float
        Threshold (1 where the proportion is never allowed), and the least proportion.
    """
    grid = np.arange(0.1, 1.0, 0.01)
    above = np.maximum((real[:, None] > grid).sum(axis=0), 1)
    estimate = (1 + (artificial[:, None] > grid).sum(axis=0)) / above
    place = int(estimate.argmin())
    if estimate[place] >= 1 or estimate[place] > false_allowed:
        return 1.0, float(estimate[place])
    return float(grid[place]), float(estimate[place])


def first_of_path(Z: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """Return the genes that are on the path of LASSO where it last holds at most `size` genes."""
    path = fit_path(Z, y, logistic=not is_numbers(y))
    on = path.coefficients != 0
    place = int(np.flatnonzero(on.sum(axis=1) <= size)[-1])
    return path.genes[on[place]]
