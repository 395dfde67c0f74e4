"""Co-expression modules: from expression to modules, eigengenes, hubs and their ties to traits."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.linalg import eigh
from scipy.spatial.distance import squareform

from crosshub.network import (
    POWERS,
    adjacency,
    choose_power,
    soft_threshold,
    topological_overlap,
    unit_columns,
)
from crosshub.network import correlation as correlate
from crosshub.treecut import cut_hybrid

log = logging.getLogger(__name__)

UNASSIGNED = "M0"
_MIN_SAMPLES = 4
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
        module), hub (among the tenth of its module with the highest kme, and kme at least 0.8); kme
        and connectivity are NaN in M0. Sorted by module number and falling kme.
    eigengenes
        Modules × samples, each row of length one; no rows if there is no module.
    soft_threshold
        As `crosshub.network.soft_threshold` returns it; no rows if no network was made.
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
    deep_split: int = 2,
    min_module_size: int = 30,
    merge_height: float = 0.25,
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
        See `crosshub.network.adjacency` and `crosshub.network.unit_columns`.
    powers, scale_free_fit
        Soft thresholds to try, and the R² to reach.
    deep_split, min_module_size
        See `crosshub.treecut.cut_hybrid`.
    merge_height
        Modules whose eigengenes are closer than this (1 - correlation) become one.

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
    if n_samples < _MIN_SAMPLES:
        return _no_modules(chosen, f"{n_samples} samples: a network needs {_MIN_SAMPLES} or more")
    if n_genes < 2 * min_module_size:
        return _no_modules(
            chosen, f"{n_genes} varying genes: modules of {min_module_size} need twice as many"
        )
    values = chosen.to_numpy().T
    fits = soft_threshold(values, powers=powers, network=network, method=correlation)
    power, reason = choose_power(fits, n_samples, network=network, fit=scale_free_fit)
    log.info(reason)
    weights = adjacency(correlate(values, correlation), power, network)
    distance = topological_overlap(weights)
    np.subtract(1, distance, out=distance)
    tree = linkage(squareform(distance, checks=False), "average")
    labels = cut_hybrid(tree, distance, min_cluster_size=min_module_size, deep_split=deep_split)
    if not labels.any():
        return _no_modules(chosen, f"no module of {min_module_size} genes; {reason}", fits, power)
    named = _named(pd.Series(_merge_close(values, labels, merge_height), chosen.index))
    profiles = eigengenes(chosen, named)
    table = _describe(chosen, named, profiles, weights, correlation)
    return Modules(table, profiles, fits, power, reason)


def varying_genes(expression: pd.DataFrame) -> pd.DataFrame:
    """Return the genes that can be correlated: those that vary and miss no value.

    Parameters
    ----------
    expression
        Genes × samples.

    Returns
    -------
    DataFrame
        Some of the rows, float64.
    """
    values = expression.to_numpy(np.float64)
    # Missing values make the range missing, so that these genes go too.
    varies = np.ptp(values, axis=1) > 0 if values.size else np.zeros(len(values), bool)
    return pd.DataFrame(values[varies], expression.index[varies], expression.columns)


def eigengenes(expression: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Summarise each module by the first principal component of its standardised genes.

    Parameters
    ----------
    expression
        Genes × samples, log2. Constant genes and genes with missing values do not count.
    labels
        Gene → module; M0 is left out, as are genes that `expression` does not have.

    Returns
    -------
    DataFrame
        Modules × samples, each row of length one and with the sign of the mean of the standardised
        genes. A module without a gene that counts is left out.
    """
    usable = varying_genes(expression)
    genes = labels[labels.index.isin(usable.index)]
    names = sorted(set(genes) - {UNASSIGNED}, key=lambda name: (len(name), name))
    rows = [first_component(usable.loc[genes.index[genes == name]].to_numpy().T) for name in names]
    return pd.DataFrame(
        np.reshape(rows, (len(names), expression.shape[1])),
        index=pd.Index(names, name="module", dtype=object),
        columns=expression.columns,
    )


def first_component(values: np.ndarray) -> np.ndarray:
    """Return the eigengene of one module.

    Parameters
    ----------
    values
        Samples × genes of the module, log2, no constant gene.

    Returns
    -------
    ndarray
        One value a sample: of length one, with the sign of the mean of the standardised genes.
    """
    unit = unit_columns(values, "pearson")
    # The smaller of the two products has the same axis and is much faster than an SVD of the genes.
    wide = unit.shape[1] > unit.shape[0]
    product = unit @ unit.T if wide else unit.T @ unit
    last = len(product) - 1
    axis = eigh(product, subset_by_index=[last, last])[1][:, 0]
    component = axis if wide else unit @ axis
    component = component / np.linalg.norm(component)
    return -component if component @ unit.sum(axis=1) < 0 else component


