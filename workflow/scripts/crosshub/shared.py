"""Genes changed the same way in at least u of N diseases: directional partial conjunction.

Where no person serves two diseases the p-values are independent between diseases and adaptive
filtering (AdaFilter) gains most of the power back that the largest p wastes. Where a person does,
its guarantee breaks (false discovery rates up to 0.88 were measured with shared controls), and the
form that holds under any dependence is used.

References
----------
Benjamini and Heller 2008, Screening for partial conjunction hypotheses, Biometrics 64:1215.
Wang, Gui, Su, Sabatti and Owen 2022, Detecting multiple replicating signals using adaptive
filtering procedures, Annals of Statistics 50:1890.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort, share_people
from crosshub.differential import benjamini_hochberg, fit_differential
from crosshub.meta import combine_cohorts

ADAPTIVE, VALID = "adaptive_filtering", "largest_p_value"
REASONS = {
    ADAPTIVE: "no person serves two diseases, so their p-values are independent",
    VALID: "the same people serve as controls of several diseases, so a shared change may be a "
    "property of those controls; confirm it in cohorts with controls of their own",
}


def one_sided(p_value: np.ndarray, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split two-sided p-values into those for up and for down."""
    half = p_value / 2
    up = np.where(effect > 0, half, 1 - half)
    return up, 1 - up


def partial_conjunction(p_values: np.ndarray, at_least: int) -> np.ndarray:
    """Return the p of "false in at least u of N" by Bonferroni, valid under any dependence.

    Parameters
    ----------
    p_values
        Genes × N, one-sided.
    at_least
        u, from 1 to N.
    """
    n = p_values.shape[1]
    ordered = np.sort(p_values, axis=1)
    return np.minimum((n - at_least + 1) * ordered[:, at_least - 1], 1)


def adaptive_filter(p_values: np.ndarray, at_least: int) -> np.ndarray:
    """Return AdaFilter's adjusted p-values for "false in at least u of N", one direction.

    Parameters
    ----------
    p_values
        Genes × N, one-sided, independent between the N.
    at_least
        u, from 1 to N.

    Returns
    -------
    ndarray
        For each gene the smallest false discovery rate at which it is found. With the threshold at
        g it is estimated as g·#{F ≤ g} / #{S ≤ g}: only genes whose filter F passes count as tests.
    """
    n = p_values.shape[1]
    ordered = np.sort(p_values, axis=1)
    test = np.minimum((n - at_least + 1) * ordered[:, at_least - 1], 1)
    if at_least == 1:
        passed = np.zeros(len(test))
    else:
        passed = np.minimum((n - at_least + 2) * ordered[:, at_least - 2], 1)
    order = np.argsort(test, kind="stable")
    threshold = test[order]
    counted = np.searchsorted(np.sort(passed), threshold, side="right")
    found = np.searchsorted(threshold, threshold, side="right")
    rate = np.minimum(threshold * np.maximum(counted, found) / found, 1)
    adjusted = np.empty_like(test)
    adjusted[order] = np.minimum.accumulate(rate[::-1])[::-1]
    return adjusted


def conjunction(
    p_values: np.ndarray, effects: np.ndarray, at_least: int, *, method: str
) -> pd.DataFrame:
    """Test both directions.

    Parameters
    ----------
    p_values, effects
        Genes × diseases; two-sided p and signed effect.
    at_least
        u.
    method
        `ADAPTIVE` or `VALID`.

    Returns
    -------
    DataFrame
        direction (up, down), p_value, fdr; both account for the two directions.
    """
    up, down = one_sided(p_values, effects)
    p = np.column_stack([partial_conjunction(side, at_least) for side in (up, down)])
    better = p.argmin(axis=1)
    rows = np.arange(len(p))
    p_value = np.minimum(2 * p[rows, better], 1)
    if method == ADAPTIVE:
        q = np.column_stack([adaptive_filter(side, at_least) for side in (up, down)])
        fdr = np.minimum(2 * q[rows, better], 1)
    else:
        fdr = benjamini_hochberg(p_value)
    direction = np.where(better == 0, "up", "down")
    return pd.DataFrame({"direction": direction, "p_value": p_value, "fdr": fdr})


