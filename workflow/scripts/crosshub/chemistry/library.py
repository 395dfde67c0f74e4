"""Reading libraries of compounds: tables, SMILES files and SD files, every row of them."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
from rdkit import Chem, rdBase

from crosshub.errors import DataError

COLUMNS = {
    "name": ("name", "pert_iname", "compound", "compound_name"),
    "smiles": ("smiles", "canonical_smiles"),
    "phase": ("clinical_phase", "phase", "max_phase"),
    "mechanism": ("moa", "mechanism"),
    "targets": ("target", "targets"),
    "indication": ("indication", "indications"),
    "disease_area": ("disease_area",),
    "given_inchikey": ("inchikey", "inchi_key", "standard_inchi_key"),
}
# What is known of a compound beside its structure.
ANNOTATIONS = ("phase", "mechanism", "targets", "indication", "disease_area")
# What parts the items of a cell; names of mechanisms have commas, those of genes have none.
ITEMS, GENES = "|;", "|;,"
_MISSING = ("-666", "restricted")
_FIELD = re.compile(r"^>[^\n<]*<([^>\n]+)>[^\n]*\n((?:[^\n]+\n)*)", re.MULTILINE)


def read_library(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read every row of tables, SMILES files and SD files of compounds.

    Parameters
    ----------
    paths
        TSV or CSV (``.csv``), SMILES files (``.smi``: a SMILES and a name a line), SD files
        (``.sdf``); plain or ``.gz``. Lines of tables that start with ``!`` are skipped (Drug
        Repurposing Hub). Columns and fields, in any case: name, pert_iname, compound or
        compound_name; smiles or canonical_smiles; clinical_phase, phase or max_phase; moa or
        mechanism; target or targets; indication; disease_area; inchikey or inchi_key.

    Returns
    -------
    DataFrame
        One row a row of the files, in their order: name, smiles, phase, mechanism, targets,
        indication, disease_area, given_inchikey (all text, empty where unknown), table (its file's
        name), row (from 1), order (of the table, from 0), fault (why there is no structure, where
        the reader knows). A nameless row of a SMILES file or SD file is called by file and number.

    Raises
    ------
    DataError
        If a file cannot be read, or a table has no column of names, or more cells in a line than in
        its header.
    """
    frames = [_read(Path(path)).assign(order=i) for i, path in enumerate(paths)]
    columns = [*COLUMNS, "table", "row", "order", "fault"]
    if not frames:
        return pd.DataFrame(columns=columns, dtype=str)
    return pd.concat(frames, ignore_index=True)[columns]


def _read(path: Path) -> pd.DataFrame:
    kind = _kind(path)
    if kind in {".sdf", ".sd"}:
        frame = pd.DataFrame(_sd_records(_text(path), path))
    elif kind in {".smi", ".smiles"}:
        frame = pd.DataFrame(_smiles_lines(_text(path), path))
    else:
        frame = _read_table(path, kind)
    frame = frame.reindex(columns=[*COLUMNS, "fault"], fill_value="").fillna("")
    for name in COLUMNS:
        frame[name] = frame[name].astype(str).str.strip().replace(list(_MISSING), "")
    return frame.assign(table=path.name, row=range(1, len(frame) + 1))


