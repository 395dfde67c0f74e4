"""The correlation of samples of one person: a random effect for each gene, and their consensus.

References
----------
Smyth, Michaud and Scott 2005, Use of within-array replicate spots for assessing differential
expression in microarray experiments, Bioinformatics 21:2067.
"""

import numpy as np

TRIM = 0.15
HIGHEST = 0.99
STEPS = 200
TOLERANCE = 1e-12
# Genes with weights of their own that are decomposed at once.
CHUNK = 2000


def consensus_correlation(
    values: np.ndarray,
    design: np.ndarray,
    blocks: np.ndarray,
    weights: np.ndarray | None = None,
) -> float:
    """Return the correlation within blocks that all genes are taken to share.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    design
        Samples × coefficients, of full rank.
    blocks
        Block (person) of each sample.
    weights
        As in `fit.fit_linear`.

    Returns
    -------
    float
        Mean of the genes' correlations on the scale of atanh, 15 % trimmed at either end; 0 where
        no block has two samples, or the design says the blocks already. As limma's
        duplicateCorrelation, which stops its iterations earlier: to about five digits.
    """
    found = gene_correlations(values, design, blocks, weights)
    if found is None:
        return 0.0
    largest = np.unique(blocks, return_counts=True)[1].max()
    found = np.arctanh(np.clip(found[np.isfinite(found)], 1 / (1 - largest) + 0.01, HIGHEST))
    ordered = np.sort(found)
    cut = int(TRIM * ordered.size)
    return float(np.tanh(ordered[cut : ordered.size - cut].mean())) if ordered.size else 0.0


def gene_correlations(
    values: np.ndarray,
    design: np.ndarray,
    blocks: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray | None:
    """Estimate the correlation within blocks for each gene by REML.

    What the design leaves of the block indicators is decomposed, once for all genes unless each has
    its own weights. In its coordinates a gene's squared residuals are independent, with means that
    are linear in the two variances: a gamma regression, which is done for all genes at once by
    Fisher scoring.

    Returns
    -------
    ndarray or None
        One a gene; None where blocks cannot be told from the design.
    """
    names, member = np.unique(blocks, return_inverse=True)
    n, k = design.shape
    indicators = np.eye(len(names))[member]
    plain = np.linalg.qr(design, mode="complete")[0][:, k:].T @ indicators
    if len(names) == n or n - k < 3 or np.abs(plain).max() < 1e-8:
        return None
    if weights is not None and np.ndim(weights) == 2:
        parts = [
            _rotated(values[at : at + CHUNK], design, indicators, weights[at : at + CHUNK])
            for at in range(0, len(values), CHUNK)
        ]
        squares, size = (np.concatenate(part) for part in zip(*parts, strict=True))
    else:
        own = np.ones((1, n)) if weights is None else weights[None]
        squares, size = _rotated(values, design, indicators, own)
        if np.ptp(size) < 1e-12:
            return None
    within, between = _variances(squares, np.broadcast_to(size, squares.shape))
    total = within + between
    return np.where(total > 0, between / np.where(total > 0, total, 1), np.nan)


def _rotated(
    values: np.ndarray, design: np.ndarray, indicators: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return squared residuals in the coordinates of the blocks, and how much block each has."""
    root = np.sqrt(weights)
    k = design.shape[1]
    q = np.linalg.qr(design * root[:, :, None], mode="complete")[0][:, :, k:]
    # Samples of one person are correlated after weighting, as in `fit.fit_linear`.
    left = q.transpose(0, 2, 1) @ indicators
    u, d, _ = np.linalg.svd(left, full_matrices=True)
    size = np.zeros((len(root), q.shape[2]))
    size[:, : d.shape[1]] = d**2
    size[size < 1e-12] = 0
    turn = q @ u
    y = values * root
    squares = (y @ turn[0] if len(turn) == 1 else np.einsum("gn,gnm->gm", y, turn)) ** 2
    return squares, size


def _variances(squares: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit ``squares ~ within + between · size`` as gamma with one degree of freedom each."""
    beta = _start(squares, size)
    score = _deviance(squares, _means(beta, size))
    active = np.ones(len(beta), bool)
    for _ in range(STEPS):
        y, x, old = squares[active], size[active], beta[active]
        mu = _means(old, x)
        weight = 1 / mu**2
        a, b, c = (np.einsum("gm,gm->g", weight, x**power) for power in (0, 1, 2))
        left = (y - mu) * weight
        r0, r1 = left.sum(axis=1), (left * x).sum(axis=1)
        det = np.maximum(a * c - b**2, 1e-300)
        step = np.column_stack([c * r0 - b * r1, a * r1 - b * r0]) / det[:, None]
        new, reached = _shortened(y, old, step, score[active], x)
        gain = score[active] - reached
        beta[active], score[active] = new, reached
        active[active] = gain > TOLERANCE * np.maximum(np.abs(reached), 1)
        if not active.any():
            break
    return beta[:, 0], beta[:, 1]


def _start(squares: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return least squares, or no block at all where that gives means below zero."""
    centred = size - size.mean(axis=1, keepdims=True)
    slope = (centred * squares).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-300)
    level = squares.mean(axis=1) - slope * size.mean(axis=1)
    beta = np.column_stack([level, slope])
    wrong = _means(beta, size).min(axis=1) <= 0
    beta[wrong] = np.column_stack([squares[wrong].mean(axis=1), np.zeros(wrong.sum())])
    return beta


def _means(beta: np.ndarray, size: np.ndarray) -> np.ndarray:
    return beta[:, :1] + beta[:, 1:] * size


def _shortened(
    y: np.ndarray, old: np.ndarray, step: np.ndarray, score: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Halve the steps of genes until their deviance no longer rises."""
    new, reached = old.copy(), score.copy()
    waiting = np.arange(len(y))
    length = 1.0
    for _ in range(40):
        trial = old[waiting] + length * step[waiting]
        found = _deviance(y[waiting], _means(trial, size[waiting]))
        better = found <= score[waiting]
        new[waiting[better]], reached[waiting[better]] = trial[better], found[better]
        waiting = waiting[~better]
        length /= 2
        if not waiting.size:
            break
    return new, reached


def _deviance(y: np.ndarray, mu: np.ndarray) -> np.ndarray:
    positive = (mu > 0).all(axis=1)
    safe = np.where(mu > 0, mu, 1)
    part = (np.log(safe) + y / safe).sum(axis=1)
    return np.where(positive, part, np.inf)
