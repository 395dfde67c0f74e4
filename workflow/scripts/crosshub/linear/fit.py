"""A linear model for each gene: ordinary, weighted, or with samples correlated in blocks."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from crosshub.errors import DataError

# Genes that are decomposed at once: more cost memory, fewer time.
CHUNK = 2000


@dataclass(frozen=True)
class LinearFit:
    """A linear model for each gene.

    Attributes
    ----------
    coefficients
        Genes × coefficients, in the units of the values.
    unscaled
        Genes × coefficients: standard error of each, over the gene's standard deviation.
    variance
        Residual variance of each gene.
    df
        Residual degrees of freedom, the same for all genes.
    mean
        Mean of each gene over the samples.
    """

    coefficients: np.ndarray
    unscaled: np.ndarray
    variance: np.ndarray
    df: int
    mean: np.ndarray


def fit_linear(
    values: np.ndarray,
    design: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    blocks: np.ndarray | None = None,
    correlation: float = 0.0,
) -> LinearFit:
    """Fit a linear model to each gene.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    design
        Samples × coefficients, of full rank.
    weights
        Relative precision (one over variance) of each sample, or genes × samples.
    blocks
        Block (person) of each sample; samples of one have the correlation `correlation`.
    correlation
        As `correlation.consensus_correlation` gives it.

    Returns
    -------
    LinearFit
        Equal to limma's lmFit.

    Raises
    ------
    DataError
        If the design is not of full rank or leaves no degree of freedom.
    """
    check_design(design)
    n, k = design.shape
    root = None
    if blocks is not None and correlation:
        blocks = np.asarray(blocks)
        same = blocks[:, None] == blocks[None, :]
        root = np.linalg.cholesky(np.where(same, correlation, 0.0) + (1 - correlation) * np.eye(n))
    mean = values.mean(axis=1)
    if weights is None or np.ndim(weights) == 1:
        scale = np.ones(n) if weights is None else np.sqrt(weights)
        y, x = values * scale, design * scale[:, None]
        if root is not None:
            y = solve_triangular(root, y.T, lower=True).T
            x = solve_triangular(root, x, lower=True)
        coefficients, errors, variance = _one_design(y, x)
        return LinearFit(
            coefficients, np.broadcast_to(errors, (len(values), k)), variance, n - k, mean
        )
    parts = [
        _own_designs(values[at : at + CHUNK], design, weights[at : at + CHUNK], root)
        for at in range(0, len(values), CHUNK)
    ]
    coefficients, errors, variance = map(np.concatenate, zip(*parts, strict=True))
    return LinearFit(coefficients, errors, variance, n - k, mean)


def check_design(design: np.ndarray) -> None:
    """Raise `DataError` if a design has no full rank or leaves no degree of freedom."""
    n, k = design.shape
    if np.linalg.matrix_rank(design) < k:
        raise DataError(
            "the design is not of full rank: a covariate says the same as the groups or as another"
            " covariate; remove it"
        )
    if n <= k:
        raise DataError(f"{n} samples leave nothing to estimate the variance of {k} coefficients")


def _one_design(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit all genes with one design: one decomposition and two products."""
    n, k = x.shape
    q, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    effects = y @ q
    residuals = y - effects @ q.T
    variance = np.einsum("ij,ij->i", residuals, residuals) / (n - k)
    return effects @ inverse.T, np.sqrt((inverse**2).sum(axis=1)), variance


def _own_designs(
    values: np.ndarray, design: np.ndarray, weights: np.ndarray, root: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit each gene with its own weights."""
    n, k = design.shape
    scale = np.sqrt(weights)
    y = values * scale
    x = design[None] * scale[:, :, None]
    if root is not None:
        y = solve_triangular(root, y.T, lower=True).T
        flat = x.transpose(1, 0, 2).reshape(n, -1)
        x = solve_triangular(root, flat, lower=True).reshape(n, -1, k).transpose(1, 0, 2)
    q, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    effects = np.einsum("gnk,gn->gk", q, y)
    residuals = y - np.einsum("gnk,gk->gn", q, effects)
    variance = np.einsum("gn,gn->g", residuals, residuals) / (n - k)
    return np.einsum("gjk,gk->gj", inverse, effects), np.sqrt((inverse**2).sum(axis=2)), variance


def contrast(fit: LinearFit, design: np.ndarray, weights: np.ndarray) -> LinearFit:
    """Return the fit of one linear combination of the coefficients, of an unweighted fit.

    Parameters
    ----------
    fit
        Of `fit_linear` with this design and neither weights nor blocks.
    design
        Samples × coefficients.
    weights
        Of the coefficients in the contrast.
    """
    error = float(np.sqrt(weights @ np.linalg.inv(design.T @ design) @ weights))
    effect = fit.coefficients @ weights
    unscaled = np.full((len(effect), 1), error)
    return LinearFit(effect[:, None], unscaled, fit.variance, fit.df, fit.mean)
