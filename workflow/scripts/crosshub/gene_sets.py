"""Gene sets from GMT files, and a family of genes to which candidates are restricted."""

import re
from pathlib import Path

from crosshub.errors import DataError


def read_gene_sets(path: str | Path) -> dict[str, list[str]]:
    """Read a GMT file: name, description (which some files lack), genes.

    The description is taken for a gene where the file has none, and then kept.

    Raises
    ------
    DataError
        If a line has fewer than three cells, a name occurs twice, or there is no set at all.
    """
    sets: dict[str, list[str]] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.strip():
            continue
        if len(cells) < 3:
            raise DataError(f"{path} line {number}: no GMT line (name, description, genes)")
        if cells[0] in sets:
            raise DataError(f"{path} line {number}: the set '{cells[0]}' occurs twice")
        # A symbol has neither spaces nor slashes, a description or its address mostly has.
        looks_like_gene = re.fullmatch(r"[A-Z][A-Za-z0-9.@-]*", cells[1]) is not None
        members = cells[1:] if looks_like_gene and cells[1] != cells[0] else cells[2:]
        sets[cells[0]] = list(dict.fromkeys(gene for gene in members if gene))
    if not sets:
        raise DataError(f"{path}: holds no gene set")
    return sets


def read_family(place: str) -> list[str]:
    """Read one gene set: ``file.gmt:SET``, or several, ``file.gmt:FIRST,SECOND``.

    Returns
    -------
    list of str
        Genes of all the sets, sorted.

    Raises
    ------
    DataError
        If the file is no GMT file, or lacks a set.
    """
    path, names = split_place(place)
    sets = read_gene_sets(path)
    lacking = [name for name in names if name not in sets]
    if lacking:
        raise DataError(
            f"{path}: has no set '{lacking[0]}'; it has {', '.join(sorted(sets)[:5])} "
            f"({len(sets)} in all)"
        )
    return sorted({gene for name in names for gene in sets[name]})


def split_place(place: str) -> tuple[str, list[str]]:
    """Split ``file.gmt:SET,SET`` into the file and the names of the sets."""
    path, _, names = place.rpartition(":")
    return path, [name.strip() for name in names.split(",")]
