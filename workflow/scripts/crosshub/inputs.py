"""The files that a study needs from GEO: where they lie, and whether its rules fit them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crosshub import fetch, geo, labels
from crosshub.errors import DataError
from crosshub.study import Row


@dataclass(frozen=True)
class GeoFiles:
    """Paths of fetched files, in NCBI's own layout.

    Attributes
    ----------
    folder
        Where fetched files are kept.
    base_url
        Where they come from.
    """

    folder: str
    base_url: str

    def series(self, row: Row) -> str:
        """Return the series matrix of a cohort."""
        place = f"{self.folder}/series/{geo.folder_of(row['accession'])}/matrix"
        return f"{place}/{row['accession']}_series_matrix.txt.gz"

    def annotation(self, row: Row) -> str:
        """Return the table that names the genes of a cohort's probes, or of its counts."""
        if row["kind"] == "counts":
            return f"{self.folder}/annotation/gene_table.tsv.gz"
        place = f"{self.folder}/platforms/{geo.folder_of(row['platform'])}/annot"
        return f"{place}/{row['platform']}.annot.gz"

    def counts(self, row: Row) -> list[str]:
        """Return the counts of a cohort; none for an array."""
        if row["kind"] != "counts":
            return []
        plain = row["accession"].split("-")[0]
        return [f"{self.folder}/series/{geo.folder_of(plain)}/suppl/{plain}_raw_counts.tsv.gz"]

    def all(self, rows: Iterable[Row]) -> list[str]:
        """Return everything that these cohorts need, each file once."""
        files: set[str] = set()
        for row in rows:
            files |= {self.series(row), self.annotation(row), *self.counts(row)}
        return sorted(files)

    def label_mistakes(self, rows: Iterable[Row], *, mirror_is_there: bool = True) -> list[str]:
        """Try the label rules on every series that is within reach without a network.

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
            if path is None:
                if mirrored and mirror_is_there:
                    wrong.append(
                        f"cohort '{row['cohort']}': no file '{mirrored}'; check its accession and "
                        "geo.base_url"
                    )
                continue
            try:
                labels.label_row(geo.read_series_header(path).fields, row)
            except DataError as error:
                wrong += str(error).splitlines()
        return list(dict.fromkeys(wrong))
