r"""Begin a study: write its config and its table of cohorts.

Writes config/studies/NAME/config.yaml and datasets.tsv, checked as the workflow checks them, with
a row for each disease that could be guessed in each series (see `crosshub describe`). A superseries
is replaced by its series. The first series of a disease is for discovery, later ones for
validation. What could not be guessed stays in datasets.tsv as a comment.

  python -m crosshub new ra_oa GSE55235 GSE55457
  python -m crosshub new ra_oa GSE55235 GSE55457 --base-url /data/geo

All of it is a guess: check the rules before you run the study.
"""

import argparse
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosshub import draft
from crosshub.commands import sources, table
from crosshub.commands.describe import is_superseries, kind_text
from crosshub.commands.text import clean, paragraph, plural
from crosshub.errors import DataError
from crosshub.study_checks import GENE_KINDS

MOST_SERIES = 50
MOST_FIELDS = 8


@dataclass(frozen=True)
class Left:
    """A series of which rows are not used: why, and these rows, or one to be filled in."""

    accession: str
    reason: str
    rows: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Seen:
    """What is known of the series of a study.

    Attributes
    ----------
    drafts
        In the order of the series.
    paths
        Accession → series matrix.
    recipes
        Items of ``geo.counts``.
    left
        Series without a usable row.
    """

    drafts: list[draft.SeriesDraft]
    paths: dict[str, str]
    recipes: list[dict[str, Any]]
    left: list[Left]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "name",
        type=_name,
        metavar="NAME",
        help="of the study: lower-case letters, digits and _; outputs go to results/NAME",
    )
    sources.add_arguments(parser)
    parser.add_argument(
        "--directory",
        default="config/studies",
        help="where the folder of the study is made (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; see the module."""
    target = Path(options.directory) / options.name
    if os.path.lexists(target):
        raise DataError(f"{target}: is there already; choose another name, or delete it first")
    place = sources.place_of(options)
    seen = _look(_expanded(options.accessions, place), place)
    rows, left = _usable(seen)
    if not rows:
        reasons = "; ".join(f"{one.accession}: {one.reason}" for one in left)
        raise DataError(f"no cohort could be guessed, so that nothing is written ({reasons})")
    used = {row.row["accession"].split("-")[0] for row in rows if row.row["kind"] == "counts"}
    recipes = [recipe for recipe in seen.recipes if recipe["accession"] in used]
    geo = {"base_url": options.base_url} if options.base_url else {}
    geo |= {"counts": recipes} if recipes else {}
    settings = {"geo": geo} if geo else {}
    _write(target, options.name, rows, left, settings)
    _report(target, seen, rows, left)
    return 0


def config_text(
    name: str, datasets: str, rows: Sequence[Mapping[str, str]], settings: Mapping[str, Any]
) -> str:
    """Return the text of a config with comments.

    Parameters
    ----------
    name
        Of the study.
    datasets
        Path of its table, as the workflow is to find it.
    rows
        Of that table.
    settings
        Further sections of the config.
    """
    accessions = dict.fromkeys(row["accession"] for row in rows)
    diseases = dict.fromkeys(row["disease"] for row in rows)
    shared = [
        accession
        for accession in accessions
        if len({row["disease"] for row in rows if row["accession"] == accession}) > 1
    ]
    about = f"{', '.join(d.replace('_', ' ') for d in diseases)}: {', '.join(accessions)}. Drafted "
    about += (
        "by crosshub new: the rules of datasets.tsv are guesses from what the submitters wrote."
    )
    lines = [paragraph(about, first="# ", indent="# ")]
    if shared:
        text = f"The diseases of {', '.join(shared)} share its controls; crosshub sees that and "
        lines.append(paragraph(text + "says what follows.", first="# ", indent="# "))
    lines += [f"study: {name}", yaml.safe_dump({"datasets": datasets}, width=10_000).strip()]
    lines += ["seed: 1", ""]
    if settings:
        text = yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, width=10_000)
        lines += [text]
    lines += [
        "# What would make the run more useful, with files of your own (see config/README.md):",
        "# genesets: [h.all.symbols.gmt]",
        "# biology: {interactions: string.tsv.gz, immune: immune.gmt}",
        "# compounds: {reference: level5.gctx, structures: [compoundinfo.tsv.gz]}",
    ]
    return "\n".join(lines) + "\n"


def table_text(rows: Sequence[Mapping[str, str]], left: Sequence[Left]) -> str:
    """Return the text of a table of cohorts; what is left over stands below as comments."""
    # One that is taken in by deleting its # has to fit the header.
    columns = table.columns_of([*rows, *(row for one in left for row in one.rows)])
    lines = ["\t".join(columns), *table.lines_of(rows, columns)]
    for one in left:
        lines.append(f"# {one.accession}: {clean(one.reason)}")
        lines += [f"# {line}" for line in table.lines_of(one.rows, columns)]
    return "\n".join(lines) + "\n"


def _expanded(accessions: Sequence[str], place: sources.Place) -> list[sources.Found]:
    """Return the series, each once, with those of a superseries in its place."""
    found: dict[str, sources.Found] = {}
    waiting = list(dict.fromkeys(accessions))
    seen = set(waiting)
    while waiting:
        one = sources.find_series(waiting.pop(0), place)
        if not is_superseries(one):
            found[one.accession] = one
        else:
            parts = one.series.relations["superseries_of"]
            print(paragraph(f"{one.accession} is a superseries: {', '.join(parts)} in its place"))
            new = [part for part in parts if part not in seen]
            seen |= set(new)
            waiting = new + waiting
        if len(found) + len(waiting) > MOST_SERIES:
            raise DataError(f"{one.accession}: more than {MOST_SERIES} series; name those you want")
    return list(found.values())


