"""Testing the procedure: `discover` on the training samples of a resample, scored on the rest."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crosshub.classifiers.registry import FOLDS
from crosshub.classifiers.tuning import choose_ridge_cost
from crosshub.cohorts import Cohort, restrict
from crosshub.discover import Procedure, discover
from crosshub.errors import DataError
from crosshub.model import Model
from crosshub.panel import fit_model, standardised, training_set
from crosshub.performance import concordance
from crosshub.resampling import Split, cross_validation, leave_cohort_out
from crosshub.selectors.base import inner_splits
from crosshub.shared.overlap import permute_labels

log = logging.getLogger(__name__)

EXPRESSION_CLASSES = 10
PREDICTIONS = [
    "resampling",
    "unit",
    "fold",
    "disease",
    "cohort",
    "sample",
    "identity",
    "case",
    "outcome",
    "score",
    "threshold",
    "n_genes",
]
SELECTION = ["resampling", "unit", "fold", "gene"]
RANDOM_PANELS = ["unit", "fold", "disease", "cohort", "draw", "concordant", "pairs"]


@dataclass
class Evaluation:
    """What resamples gave, as tables to be joined.

    Attributes
    ----------
    predictions
        resampling, unit, fold, disease, cohort, sample, identity, case, outcome
        (the numbers that are predicted; missing where groups are), score (log odds, or the number
        in standard deviations), threshold (log odds of the share of cases in training), n_genes.
    selection
        resampling, unit, fold, gene: the panel of each resample.
    random_panels
        unit, fold, disease, cohort, draw, concordant, pairs.
    """

    predictions: list[pd.DataFrame] = field(default_factory=list)
    selection: list[pd.DataFrame] = field(default_factory=list)
    random_panels: list[pd.DataFrame] = field(default_factory=list)


def evaluate(
    kind: str,
    unit: str,
    cohorts: Sequence[Cohort],
    procedure: Procedure,
    *,
    folds: int,
    random_panels: int,
    rng: np.random.Generator,
) -> Evaluation:
    """Do one unit of the evaluation.

    Parameters
    ----------
    kind
        ``cv`` (one repeat of the cross-validation), ``permutation`` (the same with permuted
        labels), or ``leave_one_cohort_out``.
    unit
        Number of the repeat or permutation, or name of the cohort that is left out.
    cohorts
        Of all roles; cross-validation and permutation use those of discovery.
    procedure
        What is tested.
    folds
        Folds of the cross-validation.
    random_panels
        Random panels in each fold of the cross-validation.
    rng
        Random numbers of this unit.

    Returns
    -------
    Evaluation
    """
    if kind == "leave_one_cohort_out":
        members, splits = list(cohorts), [leave_cohort_out(cohorts, unit)]
    else:
        members = [cohort for cohort in cohorts if cohort.role == "discovery"]
        if kind == "permutation":
            members = permute_labels(members, rng)
        splits = cross_validation(members, folds, rng)
    result = Evaluation()
    by_name = {cohort.name: cohort for cohort in members}
    for fold, split in enumerate(splits):
        key = {"resampling": kind, "unit": unit, "fold": fold}
        draws = random_panels if kind == "cv" else 0
        _evaluate_split(by_name, split, procedure, key, draws, rng, result)
    return result


def _evaluate_split(
    cohorts: Mapping[str, Cohort],
    split: Split,
    procedure: Procedure,
    key: dict[str, object],
    draws: int,
    rng: np.random.Generator,
    result: Evaluation,
) -> None:
    train, test = split
    try:
        found = discover(cohorts, train, procedure, rng)
    except DataError as error:
        log.info("%s: not possible: %s", key, error)
        return
    genes = found.panel.genes
    log.info("%s: %d shared, panel of %d", key, int(found.shared["shared"].sum()), len(genes))
    result.selection.append(pd.DataFrame({**key, "gene": genes}))
    for name, samples in test.items():
        cohort = cohorts[name].only(samples)
        if not samples:
            continue
        model = found.models[cohort.disease]
        result.predictions.append(score_cohort(model, cohort).assign(**key, n_genes=len(genes)))
    if draws and genes:
        training = restrict(cohorts, train)
        tested = [cohorts[name].only(samples) for name, samples in test.items() if samples]
        table = _random_panels(
            training, tested, found.models, procedure.panel["classifier"], draws, rng
        )
        result.random_panels.append(table.assign(unit=key["unit"], fold=key["fold"]))


def score_cohort(model: Model, cohort: Cohort) -> pd.DataFrame:
    """Score the test samples; a panel that the cohort does not measure predicts the prevalence.

    Where numbers are predicted it predicts their mean.
    """
    odds = np.log(model.prevalence / (1 - model.prevalence))
    known = 0.0 if model.outcome else odds
    try:
        scores = model.score(cohort.expression)["score"].to_numpy()
    except DataError as error:
        log.warning("cohort '%s': %s; all its samples score alike", cohort.name, error)
        scores = np.full(len(cohort.samples), known)
    return pd.DataFrame(
        {
            "disease": cohort.disease,
            "cohort": cohort.name,
            "sample": cohort.samples.index,
            "identity": cohort.samples["identity"].to_numpy(),
            "case": cohort.is_case.to_numpy(),
            "outcome": cohort.truth if model.outcome else np.nan,
            "score": scores,
            "threshold": odds,
        }
    )


def _random_panels(
    training: Sequence[Cohort],
    tested: Sequence[Cohort],
    models: Mapping[str, Model],
    classifier: str,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Fit and test random panels as large as the real one and as strongly expressed.

    References
    ----------
    Venet, Dumont and Detours 2011, PLoS Computational Biology 7:e1002240.
    """
    reference = next(iter(models.values())).reference
    real = next(iter(models.values())).genes
    level, pool = expression_classes(training)
    wanted = level.loc[list(real)]
    panels = [
        [gene for name, n in wanted.value_counts(sort=False).items() if n
         for gene in rng.choice(pool[name], n, replace=False)]
        for _ in range(draws)
    ]  # fmt: skip
    genes = sorted({gene for panel in [real, *panels] for gene in panel})
    seed = int(rng.integers(2**31))
    rows = []
    for disease in models:
        own = training_set([c for c in training if c.disease == disease], genes, reference)
        cost = None
        if classifier == "ridge_logistic":
            # The penalty of the real panel serves all: tuning each costs more than it tells.
            splits = inner_splits(own.y, own.people, FOLDS, seed)
            cost = choose_ridge_cost(standardised(own, real)[0], own.y, splits)
        cohorts = [cohort for cohort in tested if cohort.disease == disease]
        values = {c.name: reference.transform(c.expression, genes) for c in cohorts}
        for draw, panel in enumerate(panels):
            drawn = fit_model(
                own, panel, reference, disease=disease, comparison="", seed=seed,
                classifier=classifier, cost=cost,
            )  # fmt: skip
            for cohort in cohorts:
                score = drawn.predict(values[cohort.name][panel].to_numpy())
                concordant, pairs = concordance(cohort.truth, score)
                rows.append((disease, cohort.name, draw, concordant, pairs))
    return pd.DataFrame(rows, columns=["disease", "cohort", "draw", "concordant", "pairs"])


