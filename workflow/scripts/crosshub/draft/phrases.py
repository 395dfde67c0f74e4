"""Regular expressions that tell some values of a field from all the others."""

import re
from collections.abc import Iterable, Iterator, Sequence

from crosshub.draft.words import is_control, names_disease
from crosshub.patterns import LONGEST_VALUE, pattern_mistakes

# A value of more letters is told by the words that no other value has.
SHORT = 30
LONGEST_RUN = 60
NEARLY_ALL = 0.7
MOST_VALUES = 12
_TOKENS = (r"\w+(?:['’-]\w+)*", r"[^\W_]+", r"[^\W\d_]{2,}")


def pattern_for(mine: Sequence[str], others: Iterable[str]) -> str | None:
    r"""Return a pattern that is found in all values of one list and in none of the other.

    Parameters
    ----------
    mine
        Values to be found; at least one.
    others
        Values not to be found.

    Returns
    -------
    str or None
        ``^the whole value$`` where that is short, else words that only these values have
        (``\bosteoarthritic\b``), else all the values; None where nothing of that tells them apart.
    """
    mine = list(dict.fromkeys(mine))
    apart = [*others, ""]
    for pattern in _proposals(mine, apart):
        if not pattern_mistakes(pattern) and _tells(pattern, mine, apart):
            return pattern
    return None


def escape(text: str) -> str:
    """Return a text as a pattern that a line of a table can hold."""
    escaped = re.sub(r"([\\.^$*+?{}\[\]|();])", r"\\\1", text)
    # A line of a table can hold neither a tab nor what a terminal takes for an order.
    return "".join(letter if letter.isprintable() else "." for letter in escaped)


def _tells(pattern: str, mine: Iterable[str], others: Iterable[str]) -> bool:
    compiled = re.compile(pattern, re.IGNORECASE)
    return all(compiled.search(value[:LONGEST_VALUE]) for value in mine) and not any(
        compiled.search(value[:LONGEST_VALUE]) for value in others
    )


def _proposals(mine: list[str], others: list[str]) -> Iterator[str]:
    forms = list({" ".join(value.lower().split()): value for value in mine}.values())
    whole = "|".join(map(escape, forms))
    whole = f"^{whole}$" if len(forms) == 1 else f"^({whole})$"
    runs = [run for token in _TOKENS for run in _runs(mine, others, token)]
    told = max(map(len, runs), default=0)
    if len(forms) == 1 and (len(forms[0]) <= SHORT or told > NEARLY_ALL * len(forms[0])):
        yield whole
    for run in runs:
        yield rf"\b{escape(run)}\b"
        # An underscore or a digit beside a word is no border to \b.
        yield rf"(^|[^a-z]){escape(run)}([^a-z]|$)"
    if len(forms) <= MOST_VALUES:
        yield whole
    if len(forms) == 1:
        yield "^" + r"\s{1,9}".join(map(escape, forms[0].split())) + "$"


def _runs(mine: list[str], others: list[str], token: str) -> list[str]:
    """Return runs of neighbouring words that all of mine and none of the others have."""
    common = set.intersection(*(_tokens(value, token) for value in mine))
    own = common - set().union(*(_tokens(value, token) for value in others))
    runs: list[tuple[int, int]] = []
    end_of_last = None
    for found in re.finditer(token, mine[0]):
        if found[0].lower() not in own:
            end_of_last = None
            continue
        joined = end_of_last is not None and found.end() - runs[-1][0] <= LONGEST_RUN
        runs = [*runs[:-1], (runs[-1][0], found.end())] if joined else [*runs, found.span()]
        end_of_last = found.end()
    texts = [mine[0][start:end] for start, end in runs]
    return sorted(texts, key=lambda text: (not is_control(text), not names_disease(text)))


def _tokens(value: str, token: str) -> set[str]:
    return {found.lower() for found in re.findall(token, value)}
