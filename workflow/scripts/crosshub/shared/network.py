"""A network of genes whose co-expression is found again in several diseases, and its communities.

Within each cohort the difference between cases and controls is taken away first: two genes are not
joined because both are changed. A correlation is conserved if it has the same sign in at least u
diseases, tested by the partial conjunction that holds under any dependence, because one person may
serve several diseases.
"""

from collections.abc import Sequence

import networkx
import numpy as np
import pandas as pd
from scipy.stats import norm

from crosshub.cohorts import Cohort
from crosshub.differential import benjamini_hochberg
from crosshub.meta.p_values import both_directions
from crosshub.shared.conjunction import partial_conjunction

EDGES = ["gene_a", "gene_b", "direction", "n_diseases", "p_value", "fdr"]


def conserved_edges(
    cohorts: Sequence[Cohort], genes: Sequence[str], *, at_least: int, fdr: float
) -> pd.DataFrame:
    """Join the genes that move together, the same way, in at least u diseases.

    Parameters
    ----------
    cohorts
        Discovery cohorts of the diseases.
    genes
        Nodes: genes measured in all of them, chosen beforehand.
    at_least
        u.
    fdr
        Largest false discovery rate, over all pairs of nodes.

    Returns
    -------
    DataFrame
        gene_a, gene_b, direction (positive, negative), n_diseases (in how many the correlation has
        that sign at p ≤ 0.05), p_value, fdr and correlation.<disease>; sorted by p_value.
    """
    diseases = list(dict.fromkeys(cohort.disease for cohort in cohorts))
    columns = [f"correlation.{name}" for name in diseases]
    if len(genes) < 2:
        return pd.DataFrame(columns=[*EDGES, *columns])
    first, second = np.triu_indices(len(genes), 1)
    own = [[cohort for cohort in cohorts if cohort.disease == name] for name in diseases]
    pooled = [[part[first, second] for part in _pooled(members, genes)] for members in own]
    z = np.column_stack([z for z, _ in pooled])
    sides = [partial_conjunction(norm.sf(side * z), at_least) for side in (1, -1)]
    p_value = both_directions(*sides)
    positive = sides[0] <= sides[1]
    sign = np.where(positive, 1, -1)[:, None]
    table = pd.DataFrame(
        {
            "gene_a": np.asarray(genes, object)[first],
            "gene_b": np.asarray(genes, object)[second],
            "direction": np.where(positive, "positive", "negative"),
            "n_diseases": (sign * z >= norm.isf(0.025)).sum(axis=1),
            "p_value": p_value,
            "fdr": benjamini_hochberg(p_value),
        }
    )
    table[columns] = np.column_stack([r for _, r in pooled])
    kept = table[table["fdr"] <= fdr]
    return kept.sort_values(["p_value", "gene_a", "gene_b"], ignore_index=True)


def _pooled(cohorts: Sequence[Cohort], genes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return z and correlation of each pair of genes over the cohorts of a disease."""
    total, weights = np.zeros((len(genes), len(genes))), 0
    for cohort in cohorts:
        values = cohort.expression.loc[list(genes)].to_numpy(float)
        for case in (True, False):
            own = cohort.is_case.to_numpy() == case
            values[:, own] -= values[:, own].mean(axis=1, keepdims=True)
        free = cohort.samples["identity"].nunique() - 4
        if free < 1:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.nan_to_num(np.corrcoef(values))
        total += free * np.arctanh(np.clip(r, -0.999999, 0.999999))
        weights += free
    mean = total / max(weights, 1)
    return mean * np.sqrt(weights), np.tanh(mean)


def communities(edges: pd.DataFrame, genes: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Part the network into communities, and place its genes for a picture.

    Parameters
    ----------
    edges
        Of `conserved_edges`; those of negative correlation join genes, too.
    genes
        Table of `find.find_shared`, cut to the nodes.
    seed
        Of the Louvain method and the layout.

    Returns
    -------
    DataFrame
        gene, direction, shared, n_diseases (in which it is changed), community (1 the largest; 0:
        joined to no other), degree, x, y; sorted by community, then degree.

    References
    ----------
    Blondel, Guillaume, Lambiotte and Lefebvre 2008, Fast unfolding of communities in large
    networks, Journal of Statistical Mechanics P10008.
    """
    graph = networkx.Graph()
    graph.add_nodes_from(sorted(genes["gene"]))
    strength = -np.log10(np.maximum(edges["p_value"].to_numpy(float), 1e-300))
    pairs = zip(edges["gene_a"], edges["gene_b"], strength, strict=True)
    graph.add_weighted_edges_from(sorted(pairs))
    parts = networkx.community.louvain_communities(graph, seed=seed % 2**32)
    joined = sorted((sorted(part) for part in parts if len(part) > 1), key=lambda p: (-len(p), p))
    number = {gene: i for i, part in enumerate(joined, start=1) for gene in part}
    place = networkx.spring_layout(graph, seed=seed % 2**32) if len(graph) else {}
    table = genes[["gene", "direction", "shared", "n_diseases"]].copy()
    table["community"] = [number.get(gene, 0) for gene in table["gene"]]
    table["degree"] = [graph.degree(gene) for gene in table["gene"]]
    table["x"] = [float(place[gene][0]) for gene in table["gene"]]
    table["y"] = [float(place[gene][1]) for gene in table["gene"]]
    last = table["community"].eq(0)
    order = table.assign(last=last, less=-table["degree"]).sort_values(
        ["last", "community", "less", "gene"]
    )
    return table.loc[order.index].reset_index(drop=True)


def nodes_of(genes: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the genes that the network is made of: the shared ones, then those nearest to it.

    Parameters
    ----------
    genes
        Table of `find.find_shared`, sorted by p_value.
    most
        How many.
    """
    ordered = genes.sort_values(["shared", "p_value", "gene"], ascending=[False, True, True])
    return ordered.head(most)
