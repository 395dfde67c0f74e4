"""Gene symbols brought to those in force, by HGNC's list of former ones.

HGNC renames genes every year, so two arrays of different years do not share all symbols; and a
spreadsheet turns symbols such as SEPT1 into dates (Abeysooriya et al., PLoS Comput Biol 2021,
doi:10.1371/journal.pcbi.1008984), for which HGNC renamed 27 genes (Bruford et al., Nat Genet 2020,
doi:10.1038/s41588-020-0669-3).
"""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import as_text, read_gzip

# The columns of the compact table, and what HGNC's complete set calls them.
COMPACT = {
    "symbol": "symbol",
    "previous": "prev_symbol",
    "alias": "alias_symbol",
    "entrez": "entrez_id",
    "ensembl": "ensembl_gene_id",
}
ACCESSIONS = ["refseq_accession", "ena", "mane_select"]

# What a month and a number were before a spreadsheet made a date of them.
PREFIXES = {
    1: ("JAN",),
    2: ("FEB",),
    3: ("MARCH", "MARC", "MAR"),
    4: ("APR",),
    5: ("MAY",),
    6: ("JUN",),
    7: ("JUL",),
    8: ("AUG",),
    9: ("SEPT", "SEP"),
    10: ("OCT",),
    11: ("NOV",),
    12: ("DEC",),
}
MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
# Day 0 of the two ways in which spreadsheets count days.
DAY_ZERO = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
SERIAL_NUMBERS = range(30_000, 50_000)
# No gene name that looks like a date has a larger number.
LARGEST_NUMBER = 16

_YEAR = r"(?:[-/. ,]+(\d{4}|\d{2}))?"
_DAY_MONTH = re.compile(r"(\d{1,2})[-/. ]+([A-Za-z]{3,9})\.?" + _YEAR)
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})[-/. ]+(\d{1,2})" + _YEAR)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00)?)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.0)?")
_POWER_OF_TEN = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)

Genes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GeneNames:
    """The symbols in force, and what leads to them.

    Attributes
    ----------
    approved
        Symbols in force.
    previous, alias
        Former symbol, or other name; and the genes that bore it, by their symbols in force, sorted.
    by_entrez, by_ensembl, by_accession
        Id and symbol. An accession (RefSeq, ENA) stands without its version; HGNC's complete set
        gives them, the compact table does not.
    """

    approved: frozenset[str]
    previous: Genes
    alias: Genes
    by_entrez: Mapping[str, str] = field(default_factory=dict)
    by_ensembl: Mapping[str, str] = field(default_factory=dict)
    by_accession: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def exact(self) -> tuple[Genes, Genes, Genes]:
        """Approved, previous and alias by name."""
        return {symbol: (symbol,) for symbol in self.approved}, self.previous, self.alias

    @cached_property
    def upper(self) -> tuple[Genes, Genes, Genes]:
        """Approved, previous and alias by name in upper case."""
        approved, previous, alias = (
            _collect((name.upper(), gene) for name, genes in table.items() for gene in genes)
            for table in self.exact
        )
        return approved, previous, alias


def read_gene_names(path: str | Path) -> GeneNames:
    """Read the shipped table of gene names, or HGNC's complete set; plain or gzip.

    Raises
    ------
    DataError
        If the file is damaged, or is neither.
    """
    table = _read_table(path)
    symbols = table["symbol"]
    approved = frozenset(symbols)
    former = {
        kind: _collect(
            (name, symbol)
            for symbol, cell in zip(symbols, table[kind], strict=True)
            for name in _parts(cell)
            if name != symbol
        )
        for kind in ("previous", "alias")
    }
    return GeneNames(
        approved=approved,
        previous=former["previous"],
        alias=former["alias"],
        by_entrez=_by_id(symbols, table["entrez"]),
        by_ensembl=_by_id(symbols, table["ensembl"]),
        by_accession=_by_id(symbols, table["accessions"]),
    )


