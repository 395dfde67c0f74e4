"""The files that a study needs from GEO: where they lie, and whether its rows fit them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from crosshub import fetch, geo, labels
from crosshub.errors import DataError
from crosshub.kinds import kind_mistakes
from crosshub.study import Row
from crosshub.study_checks import GENE_KINDS


@dataclass(frozen=True)
class GeoFiles:
    """Paths of fetched files, in NCBI's own layout.

    Attributes
    ----------
    folder
        Where fetched files are kept.
    base_url
        Where they come from.
    recipes
        How the counts of authors are read, by accession.
    mappings
        Files of the user that name the genes of a platform, by platform.
    """

    folder: str
    base_url: str
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)

    def series(self, row: Row) -> str:
        """Return the series matrix of a cohort."""
        place = f"{self.folder}/series/{geo.folder_of(row['accession'])}/matrix"
        return f"{place}/{row['accession']}_series_matrix.txt.gz"

    def annotation(self, row: Row) -> list[str]:
        """Return the table that names the genes of a cohort's rows; none where its rows stay."""
        if row["kind"] == "counts":
            ours = f"{self.folder}/annotation/gene_table.tsv.gz"
            return [] if self.recipe(row) else [ours]
        if row["kind"] not in GENE_KINDS:
            return []
        if row["platform"] in self.mappings:
            return [self.mappings[row["platform"]]]
        place = f"{self.folder}/platforms/{geo.folder_of(row['platform'])}/annot"
        return [f"{place}/{row['platform']}.annot.gz"]

    def counts(self, row: Row) -> list[str]:
        """Return the counts of a cohort; none for an array."""
        if row["kind"] != "counts":
            return []
        plain, recipe = row["accession"].split("-")[0], self.recipe(row)
        name = recipe["file"] if recipe else f"{plain}_raw_counts.tsv.gz"
        return [f"{self.folder}/series/{geo.folder_of(plain)}/suppl/{name}"]

    def recipe(self, row: Row) -> dict[str, Any] | None:
        """Return how the authors' counts of a cohort are read; None where NCBI's are."""
        if row["kind"] != "counts":
            return None
        found = self.recipes.get(row["accession"].split("-")[0])
        return dict(found) if found else None

    def all(self, rows: Iterable[Row]) -> list[str]:
        """Return everything that these cohorts need, each file once."""
        files: set[str] = set()
        for row in rows:
            files |= {self.series(row), *self.annotation(row), *self.counts(row)}
        return sorted(files - set(self.mappings.values()))

    def mistakes(self, rows: Iterable[Row], *, mirror_is_there: bool = True) -> list[str]:
        """Try the rows on every series that is within reach without a network.

        Parameters
        ----------
        rows
            The cohorts.
        mirror_is_there
            Whether a local mirror must hold the series by now (one to be simulated does not).

        Returns
        -------
        list of str
            One line for each mistake, none twice.
        """
        wrong: list[str] = []
        for row in rows:
            mirrored = fetch.local_path(fetch.series_url(self.base_url, row["accession"]))
            places = [self.series(row), *([mirrored] if mirrored else [])]
            path = next((place for place in places if Path(place).is_file()), None)
            if path is not None:
                wrong += row_mistakes(path, row)
            elif mirrored and mirror_is_there:
                wrong.append(f"cohort '{row['cohort']}': {self._absent(row, mirrored)}")
        return list(dict.fromkeys(wrong))

    def _absent(self, row: Row, path: str) -> str:
        several = fetch.platforms_of(self.base_url, row["accession"].split("-")[0])
        if several:
            return (
                f"{row['accession']} has several platforms: write one of {', '.join(several)} "
                "in the column accession"
            )
        return f"no file '{path}'; check its accession and geo.base_url"


def row_mistakes(path: str | Path, row: Row) -> list[str]:
    """List what speaks against serving a cohort from this series matrix, one line each."""
    wrong = []
    try:
        series = geo.read_series_header(path)
        wrong += kind_mistakes(series, row, has_values=geo.has_values(path))
        labels.label_row(series.fields, row)
    except DataError as error:
        wrong += str(error).splitlines()
    return wrong


def check_inputs(rows: Iterable[Row], matrices: Iterable[str | Path]) -> pd.DataFrame:
    """Try every row of a study on its series, so that all mistakes are told in one go.

    Returns
    -------
    DataFrame
        One row for each cohort: cohort, accession, title, platform, organism, samples, cases,
        controls, excluded.

    Raises
    ------
    DataError
        With one line for each mistake.
    """
    found, wrong = [], []
    for row, path in zip(rows, matrices, strict=True):
        mistakes = row_mistakes(path, row)
        wrong += mistakes
        if not mistakes:
            found.append(_describe(geo.read_series_header(path), row))
    if wrong:
        raise DataError("\n".join(dict.fromkeys(wrong)))
    return pd.DataFrame(found)


def _describe(series: geo.Series, row: Row) -> dict[str, Any]:
    groups = labels.label_row(series.fields, row)["group"].value_counts()
    organisms = series.fields.get("organism_ch1", pd.Series(dtype=object))
    return {
        "cohort": row["cohort"],
        "accession": series.accession,
        "title": " ".join(series.tags.get("title", [])),
        "platform": ", ".join(series.fields.get("platform_id", pd.Series(dtype=object)).unique()),
        "organism": ", ".join(organisms.unique()),
        "samples": len(series.fields),
        "cases": int(groups.get("case", 0)),
        "controls": int(groups.get("control", 0)),
        "excluded": int(groups.get("excluded", 0)),
    }
