"""What submitters say of their samples that bears on quality: sex, age, day and batch.

Each function takes the fields of a series (`geo.Series.fields`: samples × fields, text) and returns
one value for each sample.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date

import pandas as pd

_MALE = {"m", "male", "males", "man", "men", "boy", "xy"}
_FEMALE = {"f", "female", "females", "fem", "woman", "women", "girl", "xx"}
_SEX_FIELD = re.compile(r"(?:^|[\W_])(?:sex|gender)(?:$|[\W_])", re.IGNORECASE)
_AGE_FIELD = re.compile(r"age(?:$|[\W_]+(?:\(?y|at|in|of|yrs?|years?).*)", re.IGNORECASE)
_AGE = re.compile(
    r"[^\d<>~+-]{0,12}(\d{1,3}(?:\.\d+)?)\s*(?:y\w*|yo|years? old)?\.?", re.IGNORECASE
)
_CODE = re.compile(r"(\d)\s*[=:]\s*([a-z]+)|([a-z]+)\s*[=:]\s*(\d)", re.IGNORECASE)

_WORK = (
    r"scan\w*|hyb\w*|arrays?|chips?|slides?|plates?|runs?|assays?|batch|processing|processed|"
    r"experiments?|extraction|library|prep\w*|sequencing|labell?ing|labell?ed|amplification"
)
_DATE_FIELD = re.compile(
    rf"(?:the[\W_]*)?date|(?:{_WORK})[\W_]*date.*|date[\W_]*(?:of[\W_]*)?(?:the[\W_]*)?(?:{_WORK}).*",
    re.IGNORECASE,
)
_BATCH_FIELD = re.compile(
    r"(?:.*[\W_])?batch(?:es)?(?:[\W_]*(?:id|no|nr|num|number|name|code|effect))?[\W_]*\d*",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s].*)?")
_NUMBERS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T\s].*)?")
_NAMED = re.compile(
    r"(?:(\d{1,2})[-\s.]*([a-z]{3,9})|([a-z]{3,9})[-\s.]*(\d{1,2}))[-\s.,]+(\d{4}|\d{2})(?:[T\s].*)?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")


def annotated_sex(fields: pd.DataFrame) -> pd.Series:
    """Return the annotated sex: female, male, or empty where it is not given.

    Read from the field whose name holds the word sex or gender and that says it for most samples.
    Numbers count as the name of the field explains them (``sex (1=male, 2=female)``), or where
    both 1 and 2 occur, as in ISO/IEC 5218 (1 male, 2 female); 0 and 1 alone could be either way
    and stay empty.
    """

    def read(name: str) -> pd.Series:
        values = fields[name]
        return values.map(_sex_codes(name, values.unique())).fillna("")

    names = [name for name in fields.columns if _SEX_FIELD.search(str(name))]
    return _best(fields, names, read).rename("sex_annotated")


def _sex_codes(name: str, values: Iterable[str]) -> dict[str, str]:
    """Return the sex that each value of a field means."""
    codes = {}
    for before, meaning, other, after in _CODE.findall(name):
        codes[before or after] = _sex_word(meaning or other)
    if not codes and {"1", "2"} <= {value.strip() for value in values}:
        codes = {"1": "male", "2": "female"}
    return {value: codes.get(value.strip()) or _sex_word(value) for value in values}


def _sex_word(value: str) -> str:
    words = set(re.findall(r"[a-z]+", value.lower()))
    male, female = bool(words & _MALE), bool(words & _FEMALE)
    return "" if male == female else "male" if male else "female"


def age(fields: pd.DataFrame) -> pd.Series:
    """Return the age in years, from a field ``age`` (``61``, ``61 years``); NaN where not given."""
    names = [name for name in fields.columns if _AGE_FIELD.fullmatch(str(name).strip())]

    def read(name: str) -> pd.Series:
        return fields[name].map(_age_text)

    return pd.to_numeric(_best(fields, names, read), errors="coerce").rename("age")


def _age_text(value: str) -> str:
    found = _AGE.fullmatch(value.strip())
    return found[1] if found else ""


def scan_date(fields: pd.DataFrame) -> pd.Series:
    """Return the day of the laboratory's work as YYYY-MM-DD, or empty where it is not given.

    Read from a field such as ``scan date``, ``hybridization date``, ``date of processing`` or
    ``date``; never from the dates of submission. Of 03/05/2014, the month comes first, as scanners
    write it, unless a number above 12 in the field says that the day does.
    """
    names = [name for name in fields.columns if _DATE_FIELD.fullmatch(str(name).strip())]

    def read(name: str) -> pd.Series:
        values = fields[name].map(lambda text: text.split(";")[0].strip())
        leading = [int(found[1]) for text in values if (found := _NUMBERS.fullmatch(text))]
        day_first = max(leading, default=0) > 12
        return values.map(lambda text: iso_date(text, day_first=day_first))

    return _best(fields, names, read).rename("scan_date")


def iso_date(text: str, *, day_first: bool = False) -> str:
    """Return a date as YYYY-MM-DD; empty where the text is none."""
    if found := _YEAR_FIRST.fullmatch(text) or _PLAIN.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _NUMBERS.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        month, day = (second, first) if day_first else (first, second)
    elif found := _NAMED.fullmatch(text):
        name = (found[2] or found[3])[:3].lower()
        month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
        day, year = int(found[1] or found[4]), int(found[5])
    else:
        return ""
    if year < 100:
        # Microarrays are younger than 1990.
        year += 1900 if year >= 90 else 2000
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def batch(fields: pd.DataFrame) -> pd.Series:
    """Return the batch, from a field such as ``batch`` or ``batch id``; empty where not given."""
    names = [name for name in fields.columns if _BATCH_FIELD.fullmatch(str(name).strip())]
    return _best(fields, names, lambda name: fields[name]).rename("batch")


def _best(
    fields: pd.DataFrame, names: Iterable[str], read: Callable[[str], pd.Series]
) -> pd.Series:
    """Read the field that says most; of those that say as much, the one of the shortest name."""
    best = pd.Series("", index=fields.index, dtype=object)
    known = 0
    for name in sorted(names, key=lambda name: (len(name), name)):
        values = read(name)
        number = int((values != "").sum())
        if number > known:
            best, known = values, number
    return best