def write_gene_names(source: str | Path, target: str | Path) -> None:
    """Write the compact table (``resources/gene_names.tsv.gz``) from HGNC's complete set.

    The same source gives the same bytes.
    """
    table = _read_table(source)[list(COMPACT)].sort_values("symbol")
    text = table.to_csv(sep="\t", index=False, quoting=csv.QUOTE_NONE, lineterminator="\n")
    Path(target).write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def current(
    symbols: pd.Series | pd.Index, names: GeneNames, *, date_system: str | None = None
) -> pd.DataFrame:
    """Bring symbols to those in force.

    An approved symbol stays, whatever else it is an alias of. A previous symbol of exactly one gene
    becomes that gene's, and so does an alias; one of several genes stays as it was. Exact letters
    go first, then upper case. An id in place of a symbol (LOC and an Entrez id, ENSG…) counts as
    an alias where it is known. A date becomes the gene that it was (``2-Sep``: SEPT2, now SEPTIN2),
    unless it can have been two (``1-Mar``: MARCH1 or MARC1).

    Parameters
    ----------
    symbols
        Symbols; blanks stay blank.
    names
        From `read_gene_names`.
    date_system
        Where the spreadsheet's first day was, ``1900`` or ``1904``: a five-digit number such as
        44075 is one date or another by it. Where it is not stated, both count, so that such a
        number is seldom resolved.

    Returns
    -------
    DataFrame
        Index as given (an Index: itself). Columns symbol, in force or as it was; and how: empty
        (approved already, letter case aside), ``previous symbol``, ``alias``, ``excel date``,
        ``unknown`` or ``ambiguous``.

    Raises
    ------
    DataError
        If `date_system` is neither.
    """
    if date_system not in (None, *DAY_ZERO):
        raise DataError(f"the date system is '{date_system}': give 1900 or 1904")
    index = symbols.index if isinstance(symbols, pd.Series) else symbols
    texts = [str(text).strip() for text in symbols]
    answers = {text: _current(text, names, date_system) for text in set(texts)}
    rows = [answers[text] for text in texts]
    return pd.DataFrame(rows, columns=["symbol", "how"], index=index, dtype=object)


def is_damaged(text: str, names: GeneNames) -> bool:
    """Tell whether a spreadsheet made something else of a symbol: a date, or a power of ten.

    ``2.31E+13`` was a RIKEN clone such as 2310009E13, and cannot be repaired. A five-digit number
    counts only where it can have been a gene.
    """
    if _POWER_OF_TEN.fullmatch(text):
        return True
    if _SERIAL.fullmatch(text):
        return bool(_genes_of_date(text, names, None))
    return bool(_dates(text, None))


def _current(text: str, names: GeneNames, date_system: str | None) -> tuple[str, str]:
    if not text:
        return "", ""
    for key, tables in ((text, names.exact), (text.upper(), names.upper)):
        for table, how in zip(tables, ("", "previous symbol", "alias"), strict=True):
            genes = table.get(key, ())
            if len(genes) == 1:
                return genes[0], how
            if genes:
                return text, "ambiguous"
    if gene := _gene_of_id(text, names):
        return gene, "alias"
    genes = _genes_of_date(text, names, date_system)
    if len(genes) == 1:
        return genes[0], "excel date"
    return text, "ambiguous" if genes else "unknown"


def _gene_of_id(text: str, names: GeneNames) -> str | None:
    """Return the gene of an id that stands for a symbol; LOC and the Entrez id is NCBI's name."""
    if text.startswith("LOC"):
        return names.by_entrez.get(text.removeprefix("LOC"))
    return names.by_ensembl.get(without_version(text)) if text.startswith("ENSG") else None


def _genes_of_date(text: str, names: GeneNames, date_system: str | None) -> tuple[str, ...]:
    """Return the genes that a spreadsheet can have turned into this text, sorted."""
    found: set[str] = set()
    for month, number in _dates(text, date_system):
        spelled = [f"{prefix}{number}" for prefix in PREFIXES[month]]
        official = {gene for name in spelled for gene in names.previous.get(name, ())}
        official |= names.approved.intersection(spelled)
        # An alias counts only where no gene has borne the name officially.
        found |= official or {gene for name in spelled for gene in names.alias.get(name, ())}
    return tuple(sorted(found))