def expression_classes(training: Sequence[Cohort]) -> tuple[pd.Series, dict[int, list[str]]]:
    """Sort the genes that all training cohorts measure into ten classes of expression."""
    common = sorted(set.intersection(*(set(cohort.expression.index) for cohort in training)))
    level = sum(cohort.expression.loc[common].mean(axis=1).rank() for cohort in training)
    classes = pd.qcut(level.rank(method="first"), EXPRESSION_CLASSES, labels=False)
    pool = {int(name): list(genes.index) for name, genes in classes.groupby(classes)}
    return classes.astype(int), pool


def validate(models: Mapping[str, Model], cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Score the validation cohorts with the delivered models.

    A person who also stands in a discovery cohort of the comparison is left out, and so counted
    nowhere twice.
    """
    known = _people_of_discovery(cohorts)
    parts = []
    for cohort in cohorts:
        if cohort.role != "validation" or cohort.disease not in models:
            continue
        new = cohort.only(cohort.samples.index[~cohort.samples["identity"].isin(known)])
        dropped = len(cohort.samples) - len(new.samples)
        log.info("validation in %s: %d people of discovery left out", cohort.name, dropped)
        key = {"resampling": "validation", "unit": cohort.name, "fold": 0}
        model = models[cohort.disease]
        parts.append(score_cohort(model, new).assign(**key, n_genes=len(model.genes)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=PREDICTIONS)


def shared_people(cohorts: Sequence[Cohort]) -> dict[str, int]:
    """Count the people whom each validation cohort shares with the cohorts of discovery.

    A cohort that shares anybody is not independent of the panel: the rest of it was most likely
    recruited, sampled and measured together with what the panel was found in.
    """
    known = _people_of_discovery(cohorts)
    return {
        cohort.name: len(known & set(cohort.samples["identity"]))
        for cohort in cohorts
        if cohort.role == "validation"
    }


def _people_of_discovery(cohorts: Sequence[Cohort]) -> set[str]:
    return {p for c in cohorts if c.role == "discovery" for p in c.samples["identity"]}


def join(done: Sequence[Evaluation]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the predictions, the selection and the random panels of several evaluations."""
    return (
        stack([table for item in done for table in item.predictions], PREDICTIONS),
        stack([table for item in done for table in item.selection], SELECTION),
        stack([table for item in done for table in item.random_panels], RANDOM_PANELS),
    )


def stack(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables of the same columns under each other; empty ones add nothing but their columns."""
    full = [table for table in tables if len(table)]
    if not full:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    return pd.concat(full, ignore_index=True)[list(columns)]
