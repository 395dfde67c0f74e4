"""From the values of a series to a matrix that can be compared, each step with its counts."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crosshub import counts as rna
from crosshub.errors import DataError
from crosshub.geo.counts import gene_ids
from crosshub.probes import join_probes, map_probes, name_genes, require_coverage
from crosshub.study_checks import GENE_KINDS
from crosshub.symbols import GeneNames
from crosshub.values import choose, to_log2, to_m_values

Prepared = tuple[pd.DataFrame, dict[str, Any]]


def prepare(
    values: pd.DataFrame,
    row: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    annotation: pd.DataFrame | None = None,
    names: GeneNames | None = None,
    processing: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Prepare a cohort of any kind.

    Parameters
    ----------
    values
        Probes, or gene ids, × the samples of the cohort, as submitted.
    row
        The cohort's row of datasets.tsv: cohort, kind, scale.
    settings
        The section prepare of the config: collapse, ambiguous, min_coverage, min_genes.
    annotation
        Index probe, column symbol and ids of genes; not needed where `values` are named by gene
        ids, and not used where the kind keeps its probes.
    names
        Current and former symbols of the genes.
    processing
        What the submitter says of the data processing.

    Returns
    -------
    tuple of DataFrame, DataFrame and dict
        The expression, genes (or features) × samples; the counts, without rows if the kind has
        none; and the record for preparation.json.

    Raises
    ------
    DataError
        If the values cannot be used; the message names the cohort.
    """
    kind, cohort = row["kind"], row["cohort"]
    counts = pd.DataFrame(columns=values.columns, index=pd.Index([], name="gene"))
    shared = {
        "names": names,
        "ambiguous": settings["ambiguous"],
        "min_coverage": settings["min_coverage"],
    }
    scale = {"scale": row["scale"], "processing": processing}
    try:
        if kind == "counts":
            counts, (expression, done) = prepare_counts(values, annotation, **shared)
        elif kind == "array":
            expression, done = prepare_array(
                values, annotation, collapse=settings["collapse"], **scale, **shared
            )
        else:
            expression, done = prepare_features(values, kind=kind, **scale)
        expression = only_samples(expression, values.columns)
    except DataError as error:
        raise DataError(f"cohort '{cohort}': {error}") from error
    if kind in GENE_KINDS:
        require_genes(expression, settings["min_genes"], cohort)
    return expression, counts, done


def prepare_array(
    values: pd.DataFrame,
    annotation: pd.DataFrame,
    *,
    names: GeneNames | None = None,
    scale: str = "auto",
    processing: str = "",
    collapse: str = "mean",
    ambiguous: str = "drop",
    min_coverage: float = 0.0,
) -> Prepared:
    """Bring an array to log2 expression of genes.

    Parameters
    ----------
    values
        Probes × samples, as submitted.
    annotation
        Index probe, column symbol, and ids of genes for the probes without one.
    names
        Current and former symbols of the genes; None takes the annotation's as they are.
    scale
        Of the table of cohorts; empty or ``auto``: told from the numbers and `processing`.
    processing
        What the submitter says of the data processing.
    collapse, ambiguous, min_coverage
        As in the config.

    Returns
    -------
    tuple of DataFrame and dict
        Genes × samples, log2, sorted by gene; and what was done, with counts. A sample without
        any value is left out and named.

    Raises
    ------
    DataError
        If the series carries no values, their scale cannot be brought to log2 (see
        `values.to_log2`), or the annotation names too few of its probes.
    """
    present, blank = _present(values)
    expression, record = to_log2(present, choose(present, scale, processing))
    known = name_genes(annotation, names)
    genes, mapping = map_probes(expression, known, names, ambiguous=ambiguous)
    require_coverage(mapping, min_coverage, "the annotation of the platform")
    table, joined = join_probes(expression, genes, how=collapse)
    done = {"kind": "array", "values": record, "probes": {**mapping, **joined}}
    done["annotation"] = dict(annotation.attrs)
    return table, done | {"samples_without_values": blank}


