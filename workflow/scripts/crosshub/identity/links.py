"""Samples that are the same person or the same array, within a cohort and across cohorts."""

from collections.abc import Mapping
from itertools import combinations

import pandas as pd

from crosshub.identity.values import find_alike

COLUMNS = ["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "detail", "identity"]


def find_identity(
    samples: Mapping[str, pd.DataFrame],
    marks: Mapping[str, pd.DataFrame],
    expression: Mapping[str, pd.DataFrame],
    *,
    min_correlation: float = 0.75,
) -> pd.DataFrame:
    """Link the samples of a study that are one person.

    Parameters
    ----------
    samples
        Cohort → table with the columns sample, group and identity.
    marks
        Cohort → sample, evidence, value; see `marks.marks_of`.
    expression
        Cohort → genes × samples, log2 or ranks.
    min_correlation
        See `values.find_alike`.

    Returns
    -------
    DataFrame
        One row for a pair of samples: sample_a, cohort_a, sample_b, cohort_b, evidence
        (same_sample, same_biosample, same_sra, reanalysis, same_person, same_title, values; several
        are joined by ``; ``), detail (what they have in common, likewise), identity (the name of
        the person in the whole study). Of the samples that have one thing in common each is linked
        with the first.
    """
    used = {
        name: table.loc[table["group"] != "excluded"].set_index("sample")["identity"]
        for name, table in samples.items()
    }
    links = _same_samples(used) + _by_marks(used, marks)
    known = {
        name: expression[name].loc[:, expression[name].columns.isin(people.index)]
        for name, people in used.items()
    }
    links += [
        (*pair, "values", f"rank correlation {likeness:.2f}")
        for *pair, likeness in find_alike(known, min_correlation=min_correlation)
    ]
    table = _joined(pd.DataFrame(links, columns=COLUMNS[:-1], dtype=object))
    people = name_people(used, table)
    table["identity"] = [
        people[cohort][sample]
        for cohort, sample in zip(table["cohort_a"], table["sample_a"], strict=True)
    ]
    return table.sort_values(COLUMNS[:4], ignore_index=True)[COLUMNS]


def _same_samples(used: Mapping[str, pd.Series]) -> list[tuple[str, ...]]:
    return [
        (sample, a, sample, b, "same_sample", sample)
        for a, b in combinations(used, 2)
        for sample in used[a].index.intersection(used[b].index)
    ]


def _by_marks(
    used: Mapping[str, pd.Series], marks: Mapping[str, pd.DataFrame]
) -> list[tuple[str, ...]]:
    """Link samples of different names that have a mark in common."""
    parts = []
    for cohort, people in used.items():
        own = marks[cohort][marks[cohort]["sample"].isin(people.index)]
        # A sample that reanalyses another bears the other's name as its mark.
        itself = pd.DataFrame(
            {"sample": people.index, "evidence": "reanalysis", "value": people.index}
        )
        parts.append(pd.concat([own, itself]).assign(cohort=cohort))
    # Once for each sample: that it stands in two cohorts is known.
    every = pd.concat(parts).drop_duplicates(["sample", "evidence", "value"])
    every = every[every.duplicated(["evidence", "value"], keep=False)]
    links = []
    for (evidence, value), group in every.groupby(["evidence", "value"], sort=True):
        (first, of), *others = zip(group["sample"], group["cohort"], strict=True)
        links += [(first, of, sample, cohort, evidence, value) for sample, cohort in others]
    return links


def _joined(links: pd.DataFrame) -> pd.DataFrame:
    """Make one row of all that links two samples."""
    # Across cohorts the first of the study stands first; within one, the first by name.
    turned = (links["cohort_a"] == links["cohort_b"]) & (links["sample_a"] > links["sample_b"])
    names = links.loc[turned, ["sample_b", "sample_a"]].to_numpy()
    links.loc[turned, ["sample_a", "sample_b"]] = names
    parts = links.groupby(COLUMNS[:4], sort=True)[["evidence", "detail"]]
    return parts.agg(lambda texts: "; ".join(dict.fromkeys(texts))).reset_index()


def name_people(
    identities: Mapping[str, pd.Series], links: pd.DataFrame
) -> dict[str, dict[str, str]]:
    """Give every sample the name of its person in the whole study.

    Parameters
    ----------
    identities
        Cohort → Series sample → identity within the series.
    links
        Columns sample_a, cohort_a, sample_b, cohort_b.

    Returns
    -------
    dict
        Cohort → sample → person; linked samples share the alphabetically first of their names.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    def join(a: str, b: str) -> None:
        first, second = sorted((root(a), root(b)))
        parent[second] = first

    for row in links.itertuples():
        join(identities[row.cohort_a][row.sample_a], identities[row.cohort_b][row.sample_b])
    return {
        cohort: {sample: root(name) for sample, name in series.items()}
        for cohort, series in identities.items()
    }


def people_of(samples: pd.DataFrame, links: pd.DataFrame, cohort: str) -> pd.Series:
    """Return the person of each sample of one cohort, from its table and the links of the study."""
    person = samples.set_index("sample")["identity"]
    renamed: dict[str, str] = {}
    for side in ("a", "b"):
        rows = links[links[f"cohort_{side}"] == cohort]
        # A person may have given samples that are linked to nothing: they are renamed with it.
        renamed |= zip(person.loc[rows[f"sample_{side}"]], rows["identity"], strict=True)
    return person.map(lambda name: renamed.get(name, name))
