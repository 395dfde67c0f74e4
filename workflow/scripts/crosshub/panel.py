"""The panel of a comparison: shared genes on which the selectors agree, and a model a disease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort
from crosshub.model import Model, Reference, fit_reference
from crosshub.randomness import derived_seed
from crosshub.ridge import ridge_logistic
from crosshub.selectors.base import inner_splits
from crosshub.selectors.registry import SELECTORS

COSTS = (0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Training:
    """The training samples of one disease on the common scale.

    Attributes
    ----------
    values
        Samples × genes, log2 on the reference scale, cohort by cohort centred on `center`.
    y
        1 = case.
    people
        Identity of each sample.
    center
        Mean over the cohorts of each gene's value half-way between cases and controls: what a
        single sample is compared with.
    """

    values: pd.DataFrame
    y: np.ndarray
    people: np.ndarray
    center: pd.Series

    @property
    def scale(self) -> pd.Series:
        """Spread of each gene around the centre of its cohort (log2); never zero."""
        spread = self.values.std(axis=0, ddof=1)
        return spread.where(spread > 1e-8, 1.0)


@dataclass(frozen=True)
class Panel:
    """What `select_panel` finds.

    Attributes
    ----------
    votes
        gene, disease, selector, selected, rank.
    table
        gene, votes, mean_rank, in_panel; best first.
    """

    votes: pd.DataFrame
    table: pd.DataFrame

    @property
    def genes(self) -> list[str]:
        """The genes of the panel."""
        return panel_genes(self.table)


def panel_genes(table: pd.DataFrame) -> list[str]:
    """Return the genes of the panel from its table, best first."""
    return list(table.loc[table["in_panel"], "gene"])


def training_set(cohorts: Sequence[Cohort], genes: Sequence[str], reference: Reference) -> Training:
    """Bring the training cohorts of one disease together.

    Each cohort is centred half-way between its cases and its controls, so that neither a
    platform's offset nor an uneven share of cases stands between the cohorts.
    """
    parts, centers = [], []
    for cohort in cohorts:
        values = reference.transform(cohort.expression, genes)
        case = cohort.is_case.to_numpy()
        center = (values[case].mean() + values[~case].mean()) / 2
        parts.append(values - center)
        centers.append(center)
    return Training(
        values=pd.concat(parts),
        y=np.concatenate([cohort.is_case.to_numpy().astype(int) for cohort in cohorts]),
        people=np.concatenate([cohort.samples["identity"].to_numpy(str) for cohort in cohorts]),
        center=pd.concat(centers, axis=1).mean(axis=1),
    )


def select_panel(
    cohorts: Sequence[Cohort],
    shared: pd.DataFrame,
    diseases: Sequence[str],
    settings: Mapping[str, Any],
    *,
    seed: int,
) -> Panel:
    """Let the selectors vote on the shared genes in each disease.

    Parameters
    ----------
    cohorts
        Training cohorts.
    shared
        Table of `shared.find_shared`.
    diseases
        The diseases of the comparison.
    settings
        Section ``panel`` of the config: selectors, vote, votes, max_genes.
    seed
        Of this procedure; each selector derives its own from it.

    Returns
    -------
    Panel
        With no shared gene both tables are empty.
    """
    genes = list(shared.loc[shared["shared"], "gene"])
    reference = fit_reference([cohort.expression for cohort in cohorts])
    votes = []
    for disease in diseases if genes else ():
        training = training_set([c for c in cohorts if c.disease == disease], genes, reference)
        for name in settings["selectors"]:
            own = derived_seed(seed, "select_panel", disease, name)
            votes.append(_votes(training, disease, name, settings["max_genes"], own))
    table = pd.concat(votes, ignore_index=True) if votes else _no_votes()
    return Panel(table, count_votes(table, len(diseases), settings))


def fit_models(
    cohorts: Sequence[Cohort],
    genes: Sequence[str],
    diseases: Sequence[str],
    *,
    comparison: str,
    seed: int,
) -> dict[str, Model]:
    """Fit the model of each disease on the panel.

    Parameters
    ----------
    cohorts
        Training cohorts of the whole comparison: they set the common scale.
    genes
        The panel; none: the models predict the training prevalence.
    diseases
        Those whose model is wanted.
    comparison
        Its name.
    seed
        Of this procedure.

    Returns
    -------
    dict
        Disease → model.
    """
    reference = fit_reference([cohort.expression for cohort in cohorts])
    models = {}
    for disease in diseases:
        training = training_set([c for c in cohorts if c.disease == disease], genes, reference)
        own = derived_seed(seed, "fit_model", disease)
        models[disease] = fit_model(
            training, genes, reference, disease=disease, comparison=comparison, seed=own
        )[0]
    return models


def _no_votes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene": pd.Series(dtype=str),
            "disease": pd.Series(dtype=str),
            "selector": pd.Series(dtype=str),
            "selected": pd.Series(dtype=bool),
            "rank": pd.Series(dtype=int),
        }
    )


def _votes(training: Training, disease: str, name: str, size: int, seed: int) -> pd.DataFrame:
    selector = SELECTORS[name].make(size, seed)
    selector.fit(training.values.to_numpy(), training.y, groups=training.people)
    return pd.DataFrame(
        {
            "gene": list(training.values.columns),
            "disease": disease,
            "selector": name,
            "selected": selector.support_,
            "rank": selector.ranking_,
        }
    )


def count_votes(votes: pd.DataFrame, n_diseases: int, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Turn votes into a panel.

    Parameters
    ----------
    votes
        gene, disease, selector, selected, rank.
    n_diseases
        Number of diseases that voted.
    settings
        Section ``panel`` of the config.

    Returns
    -------
    DataFrame
        gene, votes (over diseases and selectors), mean_rank, in_panel; best first.
    """
    grouped = votes.groupby("gene", sort=True)
    panel = pd.DataFrame(
        {"votes": grouped["selected"].sum().astype(int), "mean_rank": grouped["rank"].mean()}
    )
    panel = panel.reset_index().sort_values(
        ["votes", "mean_rank", "gene"], ascending=[False, True, True], ignore_index=True
    )
    everyone = n_diseases * len(settings["selectors"])
    needed = {
        "at_least": min(settings["votes"] * n_diseases, everyone),
        "intersection": everyone,
        "rank": 0,
    }[settings["vote"]]
    if settings["vote"] == "rank":
        panel = panel.sort_values(["mean_rank", "gene"], ignore_index=True)
    panel["in_panel"] = (panel["votes"] >= needed) & (panel.index < settings["max_genes"])
    return panel


