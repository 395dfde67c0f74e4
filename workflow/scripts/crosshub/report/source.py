"""What the report is written from: the results of a study, its config and its cohorts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from crosshub.errors import DataError
from crosshub.report.blocks import Block, Heading, Picture, Text
from crosshub.report.svg import inline
from crosshub.tables import read_frame, read_json, read_table

UNFOLDED = 2
TEXT = (
    *("name", "compound", "query", "target", "gene_set", "source", "cell_type"),
    *("sample_a", "sample_b", "subtype", "file", "nearest", "remark"),
    *("phase", "synonyms", "reference", "inchikey", "smiles", "nearest_known"),
)


@dataclass(frozen=True)
class Source:
    """Results, config, rows of the table of cohorts, and comparisons of a study."""

    folder: Path
    config: Mapping[str, Any]
    rows: Sequence[Mapping[str, str]]
    comparisons: Mapping[str, Mapping[str, Any]]

    @cached_property
    def diseases(self) -> list[str]:
        """Diseases, in the order of the table."""
        return list(dict.fromkeys(row["disease"] for row in self.rows))

    @property
    def tried(self) -> bool:
        """Whether combinations of selector and classifier were compared."""
        return all(self.config["evaluation"]["combinations"].values())

    def cohorts_of(self, disease: str, role: str | None = None) -> list[str]:
        """Names of the cohorts of a disease, of one role or of both."""
        return [
            row["cohort"]
            for row in self.rows
            if row["disease"] == disease and role in (None, row["role"])
        ]

    def table(self, path: str) -> pd.DataFrame | None:
        """Read a table of the results; None where it was not made."""
        file = self.folder / path
        return read_table(file, text=TEXT) if file.is_file() else None

    def frame(self, path: str) -> pd.DataFrame | None:
        """Read a long table in parquet; None where it was not made."""
        file = self.folder / path
        return read_frame(file) if file.is_file() else None

    def json(self, path: str) -> Any:
        """Read JSON; None where it was not made."""
        file = self.folder / path
        return read_json(file) if file.is_file() else None

    def text(self, path: str) -> str | None:
        """Read a text; None where it was not made."""
        file = self.folder / path
        try:
            return file.read_text(encoding="utf-8") if file.is_file() else None
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{file}: cannot be read ({error}); delete it and run again") from error

    def picture(self, path: str, caption: str, *, title: str = "", folded: bool = False) -> Block:
        """Return a figure of the results, or a line that says that it was not made."""
        drawn = self.text(path)
        if drawn is None:
            return not_made(f"The figure `{path}`", "report")
        prefix = re.sub(r"[^A-Za-z0-9]+", "-", path.removesuffix(".svg"))
        return Picture(inline(drawn, f"f-{prefix}", caption), caption, title, folded)

    def pictures(self, cohorts: Sequence[str], name: str, caption: str) -> list[Block]:
        """Return a figure of each cohort; of many, only the first is unfolded."""
        return [
            self.picture(
                f"cohorts/{cohort}/{name}.svg",
                f"{cohort}: {caption}",
                title=cohort,
                folded=len(cohorts) > UNFOLDED and number > 0,
            )
            for number, cohort in enumerate(cohorts)
        ]

    def heading(self, comparison: str) -> Heading:
        """Return the heading of a comparison."""
        diseases = self.comparisons[comparison]["diseases"]
        return Heading(f"Comparison {comparison}: {', '.join(diseases)}")


def not_made(what: str, target: str) -> Text:
    """Return a line for a result that the run has not made."""
    return Text(f"{what} has not been made: run `snakemake {target}`.", "note")


def not_asked(what: str, key: str, value: str) -> Text:
    """Return a line for a part that the config does not ask for."""
    return Text(f"{what}. To enable it, give {value} in the config key `{key}`.", "note")
