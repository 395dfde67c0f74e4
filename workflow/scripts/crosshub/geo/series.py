"""A series matrix: its header and its values."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.header import read_header
from crosshub.geo.table import read_values
from crosshub.geo.text import AGAIN, ahead, as_text, shown, unpack, whole_lines

TABLE_BEGIN = "!series_matrix_table_begin"
TABLE_END = "!series_matrix_table_end"
_NAME = re.compile(r"(GSE\d+)(?:-(GPL\d+))?(?:-\d+)?_series_matrix")
_RELATION = re.compile(r"\s*(SuperSeries of|SubSeries of|Affiliated with):\s*(GSE\d+)\s*")
# No header is longer, were it that of a hundred thousand samples.
LONGEST_HEADER = 1 << 30


@dataclass(frozen=True)
class Series:
    """A series matrix.

    Attributes
    ----------
    accession
        GSE….
    tags
        Lines of the header that begin with ``!Series_``, without that: tag → values.
    fields
        Samples × fields, text; absent = empty string. The characteristics by their key, those of
        a second channel as ``key (ch2)``; the tags of the samples (title, source_name_ch1,
        platform_id, relation …); and what their relations name: biosample (SAMN…), sra (SRX…),
        reanalysis_of and reanalyzed_by (GSM…). Several texts of a field are joined by ``; ``.
    values
        Probes × samples, float64, as submitted; no rows where the series carries no values.
    """

    accession: str
    tags: dict[str, list[str]]
    fields: pd.DataFrame
    values: pd.DataFrame

    @property
    def processing(self) -> str:
        """What the submitter says of the data processing, all different lines joined."""
        if "data_processing" not in self.fields:
            return ""
        return " | ".join(dict.fromkeys(value for value in self.fields["data_processing"] if value))

    @property
    def relations(self) -> dict[str, list[str]]:
        """Series (GSE…) that this one names: superseries_of, subseries_of, affiliated_with."""
        found: dict[str, list[str]] = {
            "superseries_of": [],
            "subseries_of": [],
            "affiliated_with": [],
        }
        for text in self.tags.get("relation", []):
            if named := _RELATION.fullmatch(text):
                kind = found[named[1].lower().replace(" ", "_")]
                if named[2] not in kind:
                    kind.append(named[2])
        return found

    @property
    def row_count(self) -> int | None:
        """Rows of values that the header declares: 0 for RNA-seq, None if it does not say.

        Where the samples declare different numbers, the largest: the table has a line for each
        probe that any of them has.
        """
        counts = _row_counts(self.fields)
        return max(counts) if len(counts) else None


def read_series_matrix(path: str | Path) -> Series:
    """Read a series matrix (``…_series_matrix.txt.gz``).

    Raises
    ------
    DataError
        If the file is damaged or cut, is no series matrix or that of another series than its name
        says, or its table has other samples or fewer rows than its header declares.
    """
    pieces = whole_lines(ahead(unpack(path)), path)
    try:
        series, rest = _header(pieces, path)
        table = _table(itertools.chain([rest], pieces), path)
        values = read_values(table, list(series.fields.index), path)
        _check_rows(values, _row_counts(series.fields), path)
    except DataError:
        # Where the file itself is damaged, that is the message, and not what came of it.
        for _ in pieces:
            pass
        raise
    return Series(series.accession, series.tags, series.fields, values)


def read_series_header(path: str | Path) -> Series:
    """Read the header of a series matrix and leave its table alone (values has no rows).

    What lies behind the header is not looked at, nor the checksum at the end of the file: to
    know that a file is whole, read all of it.

    Raises
    ------
    DataError
        If the file is damaged so far, is no series matrix or that of another series than its name
        says.
    """
    return _header(whole_lines(unpack(path, largest=LONGEST_HEADER), path), path)[0]


def _header(pieces: Iterable[bytes], path: str | Path) -> tuple[Series, bytes]:
    """Read up to the line that begins the table; return also what was read of the table."""
    parts = []
    for piece in pieces:
        begin = _line(TABLE_BEGIN, piece)
        parts.append(piece[: begin.start()] if begin else piece)
        if begin:
            return _without_values(as_text(b"".join(parts)), path), piece[begin.end() :]
    raise _cut(TABLE_BEGIN, path)


def _table(pieces: Iterable[bytes], path: str | Path) -> Iterator[bytes]:
    """Yield the lines of the table; read on to the end of the file, so that all is checked."""
    end = None
    for piece in pieces:
        behind = piece
        if end is None:
            end = _line(TABLE_END, piece)
            if end is None and piece and not piece.endswith(b"\n"):
                break
            yield piece[: end.start()] if end else piece
            behind = piece[end.end() :] if end else b""
        if behind.strip():
            raise DataError(f"{path}: goes on after the line '{TABLE_END}'; {AGAIN}")
    if end is None:
        raise _cut(TABLE_END, path)


def _line(tag: str, piece: bytes) -> re.Match[bytes] | None:
    """Find the line of a tag among whole lines."""
    raw = tag.encode()
    # The search for the bytes alone is far faster, and as a rule finds nothing.
    return re.search(rb"^" + raw + rb"[ \t\r]*$\n?", piece, re.MULTILINE) if raw in piece else None


def _without_values(header: str, path: str | Path) -> Series:
    # str.splitlines would also split within a text, at a vertical tab or a Unicode separator.
    tags, fields = read_header(header.split("\n"), path)
    accession = tags["geo_accession"][0]
    _check_name(accession, fields, path)
    values = pd.DataFrame(index=pd.Index([], name="probe"), columns=fields.index, dtype=float)
    return Series(accession, tags, fields, values)


def _check_name(accession: str, fields: pd.DataFrame, path: str | Path) -> None:
    """Raise `DataError` if a file that bears GEO's name for one series holds another."""
    name = _NAME.search(Path(path).name)
    if name is None:
        return
    platforms = set(fields["platform_id"]) if "platform_id" in fields else set()
    if accession != name[1]:
        raise DataError(f"{path}: holds the series {shown(accession)}, not {name[1]}; {AGAIN}")
    if name[2] and platforms and platforms != {name[2]}:
        held = shown(", ".join(sorted(platforms)))
        raise DataError(f"{path}: holds samples of {held}, not of {name[2]}; {AGAIN}")


def _cut(missing: str, path: str | Path) -> DataError:
    return DataError(f"{path}: no line '{missing}', so it is cut or no series matrix; {AGAIN}")


def _row_counts(fields: pd.DataFrame) -> pd.Series:
    """Return the rows of values that each sample declares; none where it does not say."""
    if "data_row_count" not in fields:
        return pd.Series(dtype=int)
    texts = fields["data_row_count"]
    return texts[texts.str.fullmatch("[0-9]{1,9}")].astype(int)


def _check_rows(values: pd.DataFrame, declared: pd.Series, path: str | Path) -> None:
    """Raise `DataError` if a table lacks lines, or has lines that no sample has submitted."""
    if not len(declared):
        return
    if len(values) < max(declared):
        raise DataError(
            f"{path}: the header declares {max(declared)} rows of values, the table has "
            f"{len(values)}; {AGAIN}"
        )
    # A sample may lack probes that others have, and has a gap there.
    own = pd.Series((~np.isnan(values.to_numpy())).sum(axis=0), index=values.columns)
    more = declared.index[(declared > 0) & (own[declared.index] > declared)]
    if len(more):
        raise DataError(
            f"{path}: sample {more[0]} declares {declared[more[0]]} rows of values, the table has "
            f"{own[more[0]]}; {AGAIN}"
        )
