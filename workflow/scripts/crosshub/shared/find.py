"""The genes that replicate across the diseases of a comparison."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from crosshub.meta.pooling import heterogeneity
from crosshub.shared.conjunction import ADAPTIVE, VALID, conjunction


def find_shared(
    tables: Mapping[str, pd.DataFrame],
    *,
    people_shared: bool,
    at_least: int | None = None,
    fdr: float = 0.05,
    tied_genes: Mapping[str, set[str]] | None = None,
    family: Collection[str] | None = None,
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
    family
        Genes to which the test is restricted, a set that was named before anybody saw the labels;
        None: all.

    Returns
    -------
    DataFrame
        gene, direction, n_diseases (the largest u at which the gene is found), p_value, fdr (at
        u = `at_least`), shared, method, same_sign, effect.<disease>, effect_low.<disease>,
        effect_high.<disease> and p_value.<disease>; i2 and q_p_value (of the effects between the
        diseases; missing for one, and where people are shared, whose effects are correlated);
        sorted by p_value, then gene.
    """
    names = list(tables)
    u = at_least or len(names)
    genes = sorted(set.intersection(*(set(tables[name]["gene"]) for name in names)))
    if family is not None:
        wanted_genes = set(family)
        genes = [gene for gene in genes if gene in wanted_genes]
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
        table[f"effect_low.{name}"] = aligned[name]["effect_low"].to_numpy()
        table[f"effect_high.{name}"] = aligned[name]["effect_high"].to_numpy()
        table[f"p_value.{name}"] = p_values[:, i]
    table["i2"] = table["q_p_value"] = np.nan
    if len(names) > 1 and not people_shared:
        errors = np.column_stack([aligned[name]["effect_error"] for name in names])
        spread = heterogeneity(effects, errors**2)
        table["i2"], table["q_p_value"] = spread.i2, spread.p_value
    return table.sort_values(["p_value", "gene"], ignore_index=True)
