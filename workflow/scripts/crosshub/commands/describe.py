r"""Show what a series holds, and guess its cases and controls.

Prints for each series what it is, the fields in which its samples differ with their values, who
the samples are of, and a guess of cases and controls; at the end a first table of cohorts. All of
that is a guess from what the submitters wrote: check the rules before you use them.

  python -m crosshub describe GSE55235 GSE55457
  python -m crosshub describe GSE55235 --table config/studies/mine/datasets.tsv
  python -m crosshub describe GSE55235 --disease osteoarthritis

The series matrix is fetched once, to where the workflow looks for it.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from crosshub import draft
from crosshub.commands import sources, table
from crosshub.commands.text import counted, facts, named, paragraph, plural, shorten
from crosshub.errors import CrosshubError, DataError

BEGIN = "# ----- datasets.tsv: a first draft, check its rules -----"
END = "# ----- end -----"
MOST_ALIKE = 8
LONGEST_EXAMPLE = 36


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    sources.add_arguments(parser)
    parser.add_argument(
        "--disease",
        type=_slug,
        metavar="NAME",
        help="name the disease so; where a series has several, show this one alone",
    )
    parser.add_argument(
        "--table", metavar="FILE", help="add the rows to this table of cohorts, or make it"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; see the module."""
    place = sources.place_of(options)
    known = table.read_table(options.table)[1] if options.table else []
    drafts: list[draft.SeriesDraft] = []
    paths: dict[str, str] = {}
    failed = 0
    for accession in dict.fromkeys(options.accessions):
        try:
            found = sources.find_series(accession, place)
            guess = _describe(found, place, options.disease)
        except CrosshubError as error:
            failed = 1
            print(f"crosshub: {'; '.join(str(error).splitlines())}", file=sys.stderr)
            continue
        paths[accession] = found.path
        if guess:
            drafts.append(guess)
    tried = [
        (row, table.mistakes_of(row.row, paths[row.row["accession"]]))
        for one in drafts
        for row in one.rows
    ]
    # A row that cannot be used is no discovery cohort either.
    good = draft.put_together([row for row, wrong in tried if not wrong], known=known)
    sound = [row.row for row in good]
    bad = draft.put_together([row for row, wrong in tried if wrong], known=[*known, *sound])
    reasons = [wrong for _, wrong in tried if wrong]
    empty = [draft.empty_row(one) for one in drafts if not one.rows]
    if drafts:
        comments = [([], row) for row in empty]
        comments += [(wrong, row.row) for wrong, row in zip(reasons, bad, strict=True)]
        print("\n".join(table_lines(sound, comments)))
    if options.table:
        if not sound:
            raise DataError(f"{options.table}: there is no row to add")
        table.append_rows(sound, options.table)
        print(f"{plural(len(sound), 'row')} added to {options.table}")
    return failed


def table_lines(
    rows: Sequence[dict[str, str]], comments: Sequence[tuple[Sequence[str], dict[str, str]]]
) -> list[str]:
    """Return a table between marks.

    Parameters
    ----------
    rows
        Of the table.
    comments
        What is wrong with further rows, and these; they stand below as comments.
    """
    columns = table.columns_of([*rows, *(row for _, row in comments)])
    lines = [BEGIN, "\t".join(columns), *table.lines_of(rows, columns)]
    for wrong, row in comments:
        lines += [f"# {line}" for line in [*wrong, *table.lines_of([row], columns)]]
    return [*lines, END]


def describe_series(found: sources.Found, guess: draft.SeriesDraft, place: sources.Place) -> str:
    """Return what is to be said of a series, as text."""
    lines = [found.accession, *facts(_facts(found, guess, place))]
    if is_superseries(found):
        return "\n".join(lines)
    fields, alike = draft.survey(found.series.fields)
    fields.sort(key=lambda one: not (guess.contrast and one.name == guess.contrast.field))
    lines += ["", "Fields in which the samples differ"]
    lines += [line for one in fields for line in _field_lines(one)] or ["  none"]
    if alike:
        told = [f"{name} ({shorten(value, 40)})" for name, value in alike.items()]
        more = [f"{len(told) - MOST_ALIKE} more"] if len(told) > MOST_ALIKE else []
        listed = ", ".join(told[:MOST_ALIKE] + more)
        lines.append(paragraph(listed, first="  alike in all: ", indent="    "))
    lines += ["", "For the columns block and covariates"]
    lines += facts({"people": _people(guess), "covariates": _covariates(guess)})
    return "\n".join([*lines, "", *_guess_lines(guess)])


def is_superseries(found: sources.Found) -> bool:
    """Say whether a series is the sum of others."""
    return bool(found.series and found.series.relations["superseries_of"])


def _describe(
    found: sources.Found, place: sources.Place, disease: str | None
) -> draft.SeriesDraft | None:
    """Print a description, and return the draft; None where the series is no single one."""
    if found.series is None:
        print(f"{found.accession}\n" + "\n".join(facts(_several(found))) + "\n")
        return None
    guess = draft.draft_series(found.series, found.accession)
    of_it = draft.only_disease(guess, disease) if disease else guess
    missing = bool(guess.rows) and not of_it.rows
    print(describe_series(found, guess if missing else of_it, place) + "\n")
    if missing:
        names = ", ".join(row.name.slug for row in guess.rows)
        raise DataError(f"{found.accession}: no group is called '{disease}'; found: {names}")
    return None if is_superseries(found) else of_it


