"""The panel of a comparison: shared genes on which the selectors agree, and a model a disease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.classifiers.fits import ridge_at
from crosshub.classifiers.freeze import freeze_constant
from crosshub.classifiers.registry import fit_classifier
from crosshub.cohorts import Cohort
from crosshub.model import Model, Reference, fit_reference
from crosshub.randomness import derived_seed
from crosshub.selectors.base import is_numbers
from crosshub.selectors.registry import SELECTORS


@dataclass(frozen=True)
class Training:
    """The training samples of one disease on the common scale.

    Attributes
    ----------
    values
        Samples × genes, log2 on the reference scale, cohort by cohort centred on `center`.
    y
        1 = case (integers); or the outcome in standard deviations of its cohort (float).
    people
        Identity of each sample.
    center
        Mean over the cohorts of each gene's value half-way between cases and controls, or at the
        mean outcome: what a single sample is compared with.
    outcome
        Field that holds the numbers; empty: y are groups.
    prevalence
        Share of cases.
    """

    values: pd.DataFrame
    y: np.ndarray
    people: np.ndarray
    center: pd.Series
    outcome: str = ""
    prevalence: float = 0.5

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
        gene, disease, selector, selected, rank (1 = best; equally good genes share their mean).
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

    Each cohort is centred half-way between its cases and its controls (at its mean, where numbers
    are to be predicted), so that neither a platform's offset nor an uneven share of cases stands
    between the cohorts.
    """
    parts, centers, targets = [], [], []
    for cohort in cohorts:
        values = reference.transform(cohort.expression, genes)
        truth = cohort.truth
        if is_numbers(truth):
            center = values.mean()
            targets.append((truth - truth.mean()) / (truth.std() or 1.0))
        else:
            center = (values[truth == 1].mean() + values[truth == 0].mean()) / 2
            targets.append(truth)
        parts.append(values - center)
        centers.append(center)
    of_numbers = cohorts[0].predicts == "outcome"
    return Training(
        values=pd.concat(parts),
        y=np.concatenate(targets),
        people=np.concatenate([cohort.samples["identity"].to_numpy(str) for cohort in cohorts]),
        center=pd.concat(centers, axis=1).mean(axis=1),
        outcome=cohorts[0].outcome if of_numbers else "",
        prevalence=float(np.concatenate([cohort.is_case for cohort in cohorts]).mean()),
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
    votes = []
    reference = fit_reference([cohort.expression for cohort in cohorts]) if genes else None
    for disease in diseases if reference else ():
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
    classifier: str = "ridge_logistic",
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
    classifier
        Of `classifiers.registry.CLASSIFIERS`.

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
            training,
            genes,
            reference,
            disease=disease,
            comparison=comparison,
            seed=own,
            classifier=classifier,
        )
    return models


def _no_votes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene": pd.Series(dtype=str),
            "disease": pd.Series(dtype=str),
            "selector": pd.Series(dtype=str),
            "selected": pd.Series(dtype=bool),
            "rank": pd.Series(dtype=float),
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
            "rank": selector.mean_ranking_,
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
    classifier: str = "ridge_logistic",
    cost: float | None = None,
) -> Model:
    """Fit the model of a disease.

    Parameters
    ----------
    training
        Must hold `genes`.
    genes
        The panel; none: the model predicts the prevalence, or the mean of the outcome.
    reference
        Scale that `training` is on.
    disease, comparison
        Names for the model.
    seed
        Of the inner folds, and of what is random in the fit.
    classifier
        Of `classifiers.registry.CLASSIFIERS`.
    cost
        Inverse penalty of a ridge logistic model; if given, nothing is tuned.
    """
    genes = list(genes)
    z, scale = standardised(training, genes)
    if not genes:
        frozen = freeze_constant(training.y, 0)
    elif cost is not None:
        frozen = ridge_at(z, training.y, cost)
    else:
        frozen = fit_classifier(classifier, z, training.y, training.people, seed=seed)
    return Model(
        disease=disease,
        comparison=comparison,
        genes=tuple(genes),
        center=tuple(training.center[genes].tolist()),
        scale=tuple(scale.tolist()),
        classifier=frozen,
        prevalence=training.prevalence,
        reference=reference,
        outcome=training.outcome,
    )


def standardised(training: Training, genes: Sequence[str]) -> tuple[np.ndarray, pd.Series]:
    """Return samples × genes in units of their spread, and the spread (log2)."""
    scale = training.scale[list(genes)]
    return (training.values[list(genes)] / scale).to_numpy(), scale
