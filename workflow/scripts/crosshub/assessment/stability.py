"""How far the choice of genes repeats over resamples, corrected for chance."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from crosshub.errors import DataError

Z = float(norm.ppf(0.975))
NOTHING_CHOSEN = "no resample chose a gene"
ALL_CHOSEN = "every resample chose all genes"
ONE_RUN = "fewer than two resamples"


@dataclass(frozen=True)
class Stability:
    """Stability of a choice of genes.

    Attributes
    ----------
    value
        1 if all resamples chose the same genes, 0 on average if they chose at random; missing where
        it is not defined.
    variance
        Of the estimate, over resamples.
    low, high
        95 % interval.
    reason
        Why it is missing; empty if it is not.
    """

    value: float
    variance: float
    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class StabilityTest:
    """A test of stability: its statistic, standard normal under the null, and the p-value."""

    statistic: float
    p_value: float


def stability(chosen: np.ndarray) -> Stability:
    """Return the stability of a choice of genes with its interval.

    Parameters
    ----------
    chosen
        bool, resamples × genes that could be chosen. The variance holds for resamples drawn
        independently (bootstraps, random halves); folds of one cross-validation share samples, for
        which the interval is only a guide.

    Raises
    ------
    DataError
        If it is not a matrix of 0 and 1.

    References
    ----------
    Nogueira, Sechidis and Brown 2018, On the stability of feature selection algorithms, Journal of
    Machine Learning Research 18:174: definition 4 and theorem 7.
    """
    chosen = _matrix(chosen)
    reason = _obstacle(chosen)
    if reason:
        return Stability(np.nan, np.nan, np.nan, np.nan, reason)
    runs, genes = chosen.shape
    frequency = chosen.mean(axis=0)
    share = chosen.mean(axis=1)
    mean_share = share.mean()
    by_chance = mean_share * (1 - mean_share)
    value = 1 - chosen.var(axis=0, ddof=1).mean() / by_chance
    # What each run contributes; theorem 7 with k/d written as the share of genes chosen.
    own = chosen @ frequency / genes - share * mean_share
    own += value / 2 * (2 * share * mean_share - share - mean_share + 1)
    own /= by_chance
    variance = 4 / runs**2 * ((own - own.mean()) ** 2).sum()
    width = Z * np.sqrt(variance)
    return Stability(float(value), float(variance), float(value - width), float(value + width), "")


def exceeds(found: Stability, level: float) -> StabilityTest:
    """Test whether the stability is above a level, one-sided.

    Without any variation among resamples the statistic is infinite and p is 0 or 1.

    References
    ----------
    Nogueira, Sechidis and Brown 2018, corollary 8 (asymptotic normality).
    """
    statistic = _ratio(found.value - level, found.variance)
    return StabilityTest(statistic, float(norm.sf(statistic)))


def differs(first: Stability, second: Stability) -> StabilityTest:
    """Test whether two choices of genes are equally stable, two-sided.

    The resamples of the two are taken to be independent.

    References
    ----------
    Nogueira, Sechidis and Brown 2018, theorem 10.
    """
    statistic = _ratio(second.value - first.value, first.variance + second.variance)
    return StabilityTest(statistic, float(2 * norm.sf(abs(statistic))))


def effective_stability(chosen: np.ndarray, similarity: np.ndarray) -> float:
    """Return the stability where correlated genes may stand in for each other.

    Equal to `stability` if no two genes are similar. Choosing one gene of a correlated group in one
    resample and another in the next then counts as nearly the same.

    Parameters
    ----------
    chosen
        bool, resamples × genes.
    similarity
        Genes × genes, symmetric, 0 to 1 with 1 on the diagonal: absolute correlations, usually with
        those below a threshold set to 0. From training samples only.

    Returns
    -------
    float
        Missing where `stability` is.

    Raises
    ------
    DataError
        If the matrices do not fit each other or the description.

    References
    ----------
    Sechidis, Papangelou, Nogueira, Weatherall and Brown 2020, On the stability of feature selection
    in the presence of feature correlations, ECML PKDD 2019, LNCS 11906:327.
    """
    chosen = _matrix(chosen)
    similarity = np.asarray(similarity, float)
    runs, genes = chosen.shape
    _check_similarity(similarity, genes)
    if _obstacle(chosen):
        return np.nan
    sizes = chosen.sum(axis=1)
    share = sizes.mean() / genes
    # Genes that all resamples treat alike have no covariance with any other.
    varies = np.ptp(chosen, axis=0) > 0
    centred = chosen[:, varies] - chosen[:, varies].mean(axis=0)
    observed = ((centred @ similarity[np.ix_(varies, varies)]) * centred).sum() / (runs - 1)
    alone = share * (1 - share)
    together = 0.0
    if genes > 1:
        together = (sizes * (sizes - 1)).mean() / (genes * (genes - 1)) - share**2
    diagonal = np.trace(similarity)
    by_chance = diagonal * alone + (similarity.sum() - diagonal) * together
    # Where all genes are alike and sizes equal, chance leaves nothing to vary.
    if by_chance <= 1e-12 * genes:
        return np.nan
    return float(1 - observed / by_chance)


def _ratio(difference: float, variance: float) -> float:
    if np.isnan(difference) or variance > 0:
        return float(difference / np.sqrt(variance))
    return float(np.copysign(np.inf, difference)) if difference else np.nan


def _obstacle(chosen: np.ndarray) -> str:
    if len(chosen) < 2:
        return ONE_RUN
    if not chosen.any():
        return NOTHING_CHOSEN
    return ALL_CHOSEN if chosen.all() else ""


def _matrix(chosen: np.ndarray) -> np.ndarray:
    chosen = np.asarray(chosen, float)
    if chosen.ndim != 2 or chosen.shape[1] == 0 or not np.isin(chosen, (0, 1)).all():
        raise DataError("stability: choices must be resamples × genes of 0 and 1")
    return chosen


def _check_similarity(similarity: np.ndarray, genes: int) -> None:
    if similarity.shape != (genes, genes):
        raise DataError(f"stability: similarities must be {genes} × {genes}, one row a gene")
    fine = np.isfinite(similarity).all() and similarity.min() >= 0 and similarity.max() <= 1 + 1e-9
    if not fine or not np.allclose(np.diag(similarity), 1):
        raise DataError("stability: similarities must be 0 to 1 with 1 on the diagonal")
    if not np.allclose(similarity, similarity.T):
        raise DataError("stability: similarities must be symmetric")
