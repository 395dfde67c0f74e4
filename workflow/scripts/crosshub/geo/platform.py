"""The genes of a platform's probes: GEO's annotation, the submitter's table, a file of the user."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.annotation import annotation_of_text, check_platform
from crosshub.geo.text import AGAIN, MISSING, as_text, read_gzip, shown

Rung = tuple[str, Callable[[str], list[str]]]
TABLE_BEGIN = "!platform_table_begin"
TABLE_END = "!platform_table_end"
CURATED, SUBMITTED, OWN = "curated annotation", "submitter's table", "mapping file"
CORRECT = "correct the file"
JOINED = re.compile(r"\s*(?:///|//|;|\||,)\s*")
# 7A5 and NOP5/NOP58 have been symbols, 7-Sep may have been one.
SYMBOL = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9@._/-]*")
ACCESSION = re.compile(r"[A-Z]{1,2}_?\d{5,}(?:\.\d+)?")
# What else a spreadsheet may have made of a symbol: a date, a count of days, a power of ten.
# Whether it did, and of which gene, `crosshub.symbols` tells.
CHANGED = re.compile(
    r"\d{1,2}\.? [A-Za-z]{3,9}\.?(?: \d{2,4})?|[A-Za-z]{3,9} \d{1,2}"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?: 00:00(?::00)?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|[34]\d{4}(?:\.0)?|\d(?:\.\d+)?E\+\d+"
)
# A cell that says that there is nothing; NA and NaN have also been names of genes (XK, SCN11A).
NO_GENE = frozenset([*MISSING, "---", "-", "None", "NONE", "none"])
_DESCRIBED = re.compile(r"\(([^()\s]+)\), ")


def _symbols(cell: str) -> list[str]:
    parts = [part for part in JOINED.split(cell) if part not in NO_GENE]
    return [part for part in parts if SYMBOL.fullmatch(part) or CHANGED.fullmatch(part)]


def _words(cell: str) -> list[str]:
    """Return the symbols of a cell that may also hold a title ("kinase, alpha") or an id."""
    parts = [part for part in JOINED.split(cell) if part not in NO_GENE]
    whole = all(SYMBOL.fullmatch(part) and part != part.lower() for part in parts)
    return parts if whole else []


def _assigned(place: int) -> Callable[[str], list[str]]:
    # NM_000014 // A2M // alpha-2-macroglobulin // 12p13.3 // 2 /// NR_…
    def read(cell: str) -> list[str]:
        genes = [[part.strip() for part in gene.split("//")] for gene in cell.split("///")]
        return [gene[place] for gene in genes if len(gene) > place and gene[place] not in NO_GENE]

    return read


def _described(cell: str) -> list[str]:
    # NM_001005240 // RefSeq // Homo sapiens olfactory receptor 17 (OR4F17), mRNA. // chr19 /// …
    texts = [gene.split("//")[2] for gene in cell.split("///") if "// RefSeq //" in gene]
    return [found[-1] for text in texts if (found := _DESCRIBED.findall(text))]


def _entrez(cell: str) -> list[str]:
    # A column with gaps that went through R or pandas holds numbers such as 7157.0.
    parts = [part.removesuffix(".0") for part in JOINED.split(cell)]
    return [part for part in parts if part.isdecimal()]


def _ensembl(cell: str) -> list[str]:
    return re.findall(r"ENSG\d{11}", cell)


def _accessions(cell: str) -> list[str]:
    return [part for part in JOINED.split(cell) if ACCESSION.fullmatch(part)]


def _rungs(read: Callable[[str], list[str]], *names: str) -> list[Rung]:
    return [(name, read) for name in names]


# Column of a submitter's table, in small letters, and what its cells name. Of each kind, the first
# is used, unless a later one names genes for more than twice as many probes.
LADDER: dict[str, list[Rung]] = {
    "symbol": [
        *_rungs(_symbols, "gene symbol", "gene_symbol", "symbol", "genesymbol", "ilmn_gene"),
        *_rungs(_assigned(1), "gene_assignment"),
        *_rungs(_words, "gene", "genes", "gene name", "gene_name", "genename", "orf"),
        *_rungs(_described, "spot_id.1", "spot_id"),
    ],
    "entrez": [
        *_rungs(_entrez, "entrez_gene_id", "entrez gene", "entrez_gene", "entrezgeneid"),
        *_rungs(_entrez, "entrez", "locuslink_id", "gene id", "gene_id", "gene"),
        *_rungs(_assigned(4), "gene_assignment"),
    ],
    "ensembl": _rungs(
        _ensembl, "ensembl_id", "ensembl", "ensembl_gene_id", "spot_id.1", "spot_id", "id"
    ),
    "accession": [
        *_rungs(_accessions, "gb_acc", "gb_list", "refseq", "accession", "refseq_id"),
        *_rungs(_accessions, "refseq transcript id", "representative public id"),
    ],
}


def read_platform(path: str | Path) -> pd.DataFrame:
    """Read the genes of a platform's probes, whichever record of the platform the file holds.

    GEOparse reads the same table (a test compares the two), but takes a cut or damaged file for a
    whole one.

    Returns
    -------
    DataFrame
        Index probe; columns symbol and entrez, of a submitter's table also ensembl and accession;
        text, several genes joined by ``///``. ``attrs["kind"]`` says which record it was, and
        ``attrs["columns"]`` which of its columns were used.

    Raises
    ------
    DataError
        If the file is damaged or cut, is another platform's, or no column names genes.
    """
    text = read_gzip(path)
    if not re.search(r"^\^PLATFORM", text, re.MULTILINE):
        table = annotation_of_text(text, path)
        table.attrs = {"kind": CURATED, "columns": ["Gene symbol", "Gene ID"]}
        return table
    record = text[text.index("^PLATFORM") :]
    begin, end = record.find("\n" + TABLE_BEGIN), record.find("\n" + TABLE_END)
    check_platform(record[: max(begin, 0)].split("\n"), path)
    if begin < 0 or end < begin:
        raise DataError(f"{path}: has no whole platform table; {AGAIN}")
    header, *rows = [line.split("\t") for line in record[begin + 1 : end].split("\n")[1:]]
    declared = re.search(r"^!Platform_data_row_count = (\d+)$", record[:begin], re.MULTILINE)
    if declared and int(declared[1]) != len(rows):
        raise DataError(
            f"{path}: the platform declares {declared[1]} probes, its table has {len(rows)}; "
            f"{AGAIN}"
        )
    return _genes_of(_cells(header, rows, path, AGAIN), SUBMITTED, path)


def _cells(header: list[str], rows: list[list[str]], path: str | Path, advice: str) -> pd.DataFrame:
    """Return the cells of a table; its first column holds the probes, each of which occurs once."""
    for row in rows:
        # Empty cells at the end of a line may be left out.
        if len(row) > len(header):
            probe = shown(row[0])
            raise DataError(f"{path}: the line of probe '{probe}' has too many cells; {advice}")
        row += [""] * (len(header) - len(row))
    # Some tables have two columns SPOT_ID: the second is SPOT_ID.1, as pandas and R call it.
    seen: Counter[str] = Counter()
    names = []
    for name in (name.strip('" ').lower() for name in header):
        names.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    cells = pd.DataFrame(rows, columns=names, dtype=object)
    return cells.apply(lambda column: column.str.strip('" '))


def _genes_of(cells: pd.DataFrame, kind: str, path: str | Path) -> pd.DataFrame:
    probes = cells.iloc[:, 0]
    if probes.duplicated().any():
        twice = shown(probes[probes.duplicated()].iloc[0])
        advice = f"{CORRECT} (several genes of a probe: A///B)" if kind == OWN else AGAIN
        raise DataError(f"{path}: the probe '{twice}' occurs twice; {advice}")
    table = pd.DataFrame(index=pd.Index(probes, name="probe"))
    used = []
    for target, rungs in LADDER.items():
        table[target], column = _best_column(cells, rungs)
        if column:
            used.append(column)
    if not used:
        columns = ", ".join(map(shown, cells.columns[:12]))
        raise DataError(
            f"{path}: no column names genes (it has {columns}): give a mapping file with the "
            "columns probe and symbol, entrez or ensembl in prepare.annotations"
        )
    table.attrs = {"kind": kind, "columns": list(dict.fromkeys(used))}
    return table.astype(object)


def _best_column(cells: pd.DataFrame, rungs: list[Rung]) -> tuple[Any, str]:
    best, found, chosen = 0, "", ""
    for name, read in rungs:
        # Of all ids of genes, only Ensembl's cannot be mistaken for names of probes.
        if name not in cells or (name == cells.columns[0] and read is not _ensembl):
            continue
        genes = cells[name].map(lambda cell, r=read: _joined(r(cell)))
        number = int((genes != "").sum())
        if number > 2 * best:
            best, found, chosen = number, genes.to_numpy(), name
    return found, chosen


def _joined(genes: Iterable[str]) -> str:
    return "///".join(dict.fromkeys(genes))


def read_mapping(path: str | Path) -> pd.DataFrame:
    """Read the user's own table of the genes of probes: TSV or CSV, plain or gzip.

    The probes are in the column probe, id or probe_id, or else in the first one. A line that
    occurs twice counts once.

    Returns
    -------
    DataFrame
        As `read_platform`.

    Raises
    ------
    DataError
        If the file cannot be read, has no column of genes, or gives a probe different genes.
    """
    header, rows = _lines(_text(path), path)
    cells = _cells(header, rows, path, CORRECT).drop_duplicates()
    names = list(cells.columns)
    probe = next((name for name in ("probe", "id", "probe_id") if name in names), names[0])
    cells = cells[[probe, *(name for name in names if name != probe)]]
    return _genes_of(cells[cells[probe] != ""], OWN, path)


def _text(path: str | Path) -> str:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    text = read_gzip(path) if raw[:2] == b"\x1f\x8b" else as_text(raw)
    if "\0" in text:
        raise DataError(f"{path}: is no plain text: save the table as TSV or CSV in UTF-8")
    return text


def _lines(text: str, path: str | Path) -> tuple[list[str], list[list[str]]]:
    first = text.partition("\n")[0]
    separator = next((letter for letter in "\t;," if letter in first), ",")
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise DataError(f"{path}: is no whole table ({error}); {CORRECT}") from error
    header, *rows = [row for row in lines if any(row)] or [[]]
    if not rows:
        raise DataError(f"{path}: is empty; it needs a header and a line for each probe")
    broken = next((row for row in rows if "\n" in "".join(row)), None)
    if broken is not None:
        # Else one stray quote would swallow all lines up to the next.
        raise DataError(
            f"{path}: a quote is not closed on the line of '{shown(broken[0])}'; {CORRECT}"
        )
    return header, rows
