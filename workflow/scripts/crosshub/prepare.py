"""From a series to expression of genes, log2, each step with its counts."""

from typing import Any

import numpy as np
import pandas as pd

from crosshub import counts as rna
from crosshub.errors import DataError
from crosshub.values import to_log2

Prepared = tuple[pd.DataFrame, dict[str, Any]]


def prepare_array(
    values: pd.DataFrame,
    annotation: pd.DataFrame,
    *,
    log2: str = "auto",
    collapse: str = "mean",
) -> Prepared:
    """Bring an array to log2 expression of genes.

    Parameters
    ----------
    values
        Probes × samples, as submitted.
    annotation
        Index probe, column symbol.
    log2, collapse
        As in the config.

    Returns
    -------
    tuple of DataFrame and dict
        Genes × samples, log2, sorted by gene; and what was done, with counts. A sample without
        any value is left out and named.

    Raises
    ------
    DataError
        If the series carries no values, or the annotation knows none of its probes.
    """
    if not np.isfinite(values).any(axis=None):
        raise DataError(
            "the series matrix carries no values (as RNA-seq series do): "
            "set kind=counts in the table of cohorts, or leave the series out"
        )
    # Some series leave the column of a sample blank: it must not cost all probes.
    blank = ~np.isfinite(values).any(axis=0)
    expression, scale = to_log2(values.loc[:, ~blank], log2)
    genes, mapping = map_probes(expression, annotation)
    table, joined = join_probes(expression, genes, how=collapse)
    done = {"kind": "array", "values": scale, "probes": {**mapping, **joined}}
    return table, done | {"samples_without_values": list(values.columns[blank])}


def prepare_counts(counts: pd.DataFrame, annotation: pd.DataFrame) -> tuple[pd.DataFrame, Prepared]:
    """Bring counts to genes: the counts themselves, and log2 counts per million of each sample.

    Parameters
    ----------
    counts
        Entrez id × samples.
    annotation
        Index probe (Entrez id), column symbol.

    Returns
    -------
    tuple
        Counts, genes × samples; and log2(CPM + 1) with what was done. Each sample is scaled by
        its own total alone, so that no sample depends on another.

    Raises
    ------
    DataError
        If a sample has no counts, or the annotation knows none of the genes.
    """
    nothing = counts.columns[counts.sum(axis=0) == 0]
    if len(nothing):
        raise DataError(
            f"{len(nothing)} samples have no counts at all ({', '.join(nothing[:5])}): "
            "exclude them with the column filter of the table of cohorts"
        )
    genes, mapping = map_probes(counts, annotation)
    kept = counts.loc[genes.index]
    joined = kept.groupby(genes).sum().sort_index().rename_axis("gene")
    information = {"genes": len(joined), "probes_of_genes_with_several": len(kept) - len(joined)}
    expression = np.log2(rna.counts_per_million(joined) + 1)
    described = {"kind": "counts", "probes": {**mapping, **information}}
    described["values"] = {"scale": "counts", "transformation": "log2(counts per million + 1)"}
    return joined, (expression, described)


def map_probes(values: pd.DataFrame, annotation: pd.DataFrame) -> tuple[pd.Series, dict[str, Any]]:
    """Map probes to genes; a probe without a gene or with several is left out and counted.

    Returns
    -------
    tuple of Series and dict
        Probe → gene, in the order of `values`; and the counts.
    """
    symbols = annotation["symbol"].reindex(values.index)
    unknown = symbols.isna()
    symbols = symbols.fillna("").str.strip()
    ambiguous = symbols.str.contains("///", regex=False)
    unnamed = ~unknown & (symbols == "")
    genes = symbols[~unknown & ~unnamed & ~ambiguous].rename("gene")
    mapping = {
        "in": len(values),
        "not_in_annotation": int(unknown.sum()),
        "without_gene": int(unnamed.sum()),
        "ambiguous": int(ambiguous.sum()),
        "mapped": len(genes),
    }
    if not len(genes):
        raise DataError(
            "the annotation names a gene for none of the probes: "
            "check the column platform in the table of cohorts"
        )
    return genes, mapping


def join_probes(
    values: pd.DataFrame, genes: pd.Series, *, how: str = "mean"
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Join the probes of each gene within each sample.

    Nothing is chosen, so nothing is fitted: a test sample's value does not depend on other samples.
    A probe with gaps is left out where another probe of the gene has none; a gene with gaps in all
    of its probes is left out.
    """
    kept = values.loc[genes.index]
    whole = np.isfinite(kept.to_numpy(float)).all(axis=1)
    grouped = kept[whole].groupby(genes[whole], sort=True)
    table = (grouped.mean() if how == "mean" else grouped.median()).rename_axis("gene")
    return table, {
        "with_missing_values": int((~whole).sum()),
        "genes": len(table),
        "genes_lost_to_missing_values": int(genes.nunique() - len(table)),
        "joined_by": how,
    }


def only_samples(values: pd.DataFrame, samples: pd.Series) -> pd.DataFrame:
    """Keep the labelled samples.

    Raises
    ------
    DataError
        If the values of one are not there.
    """
    lacking = [name for name in samples if name not in values.columns]
    if lacking:
        raise DataError(
            f"{len(lacking)} labelled samples have no values ({', '.join(lacking[:5])}): "
            "exclude them with the column filter of the table of cohorts"
        )
    return values[list(samples)]


def require_genes(expression: pd.DataFrame, smallest: int, cohort: str) -> None:
    """Raise `DataError` if a cohort has fewer genes than the config asks."""
    if len(expression) < smallest:
        raise DataError(
            f"cohort '{cohort}': {len(expression)} genes are left, fewer than prepare.min_genes "
            f"({smallest}): check its platform, or lower the limit"
        )
