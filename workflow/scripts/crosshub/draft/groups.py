"""A guess of who is case and who is control, from the values of one field."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from crosshub.draft import fields as kinds
from crosshub.draft import words
from crosshub.draft.phrases import pattern_for

SMALLEST_GROUP = 3
MOST_DISEASES = 6
MOST_VALUES = 30
EVIDENCE = ("remaining", "untreated", "denied", "word")


@dataclass(frozen=True)
class Group:
    """Samples that one rule claims.

    Attributes
    ----------
    values
        Different values of the field that these samples have.
    pattern
        Regular expression that is found in these values and in no other of the field.
    samples
        Their number.
    """

    values: tuple[str, ...]
    pattern: str
    samples: int


@dataclass(frozen=True)
class Contrast:
    """Cases and controls that one field tells apart.

    Attributes
    ----------
    field
        Its name.
    kind
        ``disease``; ``treatment`` where the controls are samples to which nothing was done; or
        ``other`` where nothing says that it is a disease.
    evidence
        What makes the controls controls: ``word`` (healthy), ``denied`` (non-diabetic, no),
        ``untreated``, or ``remaining``: the other group names a disease.
    control, cases
        The groups; more than one of cases are several diseases of one series.
    left_out
        Values that no rule claims → samples.
    exact
        Whether values make the groups as they are; else they are free text.
    joined
        Values that were taken for two ways to write one group.
    """

    field: str
    kind: str
    evidence: str
    control: Group
    cases: tuple[Group, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    exact: bool = True
    joined: tuple[str, ...] = ()


def guess_contrast(table: pd.DataFrame) -> Contrast | None:
    """Guess the field, and its values, that tell cases from controls.

    Parameters
    ----------
    table
        Samples × fields, text, as `geo.Series.fields`.

    Returns
    -------
    Contrast or None
        The best of all fields: a disease before a treatment, then the most samples, a control
        called so, and the fewest spellings of one group; None where no field has controls.
    """
    found = [_contrast(table[name], name) for name in table.columns if _is_asked(table, name)]
    contrasts = [contrast for contrast in found if contrast]
    return max(contrasts, key=lambda one: _merit(one, len(table)), default=None)


def _is_asked(table: pd.DataFrame, name: str) -> bool:
    return not kinds.is_technical(name, table[name]) and kinds.names_groups(name) > 0


def _merit(contrast: Contrast, samples: int) -> tuple[bool, float, int, bool, int, int, int]:
    claimed = contrast.control.samples + sum(group.samples for group in contrast.cases)
    return (
        contrast.kind == "disease",
        round(claimed / samples, 1),
        EVIDENCE.index(contrast.evidence),
        contrast.exact,
        -len(contrast.joined),
        kinds.names_groups(contrast.field),
        -len(contrast.cases),
    )


def _contrast(column: pd.Series, name: str) -> Contrast | None:
    counts = column[~column.map(words.is_missing)].value_counts(sort=False)
    exact = bool(len(counts) <= max(2, counts.sum() / 2))
    spelled: dict[str, list[str]] = {}
    for value in counts.index:
        text = " ".join(value.lower().split()) if exact else without_numbers(value)
        spelled.setdefault(text, []).append(value)
    if not 2 <= len(spelled) <= max(2, min(MOST_VALUES, counts.sum() / 2)):
        return None
    evidence, controls = _controls(list(spelled), name)
    if not controls:
        return None
    ill = [t for t in spelled if t not in controls and not words.is_other_control(t)]
    texts_of_groups = _join_spellings(ill)
    groups = [[value for text in texts for value in spelled[text]] for texts in texts_of_groups]
    joined = tuple(spelled[t][0] for texts in texts_of_groups if len(texts) > 1 for t in texts)
    everything = [str(value) for value in column.unique()]

    def group_of(values: Sequence[str]) -> Group | None:
        others = [value for value in everything if value not in values]
        pattern = pattern_for(values, others)
        return Group(tuple(values), pattern, int(counts[values].sum())) if pattern else None

    control = group_of([value for text in controls for value in spelled[text]])
    made = [group_of(values) for values in groups]
    large = [group for group in made if group and group.samples >= SMALLEST_GROUP]
    cases = sorted(large, key=lambda group: -group.samples)[:MOST_DISEASES]
    cases = [group for group in large if group in cases]
    if not control or control.samples < SMALLEST_GROUP or not cases:
        return None
    claimed = {value for group in [control, *cases] for value in group.values}
    left_out = {str(v): int(n) for v, n in counts.items() if v not in claimed}
    kind = _kind(name, evidence, list(controls), cases)
    return Contrast(name, kind, evidence, control, tuple(cases), left_out, exact, joined)


def without_numbers(value: str) -> str:
    """Return a free text without what numbers it: 'control kidney 33' and '34' are one."""
    kept = []
    for word in words.words(value):
        # The letters of Control1 stay, T2D stays, and EB12 or 7 are somebody's number.
        letters = re.fullmatch(r"([^\W\d_]{2,})\d*|([^\W\d_]+\d+[^\W\d_]+)", word)
        if letters:
            kept.append(letters[1] or letters[2])
    return " ".join(kept)


def _controls(texts: list[str], name: str) -> tuple[str, list[str]]:
    """Return what makes some of the values controls, and these values."""
    called = [text for text in texts if words.is_control(text)]
    if called and len(called) < len(texts):
        return "word", called
    if kinds.names_groups(name) == 3 and set(texts) <= words.YES | words.NO:
        denied = [text for text in texts if text in words.NO]
    else:
        denied = [t for t in texts if words.denies(t, [other for other in texts if other != t])]
    if denied and len(denied) < len(texts):
        return "denied", denied
    untreated = [text for text in texts if words.is_untreated(text)]
    if untreated and len(untreated) < len(texts):
        return "untreated", untreated
    ill = [text for text in texts if words.names_disease(text)]
    if len(texts) == 2 and len(ill) == 1 and not kinds.is_material(name):
        return "remaining", [text for text in texts if text not in ill]
    return "", []


def _kind(name: str, evidence: str, controls: list[str], cases: list[Group]) -> str:
    ill = any(words.names_disease(value) for group in cases for value in group.values)
    if evidence == "untreated":
        return "treatment"
    people = any(re.search(r"healthy|normal|unaffected|disease", text) for text in controls)
    if kinds.is_treatment(name) and not (ill or people):
        return "treatment"
    sure = evidence in ("word", "remaining") or kinds.names_groups(name) == 3
    return "disease" if ill or people or sure else "other"


def _join_spellings(texts: list[str]) -> list[list[str]]:
    """Join values that write one group in two ways: one's words are all among the other's.

    Not joined are those whose further words name a disease or hold a number: diabetes and
    diabetic nephropathy are two.
    """
    groups: list[list[str]] = []
    for text in sorted(texts, key=lambda text: len(_stems(text))):
        # The first of a group is its shortest.
        fitting = [group for group in groups if _is_wordier(text, group[0])]
        if len(fitting) == 1:
            fitting[0].append(text)
        else:
            groups.append([text])
    return sorted(groups, key=lambda group: min(map(texts.index, group)))


def _is_wordier(long: str, short: str) -> bool:
    more = _stems(long) - _stems(short)
    generic = {words.stem(word) for word in words.GENERIC}
    if _stems(short) <= generic or not _stems(short) <= _stems(long):
        return False
    further = [word for word in re.findall(r"[\w-]+", long) if words.stem(word) in more]
    return not any(
        words.names_disease(word) or re.search(r"\d", word) or word in words.NEGATION
        for word in further
    )


def _stems(text: str) -> set[str]:
    # Here a hyphen joins: non-severe is not severe.
    return {words.stem(word) for word in re.findall(r"[\w-]+", text)} - words.FILLER
