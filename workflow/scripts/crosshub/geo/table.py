"""The table of values of a series matrix: every line and every number looked at."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, MISSING, as_text, cells, shown

_QUOTED = re.compile(rb'(?<=\t)"([^"\t\n]*)"(?=[\t\n])')
# Python's float would also take 1_000, digits of other scripts, and odd white space around.
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|infinity|nan)", re.ASCII | re.IGNORECASE
)
_PARSE = csv.ParseOptions(
    delimiter="\t", quote_char=False, double_quote=False, ignore_empty_lines=False
)

# With more samples than these, reading column by column costs more than it saves.
WIDEST = 1000


def read_values(table: Iterable[bytes], samples: list[str], path: str | Path) -> pd.DataFrame:
    """Read the table between the tags of the table.

    Parameters
    ----------
    table
        Its header and a line for each probe, in pieces of whole lines.
    samples
        What its header must name, in order.
    path
        For messages.

    Returns
    -------
    DataFrame
        Probes × samples, float64, as submitted: each number is what ``float`` makes of its text,
        and what `MISSING` names is NaN. No rows where the table has none.

    Raises
    ------
    DataError
        If the header names other samples, a line has another number of values, a probe is unnamed
        or occurs twice, or a value is no number.
    """
    probes: list[str] = []
    parts = [np.empty((len(samples), 0))]
    for lines in _body(table, samples, path):
        names, values = _columns(lines, samples, path) or _rows(lines, samples, path)
        parts.append(values)
        probes += names
    index = pd.Index(np.array(probes, object), name="probe")
    if not index.is_unique:
        twice = shown(index[index.duplicated()][0])
        raise DataError(f"{path}: the probe '{twice}' occurs twice; {AGAIN}")
    return pd.DataFrame(np.concatenate(parts, axis=1).T, index=index, columns=samples)


def _body(table: Iterable[bytes], samples: list[str], path: str | Path) -> Iterator[bytes]:
    """Yield what follows the header of the table, which is checked; nothing of a blank table."""
    header, began = None, False
    for piece in table:
        began = began or not _is_blank(piece)
        if header is None and began:
            header, _, piece = piece.partition(b"\n")
            columns = cells(as_text(header))[1:]
            if columns != samples:
                raise DataError(
                    f"{path}: the table has {len(columns)} columns that are not the "
                    f"{len(samples)} samples of the header; {AGAIN}"
                )
            began = not _is_blank(piece)
        if began and piece:
            yield piece


def _is_blank(piece: bytes) -> bool:
    return not piece or piece.isspace()


def _columns(
    lines: bytes, samples: list[str], path: str | Path
) -> tuple[list[str], np.ndarray] | None:
    """Return the probes and samples × probes of flawless lines; None where `_rows` has to look."""
    # arrow also takes nan(…), which is no number; else it reads as float does, only faster.
    if len(samples) > WIDEST or b"\r" in lines or b"(" in lines:
        return None
    if b'\t"' in lines:
        lines = _QUOTED.sub(rb"\1", lines)
    names = [str(place) for place in range(len(samples) + 1)]
    types = {name: pa.float64() for name in names} | {names[0]: pa.binary()}
    try:
        read = _read_csv(lines, types)
    except pa.ArrowInvalid:
        return None
    raw = read.column(0).to_pylist()
    # For arrow, a blank line is a line of blank cells.
    if b"" in raw:
        return None
    probes = as_text(b"\n".join(raw)).split("\n")
    values = np.array([column.to_numpy() for column in read.columns[1:]])
    return [_name(probe, path) for probe in probes], values


def _read_csv(lines: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    """Read tab-separated lines as they are, with nothing in them quoted."""
    options = csv.ReadOptions(
        use_threads=False, column_names=list(types), block_size=min(len(lines) + 1, 1 << 30)
    )
    convert = csv.ConvertOptions(column_types=types, null_values=MISSING)
    return csv.read_csv(pa.BufferReader(lines), options, _PARSE, convert)


def _rows(lines: bytes, samples: list[str], path: str | Path) -> tuple[list[str], np.ndarray]:
    """Return the probes and samples × probes of any lines; raise for what is wrong with them."""
    probes, values = _split(lines, len(samples), path)
    return probes, _numbers(values, probes, samples, path).T


def _split(lines: bytes, width: int, path: str | Path) -> tuple[list[str], bytes]:
    """Return the probes of some lines, and all their values, a line each."""
    if b"\r" in lines:
        raise DataError(f"{path}: a stray carriage return in the table of values; {AGAIN}")
    if b'\t"' in lines:
        lines = _QUOTED.sub(rb"\1", lines)
    letters = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    tabs = np.flatnonzero(letters == ord("\t"))
    starts = np.append(0, ends[:-1] + 1)
    numbers = np.diff(np.searchsorted(tabs, ends), prepend=0)
    if (numbers != width).any():
        wrong = np.flatnonzero(numbers != width)[0]
        probe = as_text(lines[starts[wrong] : ends[wrong]]).partition("\t")[0]
        raise DataError(
            f"{path}: the line of probe '{shown(probe)}' has {numbers[wrong]} values for {width} "
            f"samples; {AGAIN}"
        )
    starts, firsts, ends = starts.tolist(), tabs[::width].tolist(), ends.tolist()
    probes = [lines[start:first] for start, first in zip(starts, firsts, strict=True)]
    values = [lines[first + 1 : end + 1] for first, end in zip(firsts, ends, strict=True)]
    names = as_text(b"\n".join(probes)).split("\n")
    return [_name(name, path) for name in names], b"".join(values).replace(b"\t", b"\n")


def _name(probe: str, path: str | Path) -> str:
    quotes = probe.startswith('"') + probe.endswith('"')
    if quotes == 1 or probe == '"':
        raise DataError(f"{path}: a stray quote in the line of probe '{shown(probe)}'; {AGAIN}")
    name = probe[1:-1] if quotes else probe
    if not name:
        raise DataError(f"{path}: a line of the table names no probe; {AGAIN}")
    return name


def _numbers(values: bytes, probes: list[str], samples: list[str], path: str | Path) -> np.ndarray:
    """Return probes × samples of their values, a line each."""
    shape = len(probes), len(samples)
    try:
        if b"(" not in values:
            read = _read_csv(values, {"value": pa.float64()})
            return read.column(0).to_numpy().reshape(shape)
    except (pa.ArrowInvalid, ValueError):
        pass
    texts = as_text(values).removesuffix("\n").split("\n")
    numbers = [_number(text) for text in texts]
    if None in numbers:
        place = numbers.index(None)
        probe, sample = probes[place // len(samples)], samples[place % len(samples)]
        raise DataError(
            f"{path}: the value '{shown(texts[place])}' of probe '{shown(probe)}' in sample "
            f"{shown(sample)} cannot be read as a number; {AGAIN}, or leave the series out"
        )
    return np.array(numbers).reshape(shape)


def _number(text: str) -> float | None:
    """Return what a cell says, NaN if it says that it is missing; None if it says nothing known."""
    text = text.strip(" ")
    if _NUMBER.fullmatch(text):
        return float(text)
    return np.nan if text in MISSING else None
