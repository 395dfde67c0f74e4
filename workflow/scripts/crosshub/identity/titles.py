"""People whom titles name: the same title but for the time, or the same patient's number."""

import re

import pandas as pd

TIMES = (
    r"\b(?:pre|post|before|after)(?:-?(?:treatment|therapy|op|operative|surgery|training))?\b|"
    r"\b(?:baseline|follow-?up)\b|"
    r"\b(?:day|week|month|year|hour|visit|time ?point|tp)[ -]?\d+\b"
)
FEWEST_PAIRS = 2
# A bare number restarts with each group ("RA patient 1", "OA patient 1"); a number with letters is
# one that a hospital or a biobank gave.
_PERSON = re.compile(
    r"\b(?:patient|donor|subject|individual|participant|volunteer)s?\b[ :#.-]*"
    r"([a-z]{1,6}[ -]?\d+|\d+[a-z]{1,3})\b"
)


def people_of_titles(titles: pd.Series, times: str = TIMES) -> pd.Series:
    """Return what is left of titles without their words for a time.

    Parameters
    ----------
    titles
        By sample.
    times
        Pattern of a time, small letters.

    Returns
    -------
    Series
        Only of titles that have a time and, apart from it, a number: without one they name no
        person ("control, day 1" and "control, day 2").
    """
    plain = titles.str.replace("_", " ").str.lower()
    timed = plain[plain.str.contains(times)]
    left = timed.map(lambda title: " ".join(re.sub(times, " ", title).split()))
    return left[left.str.contains(r"\d")]


def people_named(titles: pd.Series) -> pd.Series:
    """Return the patient, donor or subject that a title names, of those samples whose title does.

    Titles that differ in the time alone name a person, and so does a patient's number with
    letters. Either counts only where two people at least gave several samples, for then it is the
    design of the series and no accident of a title.

    Parameters
    ----------
    titles
        By sample.

    Returns
    -------
    Series
        Text, by sample; only of people of several samples.
    """
    plain = titles.str.replace("_", " ").str.lower()
    found = plain.str.extract(_PERSON, expand=False).dropna().str.replace(r"[ -]", "", regex=True)
    parts = [_repeated(people_of_titles(titles)), _repeated(found)]
    kept = [part for part in parts if part.nunique() >= FEWEST_PAIRS]
    if not kept:
        return pd.Series(dtype=object)
    joined = pd.concat(kept)
    return joined[~joined.index.duplicated()]


def _repeated(people: pd.Series) -> pd.Series:
    return people[people.duplicated(keep=False)]
