"""Known interactions among the shared genes."""

import csv
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import networkx
import pandas as pd

from crosshub.errors import DataError

SIDES = [("gene_a", "gene_b"), ("symbol_a", "symbol_b"), ("protein1", "protein2")]
SCORES = ["score", "combined_score"]


def read_interactions(path: str | Path, min_score: float) -> pd.DataFrame:
    """Read a table of interactions.

    Parameters
    ----------
    path
        TSV, plain or gzip: two columns of gene symbols and one of scores.
    min_score
        Interactions below are left out.

    Returns
    -------
    DataFrame
        gene_a < gene_b, score; each pair once, with its best score.

    Raises
    ------
    DataError
        If the file cannot be read or the columns are not there.
    """
    opener = gzip.open if str(path).endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            table = pd.read_csv(file, sep="\t", keep_default_na=False, quoting=csv.QUOTE_NONE)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table of interactions ({reason})") from error
    sides = next((pair for pair in SIDES if set(pair) <= set(table.columns)), None)
    score = next((name for name in SCORES if name in table), None)
    if sides is None or score is None:
        raise DataError(f"{path}: needs the columns gene_a, gene_b and score")
    first, second = (table[name].astype(str) for name in sides)
    kept = pd.DataFrame(
        {
            "gene_a": first.where(first < second, second),
            "gene_b": second.where(first < second, first),
            "score": pd.to_numeric(table[score], errors="coerce"),
        }
    )
    kept = kept[(kept["score"] >= min_score) & (kept["gene_a"] != kept["gene_b"])]
    return kept.groupby(["gene_a", "gene_b"], sort=True, as_index=False)["score"].max()


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
    """
    shared = genes[genes["shared"]].set_index("gene")
    inside = interactions["gene_a"].isin(shared.index) & interactions["gene_b"].isin(shared.index)
    edges = interactions[inside].reset_index(drop=True)
    graph = networkx.Graph()
    graph.add_nodes_from(shared.index)
    graph.add_weighted_edges_from(edges.itertuples(index=False))
    betweenness = networkx.betweenness_centrality(graph)
    place = networkx.spring_layout(graph, seed=seed % 2**32) if len(graph) else {}
    partners = pd.concat([interactions["gene_a"], interactions["gene_b"]]).value_counts()
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
