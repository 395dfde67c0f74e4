"""Every selector with every classifier, and what choosing the best of them costs."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crosshub.assessment.selection_bias import corrected_performance
from crosshub.classifiers.registry import CLASSIFIERS
from crosshub.cohorts import Cohort, restrict
from crosshub.discover import Procedure, find_genes
from crosshub.errors import DataError
from crosshub.evaluation import score_cohort, stack
from crosshub.model import Model, fit_reference
from crosshub.panel import count_votes, fit_model, panel_genes, select_panel, training_set
from crosshub.randomness import derived_seed
from crosshub.resampling import Split, cross_validation
from crosshub.selectors.registry import SELECTORS

log = logging.getLogger(__name__)

KEY = ["selector", "classifier"]
SAMPLE = ["unit", "fold", "disease", "cohort", "sample", "identity", "case"]
PREDICTIONS = [*KEY, *SAMPLE, "score", "n_genes"]
TABLE = ["disease", *KEY, "auc", "mean_genes", "won", "is_winner"]


def try_combinations(
    unit: str,
    cohorts: Sequence[Cohort],
    procedure: Procedure,
    selectors: Sequence[str],
    classifiers: Sequence[str],
    *,
    folds: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Do one repeat of the cross-validation with every selector and every classifier.

    The whole procedure is repeated in each fold, as in `evaluation.evaluate`; only the selector
    that votes and the classifier that is fitted differ between the combinations.

    Parameters
    ----------
    unit
        Number of the repeat.
    cohorts
        Of all roles; those of discovery are used.
    procedure
        What is tested; its own selectors and classifier are put aside.
    selectors, classifiers
        Names; ``all``: every one that there is.
    folds
        Of the cross-validation.
    rng
        Random numbers of this repeat.

    Returns
    -------
    DataFrame
        selector, classifier, unit, fold, disease, cohort, sample, identity, case, score (log odds),
        n_genes.
    """
    selectors = list(SELECTORS) if "all" in selectors else selectors
    classifiers = list(CLASSIFIERS) if "all" in classifiers else classifiers
    members = [cohort for cohort in cohorts if cohort.role == "discovery"]
    by_name = {cohort.name: cohort for cohort in members}
    parts = []
    for fold, split in enumerate(cross_validation(members, folds, rng)):
        seed = int(rng.integers(2**31))
        try:
            for key, scored in _combine(by_name, split, procedure, selectors, classifiers, seed):
                parts.append(scored.assign(**key, unit=unit, fold=fold))
        except DataError as error:
            log.info("repeat %s, fold %d: not possible: %s", unit, fold, error)
            continue
        tried = len(selectors) * len(classifiers)
        log.info("repeat %s, fold %d: %d combinations", unit, fold, tried)
    return stack(parts, PREDICTIONS)


def _combine(
    cohorts: Mapping[str, Cohort],
    split: Split,
    procedure: Procedure,
    selectors: Sequence[str],
    classifiers: Sequence[str],
    seed: int,
) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    train, test = split
    training = restrict(cohorts, train)
    tested = [cohorts[name].only(samples) for name, samples in test.items() if samples]
    _, _, shared = find_genes(training, procedure)
    settings = {**procedure.panel, "selectors": list(selectors)}
    votes = select_panel(training, shared, procedure.diseases, settings, seed=seed).votes
    for selector in selectors:
        own = count_votes(
            votes[votes["selector"] == selector],
            len(procedure.diseases),
            {**settings, "selectors": [selector]},
        )
        models = _fit_all(training, panel_genes(own), procedure, classifiers, seed)
        for classifier, cohort in ((c, t) for c in classifiers for t in tested):
            model = models[classifier, cohort.disease]
            scored = score_cohort(model, cohort).assign(n_genes=len(model.genes))
            yield {"selector": selector, "classifier": classifier}, scored


def _fit_all(
    training: Sequence[Cohort],
    genes: Sequence[str],
    procedure: Procedure,
    classifiers: Sequence[str],
    seed: int,
) -> dict[tuple[str, str], Model]:
    """Return (classifier, disease) → model, each as `panel.fit_models` would fit it."""
    reference = fit_reference([cohort.expression for cohort in training])
    models = {}
    for disease in procedure.diseases:
        own = training_set([c for c in training if c.disease == disease], genes, reference)
        for classifier in classifiers:
            models[classifier, disease] = fit_model(
                own,
                genes,
                reference,
                disease=disease,
                comparison=procedure.comparison,
                seed=derived_seed(seed, "fit_model", disease),
                classifier=classifier,
            )
    return models


def judge_combinations(
    predictions: pd.DataFrame, rng: np.random.Generator, *, bootstraps: int = 1000
) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Compare the combinations in each disease, and correct the best for having been chosen.

    Parameters
    ----------
    predictions
        Of all repeats of `try_combinations`.
    rng
        Of the bootstraps.
    bootstraps
        Their number.

    Returns
    -------
    tuple of DataFrame and dict
        disease, selector, classifier, auc (cross-validated, within folds and cohorts), mean_genes,
        won (share of the bootstraps), is_winner; best first. And disease → selector, classifier,
        uncorrected (AUC of the best), corrected, low, high, optimism, combinations, bootstraps,
        n_cases and n_controls.

    References
    ----------
    Tsamardinos, Greasidou and Borboudakis 2018, Machine Learning 107:1895.
    """
    tables, winners = [], {}
    for disease, own in predictions.groupby("disease", sort=True):
        table, winners[str(disease)] = _judge_disease(own, rng, bootstraps)
        tables.append(table.assign(disease=disease))
    return stack(tables, TABLE), winners


def _judge_disease(
    own: pd.DataFrame, rng: np.random.Generator, bootstraps: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    scores = own.pivot(index=SAMPLE, columns=KEY, values="score")
    rows = scores.index.to_frame(index=False)
    found = corrected_performance(
        scores.to_numpy(),
        rows["case"].to_numpy(bool),
        rows.groupby(["unit", "fold", "cohort"]).ngroup().to_numpy(),
        rows["identity"].to_numpy(str),
        rng,
        bootstraps=bootstraps,
    )
    table = scores.columns.to_frame(index=False)
    table["auc"] = found.all_performances
    sizes = own.drop_duplicates([*KEY, "unit", "fold"]).groupby(KEY)["n_genes"].mean()
    table["mean_genes"] = sizes.reindex(scores.columns).to_numpy()
    table["won"] = found.won
    table["is_winner"] = np.arange(len(table)) == found.winner
    first = table.iloc[found.winner]
    samples = own.drop_duplicates(["cohort", "sample"])
    cases = int(samples["case"].sum())
    winner = {
        "selector": first["selector"],
        "classifier": first["classifier"],
        "uncorrected": found.uncorrected,
        "corrected": found.corrected,
        "low": found.low,
        "high": found.high,
        "optimism": found.uncorrected - found.corrected,
        "combinations": len(table),
        "bootstraps": found.bootstraps,
        "n_cases": cases,
        "n_controls": len(samples) - cases,
    }
    order = ["auc", "is_winner", *KEY]
    ranked = table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    return ranked, winner
