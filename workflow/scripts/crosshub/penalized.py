"""Elastic-net paths: logistic and least-squares models with penalties on the genes.

Coordinate descent from the largest penalty down, each solution starting the next. Most genes are
never looked at: the strong rules say which may enter, and a gene is shown to stay out by how far
the residuals have moved since its correlation with them was last computed.

References
----------
Friedman, Hastie and Tibshirani 2010, Regularization paths for generalized linear models via
coordinate descent, Journal of Statistical Software 33(1). Tibshirani et al. 2012, Strong rules for
discarding predictors in lasso-type problems, Journal of the Royal Statistical Society B 74:245.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosshub.descent import path_of

PENALTIES = 100
SMALLEST_SHARE = 0.01


@dataclass(frozen=True)
class Path:
    """Solutions from the largest penalty to the smallest.

    Attributes
    ----------
    penalties
        λ of ``loss/n + λ Σ (mix |b| + (1 - mix) b²/2)``, b for standardised genes (divisor n).
    genes
        Positions of the genes that have a coefficient anywhere on the path.
    coefficients
        Penalties × genes, for genes as they were given (not standardised).
    intercepts
        One a penalty.
    """

    penalties: np.ndarray
    genes: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return penalties × samples: log odds, or values."""
        return self.coefficients @ x[:, self.genes].T + self.intercepts[:, None]

    def coefficients_at(self, place: int, n_genes: int) -> np.ndarray:
        """Return the coefficients of all genes at one penalty."""
        full = np.zeros(n_genes)
        full[self.genes] = self.coefficients[place]
        return full


@dataclass(frozen=True)
class Choice:
    """A penalty by cross-validation.

    Attributes
    ----------
    least
        Place on the path of the least mean loss.
    sparse
        Place of the largest penalty within one standard error of it.
    loss, error
        Mean over the folds (deviance or squared error) and its standard error, one a penalty.
    """

    least: int
    sparse: int
    loss: np.ndarray
    error: np.ndarray


def fit_path(
    x: np.ndarray,
    y: np.ndarray,
    *,
    logistic: bool = True,
    mix: float = 1.0,
    penalties: np.ndarray | None = None,
    factors: np.ndarray | None = None,
) -> Path:
    """Fit an elastic-net path.

    Parameters
    ----------
    x
        Samples × genes.
    y
        0 and 1, or numbers.
    logistic
        Logistic or least squares.
    mix
        1: LASSO; towards 0: ridge.
    penalties
        Falling; if not given, 100 from the least that leaves all genes out down to a hundredth of
        it, ending where the fit is perfect or gains no more.
    factors
        Multiplies the penalty of each gene; 0: not penalised (a clinical covariate).

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If `mix` is not above 0 and at most 1.
    """
    if not 0 < mix <= 1:
        raise ValueError(f"mix is {mix}; it must be above 0 and at most 1")
    y = np.asarray(y, float)
    own = np.ones(x.shape[1]) if factors is None else np.asarray(factors, float)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 1e-12 * np.maximum(np.abs(mean), 1), spread, np.inf)
    rows = np.ascontiguousarray(((x - mean) / scale).T)
    ends = penalties is None
    if penalties is None:
        largest = _largest_penalty(rows, y, own, mix, logistic)
        # A hair more, so that rounding lets no gene in at the first one.
        penalties = largest * (1 + 1e-12) * np.geomspace(1, SMALLEST_SHARE, PENALTIES)
    done, genes, b, intercept = path_of(
        rows, y, np.asarray(penalties, float), own, mix, logistic, ends
    )
    coefficients = b[:done] / scale[genes]
    return Path(
        np.asarray(penalties)[:done],
        genes,
        coefficients,
        intercept[:done] - coefficients @ mean[genes],
    )