def find_shared(
    tables: Mapping[str, pd.DataFrame],
    *,
    people_shared: bool,
    at_least: int | None = None,
    fdr: float = 0.05,
    tied_genes: Mapping[str, set[str]] | None = None,
) -> pd.DataFrame:
    """Find the genes that replicate across the diseases of a comparison, same sign.

    Parameters
    ----------
    tables
        Disease → table of `meta.combine_cohorts`. The genes measured in every disease are tested,
        all of them: no choice by label narrows them.
    people_shared
        Whether a person serves two of the diseases; decides the method.
    at_least
        u: in how many diseases a shared gene must be changed; default all.
    fdr
        Largest false discovery rate.
    tied_genes
        Disease → genes of modules tied to it; if given, a shared gene must be among them in each
        disease. It narrows the result, after the test.

    Returns
    -------
    DataFrame
        gene, direction, n_diseases (the largest u at which the gene is found), p_value, fdr (at
        u = `at_least`), shared, method, same_sign, effect.<disease> and p_value.<disease>; sorted
        by p_value, then gene.
    """
    names = list(tables)
    u = at_least or len(names)
    genes = sorted(set.intersection(*(set(tables[name]["gene"]) for name in names)))
    aligned = {name: tables[name].set_index("gene").loc[genes] for name in names}
    p_values = np.column_stack([aligned[name]["p_value"] for name in names])
    effects = np.column_stack([aligned[name]["effect"] for name in names])
    method = VALID if people_shared else ADAPTIVE
    table = conjunction(p_values, effects, u, method=method)
    table.insert(0, "gene", genes)
    wanted = np.where(table["direction"] == "up", 1, -1)
    consistent = np.column_stack([aligned[name]["same_sign"] for name in names])
    agreeing = (np.sign(effects) == wanted[:, None]) & consistent
    number = np.zeros(len(genes), int)
    for k in range(1, len(names) + 1):
        level = conjunction(p_values, effects, k, method=method)
        same = level["direction"].to_numpy() == table["direction"].to_numpy()
        number[(level["fdr"] <= fdr) & same & (agreeing.sum(axis=1) >= k)] = k
    table.insert(2, "n_diseases", number)
    table["shared"] = (table["fdr"] <= fdr) & (agreeing.sum(axis=1) >= u)
    if tied_genes is not None:
        tied = np.column_stack([[g in tied_genes[name] for g in genes] for name in names])
        table["shared"] &= (tied & agreeing).sum(axis=1) >= u
    table["method"] = method
    table["same_sign"] = agreeing.all(axis=1)
    for i, name in enumerate(names):
        table[f"effect.{name}"] = effects[:, i]
        table[f"p_value.{name}"] = p_values[:, i]
    return table.sort_values(["p_value", "gene"], ignore_index=True)


def permute_labels(cohorts: Sequence[Cohort], rng: np.random.Generator) -> list[Cohort]:
    """Permute the labels inside each accession, jointly for the cohorts that share it.

    A sample takes over the whole row of labels of another sample of its accession (case of one
    disease, control of both …), so that group sizes and shared controls stay as they are.
    """
    permuted: dict[str, Cohort] = {}
    for accession in dict.fromkeys(cohort.accession for cohort in cohorts):
        members = [cohort for cohort in cohorts if cohort.accession == accession]
        labels = pd.concat({c.name: c.samples["group"] for c in members}, axis=1)
        shuffled = labels.iloc[rng.permutation(len(labels))].set_axis(labels.index)
        pool = _pooled(members)
        for cohort in members:
            groups = shuffled[cohort.name].dropna()
            permuted[cohort.name] = _joined(cohort, pool, groups)
    return [permuted[cohort.name] for cohort in cohorts]


def _pooled(members: Sequence[Cohort]) -> Cohort:
    """Return all samples of an accession once."""
    if len(members) == 1:
        return members[0]
    first = members[0]
    samples = pd.concat([c.samples for c in members])
    once = ~samples.index.duplicated()

    def columns(name: str) -> pd.DataFrame:
        return pd.concat([getattr(c, name) for c in members], axis=1).loc[:, once]

    counts = None if first.counts is None else columns("counts")
    return replace(first, expression=columns("expression"), samples=samples[once], counts=counts)


def _joined(cohort: Cohort, pool: Cohort, groups: pd.Series) -> Cohort:
    cut = pool.relabelled(groups)
    return replace(cohort, expression=cut.expression, samples=cut.samples, counts=cut.counts)


def test_overlap(
    cohorts: Sequence[Cohort],
    diseases: Sequence[str],
    *,
    fdr: float,
    permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Hold the number of genes shared by each pair, and by u of N, against permuted labels.

    Parameters
    ----------
    cohorts
        Discovery cohorts of the diseases.
    diseases
        N names.
    fdr
        Level at which genes count.
    permutations
        Joint label permutations; 0 leaves the p missing.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        diseases (joined by ``,``), at_least, observed (genes), expected (mean under permutation),
        p_value ((1 + #{permuted ≥ observed}) / (1 + permutations)), and statistic, which p_value is
        of: the number of genes whose partial conjunction p is at most 0.01, because a count at a
        false discovery rate is nearly always zero under permutation.
    """
    sets = [(pair, 2) for pair in _pairs(diseases)]
    if len(diseases) != 2:
        sets += [(tuple(diseases), u) for u in range(1, len(diseases) + 1)]
    observed = _counts(cohorts, sets, fdr)
    null = [
        [small for _, small in _counts(permute_labels(cohorts, rng), sets, fdr)]
        for _ in range(permutations)
    ]
    rows = []
    for i, (names, u) in enumerate(sets):
        found, small = observed[i]
        above = [row[i] for row in null]
        p = (1 + sum(value >= small for value in above)) / (1 + permutations)
        rows.append(
            {
                "diseases": ",".join(names),
                "at_least": u,
                "observed": found,
                "statistic": small,
                "expected": float(np.mean(above)) if above else np.nan,
                "p_value": p if above else np.nan,
                "permutations": permutations,
            }
        )
    return pd.DataFrame(rows)


test_overlap.__test__ = False  # pytest would take it for a test


def _pairs(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]


def _counts(
    cohorts: Sequence[Cohort], sets: list[tuple[tuple[str, ...], int]], fdr: float
) -> list[tuple[int, int]]:
    diseases = list(dict.fromkeys(name for names, _ in sets for name in names))
    tables = {
        disease: combine_cohorts(
            {c.name: fit_differential(c) for c in cohorts if c.disease == disease}
        )
        for disease in diseases
    }
    counts = []
    for names, u in sets:
        together = share_people(c for c in cohorts if c.disease in names)
        table = find_shared(
            {name: tables[name] for name in names}, people_shared=together, at_least=u, fdr=fdr
        )
        counts.append((int(table["shared"].sum()), int((table["p_value"] <= 0.01).sum())))
    return counts
