"""The genes of a platform's probes: GEO's annotation, the submitter's table, a file of the user."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.annotation import check_platform, read_annotation
from crosshub.geo.text import AGAIN, as_text, read_gzip, shown

TABLE_BEGIN = "!platform_table_begin"
TABLE_END = "!platform_table_end"
CURATED, SUBMITTED, OWN = "curated annotation", "submitter's table", "mapping file"
JOINED = re.compile(r"\s*(?:///|//|;|\||,)\s*")
SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9@._-]*")
ACCESSION = re.compile(r"[A-Z]{1,2}_?\d{5,}(?:\.\d+)?")


def _symbols(cell: str) -> list[str]:
    return [part for part in JOINED.split(cell) if SYMBOL.fullmatch(part)]


def _assigned(cell: str) -> list[str]:
    # NM_000014 // A2M // alpha-2-macroglobulin // 12p13.3 // 2 /// NR_…
    parts = [gene.split("//") for gene in cell.split("///")]
    return [
        part[1].strip() for part in parts if len(part) > 1 and part[1].strip() not in ("", "---")
    ]


def _entrez(cell: str) -> list[str]:
    return [part for part in JOINED.split(cell) if part.isdigit()]


def _ensembl(cell: str) -> list[str]:
    return re.findall(r"ENSG\d{11}", cell)


def _accessions(cell: str) -> list[str]:
    return [part for part in JOINED.split(cell) if ACCESSION.fullmatch(part)]


# Column of a submitter's table, in small letters → what its cells name. The first that names a
# gene for most probes is used for each kind.
LADDER: dict[str, list[tuple[str, Callable[[str], list[str]]]]] = {
    "symbol": [
        *((name, _symbols) for name in ("gene symbol", "gene_symbol", "symbol", "genesymbol")),
        ("ilmn_gene", _symbols),
        ("gene_assignment", _assigned),
        *((name, _symbols) for name in ("gene", "genes", "gene name", "orf")),
    ],
    "entrez": [
        (name, _entrez)
        for name in ("entrez_gene_id", "gene id", "gene_id", "entrezgeneid", "entrez", "gene")
    ],
    "ensembl": [
        (name, _ensembl) for name in ("ensembl_id", "ensembl", "ensembl_gene_id", "spot_id")
    ],
    "accession": [
        (name, _accessions)
        for name in ("gb_acc", "gb_list", "refseq", "accession", "refseq_transcript_id")
    ],
}


def read_platform(path: str | Path) -> pd.DataFrame:
    """Read the genes of a platform's probes, whichever record of the platform the file holds.

    Returns
    -------
    DataFrame
        Index probe; columns symbol and entrez, of a submitter's table also ensembl and accession;
        text, several genes joined by ``///``. ``attrs["kind"]`` says which record it was, and
        ``attrs["columns"]`` which of its columns were used.

    Raises
    ------
    DataError
        If the file is damaged or cut, or no column names genes.
    """
    text = read_gzip(path)
    if not re.search(r"^\^PLATFORM", text, re.MULTILINE):
        table = read_annotation(path)
        table.attrs = {"kind": CURATED, "columns": ["Gene symbol", "Gene ID"]}
        return table
    record = text[text.index("^PLATFORM") :]
    check_platform([record.partition("\n")[0]], "^PLATFORM = ", path)
    begin, end = record.find("\n" + TABLE_BEGIN), record.find("\n" + TABLE_END)
    if begin < 0 or end < begin:
        raise DataError(f"{path}: has no whole platform table; {AGAIN}")
    header, *rows = [line.split("\t") for line in record[begin + 1 : end].split("\n")[1:]]
    _check_rows(rows, header, path)
    declared = re.search(r"^!Platform_data_row_count = (\d+)$", record, re.MULTILINE)
    if declared and int(declared[1]) != len(rows):
        raise DataError(
            f"{path}: the platform declares {declared[1]} probes, its table has {len(rows)}; "
            f"{AGAIN}"
        )
    cells = pd.DataFrame(rows, columns=header, dtype=object)
    return _genes_of(cells, SUBMITTED, path)


def _check_rows(rows: list[list[str]], header: list[str], path: str | Path) -> None:
    for row in rows:
        # A submitter's table may leave out the empty cells at the end of a line.
        if len(row) > len(header):
            probe = shown(row[0])
            raise DataError(f"{path}: the line of probe '{probe}' has too many cells; {AGAIN}")
        row += [""] * (len(header) - len(row))
    probes = [row[0] for row in rows]
    if len(set(probes)) != len(probes):
        twice = next(probe for probe, number in Counter(probes).items() if number > 1)
        raise DataError(f"{path}: the probe '{shown(twice)}' occurs twice; {AGAIN}")


def _genes_of(cells: pd.DataFrame, kind: str, path: str | Path) -> pd.DataFrame:
    known = {str(name).strip().lower(): name for name in reversed(cells.columns)}
    table = pd.DataFrame(index=pd.Index(cells.iloc[:, 0].str.strip('"'), name="probe"))
    used = []
    for target, rungs in LADDER.items():
        table[target] = ""
        best = 0
        for name, read in rungs:
            if name not in known or known[name] == cells.columns[0]:
                continue
            found = cells[known[name]].str.strip('" ').map(lambda cell, r=read: _joined(r(cell)))
            if (found != "").sum() > 2 * best:
                best = int((found != "").sum())
                table[target] = found.to_numpy()
                column = known[name]
        if best:
            used.append(column)
    if not used:
        raise DataError(
            f"{path}: no column names genes (it has {', '.join(map(str, cells.columns[:12]))}): "
            "give a mapping file in prepare.annotations"
        )
    table.attrs = {"kind": kind, "columns": used}
    return table.astype(object)


def _joined(genes: Iterable[str]) -> str:
    return "///".join(dict.fromkeys(genes))


def read_mapping(path: str | Path) -> pd.DataFrame:
    """Read the user's own table of the genes of probes: TSV or CSV, plain or gzip.

    Returns
    -------
    DataFrame
        As `read_platform`.

    Raises
    ------
    DataError
        If the file cannot be read, has no column of genes, or gives a probe twice.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); correct the path") from error
    text = read_gzip(path) if raw[:2] == b"\x1f\x8b" else as_text(raw)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    header, *rows = [row for row in reader if row] or [[]]
    if not rows:
        raise DataError(f"{path}: is empty; it needs a header and a line for each probe")
    _check_rows(rows, header, path)
    names = [name.strip().lower() for name in header]
    cells = pd.DataFrame(rows, columns=names, dtype=object)
    probe = next((name for name in ("probe", "id", "probe_id") if name in names), names[0])
    ordered = [probe, *(name for name in names if name != probe)]
    return _genes_of(cells[ordered], OWN, path)
