"""Names of diseases and cohorts, out of the values that submitters wrote."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crosshub.draft import words

UNNAMED = "disease"
LONGEST = 40
_ACRONYM = re.compile(r"\(([A-Za-z][A-Za-z0-9-]{1,7})\)")


@dataclass(frozen=True)
class Name:
    """A disease.

    Attributes
    ----------
    slug
        As in the column ``disease``: rheumatoid_arthritis.
    short
        For the names of cohorts: ra; the slug itself where there is nothing shorter.
    told
        Whether the samples name it; else it is out of the title of the series, or no name.
    """

    slug: str
    short: str
    told: bool = True


def name_group(
    values: Sequence[str], controls: Sequence[str], *, field: str, title: str, near: Iterable[str]
) -> Name:
    """Name the disease of a group.

    Parameters
    ----------
    values, controls
        What the cases and the controls have in the field that tells them apart.
    field
        Name of that field: ``copd`` with the values yes and no is a disease.
    title
        Of the series; asked last.
    near
        Values of other fields that only these cases have; a word for the disease there is taken
        where it is the noun of the adjective here.
    """
    text = min(values, key=lambda value: len(_tell(value, controls)) or len(value))
    given = _ACRONYM.search(text)
    told = _tell(_ACRONYM.sub(" ", text), controls) or words.words(text)
    for place in (text, field):
        if set(told) <= words.GENERIC:
            ill = [word for word in words.words(place) if words.is_disease_word(word)]
            told = [word for word in ill if word not in words.GENERIC]
    named = bool(told)
    if not told:
        ill = {words.completed(word) for word in words.words(title) if words.is_disease_word(word)}
        told = list(ill - words.GENERIC) if len(ill - words.GENERIC) == 1 else []
    if len(told) == 1:
        told = [_noun(told[0], near)]
    slug = slug_of(" ".join(told)) if told else UNNAMED
    return Name(slug, slug_of(given[1]) if given else short_of(slug), named)


def slug_of(text: str) -> str:
    """Return a text as a slug: lower-case letters, digits and ``_``, a letter first."""
    ascii_text = unicodedata.normalize("NFKD", re.sub(r"['’]", "", text.lower()))
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_text.encode("ascii", "ignore").decode()).strip("_")
    while len(slug) > LONGEST and "_" in slug:
        slug = slug.rpartition("_")[0]
    slug = slug[:LONGEST]
    return slug if slug[:1].isalpha() else f"group_{slug}" if slug else UNNAMED


def unify(names: Sequence[Name]) -> dict[str, str]:
    """Find slugs that mean one disease, and return slug → the slug to use.

    One are: the same words but for their endings; and an acronym, given in brackets or made of
    the first letters, with the words it stands for. The longest form is used.
    """
    use: dict[str, str] = {}
    shorts = {name.slug: name.short for name in names}
    for slug in sorted(shorts, key=lambda slug: (-len(slug), slug)):
        same = [
            other
            for other in dict.fromkeys(use.values())
            if (_core(slug) and _core(slug) == _core(other))
            or slug in (initials(other), shorts[other])
            or words.ACRONYMS.get(slug) == other
        ]
        use[slug] = same[0] if len(same) == 1 else slug
    return use


def initials(slug: str) -> str:
    """Return the first letters of the words of a slug, numbers whole; a single word has none."""
    parts = [part for part in slug.split("_") if part not in ("of", "the", "with", "and", "in")]
    if len(parts) < 2:
        return ""
    return "".join(part if part.isdigit() else part[0] for part in parts)


def _tell(value: str, controls: Sequence[str]) -> list[str]:
    """Return the words of a value without those around the name of a disease."""
    # disease_a stays one word; hMSC-osteopo_elderly has to be taken apart.
    around = {word for control in controls for word in words.words(control)}
    listed = words.words(value)
    if not around & set(listed):
        listed = re.findall(r"[\w'’-]+", value.lower())
    kept = [word for word in listed if word not in words.FILLER]
    return [word for word in kept if word not in around] or kept


def _noun(word: str, near: Iterable[str]) -> str:
    """Return the noun of an adjective: the one that other fields use, else a known one."""
    for value in near:
        for other in words.words(value):
            if words.stem(other) == words.stem(word) and other.endswith(("is", "es", "a", "y")):
                return other
    return words.completed(word)


def short_of(slug: str) -> str:
    """Return the first letters of the words of a slug, or the slug where they say too little."""
    parts = slug.split("_")
    letters = [part for part in parts if not part.isdigit()]
    if len(letters) > 1 and all(len(part) > 1 for part in letters):
        return initials(slug)
    return slug


def _core(slug: str) -> frozenset[str]:
    return frozenset(words.stem(part) for part in slug.split("_") if part not in words.FILLER)
