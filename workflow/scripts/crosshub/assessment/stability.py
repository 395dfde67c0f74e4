"""How far the choice of genes repeats over resamples, corrected for chance."""

from dataclasses import dataclass

import numpy as np

from crosshub.assessment import Z
from crosshub.errors import DataError

NOTHING_CHOSEN = "no resample chose a gene"
ALL_CHOSEN = "every resample chose all genes"
ONE_RUN = "fewer than two resamples"
BLOCK = 1000


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


def effective_stability(
    chosen: np.ndarray,
    similarity: np.ndarray,
    *,
    genes: int | None = None,
    total: float | None = None,
) -> float:
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
    genes, total
        Where `chosen` and `similarity` hold only the genes that some resample chose: the number of
        all that could be chosen, and the sum of the similarities of all pairs of them
        (`total_similarity`).

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
    runs, held = chosen.shape
    _check_similarity(similarity, held)
    genes = genes or held
    if _obstacle(chosen) not in ("", ALL_CHOSEN if genes > held else ""):
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
    pairs = (similarity.sum() if total is None else total) - genes
    by_chance = genes * alone + pairs * together
    # Where all genes are alike and sizes equal, chance leaves nothing to vary.
    if by_chance <= 1e-12 * genes:
        return np.nan
    return float(1 - observed / by_chance)


def similarity_of(first: np.ndarray, second: np.ndarray, threshold: float) -> np.ndarray:
    """Return absolute correlations of genes with genes, those below a threshold as 0.

    Parameters
    ----------
    first, second
        Samples × genes, the same samples.
    threshold
        Least absolute correlation that counts.
    """
    a, b = (_unit(np.asarray(part, float)) for part in (first, second))
    found = np.minimum(np.abs(a.T @ b), 1.0)
    return np.where(found >= threshold, found, 0.0)


def total_similarity(values: np.ndarray, threshold: float) -> float:
    """Return the sum of `similarity_of` over all pairs of genes, each gene with itself as 1.

    Parameters
    ----------
    values
        Samples × genes; read in blocks of genes, so that no genes × genes matrix is held.
    threshold
        As for `similarity_of`.
    """
    unit = _unit(np.asarray(values, float)).astype(np.float32)
    total = 0.0
    for start in range(0, unit.shape[1], BLOCK):
        found = np.abs(unit[:, start : start + BLOCK].T @ unit)
        total += float(found[found >= threshold].sum(dtype=float))
        own = np.abs(np.einsum("ij,ij->j", *2 * [unit[:, start : start + BLOCK]]))
        total += float((1 - np.where(own >= threshold, own, 0)).sum())
    return total


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(length > 0, length, 1.0)


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
