"""Ways to split a study: folds of people, and cohorts left out. No person is on both sides."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort

Split = tuple[dict[str, list[str]], dict[str, list[str]]]


def cross_validation(
    cohorts: Sequence[Cohort], folds: int, rng: np.random.Generator
) -> list[Split]:
    """Split the people of a study into folds.

    Parameters
    ----------
    cohorts
        The cohorts that take part.
    folds
        Number of folds; at least two, and no more than the smaller group has people in the largest
        cohort of a disease.
    rng
        Random numbers.

    Returns
    -------
    list of (train, test)
        Each cohort → samples. People are stratified by all of their labels (case of one disease,
        control of two …), so that each fold has its share of every group of every cohort.
    """
    labels = _labels(cohorts)
    largest: dict[str, int] = {}
    for cohort in cohorts:
        smaller = int(cohort.samples.groupby("group")["identity"].nunique().min())
        largest[cohort.disease] = max(largest.get(cohort.disease, 0), smaller)
    number = max(2, min(folds, *largest.values()))
    fold = pd.Series(0, index=labels.index)
    start = 0
    # The groups of a cohort begin in one fold, so that cases meet controls even where a small
    # cohort does not reach all folds; the next cohort goes on after them: folds are of like size.
    for _, of_cohort in labels.groupby(labels.str.partition(":")[0], sort=True):
        groups = [people for _, people in of_cohort.groupby(of_cohort, sort=True)]
        for people in groups:
            order = rng.permutation(len(people))
            fold[people.index[order]] = (start + np.arange(len(people))) % number
        start += max(map(len, groups))
    return [
        (_samples(cohorts, fold.index[fold != i]), _samples(cohorts, fold.index[fold == i]))
        for i in range(number)
    ]


def leave_cohort_out(cohorts: Sequence[Cohort], name: str) -> Split:
    """Test on one cohort; train on other series, without any person of the tested one.

    Cohorts of one series were sampled and measured together: what sets its cases apart for
    technical reasons would be learned from its other cohorts. Cohorts of both roles train; a person
    who stands in two of one disease stays in the first, those of discovery before the others.
    """
    tested = next(cohort for cohort in cohorts if cohort.name == name)
    people = set(tested.samples["identity"])
    others = [cohort for cohort in cohorts if cohort.accession != tested.accession]
    left = set(_labels(others).index) - people if others else set()
    seen: set[tuple[str, str]] = set()
    train = {}
    for cohort in sorted(others, key=lambda cohort: cohort.role != "discovery"):
        own = {person for person in left if (cohort.disease, person) not in seen}
        train |= _samples([cohort], own)
        seen |= {(cohort.disease, person) for person in cohort.samples["identity"]}
    return train, {name: list(tested.samples.index)}


def _labels(cohorts: Sequence[Cohort]) -> pd.Series:
    """Person → all of its labels as one text."""
    rows = pd.concat(
        [
            pd.DataFrame(
                {"person": c.samples["identity"], "label": c.name + ":" + c.samples["group"]}
            )
            for c in cohorts
        ]
    )
    return rows.groupby("person", sort=True)["label"].agg(
        lambda group: "|".join(sorted(set(group)))
    )


def _samples(cohorts: Sequence[Cohort], people: Sequence[str] | set[str]) -> dict[str, list[str]]:
    wanted = set(people)
    return {
        cohort.name: list(cohort.samples.index[cohort.samples["identity"].isin(wanted)])
        for cohort in cohorts
    }
