"""Cohorts from their files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from crosshub.cohorts import Cohort, Testing
from crosshub.errors import DataError
from crosshub.identity import people_of
from crosshub.tables import read_matrix, read_table


class CohortFiles(Protocol):
    """The files of some cohorts: lists in the order of the cohorts, and the study's identity."""

    expression: Sequence[str]
    counts: Sequence[str]
    samples: Sequence[str]
    identity: str


def load_cohorts(rows: Sequence[Mapping[str, str]], files: CohortFiles) -> dict[str, Cohort]:
    """Read cohorts.

    Parameters
    ----------
    rows
        Their rows of datasets.tsv, each with section ``differential`` of the config as testing.
    files
        genes.parquet, counts.parquet and samples.tsv of each, in the order of `rows`; and
        identity.tsv of the study: samples that it links are one person.

    Returns
    -------
    dict
        Cohort by name, in the order of `rows`.
    """
    links = read_table(files.identity)
    parts = zip(rows, files.expression, files.counts, files.samples, strict=True)
    return {row["cohort"]: _load(row, *paths, links) for row, *paths in parts}


def _load(
    row: Mapping[str, str],
    expression: str | Path,
    counts: str | Path,
    samples: str | Path,
    links: pd.DataFrame,
) -> Cohort:
    table = read_table(samples)
    used = table[table["group"] != "excluded"]
    person = people_of(used, links, row["cohort"])
    matrix = read_matrix(expression)
    kept = used.set_index("sample").assign(identity=person)
    missing = kept.index.difference(matrix.columns)
    if len(missing):
        raise DataError(
            f"{expression}: lacks {len(missing)} labelled samples ({', '.join(missing[:5])})"
        )
    return Cohort(
        name=row["cohort"],
        accession=row["accession"],
        disease=row["disease"],
        role=row["role"],
        expression=matrix[kept.index],
        samples=kept,
        counts=read_matrix(counts)[kept.index] if row["kind"] == "counts" else None,
        covariates=covariate_names(row),
        outcome=outcome_name(row),
        predicts=row.get("predicts", "groups"),
        testing=Testing(**row.get("testing", {})),
    )


def covariate_names(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns of samples.tsv that hold the covariates of a cohort."""
    names = [name.strip().lower().replace(" ", "_") for name in row["covariates"].split(";")]
    return tuple(name for name in names if name)


def outcome_name(row: Mapping[str, str]) -> str:
    """Return the column of samples.tsv that holds the outcome, with the ``-`` that turns it."""
    name = row.get("outcome", "").strip()
    turned = "-" if name.startswith("-") else ""
    return turned + name.removeprefix("-").strip().lower().replace(" ", "_")
