"""What is wrong in a config and in its table of cohorts, a line for each mistake."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosshub import labels
from crosshub.classifiers import FOR_NUMBERS
from crosshub.gene_sets import split_place
from crosshub.patterns import pattern_mistakes

if TYPE_CHECKING:
    from crosshub.study import Study

# Kinds whose rows are genes can be compared with each other; the others only with their own.
GENE_KINDS = ("array", "counts")


def check_config(study: "Study") -> list[str]:
    """Return what is wrong in the config that its schema cannot tell."""
    checks = (_check_files, _check_combinations, _check_predicted, _check_docking, _check_targets)
    return [line for check in checks for line in check(study)]


def check_rows(study: "Study") -> list[str]:
    """Return what is wrong in the table of cohorts, and between it and the config."""
    checks = (_check_table, _check_comparisons, _check_recipes)
    return [line for check in checks for line in check(study)]


def _check_table(study: "Study") -> list[str]:
    path, wrong = study.config["datasets"], []
    names = [row["cohort"] for row in study.rows]
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"{path}: the cohort '{name}' occurs twice; give each row its own name")
    if "all" in names:
        wrong.append(
            f"{path}: no cohort can be called 'all', which stands for all of them; rename it"
        )
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


def _check_comparisons(study: "Study") -> list[str]:
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
    for item in study.config["compounds"]["known"]:
        disease = None if isinstance(item, str) else item.get("disease")
        if disease is not None and disease not in study.diseases:
            known = ", ".join(study.diseases)
            wrong.append(
                f"config.compounds.known: '{item['name']}' is of the unknown disease '{disease}'; "
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


def _check_combinations(study: "Study") -> list[str]:
    wanted = study.config["evaluation"]["combinations"]
    lacking = [kind for kind, names in wanted.items() if not names]
    if len(lacking) != 1:
        return []
    return [
        f"config.evaluation.combinations: has no {lacking[0]}; name some, or 'all', or leave both "
        "lists empty"
    ]


def _check_predicted(study: "Study") -> list[str]:
    """Numbers are predicted in all cohorts or in none, and not by every classifier."""
    if study.config["panel"]["predict"] == "groups":
        return []
    path = study.config["datasets"]
    wrong = [
        f"{path} cohort '{row['cohort']}': has no outcome, which config.panel.predict asks for; "
        "fill the column outcome or predict groups"
        for row in study.rows
        if not row.get("outcome")
    ]
    name = study.config["panel"]["classifier"]
    if name not in FOR_NUMBERS:
        wrong.append(
            f"config.panel.classifier: {name} cannot predict an outcome; "
            f"choose {' or '.join(FOR_NUMBERS)}"
        )
    if study.tries_combinations:
        wrong.append(
            "config.evaluation.combinations: its classifiers predict groups; leave it out where "
            "config.panel.predict is outcome"
        )
    return wrong


def _check_targets(study: "Study") -> list[str]:
    names = [item["target"] for item in study.config["qsar"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"config.qsar: the target '{name}' occurs twice; keep one" for name in twice]


def _check_recipes(study: "Study") -> list[str]:
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


def _check_docking(study: "Study") -> list[str]:
    items, wrong = study.config["docking"], []
    genes = [item["gene"] for item in items]
    for gene in sorted({gene for gene in genes if genes.count(gene) > 1}):
        wrong.append(f"config.docking: the gene '{gene}' occurs twice; keep one")
    if items and not study.config["compounds"]["reference"]:
        wrong.append("config.docking: there is no drug list to dock; give compounds.reference")
    for item in items:
        where = f"config.docking '{item['gene']}'"
        if not item["ligand"] and not item["box"]:
            wrong.append(f"{where}: give a ligand or a box, so that it is known where to dock")
        residue = re.fullmatch(r"[A-Za-z0-9]{1,3}", item["ligand"]) is not None
        if item["smiles"] and not residue:
            wrong.append(f"{where}: smiles goes with a residue name as ligand; drop one of them")
        if residue and not item["smiles"]:
            wrong.append(f"{where}: a residue does not tell its bonds; give its smiles too")
    return wrong


def is_pdb_id(text: str) -> bool:
    return re.fullmatch(r"[0-9][A-Za-z0-9]{3}", text) is not None


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
    for i, item in enumerate(config["docking"]):
        if not is_pdb_id(item["structure"]):
            files[f"docking[{i}].structure"] = item["structure"]
        # A residue of the structure has at most three letters.
        if len(item["ligand"]) > 3 and not item["smiles"]:
            files[f"docking[{i}].ligand"] = item["ligand"]
    for i, item in enumerate(config["qsar"]):
        files[f"qsar[{i}].activities"] = item["activities"]
    return files


def _check_files(study: "Study") -> list[str]:
    simulated = study.config["simulation"]["folder"]
    wrong = []
    for key, path in study_files(study.config).items():
        made = simulated and Path(path).is_relative_to(simulated)
        if not made and not Path(path).is_file():
            wrong.append(f"config.{key}: no file '{path}'; correct the path or remove the key")
    return wrong
