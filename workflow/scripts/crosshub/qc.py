"""Quality of a cohort: what each sample looks like beside the others. Nothing is dropped here."""

import numpy as np
import pandas as pd

OUTLIER_Z = -2.5


def check_cohort(expression: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Describe each sample of a cohort.

    Parameters
    ----------
    expression
        Genes × samples, log2.
    samples
        Index sample; column group.

    Returns
    -------
    DataFrame
        sample, group, median and iqr (log2), mean_correlation (with the other samples),
        connectivity_z (standardised network connectivity), pc1, pc2 (scores), pc1_variance,
        pc2_variance (shares), outlier (connectivity_z below -2.5).

    References
    ----------
    Oldham, Langfelder and Horvath 2012, Network methods for describing sample relationships in
    genomic datasets, BMC Systems Biology 6:63.
    """
    values = expression.to_numpy(float)
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # A sample of one value correlates with nothing: it shall show as such, and alone.
        correlation = np.nan_to_num(np.corrcoef(values, rowvar=False))
    np.fill_diagonal(correlation, 1)
    n = correlation.shape[0]
    mean_correlation = (correlation.sum(axis=0) - 1) / (n - 1)
    connectivity = (((1 + correlation) / 2) ** 2).sum(axis=0) - 1
    spread = connectivity.std(ddof=1)
    z = (connectivity - connectivity.mean()) / (spread if spread > 0 else 1)
    scores, shares = principal_components(expression, 2)
    return pd.DataFrame(
        {
            "sample": expression.columns,
            "group": samples["group"].to_numpy(),
            "median": middle,
            "iqr": high - low,
            "mean_correlation": mean_correlation,
            "connectivity_z": z,
            "pc1": scores[:, 0],
            "pc2": scores[:, 1],
            "pc1_variance": shares[0],
            "pc2_variance": shares[1],
            "outlier": z < OUTLIER_Z,
        }
    )


def principal_components(expression: pd.DataFrame, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores (samples × number) and shares of variance of the gene-centred matrix.

    The sign of each component is such that its largest loading is positive.
    """
    centred = expression.to_numpy(float)
    centred = centred - centred.mean(axis=1, keepdims=True)
    loadings, size, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(loadings[:, :number]).argmax(axis=0)
    sign = np.sign(loadings[largest, np.arange(number)])
    total = (size**2).sum()
    shares = size[:number] ** 2 / (total if total > 0 else 1)
    return directions[:number].T * size[:number] * sign, shares
