"""A logistic model as points to be added up."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crosshub.errors import DataError
from crosshub.model import Model, of_genes

TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
CLOSEST_TICKS = 7.0


@dataclass(frozen=True)
class Nomogram:
    """A logistic model as points to be added up.

    Attributes
    ----------
    genes
        gene, low, high (log2, reference scale: the ends of its ruler), center (where a gene that is
        not measured counts), points_low, points_high (points at these ends), points_per_log2. The
        end that speaks least for a case has 0 points; beyond the ends the ruler goes on.
    ticks
        gene, value (log2), points: the marks of the rulers.
    base
        Log odds of a case at a total of 0 points, at the prevalence of training.
    points_per_log_odds
        Points for one unit of log odds.
    prevalence
        Share of cases in training.
    stated_prevalence
        Share of cases where the model is to be used; missing if not stated.
    """

    genes: pd.DataFrame
    ticks: pd.DataFrame
    base: float
    points_per_log_odds: float
    prevalence: float
    stated_prevalence: float

    @property
    def most(self) -> float:
        """Total points with each gene at the better end of its ruler."""
        return float(self.genes[["points_low", "points_high"]].max(axis=1).sum())

    def points(self, values: pd.DataFrame) -> pd.DataFrame:
        """Read the points of samples × genes, log2 on the reference scale, as `values` is."""
        table = self.genes.set_index("gene")
        read = values.reindex(columns=table.index)
        read = read.fillna(table["center"])
        return (read - table["low"]) * table["points_per_log2"] + table["points_low"]

    def probability(self, total: np.ndarray, prevalence: float | None = None) -> np.ndarray:
        """Return the probability of a case at total points, at a prevalence (that of training)."""
        return expit(self.base + _shift(self, prevalence) + total / self.points_per_log_odds)

    def total(self, probability: np.ndarray, prevalence: float | None = None) -> np.ndarray:
        """Return the total points at which a case has a probability, the inverse of that."""
        above = logit(probability) - self.base - _shift(self, prevalence)
        return above * self.points_per_log_odds


def _shift(nomogram: Nomogram, prevalence: float | None) -> float:
    if prevalence is None:
        return 0.0
    return float(logit(prevalence) - logit(nomogram.prevalence))


def nomogram(
    model: Model, low: pd.Series, high: pd.Series, *, prevalence: float | None = None
) -> Nomogram:
    """Turn a model into points: the gene that moves the score most has 0 to 100.

    Parameters
    ----------
    model
        Logistic model.
    low, high
        gene → ends of its ruler (log2, reference scale), such as the 5 and 95 % quantiles of the
        training samples.
    prevalence
        Share of cases where the model is to be used, if known: the intercept moves by the
        difference of the log odds of the two prevalences.

    Raises
    ------
    DataError
        If no gene moves the score, an end is missing, or the prevalence is out of range.

    References
    ----------
    Iasonos et al. 2008, Journal of Clinical Oncology 26:1364. King and Zeng 2001, Political
    Analysis 9:137 (intercept).
    """
    if prevalence is not None and not 0 < prevalence < 1:
        raise DataError(f"nomogram: prevalence {prevalence} is not between 0 and 1; state a share")
    start, end = of_genes(model, low, "nomogram, low"), of_genes(model, high, "nomogram, high")
    if (start > end).any():
        raise DataError("nomogram: a low end is above its high end; swap them")
    slope = np.array(model.coefficient) / np.array(model.scale)
    center = np.array(model.center)
    at_low, at_high = slope * (start - center), slope * (end - center)
    worst = np.minimum(at_low, at_high)
    widest = float(np.abs(at_high - at_low).max(initial=0))
    if widest == 0:
        raise DataError("nomogram: no gene of the model moves the score; there is nothing to read")
    unit = 100 / widest
    genes = pd.DataFrame({"gene": list(model.genes), "low": start, "high": end, "center": center})
    genes["points_low"], genes["points_high"] = (at_low - worst) * unit, (at_high - worst) * unit
    genes["points_per_log2"] = slope * unit
    ticks = [
        (row.gene, value, row.points_low + (value - row.low) * row.points_per_log2)
        for row in genes.itertuples()
        for value in round_values(row.low, row.high, abs(row.points_high - row.points_low))
    ]
    return Nomogram(
        genes,
        pd.DataFrame(ticks, columns=["gene", "value", "points"]),
        float(model.intercept + worst.sum()),
        unit,
        model.prevalence,
        np.nan if prevalence is None else float(prevalence),
    )


def round_values(low: float, high: float, points: float) -> list[float]:
    """Return round values for a ruler this long, far enough apart to be labelled; or none."""
    most = int(points / CLOSEST_TICKS)
    if most < 1 or high <= low:
        return []
    smallest = (high - low) / most
    power = 10.0 ** math.floor(math.log10(smallest))
    step = next(s * power for s in TICK_STEPS if s * power >= smallest * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [round(i * step, 10) for i in range(first, last + 1)]
    return values if len(values) > 1 else []
