"""Lists in one cell of a table: how they are joined, and how they are parted."""

import re
from collections.abc import Iterable

# What this workflow joins is parted by a bar alone: names of compounds and mechanisms have commas.
JOINED = "|"


def split_items(cell: object, separators: str = JOINED) -> list[str]:
    """Return the items of a cell, without blanks around them; none of a cell that is no text.

    Parameters
    ----------
    cell
        Text, or a missing value.
    separators
        Characters, each of which parts two items.
    """
    if not isinstance(cell, str):
        return []
    items = re.split(f"[{re.escape(separators)}]", cell)
    return [item for item in map(str.strip, items) if item]


def unite(cells: Iterable[object], separators: str = JOINED) -> str:
    """Return the different items of cells, in the order in which they come, joined by ``|``."""
    return JOINED.join(
        dict.fromkeys(item for cell in cells for item in split_items(cell, separators))
    )
