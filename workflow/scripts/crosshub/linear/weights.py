"""Weights of samples: noisy arrays or libraries count less, none is thrown away.

References
----------
Ritchie et al. 2006, Empirical array quality weights in the analysis of microarray data, BMC
Bioinformatics 7:261. Liu et al. 2015, Why weight? Modelling sample and observational level
variability improves power in RNA-seq analyses, Nucleic Acids Research 43:e97.
"""

import numpy as np

# As many genes of equal weights are added, so that few genes give no wild ones.
PRIOR_GENES = 10.0
STEPS = 100
TOLERANCE = 1e-14


def sample_weights(
    values: np.ndarray, design: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Estimate how precise each sample is, by REML over all genes.

    The variance of a value is that of its gene times that of its sample, divided by its own weight
    where it has one; the logarithms of the weights of the samples add up to zero.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    design
        Samples × coefficients, of full rank, with two degrees of freedom left.
    weights
        Genes × samples, such as those of `voom.voom`; default equal.

    Returns
    -------
    ndarray
        Weight (relative precision) of each sample; as limma's arrayWeights, iterated further.
    """
    genes, n = values.shape
    k = design.shape[1]
    if n - k < 2 or genes < 2:
        return np.ones(n)
    contrasts = np.vstack([np.eye(n - 1), -np.ones(n - 1)])
    gamma = np.zeros(n - 1)
    for _ in range(STEPS):
        of_samples = np.exp(-contrasts @ gamma)
        surplus, information, whole = _score(values, design, of_samples, weights)
        score = surplus + PRIOR_GENES * (of_samples - 1)
        total = contrasts.T @ (information + PRIOR_GENES * np.eye(n)) @ contrasts
        right = contrasts.T @ score
        step = np.linalg.solve(total, right)
        gamma += step
        if right @ step / (n - 1) / (whole + PRIOR_GENES) < TOLERANCE:
            break
    return np.exp(-contrasts @ gamma)


def _score(
    values: np.ndarray, design: np.ndarray, of_samples: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the score of the log variance of each sample, its information, and genes that tell.

    The variance of each gene is profiled out. Without weights of values all genes have one hat
    matrix, and it is computed once.
    """
    n, k = design.shape
    root = np.sqrt(of_samples if weights is None else of_samples * weights)
    q = np.linalg.qr(design * root[..., None])[0]
    y = values * root
    if weights is None:
        residuals = y - (y @ q) @ q.T
        q = q[None]
    else:
        fitted = np.einsum("gij,gj->gi", q, np.einsum("gij,gi->gj", q, y))
        residuals = y - fitted
    variance = (residuals**2).sum(axis=1) / (n - k)
    whole = variance > 1e-15
    if weights is not None:
        q = q[whole]
    times = 1 if weights is not None else int(whole.sum())
    kept = 1 - (q**2).sum(axis=2)
    squares = np.zeros((n, n))
    for a in range(k):
        for b in range(k):
            product = q[:, :, a] * q[:, :, b]
            squares += product.T @ product
    own = np.diag((2 * kept - 1).sum(axis=0)) + squares
    information = times * (own - kept.T @ kept / (n - k))
    surplus = (residuals[whole] ** 2 / variance[whole, None]).sum(axis=0)
    return surplus - times * kept.sum(axis=0), information, int(whole.sum())
