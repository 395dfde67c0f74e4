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


def sample_weights(values: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Estimate how precise each sample is, by REML over all genes.

    The variance of a value is that of its gene times that of its sample; the logarithms of the
    weights add up to zero.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    design
        Samples × coefficients, of full rank, with two degrees of freedom left.

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
    both = np.column_stack([np.ones(n), contrasts])
    gamma = np.zeros(n - 1)
    for _ in range(STEPS):
        weights = np.exp(-contrasts @ gamma)
        root = np.sqrt(weights)
        q = np.linalg.qr(design * root[:, None])[0]
        y = values * root
        residuals = y - (y @ q) @ q.T
        variance = (residuals**2).sum(axis=1) / (n - k)
        whole = variance > 1e-15
        hat = q @ q.T
        leverage = np.diag(hat)
        spread = both.T @ ((np.eye(n) * (1 - 2 * leverage) + hat**2) @ both)
        information = spread[1:, 1:] - np.outer(spread[1:, 0], spread[0, 1:]) / spread[0, 0]
        surplus = (residuals[whole] ** 2 / variance[whole, None]).sum(axis=0)
        score = surplus - whole.sum() * (1 - leverage) + PRIOR_GENES * (weights - 1)
        total = whole.sum() * information + PRIOR_GENES * contrasts.T @ contrasts
        right = contrasts.T @ score
        step = np.linalg.solve(total, right)
        gamma += step
        if right @ step / (n - 1) / (whole.sum() + PRIOR_GENES) < TOLERANCE:
            break
    return np.exp(-contrasts @ gamma)
