"""Which genes the probes of a platform, or the ids of NCBI's counts, stand for."""

import csv
import io
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, read_gzip, shown

TABLE_BEGIN = "!platform_table_begin"
# The lines of a curated annotation, and of a submitter's record, that name the platform.
PLATFORM = re.compile(r"(?:!Annotation_platform|\^PLATFORM|!Platform_geo_accession) = (.*)")


def read_annotation(path: str | Path) -> pd.DataFrame:
    """Read a platform's curated annotation (``GPL….annot.gz``).

    Returns
    -------
    DataFrame
        Index probe; columns symbol and entrez, text; several genes of a probe joined by ``///``.

    Raises
    ------
    DataError
        If the file is damaged or cut, is another platform's, lacks the columns, or gives a probe
        different genes.
    """
    return annotation_of_text(read_gzip(path), path)


def annotation_of_text(text: str, path: str | Path) -> pd.DataFrame:
    """Return what `read_annotation` does, of the unpacked text of the file."""
    lines = text.split("\n")
    check_platform(itertools.takewhile(lambda line: line != TABLE_BEGIN, lines), path)
    try:
        begin = lines.index(TABLE_BEGIN)
        end = lines.index("!platform_table_end", begin)
    except ValueError:
        raise DataError(f"{path}: has no whole platform table; {AGAIN}") from None
    header = lines[begin + 1].split("\t")
    wanted = {"ID": "probe", "Gene symbol": "symbol", "Gene ID": "entrez"}
    lacking = [name for name in wanted if name not in header]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; it is no curated annotation")
    # Quotes in gene titles are text: split by hand, so that none can swallow a line.
    places = [header.index(name) for name in wanted]
    rows = [line.split("\t") for line in lines[begin + 2 : end]]
    short = next((row for row in rows if len(row) != len(header)), None)
    if short is not None:
        raise DataError(f"{path}: the line of probe '{shown(short[0])}' is not whole; {AGAIN}")
    cells = [[row[i].strip('"') for i in places] for row in rows]
    table = pd.DataFrame(cells, columns=list(wanted.values()), dtype=object).drop_duplicates()
    twice = table.loc[table["probe"].duplicated(), "probe"]
    if len(twice):
        raise DataError(
            f"{path}: the probe '{shown(twice.iloc[0])}' occurs twice with different genes; {AGAIN}"
        )
    return table.set_index("probe")


def check_platform(header: Iterable[str], path: str | Path) -> None:
    """Raise `DataError` if a header names another platform than the file's name does."""
    named = re.match(r"GPL\d+", Path(path).name)
    found = [match[1].strip() for line in header if (match := PLATFORM.match(line))]
    other = [name for name in found if named and name != named[0]]
    if other:
        raise DataError(f"{path}: holds the platform {shown(other[0])}, not {named[0]}; {AGAIN}")


def read_gene_table(path: str | Path) -> pd.DataFrame:
    """Read NCBI's gene table of the counts (``Human.GRCh38.p13.annot.tsv.gz``).

    Returns
    -------
    DataFrame
        Index probe (the Entrez id); columns symbol and entrez.

    Raises
    ------
    DataError
        If the file is damaged or lacks the columns.
    """
    text = read_gzip(path)
    try:
        # Quotes in descriptions are text, as in an annotation.
        frame = pd.read_csv(
            io.StringIO(text),
            sep="\t",
            dtype=str,
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
        )
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is no table of genes ({reason}); {AGAIN}") from error
    lacking = [name for name in ("GeneID", "Symbol") if name not in frame]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; {AGAIN}")
    table = pd.DataFrame({"symbol": frame["Symbol"], "entrez": frame["GeneID"]}, dtype=object)
    index = pd.Index(frame["GeneID"], name="probe")
    return table.set_axis(index).loc[~index.duplicated()]
