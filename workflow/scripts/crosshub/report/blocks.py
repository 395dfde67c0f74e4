"""What a section of the report is made of. The template knows how each kind of block looks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd
from markupsafe import Markup

from crosshub.report import numbers

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A paragraph; `style` is plain, lead, small, note (what is not there) or warning."""

    text: str
    style: str = "plain"
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: Sequence[str]
    kind: ClassVar[str] = "items"


@dataclass(frozen=True)
class Code:
    """Text as it would be typed."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Statement:
    """A sentence with a badge; `tone` is good, bad or open."""

    badge: str
    tone: str
    text: str
    kind: ClassVar[str] = "statement"


@dataclass(frozen=True)
class Picture:
    """A figure: an ``<svg>`` element that is ready to stand in a page.

    With a title it can be folded away by the reader, and is at first if it is `folded`.
    """

    svg: Markup
    caption: str
    title: str = ""
    folded: bool = False
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str | Markup
    right: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `note` says what was cut and where all of it is."""

    titles: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    note: str = ""
    kind: ClassVar[str] = "table"


Block = Text | Heading | Items | Code | Statement | Picture | Table


@dataclass
class Section:
    """A section: its title and its blocks; never empty."""

    title: str
    blocks: list[Block] = field(default_factory=list)

    def add(self, *blocks: Block) -> None:
        """Add blocks."""
        self.blocks.extend(blocks)


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and how the cell of a row is written."""

    title: str
    show: Callable[[Row], str | Markup]
    right: bool = True


def words(title: str, key: str) -> Column:
    """Return a column of text."""
    return Column(title, lambda row: numbers.text(row.get(key)), right=False)


def whole(title: str, key: str) -> Column:
    """Return a column of counts."""
    return Column(title, lambda row: numbers.count(row.get(key)))


def decimal(title: str, key: str, digits: int = 2, missing: str = numbers.NOT_TESTED) -> Column:
    """Return a column of numbers."""
    return Column(title, lambda row: numbers.number(row.get(key), digits, missing))


def share(title: str, key: str) -> Column:
    """Return a column of percentages."""
    return Column(title, lambda row: numbers.percent(row.get(key)))


def small(title: str, key: str) -> Column:
    """Return a column of p-values or false discovery rates."""
    return Column(title, lambda row: numbers.p_value(row.get(key)))


def truth(title: str, key: str) -> Column:
    """Return a column of yes and no."""
    return Column(title, lambda row: numbers.yes_no(row.get(key)), right=False)


def estimate(title: str, key: str) -> Column:
    """Return a column of numbers with the intervals from ``<key>_low`` to ``<key>_high``."""
    return Column(
        title,
        lambda row: numbers.interval(row.get(key), row.get(f"{key}_low"), row.get(f"{key}_high")),
    )


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    caption: str = "",
    limit: int | None = None,
    file: str = "",
) -> Table:
    """Make a table of the first `limit` rows of a frame; `file` has all of them."""
    shown = frame if limit is None else frame.head(limit)
    note = ""
    if len(shown) < len(frame):
        note = f"The first {len(shown):,} of {len(frame):,} rows; all are in `{file}`."
    elif file:
        note = f"From `{file}`."
    rows = [
        [Cell(column.show(row), column.right) for column in columns]
        for row in shown.to_dict("records")
    ]
    return Table([Cell(column.title, column.right) for column in columns], rows, caption, note)
