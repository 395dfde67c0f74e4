"""The scale of the values of a series: already log2, or to be brought there.

Decided for each sample and by vote of the cohort, and never by turning a value into a gap.
"""

from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError


def looks_linear(values: np.ndarray) -> np.ndarray:
    """Say for each sample whether its values are on the linear scale.

    Parameters
    ----------
    values
        Probes × samples, at least one finite value in each sample.

    Returns
    -------
    ndarray
        bool, one a sample. The rule is that of GEO2R: a 99th percentile above 100, or a range
        above 50 with a positive lower quartile.

    References
    ----------
    Barrett et al. 2013, NCBI GEO: archive for functional genomics data sets, NAR 41:D991.
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    low, quarter, upper, high = np.nanpercentile(finite, [0, 25, 99, 100], axis=0)
    return (upper > 100) | ((high - low > 50) & (quarter > 0))


def to_log2(values: pd.DataFrame, choice: str = "auto") -> tuple[pd.DataFrame, dict[str, Any]]:
    """Bring a matrix to the log2 scale.

    Parameters
    ----------
    values
        Probes × samples, as submitted, at least one finite value in each sample.
    choice
        ``always``, ``never``, or ``auto``: by majority of the samples.

    Returns
    -------
    tuple of DataFrame and dict
        The matrix, log2; and the decision with its evidence. On the linear scale the value x
        becomes log2(max(x, 0) + 1): background correction leaves values at or below zero, and
        one added keeps them from exploding.

    Raises
    ------
    DataError
        If values of which more than a quarter are negative are to be taken for linear.
    """
    array = values.to_numpy(float)
    finite = array[np.isfinite(array)]
    votes = looks_linear(array)
    linear = choice == "always" or (choice == "auto" and votes.mean() > 0.5)
    evidence = {
        "scale": "linear" if linear else "log2",
        "decided_by": "vote of the samples" if choice == "auto" else "config (prepare.log2)",
        "samples_that_look_linear": int(votes.sum()),
        "samples": int(votes.size),
        "quantiles": dict(
            zip(
                ["min", "q25", "median", "q75", "q99", "max"],
                np.percentile(finite, [0, 25, 50, 75, 99, 100]).round(4).tolist(),
                strict=True,
            )
        ),
        "negative_values": int((finite < 0).sum()),
    }
    if not linear:
        return values, evidence
    if evidence["negative_values"] > finite.size / 4:
        asked = f"prepare.log2 is '{choice}'" + (", the values look linear" * (choice == "auto"))
        raise DataError(
            f"{asked}, but more than a quarter of them are negative: "
            "set it to 'never', or leave the series out"
        )
    evidence["transformation"] = "log2(max(x, 0) + 1)"
    return pd.DataFrame(
        np.log2(np.maximum(array, 0) + 1), index=values.index, columns=values.columns
    ), evidence
