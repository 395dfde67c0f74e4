"""Whether the modules of one cohort are found again in another."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.coexpression.eigengenes import UNASSIGNED, component_of_product, varying_genes
from crosshub.coexpression.network import adjacency, unit_columns

_DENSITY = ("mean_correlation", "mean_adjacency", "proportion_variance_explained", "mean_kme")
_CONNECTIVITY = ("cor_kim", "cor_kme", "cor_cor")
# These have a Z of their own but do not enter the summary.
_OTHER = ("mean_mar", "cor_kme_all", "cor_mar", "separability")
_STATISTICS = (*_DENSITY, *_CONNECTIVITY, *_OTHER)
_MIN_GENES = 3
_MIN_SAMPLES = 4


@dataclass(frozen=True)
class _Network:
    """One cohort, samples × genes with columns of length one, and how its network is made."""

    pearson: np.ndarray
    unit: np.ndarray
    method: str
    power: float
    kind: str


@dataclass(frozen=True)
class _Module:
    """A module in one cohort: correlations of its genes (zeros on the diagonal) and the rest."""

    r: np.ndarray
    mean_adjacency: float
    connectivity: np.ndarray
    mar: np.ndarray
    profile: np.ndarray
    kme: np.ndarray


@dataclass(frozen=True)
class _Reference:
    """What is asked of the test cohort for one module of the reference."""

    genes: np.ndarray
    module: _Module
    kme_all: np.ndarray
    signs: np.ndarray
    pairs: "_Pairs"


def module_preservation(
    reference: pd.DataFrame,
    test: pd.DataFrame,
    labels: pd.Series,
    *,
    power: float,
    network: str,
    correlation: str,
    rng: np.random.Generator,
    permutations: int = 100,
    max_module_size: int = 1000,
) -> pd.DataFrame:
    """Measure how well each module of a reference cohort is preserved in a test cohort.

    Density statistics ask whether the genes of a module are still tightly correlated; connectivity
    statistics whether the same genes are central and the same pairs close. Each is compared with
    its values when the labels of the genes are permuted in the test cohort.

    Parameters
    ----------
    reference, test
        Genes × samples, log2. The genes that both have, that vary in both and miss no value count.
    labels
        Gene → module, found in the reference; M0 is not tested but its genes are permuted with the
        others.
    power, network, correlation
        Of the network: see `crosshub.coexpression.network`.
    rng
        For the permutations, and for the genes that stand for a module that is too large.
    permutations
        Number of permutations.
    max_module_size
        Of a larger module, so many randomly chosen genes are used.

    Returns
    -------
    DataFrame
        One row a module: module; size (genes that count); z_summary, the mean of z_density and
        z_connectivity, which are medians of their statistics' Z; median_rank, the median of its
        ranks by the density and the connectivity statistics, 1 the best preserved of these modules,
        and the same for each kind, median_rank_density and median_rank_connectivity; the observed
        density statistics mean_correlation, mean_adjacency, proportion_variance_explained and
        mean_kme (the first and the last with the sign that they have in the reference); the
        observed connectivity statistics cor_kim, cor_kme (its absolute value) and cor_cor, which
        correlate intramodular connectivity, kME and correlations between the cohorts; four that
        enter no summary: mean_mar (mean of the maximum adjacency ratio), cor_kme_all (as cor_kme,
        over all genes), cor_mar, and separability (1 - the highest correlation of its eigengene
        with another's); the Z of each (z_…); verdict, by z_summary: none below 2, weak to moderate
        up to 10, strong above. NaN and the verdict ``not tested`` for a module with fewer than
        three genes that count, or where a cohort has fewer than four samples.

    References
    ----------
    Langfelder P, Luo R, Oldham MC, Horvath S (2011). Is my network module preserved and
    reproducible? PLoS Computational Biology 7(1):e1001057.
    """
    reference, test = varying_genes(reference), varying_genes(test)
    genes = labels.index[labels.index.isin(reference.index.intersection(test.index))]
    names = sorted(set(labels) - {UNASSIGNED}, key=lambda name: (len(name), name))
    of_gene = labels[genes].to_numpy()
    members = {name: np.flatnonzero(of_gene == name) for name in names}
    sizes = [len(members[name]) for name in names]
    enough = min(reference.shape[1], test.shape[1]) >= _MIN_SAMPLES
    tested = [name for name in names if enough and len(members[name]) >= _MIN_GENES]
    observed = np.full((len(names), len(_STATISTICS)), np.nan)
    z = observed.copy()
    if tested:
        for name in tested:
            if len(members[name]) > max_module_size:
                members[name] = np.sort(rng.choice(members[name], max_module_size, replace=False))
        before, after = (
            _network(cohort.loc[genes], correlation, power, network) for cohort in (reference, test)
        )
        asked = _references([members[name] for name in tested], before)
        rows = [names.index(name) for name in tested]
        observed[rows] = _compare(asked, after, np.arange(len(genes)))
        null = np.array(
            [_compare(asked, after, rng.permutation(len(genes))) for _ in range(permutations)]
        )
        z[rows] = _standardise(observed[rows], null)
    return _table(names, sizes, observed, z)


def _network(expression: pd.DataFrame, method: str, power: float, kind: str) -> _Network:
    values = expression.to_numpy(np.float64).T
    pearson = unit_columns(values, "pearson")
    unit = pearson if method == "pearson" else unit_columns(values, method)
    return _Network(pearson, unit, method, power, kind)


def _module(network: _Network, genes: np.ndarray) -> _Module:
    unit = network.unit[:, genes]
    r = np.clip(unit.T @ unit, -1, 1)
    weights = adjacency(r, network.power, network.kind)
    np.fill_diagonal(r, 0)
    np.fill_diagonal(weights, 0)
    connectivity = weights.sum(axis=0)
    mar = np.einsum("ij,ij->j", weights, weights)
    np.divide(mar, connectivity, out=mar, where=connectivity > 0)
    mar[connectivity <= 0] = np.nan
    component = component_of_product(network.pearson[:, genes])
    profile = unit_columns(component[:, None], network.method)[:, 0]
    return _Module(
        r=r,
        mean_adjacency=connectivity.sum() / (len(genes) * (len(genes) - 1)),
        connectivity=connectivity,
        mar=mar,
        profile=profile,
        kme=np.clip(profile @ unit, -1, 1),
    )


class _Pairs:
    """Correlates the pairs of a module with those of another cohort.

    With Pearson, products with the whole square do; bicor needs the pairs as a list.
    """

    def __init__(self, r: np.ndarray, method: str) -> None:
        n = len(r)
        self.count = n * (n - 1)
        self.method = method
        if method == "pearson":
            centred = r - r.sum() / self.count
            np.fill_diagonal(centred, 0)
            length = np.linalg.norm(centred)
            self.fixed = centred / length if length > 0 else np.full_like(r, np.nan)
        else:
            self.places = np.flatnonzero(np.triu(np.ones((n, n), bool), 1))
            self.fixed = unit_columns(r.ravel()[self.places, None], method)[:, 0]

    def correlate(self, r: np.ndarray) -> float:
        if self.method != "pearson":
            return float(self.fixed @ unit_columns(r.ravel()[self.places, None], self.method)[:, 0])
        spread = np.vdot(r, r) - r.sum() ** 2 / self.count
        return float(np.vdot(self.fixed, r) / np.sqrt(spread)) if spread > 0 else np.nan


def _references(members: Sequence[np.ndarray], before: _Network) -> list[_Reference]:
    found = []
    for genes in members:
        module = _module(before, genes)
        kme_all = np.clip(module.profile @ before.unit, -1, 1)
        found.append(
            _Reference(genes, module, kme_all, np.sign(module.r), _Pairs(module.r, before.method))
        )
    return found


def _compare(asked: Sequence[_Reference], after: _Network, order: np.ndarray) -> np.ndarray:
    """Return modules × statistics, where gene g of the reference is `order[g]` of the test."""
    modules = [_module(after, order[reference.genes]) for reference in asked]
    profiles = np.array([new.profile for new in modules])
    kme_all = np.clip(profiles @ after.unit, -1, 1)[:, order]
    separability = _separability(profiles, after.kind)
    method, rows = after.method, []
    for reference, new, everywhere, apart in zip(
        asked, modules, kme_all, separability, strict=True
    ):
        old = reference.module
        rows.append(
            (
                np.vdot(reference.signs, new.r) / reference.pairs.count,
                new.mean_adjacency,
                np.mean(new.kme**2),
                # The sign of an eigengene is arbitrary.
                abs(np.mean(np.sign(old.kme) * new.kme)),
                _correlate(old.connectivity, new.connectivity, method),
                abs(_correlate(old.kme, new.kme, method)),
                reference.pairs.correlate(new.r),
                np.mean(new.mar),
                abs(_correlate(reference.kme_all, everywhere, method)),
                _correlate(old.mar, new.mar, method),
                apart,
            )
        )
    return np.array(rows)


def _separability(profiles: np.ndarray, kind: str) -> np.ndarray:
    r = profiles @ profiles.T
    if kind == "unsigned":
        r = np.abs(r)
    np.fill_diagonal(r, 0)
    return 1 - r.max(axis=1)


def _correlate(first: np.ndarray, second: np.ndarray, method: str) -> float:
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < _MIN_GENES:
        return np.nan
    unit = unit_columns(np.column_stack([first[known], second[known]]), method)
    return float(unit[:, 0] @ unit[:, 1])


def _standardise(observed: np.ndarray, null: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        # A statistic may be undefined in every permutation; its Z is then missing.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean, spread = np.nanmean(null, axis=0), np.nanstd(null, axis=0, ddof=1)
    return np.divide(observed - mean, spread, out=np.full_like(observed, np.nan), where=spread > 0)


def _table(names: list[str], sizes: list[int], observed: np.ndarray, z: np.ndarray) -> pd.DataFrame:
    values = pd.DataFrame(observed, columns=_STATISTICS)
    scores = pd.DataFrame(z, columns=_STATISTICS)
    ranks = values.rank(ascending=False)
    table = pd.DataFrame({"module": pd.Series(names, dtype=object), "size": sizes})
    density, connectivity = (
        scores[list(kind)].median(axis=1) for kind in (_DENSITY, _CONNECTIVITY)
    )
    table["z_summary"] = (density + connectivity) / 2
    table["z_density"] = density
    table["z_connectivity"] = connectivity
    summary = [*_DENSITY, *_CONNECTIVITY]
    table["median_rank"] = ranks[summary].median(axis=1)
    table["median_rank_density"] = ranks[list(_DENSITY)].median(axis=1)
    table["median_rank_connectivity"] = ranks[list(_CONNECTIVITY)].median(axis=1)
    table = pd.concat([table, values, scores.add_prefix("z_")], axis=1)
    summary = table["z_summary"]
    table["verdict"] = np.select(
        [summary > 10, summary >= 2, summary < 2],
        ["strong", "weak to moderate", "none"],
        "not tested",
    )
    return table
