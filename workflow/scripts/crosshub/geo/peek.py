"""A first look into a series matrix, without reading it."""

from pathlib import Path

from crosshub.errors import DataError
from crosshub.geo.series import TABLE_BEGIN, TABLE_END
from crosshub.geo.text import AGAIN, unpack


def has_values(path: str | Path) -> bool:
    """Say whether the table of a series matrix has a line of values; reads no further than that.

    Raises
    ------
    DataError
        If the file is damaged so far, or is no series matrix.
    """
    begin, content, place = b"\n" + TABLE_BEGIN.encode(), bytearray(), -1
    for block in unpack(path):
        seen = max(0, len(content) - len(begin))
        content += block
        place = place if place >= 0 else content.find(begin, seen)
        lines = content[place + 1 :].split(b"\n", 3) if place >= 0 else []
        if len(lines) > 3:
            return not lines[2].startswith(TABLE_END.encode())
    if place < 0:
        raise DataError(f"{path}: no line '{TABLE_BEGIN}', so it is no series matrix; {AGAIN}")
    return False
