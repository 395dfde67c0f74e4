"""What each gene adds to the score of a sample: Shapley values."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.assessment.decision_curve import (
    DecisionCurve,
    decision_curve,
    shift_prevalence,
)
from crosshub.cohorts import Cohort
from crosshub.errors import DataError
from crosshub.model import Model, of_genes
from crosshub.nomogram import Nomogram, nomogram

MOST_ENUMERATED = 8
LARGEST_BACKGROUND = 25
SAMPLED_ORDERS = 50
THRESHOLDS = np.arange(0.01, 0.991, 0.01)
CONTRIBUTIONS = ["sample", "gene", "value", "contribution"]


def contributions(
    model: Model, expression: pd.DataFrame, background: pd.Series | None = None
) -> pd.DataFrame:
    """Return what each gene adds to the score of each sample: Shapley values in closed form.

    The genes are taken as set one apart from the other (interventional values), for which
    coefficient · (value - background) / scale is exact in a linear model.

    Parameters
    ----------
    model
        With a linear classifier; for others see `sampled_contributions`.
    expression
        Genes × samples, any scale that keeps the order of the genes within a sample.
    background
        gene → mean of the training samples (log2, on the model's reference scale); without it the
        reference values of the model.

    Returns
    -------
    DataFrame
        sample, gene, value (log2, reference scale; missing if not measured), contribution (log
        odds; 0 if not measured). They sum to how far the score of the sample is from that of the
        background, in which genes that the sample lacks have the model's reference value.

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
    return _long(scores["sample"].to_numpy(), genes, values, added)


def sampled_contributions(
    model: Model, values: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return what each gene adds to the score of each sample, for a classifier of any kind.

    Parameters
    ----------
    model
        Of any kind.
    values
        Samples × genes of the model (log2, on its reference scale), none missing. Evenly spaced
        ones of them, at most 25, are the background.
    rng
        Of the orders; see `shapley`.

    Returns
    -------
    DataFrame
        As `contributions`; those of a sample sum to its score minus the background's mean score.
    """
    z = values[list(model.genes)].to_numpy(float)
    places = np.linspace(0, len(z) - 1, min(LARGEST_BACKGROUND, len(z))).round().astype(int)
    added = shapley(model.predict, z, z[places], rng=rng, permutations=SAMPLED_ORDERS)
    return _long(values.index.to_numpy(), list(model.genes), z, added)


def _long(
    samples: np.ndarray, genes: list[str], values: np.ndarray, added: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sample": np.repeat(samples, len(genes)),
            "gene": np.tile(np.array(genes, dtype=object), len(samples)),
            "value": values.ravel(),
            "contribution": added.ravel(),
        }
    )


def _background(model: Model, background: pd.Series | None) -> np.ndarray:
    if background is None:
        return np.array(model.center)
    return of_genes(model, background, "background")


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
class Explained:
    """What can be shown of the model of a disease.

    Attributes
    ----------
    contributions
        Of the training samples; see `contributions`.
    nomogram
        From the 5 % to the 95 % quantile of each gene in training; None without a gene, where the
        classifier is not linear, and where numbers are predicted.
    tested
        The predictions that the rest is from: those of validation cohorts, else cross-validated.
    curves
        Cohort → net benefit; none where numbers are predicted.
    sizes
        Cohort → numbers of cases and controls.
    training
        Numbers of cases and controls in training.
    """

    contributions: pd.DataFrame
    nomogram: Nomogram | None
    tested: pd.DataFrame
    curves: dict[str, DecisionCurve]
    sizes: dict[str, tuple[int, int]]
    training: tuple[int, int]


def explain_model(
    model: Model,
    cohorts: Sequence[Cohort],
    predictions: pd.DataFrame,
    prevalence: float | None,
    rng: np.random.Generator,
) -> Explained:
    """Show the model of a disease from all sides.

    Parameters
    ----------
    model
        The delivered one.
    cohorts
        Its training cohorts.
    predictions
        All predictions of the evaluation.
    prevalence
        Share of cases where the model would be used; None: unknown, and benefit with it.
    rng
        Of the Shapley values of a classifier that is not linear.
    """
    added, nomo = pd.DataFrame(columns=CONTRIBUTIONS), None
    if model.genes:
        values = pd.concat([model.reference.transform(c.expression, model.genes) for c in cohorts])
        values = values[~values.index.duplicated()]
        if model.is_linear:
            parts = [contributions(model, c.expression, values.mean()) for c in cohorts]
            added = pd.concat(parts, ignore_index=True).drop_duplicates(["sample", "gene"])
            low, high = values.quantile(0.05), values.quantile(0.95)
            # Where no gene has a weight there is nothing to read points from.
            if model.coefficient.any() and not model.outcome:
                nomo = nomogram(model, low, high, prevalence=prevalence)
        else:
            added = sampled_contributions(model, values, rng)
    case = pd.concat([c.is_case for c in cohorts])
    case = case[~case.index.duplicated()]
    own = predictions[predictions["disease"] == model.disease]
    tested = own[own["resampling"] == "validation"]
    if tested.empty:
        tested = own[own["resampling"] == "cv"]
    curves, sizes = {}, {}
    for cohort, part in () if model.outcome else tested.groupby("cohort", sort=True):
        samples = part.groupby("sample").agg(score=("score", "mean"), case=("case", "first"))
        is_case = samples["case"].to_numpy(bool)
        risk = 1 / (1 + np.exp(-samples["score"].to_numpy(float)))
        if prevalence is not None:
            risk = shift_prevalence(risk, model.prevalence, prevalence)
        curves[str(cohort)] = decision_curve(risk, is_case, THRESHOLDS, prevalence)
        sizes[str(cohort)] = (int(is_case.sum()), int((~is_case).sum()))
    training = (int(case.sum()), int((~case).sum()))
    return Explained(added, nomo, tested, curves, sizes, training)
