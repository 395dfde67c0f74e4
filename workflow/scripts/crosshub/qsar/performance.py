"""How good held-out predictions are, with intervals over scaffolds."""

import numpy as np
import pandas as pd

from crosshub.qsar.intervals import coverage

DRAWS = 1000
LEAST_IN_FOLD = 5
MEASURES = ("q2", "rmse", "mae", "spearman")


def performance(
    predictions: pd.DataFrame, rng: np.random.Generator, *, level: float = 0.9
) -> pd.DataFrame:
    """Judge the predictions of each split.

    Parameters
    ----------
    predictions
        Result of `validation.validate`.
    rng
        Random numbers of the bootstrap.
    level
        Of the prediction intervals whose coverage is given.

    Returns
    -------
    DataFrame
        split, n_compounds, n_scaffolds; q2, rmse, mae (log units) and spearman (within folds, then
        averaged: the mean of training moves against the held-out fold), each with _low and _high
        (95 %, bootstrap over scaffolds: compounds of one series are not independent); r2 (about the
        mean of all compounds); nearest_similarity (median); share_in_domain, rmse_in, rmse_out
        (inside and outside of the domain); coverage.
    """
    return pd.DataFrame(
        [_judge(name, part, rng, level) for name, part in predictions.groupby("split", sort=True)]
    )


def p_scrambled(scrambled: pd.DataFrame) -> float:
    """Return the share of tables, the real one among them, with a Q² as good; NaN without any.

    Parameters
    ----------
    scrambled
        Of `validation.validate`: q2 of the real table (scrambling 0) and of scrambled ones.
    """
    null = scrambled.loc[scrambled["scrambling"] > 0, "q2"]
    observed = scrambled.loc[scrambled["scrambling"] == 0, "q2"].item()
    return float((1 + (null >= observed).sum()) / (1 + len(null))) if len(null) else np.nan


def _judge(
    name: str, part: pd.DataFrame, rng: np.random.Generator, level: float
) -> dict[str, str | float | int]:
    groups, place = np.unique(part["group"], return_inverse=True)
    measured = _measure(part, np.ones((1, len(groups))), place)
    draws = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=DRAWS)
    spread = _measure(part, draws.astype(float), place)
    row: dict[str, str | float | int] = {
        "split": name,
        "n_compounds": part["inchikey"].nunique(),
        "n_scaffolds": len(groups),
    }
    for key in MEASURES:
        row[key] = measured[key][0]
        usable = spread[key][np.isfinite(spread[key])]
        low, high = np.quantile(usable, [0.025, 0.975]) if len(usable) else (np.nan, np.nan)
        row[f"{key}_low"], row[f"{key}_high"] = low, high
    errors = (part["activity"] - part["predicted"]).to_numpy()
    around = (part["activity"] - part["activity"].mean()).to_numpy()
    inside = part["in_domain"].to_numpy(bool)
    return row | {
        "r2": 1 - (errors**2).sum() / (around**2).sum(),
        "nearest_similarity": part["nearest_similarity"].median(),
        "share_in_domain": inside.mean(),
        "rmse_in": _rms(errors[inside]),
        "rmse_out": _rms(errors[~inside]),
        "coverage": coverage(part, level),
    }


def _rms(errors: np.ndarray) -> float:
    return float(np.sqrt((errors**2).mean())) if len(errors) else np.nan


def _measure(part: pd.DataFrame, weights: np.ndarray, place: np.ndarray) -> dict[str, np.ndarray]:
    """Return the measures for each draw of scaffolds; weights are draws × scaffolds."""
    errors = (part["activity"] - part["predicted"]).to_numpy()
    apart = (part["activity"] - part["training_mean"]).to_numpy()

    def total(values: np.ndarray) -> np.ndarray:
        return weights @ np.bincount(place, values, minlength=weights.shape[1])

    number = total(np.ones_like(errors))
    squares, rank = total(errors**2), np.zeros(len(weights))
    counted = np.zeros(len(weights))
    for rows in part.reset_index(drop=True).groupby(["repeat", "fold"]).groups.values():
        own = weights[:, place[rows]]
        x, y = (part[key].to_numpy()[rows] for key in ("activity", "predicted"))
        found = weighted_spearman(x, y, own)
        usable = np.isfinite(found) & (own.sum(axis=1) >= LEAST_IN_FOLD)
        rank[usable] += (found * own.sum(axis=1))[usable]
        counted[usable] += own.sum(axis=1)[usable]
    return {
        "q2": 1 - squares / total(apart**2),
        "rmse": np.sqrt(squares / number),
        "mae": total(np.abs(errors)) / number,
        "spearman": np.divide(rank, counted, out=np.full(len(rank), np.nan), where=counted > 0),
    }


def weighted_spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation for each row of weights; whole ones count repeated values.

    Parameters
    ----------
    x, y
        Values, n.
    weights
        Draws × n, not negative.

    Returns
    -------
    ndarray
        One number a draw; NaN where x or y has one value only.
    """
    a, b = (_weighted_ranks(values, weights) for values in (x, y))
    size = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (part - (weights * part).sum(axis=1, keepdims=True) / size for part in (a, b))
        squares = [(weights * part**2).sum(axis=1) for part in (a, b)]
        found = (weights * a * b).sum(axis=1) / np.sqrt(squares[0] * squares[1])
    found[np.minimum(*squares) < 1e-9] = np.nan
    return found


def _weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return mid-ranks of the values, each counted with its weight, less a half."""
    distinct, place = np.unique(values, return_inverse=True)
    held = np.zeros((len(weights), len(distinct)))
    np.add.at(held, (slice(None), place), weights)
    return (np.cumsum(held, axis=1) - held / 2)[:, place]