def _look(found: Sequence[sources.Found], place: sources.Place) -> Seen:
    seen = Seen([], {}, [], [])
    for one in found:
        if one.series is None:
            several = f"several platforms; name one of {', '.join(one.platforms)}"
            seen.left.append(Left(one.accession, several))
            continue
        guess = draft.draft_series(one.series, one.accession)
        seen.paths[one.accession] = one.path
        counts = sources.find_counts(one.series, place) if guess.kind == "counts" else None
        if counts and counts.recipe:
            seen.recipes.append(counts.recipe)
        reason = _unusable(one, guess, counts)
        if reason:
            seen.left.append(Left(one.accession, reason, _cells(guess)))
        else:
            seen.drafts.append(guess)
    return seen


def _unusable(found: sources.Found, guess: draft.SeriesDraft, counts: sources.Counts | None) -> str:
    """Return why a series gives no row; an empty text where it gives some."""
    if counts and counts.ncbi is False and not counts.recipe:
        return "RNA-seq whose counts are not in this mirror"
    rows = sources.row_count_of(found)
    if not counts and not rows:
        return kind_text(guess.kind, rows)
    if guess.rows:
        return ""
    fields, _ = draft.survey(found.series.fields)
    named = ", ".join(field.name for field in fields[:MOST_FIELDS]) or "nothing"
    return f"no field has a value for controls; the samples differ in {named}"


def _usable(seen: Seen) -> tuple[list[draft.Draft], list[Left]]:
    """Return the rows of the study, and what is left over."""
    left, sound = list(seen.left), []
    diseases = any(row.kind == "disease" for one in seen.drafts for row in one.rows)
    for one in seen.drafts:
        if diseases and one.rows[0].kind != "disease":
            reason = f"{one.notes[0]}; to use it, delete the #"
            left.append(Left(one.accession, reason, _cells(one)))
            continue
        for row in one.rows:
            wrong = table.mistakes_of(row.row, seen.paths[one.accession])
            if wrong:
                left.append(Left(one.accession, "; ".join(wrong), (row.row,)))
            else:
                sound.append(row)
    kept = []
    for row in sound:
        what, first = _measured(row), _measured(sound[0])
        if what == first:
            kept.append(row)
        else:
            reason = f"it measures {what} and the others {first}, which cannot be compared"
            left.append(Left(row.row["accession"], reason, (row.row,)))
    return draft.put_together(kept), left


def _measured(row: draft.Draft) -> str:
    kind = row.row["kind"] or "array"
    return "genes" if kind in GENE_KINDS else kind


def _cells(guess: draft.SeriesDraft) -> tuple[dict[str, str], ...]:
    rows = tuple(row.row for row in draft.put_together(guess.rows))
    return rows or (draft.empty_row(guess),)


def _write(
    target: Path,
    name: str,
    rows: Sequence[draft.Draft],
    left: Sequence[Left],
    settings: Mapping[str, Any],
) -> None:
    """Write the folder of a study: checked first, whole or not at all."""
    cells = [row.row for row in rows]
    datasets = (target / "datasets.tsv").as_posix()
    texts = {
        "datasets.tsv": table_text(cells, left),
        "config.yaml": config_text(name, datasets, cells, settings),
    }
    # What is written is what is checked.
    table.read_rows(cells, yaml.safe_load(texts["config.yaml"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{name}.{os.getpid()}.part")
    try:
        beside.mkdir()
        for file, text in texts.items():
            (beside / file).write_text(text, encoding="utf-8")
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _report(target: Path, seen: Seen, rows: Sequence[draft.Draft], left: Sequence[Left]) -> None:
    diseases = dict.fromkeys(row.row["disease"] for row in rows)
    print(
        f"Wrote {target}/datasets.tsv and config.yaml: {plural(len(rows), 'cohort')} of "
        f"{plural(len(diseases), 'disease')}."
    )
    width = max(len(row.row["cohort"]) for row in rows)
    for row in rows:
        counts = row.groups
        print(
            f"  {row.row['cohort']:<{width}}  {row.row['role']:<10}  "
            f"{plural(counts['case'], 'case')}, {plural(counts['control'], 'control')}, "
            f"{counts['excluded']} excluded"
        )
    print("\nAll of it is guessed. What remains to do:")
    todo = [f"check the rules of cases and controls in {target}/datasets.tsv"]
    todo.append("check the roles: the first series of a disease is its discovery")
    used = {row.row["accession"] for row in rows}
    todo += [
        f"{one.accession}: {note}"
        for one in seen.drafts
        if one.accession in used
        for note in one.notes
    ]
    todo += [
        f"{one.accession}: these could be covariates: {', '.join(one.covariates)}"
        for one in seen.drafts
        if one.accession in used and one.covariates
    ]
    todo += [f"{one.accession} is left out (a comment in the table): {one.reason}" for one in left]
    for text in todo:
        print(paragraph(text, first="  - "))
    print(f"\nThen run:\n  .venv/bin/snakemake --cores all --configfile {target}/config.yaml")


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", text):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no name for a study: write lower-case letters, digits and _, a letter "
            "first"
        )
    return text
