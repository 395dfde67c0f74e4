"""How far a prediction can be off: intervals from the errors in held-out scaffolds."""

import math

import numpy as np
import pandas as pd


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
    rank = math.ceil((compounds + 1) * level - 1e-9)
    if compounds == 0 or rank > compounds:
        return math.nan
    return float(np.quantile(errors, rank / compounds, method="inverted_cdf"))


def half_widths(predictions: pd.DataFrame, level: float) -> dict[bool, float]:
    """Return the half widths inside (true) and outside (false) of the domain.

    Each has its own errors (Mondrian conformal prediction), since errors grow outside.

    Parameters
    ----------
    predictions
        inchikey, activity, predicted, in_domain of held-out compounds.
    level
        Share that is to be covered.
    """
    errors = (predictions["activity"] - predictions["predicted"]).abs().to_numpy()
    inside = predictions["in_domain"].to_numpy(bool)
    return {
        side: half_width(
            errors[inside == side], predictions.loc[inside == side, "inchikey"].nunique(), level
        )
        for side in (True, False)
    }


def coverage(predictions: pd.DataFrame, level: float) -> float:
    """Return the share of held-out compounds that intervals from the other folds hold.

    Parameters
    ----------
    predictions
        Of one split: repeat, fold and what `half_widths` needs. Compounds that have no interval,
        as there are too few of their kind, do not count.
    level
        Share that is to be covered.
    """
    held, counted = 0, 0
    for _, own in predictions.groupby("repeat"):
        for fold in own["fold"].unique():
            test = own[own["fold"] == fold]
            widths = half_widths(own[own["fold"] != fold], level)
            allowed = test["in_domain"].map(widths)
            errors = (test["activity"] - test["predicted"]).abs()
            held += int((errors <= allowed).sum())
            counted += int(allowed.notna().sum())
    return held / counted if counted else math.nan