def fit_model(
    training: Training,
    genes: Sequence[str],
    reference: Reference,
    *,
    disease: str,
    comparison: str,
    seed: int,
    cost: float | None = None,
) -> tuple[Model, float]:
    """Fit a ridge logistic model.

    Parameters
    ----------
    training
        Must hold `genes`.
    genes
        The panel; none: the model predicts the prevalence.
    reference
        Scale that `training` is on.
    disease, comparison
        Names for the model.
    seed
        Of the inner folds.
    cost
        Inverse penalty; if not given, that of least cross-validated deviance.

    Returns
    -------
    tuple of Model and float
        The model and the cost that was used.
    """
    genes = list(genes)
    prevalence = float(training.y.mean())
    coefficient, intercept, chosen = np.zeros(0), float(np.log(prevalence / (1 - prevalence))), 0.0
    scale = training.scale[genes]
    if genes:
        z = (training.values[genes] / scale).to_numpy()
        chosen = cost or _choose_cost(z, training.y, training.people, seed)
        fitted = ridge_logistic(z[None], training.y[None], chosen)
        coefficient, intercept = fitted[0][0], float(fitted[1][0])
    model = Model(
        disease=disease,
        comparison=comparison,
        genes=tuple(genes),
        center=tuple(training.center[genes].tolist()),
        scale=tuple(scale.tolist()),
        coefficient=tuple(coefficient.tolist()),
        intercept=intercept,
        prevalence=prevalence,
        reference=reference,
    )
    return model, chosen


def _choose_cost(z: np.ndarray, y: np.ndarray, people: np.ndarray, seed: int) -> float:
    splits = inner_splits(y, people, 5, seed)
    if not splits:
        return COSTS[1]
    seen = np.zeros((len(splits), len(y)))
    for fold, (train, _) in enumerate(splits):
        seen[fold, train] = 1
    # All penalties and folds at once: costs × folds models.
    count = len(COSTS) * len(splits)
    counted = np.tile(seen, (len(COSTS), 1))
    coefficient, intercept = ridge_logistic(
        np.broadcast_to(z, (count, *z.shape)),
        np.broadcast_to(y, (count, len(y))),
        np.repeat(COSTS, len(splits)),
        counted,
    )
    margin = (coefficient @ z.T + intercept[:, None]) * (2 * y - 1)
    loss = (np.logaddexp(0, -margin) * (1 - counted)).sum(axis=1)
    return COSTS[int(loss.reshape(len(COSTS), -1).sum(axis=1).argmin())]
