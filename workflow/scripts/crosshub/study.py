"""A study: its config and its table of cohorts, checked, and what follows from them."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crosshub.config import complete, mistakes, usable
from crosshub.errors import ConfigError, DataError
from crosshub.gene_sets import read_family
from crosshub.study_checks import check_config, check_rows, is_pdb_id
from crosshub.symbols import read_gene_names

Row = dict[str, str]
LARGEST_TABLE = 10_000_000


@dataclass(frozen=True)
class Study:
    """A checked study.

    Attributes
    ----------
    config
        The config with every default filled in.
    rows
        The rows of datasets.tsv, in order, with defaults filled in.
    gene_names
        Table of former symbols where the config names none of its own; None: there is none.
    """

    config: dict[str, Any]
    rows: tuple[Row, ...]
    gene_names: str | Path | None = None

    @cached_property
    def cohorts(self) -> dict[str, Row]:
        """Rows by the name of the cohort."""
        return {row["cohort"]: row for row in self.rows}

    @cached_property
    def diseases(self) -> list[str]:
        """Diseases, in the order of the table."""
        return list(dict.fromkeys(row["disease"] for row in self.rows))

    @cached_property
    def comparisons(self) -> dict[str, dict[str, Any]]:
        """For each comparison its `diseases` and `at_least`."""
        items = self.config["comparisons"] or [{"name": "all"}]
        found = {}
        for item in items:
            diseases = item.get("diseases", self.diseases)
            at_least = item.get("at_least", len(diseases))
            found[item["name"]] = {"diseases": list(diseases), "at_least": at_least}
        return found

    def cohorts_of(self, *diseases: str, role: str | None = None) -> list[str]:
        """Names of the cohorts of these diseases, of one role or of both."""
        return [
            row["cohort"]
            for row in self.rows
            if row["disease"] in diseases and role in (None, row["role"])
        ]

    def evaluation_units(self, comparison: str) -> list[tuple[str, str]]:
        """List what `evaluate` has to do for a comparison, as (kind, name), in a fixed order."""
        settings = self.config["evaluation"]
        units = [("cv", str(i)) for i in range(settings["repeats"])]
        diseases = self.comparisons[comparison]["diseases"]
        units += [("leave_one_cohort_out", name) for name in self.cohorts_of(*diseases)]
        units += [("permutation", str(i)) for i in range(settings["permutations"])]
        return units

    @cached_property
    def prevalence(self) -> dict[str, float]:
        """Disease → share of cases where its model would be used, as far as it was stated."""
        return {i["disease"]: i["share"] for i in self.config["evaluation"]["prevalence"]}

    @cached_property
    def family(self) -> list[str] | None:
        """The genes to which candidates are restricted, by the symbols in force; None: all."""
        place = self.config["candidates"]["restrict_to"]
        if not place:
            return None
        table = self.config["prepare"]["gene_names"] or self.gene_names
        return read_family(place, read_gene_names(table) if table else None)

    @property
    def treatment(self) -> dict[str, Any]:
        """What `loading.load_cohorts` must know of every cohort beside its row."""
        predicts = self.config["panel"]["predict"]
        return {"testing": self.config["differential"], "predicts": predicts}

    @property
    def tries_combinations(self) -> bool:
        """Whether every selector is tried with every classifier."""
        return all(self.config["evaluation"]["combinations"].values())

    @property
    def with_consensus(self) -> list[str]:
        """The comparisons of several diseases, whose consensus modules are sought."""
        wanted = self.config["modules"]["consensus_permutations"] > 0
        return [
            name for name, plan in self.comparisons.items() if wanted and len(plan["diseases"]) > 1
        ]

    @cached_property
    def activities(self) -> dict[str, dict[str, Any]]:
        """Target → how activity against it is predicted."""
        return {item["target"]: item for item in self.config["qsar"]}

    @property
    def predicted(self) -> list[str]:
        """Paths of what the prediction of activities ends in."""
        files = [f"<study>/qsar/{name}/verdict.json" for name in self.activities]
        if self.config["compounds"]["reference"]:
            files += [
                f"<study>/qsar/{target}/{name}/candidates.tsv"
                for target in self.activities
                for name in self.comparisons
            ]
        return files

    def outside(self, comparison: str) -> list[str]:
        """Diseases that a comparison leaves out."""
        inside = self.comparisons[comparison]["diseases"]
        return [name for name in self.diseases if name not in inside]

    def evaluated(self, comparison: str) -> list[str]:
        """Paths of what the evaluation of a comparison ends in."""
        folder = f"<study>/evaluation/{comparison}"
        files = [f"{folder}/verdict.json"]
        diseases = self.comparisons[comparison]["diseases"]
        files += [f"{folder}/{name}/importance.tsv" for name in diseases]
        if self.tries_combinations:
            files.append(f"{folder}/combinations.tsv")
        return files

    @cached_property
    def structures(self) -> dict[str, str]:
        """PDB id → where it comes from, for the structures that are fetched."""
        items = self.config["docking"]
        return {i["structure"].upper(): i["url"] for i in items if is_pdb_id(i["structure"])}

    def structure_file(self, item: Mapping[str, Any]) -> str:
        """Path of the structure of an item of `docking`."""
        given = item["structure"]
        return f"resources/structures/{given.upper()}.pdb" if is_pdb_id(given) else given

    def ligand_file(self, item: Mapping[str, Any]) -> list[str]:
        """Path of the ligand of an item of `docking`; none where the structure holds it."""
        return [item["ligand"]] if item["ligand"] and not item["smiles"] else []

    @cached_property
    def docked(self) -> list[str]:
        """Paths of what docking ends in."""
        return [
            f"<study>/docking/{name}/{item['gene']}/scores.tsv"
            for name in self.comparisons
            for item in self.config["docking"]
        ]

    @property
    def compounds_found(self) -> list[str]:
        """Paths of what the matching of compounds ends in."""
        files = ("candidates.tsv", "target_matches.tsv", "agreement.tsv", "scaffolds.tsv")
        folder = "<study>/compounds"
        made = [f"{folder}/{name}/{file}" for name in self.comparisons for file in files]
        return [f"{folder}/recall.tsv", *made]

    def evaluation_batches(self, comparison: str) -> list[str]:
        """Names of the batches in which the units are done."""
        size = self.config["evaluation"]["batch_size"]
        number = math.ceil(len(self.evaluation_units(comparison)) / size)
        return [f"{i:03d}" for i in range(number)]


def read_study(
    config: Mapping[str, Any],
    config_schema: Mapping[str, Any],
    row_schema: Mapping[str, Any],
    gene_names: str | Path | None = None,
) -> Study:
    """Check a config and the table that it names.

    Parameters
    ----------
    config
        As the user gives it.
    config_schema, row_schema
        Of the config, and of a row of the table of cohorts.
    gene_names
        As in `Study`.

    Raises
    ------
    ConfigError
        With one line for each mistake in the config and in the table.
    """
    wrong = mistakes(dict(config), config_schema, "config")
    # What is wrong itself is left out, so that the rest is checked in the same go.
    optional = {**config_schema, "required": []}
    sound = usable(dict(config), optional)
    filled = complete({"study": "unnamed", "datasets": ""} | sound, config_schema)
    rows: list[Row] = []
    if filled["datasets"]:
        try:
            rows, more = _read_rows(filled["datasets"], row_schema)
            wrong += more
        except DataError as error:
            wrong.append(str(error))
    study = Study(filled, tuple(rows), gene_names)
    wrong += check_config(study)
    if filled["candidates"]["restrict_to"] and not wrong:
        try:
            _ = study.family
        except DataError as error:
            wrong.append(f"config.candidates.restrict_to: {error}")
    if rows:
        wrong += check_rows(study)
    if wrong:
        raise ConfigError("\n".join(wrong))
    return study


def _read_rows(path: str, schema: Mapping[str, Any]) -> tuple[list[Row], list[str]]:
    try:
        if Path(path).stat().st_size > LARGEST_TABLE:
            raise DataError(f"config.datasets: '{path}' is too large to be a table of cohorts")
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"config.datasets: no file '{path}'; write the table of cohorts there"
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"config.datasets: '{path}' is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise DataError(
            f"config.datasets: '{path}' cannot be read ({error.strerror}); correct the path"
        ) from error
    lines = [
        (number, [cell.strip() for cell in line.split("\t")])
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.startswith("#")
    ]
    header = lines[0][1] if lines else []
    if not header:
        raise DataError(f"{path}: is empty; it needs a header line and a row for each cohort")
    twice = sorted(name for name, times in Counter(header).items() if times > 1)
    if twice:
        raise DataError(f"{path}: the column '{twice[0]}' occurs twice; keep one")
    # A wrong column is one mistake, not one in each row.
    columns = {**schema, "properties": dict.fromkeys(schema["properties"], True)}
    rows: list[Row] = []
    wrong = mistakes(dict.fromkeys(header, ""), columns, f"{path} header")
    for number, cells in lines[1:] if not wrong else []:
        if len(cells) > len(header):
            wrong.append(f"{path} line {number}: {len(cells)} cells for {len(header)} columns")
            continue
        row = dict(zip(header, cells, strict=False))
        wrong += mistakes(row, schema, f"{path} line {number}")
        row = complete(dict.fromkeys(schema["required"], "") | row, schema)
        row["kind"] = row["kind"] or "array"
        rows.append(row)
    if not rows and not wrong:
        wrong.append(f"{path}: has no row; add one for each cohort")
    return rows, wrong
