"""What each gene adds to the score of a sample: Shapley values, and the model as a nomogram."""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crosshub.errors import DataError
from crosshub.model import Model

MOST_ENUMERATED = 8
CONTRIBUTIONS = ["sample", "gene", "value", "contribution"]
TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
CLOSEST_TICKS = 7.0


def contributions(
    model: Model, expression: pd.DataFrame, background: pd.Series | None = None
) -> pd.DataFrame:
    """Return what each gene adds to the score of each sample: Shapley values in closed form.

    The genes are taken as set one apart from the other (interventional values), for which
    coefficient · (value - background) / scale is exact in a linear model.

    Parameters
    ----------
    model
        Logistic model.
    expression
        Genes × samples, any scale that keeps the order of the genes within a sample.
    background
        gene → mean of the training samples (log2, on the model's reference scale); without it the
        reference values of the model.

    Returns
    -------
    DataFrame
        sample, gene, value (log2, reference scale; missing if not measured), contribution (log
        odds; 0 if not measured). The contributions of a sample and `base_score` sum to its score.

    Raises
    ------
    DataError
        If the model cannot score these data, or the background lacks a gene.

    References
    ----------
    Štrumbelj and Kononenko 2014, Knowledge and Information Systems 41:647. Lundberg and Lee 2017,
    NeurIPS 30:4765.
    """
    scores = model.score(expression)  # Refuses what the model refuses.
    genes = list(model.genes)
    if not genes:
        return pd.DataFrame({name: [] for name in CONTRIBUTIONS}).astype(
            {"sample": object, "gene": object}
        )
    values = model.reference.transform(expression, genes).to_numpy(float)
    weight = np.array(model.coefficient) / np.array(model.scale)
    added = weight * (values - _background(model, background))
    added[np.isnan(values)] = 0
    return pd.DataFrame(
        {
            "sample": np.repeat(scores["sample"].to_numpy(), len(genes)),
            "gene": np.tile(np.array(genes, dtype=object), len(scores)),
            "value": values.ravel(),
            "contribution": added.ravel(),
        }
    )


def base_score(
    model: Model, background: pd.Series | None = None, missing: Iterable[str] = ()
) -> float:
    """Return the score that contributions start from: that of the background, log odds.

    Parameters
    ----------
    model, background
        As in `contributions`.
    missing
        Genes that are not measured: the model gives them its reference value, not the background's.
    """
    shift = np.array(model.coefficient) / np.array(model.scale)
    shift = shift * (_background(model, background) - np.array(model.center))
    lacking = set(missing)
    measured = np.array([gene not in lacking for gene in model.genes], bool)
    return float(model.intercept + shift[measured].sum())


def _background(model: Model, background: pd.Series | None) -> np.ndarray:
    if background is None:
        return np.array(model.center)
    return _of_genes(model, background, "background")


def _of_genes(model: Model, values: pd.Series, what: str) -> np.ndarray:
    found = values.reindex(list(model.genes)).to_numpy(float)
    if not np.isfinite(found).all():
        lacking = [g for g, v in zip(model.genes, found, strict=True) if not np.isfinite(v)]
        raise DataError(f"{what}: no value for {', '.join(lacking[:5])}; give every panel gene")
    return found


