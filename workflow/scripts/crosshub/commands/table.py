"""Rows of datasets.tsv: tried as the workflow would, written as text, added to a table."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crosshub import draft
from crosshub.config import read_schema
from crosshub.documentation import SCHEMAS
from crosshub.errors import ConfigError, DataError
from crosshub.inputs import row_mistakes
from crosshub.study import Study, read_study
from crosshub.tables import whole

Row = Mapping[str, str]


def schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schemas of the config and of a row.

    Raises
    ------
    DataError
        If they are not there, as in a package that was copied out of its repository.
    """
    try:
        config = read_schema(SCHEMAS / "config.schema.yaml")
        return config, read_schema(SCHEMAS / "datasets.schema.yaml")
    except OSError as error:
        raise DataError(
            f"{error.filename}: not found; run crosshub from its repository (pip install -e .)"
        ) from error


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Return the columns that rows need: those that every table has, and the others in use."""
    used = [name for name in draft.OPTIONAL if any(row.get(name) for row in rows)]
    return [*draft.COLUMNS, *used]


def lines_of(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """Return rows as lines of a table."""
    # Empty cells at the end of a line are not written.
    return ["\t".join(row.get(name, "") for name in columns).rstrip("\t") for row in rows]


def mistakes_of(row: Row, path: str) -> list[str]:
    """List what is wrong with a row, by itself and on the series matrix at `path`."""
    try:
        study = read_rows([{**row, "role": "discovery"}])
    except ConfigError as error:
        return str(error).splitlines()
    return row_mistakes(path, study.rows[0])


def read_rows(rows: Sequence[Row], config: Mapping[str, Any] | None = None) -> Study:
    """Read rows as the workflow reads a study.

    Raises
    ------
    ConfigError
        With one line for each mistake.
    """
    columns = columns_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "datasets.tsv"
        path.write_text("\n".join(["\t".join(columns), *lines_of(rows, columns)]) + "\n", "utf-8")
        try:
            return read_study(
                {"study": "draft", **(config or {}), "datasets": str(path)}, *schemas()
            )
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(path), "datasets.tsv")) from error


def read_table(path: str | Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read the header and the rows of a table of cohorts; both empty where there is no file.

    Raises
    ------
    DataError
        If it cannot be read or lacks a column.
    """
    if not Path(path).exists():
        return [], []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    cells = [[cell.strip() for cell in line.split("\t")] for line in lines]
    if not cells:
        return [], []
    lacking = [name for name in draft.COLUMNS if name not in cells[0]]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; add it, or name another --table")
    return cells[0], [
        dict.fromkeys(cells[0], "") | dict(zip(cells[0], row, strict=False)) for row in cells[1:]
    ]


def append_rows(rows: Sequence[Row], path: str | Path) -> None:
    """Add rows to a table of cohorts, which is made where there is none.

    Raises
    ------
    DataError
        If a row is there already or needs a column that the table has not; nothing is written.
    """
    header, known = read_table(path)
    for row in rows:
        for there in known:
            same = [there[name] == row[name] for name in ("cohort", "accession", "disease")]
            if same[0] or all(same[1:]):
                raise DataError(
                    f"{path}: has the cohort '{there['cohort']}' already ({there['accession']}, "
                    f"{there['disease']}); delete that row first"
                )
    needed = columns_of(rows)
    if header:
        lacking = [name for name in needed if name not in header]
        if lacking:
            raise DataError(
                f"{path}: has no column '{lacking[0]}', which {rows[0]['accession']} needs; add it "
                "to the header"
            )
        needed = header
    before = Path(path).read_bytes() if Path(path).exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    lines = lines_of(rows, needed) if header else ["\t".join(needed), *lines_of(rows, needed)]
    with whole(path) as beside:
        beside.write_bytes(before + ("\n".join(lines) + "\n").encode())
