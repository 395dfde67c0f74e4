"""From the scale of a series to log2, to M-values, or to ranks; each sample by itself."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crosshub.errors import DataError
from crosshub.values.scale import BY_NUMBERS, Scale, refuse

# Of one logarithm how many there are in a unit of another.
PER_LN, PER_LOG10 = 1 / np.log(2), np.log2(10)
BETA_OFFSET = 0.001


def to_log2(values: pd.DataFrame, scale: Scale) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Bring a matrix to log2.

    Parameters
    ----------
    values
        Probes × samples, as submitted, at least one finite value in each sample.
    scale
        As `choose` or `recognise` gives it.

    Returns
    -------
    tuple of DataFrame and dict
        The matrix; and the record for preparation.json: scale, transformation, units, warnings
        and the evidence. A linear value x becomes log2(max(x, 0) + 1): background correction
        leaves values at or below zero, and one added keeps them from exploding. Where the values
        are so small that one added would flatten them (a median below 10, a 99th percentile below
        1000 medians, few zeros), a hundredth of the sample's own median is added in its place, as
        much as one is to the median of a usual array. A gap stays a gap, and no value becomes one.
        ``rank`` gives normal scores.

    Raises
    ------
    DataError
        If the scale cannot be brought to log2 (see `scale.Scale`), or values are to be taken for
        linear of which more than half are negative.
    """
    refuse(scale)
    infinite = np.isinf(values.to_numpy(float))
    values = values.mask(infinite) if infinite.any() else values
    record = scale.evidence | {"scale": scale.name, "units": "log2 expression"}
    warnings = list(scale.warnings)
    match scale.name:
        case "linear":
            logged, record["transformation"] = _log2_of_linear(values)
            if record["negative_values"]:
                warnings.append(f"{record['negative_values']} negative values were taken for zero")
        case "ln" | "log10":
            factor = PER_LN if scale.name == "ln" else PER_LOG10
            logged = values * factor
            record["transformation"] = f"x times log2({'e' if scale.name == 'ln' else '10'})"
        case "rank":
            logged = normal_scores(values)
            record["units"] = "normal scores of within-sample ranks"
            record["transformation"] = "normal quantile of (rank - 0.5) / n, within each sample"
        case "scaled":
            logged, record["units"] = values, "units of the submitter"
            record["transformation"] = "none"
        case _:
            logged, record["transformation"] = values, "none"
    return logged, record | {"warnings": warnings}


def _log2_of_linear(values: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    array = values.to_numpy(float)
    negative = (array < 0).sum(axis=0) / np.isfinite(array).sum(axis=0)
    if (negative > 0.5).any():
        worst = values.columns[np.argmax(negative)]
        raise DataError(
            f"the scale is linear, but more than half of the values of sample {worst} are "
            "negative: correct the column scale of the table of cohorts, or leave the series out"
        )
    positive = np.maximum(array, 0)
    offset, written = np.ones(array.shape[1]), "log2(max(x, 0) + 1)"
    if _small(array):
        offset = _middle(array) / 100
        written = "log2(max(x, 0) + a hundredth of the sample's median)"
    logged = np.log2(positive + offset)
    return pd.DataFrame(logged, index=values.index, columns=values.columns), written


def _middle(array: np.ndarray) -> np.ndarray:
    return np.array([np.median(own[own > 0]) for own in array.T])


def _small(array: np.ndarray) -> bool:
    """Whether one added would flatten the values: told alike for all samples of the cohort.

    Zeros, and a median that is a floor far below the signals, are what one is added for.
    """
    middle = _middle(array)
    high = np.nanpercentile(array, 99, axis=0)
    zeros = (array == 0).sum(axis=0) / np.isfinite(array).sum(axis=0)
    few_zeros, no_floor = np.median(zeros) < 0.05, np.median(high / middle) < 1000
    return bool(np.median(middle) < 10 and few_zeros and no_floor)


def normal_scores(values: pd.DataFrame) -> pd.DataFrame:
    """Replace each value by the normal quantile of its rank in its sample.

    Parameters
    ----------
    values
        Probes × samples; a gap stays a gap and is not counted.

    Returns
    -------
    DataFrame
        norm.ppf((rank - 0.5) / n), ties at their mean rank; by each sample alone.
    """
    array = values.where(np.isfinite(values))
    ranks = (array.rank(axis=0) - 0.5) / array.notna().sum(axis=0)
    scores = stats.norm.ppf(ranks.to_numpy(float))
    return pd.DataFrame(scores, index=values.index, columns=values.columns)


def to_m_values(values: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Bring methylation to M-values.

    Parameters
    ----------
    values
        Probes × samples: beta values, within [0, 1]; or M-values, which stay as they are.

    Returns
    -------
    tuple of DataFrame and dict
        M = log2((beta + a) / (1 - beta + a)) with a = 0.001, so that |M| stays below 10 where a
        beta value is 0 or 1; and the record for preparation.json.

    Raises
    ------
    DataError
        If the values are neither.

    References
    ----------
    Du et al. 2010, Comparison of Beta-value and M-value methods for quantifying methylation levels
    by microarray analysis, BMC Bioinformatics 11:587.
    """
    array = values.to_numpy(float)
    finite = array[np.isfinite(array)]
    levels = [0, 1, 25, 50, 75, 99, 100]
    quantiles = np.percentile(finite, levels)
    names = ["min", "q01", "q25", "median", "q75", "q99", "max"]
    record = {
        "decided_by": BY_NUMBERS,
        "samples": values.shape[1],
        "quantiles": dict(zip(names, quantiles.round(4).tolist(), strict=True)),
        "negative_values": int((finite < 0).sum()),
        "units": "M-value",
        "warnings": [],
    }
    if finite.min() >= 0 and finite.max() <= 1:
        changed = np.log2((array + BETA_OFFSET) / (1 - array + BETA_OFFSET))
        written = f"log2((beta + {BETA_OFFSET}) / (1 - beta + {BETA_OFFSET}))"
        table = pd.DataFrame(changed, index=values.index, columns=values.columns)
        return table, record | {"scale": "beta", "transformation": written}
    if _look_like_m_values(array, quantiles):
        return values, record | {"scale": "M-value", "transformation": "none"}
    outside = int(((finite < 0) | (finite > 1)).sum())
    raise DataError(
        f"{outside} of {finite.size} values lie outside [0, 1], and they are no M-values either: "
        "kind=methylation needs beta values or M-values; correct kind, or leave the series out"
    )


def _look_like_m_values(array: np.ndarray, quantiles: np.ndarray) -> bool:
    """M-values reach far to both sides, and a probe has its own level in all samples."""
    lowest, low, _, _, _, high, highest = quantiles
    far = low < -1.5 and high > 1.5 and lowest > -20 and highest < 20
    whole = array[np.isfinite(array).all(axis=1)]
    if not far or len(whole) < 20:
        return bool(far)
    return bool(np.median(whole, axis=1).std() > np.median(whole.std(axis=1)))
