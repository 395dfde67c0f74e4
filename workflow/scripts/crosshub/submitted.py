"""What was submitted for a cohort: its values, the genes of its probes, what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from crosshub import geo
from crosshub.geo.counts import read_author_counts, read_counts
from crosshub.prepare import only_samples


class SubmittedFiles(Protocol):
    """The files of a cohort; annotation and counts hold one path or none."""

    matrix: str
    annotation: Sequence[str]
    counts: Sequence[str]


@dataclass(frozen=True)
class Submitted:
    """The submitted data of a cohort.

    Attributes
    ----------
    values
        Probes, or gene ids, × the samples of the cohort.
    annotation
        Index probe, column symbol; None where the kind keeps its probes, or ids name the genes.
    processing
        What the submitter says of the data processing.
    """

    values: pd.DataFrame
    annotation: pd.DataFrame | None
    processing: str


def read_submitted(
    files: SubmittedFiles,
    row: Mapping[str, Any],
    samples: pd.Series,
    mappings: Sequence[Mapping[str, str]] = (),
) -> Submitted:
    """Read what was submitted for a cohort.

    Parameters
    ----------
    files
        Its files.
    row
        Its kind, and the recipe of its authors' counts (None: NCBI's).
    samples
        The samples of the cohort.
    mappings
        The mapping files of the user, as prepare.annotations of the config lists them.

    Raises
    ------
    DataError
        If a file is damaged, or a sample has no values.
    """
    series = geo.read_series_matrix(files.matrix)
    values = series.values
    if row["kind"] == "counts":
        path, recipe = files.counts[0], row.get("recipe")
        values = read_author_counts(path, recipe, series.fields) if recipe else read_counts(path)
    values = only_samples(values, samples)
    return Submitted(values, _annotation(files.annotation, row, mappings), series.processing)


def _annotation(
    paths: Sequence[str], row: Mapping[str, Any], mappings: Sequence[Mapping[str, str]]
) -> pd.DataFrame | None:
    if not paths:
        return None
    (path,) = paths
    if row["kind"] == "counts":
        return geo.read_gene_table(path)
    if Path(path) in [Path(item["path"]) for item in mappings]:
        return geo.read_mapping(path)
    return geo.read_platform(path)
