"""GCT 1.2 and 1.3: a text that declares its dimensions, with or without metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.annotation import occurs_twice
from crosshub.signatures.naming import genes_of
from crosshub.signatures.source import Source
from crosshub.signatures.text import fields_of, open_text, read_rows


@contextmanager
def open_gct(path: Path, scratch: Path) -> Iterator[Source]:
    """Open a GCT(.gz) of version 1.2 or 1.3.

    Parameters
    ----------
    path
        Of the file.
    scratch
        Gets the numbers while the block lasts, as large as the matrix in float32.

    Raises
    ------
    DataError
        If it is no GCT, its dimensions are not those that it declares, a column of metadata occurs
        twice, or a value is no number.
    """
    raw = scratch / "values.raw"
    with open_text(path, "a GCT") as file:
        version = file.readline().strip()
        if version not in {"#1.2", "#1.3"}:
            raise DataError(f"{path}: begins with '{version[:20]}', a GCT with #1.2 or #1.3")
        rows, columns, of_rows, of_columns = _dimensions(fields_of(file), version, path)
        header = fields_of(file)
        first = 1 + of_rows
        if len(header) != first + columns:
            raise DataError(
                f"{path}: declares {columns} signatures, its header has "
                f"{max(len(header) - first, 0)}: fetch it again"
            )
        of_genes = ["id", *header[1:first]]
        about = {"id": header[first:]}
        for _ in range(of_columns):
            fields = fields_of(file)
            if len(fields) != len(header):
                raise DataError(f"{path}: the line '{fields[0]}' has {len(fields)} fields, the "
                                f"header {len(header)}: fetch it again")  # fmt: skip
            if fields[0] in about and fields[0] != "id":
                raise DataError(f"{path}: {occurs_twice(fields[0])}")
            if fields[0] != "id":
                about[fields[0]] = fields[first:]
        twice = [name for place, name in enumerate(of_genes) if name in of_genes[:place]]
        if twice:
            raise DataError(f"{path}: {occurs_twice(twice[0])}")
        places = list(range(first, len(header)))
        found, values = read_rows(file, header, list(range(first)), places, raw)
    if len(values) != rows:
        raise DataError(f"{path}: declares {rows} genes and has {len(values)}: fetch it again")
    names = found.set_axis(of_genes, axis=1)
    ids = names["id"].str.strip()
    try:
        yield Source(str(path), genes_of(ids, names), pd.DataFrame(about, dtype=str),
                     lambda start, stop: values[:, start:stop].T)  # fmt: skip
    finally:
        raw.unlink(missing_ok=True)


def _dimensions(fields: list[str], version: str, path: Path) -> tuple[int, int, int, int]:
    # In 1.2 every gene has a description and the signatures have none.
    wanted = 4 if version == "#1.3" else 2
    try:
        numbers = [int(field) for field in fields if field.strip()][:wanted]
    except ValueError:
        numbers = []
    if len(numbers) != wanted or min(numbers) < 0:
        raise DataError(f"{path}: its second line must be {wanted} numbers: fetch it again")
    return (*numbers, 1, 0) if wanted == 2 else tuple(numbers)
