"""A study: its config and its table of cohorts, checked, and what follows from them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crosshub import labels
from crosshub.config import complete, mistakes, usable
from crosshub.errors import ConfigError, DataError
from crosshub.gene_sets import read_family, split_place
from crosshub.patterns import pattern_mistakes

Row = dict[str, str]
# Kinds whose rows are genes can be compared with each other; the others only with their own.
GENE_KINDS = ("array", "counts")
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
    """

    config: dict[str, Any]
    rows: tuple[Row, ...]

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
        """The genes to which candidates are restricted; None: no restriction."""
        place = self.config["candidates"]["restrict_to"]
        return read_family(place) if place else None

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
) -> Study:
    """Check a config and the table that it names.

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
    study = Study(filled, tuple(rows))
    wrong += _check_files(study) + _check_combinations(study)
    if filled["candidates"]["restrict_to"] and not wrong:
        try:
            _ = study.family
        except DataError as error:
            wrong.append(f"config.candidates.restrict_to: {error}")
    if rows:
        wrong += _check_table(study) + _check_comparisons(study) + _check_recipes(study)
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
    twice = sorted({name for name in header if header.count(name) > 1})
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


def _check_table(study: Study) -> list[str]:
    path, wrong = study.config["datasets"], []
    names = [row["cohort"] for row in study.rows]
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"{path}: the cohort '{name}' occurs twice; give each row its own name")
    for disease in filter(None, study.diseases):
        roles = {row["role"] for row in study.rows if row["disease"] == disease}
        if roles == {"validation"}:
            wrong.append(
                f"{path}: disease '{disease}' has no discovery cohort; give one role=discovery"
            )
    for row in study.rows:
        where = f"{path} cohort '{row['cohort']}'"
        if row["kind"] == "array" and not row["platform"]:
            wrong.append(f"{where}: an array needs its platform (GPL…)")
        if row["kind"] == "counts" and row["scale"] not in ("", "auto"):
            wrong.append(f"{where}: counts have no other scale; leave the column scale empty")
        if row["kind"] == "methylation" and row["scale"] not in ("", "auto", "rank"):
            wrong.append(f"{where}: methylation takes no scale but rank; leave the column empty")
        for column in ("case", "control", "filter"):
            if row[column]:
                wrong += [f"{where} {column}: {text}" for text in labels.rule_mistakes(row[column])]
    return wrong


def _check_comparisons(study: Study) -> list[str]:
    wrong = []
    items = study.config["comparisons"]
    names = [item["name"] for item in items]
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"config.comparisons: the name '{name}' occurs twice")
    for item in items:
        where = f"config.comparisons '{item['name']}'"
        diseases = item.get("diseases", study.diseases)
        for disease in diseases:
            if disease not in study.diseases:
                known = ", ".join(study.diseases)
                wrong.append(f"{where}: unknown disease '{disease}'; the table has {known}")
        if item.get("at_least", 1) > len(diseases):
            wrong.append(f"{where}: at_least is larger than the number of diseases")
    for item in study.config["evaluation"]["prevalence"]:
        if item["disease"] not in study.diseases:
            known = ", ".join(study.diseases)
            wrong.append(
                f"config.evaluation.prevalence: unknown disease '{item['disease']}'; "
                f"the table has {known}"
            )
    for name, comparison in study.comparisons.items():
        rows = [study.cohorts[cohort] for cohort in study.cohorts_of(*comparison["diseases"])]
        kinds = {"genes" if row["kind"] in GENE_KINDS else row["kind"] for row in rows}
        if len(kinds) > 1:
            wrong.append(
                f"comparison '{name}': its cohorts measure different things "
                f"({', '.join(sorted(kinds))}); list diseases of one kind in config.comparisons"
            )
    return wrong


def _check_combinations(study: Study) -> list[str]:
    wanted = study.config["evaluation"]["combinations"]
    lacking = [kind for kind, names in wanted.items() if not names]
    if len(lacking) != 1:
        return []
    return [
        f"config.evaluation.combinations: has no {lacking[0]}; name some, or 'all', or leave both "
        "lists empty"
    ]


def _check_recipes(study: Study) -> list[str]:
    wrong = []
    counted = {row["accession"].split("-")[0] for row in study.rows if row["kind"] == "counts"}
    for section, key, name in [
        ("geo", "counts", "accession"),
        ("prepare", "annotations", "platform"),
    ]:
        named = [item[name] for item in study.config[section][key]]
        for twice in sorted({item for item in named if named.count(item) > 1}):
            wrong.append(f"config.{section}.{key}: '{twice}' occurs twice; keep one")
    for recipe in study.config["geo"]["counts"]:
        where = f"config.geo.counts '{recipe['accession']}'"
        if recipe["accession"] not in counted:
            wrong.append(f"{where}: no cohort of kind=counts uses it; correct the accession")
        if recipe["pattern"]:
            wrong += [f"{where} pattern: {text}" for text in _pattern_mistakes(recipe["pattern"])]
    return wrong


def _pattern_mistakes(pattern: str) -> list[str]:
    wrong = pattern_mistakes(pattern)
    if not wrong and re.compile(pattern).groups < 1:
        wrong = [f"'{pattern}' has no group; put the part that names the sample in ( )"]
    return wrong


def study_files(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of the user that a config names, by the key that names them."""
    files = {f"genesets[{i}]": path for i, path in enumerate(config["genesets"])}
    for section, key in [
        ("prepare", "gene_names"),
        ("shared", "common_response"),
        ("audit", "panels"),
        ("biology", "interactions"),
        ("biology", "immune"),
        ("biology", "single_cell"),
        ("compounds", "reference"),
        ("compounds", "genes"),
    ]:
        if config[section][key]:
            files[f"{section}.{key}"] = config[section][key]
    if config["candidates"]["restrict_to"]:
        files["candidates.restrict_to"] = split_place(config["candidates"]["restrict_to"])[0]
    for i, item in enumerate(config["prepare"]["annotations"]):
        files[f"prepare.annotations[{i}]"] = item["path"]
    for key in ("signatures", "structures"):
        paths = config["compounds"][key] or []
        for i, path in enumerate([paths] if isinstance(paths, str) else paths):
            files[f"compounds.{key}[{i}]"] = path
    return files


def _check_files(study: Study) -> list[str]:
    simulated = study.config["simulation"]["folder"]
    wrong = []
    for key, path in study_files(study.config).items():
        made = simulated and Path(path).is_relative_to(simulated)
        if not made and not Path(path).is_file():
            wrong.append(f"config.{key}: no file '{path}'; correct the path or remove the key")
    return wrong
