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
        Number of folds; fewer where the smallest group of a cohort has fewer people, at least two.
    rng
        Random numbers.

    Returns
    -------
    list of (train, test)
        Each cohort → samples. People are stratified by all of their labels (case of one disease,
        control of two …), so that each fold has its share of every group of every cohort.
    """
    labels = _labels(cohorts)
    smallest = min(
        cohort.samples.groupby("group")["identity"].nunique().min() for cohort in cohorts
    )
    number = max(2, min(folds, int(smallest)))
    fold = pd.Series(0, index=labels.index)
    start = 0
    # Going on where the last stratum stopped keeps the folds of one size.
    for _, people in labels.groupby(labels, sort=True):
        order = rng.permutation(len(people))
        fold[people.index[order]] = (start + np.arange(len(people))) % number
        start += len(people)
    return [
        (_samples(cohorts, fold.index[fold != i]), _samples(cohorts, fold.index[fold == i]))
        for i in range(number)
    ]


def leave_cohort_out(cohorts: Sequence[Cohort], name: str) -> Split:
    """Test on one cohort; train on the others, without any person of the tested one."""
    tested = next(cohort for cohort in cohorts if cohort.name == name)
    people = set(tested.samples["identity"])
    others = [cohort for cohort in cohorts if cohort.name != name]
    left = set(_labels(others).index) - people if others else set()
    return _samples(others, left), {name: list(tested.samples.index)}


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
