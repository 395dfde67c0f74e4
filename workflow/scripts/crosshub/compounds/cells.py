"""Over cell lines: the quantile that CMap takes, what is left without one, random effects."""

from collections.abc import Iterator

import numpy as np

from crosshub.meta.pooling import hartung_knapp, heterogeneity

HIGH, LOW = 0.67, 0.33


def max_quantile(values: np.ndarray) -> np.ndarray:
    """Return, over the last axis, the 67th or the 33rd percentile, whichever is further from 0.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    return _further(np.sort(values, axis=-1))


def left_out(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield `max_quantile` as each place of the last axis in turn is left out; at least two."""
    for place in range(values.shape[-1]):
        yield max_quantile(np.delete(values, place, axis=-1))


def within_cell_variance(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> float:
    """Return the variance of signatures of one compound in one cell line, pooled over all.

    Parameters
    ----------
    values
        One a signature, cell line by cell line.
    starts, sizes
        Of the cell lines.

    Returns
    -------
    float
        Missing where no cell line has two signatures.
    """
    df = int((sizes - 1).sum())
    if df <= 0:
        return np.nan
    means = np.add.reduceat(values.astype(float), starts) / sizes
    return float(((values - np.repeat(means, sizes)) ** 2).sum() / df)


def over_cells(means: np.ndarray, sizes: np.ndarray, variance: float) -> dict[str, np.ndarray]:
    """Combine the cell lines of compounds by random effects.

    Parameters
    ----------
    means, sizes
        Compounds × cell lines: mean ncs, number of signatures.
    variance
        Of one signature within a cell line (`within_cell_variance`); where it is missing or zero,
        cell lines weigh the same, the interval is that of their plain mean, and i2 is missing.

    Returns
    -------
    dict of ndarray
        effect, effect_low, effect_high (95 %, missing with one cell line), i2.
    """
    missing = np.full(len(means), np.nan)
    if means.shape[1] == 1:
        only = {"effect": means[:, 0], "effect_low": missing, "effect_high": missing}
        return {**only, "i2": missing}
    known = bool(np.isfinite(variance) and variance > 0)
    variances = variance / sizes if known else np.ones(means.shape)
    pooled = hartung_knapp(means, variances)
    i2 = heterogeneity(means, variances).i2 if known else missing
    limits = {"effect_low": pooled.low, "effect_high": pooled.high}
    return {"effect": pooled.effect, **limits, "i2": i2}


def _further(ordered: np.ndarray) -> np.ndarray:
    high, low = (_quantile(ordered, share) for share in (HIGH, LOW))
    return np.where(np.abs(high) >= np.abs(low), high, low).astype(np.float32)


def _quantile(ordered: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile of sorted values, as `numpy.quantile` does by default."""
    place = share * (ordered.shape[-1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[-1] - 1)
    return ordered[..., below] + np.float32(place - below) * (
        ordered[..., above] - ordered[..., below]
    )
