"""What modules and genes are tied to: correlations with what is known of the samples."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from crosshub.coexpression.network import unit_columns

MIN_SAMPLES = 4
# Columns of a table of samples that say who a sample is and why it is in, not what it is like.
NAMES = ("sample", "group", "identity", "reason", "title")


def sample_traits(*tables: pd.DataFrame, leave_out: Collection[str] = NAMES) -> pd.DataFrame:
    """Make traits of whole tables of samples.

    Parameters
    ----------
    tables
        One a cohort. Index sample (of one that is in two, the first row counts); a column ``group``
        becomes the trait ``case``, 1 for cases and 0 for controls.
    leave_out
        Columns that are no traits.

    Returns
    -------
    DataFrame
        Samples × traits: ``case``, then each other column that has at least two values and fewer
        than there are samples that have it, or is numeric. Text that is a number in every sample
        that has it becomes numeric; empty text is missing.
    """
    samples = pd.concat(tables)
    samples = samples[~samples.index.duplicated()]
    found = {}
    if "group" in samples:
        found["case"] = (samples["group"] == "case").astype(float)
    for name, column in samples.items():
        if name in leave_out:
            continue
        value = _as_number(column)
        distinct = value.nunique()
        numeric = pd.api.types.is_numeric_dtype(value)
        if distinct > 1 and (numeric or distinct < value.notna().sum()):
            found[str(name)] = value
    return pd.DataFrame(found, index=samples.index)


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
        over the modules, for each trait), n (samples that have the trait). A trait that has fewer
        than four samples or does not vary is left out.
    """
    return _tie(eigengenes, traits, "module")


def gene_significance(expression: pd.DataFrame, traits: pd.DataFrame) -> pd.DataFrame:
    """Correlate each gene with what is known of the samples.

    The mean of the absolute correlations over the genes of a module is its module significance.

    Parameters
    ----------
    expression
        Genes × samples, log2.
    traits
        As for `module_traits`.

    Returns
    -------
    DataFrame
        gene, trait, correlation (the gene significance), p_value, fdr (over the genes of each
        trait), n. A gene that does not vary is left out.
    """
    return _tie(expression, traits, "gene")


def _tie(profiles: pd.DataFrame, traits: pd.DataFrame, what: str) -> pd.DataFrame:
    samples = profiles.columns[profiles.columns.isin(traits.index)]
    rows = []
    for name, value in _numeric_traits(traits.loc[samples]):
        known = value.notna().to_numpy()
        n = int(known.sum())
        if n < MIN_SAMPLES or value[known].nunique() < 2:
            continue
        values = profiles[samples[known]].to_numpy(np.float64).T
        joint = unit_columns(np.column_stack([value[known], values]), "pearson")
        r = np.clip(joint[:, 0] @ joint[:, 1:], -1, 1)
        # The incomplete beta form has no division by zero at a correlation of one.
        p_value = stats.beta.sf(r**2, 0.5, (n - 2) / 2)
        rows += [
            (item, name, *pair, n) for item, *pair in zip(profiles.index, r, p_value, strict=True)
        ]
    table = pd.DataFrame(rows, columns=[what, "trait", "correlation", "p_value", "n"])
    table = table.dropna(subset="correlation").reset_index(drop=True)
    by_trait = table.groupby("trait", sort=False)["p_value"]
    # One family a trait: what else is known of the samples changes nothing for the trait "case".
    fdr = by_trait.transform(stats.false_discovery_control) if len(table) else table["p_value"]
    table.insert(4, "fdr", fdr)
    return table


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


def _as_number(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype(object).where(column.notna() & (column.astype(str).str.strip() != ""))
    number = pd.to_numeric(text, errors="coerce")
    return number if number.notna().equals(text.notna()) else text
