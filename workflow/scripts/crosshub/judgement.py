"""All that is said of a panel, from the predictions of its evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crosshub.cohorts import Cohort
from crosshub.evaluation import independence
from crosshub.measures import measures, new_cohort, samples_needed, selection_stability
from crosshub.model import Model
from crosshub.performance import against_random_panels, cross_validated, performance_table
from crosshub.verdict import verdicts


@dataclass(frozen=True)
class Judgement:
    """What the evaluation comes to.

    Attributes
    ----------
    performance
        See `performance.performance_table`.
    measures
        See `measures.measures`.
    verdicts
        Disease → see `verdict.verdict`; with stability, resamples (see `resamples_done`) and
        sample_size.
    of_numbers
        Whether the models predict numbers, so that each AUC is a concordance.
    """

    performance: pd.DataFrame
    measures: pd.DataFrame
    verdicts: dict[str, dict[str, Any]]
    of_numbers: bool = False


def judge(
    predictions: pd.DataFrame,
    selection: pd.DataFrame,
    random_panels: pd.DataFrame,
    skipped: pd.DataFrame,
    models: Mapping[str, Model],
    cohorts: Sequence[Cohort],
) -> Judgement:
    """Judge the panel of a comparison.

    Parameters
    ----------
    predictions, selection, random_panels, skipped
        Of all batches of `evaluation.evaluate`, and of `evaluation.validate`.
    models
        The delivered model of each disease.
    cohorts
        Of the comparison, all roles.
    """
    sizes = {disease: len(model.genes) for disease, model in models.items()}
    cross = cross_validated(predictions, delivered=any(sizes.values()))
    related = independence(cohorts)
    table = performance_table(predictions, cross, related)
    stable = selection_stability(selection, predictions, _within_groups(cohorts))
    elsewhere = {disease: new_cohort(table, disease) for disease in models}
    outcomes = {disease: model.outcome for disease, model in models.items()}
    p_random = {
        disease: (
            against_random_panels(random_panels, predictions, disease),
            random_panels.loc[random_panels["disease"] == disease, "draw"].nunique(),
        )
        for disease in models
    }
    found = verdicts(sizes, cross, table, p_random, elsewhere, related, outcomes)
    done = resamples_done(predictions, skipped)
    for disease, verdict in found.items():
        verdict["stability"] = stable
        verdict["resamples"] = done
        own = [c for c in cohorts if c.role == "discovery" and c.disease == disease]
        cases = sum(int(c.is_case.sum()) for c in own)
        controls = sum(len(c.samples) for c in own) - cases
        verdict["sample_size"] = samples_needed(
            cases, controls, sizes[disease], verdict["auc"], outcome=models[disease].outcome
        )
    return Judgement(table, measures(predictions), found, any(outcomes.values()))


def resamples_done(predictions: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count, for each kind of resample, those that were done and those that were not possible.

    Returns
    -------
    dict
        cv, permutation, leave_one_cohort_out → done, skipped (folds, or cohorts left out).
    """
    counts = {}
    for kind in ("cv", "permutation", "leave_one_cohort_out"):
        done = predictions.loc[predictions["resampling"] == kind, ["unit", "fold"]]
        missed = skipped.loc[skipped["resampling"] == kind]
        counts[kind] = {"done": len(done.drop_duplicates()), "skipped": len(missed)}
    return counts


def _within_groups(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Return discovery samples × the genes of all discovery cohorts, centred in each group."""
    discovery = [cohort for cohort in cohorts if cohort.role == "discovery"]
    genes = sorted(set.intersection(*(set(cohort.expression.index) for cohort in discovery)))
    parts = []
    for cohort in discovery:
        values = cohort.expression.loc[genes].T.astype(float)
        parts.append(values - values.groupby(cohort.samples["group"]).transform("mean"))
    joined = pd.concat(parts)
    return joined[~joined.index.duplicated()]
