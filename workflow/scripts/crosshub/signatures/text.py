"""Read a matrix that is written as text: genes in rows, so it is first turned on disk."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from crosshub.errors import DataError

# Lines that are parsed at once, and values: some 40 bytes each, as text and as numbers.
_ROWS = 500
_VALUES = 2_500_000
_MISSING = ("", "NA", "NaN", "nan", "na", "null")


@contextmanager
def open_text(path: Path, what: str) -> Iterator[TextIO]:
    """Open a plain or a gzipped text file; what goes wrong in the block is a `DataError`.

    Parameters
    ----------
    path
        Of the file; ``.gz`` is unpacked.
    what
        What it should be, for the message.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline=None) as file:
            yield file
    except (OSError, EOFError, ValueError, zlib.error, pd.errors.ParserError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as {what} ({reason})") from error


def fields_of(file: TextIO) -> list[str]:
    """Return the fields of the next line; a quote has no meaning."""
    return file.readline().rstrip("\r\n").split("\t")


def read_rows(
    file: TextIO, header: Sequence[str], names: Sequence[int], columns: Sequence[int], raw: Path
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the rest of a file, in bounded memory: some columns as text, the others as numbers.

    Parameters
    ----------
    file
        Stands at the first gene.
    header
        Names of all columns.
    names, columns
        Places of the columns that are text, and of the signatures.
    raw
        Gets the numbers, genes × signatures, float32.

    Returns
    -------
    tuple
        The text (columns are places), and the numbers, mapped from `raw`.

    Raises
    ------
    ValueError
        If a number is none, or a line has too few or too many fields; the message says where.
    """
    parts: list[pd.DataFrame] = []
    done = 0
    rows = max(1, min(_ROWS, _VALUES // len(header)))
    with raw.open("wb") as out:
        while lines := [line for _, line in zip(range(rows), file, strict=False)]:
            while lines and not lines[-1].strip("\r\n\t "):
                lines.pop()
            for place, line in enumerate(lines):
                if (found := line.count("\t") + 1) != len(header):
                    raise ValueError(
                        f"gene {done + place + 1} has {found} fields, the header {len(header)}"
                    )
            if not lines:
                continue
            splits = [line.rstrip("\r\n").split("\t", max(names) + 1) for line in lines]
            parts.append(pd.DataFrame({i: [fields[i] for fields in splits] for i in names}))
            try:
                numbers = _parse(lines, len(header), columns)
            except ValueError as error:
                raise ValueError(_what_is_no_number(lines, header, columns, done)) from error
            out.write(numbers.to_numpy(np.float32).tobytes())
            done += len(lines)
    if not done:
        raise ValueError("it has a header and no genes")
    values = np.memmap(raw, np.float32, "r", shape=(done, len(columns)))
    return pd.concat(parts, ignore_index=True), values


def _parse(lines: list[str], width: int, columns: Sequence[int]) -> pd.DataFrame:
    frame = pd.read_csv(
        io.StringIO("".join(lines)), sep="\t", header=None, names=range(width), quoting=3,
        usecols=list(columns), dtype=dict.fromkeys(columns, np.float64), index_col=False,
        keep_default_na=False, na_values=list(_MISSING), skip_blank_lines=False,
    )  # fmt: skip
    return frame[list(columns)]


def _what_is_no_number(
    lines: list[str], header: Sequence[str], columns: Sequence[int], done: int
) -> str:
    def fails(line: str, some: Sequence[int]) -> bool:
        try:
            _parse([line], len(header), some)
        except ValueError:
            return True
        return False

    place, line = next((i, line) for i, line in enumerate(lines) if fails(line, columns))
    column = next(column for column in columns if fails(line, [column]))
    fields = line.rstrip("\r\n").split("\t")
    return (
        f"gene {done + place + 1} ('{fields[0]}') has '{fields[column]}' in column "
        f"'{header[column]}', which is no number"
    )