def _dates(text: str, date_system: str | None) -> list[tuple[int, int]]:
    """Return the month and number of every date that a text can be; none where it is no date."""
    if match := _DAY_MONTH.fullmatch(text):
        return _of_month(_month(match[2]), int(match[1]), match[3])
    if match := _MONTH_DAY.fullmatch(text):
        return _of_month(_month(match[1]), int(match[2]), match[3])
    if match := _YEAR_FIRST.fullmatch(text):
        return _of_month(int(match[2]), int(match[3]), match[1])
    if match := _YEAR_LAST.fullmatch(text):
        # Months come first in America, days elsewhere.
        first, second = int(match[1]), int(match[2])
        return _of_month(first, second, match[3]) + _of_month(second, first, match[3])
    if match := _SERIAL.fullmatch(text):
        systems = [date_system] if date_system else list(DAY_ZERO)
        return [day for system in systems for day in _of_serial(int(match[1]), system)]
    return []


def _of_month(month: int, day: int, year: str | None) -> list[tuple[int, int]]:
    if month not in PREFIXES or not 1 <= day <= 31:
        return []
    # The first of September 2007 was SEPT1, typed in 2007, or else SEPT07.
    of_year = [(month, int(year[-2:]))] if year and day == 1 and int(year[-2:]) > 1 else []
    return [(month, day), *of_year]


def _of_serial(number: int, system: str) -> list[tuple[int, int]]:
    if number not in SERIAL_NUMBERS:
        return []
    day = DAY_ZERO[system] + timedelta(days=number)
    return _of_month(day.month, day.day, str(day.year)) if day.day <= LARGEST_NUMBER else []


def _month(word: str) -> int:
    """Return the number of a month's name, whole or cut short; 0 where it is none."""
    return next((i for i, name in enumerate(MONTHS, 1) if name.startswith(word.lower())), 0)


def _read_table(path: str | Path) -> pd.DataFrame:
    """Return the approved genes: the compact columns, and accessions; text, '' where absent."""
    try:
        packed = Path(path).read_bytes()[:2] == b"\x1f\x8b"
        text = read_gzip(path) if packed else as_text(Path(path).read_bytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        # Quotes stand around cells of HGNC's file and within names: they are taken off by hand.
        frame = pd.read_csv(
            io.StringIO(text), sep="\t", dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE
        )
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is no table of gene names ({reason})") from error
    frame = frame.rename(columns=lambda name: str(name).strip('"'))
    frame = frame.rename(columns={hgnc: name for name, hgnc in COMPACT.items()})
    lacking = [name for name in COMPACT if name not in frame]
    if lacking:
        raise DataError(
            f"{path}: has no column '{lacking[0]}'; give the shipped table of gene names or HGNC's "
            "hgnc_complete_set.txt"
        )
    if "status" in frame:
        frame = frame[frame["status"].str.strip('"') == "Approved"]
    kept = [*COMPACT, *(name for name in ACCESSIONS if name in frame)]
    table = frame[kept].apply(lambda column: column.str.strip('" '))
    accessions = table[[name for name in ACCESSIONS if name in table]]
    table["accessions"] = accessions.agg("|".join, axis=1) if accessions.shape[1] else ""
    if not table["symbol"].ne("").any() or table["symbol"].duplicated().any():
        raise DataError(f"{path}: its symbols are missing or not unique; get it again from HGNC")
    return table


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _collect(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for name, gene in pairs:
        found.setdefault(name, set()).add(gene)
    return {name: tuple(sorted(genes)) for name, genes in found.items()}


def _by_id(symbols: pd.Series, cells: pd.Series) -> dict[str, str]:
    """Return the symbol of each id; an id of several genes names none."""
    genes = _collect(
        (without_version(part), symbol)
        for symbol, cell in zip(symbols, cells, strict=True)
        for part in _parts(cell)
    )
    return {name: found[0] for name, found in genes.items() if len(found) == 1}


def without_version(accession: str) -> str:
    """Return an accession or id without its version: NM_000546.6 is NM_000546."""
    return re.sub(r"\.\d+$", "", accession.strip())
