"""Reading libraries of compounds: tables, SMILES files and SD files, every row of them."""

import gzip
import io
import re
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
        If a file cannot be read, or a table has no column of names.
    """
    frames = [_read(Path(path)).assign(order=i) for i, path in enumerate(paths)]
    columns = [*COLUMNS, "table", "row", "order", "fault"]
    if not frames:
        return pd.DataFrame(columns=columns, dtype=str)
    return pd.concat(frames, ignore_index=True)[columns]


def read_structures(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read tables of compounds and join them by the name in lower case.

    Parameters
    ----------
    paths
        As `read_library`.

    Returns
    -------
    DataFrame
        One row a compound, in the order of first appearance: name, smiles, phase, mechanism,
        targets (joined by ``|``); the first non-empty value of each wins; empty where unknown.
        Nameless rows are left out.

    Raises
    ------
    DataError
        If a table cannot be read or has no column of names.
    """
    kept = ["name", "smiles", "phase", "mechanism", "targets"]
    table = read_library(paths)[kept]
    table = table[table["name"] != ""]
    grouped = table.where(table != "").groupby(table["name"].str.lower(), sort=False)
    # "first" takes the first value that is not missing.
    joined = grouped.first().reset_index(drop=True)
    joined = joined.astype(str).mask(joined.isna(), "")
    joined["targets"] = [unite([targets], commas=True) for targets in joined["targets"]]
    return joined


def unite(cells: Iterable[str], *, commas: bool = False) -> str:
    """Return the different items of cells (parted by ``|`` or ``;``), joined by ``|``.

    Parameters
    ----------
    cells
        Texts.
    commas
        Commas part items too (genes, whose names have none).
    """
    separator = r"\s*[|;,]\s*" if commas else r"\s*[|;]\s*"
    items = (item for cell in cells for item in re.split(separator, cell.strip()))
    return "|".join(dict.fromkeys(filter(None, items)))


def _read(path: Path) -> pd.DataFrame:
    kinds = {suffix.lower() for suffix in path.suffixes}
    if ".sdf" in kinds or ".sd" in kinds:
        frame = pd.DataFrame(_sd_records(_text(path), path))
    elif ".smi" in kinds or ".smiles" in kinds:
        frame = pd.DataFrame(_smiles_lines(_text(path), path))
    else:
        frame = _read_table(path)
    frame = frame.reindex(columns=[*COLUMNS, "fault"], fill_value="").fillna("")
    for name in COLUMNS:
        frame[name] = frame[name].astype(str).str.strip().replace(list(_MISSING), "")
    return frame.assign(table=path.name, row=range(1, len(frame) + 1))


def _text(path: Path) -> str:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            return file.read()
    except (OSError, EOFError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: cannot be read as a table ({' '.join(str(error).split())})")


def _read_table(path: Path) -> pd.DataFrame:
    lines = [line for line in io.StringIO(_text(path), newline="") if not line.startswith("!")]
    separator = "," if ".csv" in path.suffixes else "\t"
    try:
        frame = pd.read_csv(
            io.StringIO("".join(lines)), sep=separator, dtype=str, keep_default_na=False
        )
    except ValueError as error:
        raise _unreadable(path, error) from error
    frame.columns = frame.columns.str.strip().str.lower()
    if not set(COLUMNS["name"]) & set(frame.columns):
        raise DataError(f"{path}: has no column of names: call it one of {COLUMNS['name']}")
    found = pd.DataFrame("", index=frame.index, columns=list(COLUMNS), dtype=str)
    for column, names in COLUMNS.items():
        for name in names:
            if name in frame:
                values = frame[name].str.strip().replace(list(_MISSING), "")
                found[column] = found[column].where(found[column] != "", values)
    return found


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
