"""Gene sets from GMT files, and a family of genes to which candidates are restricted."""

import re
from collections.abc import Iterable
from pathlib import Path

from crosshub.errors import DataError
from crosshub.given_genes import in_force, read_lines
from crosshub.symbols import GeneNames

# What stands where a description would.
NO_DESCRIPTION = {"", "na", "n/a", "none", "-"}


def read_gene_sets(path: str | Path, names: GeneNames | None = None) -> dict[str, list[str]]:
    """Read a GMT file: name, description (which some files lack), genes.

    Parameters
    ----------
    path
        Plain or gzip.
    names
        Current and former symbols, by which the genes are brought to those in force; None: they
        stay as they are.

    Returns
    -------
    dict
        Name → genes, each once. Where the second cells of a file are genes it has no descriptions,
        and they belong to the sets.

    Raises
    ------
    DataError
        If a line has fewer than three cells, a name occurs twice, or there is no set at all.
    """
    rows: dict[str, list[str]] = {}
    for number, line in enumerate(read_lines(path).split("\n"), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.strip():
            continue
        if len(cells) < 3:
            raise DataError(f"{path} line {number}: no GMT line (name, description, genes)")
        if cells[0] in rows:
            raise DataError(f"{path} line {number}: the set '{cells[0]}' occurs twice")
        rows[cells[0]] = cells[1:]
    if not rows:
        raise DataError(f"{path}: holds no gene set")
    start = 1 if _has_descriptions(rows, names) else 0
    given = {name: [gene for gene in cells[start:] if gene] for name, cells in rows.items()}
    symbols = in_force((gene for genes in given.values() for gene in genes), names, str(path))
    return {
        name: list(dict.fromkeys(symbols[gene] for gene in genes)) for name, genes in given.items()
    }


def _has_descriptions(rows: dict[str, list[str]], names: GeneNames | None) -> bool:
    """Say whether the second cells of a file are descriptions: most of them are no genes."""
    second = {name: cells[0] for name, cells in rows.items()}
    said = set(second.values())
    if any(cell.lower() in NO_DESCRIPTION for cell in said) or (len(said) == 1 < len(rows)):
        return True
    genes = {gene for cells in rows.values() for gene in cells[1:]} | _symbols(said, names)
    inside = sum(cell in genes and cell != name for name, cell in second.items())
    return 2 * inside <= len(rows)


def _symbols(cells: Iterable[str], names: GeneNames | None) -> set[str]:
    """Return the cells that are symbols: those that are known, else those that look like one."""
    if names is not None:
        known = names.approved.union(names.previous, names.alias)
        return known.intersection(cells)
    # A symbol has neither spaces nor slashes, a description or its address mostly has.
    looks = re.compile(r"[A-Z0-9][A-Z0-9.@-]*|C[0-9XY]+orf[0-9]+")
    return {cell for cell in cells if looks.fullmatch(cell)}


def read_family(place: str, names: GeneNames | None = None) -> list[str]:
    """Read one gene set: ``file.gmt:SET``, or several, ``file.gmt:FIRST,SECOND``.

    Parameters
    ----------
    place
        The file and the names of the sets.
    names
        As in `read_gene_sets`.

    Returns
    -------
    list of str
        Genes of all the sets, sorted.

    Raises
    ------
    DataError
        If the file is no GMT file, or lacks a set.
    """
    path, wanted = split_place(place)
    sets = read_gene_sets(path, names)
    lacking = [name for name in wanted if name not in sets]
    if lacking:
        raise DataError(
            f"{path}: has no set '{lacking[0]}'; it has {', '.join(sorted(sets)[:5])} "
            f"({len(sets)} in all)"
        )
    return sorted({gene for name in wanted for gene in sets[name]})


def split_place(place: str) -> tuple[str, list[str]]:
    """Split ``file.gmt:SET,SET`` into the file and the names of the sets."""
    path, _, names = place.rpartition(":")
    return path, [name.strip() for name in names.split(",")]


def source_name(path: str | Path) -> str:
    """Return the name by which a GMT file stands in results: the file's, without its endings."""
    return Path(path).name.removesuffix(".gz").removesuffix(".gmt")