def shapley(
    predict: Callable[[np.ndarray], np.ndarray],
    z: np.ndarray,
    background: np.ndarray,
    *,
    rng: np.random.Generator,
    permutations: int = 200,
) -> np.ndarray:
    """Return the Shapley values of any model; they sum to f(z) - mean f(background).

    A coalition is worth the mean prediction with its genes as in the sample and the others as in
    each background sample. Up to 8 genes all coalitions are enumerated, which is exact; above, the
    values are means over random orders of the genes, half of them the reverse of the others, which
    is exact for effects of single genes and of pairs.

    Parameters
    ----------
    predict
        Samples × genes → log odds, one a sample.
    z
        Samples × genes.
    background
        Background samples × genes, at least one.
    rng
        Draws the orders.
    permutations
        Number of orders: even, at least 2.

    Returns
    -------
    ndarray
        Samples × genes, log odds.

    Raises
    ------
    DataError
        If the shapes do not fit, or the number of orders is odd or none.

    References
    ----------
    Castro, Gómez and Tejada 2009, Computers and Operations Research 36:1726. Mitchell et al. 2022,
    JMLR 23:43 (reversed orders).
    """
    z, background = np.asarray(z, float), np.asarray(background, float)
    if z.ndim != 2 or background.ndim != 2 or z.shape[1] != background.shape[1]:
        raise DataError("shapley: samples and background need the same genes; give two matrices")
    if not len(background):
        raise DataError("shapley: the background is empty; give at least one sample")
    if permutations < 2 or permutations % 2:
        raise DataError(f"shapley: {permutations} permutations; give an even number, at least 2")
    genes = z.shape[1]

    def worth(inside: np.ndarray) -> np.ndarray:
        mixed = np.where(inside, z[:, None, :], background[None, :, :])
        found = np.asarray(predict(mixed.reshape(-1, genes)), float)
        return found.reshape(len(z), len(background)).mean(axis=1)

    if genes <= MOST_ENUMERATED:
        return _enumerated(worth, *z.shape)
    orders = (rng.permutation(genes) for _ in range(permutations // 2))
    return _over_orders(worth, *z.shape, orders)


def _enumerated(worth: Callable[[np.ndarray], np.ndarray], samples: int, genes: int) -> np.ndarray:
    value = {
        inside: worth(np.array(inside, bool)) for inside in itertools.product((0, 1), repeat=genes)
    }
    found = np.zeros((samples, genes))
    for inside, without in value.items():
        size = sum(inside)
        for gene in (g for g in range(genes) if not inside[g]):
            share = 1 / (genes * math.comb(genes - 1, size))
            together = value[(*inside[:gene], 1, *inside[gene + 1 :])]
            found[:, gene] += share * (together - without)
    return found


def _over_orders(
    worth: Callable[[np.ndarray], np.ndarray],
    samples: int,
    genes: int,
    orders: Iterable[np.ndarray],
) -> np.ndarray:
    nobody, everybody = worth(np.zeros(genes, bool)), worth(np.ones(genes, bool))
    found, count = np.zeros((samples, genes)), 0
    for order in orders:
        for direction in (order, order[::-1]):
            inside, before = np.zeros(genes, bool), nobody
            for gene in direction:
                inside[gene] = True
                after = everybody if inside.all() else worth(inside)
                found[:, gene] += after - before
                before = after
            count += 1
    return found / count


def importance(contributions: pd.DataFrame) -> pd.DataFrame:
    """Rank genes by what they add to the score on average.

    Parameters
    ----------
    contributions
        Of `contributions`: gene, value, contribution.

    Returns
    -------
    DataFrame
        gene, mean_absolute (log odds, over the samples in which it was measured; missing if in
        none), direction (up: more expression = more likely a case; down; empty where no two samples
        differ), rank (1 = most; ties by name).
    """
    rows = []
    for gene, part in contributions.groupby("gene", sort=True):
        measured = part[part["value"].notna()]
        value, added = measured["value"].to_numpy(float), measured["contribution"].to_numpy(float)
        mean = float(np.abs(added).mean()) if len(measured) else np.nan
        rows.append((gene, mean, _direction(value, added)))
    table = pd.DataFrame(rows, columns=["gene", "mean_absolute", "direction"])
    table = table.sort_values("mean_absolute", ascending=False, kind="stable", ignore_index=True)
    return table.assign(rank=np.arange(1, len(table) + 1))


def _direction(value: np.ndarray, added: np.ndarray) -> str:
    if len(value) < 2 or np.ptp(value) == 0 or np.ptp(added) == 0:
        return ""
    slope = float((value - value.mean()) @ (added - added.mean()))
    return "up" if slope > 0 else "down" if slope < 0 else ""


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
    start, end = _of_genes(model, low, "nomogram, low"), _of_genes(model, high, "nomogram, high")
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
