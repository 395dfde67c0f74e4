"""RNA-seq counts: filtering, TMM normalisation and log2 counts per million, as edgeR has them."""

import numpy as np
import pandas as pd


def counts_per_million(counts: pd.DataFrame) -> pd.DataFrame:
    """Scale each sample to a total of one million."""
    return counts / counts.sum(axis=0) * 1e6


def expressed(
    counts: pd.DataFrame, group: pd.Series, *, min_count: float = 10, min_total: float = 15
) -> pd.Series:
    """Say which genes have enough counts to be tested.

    Parameters
    ----------
    counts
        Genes × samples.
    group
        Group of each sample.
    min_count, min_total
        Counts that a gene needs in as many samples as the smallest group has (70 % of those
        beyond ten), in a library of median size; and over all samples.

    Returns
    -------
    Series
        bool, by gene; equal to edgeR's filterByExpr.

    References
    ----------
    Chen, Lun and Smyth 2016, From reads to genes to pathways, F1000Research 5:1438.
    """
    totals = counts.sum(axis=0)
    smallest = group.loc[counts.columns].value_counts().min()
    needed = smallest if smallest <= 10 else 10 + (smallest - 10) * 0.7
    cutoff = min_count / totals.median() * 1e6
    tolerance = 1e-14
    enough = (counts_per_million(counts) >= cutoff).sum(axis=1) >= needed - tolerance
    return enough & (counts.sum(axis=1) >= min_total - tolerance)


def tmm_factors(counts: pd.DataFrame) -> pd.Series:
    """Return the TMM normalisation factors of the samples; their product is one.

    Parameters
    ----------
    counts
        Genes × samples.

    References
    ----------
    Robinson and Oshlack 2010, A scaling normalization method for differential expression analysis
    of RNA-seq data, Genome Biology 11:R25.
    """
    kept = counts[(counts > 0).any(axis=1)].to_numpy(float)
    totals = kept.sum(axis=0)
    upper = np.quantile(kept, 0.75, axis=0)
    if np.median(upper) < 1e-20:
        reference = int(np.argmax(np.sqrt(kept).sum(axis=0)))
    else:
        relative = upper / totals
        reference = int(np.argmin(np.abs(relative - relative.mean())))
    factors = np.array([_tmm(kept, totals, j, reference) for j in range(kept.shape[1])])
    factors /= np.exp(np.log(factors).mean())
    return pd.Series(factors, index=counts.columns)


def _tmm(counts: np.ndarray, totals: np.ndarray, sample: int, reference: int) -> float:
    """Weighted trimmed mean of log ratios: 30 % trimmed by ratio, 5 % by abundance."""
    observed, base = counts[:, sample] / totals[sample], counts[:, reference] / totals[reference]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log2(observed / base)
        abundance = (np.log2(observed) + np.log2(base)) / 2
        variance = (1 - observed) / counts[:, sample] + (1 - base) / counts[:, reference]
    finite = np.isfinite(ratio) & np.isfinite(abundance) & (abundance > -1e10)
    ratio, abundance, variance = ratio[finite], abundance[finite], variance[finite]
    if not ratio.size or np.max(np.abs(ratio)) < 1e-6:
        return 1.0
    n = ratio.size
    low_ratio, low_abundance = np.floor(n * 0.3) + 1, np.floor(n * 0.05) + 1
    ranked_ratio = pd.Series(ratio).rank().to_numpy()
    ranked_abundance = pd.Series(abundance).rank().to_numpy()
    kept = (
        (ranked_ratio >= low_ratio)
        & (ranked_ratio <= n + 1 - low_ratio)
        & (ranked_abundance >= low_abundance)
        & (ranked_abundance <= n + 1 - low_abundance)
    )
    if not kept.any():
        return 1.0
    return float(2 ** (np.sum(ratio[kept] / variance[kept]) / np.sum(1 / variance[kept])))


def log2_cpm(counts: pd.DataFrame, factors: pd.Series, *, prior: float = 2) -> pd.DataFrame:
    """Return log2 counts per million with library sizes corrected by `factors`.

    Equal to edgeR's ``cpm(log=TRUE, prior.count=2)``.

    Parameters
    ----------
    counts
        Genes × samples.
    factors
        As `tmm_factors` gives them.
    prior
        Count added to each, in proportion to the library, so that zero has a logarithm.
    """
    library = counts.sum(axis=0) * factors
    added = prior * library / library.mean()
    return np.log2((counts + added) / (library + 2 * added) * 1e6)
