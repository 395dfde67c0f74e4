"""Counts as log2 values with a weight each: the trend of their variance with their size.

References
----------
Law, Chen, Shi and Smyth 2014, voom: precision weights unlock linear model analysis tools for
RNA-seq read counts, Genome Biology 15:R29.
"""

import numpy as np
from statsmodels.nonparametric.smoothers_lowess import lowess

from crosshub.linear.fit import fit_linear
from crosshub.linear.weights import sample_weights

SPAN = 0.5


def voom(
    counts: np.ndarray,
    design: np.ndarray,
    library: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    blocks: np.ndarray | None = None,
    correlation: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return log2 counts per million and their weights.

    Parameters
    ----------
    counts
        Genes × samples, filtered.
    design
        Samples × coefficients, of full rank.
    library
        Effective library size of each sample: its total times its normalisation factor.
    weights
        Of the samples, where known; see `weights.sample_weights`.
    blocks, correlation
        As in `fit.fit_linear`.

    Returns
    -------
    tuple of ndarray
        Genes × samples each. Equal to limma's voom.
    """
    values = np.log2((counts + 0.5) / (library + 1) * 1e6)
    fit = fit_linear(values, design, weights=weights, blocks=blocks, correlation=correlation)
    size = fit.mean + np.log2(library + 1).mean() - np.log2(1e6)
    root = fit.variance**0.25
    seen = counts.sum(axis=1) > 0
    trend = lowess(root[seen], size[seen], frac=SPAN, it=3, delta=0.01 * np.ptp(size[seen]))
    x, first = np.unique(trend[:, 0], return_index=True)
    heights = np.add.reduceat(trend[:, 1], first) / np.diff([*first, len(trend)])
    fitted = fit.coefficients @ design.T + np.log2(library + 1) - np.log2(1e6)
    return values, np.interp(fitted, x, heights) ** -4


def weighted_voom(
    counts: np.ndarray, design: np.ndarray, library: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return log2 counts per million with weights that noisy samples have less of.

    Parameters
    ----------
    counts, design, library
        As in `voom`.

    Returns
    -------
    tuple of ndarray
        Genes × samples each; as limma's voomWithQualityWeights.

    References
    ----------
    Liu et al. 2015, Why weight? Modelling sample and observational level variability improves power
    in RNA-seq analyses, Nucleic Acids Research 43:e97.
    """
    values, weights = voom(counts, design, library)
    values, weights = voom(counts, design, library, weights=sample_weights(values, design, weights))
    return values, weights * sample_weights(values, design, weights)
