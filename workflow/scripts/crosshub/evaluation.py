"""Testing the procedure: `discover` on the training samples of a resample, scored on the rest."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort, restrict
from crosshub.discover import Procedure, discover
from crosshub.errors import DataError
from crosshub.model import Model
from crosshub.random_panels import RandomPanels, try_panels
from crosshub.resampling import Split, cross_validation, leave_cohort_out
from crosshub.shared.overlap import permute_labels

log = logging.getLogger(__name__)

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
SKIPPED = ["resampling", "unit", "fold", "reason"]
RANDOM_PANELS = ["unit", "fold", "disease", "cohort", "draw", "concordant", "pairs"]
# What the batches leave beside the predictions, as the inputs of judge_panel are called.
TABLES = {"selections": SELECTION, "random_panels": RANDOM_PANELS, "skipped": SKIPPED}


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
    skipped
        resampling, unit, fold, reason: resamples that could not be done.
    """

    predictions: list[pd.DataFrame] = field(default_factory=list)
    selection: list[pd.DataFrame] = field(default_factory=list)
    random_panels: list[pd.DataFrame] = field(default_factory=list)
    skipped: list[pd.DataFrame] = field(default_factory=list)


def evaluate(
    kind: str,
    unit: str,
    cohorts: Sequence[Cohort],
    procedure: Procedure,
    *,
    folds: int,
    random_panels: int,
    rng: np.random.Generator,
    panel_seed: int = 0,
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
    panel_seed
        Of the random panels: the same for every unit, since a random panel is one through all
        folds and repeats, as the real one nearly is.

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
    drawn = RandomPanels.draw(members, random_panels if kind == "cv" else 0, panel_seed)
    for fold, split in enumerate(splits):
        key = {"resampling": kind, "unit": unit, "fold": fold}
        _evaluate_split(by_name, split, procedure, key, drawn, rng, result)
    return result


def _evaluate_split(
    cohorts: Mapping[str, Cohort],
    split: Split,
    procedure: Procedure,
    key: dict[str, object],
    drawn: RandomPanels,
    rng: np.random.Generator,
    result: Evaluation,
) -> None:
    train, test = split
    try:
        found = discover(cohorts, train, procedure, rng)
    except DataError as error:
        log.info("%s: not possible: %s", key, error)
        result.skipped.append(pd.DataFrame({**key, "reason": [str(error)]}))
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
    if drawn.orders and genes:
        training = restrict(cohorts, train)
        tested = [cohorts[name].only(samples) for name, samples in test.items() if samples]
        classifier = procedure.panel["classifier"]
        table = try_panels(drawn.like(genes), training, tested, found.models, classifier, rng)
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


def independence(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Say which validation cohorts are independent of what the panel was found in.

    A cohort that shares a person with discovery, or comes of the same series, is not: the rest of
    it was most likely recruited, sampled and measured together with what the panel was found in.

    Returns
    -------
    DataFrame
        Index cohort (of validation); disease, shared_people (number), same_series, independent.
    """
    known = _people_of_discovery(cohorts)
    series = {c.accession for c in cohorts if c.role == "discovery"}
    rows = [
        (c.name, c.disease, len(known & set(c.samples["identity"])), c.accession in series)
        for c in cohorts
        if c.role == "validation"
    ]
    columns = ["cohort", "disease", "shared_people", "same_series"]
    table = pd.DataFrame(rows, columns=columns).set_index("cohort")
    table["independent"] = table["shared_people"].eq(0) & ~table["same_series"].astype(bool)
    return table


def _people_of_discovery(cohorts: Sequence[Cohort]) -> set[str]:
    return {p for c in cohorts if c.role == "discovery" for p in c.samples["identity"]}


def join(done: Sequence[Evaluation]) -> tuple[pd.DataFrame, ...]:
    """Return predictions, selection, random panels and skipped resamples of evaluations."""
    return (
        stack([table for item in done for table in item.predictions], PREDICTIONS),
        stack([table for item in done for table in item.selection], SELECTION),
        stack([table for item in done for table in item.random_panels], RANDOM_PANELS),
        stack([table for item in done for table in item.skipped], SKIPPED),
    )


def stack(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables of the same columns under each other; empty ones add nothing but their columns."""
    full = [table for table in tables if len(table)]
    if not full:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    return pd.concat(full, ignore_index=True)[list(columns)]
