"""Co-expression modules of one cohort: from expression to modules, eigengenes and hubs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from crosshub.coexpression.blocks import gene_blocks
from crosshub.coexpression.dynamic_tree import cut_tree
from crosshub.coexpression.eigengenes import (
    UNASSIGNED,
    eigengenes,
    merge_close,
    varying_genes,
)
from crosshub.coexpression.network import (
    adjacency,
    check,
    connectivities,
    network_weights,
    topological_overlap,
    unit_columns,
)
from crosshub.coexpression.scale_free import POWERS, choose_power, soft_threshold
from crosshub.coexpression.traits import MIN_SAMPLES
from crosshub.coexpression.treecut import cut_hybrid

log = logging.getLogger(__name__)

CUTS = ("hybrid", "tree")
MAX_BLOCK = 10_000
_HUB_SHARE = 0.1
_HUB_KME = 0.8


@dataclass(frozen=True)
class Modules:
    """The modules of one cohort.

    Attributes
    ----------
    table
        One row a gene that entered: gene, module (M1 the largest, M0 unassigned), kme (correlation
        with the eigengene of its module), connectivity (sum of adjacencies to the genes of its
        module: kWithin), total_connectivity (to all genes that entered: kTotal), hub (among the
        tenth of its module with the highest kme, and kme at least 0.8). kme and connectivity are
        NaN in M0. Sorted by module number and falling kme.
    eigengenes
        Modules × samples, each row of length one; no rows if there is no module.
    soft_threshold
        As `scale_free.soft_threshold` returns it; no rows if no network was made.
    power
        The soft threshold that was used; None if no network was made.
    reason
        Why this power, or why there are no modules.
    """

    table: pd.DataFrame
    eigengenes: pd.DataFrame
    soft_threshold: pd.DataFrame
    power: int | None
    reason: str


def build_modules(
    expression: pd.DataFrame,
    *,
    max_genes: int = 5000,
    network: str = "signed_hybrid",
    correlation: str = "bicor",
    powers: Sequence[int] = POWERS,
    scale_free_fit: float = 0.85,
    overlap: str = "unsigned",
    cut: str = "hybrid",
    deep_split: int = 2,
    min_module_size: int = 30,
    merge_height: float = 0.25,
    max_block: int = MAX_BLOCK,
) -> Modules:
    """Find the co-expression modules of one cohort, without looking at labels.

    Parameters
    ----------
    expression
        Genes × samples, log2, unique gene names. Constant genes and genes with missing values do
        not enter.
    max_genes
        The genes with the largest variance enter, at most so many.
    network, correlation
        See `network.adjacency` and `network.unit_columns`.
    powers, scale_free_fit
        Soft thresholds to try, and the R² to reach.
    overlap
        ``signed``: in an unsigned network, neighbours count with the signs of their correlations.
    cut
        ``hybrid``: `treecut.cut_hybrid`; ``tree``: `dynamic_tree.cut_tree`.
    deep_split, min_module_size
        Of the cut; for ``tree``, 0 is no and all else is yes.
    merge_height
        Modules whose eigengenes are closer than this (1 - correlation) become one.
    max_block
        More genes than this are divided into blocks (see `blocks.gene_blocks`), each with a network
        of its own; modules that a border divides are joined again if they are close. The memory
        of a block of p genes is about 2.5 p² numbers of four bytes.

    Returns
    -------
    Modules
        With every gene in M0 and a reason if there are fewer than four samples, too few genes for
        two modules, or no branch that is a module.

    Raises
    ------
    DataError
        If the network or the correlation is not known.

    References
    ----------
    Langfelder P, Horvath S (2008). WGCNA: an R package for weighted correlation network analysis.
    BMC Bioinformatics 9:559.
    """
    chosen = _most_variable(expression, max_genes)
    n_genes, n_samples = chosen.shape
    log.info("%d of %d genes enter the network", n_genes, len(expression))
    if n_samples < MIN_SAMPLES:
        return _no_modules(chosen, f"{n_samples} samples: a network needs {MIN_SAMPLES} or more")
    if n_genes < 2 * min_module_size:
        return _no_modules(
            chosen, f"{n_genes} varying genes: modules of {min_module_size} need twice as many"
        )
    check("cut", cut, CUTS)
    values = chosen.to_numpy().T
    fits = soft_threshold(values, powers=powers, network=network, method=correlation)
    power, reason = choose_power(fits, n_samples, network=network, fit=scale_free_fit)
    log.info(reason)
    unit = unit_columns(values, correlation)
    labels = np.zeros(n_genes, int)
    blocks = gene_blocks(values, max_block, network)
    if len(blocks) > 1:
        log.info("%d blocks of %s genes", len(blocks), ", ".join(str(len(own)) for own in blocks))
    for own in blocks:
        tree, distance = overlap_tree(unit[:, own], power, network, overlap=overlap)
        if cut == "hybrid":
            found = cut_hybrid(
                tree, distance, min_cluster_size=min_module_size, deep_split=deep_split
            )
        else:
            found = cut_tree(tree, min_cluster_size=min_module_size, deep_split=deep_split > 0)
        labels[own] = np.where(found > 0, found + labels.max(), 0)
        del distance
    if not labels.any():
        return _no_modules(chosen, f"no module of {min_module_size} genes; {reason}", fits, power)
    named = name_modules(pd.Series(merge_close([values], labels, merge_height), chosen.index))
    profiles = eigengenes(chosen, named)
    table = _describe(chosen, named, profiles, unit, (power, network, correlation))
    return Modules(table, profiles, fits, power, reason)


def overlap_tree(
    unit: np.ndarray, power: float, network: str, *, overlap: str = "unsigned"
) -> tuple[np.ndarray, np.ndarray]:
    """Cluster genes by the topological overlap that they lack.

    Parameters
    ----------
    unit
        Samples × genes, as `network.unit_columns` returns them.
    power, network, overlap
        See `network.network_weights`.

    Returns
    -------
    linkage : ndarray
        Average linkage, as `scipy.cluster.hierarchy.linkage` returns it.
    distance : ndarray
        Genes × genes, 1 - overlap, float32.
    """
    weights = network_weights(unit, power, network, overlap=overlap)
    distance = topological_overlap(weights)
    del weights
    np.subtract(1, distance, out=distance)
    condensed = condense(distance)
    # The linkage copies what it is given: meanwhile the square is not kept.
    del distance
    return linkage(condensed, "average"), squareform(condensed.astype(np.float32), checks=False)


def condense(square: np.ndarray, dtype: type = np.float64) -> np.ndarray:
    """Return the upper triangle of a symmetric matrix, row by row."""
    n = len(square)
    condensed = np.empty(n * (n - 1) // 2, dtype)
    start = 0
    for i in range(n - 1):
        condensed[start : start + n - 1 - i] = square[i, i + 1 :]
        start += n - 1 - i
    return condensed


def _most_variable(expression: pd.DataFrame, max_genes: int) -> pd.DataFrame:
    """Return the genes that enter, by name, so that the order of the rows changes nothing."""
    usable = varying_genes(expression).sort_index()
    variance = usable.to_numpy().var(axis=1)
    order = np.argsort(-variance, kind="stable")[:max_genes]
    return usable.iloc[np.sort(order)]


def name_modules(labels: pd.Series) -> pd.Series:
    """Name the modules M1, M2, … by falling size; of equal ones the smaller gene name is first."""
    members = labels[labels > 0].groupby(labels).groups.values()
    order = sorted(members, key=lambda genes: (-len(genes), min(genes)))
    named = pd.Series(UNASSIGNED, labels.index, dtype=object)
    for number, genes in enumerate(order, start=1):
        named[genes] = f"M{number}"
    return named


def mark_hubs(kme: np.ndarray) -> np.ndarray:
    """Mark the hubs of one module: the tenth with the highest kme, where that is at least 0.8."""
    hub = np.zeros(len(kme), bool)
    best = np.argsort(-kme, kind="stable")[: int(np.ceil(_HUB_SHARE * len(kme)))]
    hub[best] = kme[best] >= _HUB_KME
    return hub


def sort_table(table: pd.DataFrame) -> pd.DataFrame:
    """Sort by the number of the module, falling kme and gene."""
    number = table["module"].str[1:].astype(int)
    return table.iloc[np.lexsort((table["gene"], -table["kme"], number))].reset_index(drop=True)


def _describe(
    chosen: pd.DataFrame,
    named: pd.Series,
    profiles: pd.DataFrame,
    unit: np.ndarray | None = None,
    settings: tuple[float, str, str] | None = None,
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "gene": chosen.index,
            "module": named.to_numpy(),
            "kme": np.nan,
            "connectivity": np.nan,
            "total_connectivity": np.nan,
            "hub": False,
        }
    )
    if unit is not None:
        power, network, method = settings
        kme, connectivity = np.full((2, len(chosen)), np.nan)
        hub = np.zeros(len(chosen), bool)
        axes = unit_columns(profiles.to_numpy().T, method)
        for m, name in enumerate(profiles.index):
            own = np.flatnonzero(named.to_numpy() == name)
            kme[own] = np.clip(unit[:, own].T @ axes[:, m], -1, 1)
            inside = np.clip(unit[:, own].T @ unit[:, own], -1, 1)
            connectivity[own] = adjacency(inside, power, network).sum(axis=1) - 1
            hub[own] = mark_hubs(kme[own])
        table["kme"], table["connectivity"], table["hub"] = kme, connectivity, hub
        table["total_connectivity"] = connectivities(unit, [power], network)[0]
    return sort_table(table)


def _no_modules(
    chosen: pd.DataFrame,
    reason: str,
    fits: pd.DataFrame | None = None,
    power: int | None = None,
) -> Modules:
    log.warning("no modules: %s", reason)
    named = pd.Series(UNASSIGNED, chosen.index, dtype=object)
    profiles = eigengenes(chosen, named)
    if fits is None:
        columns = ["power", "scale_free_fit", "slope", "truncated_fit"]
        columns += [f"{which}_connectivity" for which in ("mean", "median", "max")]
        fits = pd.DataFrame(columns=columns, dtype=float)
    return Modules(_describe(chosen, named, profiles), profiles, fits, power, reason)