def _several(found: sources.Found) -> dict[str, str]:
    return {
        "platforms": f"several, each with a matrix of its own: {', '.join(found.platforms)}",
        "next": f".venv/bin/python -m crosshub describe {found.platforms[0]}",
    }


def _facts(found: sources.Found, guess: draft.SeriesDraft, place: sources.Place) -> dict[str, str]:
    series = found.series
    fields = series.fields
    organisms = [text for text in fields.get("organism_ch1", []) if text]
    named_platforms = sorted(set(fields.get("platform_id", ())) - {""})
    titles = {name: sources.platform_title(name, place) for name in named_platforms}
    told = [f"{name} ({title})" if title else name for name, title in titles.items()]
    items = {
        "title": " ".join(series.tags.get("title", [])) or "not given",
        "samples": str(len(fields)),
        "organism": ", ".join(dict.fromkeys(organisms)) or "not given",
        "platform": ", ".join(told) or "not given",
    }
    relations = series.relations
    if relations["subseries_of"]:
        items["part of"] = ", ".join(relations["subseries_of"])
    if relations["affiliated_with"]:
        items["see also"] = ", ".join(relations["affiliated_with"])
    if relations["superseries_of"]:
        parts = relations["superseries_of"]
        said = f"a superseries of {', '.join(parts)}: use these in its place"
        command = f".venv/bin/python -m crosshub describe {' '.join(parts)}"
        return items | {"kind": said, "next": command}
    items["kind"] = kind_text(guess.kind, sources.row_count_of(found))
    if guess.kind == "counts":
        counts = sources.find_counts(series, place)
        items["counts"] = counts_text(counts)
        if counts.recipe:
            items["recipe"] = recipe_text(counts.recipe)
    return items


def kind_text(kind: str, rows: int) -> str:
    """Return what a series measures, whether it carries values, and what to do if not."""
    if kind == "counts":
        if rows:
            return f"RNA-seq: kind=counts; the {rows:,} rows of values of the matrix are not used"
        return "RNA-seq: kind=counts; the matrix carries no values, as usual"
    name = {"mirna": "microRNA array"}.get(kind, kind)
    if not rows:
        return f"{name}, but the matrix carries no values, so that it cannot be used"
    return f"{name} with values ({rows:,} {'probes' if kind == 'array' else 'rows'})"


def counts_text(counts: sources.Counts) -> str:
    """Return where the counts of an RNA-seq series come from."""
    files = f"; the authors deposited {', '.join(counts.files)}" if counts.files else ""
    if counts.ncbi:
        return "NCBI's are there"
    if counts.recipe:
        return f"NCBI's are not in this mirror; {counts.recipe['file']} of the authors is read by:"
    if counts.ncbi is None:
        return (
            f"the workflow asks NCBI for its own; if it has none, add a recipe to geo.counts{files}"
        )
    return f"none in this mirror{files}"


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """Return a recipe as an item of ``geo.counts``, YAML in one line."""
    text = yaml.safe_dump(dict(recipe), default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


def _field_lines(one: draft.Field) -> list[str]:
    numbers = one.numbers
    if len(numbers) > 6:
        gaps = f", {one.missing} without" if one.missing else ""
        text = f"{len(numbers):>5}  different numbers, {min(numbers):g} to {max(numbers):g}{gaps}"
        return named(one.name, [text])
    if one.repeats or len(one.counts) <= 6:
        return counted(one.name, one.counts, one.missing)
    first = shorten(next(iter(one.counts)), LONGEST_EXAMPLE)
    return named(one.name, [f"{len(one.counts):>5}  different values, such as '{first}'"])


def _people(guess: draft.SeriesDraft) -> str:
    people = guess.people
    if people is None:
        return "no field names them: each sample counts as one person (or as its BioSample)"
    if people.by_title:
        return (
            f"by their titles {people.samples} samples are of {people.people} people at several "
            "times; no field names these, so that there is no block"
        )
    said = f"{plural(people.samples, 'sample')} of {people.people} people by '{people.field}'"
    return f"{said}: block={people.field}" if people.repeated else f"{said}: no block is needed"


def _covariates(guess: draft.SeriesDraft) -> str:
    if not guess.covariates:
        return "no field for sex, age, batch or the like in which cases and controls differ"
    return f"{', '.join(guess.covariates)} (as covariates={';'.join(guess.covariates)})"


def _guess_lines(guess: draft.SeriesDraft) -> list[str]:
    if not guess.rows:
        said = "Cases and controls could not be guessed: no field has a value for controls"
        return [said, *[paragraph(note, first="  ! ") for note in guess.notes]]
    lines = ["Guess of cases and controls: check these rules"]
    for one in guess.rows:
        counts = one.groups
        lines.append(
            f"  {one.name.slug}: {plural(counts['case'], 'case')}, "
            f"{plural(counts['control'], 'control')}, {counts['excluded']} excluded"
        )
        lines += [
            paragraph(one.row[name], first=f"    {name:<8} ")
            for name in ("case", "control", "block", "filter")
            if one.row[name]
        ]
    return lines + [paragraph(note, first="  ! ", indent="    ") for note in guess.notes]


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no name for a disease: write lower-case letters, digits and _"
        )
    return text
