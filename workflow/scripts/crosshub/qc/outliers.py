"""Samples that are unlike the others of their cohort: four numbers for each, and their lines.

Connectivity and correlation ask whether a sample's profile goes with those of the others, the
distance in principal components whether it stands apart, the distribution whether its values lie
and spread as the others' do: a scaled array correlates with the others as well as it ever did.
A sample is an outlier if two of the four are beyond their line, or one is beyond it twice over.
"""

import numpy as np
import pandas as pd

# The line of each number, and the side on which it is crossed.
LINES = {"connectivity_z": -2.5, "correlation_d": -6.0, "pc_distance": 4.0, "distribution_d": 5.0}
FLAGS = {
    "connectivity_z": "connectivity_outlier",
    "correlation_d": "correlation_outlier",
    "pc_distance": "pc_outlier",
    "distribution_d": "distribution_outlier",
}
FEWEST = 6
PERCENTILES = (5, 25, 50, 75, 95)
COMPONENTS = 3
# A normal distribution's standard deviation in units of its median absolute deviation.
MAD_TO_SD = 1.4826


def measure_samples(expression: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Describe each sample of a cohort beside the others.

    Parameters
    ----------
    expression
        Genes × samples, log2, no gaps.
    groups
        Group of each sample, in the order of the columns. Correlation and distance are taken from
        the median of the sample's own group, so that the smaller group is not unlike the larger.

    Returns
    -------
    DataFrame
        Index sample; median, iqr (interquartile range) and percentile_5, 25, 75, 95 (log2);
        mean_correlation with the other samples; the four numbers with a flag each:

        connectivity_z
            Standardised network connectivity (Oldham 2012); flagged below -2.5. Of eight samples
            or fewer none can be that low.
        correlation_d
            Median correlation with the other samples (Fisher's z), from the median of the group in
            units of the scaled median absolute deviation (MAD); flagged below -6.
        pc_distance
            Root mean square of the scores on the first three principal components of the matrix
            centred by the median of the groups, each in units of its MAD; flagged above 4.
        distribution_d
            Distance of the median, or of the interquartile range, from those of the cohort in
            units of their MAD, the larger of the two; flagged above 5.

        and outlier: two flags, or one number beyond twice its line. Fewer than six samples are too
        few to judge: the numbers are missing and the flags false.

    Notes
    -----
    Of samples that are all alike in kind, drawn from a factor model, outlier is true for 0.3 to 2
    in 100 with normal factors (6 to 200 samples, groups equal or one to four), for 1 to 3 in 100
    with factors of heavy tails (t, 4 degrees of freedom), and for fewer than 1 in 200 where genes
    are independent. In a series whose values were centred by gene, no number can tell an array of
    noise from the others.

    References
    ----------
    Oldham, Langfelder and Horvath 2012, Network methods for describing sample relationships in
    genomic datasets, BMC Systems Biology 6:63.
    """
    values = expression.to_numpy(float)
    groups = np.asarray(groups)
    spread = np.percentile(values, PERCENTILES, axis=0)
    correlation = _correlation(values)
    n = len(correlation)
    table = pd.DataFrame(index=expression.columns)
    for percent, row in zip(PERCENTILES, spread, strict=True):
        table["median" if percent == 50 else f"percentile_{percent}"] = row
    table["iqr"] = spread[3] - spread[1]
    table["mean_correlation"] = (correlation.sum(axis=0) - 1) / (n - 1) if n > 1 else np.nan
    judged = n >= FEWEST
    numbers = {
        "connectivity_z": connectivity_z(correlation),
        "correlation_d": correlation_d(correlation, groups, len(values)),
        "pc_distance": pc_distance(values, groups),
        "distribution_d": distribution_d(table["median"].to_numpy(), table["iqr"].to_numpy()),
    }
    for name, number in numbers.items():
        table[name] = number if judged else np.nan
    return table.join(flags(table))


def flags(numbers: pd.DataFrame) -> pd.DataFrame:
    """Hold the four numbers against their lines; a missing number crosses none.

    Returns
    -------
    DataFrame
        bool: a flag for each number, and outlier: two flags, or a number beyond twice its line.
    """
    found, far = {}, pd.Series(False, index=numbers.index)
    for name, line in LINES.items():
        beyond = numbers[name] / line
        found[FLAGS[name]] = beyond > 1
        far |= beyond > 2
    table = pd.DataFrame(found)
    return table.assign(outlier=(table.sum(axis=1) >= 2) | far)


def connectivity_z(correlation: np.ndarray) -> np.ndarray:
    """Return the standardised connectivity of samples from their correlations."""
    connectivity = (((1 + correlation) / 2) ** 2).sum(axis=0) - 1
    spread = connectivity.std(ddof=1) if len(connectivity) > 1 else 0.0
    return (connectivity - connectivity.mean()) / (spread if spread > 0 else 1)


def correlation_d(correlation: np.ndarray, groups: np.ndarray, genes: int) -> np.ndarray:
    """Return how low the median correlation of each sample with the others is, in MADs.

    The MAD is at least the sampling error of a correlation over so many genes.
    """
    others = correlation.copy()
    np.fill_diagonal(others, np.nan)
    typical = np.nanmedian(others, axis=0) if len(others) > 1 else np.zeros(len(others))
    fisher = np.arctanh(np.clip(typical, -1 + 1e-9, 1 - 1e-9))
    from_group = _from_group(fisher[None, :], groups)[0]
    return from_group / max(_mad(from_group), 1 / np.sqrt(max(genes - 3, 1)))


def pc_distance(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the distance of each sample from its group in the first principal components, in MADs.

    Centring by medians leaves the others of a small group where they are when one of it stands
    apart. The MAD of a component is at least a hundredth of its root mean square, so that a sample
    that is a component of its own has a finite distance.
    """
    centred = _from_group(values, groups)
    centred = centred - centred.mean(axis=1, keepdims=True)
    _, size, directions = np.linalg.svd(centred, full_matrices=False)
    scores = directions[:COMPONENTS].T * size[:COMPONENTS]
    scores = scores - np.median(scores, axis=0)
    smallest = np.sqrt((scores**2).mean(axis=0)) / 100
    unit = np.maximum(np.apply_along_axis(_mad, 0, scores), smallest)
    return np.sqrt(((scores / np.where(unit > 0, unit, 1)) ** 2).mean(axis=1))


def distribution_d(median: np.ndarray, iqr: np.ndarray) -> np.ndarray:
    """Return how far the values of each sample lie or spread unlike the others', in MADs.

    The MAD is at least a fiftieth of the cohort's interquartile range: what normalisation made
    equal is not told apart by its rounding.
    """
    smallest = np.median(iqr) / 50
    found = np.zeros(len(median))
    for part in (median, iqr):
        unit = max(_mad(part), smallest)
        found = np.maximum(found, np.abs(part - np.median(part)) / (unit if unit > 0 else 1))
    return found


def principal_components(expression: pd.DataFrame, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores (samples × number) and shares of variance of the gene-centred matrix.

    The sign of each component is such that its largest loading is positive.
    """
    centred = expression.to_numpy(float)
    centred = centred - centred.mean(axis=1, keepdims=True)
    loadings, size, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(loadings[:, :number]).argmax(axis=0)
    sign = np.sign(loadings[largest, np.arange(len(largest))])
    total = (size**2).sum()
    shares = size[:number] ** 2 / (total if total > 0 else 1)
    scores = directions[:number].T * size[:number] * sign
    lacking = number - len(size)
    if lacking > 0:
        scores = np.hstack([scores, np.zeros((len(scores), lacking))])
        shares = np.concatenate([shares, np.zeros(lacking)])
    return scores, shares


def _correlation(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        # A sample of one value correlates with nothing: it shall show as such, and alone.
        correlation = np.nan_to_num(np.atleast_2d(np.corrcoef(values, rowvar=False)))
    np.fill_diagonal(correlation, 1)
    return correlation


def _from_group(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Subtract from each row (gene) the median of the sample's group."""
    centred = values.astype(float)
    for group in np.unique(groups):
        members = groups == group
        centred[:, members] -= np.median(centred[:, members], axis=1, keepdims=True)
    return centred


def _mad(values: np.ndarray) -> float:
    return MAD_TO_SD * float(np.median(np.abs(values - np.median(values))))
