"""Plain text for a terminal of 100 columns."""

import textwrap
from collections.abc import Iterable, Mapping

WIDTH = 100
MOST_VALUES = 12
NAME_WIDTH = 24


def clean(text: str) -> str:
    """Return text without what a terminal takes for an order, white space as single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shorten(text: str, width: int) -> str:
    """Return text of at most this many letters; the end of a longer one is cut."""
    text = clean(text)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def paragraph(text: str, *, first: str = "", indent: str = "") -> str:
    """Return text in lines; the first begins with `first`, the others with `indent`."""
    return textwrap.fill(
        clean(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent or " " * len(first),
        break_on_hyphens=False,
    )


def facts(items: Mapping[str, str]) -> list[str]:
    """Return lines of a name and a text each, the texts in one column."""
    width = max(map(len, items)) + 2
    return [
        paragraph(text, first=f"  {name:<{width}}", indent=" " * (width + 2))
        for name, text in items.items()
    ]


def counted(name: str, counts: Mapping[str, int], missing: int) -> list[str]:
    """Return lines with the values of a field and their numbers, the name before the first."""
    room = WIDTH - NAME_WIDTH - 11
    rows = [(str(number), shorten(value, room)) for value, number in counts.items()]
    if len(rows) > MOST_VALUES:
        rest = sum(list(counts.values())[MOST_VALUES - 1 :])
        rows = rows[: MOST_VALUES - 1]
        rows.append((str(rest), f"of {len(counts) - MOST_VALUES + 1} further values"))
    if missing:
        rows.append((str(missing), "(no value)"))
    return named(name, [f"{number:>5}  {value}" for number, value in rows])


def named(name: str, lines: Iterable[str]) -> list[str]:
    """Return lines in a column, with a name before the first; a long name has its own line."""
    lines = list(lines)
    name = clean(name)
    if len(name) <= NAME_WIDTH:
        first, lines = [f"  {name:<{NAME_WIDTH}}  {lines[0]}"], lines[1:]
    else:
        first = [f"  {name}"]
    return first + [" " * (NAME_WIDTH + 4) + line for line in lines]


def plural(number: int, word: str) -> str:
    """Return a number with its word: 1 case, 2 cases."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
