"""Which gene sets the shared genes belong to, by gseapy from local GMT files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import gseapy
import pandas as pd

from crosshub.differential import benjamini_hochberg
from crosshub.errors import DataError

SMALLEST_SET, LARGEST_SET = 5, 500
COLUMNS = ["source", "query", "gene_set", "overlap", "size", "p_value", "fdr", "genes"]


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


def enrich(genes: pd.DataFrame, sources: Mapping[str, Mapping[str, Sequence[str]]]) -> pd.DataFrame:
    """Test gene sets for more shared genes than chance would give (hypergeometric).

    Parameters
    ----------
    genes
        Table of `shared.find_shared`; all its genes are the background.
    sources
        Name of a collection → gene sets.

    Returns
    -------
    DataFrame
        source, query (all, up, down), gene_set, overlap, size (genes of the set in the background),
        p_value, fdr (over all sets of a source and query), genes (joined by ``;``); best first.
        Sets with fewer than 5 or more than 500 genes of the background are not tested.
    """
    background = set(genes["gene"])
    found = genes[genes["shared"]]
    queries = {"all": set(found["gene"])}
    for side in ("up", "down"):
        queries[side] = set(found.loc[found["direction"] == side, "gene"])
    rows = []
    for source, sets in sources.items():
        tested = {name: sorted(background.intersection(members)) for name, members in sets.items()}
        tested = {
            name: members
            for name, members in tested.items()
            if SMALLEST_SET <= len(members) <= LARGEST_SET
        }
        for query, members in queries.items():
            if tested and members:
                rows.append(_enrich(sorted(members), tested, background, source, query))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(rows, ignore_index=True)
    return table.sort_values(["p_value", "source", "query", "gene_set"], ignore_index=True)


def _enrich(
    members: list[str],
    sets: dict[str, list[str]],
    background: set[str],
    source: str,
    query: str,
) -> pd.DataFrame:
    hits = {name: sorted(set(genes).intersection(members)) for name, genes in sets.items()}
    p_value = pd.Series(1.0, index=list(sets))
    if any(hits.values()):
        result = gseapy.enrich(
            gene_list=members, gene_sets=sets, background=background, outdir=None, no_plot=True
        ).results
        p_value.update(result.set_index("Term")["P-value"])
    return pd.DataFrame(
        {
            "source": source,
            "query": query,
            "gene_set": list(sets),
            "overlap": [len(hits[name]) for name in sets],
            "size": [len(sets[name]) for name in sets],
            "p_value": p_value.to_numpy(),
            "fdr": benjamini_hochberg(p_value.to_numpy()),
            "genes": [";".join(hits[name]) for name in sets],
        }
    )
