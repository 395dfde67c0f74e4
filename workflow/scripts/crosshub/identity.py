"""Samples that are the same person or the same array, across cohorts and series.

Evidence: the same GEO sample; the same BioSample or block field; values that agree far better than
those of two people can, whatever monotone transformation lies between them.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata

COLUMNS = ["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity"]


def find_identity(
    samples: Mapping[str, pd.DataFrame],
    expression: Mapping[str, pd.DataFrame],
    *,
    min_correlation: float = 0.75,
) -> pd.DataFrame:
    """Link the samples of a study that are one person.

    Parameters
    ----------
    samples
        Cohort → table with the columns sample, group and identity.
    expression
        Cohort → genes × samples, log2.
    min_correlation
        Smallest correlation of gene-centred ranks between two arrays of one person.

    Returns
    -------
    DataFrame
        One row a link: sample_a, cohort_a, sample_b, cohort_b, evidence (same_sample,
        same_identity, values), identity (the name of the person in the whole study).
    """
    used = {
        name: table.loc[table["group"] != "excluded"].set_index("sample")["identity"]
        for name, table in samples.items()
    }
    names = list(used)
    links = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            links += _by_name(a, used[a], b, used[b])
    links += _by_values(used, expression, min_correlation)
    table = pd.DataFrame(links, columns=COLUMNS[:-1])
    people = name_people(used, table)
    table["identity"] = [
        people[cohort][sample]
        for cohort, sample in zip(table["cohort_a"], table["sample_a"], strict=True)
    ]
    return table.sort_values(COLUMNS[:4], ignore_index=True)[COLUMNS]


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


def _by_name(a: str, first: pd.Series, b: str, second: pd.Series) -> list[tuple[str, ...]]:
    """Link by the same GEO sample, and by the same BioSample or block where both name it."""
    links = [
        (sample, a, sample, b, "same_sample") for sample in first.index.intersection(second.index)
    ]
    people = pd.Series(second.index, index=second.to_numpy())
    for sample, person in first.items():
        if person == sample or person not in people.index:
            continue
        links += [
            (sample, a, other, b, "same_identity")
            for other in people.loc[[person]]
            if other != sample
        ]
    return links


def _by_values(
    used: Mapping[str, pd.Series],
    expression: Mapping[str, pd.DataFrame],
    min_correlation: float,
) -> list[tuple[str, ...]]:
    links = []
    names = list(used)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            genes = expression[a].index.intersection(expression[b].index)
            if len(genes) < 100 or set(used[a].index) == set(used[b].index):
                continue
            alike = _likeness(expression[a].loc[genes], expression[b].loc[genes])
            for row, column in zip(*np.nonzero(alike >= min_correlation), strict=True):
                sample, other = expression[a].columns[row], expression[b].columns[column]
                if sample != other and sample in used[a] and other in used[b]:
                    links.append((sample, a, other, b, "values"))
    return links


def _likeness(first: pd.DataFrame, second: pd.DataFrame) -> np.ndarray:
    """Return the correlation of gene-centred ranks of each sample of one series with the other's.

    Ranks survive any monotone transformation. Centring takes away what all samples of a tissue and
    platform have in common, so that what is left is the person (and the day). Each series is
    centred by itself, which finds a person who was measured or normalised anew; and both by one
    centre, which finds a copy, whatever stands between the series. The larger one counts.
    """
    ranks = [rankdata(table.to_numpy(float), axis=0) for table in (first, second)]
    own = [np.median(part, axis=1, keepdims=True) for part in ranks]
    common = np.median(np.hstack(ranks), axis=1, keepdims=True)
    by_own = _unit(ranks[0] - own[0]).T @ _unit(ranks[1] - own[1])
    by_common = _unit(ranks[0] - common).T @ _unit(ranks[1] - common)
    return np.maximum(by_own, by_common)


def _unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(length > 0, length, 1)


def people_of(samples: pd.DataFrame, links: pd.DataFrame, cohort: str) -> pd.Series:
    """Return the person of each sample of one cohort, from its table and the links of the study."""
    person = samples.set_index("sample")["identity"]
    renamed: dict[str, str] = {}
    for side in ("a", "b"):
        rows = links[links[f"cohort_{side}"] == cohort]
        # A person may have given samples that are linked to nothing: they are renamed with it.
        renamed |= zip(person.loc[rows[f"sample_{side}"]], rows["identity"], strict=True)
    return person.map(lambda name: renamed.get(name, name))


def repeated_people(people: Iterable[str]) -> int:
    """Count the people who gave more than one sample."""
    return int((pd.Series(list(people)).value_counts() > 1).sum())
