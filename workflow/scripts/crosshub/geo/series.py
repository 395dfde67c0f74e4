"""A series matrix: its header and its values."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.header import read_header
from crosshub.geo.table import read_values
from crosshub.geo.text import AGAIN, as_text, read_gzip

TABLE_BEGIN = "!series_matrix_table_begin"
TABLE_END = "!series_matrix_table_end"


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
        Samples × fields, text: the characteristics by their key, and the tags of the samples
        (title, source_name_ch1, platform_id, relation …); absent = empty string.
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


def read_series_matrix(path: str | Path) -> Series:
    """Read a series matrix (``…_series_matrix.txt.gz``).

    Raises
    ------
    DataError
        If the file is damaged or cut, is no series matrix, or declares other samples than its
        table has.
    """
    text = read_gzip(path)
    begin, end = text.find("\n" + TABLE_BEGIN), text.rfind("\n" + TABLE_END)
    if begin < 0 or end < begin:
        missing = TABLE_END if begin >= 0 else TABLE_BEGIN
        raise DataError(f"{path}: no line '{missing}', so it is cut or no series matrix; {AGAIN}")
    # str.splitlines would also split within a text, at a vertical tab or a Unicode separator.
    tags, fields = read_header(text[:begin].split("\n"), path)
    table = text[text.index("\n", begin + 1) + 1 : end + 1]
    return Series(
        tags["geo_accession"][0], tags, fields, read_values(table, list(fields.index), path)
    )


def read_series_header(path: str | Path) -> Series:
    """Read the header of a series matrix and leave its table alone (values has no rows)."""
    lines = []
    try:
        with gzip.open(path, "rb") as file:
            for raw in file:
                line = as_text(raw).rstrip("\n")
                if line.startswith(TABLE_BEGIN):
                    break
                lines.append(line)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {AGAIN}") from error
    tags, fields = read_header(lines, path)
    values = pd.DataFrame(index=pd.Index([], name="probe"), columns=fields.index, dtype=float)
    return Series(tags["geo_accession"][0], tags, fields, values)
