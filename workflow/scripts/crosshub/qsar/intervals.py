"""How far a prediction can be off: intervals from the errors in held-out scaffolds."""

import math

import numpy as np
import pandas as pd

LEAST_IN_BAND, MOST_BANDS = 20, 4
_SLIP = 1e-9


def half_width(errors: np.ndarray, compounds: int, level: float) -> float:
    """Return the half width of an interval that holds a share of the compounds.

    Parameters
    ----------
    errors
        Absolute errors in compounds that the model has not seen.
    compounds
        How many compounds they are of: a compound may have an error in each repeat.
    level
        Share that is to be covered.

    Returns
    -------
    float
        The quantile of conformal prediction; NaN where there are too few compounds for it.

    References
    ----------
    Vovk, Gammerman and Shafer 2005, Algorithmic Learning in a Random World; Barber et al. 2021,
    Annals of Statistics 49:486 (errors of cross-validation).
    """
    rank = math.ceil((compounds + 1) * level - _SLIP)
    if compounds == 0 or rank > compounds:
        return math.nan
    return float(np.quantile(errors, rank / compounds, method="inverted_cdf"))


def nearness_bands(predictions: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return how far predictions are off, by the distance from the training compounds.

    Each band has its own errors (Mondrian conformal prediction), since errors grow with the
    distance.

    Parameters
    ----------
    predictions
        repeat, inchikey, activity, predicted, nearness, in_domain of held-out compounds.
    level
        Share that is to be covered.

    Returns
    -------
    DataFrame
        Up to four bands with equally many predictions, at least 20 compounds in the mean, and as
        many as an interval of the level needs, the nearest first: nearness_low, nearness_high,
        predictions, compounds, share_in_domain, rmse, mae (log units), half_width (NaN where there
        are too few compounds).
    """
    order = predictions.sort_values(
        ["nearness", "inchikey", "repeat"], ascending=[False, True, True]
    )
    # The interval is the k-th of n errors, k being (n + 1) × level; there is none where k > n.
    least = max(LEAST_IN_BAND, math.ceil(level / (1 - level) - _SLIP))
    number = int(np.clip(predictions["inchikey"].nunique() // least, 1, MOST_BANDS))
    rows = []
    for places in np.array_split(np.arange(len(order)), number):
        part = order.iloc[places]
        errors = (part["activity"] - part["predicted"]).abs().to_numpy()
        compounds = part["inchikey"].nunique()
        rows.append(
            {
                "nearness_low": part["nearness"].min(),
                "nearness_high": part["nearness"].max(),
                "predictions": len(part),
                "compounds": compounds,
                "share_in_domain": part["in_domain"].mean(),
                "rmse": np.sqrt((errors**2).mean()),
                "mae": errors.mean(),
                "half_width": half_width(errors, compounds, level),
            }
        )
    return pd.DataFrame(rows)


def widths_at(nearness: np.ndarray, bands: pd.DataFrame) -> np.ndarray:
    """Return the half width for each nearness.

    Parameters
    ----------
    nearness
        Of compounds, 0 to 1.
    bands
        Result of `nearness_bands`.

    Returns
    -------
    ndarray
        NaN below every band: nothing that far away was tested.
    """
    lows = bands["nearness_low"].to_numpy()
    reached = np.asarray(nearness)[:, None] >= lows[None]
    widths = bands["half_width"].to_numpy(float)[reached.argmax(axis=1)]
    return np.where(reached.any(axis=1), widths, np.nan)


def coverage(predictions: pd.DataFrame, level: float) -> float:
    """Return the share of held-out compounds that intervals from the other folds hold.

    Parameters
    ----------
    predictions
        Of one split: fold and what `nearness_bands` needs. Compounds that have no interval do not
        count.
    level
        Share that is to be covered.
    """
    held, counted = 0, 0
    for _, own in predictions.groupby("repeat"):
        for fold in own["fold"].unique():
            test = own[own["fold"] == fold]
            bands = nearness_bands(own[own["fold"] != fold], level)
            allowed = widths_at(test["nearness"].to_numpy(), bands)
            errors = (test["activity"] - test["predicted"]).abs().to_numpy()
            held += int((errors <= allowed).sum())
            counted += int(np.isfinite(allowed).sum())
    return held / counted if counted else math.nan
