"""Known interactions among the shared genes."""

import csv
import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import networkx
import pandas as pd

from crosshub.errors import DataError
from crosshub.given_genes import in_force
from crosshub.symbols import GeneNames, read_gene_names

SIDES = [("gene_a", "gene_b"), ("symbol_a", "symbol_b"), ("protein1", "protein2")]
SCORES = ["score", "combined_score"]
# Ids of STRING's proteins, such as 9606.ENSP00000269305.
PROTEIN = re.compile(r"(?:\d+\.)?ENS[A-Z]*P\d+(?:\.\d+)?")


def given_interactions(
    path: str | Path | None, min_score: float, names: str | Path
) -> pd.DataFrame | None:
    """Return the interactions of a table, if one is given; `names` is the table of gene names."""
    return read_interactions(path, min_score, read_gene_names(names)) if path else None


def read_interactions(
    path: str | Path, min_score: float, names: GeneNames | None = None
) -> pd.DataFrame:
    """Read a table of interactions.

    Parameters
    ----------
    path
        Plain or gzip, separated by tabs or blanks: two columns of gene symbols and one of scores.
    min_score
        Interactions below are left out.
    names
        Current and former symbols, by which the genes are brought to those in force; None: they
        stay as they are.

    Returns
    -------
    DataFrame
        gene_a < gene_b, score; each pair once, with its best score.

    Raises
    ------
    DataError
        If the file cannot be read, the columns are not there, they hold ids of proteins, or no
        score reaches `min_score`.
    """
    table = _read(path)
    sides = next((pair for pair in SIDES if set(pair) <= set(table.columns)), None)
    score = next((name for name in SCORES if name in table), None)
    if sides is None or score is None:
        found = ", ".join(map(str, table.columns[:8]))
        raise DataError(f"{path}: needs the columns gene_a, gene_b and score; it has {found}")
    first, second = (table[name].astype(str) for name in sides)
    if len(table) and first.str.fullmatch(PROTEIN).all():
        raise DataError(
            f"{path}: '{sides[0]}' holds ids of proteins ({first.iloc[0]}); give the symbols of "
            "their genes, which STRING has in its file protein.info (preferred_name)"
        )
    symbols = in_force([*first.unique(), *second.unique()], names, str(path))
    first, second = first.map(symbols), second.map(symbols)
    scores = pd.to_numeric(table[score], errors="coerce")
    _check_scores(scores, min_score, path)
    kept = pd.DataFrame(
        {
            "gene_a": first.where(first < second, second),
            "gene_b": second.where(first < second, first),
            "score": scores,
        }
    )
    kept = kept[(kept["score"] >= min_score) & (kept["gene_a"] != kept["gene_b"])]
    return kept.groupby(["gene_a", "gene_b"], sort=True, as_index=False)["score"].max()


def _read(path: str | Path) -> pd.DataFrame:
    opener = gzip.open if str(path).endswith(".gz") else open
    options = {"keep_default_na": False, "quoting": csv.QUOTE_NONE}
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            separator = "\t" if "\t" in file.readline() else r"\s+"
            file.seek(0)
            return pd.read_csv(file, sep=separator, **options)
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table of interactions ({reason})") from error


def _check_scores(scores: pd.Series, min_score: float, path: str | Path) -> None:
    """Refuse scores none of which is high enough: the network would be empty in silence."""
    if not len(scores) or (scores >= min_score).any():
        return
    largest = scores.max()
    if pd.isna(largest):
        raise DataError(f"{path}: no score is a number; correct the column")
    scale = "; its scores lie between 0 and 1" if largest <= 1 else ""
    raise DataError(
        f"{path}: no interaction has a score of {min_score:g}, the largest is {largest:g}{scale}: "
        "lower biology.min_score"
    )


def link_genes(
    genes: pd.DataFrame, interactions: pd.DataFrame, panel: Sequence[str], *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the interactions among shared genes, and the genes with their place in that network.

    Parameters
    ----------
    genes
        Table of `shared.find_shared`.
    interactions
        Of `read_interactions`.
    panel
        Genes of the panel.
    seed
        Of the layout.

    Returns
    -------
    tuple of DataFrame
        Nodes: gene, direction, in_panel, degree, betweenness, known_partners (degree in the whole
        table: well-studied genes have many, so a high degree alone says little), x, y. Edges:
        gene_a, gene_b, score.

    Raises
    ------
    DataError
        If no gene of the table of interactions was tested.
    """
    partners = pd.concat([interactions["gene_a"], interactions["gene_b"]]).value_counts()
    if len(partners) and len(genes) and not partners.index.isin(genes["gene"]).any():
        raise DataError(
            f"biology.interactions: none of its {len(partners)} genes (such as "
            f"'{partners.index[0]}') was measured; it needs gene symbols"
        )
    shared = genes[genes["shared"]].set_index("gene")
    inside = interactions["gene_a"].isin(shared.index) & interactions["gene_b"].isin(shared.index)
    edges = interactions[inside].reset_index(drop=True)
    graph = networkx.Graph()
    graph.add_nodes_from(shared.index)
    graph.add_weighted_edges_from(edges.itertuples(index=False))
    betweenness = networkx.betweenness_centrality(graph)
    place = networkx.spring_layout(graph, seed=seed % 2**32) if len(graph) else {}
    names = list(graph)
    nodes = pd.DataFrame(
        {
            "gene": names,
            "direction": shared["direction"].to_numpy(),
            "in_panel": [name in set(panel) for name in names],
            "degree": [graph.degree(name) for name in names],
            "betweenness": [betweenness[name] for name in names],
            "known_partners": partners.reindex(names).fillna(0).astype(int).to_numpy(),
            "x": [float(place[name][0]) for name in names],
            "y": [float(place[name][1]) for name in names],
        }
    )
    return nodes.sort_values(["degree", "gene"], ascending=[False, True], ignore_index=True), edges