def _kind(path: Path) -> str:
    """Return what a file is by the end of its name, in any case: ``.csv`` of ``own.CSV.GZ``."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _text(path: Path) -> str:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception | str) -> DataError:
    return DataError(f"{path}: cannot be read as a table ({' '.join(str(error).split())})")


def _read_table(path: Path, kind: str) -> pd.DataFrame:
    # A line that is skipped stays as a blank one, so that lines keep their numbers.
    lines = ["\n" if line.startswith("!") else line
             for line in io.StringIO(_text(path), newline=None)]  # fmt: skip
    rows = _comma_rows(lines, path) if kind == ".csv" else _tab_rows(lines)
    first = next(rows, None)
    if first is None:
        raise _unreadable(path, "it is empty")
    header = [cell.strip().lower() for cell in first[1]]
    if not set(COLUMNS["name"]) & set(header):
        raise DataError(f"{path}: has no column of names: call it one of {COLUMNS['name']}")
    places = {
        column: [place for name in names for place, cell in enumerate(header) if cell == name]
        for column, names in COLUMNS.items()
    }
    found = []
    for number, cells in rows:
        if any(cells[len(header) :]):
            raise _unreadable(
                path,
                f"line {number} has {len(cells)} cells, the header {len(header)}: correct the line",
            )
        cells += [""] * (len(header) - len(cells))
        used = [_first_known(cells[place] for place in each) for each in places.values()]
        if "\n" in "".join(used):
            raise _unreadable(path, f"a cell that ends in line {number} spans several: mend quotes")
        found.append(used)
    return pd.DataFrame(found, columns=list(COLUMNS), dtype=str)


def _first_known(cells: Iterable[str]) -> str:
    return next((cell for cell in cells if cell and cell not in _MISSING), "")


def _tab_rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that is not blank, and its cells.

    A quote is a letter like any other, unless a pair of them stands round a whole cell: 5" must not
    swallow the rows up to the next quote.
    """
    for number, line in enumerate(lines, start=1):
        cells = [_without_quotes(cell.strip()) for cell in line.rstrip("\n").split("\t")]
        if any(cells):
            yield number, cells


def _without_quotes(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def _comma_rows(lines: Sequence[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line of each row that is not blank, and its cells.

    Raises
    ------
    DataError
        If a quote is not closed, or text stands behind one: the rows up to the next quote would be
        one cell.
    """
    reader = csv.reader(lines, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise _unreadable(path, f"line {reader.line_num}: {error}: mend its quotes") from error


def _smiles_lines(text: str, path: Path) -> Iterator[dict[str, str]]:
    stem = path.name.split(".")[0]
    lines = [line.strip() for line in text.splitlines()]
    if lines and re.match(r"(canonical_)?smiles\b", lines[0], re.IGNORECASE):
        lines = lines[1:]
    for number, line in enumerate(filter(None, lines), start=1):
        smiles, _, rest = line.replace("\t", " ").partition(" ")
        # A CXSMILES extension stands between bars, before the name.
        extension = re.match(r"\s*(\|[^|]*\|)\s*", rest)
        if extension:
            smiles, rest = f"{smiles} {extension[1]}", rest[extension.end() :]
        yield {"name": rest.strip() or f"{stem} {number}", "smiles": smiles}


def _sd_records(text: str, path: Path) -> Iterator[dict[str, str]]:
    stem = path.name.split(".")[0]
    records = re.split(r"^\$\$\$\$.*\n?", text.replace("\r\n", "\n") + "\n", flags=re.MULTILINE)
    for number, record in enumerate(filter(str.strip, records), start=1):
        fields = {key.strip().lower(): value.strip() for key, value in _FIELD.findall(record)}
        row = {
            column: next((fields[name] for name in names if fields.get(name)), "")
            for column, names in COLUMNS.items()
        }
        title = record.split("\n", 1)[0].strip()
        row["name"] = " ".join((row["name"] or title or f"{stem} {number}").split())
        row["smiles"], row["fault"] = _smiles_of_record(record)
        yield row


def _smiles_of_record(record: str) -> tuple[str, str]:
    with rdBase.BlockLogs():
        end = re.search(r"^M  END", record, re.MULTILINE)
        block = record[: end.end()] + "\n" if end else record
        try:
            molecule = Chem.MolFromMolBlock(block)
            raw = molecule or Chem.MolFromMolBlock(block, sanitize=False)
        except (ValueError, RuntimeError):
            molecule = raw = None
        if molecule is not None:
            return Chem.MolToSmiles(molecule), ""
        if raw is None:
            return "", "not a valid structure: the record cannot be parsed"
        problems = Chem.DetectChemistryProblems(raw)
        what = " ".join(problems[0].Message().split()) if problems else "it cannot be sanitised"
        return "", f"not a valid structure: {what}"