def prepare_features(
    values: pd.DataFrame, *, kind: str, scale: str = "auto", processing: str = ""
) -> Prepared:
    """Bring methylation to M-values, or miRNA to log2; probes stay as they are.

    Parameters
    ----------
    values
        Probes × samples, as submitted.
    kind
        ``methylation`` or ``mirna``.
    scale, processing
        As in `prepare_array`. Methylation knows no other scale than ``rank``.

    Returns
    -------
    tuple of DataFrame and dict
        Features × samples, in the order of `values`; and what was done, with counts, under the
        keys that `prepare_array` has (``genes`` counts features). A feature with gaps is left out
        and counted; a sample without any value is left out and named.

    Raises
    ------
    DataError
        If the values do not fit the kind, or no feature is without gaps.
    """
    present, blank = _present(values)
    if kind == "methylation":
        table, record = _methylation(present, scale)
    else:
        table, record = _mirna(present, scale, processing)
    whole = np.isfinite(table.to_numpy(float)).all(axis=1)
    if not whole.any():
        raise DataError(
            "every probe has gaps in some sample: exclude the samples with most gaps with the "
            "column filter of the table of cohorts"
        )
    counted = {
        "in": len(values),
        "with_missing_values": int((~whole).sum()),
        "genes": int(whole.sum()),
    }
    done = {"kind": kind, "values": record, "probes": counted, "samples_without_values": blank}
    return table[whole].rename_axis("gene"), done


def _methylation(values: pd.DataFrame, scale: str) -> Prepared:
    if scale not in ("", "auto", "rank"):
        raise DataError(
            f"scale={scale} is no scale of methylation: leave the column scale of the table of "
            "cohorts empty, or set it to rank"
        )
    changed, record = to_m_values(values)
    if scale != "rank":
        return changed, record
    # M-values rank as beta values do.
    ranked, chosen = to_log2(values, choose(values, "rank"))
    return ranked, record | {key: chosen[key] for key in ("scale", "units", "transformation")}


def _mirna(values: pd.DataFrame, scale: str, processing: str) -> Prepared:
    chosen = choose(values, scale, processing)
    if chosen.name == "counts":
        raise DataError(
            "the values are raw counts, which are not supported for miRNA: leave the series out, "
            "or, if they are intensities of an array, set the column scale to linear"
        )
    return to_log2(values, chosen)


def _present(values: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Split off the samples without any value: they must not cost all probes."""
    finite = np.isfinite(values)
    if not finite.any(axis=None):
        raise DataError(
            "the series matrix carries no values (as RNA-seq series do): "
            "set kind=counts in the table of cohorts, or leave the series out"
        )
    blank = ~finite.any(axis=0)
    return (values.loc[:, ~blank] if blank.any() else values), list(values.columns[blank])


def prepare_counts(
    counts: pd.DataFrame,
    annotation: pd.DataFrame | None = None,
    *,
    names: GeneNames | None = None,
    ambiguous: str = "drop",
    min_coverage: float = 0.0,
) -> tuple[pd.DataFrame, Prepared]:
    """Bring counts to genes: the counts themselves, and log2 counts per million of each sample.

    Parameters
    ----------
    counts
        Gene id × samples.
    annotation
        Index probe (the gene id), column symbol; None: the ids are recognised by their shape
        (Ensembl, Entrez, else symbols) and named by `names`.
    names
        Current and former symbols of the genes.
    ambiguous, min_coverage
        As in the config.

    Returns
    -------
    tuple
        Counts, genes × samples (ids of one gene are summed); and log2(CPM + 1) with what was done.
        Each sample is scaled by its own total alone, so that no sample depends on another.

    Raises
    ------
    DataError
        If a sample has no counts, or too few of the ids name a gene.
    """
    nothing = counts.columns[counts.sum(axis=0) == 0]
    if len(nothing):
        raise DataError(
            f"{len(nothing)} samples have no counts at all ({', '.join(nothing[:5])}): "
            "exclude them with the column filter of the table of cohorts"
        )
    known = name_genes(gene_ids(counts.index) if annotation is None else annotation, names)
    genes, mapping = map_probes(counts, known, names, ambiguous=ambiguous)
    require_coverage(mapping, min_coverage, "the table of the gene ids")
    kept = counts.loc[genes.index]
    joined = kept.groupby(genes.to_numpy()).sum().sort_index().rename_axis("gene")
    information = {"genes": len(joined), "probes_of_genes_with_several": len(kept) - len(joined)}
    expression = np.log2(rna.counts_per_million(joined) + 1)
    described = {"kind": "counts", "probes": {**mapping, **information}}
    described["values"] = {
        "scale": "counts",
        "decided_by": "the table of cohorts (kind)",
        "samples": counts.shape[1],
        "transformation": "log2(counts per million + 1)",
        "units": "log2 expression",
        "warnings": list(counts.attrs.get("notes", [])),
    }
    return joined, (expression, described)


def only_samples(values: pd.DataFrame, samples: Iterable[str]) -> pd.DataFrame:
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
