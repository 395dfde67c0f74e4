"""The fields of a series: which ones tell its samples apart, and what kind of thing they name."""

import re
from dataclasses import dataclass

import pandas as pd

from crosshub.draft.words import is_missing, names_disease, plain
from crosshub.identity.marks import names_person

# Tags of GEO that say how a sample was sent in and measured, not what it is.
_TECHNICAL = re.compile(
    r"(geo_accession|submission_date|last_update_date|channel_count|organism_ch\d|taxid_ch\d|"
    r"molecule_ch\d|label_ch\d|(extract|label|growth)_protocol_ch\d|hyb_protocol|scan_protocol|"
    r"data_processing|platform_id|contact_.*|supplementary_file.*|data_row_count|relation|"
    r"biosample|sra|reanalysis_of|reanaly[sz]ed_by|series_id|library_.*|instrument_model)"
)
_DISEASE = re.compile(
    r"disease|diagnos|condition|status|\bstate\b|phenotype|group|clinical|patholog|affected|"
    r"disorder|health|histolog|case|class"
)
_TREATMENT = re.compile(
    r"treat|drug|agent|compound|stimul|expos|dose|dosage|concentration|knock|transfect|transduc|"
    r"genotype|vehicle|therapy|intervention|medication"
)
_DEMOGRAPHIC = re.compile(
    r"\b(sex|gender|age|race|ethnicity|ancestry|bmi|body mass index|smok\w*|rin|batch\w*|plate|"
    r"chip|slide|array|scan date|date|run|lane|cent(er|re)|site|hospital|rna integrity.*|"
    r"pmi|post.?mortem.*)\b"
)
_MATERIAL = re.compile(
    r"\b(tissue|cell ?type|cell ?line|cells?|organ|region|compartment|material|time|time ?point|"
    r"day|week|visit)\b"
)


@dataclass(frozen=True)
class Field:
    """A field in which samples differ.

    Attributes
    ----------
    name
        Of the field.
    counts
        Value → samples that have it, most first; a value that stands for none is left out.
    missing
        Samples without a value.
    """

    name: str
    counts: dict[str, int]
    missing: int

    @property
    def repeats(self) -> bool:
        """Whether values come back, so that they make groups."""
        return len(self.counts) <= max(2, sum(self.counts.values()) / 2)

    @property
    def numbers(self) -> list[float]:
        """The values as numbers, whatever unit follows; none where they are no numbers."""
        found = [re.match(r"[-+]?\d+(\.\d+)?(?=\s|$|[a-z]+$)", value) for value in self.counts]
        return [float(match[0]) for match in found if match] if all(found) else []


def survey(fields: pd.DataFrame) -> tuple[list[Field], dict[str, str]]:
    """Return the fields in which samples differ, the most telling first, and those alike in all.

    Parameters
    ----------
    fields
        Samples × fields, text, as `geo.Series.fields`.

    Returns
    -------
    tuple
        Fields that differ; and name → value of those that do not. GEO's technical tags are in
        neither.
    """
    differing, alike = [], {}
    for name in fields.columns:
        if is_technical(name, fields[name]):
            continue
        present = fields[name][~fields[name].map(is_missing)]
        counts = present.value_counts(sort=False)
        if len(counts) == 1 and len(present) == len(fields):
            alike[name] = str(counts.index[0])
        elif len(counts):
            ordered = counts.sort_values(ascending=False, kind="stable")
            found = {str(value): int(number) for value, number in ordered.items()}
            differing.append(Field(name, found, len(fields) - len(present)))
    return sorted(differing, key=_place), alike


def is_technical(name: str, values: pd.Series) -> bool:
    """Say whether a field is a tag of GEO that says nothing of what a sample is."""
    if name in ("status", "type"):
        # A characteristic of that name is joined to GEO's own tag.
        return values.nunique() == 1 or values.str.fullmatch(r"Public on [^;]*").all()
    return bool(_TECHNICAL.fullmatch(name))


def names_groups(name: str) -> int:
    """Return how much the name of a field promises cases and controls: 3 a lot, 0 nothing."""
    text = plain(name)
    if _DEMOGRAPHIC.search(text) or names_person(name):
        return 0
    if _DISEASE.search(text) or names_disease(text):
        return 3
    return 1 if name in ("title", "description") else 2


def is_treatment(name: str) -> bool:
    """Say whether a field names what was done to the samples."""
    return bool(_TREATMENT.search(plain(name)))


def is_demographic(name: str) -> bool:
    """Say whether a field names sex, age, a batch or the like: what may be a covariate."""
    return bool(_DEMOGRAPHIC.search(plain(name)))


def is_material(name: str) -> bool:
    """Say whether a field names the tissue, the cells or the time that a sample was taken at."""
    return bool(_MATERIAL.search(plain(name)))


def _place(field: Field) -> tuple[bool, int, bool, int]:
    tag = field.name.endswith(("_ch1", "_ch2")) or field.name in ("title", "description")
    promise = names_groups(field.name) or 1
    return (not field.repeats, -promise, tag, len(field.counts))
