"""Whether the modules of one cohort are found again in another."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.modules import UNASSIGNED, first_component, varying_genes
from crosshub.network import adjacency, unit_columns

_DENSITY = ("mean_correlation", "mean_adjacency", "proportion_variance_explained", "mean_kme")
_CONNECTIVITY = ("cor_kim", "cor_kme", "cor_cor")
_STATISTICS = (*_DENSITY, *_CONNECTIVITY)
_MIN_GENES = 3
_MIN_SAMPLES = 4


@dataclass(frozen=True)
class _Network:
    """One cohort, samples × genes, and how its network is made."""

    values: np.ndarray
    unit: np.ndarray
    method: str
    power: float
    kind: str

    def module(self, genes: np.ndarray) -> "_Module":
        unit = self.unit[:, genes]
        pairs = np.clip(unit.T @ unit, -1, 1)[np.triu_indices(len(genes), 1)]
        weights = adjacency(pairs, self.power, self.kind)
        square = np.zeros((len(genes), len(genes)))
        square[np.triu_indices(len(genes), 1)] = weights
        profile = unit_columns(first_component(self.values[:, genes])[:, None], self.method)[:, 0]
        kme = np.clip(unit.T @ profile, -1, 1)
        return _Module(
            pairs=pairs,
            mean_adjacency=weights.mean(),
            connectivity=square.sum(axis=0) + square.sum(axis=1),
            kme=kme,
        )


@dataclass(frozen=True)
class _Module:
    pairs: np.ndarray
    mean_adjacency: float
    connectivity: np.ndarray
    kme: np.ndarray


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
        Of the network: see `crosshub.network`.
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
        z_connectivity, which are medians of their statistics' Z; median_rank, the mean of the
        median ranks for density and connectivity, 1 the best preserved of these modules; the
        observed density statistics mean_correlation, mean_adjacency, proportion_variance_explained
        and mean_kme (the first and the last with the sign that they have in the reference); the
        observed connectivity statistics cor_kim, cor_kme (its absolute value) and cor_cor, which
        correlate intramodular connectivity, kME and correlations between the cohorts; the Z of each
        (z_…); verdict, by z_summary: none below 2, weak to moderate up to 10, strong above. NaN and
        the verdict ``not tested`` for a module with fewer than three genes that count, or where a
        cohort has fewer than four samples.

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
        modules = [(members[name], before.module(members[name])) for name in tested]
        rows = [names.index(name) for name in tested]
        observed[rows] = _compare(modules, after, np.arange(len(genes)))
        null = np.array(
            [_compare(modules, after, rng.permutation(len(genes))) for _ in range(permutations)]
        )
        z[rows] = _standardise(observed[rows], null)
    return _table(names, sizes, observed, z)


def _network(expression: pd.DataFrame, method: str, power: float, kind: str) -> _Network:
    values = expression.to_numpy(np.float64).T
    return _Network(values, unit_columns(values, method), method, power, kind)


def _compare(
    modules: list[tuple[np.ndarray, _Module]], after: _Network, order: np.ndarray
) -> np.ndarray:
    """Return modules × statistics, where gene g of the reference is `order[g]` of the test."""
    rows = []
    for genes, ref in modules:
        new = after.module(order[genes])
        rows.append(
            (
                np.mean(np.sign(ref.pairs) * new.pairs),
                new.mean_adjacency,
                np.mean(new.kme**2),
                np.mean(np.sign(ref.kme) * new.kme),
                _correlate(ref.connectivity, new.connectivity, after.method),
                # The sign of an eigengene is arbitrary.
                abs(_correlate(ref.kme, new.kme, after.method)),
                _correlate(ref.pairs, new.pairs, after.method),
            )
        )
    return np.array(rows)


def _correlate(first: np.ndarray, second: np.ndarray, method: str) -> float:
    unit = unit_columns(np.column_stack([first, second]), method)
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
    table["median_rank"] = (
        ranks[list(_DENSITY)].median(axis=1) + ranks[list(_CONNECTIVITY)].median(axis=1)
    ) / 2
    table = pd.concat([table, values, scores.add_prefix("z_")], axis=1)
    summary = table["z_summary"]
    table["verdict"] = np.select(
        [summary > 10, summary >= 2, summary < 2],
        ["strong", "weak to moderate", "none"],
        "not tested",
    )
    return table
