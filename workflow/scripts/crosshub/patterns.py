"""Regular expressions of users: which are refused because they may never end.

Python's have no time limit, and a careless one takes longer than a life on a value of thirty
letters. So the length of a value and all that multiplies the ways to match it are bounded.
"""

import math
import re
import warnings

LONGEST_PATTERN = 200
LONGEST_VALUE = 1_000
MOST_REPEATS = 3
MOST_CHOICES = 12
# Ways to match that bounded repeats give: for all of them, and beside unlimited repeats, each of
# which has as many as the value has letters.
MOST_WAYS = 10_000
MOST_WAYS_IN_ALL = 1e10
_FEW = 10

_PART = re.compile(
    r"""\\. | \[\^?\]?(?:\\.|[^\]\\])*\]              # an escaped letter, or a class
    | \((?:\?(?:P?<\w+>|<?[=!]|[a-zA-Z-]*:))? | \)   # the two ends of a group
    | [*+?][?+]? | \{\d*(?:,\d*)?\}[?+]? | .         # a repeat, or any letter""",
    re.VERBOSE | re.DOTALL,
)


def pattern_mistakes(pattern: str) -> list[str]:
    """List what is wrong with a regular expression: no such thing, or one that may never end.

    Refused are patterns of more than 200 characters; a repeated group that holds a repeat, an
    optional part or a choice, such as ``(a+)+``; too many unlimited repeats; more than 12 repeats,
    optional parts and choices in all; and bounded repeats that multiply to too many ways, such as
    ``a{0,9}a{0,9}a{0,9}a{0,9}a{0,9}``.
    """
    shown = f"'{pattern[:40]}…'" if len(pattern) > 40 else f"'{pattern}'"
    if len(pattern) > LONGEST_PATTERN:
        return [f"{shown} is longer than {LONGEST_PATTERN} characters; write a shorter pattern"]
    try:
        with warnings.catch_warnings():
            # What Python only warns of, such as [[a], will mean something else one day.
            warnings.simplefilter("error")
            flags = re.compile(pattern, re.IGNORECASE).flags
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return [f"{shown} is not a regular expression ({error})"]
    if flags & re.VERBOSE or "(?#" in pattern:
        return [f"{shown} holds a comment or (?x); write it without"]
    nested, repeats, choices, ways = _ways_to_match(pattern)
    if nested:
        return [f"{shown} repeats a group that itself holds *, +, ?, {{ or |; write it without"]
    # Without ^ a match may begin anywhere, which is one repeat more.
    repeats += not pattern.startswith("^")
    if repeats > MOST_REPEATS:
        return [f"{shown} has too many of * and +; drop .* at its ends, or begin it with ^"]
    if choices > MOST_CHOICES:
        return [f"{shown} has {choices} of *, +, ?, {{ and ( | ); write at most {MOST_CHOICES}"]
    if ways > min(MOST_WAYS, MOST_WAYS_IN_ALL / LONGEST_VALUE**repeats):
        return [f"{shown} has too many ways to match for its ? and {{ }}; write fewer of them"]
    return []


def _ways_to_match(pattern: str) -> tuple[bool, int, int, float]:
    """Return whether repeats are nested, unlimited repeats, repeats and choices, bounded ways."""
    nested, repeats, choices, ways = False, 0, 0, 1.0
    groups: list[bool] = []  # for each open group: does it hold a repeat or a choice?
    closed = False  # did the part before this one, a group, hold any?
    for part in _PART.findall(pattern):
        least, most = _times(part)
        if part.startswith("("):
            groups.append(False)
        elif part == ")":
            closed = groups.pop()
            if closed and groups:
                groups[-1] = True
            continue
        elif part == "|" or most:
            nested |= closed and most > 1
            repeats += most > _FEW
            ways *= most - least + 1 if most <= _FEW else 1
            # A group counts once for all of its |, so that a list of words stays allowed.
            choices += part != "|" or bool(groups and not groups[-1])
            if groups:
                groups[-1] = True
        closed = False
    return nested, repeats, choices, ways


def _times(part: str) -> tuple[float, float]:
    """Return how often a quantifier repeats at least and at most; 0, 0 for a part that is none."""
    if part[0] in "*+":
        return float(part[0] == "+"), math.inf
    if part[0] == "?":
        return 0, 1
    found = re.fullmatch(r"\{(\d*)(,?)(\d*)\}[?+]?", part)
    if not found or not (found[1] or found[3] or found[2]):
        return 0, 0
    least = float(found[1] or 0)
    if found[2] and not found[3]:
        return least, math.inf
    return least, float(found[3] or found[1])
