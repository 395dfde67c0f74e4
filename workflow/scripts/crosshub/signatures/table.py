"""A plain table of signatures: one row a gene, one column a signature."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.annotation import first_named
from crosshub.signatures.naming import GENE_COLUMNS
from crosshub.signatures.source import Source
from crosshub.signatures.text import fields_of, open_text, read_rows

NAMING = ("entrez", "symbol")
# What names genes in other files; as a signature it would be numbers of no meaning.
_OTHERS = {name.lower() for name in GENE_COLUMNS} - set(NAMING)


@contextmanager
def open_table(path: Path, scratch: Path) -> Iterator[Source]:
    """Open a TSV(.gz) whose first columns are ``entrez`` and/or ``symbol``.

    The other columns are signatures, ``name__cell__type`` or any name; replicates may bear one
    name.

    Parameters
    ----------
    path
        Of the file.
    scratch
        Gets the numbers while the block lasts, as large as the matrix in float32.

    Raises
    ------
    DataError
        If it is no such table, or a value is no number.
    """
    raw = scratch / "values.raw"
    with open_text(path, "a table of signatures") as file:
        header = fields_of(file)
        naming = naming_columns(header, path)
        columns = list(range(len(naming), len(header)))
        found, values = read_rows(file, header, list(naming), columns, raw)
    found = found.rename(columns=naming)
    gene, entrez = first_named(found, ["symbol"], ()), first_named(found, ["entrez"])
    genes = pd.DataFrame(
        {"id": gene.where(gene != "", entrez), "gene": gene, "entrez": entrez, "space": ""}
    )
    names = _split_names([header[i] for i in columns])
    try:
        yield Source(str(path), genes, names, lambda start, stop: values[:, start:stop].T)
    finally:
        raw.unlink(missing_ok=True)


def naming_columns(header: Sequence[str], path: Path) -> dict[int, str]:
    """Return the columns that name the genes, by their place, once the header was checked.

    Raises
    ------
    DataError
        If the first columns name no gene, no signature follows, or a column is neither: it would
        be taken for a signature.
    """
    names = [name.strip().lower() for name in header]
    naming = {place: name for place, name in enumerate(names) if name in NAMING}
    if not naming or len(naming) == len(names):
        raise DataError(
            f"{path}: the first columns must be 'entrez' and/or 'symbol', and signatures "
            "must follow: check its header"
        )
    for place, name in enumerate(names):
        before = place < max(naming) and place not in naming
        if not name or before or name in _OTHERS:
            raise DataError(
                f"{path}: column {place + 1} '{header[place]}' is neither 'entrez' nor 'symbol', "
                "nor a signature behind them: remove it"
            )
    if len(naming) > len(set(naming.values())):
        raise DataError(f"{path}: two columns are called '{naming[0]}': remove one")
    return naming


def _split_names(names: Sequence[str]) -> pd.DataFrame:
    seen: dict[str, int] = {}
    rows = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        # Replicates of one compound in one cell line bear one name.
        unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
        compound, cell, kind = parts if len(parts := name.rsplit("__", 2)) == 3 else (name, "", "")
        rows.append({"id": unique, "compound": compound, "cell": cell, "type": kind})
    return pd.DataFrame(rows, dtype=str)
