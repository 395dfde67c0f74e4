"""Consensus modules: genes that hang together in every one of several cohorts or diseases."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from crosshub.coexpression.blocks import gene_blocks
from crosshub.coexpression.eigengenes import (
    UNASSIGNED,
    eigengenes,
    first_component,
    merge_close,
    varying_genes,
)
from crosshub.coexpression.modules import (
    MAX_BLOCK,
    condense,
    mark_hubs,
    name_modules,
    sort_table,
)
from crosshub.coexpression.network import network_weights, topological_overlap, unit_columns
from crosshub.coexpression.scale_free import POWERS, choose_power, soft_threshold
from crosshub.coexpression.traits import MIN_SAMPLES
from crosshub.coexpression.treecut import cut_hybrid

log = logging.getLogger(__name__)

_CALIBRATION = 0.95


@dataclass(frozen=True)
class Consensus:
    """The modules that several cohorts share.

    Attributes
    ----------
    table
        One row a gene that entered: gene, module (C1 the largest, M0 unassigned), kme (the smallest
        of its correlations with the eigengene of its module in the cohorts), one column
        kme.<cohort> each, hub (as in `modules.Modules`, by that smallest). NaN in M0. Sorted by
        module number and falling kme.
    eigengenes
        Cohort → modules × samples, each row of length one.
    powers
        One row a cohort: cohort, samples, power, reason.
    reason
        Why there are no modules; empty if there are.
    """

    table: pd.DataFrame
    eigengenes: dict[str, pd.DataFrame]
    powers: pd.DataFrame
    reason: str


def build_consensus(
    cohorts: Mapping[str, pd.DataFrame],
    *,
    max_genes: int = 5000,
    network: str = "signed_hybrid",
    correlation: str = "bicor",
    powers: Sequence[int] = POWERS,
    scale_free_fit: float = 0.85,
    overlap: str = "unsigned",
    deep_split: int = 2,
    min_module_size: int = 30,
    min_core_kme: float = 0.5,
    min_kme: float = 0.2,
    merge_height: float = 0.25,
    max_block: int = MAX_BLOCK,
) -> Consensus:
    """Find the modules that cohorts, or diseases, have in common, without looking at labels.

    The topological overlap of each cohort is raised to a power that brings its 95th percentile to
    that of the first one; the overlap of two genes in the consensus is the smallest that they have
    in any cohort. Modules are joined if their eigengenes are close in every cohort.

    Parameters
    ----------
    cohorts
        Name → genes × samples, log2, unique gene names. Genes that vary and miss no value in every
        cohort enter.
    max_genes
        At most so many genes enter: those with the largest variance, by the mean of their ranks
        over the cohorts.
    network, correlation, powers, scale_free_fit, overlap, deep_split, min_module_size
        As for `modules.build_modules`; each cohort has a power of its own.
    min_core_kme, min_kme
        Before they are joined, a module is given up unless a third of `min_module_size` genes
        correlate with its eigengene above the first in every cohort, and genes that do not reach
        the second in every cohort leave it: without this, noise has consensus modules.
    merge_height
        Modules become one if the largest distance of their eigengenes (1 - correlation) over the
        cohorts is below this.
    max_block
        As for `modules.build_modules`; the blocks are made on all cohorts side by side, genes
        centred in each.

    Returns
    -------
    Consensus
        With every gene in M0 and a reason if a cohort has fewer than four samples, or there are too
        few genes for two modules, or no branch that is a module.

    References
    ----------
    Langfelder P, Horvath S (2007). Eigengene networks for studying the relationships between
    co-expression modules. BMC Systems Biology 1:54.
    """
    chosen = _shared_genes(cohorts, max_genes)
    fewest = min(frame.shape[1] for frame in chosen.values())
    n_genes = len(next(iter(chosen.values())))
    if fewest < MIN_SAMPLES:
        return _nothing(chosen, f"{fewest} samples: a network needs {MIN_SAMPLES} or more")
    if n_genes < 2 * min_module_size:
        return _nothing(
            chosen, f"{n_genes} shared genes: modules of {min_module_size} need twice as many"
        )
    values = [frame.to_numpy().T for frame in chosen.values()]
    fits = [soft_threshold(v, powers=powers, network=network, method=correlation) for v in values]
    chosen_powers = [
        choose_power(table, len(v), network=network, fit=scale_free_fit)
        for table, v in zip(fits, values, strict=True)
    ]
    used = _power_table(chosen, chosen_powers)
    units = [unit_columns(v, correlation) for v in values]
    labels = np.zeros(n_genes, int)
    for own in gene_blocks(np.vstack([v - v.mean(axis=0) for v in values]), max_block, network):
        parts = [
            (unit[:, own], power) for unit, (power, _) in zip(units, chosen_powers, strict=True)
        ]
        condensed = 1 - consensus_overlap(parts, network, overlap=overlap).astype(np.float64)
        tree = linkage(condensed, "average")
        distance = squareform(condensed.astype(np.float32), checks=False)
        del condensed
        found = cut_hybrid(tree, distance, min_cluster_size=min_module_size, deep_split=deep_split)
        labels[own] = np.where(found > 0, found + labels.max(), 0)
    labels = _trim(
        labels, values, units, (network, correlation), min_module_size, (min_core_kme, min_kme)
    )
    if not labels.any():
        return _nothing(chosen, f"no module of {min_module_size} genes in all cohorts", used)
    index = next(iter(chosen.values())).index
    named = name_modules(pd.Series(merge_close(values, labels, merge_height), index))
    named = named.where(named == UNASSIGNED, "C" + named.str[1:])
    profiles = {name: eigengenes(frame, named) for name, frame in chosen.items()}
    table = _describe(named, units, profiles, correlation)
    log.info("%d consensus modules of %d cohorts", named.nunique() - 1, len(chosen))
    return Consensus(table, profiles, used, "")


def judge_consensus(
    cohorts: Mapping[str, pd.DataFrame],
    found: Consensus,
    *,
    rng: np.random.Generator,
    permutations: int = 20,
    core_kme: float = 0.5,
    **settings: Any,
) -> pd.DataFrame:
    """Ask whether consensus modules are larger than those of cohorts that share nothing.

    Two cohorts of few samples have consensus modules even where their genes have nothing to do with
    each other: calibration lifts what is weak, and an eigengene fits its own genes. So the names of
    the genes are permuted in every cohort but the first, and the modules are built anew.

    Parameters
    ----------
    cohorts, settings
        As they were given to `build_consensus`.
    found
        What it returned.
    rng
        For the permutations.
    permutations
        Their number; the smallest p that is possible is one in one more.
    core_kme
        A gene is of the core of its module if it correlates with the eigengene above this in every
        cohort.

    Returns
    -------
    DataFrame
        One row a module: module, genes, core (number of its core genes), p_value (the share of
        permutations, the observation among them, whose module with the most core genes has at least
        as many: so it holds for all modules together).
    """
    observed = _cores(found.table, core_kme)
    names = list(cohorts)
    best = []
    for _ in range(permutations if len(observed) else 0):
        mixed = {names[0]: cohorts[names[0]]}
        for name in names[1:]:
            frame = cohorts[name].loc[found.table["gene"].sort_values()]
            mixed[name] = frame.set_axis(rng.permutation(frame.index))
        core = _cores(build_consensus(mixed, **settings).table, core_kme)["core"]
        best.append(core.max() if len(core) else 0)
    more = np.greater_equal.outer(np.array(best), observed["core"].to_numpy()).sum(axis=0)
    observed["p_value"] = (1 + more) / (1 + len(best)) if best else np.nan
    return observed


def _cores(table: pd.DataFrame, core_kme: float) -> pd.DataFrame:
    inside = table[table["module"] != UNASSIGNED]
    by_module = inside["kme"].gt(core_kme).groupby(inside["module"], sort=False)
    return by_module.agg(genes="size", core="sum").reset_index()


def consensus_overlap(
    cohorts: Sequence[tuple[np.ndarray, float]], network: str, *, overlap: str = "unsigned"
) -> np.ndarray:
    """Take the smallest topological overlap of each two genes over cohorts on one scale.

    Parameters
    ----------
    cohorts
        Of each cohort, samples × genes as `network.unit_columns` returns them, and its power. The
        first sets the scale.
    network, overlap
        See `network.network_weights`.

    Returns
    -------
    ndarray
        The upper triangle, row by row, float32.
    """
    smallest = None
    for unit, power in cohorts:
        square = topological_overlap(network_weights(unit, power, network, overlap=overlap))
        condensed = condense(square, np.float32)
        del square
        # The definition of R's type 8, which WGCNA uses.
        level = np.quantile(condensed, _CALIBRATION, method="median_unbiased")
        if smallest is None:
            scale, smallest = np.log(float(level)), condensed
        else:
            condensed **= np.float32(scale / np.log(float(level)))
            np.minimum(smallest, condensed, out=smallest)
    return smallest


def _trim(
    labels: np.ndarray,
    values: Sequence[np.ndarray],
    units: Sequence[np.ndarray],
    kind: tuple[str, str],
    min_size: int,
    limits: tuple[float, float],
) -> np.ndarray:
    """Give up modules without a core in every cohort, and genes that are far from theirs."""
    network, method = kind
    labels, (core, stay) = labels.copy(), limits
    for module in np.unique(labels[labels > 0]):
        own = np.flatnonzero(labels == module)
        kme = []
        for value, unit in zip(values, units, strict=True):
            axis = unit_columns(first_component(value[:, own])[:, None], method)[:, 0]
            kme.append(
                np.abs(axis @ unit[:, own]) if network == "unsigned" else axis @ unit[:, own]
            )
        smallest = np.min(kme, axis=0)
        stays = smallest >= stay
        if (smallest > core).sum() < min_size / 3 or stays.sum() < min_size:
            stays[:] = False
        labels[own[~stays]] = 0
    return labels


def _shared_genes(cohorts: Mapping[str, pd.DataFrame], max_genes: int) -> dict[str, pd.DataFrame]:
    usable = {name: varying_genes(frame) for name, frame in cohorts.items()}
    shared = sorted(set.intersection(*(set(frame.index) for frame in usable.values())))
    ranks = [usable[name].loc[shared].var(axis=1, ddof=0).rank(ascending=False) for name in usable]
    mean = np.mean(ranks, axis=0) if shared else np.empty(0)
    kept = [shared[place] for place in np.sort(np.argsort(mean, kind="stable")[:max_genes])]
    return {name: frame.loc[kept] for name, frame in usable.items()}


def _describe(
    named: pd.Series,
    units: Sequence[np.ndarray],
    profiles: Mapping[str, pd.DataFrame],
    method: str,
) -> pd.DataFrame:
    kme = np.full((len(named), len(units)), np.nan)
    hub = np.zeros(len(named), bool)
    for c, (unit, eigen) in enumerate(zip(units, profiles.values(), strict=True)):
        axes = unit_columns(eigen.to_numpy().T, method)
        for m, module in enumerate(eigen.index):
            own = np.flatnonzero(named.to_numpy() == module)
            kme[own, c] = np.clip(unit[:, own].T @ axes[:, m], -1, 1)
    smallest = kme.min(axis=1)
    for module in set(named) - {UNASSIGNED}:
        own = np.flatnonzero(named.to_numpy() == module)
        hub[own] = mark_hubs(smallest[own])
    table = pd.DataFrame({"gene": named.index, "module": named.to_numpy(), "kme": smallest})
    for c, name in enumerate(profiles):
        table[f"kme.{name}"] = kme[:, c]
    table["hub"] = hub
    return sort_table(table)


def _power_table(
    chosen: Mapping[str, pd.DataFrame], powers: Sequence[tuple[int, str]]
) -> pd.DataFrame:
    rows = [
        (name, frame.shape[1], power, reason)
        for (name, frame), (power, reason) in zip(chosen.items(), powers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["cohort", "samples", "power", "reason"])


def _nothing(
    chosen: Mapping[str, pd.DataFrame], reason: str, powers: pd.DataFrame | None = None
) -> Consensus:
    log.warning("no consensus modules: %s", reason)
    index = next(iter(chosen.values())).index
    named = pd.Series(UNASSIGNED, index, dtype=object)
    profiles = {name: eigengenes(frame, named) for name, frame in chosen.items()}
    units = [np.empty((frame.shape[1], 0)) for frame in chosen.values()]
    table = _describe(named, units, profiles, "pearson")
    return Consensus(table, profiles, _power_table({}, []) if powers is None else powers, reason)
