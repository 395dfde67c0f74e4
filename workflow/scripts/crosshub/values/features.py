"""Figures of a matrix by which its scale is told: of each sample alone, and of the probes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

QUANTILES = {
    "min": 0,
    "q001": 0.1,
    "q01": 1,
    "q25": 25,
    "median": 50,
    "q75": 75,
    "q99": 99,
    "q999": 99.9,
    "max": 100,
}
ENOUGH_PROBES = 10_000


def sample_features(values: pd.DataFrame) -> pd.DataFrame:
    """Describe each sample by its own finite values.

    Parameters
    ----------
    values
        Probes × samples, at least one finite value in each sample.

    Returns
    -------
    DataFrame
        Index sample; columns: the names of `QUANTILES`, mean, sd, and the shares negative, zero
        and whole (integers).
    """
    rows = []
    for own in _sorted_samples(values):
        row = dict(zip(QUANTILES, _at(own, list(QUANTILES.values())), strict=True))
        row |= {"mean": own.mean(), "sd": own.std()}
        below, up_to = np.searchsorted(own, 0, "left"), np.searchsorted(own, 0, "right")
        row |= {"negative": below / own.size, "zero": (up_to - below) / own.size}
        rows.append(row | {"whole": (own == np.rint(own)).mean()})
    return pd.DataFrame(rows, index=values.columns)


def _sorted_samples(values: pd.DataFrame) -> Iterator[np.ndarray]:
    """Yield the finite values of each sample, sorted: all of its quantiles at the price of one."""
    for column in values.to_numpy(float).T:
        own = np.sort(column)
        # Gaps are sorted to the end.
        yield own if np.isfinite(own[[0, -1]]).all() else own[np.isfinite(own)]


def _at(ordered: np.ndarray, percent: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return percentiles of sorted values, by linear interpolation as in `numpy.percentile`."""
    place = np.asarray(percent) / 100 * (ordered.size - 1)
    return np.interp(place, np.arange(ordered.size), ordered)


@dataclass(frozen=True)
class ProbeFeatures:
    """Figures of the probes over the samples.

    Attributes
    ----------
    centre
        Median over the probes of their medians.
    centre_spread
        Spread (interquartile range / 1.349) of the medians of the probes.
    sd
        Median over the probes of their standard deviations.
    sd_spread
        Spread of the logarithms of the standard deviations, over that which samples of this
        number from probes of one common standard deviation would show.
    """

    centre: float
    centre_spread: float
    sd: float
    sd_spread: float

    @property
    def centred(self) -> bool:
        """Whether the probes lie about one value: they differ less than the samples do."""
        return self.centre_spread < self.sd

    @property
    def standardised(self) -> bool:
        """Whether every probe has a standard deviation of about one, about zero.

        Wide enough for some of the samples of a matrix that was standardised as a whole.
        """
        about_one = 0.8 < self.sd < 1.2 and self.sd_spread < 1.35
        return self.centred and abs(self.centre) < 0.5 and about_one


def probe_features(values: pd.DataFrame) -> ProbeFeatures | None:
    """Describe the probes without gaps; None with fewer than 4 samples or 20 such probes.

    Of many probes every so-manieth is looked at: ten thousand tell their medians and spreads.
    """
    array = values.to_numpy(float)[:: max(len(values) // ENOUGH_PROBES, 1)]
    array = array[np.isfinite(array).all(axis=1)]
    n = array.shape[1]
    if n < 4 or len(array) < 20:
        return None
    medians, deviations = np.median(array, axis=1), array.std(axis=1, ddof=1)
    moving = deviations[deviations > 0]
    if len(moving) < 20:
        return None
    expected = np.log(np.sqrt(np.divide(*stats.chi2.ppf([0.75, 0.25], n - 1))))
    seen = np.subtract(*np.percentile(np.log(moving), [75, 25]))
    return ProbeFeatures(
        float(np.median(medians)),
        float(np.subtract(*np.percentile(medians, [75, 25])) / 1.349),
        float(np.median(deviations)),
        # A matrix standardised as a whole shows no spread at all, but for rounding.
        float(seen / expected),
    )


def quantile_normalised(values: pd.DataFrame) -> bool:
    """Whether all samples have the same distribution, to a hundredth of its range."""
    if values.shape[1] < 2:
        return False
    levels = np.linspace(1, 99, 99)
    grid = np.array([_at(own, levels) for own in _sorted_samples(values)])
    middle = np.median(grid, axis=0)
    extent = middle[-1] - middle[0]
    return bool(extent > 0 and np.abs(grid - middle).max() < 0.01 * extent)
