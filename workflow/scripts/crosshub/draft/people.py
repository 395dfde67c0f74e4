"""Who gave several samples, and in what else than the disease the samples differ."""

import re
from dataclasses import dataclass

import pandas as pd

from crosshub.draft import fields as kinds
from crosshub.draft.phrases import SHORT, escape
from crosshub.draft.words import is_missing
from crosshub.identity.marks import names_cell_line, names_person
from crosshub.identity.titles import FEWEST_PAIRS, TIMES, people_of_titles

# In a draft that the user reads, a short word for a visit may be guessed too.
_TIMES = TIMES + r"|\b[tvdw]\d{1,3}\b"
_LATER = ("post", "after", "follow-up", "followup")


@dataclass(frozen=True)
class People:
    """Who the samples are of.

    Attributes
    ----------
    field
        The field that names the person; empty where none does.
    people, samples
        Their numbers, among the samples of which the person is known.
    repeated
        People who gave more than one sample.
    by_title
        Whether titles alone say so (``S1 pre``, ``S1 post``): no field can be the block.
    """

    field: str
    people: int
    samples: int
    repeated: int
    by_title: bool = False


def find_people(table: pd.DataFrame) -> People | None:
    """Find the field that names the person, else people whose titles differ in the time alone.

    Parameters
    ----------
    table
        Samples × fields, text: the samples in use.
    """
    named = []
    for name in table.columns:
        line = names_cell_line(name)
        if not (line or names_person(name)) or kinds.is_technical(name, table[name]):
            continue
        present = table[name][~table[name].map(is_missing)]
        sizes = present.value_counts()
        if len(sizes) < 3 or len(present) < len(table):
            continue
        people = People(name, len(sizes), len(present), int((sizes > 1).sum()))
        named.append((not line, people.people, people))
    if named:
        return max(named, key=lambda item: item[:2])[2]
    sizes = timed_people(table).value_counts()
    repeated = int((sizes > 1).sum())
    if repeated < FEWEST_PAIRS:
        return None
    return People("", len(sizes), int(sizes.sum()), repeated, by_title=True)


def timed_people(table: pd.DataFrame) -> pd.Series:
    """Return the person of each sample whose title names a time; see `people_of_titles`."""
    if "title" not in table:
        return pd.Series(dtype=object)
    return people_of_titles(table["title"], _TIMES)


def one_sample_each(table: pd.DataFrame, people: pd.Series, single: pd.Index) -> str:
    """Return a rule that keeps one sample of each person, and all samples of the others.

    Parameters
    ----------
    table
        Samples × fields, text.
    people
        The person of those samples of which people gave several; see `timed_people`.
    single
        The samples in use of all others.

    Returns
    -------
    str
        ``field=^value$`` where one value does it, else a pattern on the title that leaves out the
        later samples; empty where there is neither.
    """
    for name in table.columns:
        if kinds.is_technical(name, table[name]) or re.search(r"[=;]", name):
            continue
        for value in filter(_is_short, table[name].unique()):
            kept = table.index[table[name] == value]
            once = people[people.index.isin(kept)]
            if single.isin(kept).all() and set(once) == set(people) and once.is_unique:
                return f"{name}=^{escape(value)}$"
    titles = table["title"].str.lower()
    for word in _LATER:
        kept = table.index[~titles.str.contains(rf"\b{word}\b")]
        once = people[people.index.isin(kept)]
        if single.isin(kept).all() and set(once) == set(people) and once.is_unique:
            return rf"title=^(?!.*\b{word}\b)"
    return ""


def _is_short(value: str) -> bool:
    return 0 < len(value) <= SHORT


def covariates_of(table: pd.DataFrame, group: pd.Series) -> list[str]:
    """Return fields for sex, age, batches and the like in which the samples in use differ.

    Left out are fields with gaps and those that say the same as case and control.
    """
    found = []
    for name in table.columns:
        column = table[name]
        if not kinds.is_demographic(name) or kinds.is_technical(name, column):
            continue
        if column.map(is_missing).any() or column.nunique() < 2 or ";" in name:
            continue
        if group.groupby(column).nunique().max() > 1:
            found.append(name)
    return found


def mixtures_of(table: pd.DataFrame, group: pd.Series, asked: str) -> dict[str, dict[str, int]]:
    """Return fields for tissue, cells, time or treatment of which cases and controls have several.

    Parameters
    ----------
    table, group
        The samples in use, and whether each is case or control.
    asked
        The field that tells cases from controls.

    Returns
    -------
    dict
        Field → value → samples.
    """
    found = {}
    for name in table.columns:
        if name == asked or kinds.is_demographic(name) or kinds.is_technical(name, table[name]):
            continue
        if not (kinds.is_material(name) or kinds.is_treatment(name)) or names_cell_line(name):
            continue
        counts = table[name].value_counts()
        both = [value for value in counts.index if group[table[name] == value].nunique() > 1]
        if 2 <= len(counts) <= len(table) / 2 and both:
            found[name] = {str(value): int(number) for value, number in counts.items()}
    return found
