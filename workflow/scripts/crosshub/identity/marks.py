"""What the samples of a series say of whom they are: GEO's relations, fields and titles."""

import re
from collections.abc import Sequence

import pandas as pd

from crosshub.identity.titles import people_named

COLUMNS = ["sample", "evidence", "value"]
FEWEST_PEOPLE = 3
# Field of the header → evidence, and the shape of a true value: a characteristic may bear the same
# name, and say what kind of material it is.
_RELATIONS = {
    "biosample": ("same_biosample", re.compile(r"SAM[A-Z]*\d+")),
    "sra": ("same_sra", re.compile(r"[SED]RX\d+")),
    "reanalysis_of": ("reanalysis", re.compile(r"GSM\d+")),
    "reanalyzed_by": ("reanalysis", re.compile(r"GSM\d+")),
}
_PERSON = re.compile(
    r"\b(individual|patient|donor|subject|participant|person|proband|volunteer)s?\b"
)
_LINE = re.compile(r"\bcell ?lines?\b")
_NO_PERSON = re.compile(
    r"\b(age|sex|gender|group|type|status|state|diagnosis|weight|bmi|race|cohort|category|class|"
    r"source|region|site)\b"
)
_MISSING = {"", "na", "n/a", "nan", "none", "null", "unknown", "missing", "-", "--", ".", "?"}


def marks_of(
    fields: pd.DataFrame, *, block: str = "", superseries: Sequence[str] = ()
) -> pd.DataFrame:
    """Return what tells who each sample is of; samples with a value in common are one person.

    Parameters
    ----------
    fields
        Samples × fields, text, as `geo.Series.fields`: the samples in use.
    block
        Field that names the person. The user has then said who is who, and no other field and no
        title is asked; to take each sample for a person of its own, it is ``geo_accession``.
    superseries
        Accessions of the series that this one is part of: their parts number people alike.

    Returns
    -------
    DataFrame
        sample, evidence (same_biosample, same_sra, reanalysis, same_person, same_title), value.
    """
    accession = fields.attrs.get("accession", "series")
    rows = _relations(fields)
    if block:
        name = block.strip().lower()
        person = next(fields[field] for field in fields if field.lower() == name)
        named = f"{accession}:{name}=" + person[person != ""]
        rows += [(sample, "same_person", value) for sample, value in named.items()]
        return _table(rows)
    for name in fields.columns:
        if not (names_person(name) or names_cell_line(name)):
            continue
        known = fields[name][~fields[name].str.lower().isin(_MISSING)]
        if known.nunique() < FEWEST_PEOPLE:
            continue
        # People who are numbered from 1 are numbered so in every series.
        scopes = [accession, *([] if _is_numbering(known) else superseries)]
        rows += [
            (sample, "same_person", f"{scope}:{name}={value}")
            for scope in scopes
            for sample, value in known.items()
        ]
    if "title" in fields:
        rows += [
            (sample, "same_title", f"{accession}:{person}")
            for sample, person in people_named(fields["title"]).items()
        ]
    return _table(rows)


def _relations(fields: pd.DataFrame) -> list[tuple[str, str, str]]:
    rows = []
    for name, (evidence, shape) in _RELATIONS.items():
        if name not in fields:
            continue
        for sample, text in fields[name].items():
            rows += [
                (str(sample), evidence, value)
                for value in text.split("; ")
                if shape.fullmatch(value)
            ]
    return rows


def names_person(name: str) -> bool:
    """Say whether a field, by its name, tells people apart."""
    text = name.replace("_", " ").lower()
    return bool(_PERSON.search(text)) and not _NO_PERSON.search(text)


def names_cell_line(name: str) -> bool:
    """Say whether a field tells cell lines apart, whose samples are no independent people."""
    return bool(_LINE.search(name.replace("_", " ").lower()))


def _is_numbering(values: pd.Series) -> bool:
    """Say whether values are 1, 2, 3 … with few gaps, whatever word stands before."""
    found = values.str.extract(r"^[^\d]*(\d+)$", expand=False)
    if found.isna().any():
        return False
    numbers = set(found.astype(float))
    return max(numbers) <= 1.5 * len(numbers)


def _table(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object).drop_duplicates(ignore_index=True)