def module_traits(eigengenes: pd.DataFrame, traits: pd.DataFrame) -> pd.DataFrame:
    """Correlate the eigengenes with what is known of the samples.

    Parameters
    ----------
    eigengenes
        Modules × samples.
    traits
        Samples × traits. Numbers are taken as they are. Text of two levels becomes one trait, named
        ``trait=level``, that is one for the level that comes first in the alphabet; text of more
        levels becomes one such trait a level.

    Returns
    -------
    DataFrame
        module, trait, correlation (Pearson), p_value (Student's t), fdr (Benjamini and Hochberg
        over all rows), n (samples that have the trait). A trait that has fewer than four samples or
        does not vary is left out.
    """
    samples = eigengenes.columns[eigengenes.columns.isin(traits.index)]
    rows = []
    for name, value in _numeric_traits(traits.loc[samples]):
        known = value.notna().to_numpy()
        n = int(known.sum())
        if n < _MIN_SAMPLES or value[known].nunique() < 2:
            continue
        profiles = eigengenes[samples[known]].to_numpy().T
        joint = unit_columns(np.column_stack([value[known], profiles]), "pearson")
        r = np.clip(joint[:, 0] @ joint[:, 1:], -1, 1)
        # The incomplete beta form has no division by zero at a correlation of one.
        p_value = stats.beta.sf(r**2, 0.5, (n - 2) / 2)
        rows += [
            (module, name, *pair, n)
            for module, *pair in zip(eigengenes.index, r, p_value, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["module", "trait", "correlation", "p_value", "n"])
    table = table.dropna(subset="correlation").reset_index(drop=True)
    fdr = stats.false_discovery_control(table["p_value"].to_numpy(float)) if len(table) else []
    table.insert(4, "fdr", fdr)
    return table


def _most_variable(expression: pd.DataFrame, max_genes: int) -> pd.DataFrame:
    """Return the genes that enter, by name, so that the order of the rows changes nothing."""
    usable = varying_genes(expression).sort_index()
    variance = usable.to_numpy().var(axis=1)
    order = np.argsort(-variance, kind="stable")[:max_genes]
    return usable.iloc[np.sort(order)]


def _merge_close(values: np.ndarray, labels: np.ndarray, height: float) -> np.ndarray:
    while True:
        present = np.unique(labels[labels > 0])
        if len(present) < 2:
            return labels
        profiles = np.column_stack([first_component(values[:, labels == m]) for m in present])
        apart = np.clip(1 - correlate(profiles, "pearson"), 0, None)
        tree = linkage(squareform(apart, checks=False), "average")
        groups = fcluster(tree, height, "distance")
        if len(np.unique(groups)) == len(present):
            return labels
        lookup = np.zeros(labels.max() + 1, int)
        lookup[present] = groups
        labels = lookup[labels]


def _named(labels: pd.Series) -> pd.Series:
    """Name the modules M1, M2, … by falling size; of equal ones the smaller gene name is first."""
    members = labels[labels > 0].groupby(labels).groups.values()
    order = sorted(members, key=lambda genes: (-len(genes), min(genes)))
    named = pd.Series(UNASSIGNED, labels.index, dtype=object)
    for number, genes in enumerate(order, start=1):
        named[genes] = f"M{number}"
    return named


def _describe(
    chosen: pd.DataFrame,
    named: pd.Series,
    profiles: pd.DataFrame,
    weights: np.ndarray,
    method: str,
) -> pd.DataFrame:
    kme = np.full(len(chosen), np.nan)
    connectivity = np.full(len(chosen), np.nan)
    hub = np.zeros(len(chosen), bool)
    genes = unit_columns(chosen.to_numpy().T, method)
    axes = unit_columns(profiles.to_numpy().T, method)
    for m, name in enumerate(profiles.index):
        own = np.flatnonzero(named.to_numpy() == name)
        kme[own] = np.clip(genes[:, own].T @ axes[:, m], -1, 1)
        inside = weights[np.ix_(own, own)]
        connectivity[own] = inside.sum(axis=1) - np.diagonal(inside)
        best = own[np.argsort(-kme[own], kind="stable")[: int(np.ceil(_HUB_SHARE * len(own)))]]
        hub[best] = kme[best] >= _HUB_KME
    table = pd.DataFrame(
        {
            "gene": chosen.index,
            "module": named.to_numpy(),
            "kme": kme,
            "connectivity": connectivity,
            "hub": hub,
        }
    )
    number = table["module"].str[1:].astype(int)
    return table.iloc[np.lexsort((table["gene"], -kme, number))].reset_index(drop=True)


def _no_modules(
    chosen: pd.DataFrame,
    reason: str,
    fits: pd.DataFrame | None = None,
    power: int | None = None,
) -> Modules:
    log.warning("no modules: %s", reason)
    named = pd.Series(UNASSIGNED, chosen.index, dtype=object)
    profiles = eigengenes(chosen, named)
    weights = np.empty((0, 0))
    if fits is None:
        columns = ["power", "scale_free_fit", "slope", "truncated_fit"]
        columns += [f"{which}_connectivity" for which in ("mean", "median", "max")]
        fits = pd.DataFrame(columns=columns, dtype=float)
    return Modules(
        _describe(chosen, named, profiles, weights, "pearson"), profiles, fits, power, reason
    )


def _numeric_traits(traits: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    found = []
    for name, value in traits.items():
        if pd.api.types.is_numeric_dtype(value):
            found.append((str(name), value.astype(float)))
            continue
        levels = sorted(value.dropna().astype(str).unique())
        for level in levels[: 1 if len(levels) == 2 else None]:
            coded = (value.astype(str) == level).astype(float).where(value.notna())
            found.append((f"{name}={level}", coded))
    return found