def choose_penalty(
    x: np.ndarray,
    y: np.ndarray,
    path: Path,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    logistic: bool = True,
    mix: float = 1.0,
    factors: np.ndarray | None = None,
) -> Choice:
    """Choose among the penalties of a path by cross-validation.

    Parameters
    ----------
    x, y, logistic, mix, factors
        As for `fit_path`.
    path
        Of all samples; its penalties are tried.
    splits
        Train and test of each fold.
    """
    losses = np.empty((len(splits), len(path.penalties)))
    for fold, (train, test) in enumerate(splits):
        part = fit_path(
            x[train], y[train], logistic=logistic, mix=mix, penalties=path.penalties,
            factors=factors,
        )  # fmt: skip
        losses[fold] = _loss(part.predict(x[test]), np.asarray(y, float)[test], logistic)
    weight = np.array([len(test) for _, test in splits], float)
    mean = np.average(losses, axis=0, weights=weight)
    variance = np.average((losses - mean) ** 2, axis=0, weights=weight)
    error = np.sqrt(variance / max(len(splits) - 1, 1))
    least = int(mean.argmin())
    sparse = int(np.flatnonzero(mean <= mean[least] + error[least])[0])
    return Choice(least, sparse, mean, error)


def _loss(predicted: np.ndarray, y: np.ndarray, logistic: bool) -> np.ndarray:
    """Return the mean loss of each penalty: deviance, or squared error."""
    if not logistic:
        return ((predicted - y) ** 2).mean(axis=1)
    return 2 * np.logaddexp(0, -(2 * y - 1) * predicted).mean(axis=1)


def duality_gap(
    x: np.ndarray,
    y: np.ndarray,
    coefficient: np.ndarray,
    intercept: float,
    penalty: float,
    *,
    logistic: bool = True,
    mix: float = 1.0,
) -> tuple[float, float]:
    """Return the objective of a solution and how far it can be above the optimum.

    Parameters
    ----------
    x
        Samples × genes, each gene with mean 0 and standard deviation 1 (divisor n).
    y, logistic, mix
        As for `fit_path`.
    coefficient, intercept, penalty
        The solution.

    Returns
    -------
    tuple of float
        Objective, and duality gap: never below the true distance from the optimum.

    References
    ----------
    Fercoq, Gramfort and Salmon 2015, Mind the duality gap, ICML.
    """
    n = len(y)
    eta = x @ coefficient + intercept
    fitted = 1 / (1 + np.exp(-eta)) if logistic else eta
    residual = (y - fitted) / n
    # With centred genes this changes no correlation, and the intercept's condition holds exactly.
    residual = residual - residual.mean()
    size = np.abs(x.T @ residual)
    if mix == 1:
        residual = residual * min(1, penalty / size.max())
        of_penalty = 0.0
    else:
        above = np.maximum(size - penalty * mix, 0)
        of_penalty = float((above**2).sum() / (2 * penalty * (1 - mix)))
    if logistic:
        loss = np.logaddexp(0, eta) - y * eta
        share = np.clip(y - n * residual, 1e-300, 1 - 1e-16)
        dual = -(share * np.log(share) + (1 - share) * np.log1p(-share))
    else:
        loss = (y - eta) ** 2 / 2
        dual = n * residual * y - (n * residual) ** 2 / 2
    size_of = mix * np.abs(coefficient).sum() + (1 - mix) / 2 * (coefficient**2).sum()
    objective = float(loss.mean() + penalty * size_of)
    return objective, objective - float(dual.mean() - of_penalty)


def _largest_penalty(
    rows: np.ndarray, y: np.ndarray, factors: np.ndarray, mix: float, logistic: bool
) -> float:
    """Return the least penalty at which every penalised gene is left out."""
    n = rows.shape[1]
    fitted = np.full(n, y.mean())
    free = np.flatnonzero(factors == 0)
    if len(free):
        alone = path_of(
            np.ascontiguousarray(rows[free]), y, np.ones(1), factors[free], mix, logistic, False
        )
        eta = rows[free][alone[1]].T @ alone[2][0] + alone[3][0]
        fitted = 1 / (1 + np.exp(-eta)) if logistic else eta
    size = np.abs(rows @ (y - fitted)) / n
    held = factors > 0
    return float(max((size[held] / factors[held]).max(initial=0.0) / mix, 1e-10))
