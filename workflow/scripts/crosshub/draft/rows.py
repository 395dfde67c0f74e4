"""From a series to the rows of datasets.tsv that it suggests, each tried on its own samples."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from crosshub import geo, labels
from crosshub.draft import people as of_people
from crosshub.draft.groups import Contrast, Group, guess_contrast, without_numbers
from crosshub.draft.names import Name, name_group, short_of, unify
from crosshub.errors import DataError

COLUMNS = ("cohort", "accession", "platform", "disease", "role", "case", "control")
OPTIONAL = ("kind", "covariates", "block", "filter")
MOST_SHOWN = 4


@dataclass(frozen=True)
class Draft:
    """A row that is guessed.

    Attributes
    ----------
    row
        Cells by column; the role is empty until the rows of a study are put together.
    name
        The disease.
    kind
        Of the contrast: ``disease``, ``treatment`` or ``other``.
    groups
        case, control, excluded → samples, as the rules of the row label them.
    """

    row: dict[str, str]
    name: Name
    kind: str
    groups: dict[str, int]


@dataclass(frozen=True)
class SeriesDraft:
    """What a series suggests.

    Attributes
    ----------
    accession, platform, kind
        As in datasets.tsv.
    contrast
        What tells cases from controls; None where nothing was found.
    rows
        One for each disease.
    people
        Who the samples are of; None where nothing says so.
    covariates
        Fields that may be covariates.
    notes
        What the user has to look at, a sentence each.
    """

    accession: str
    platform: str
    kind: str
    contrast: Contrast | None = None
    rows: tuple[Draft, ...] = ()
    people: of_people.People | None = None
    covariates: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def draft_series(series: geo.Series, accession: str) -> SeriesDraft:
    """Guess the rows of datasets.tsv for a series.

    Parameters
    ----------
    series
        Its header is enough, with the number of rows of its table.
    accession
        As the user wrote it: ``GSE…`` or ``GSE…-GPL…``.
    """
    table = series.fields
    draft = SeriesDraft(accession, platform_of(series), kind_of(series))
    contrast = guess_contrast(table)
    if contrast is None:
        people = of_people.find_people(table)
        everyone = pd.Series("", index=table.index)
        covariates = of_people.covariates_of(table, everyone)
        return replace(draft, people=people, covariates=tuple(covariates))
    group = _group_of(table, contrast)
    used = table[group != ""]
    group = group[used.index]
    people = of_people.find_people(used)
    block, rule, notes = _one_person_once(used, people)
    if rule:
        kept = labels.matches(used, rule, accession)
        used, group = used[kept], group[kept]
    mixtures = of_people.mixtures_of(used, group, contrast.field)
    notes += [_mixture_note(name, counts) for name, counts in mixtures.items()]
    covariates = of_people.covariates_of(used, group == "control")
    rows, more = [], _contrast_notes(contrast)
    for cases in contrast.cases:
        name = _name(table, contrast, cases, " ".join(series.tags.get("title", [])))
        row = _row(draft, contrast, cases, name) | {"block": block, "filter": rule}
        try:
            counts = labels.label_row(table, _filled(row))["group"].value_counts()
        except DataError as error:
            more.append(str(error).splitlines()[0])
            continue
        if not name.told:
            more.append(f"no sample names the disease, which is called '{name.slug}' here")
        groups = {key: int(counts.get(key, 0)) for key in ("case", "control", "excluded")}
        rows.append(Draft(row, name, contrast.kind, groups))
    return replace(
        draft,
        contrast=contrast,
        rows=tuple(rows),
        people=people,
        covariates=tuple(covariates),
        notes=(*more, *notes),
    )


def platform_of(series: geo.Series) -> str:
    """Return the platform of the samples; empty where they have several or none."""
    found = series.fields.get("platform_id", pd.Series(dtype=object))
    known = sorted(set(found) - {""}) or sorted(set(series.tags.get("platform_id", [])))
    return known[0] if len(known) == 1 else ""


def kind_of(series: geo.Series) -> str:
    """Return the kind of a series, as in the column ``kind``."""
    told = " ".join([*series.tags.get("type", []), *series.tags.get("title", [])]).lower()
    strategy = series.fields.get("library_strategy", pd.Series(dtype=object))
    samples = series.fields.get("type", pd.Series(dtype=object))
    if (strategy != "").any() or samples.str.startswith("SRA").any() or "sequencing" in told:
        return "counts"
    if "methylation profiling" in told:
        return "methylation"
    if "non-coding rna profiling by array" in told and re.search(r"mirna|microrna", told):
        return "mirna"
    return "array"


def only_disease(draft: SeriesDraft, slug: str) -> SeriesDraft:
    """Return a draft whose rows are of one disease, under the name that the user gave it.

    Of a single row the name is taken as it is, with a note where it means something else; of
    several, those stay whose own name means the same or holds it.
    """
    name = Name(slug, short_of(slug))
    use = unify([name, *(row.name for row in draft.rows)])
    rows = tuple(
        row
        for row in draft.rows
        if use[row.name.slug] == use[slug] or set(slug.split("_")) <= set(row.name.slug.split("_"))
    )
    notes = draft.notes
    if len(draft.rows) == 1 and not rows:
        rows = draft.rows
        if rows[0].name.told:
            notes = (f"the samples name '{rows[0].name.slug}', you '{slug}'", *notes)
    rows = tuple(replace(row, name=name) for row in rows)
    return replace(draft, rows=rows, notes=notes)


def put_together(
    drafts: Iterable[Draft], *, known: Sequence[Mapping[str, str]] = ()
) -> list[Draft]:
    """Return the rows of several series as one table: one name for a disease, and the roles.

    The first cohort of a disease is its discovery, later ones are for validation.

    Parameters
    ----------
    drafts
        In the order in which the user named the series.
    known
        Rows that the table has already; they keep their names.
    """
    drafts = list(drafts)
    names = [Name(row["disease"], row["disease"]) for row in known]
    use = unify([*names, *(draft.name for draft in drafts)])
    kept = {use[name.slug]: name.slug for name in reversed(names)}
    use = {slug: kept.get(to, to) for slug, to in use.items()}
    shorts: dict[str, str] = {}
    for draft in sorted(drafts, key=lambda draft: len(draft.name.short)):
        disease = use[draft.name.slug]
        shorts.setdefault(disease, draft.name.short if draft.kind == "disease" else disease)
    begun, taken, done = {row["disease"] for row in known}, set(), []
    for draft in drafts:
        disease = use[draft.name.slug]
        accession = draft.row["accession"].lower().replace("-", "_")
        cohort = f"{shorts[disease]}_{accession}"
        if cohort in taken:
            cohort = f"{disease}_{accession}"
        role = "validation" if disease in begun else "discovery"
        begun.add(disease)
        taken.add(cohort)
        row = draft.row | {"cohort": cohort, "disease": disease, "role": role}
        done.append(replace(draft, row=row))
    return done


def empty_row(draft: SeriesDraft) -> dict[str, str]:
    """Return a row to be filled in by hand, for a series of which nothing could be guessed."""
    unnamed = Name("DISEASE", "NAME")
    nothing = Group((), "VALUE", 0)
    return _row(draft, Contrast("FIELD", "", "", nothing, ()), nothing, unnamed)


def _row(draft: SeriesDraft, contrast: Contrast, cases: Group, name: Name) -> dict[str, str]:
    where = re.sub(r"([=;])", r"\\\1", contrast.field)
    return {
        "cohort": f"{name.short}_{draft.accession.lower().replace('-', '_')}",
        "accession": draft.accession,
        "platform": draft.platform,
        "disease": name.slug,
        "role": "discovery",
        "case": f"{where}={cases.pattern}",
        "control": f"{where}={contrast.control.pattern}",
        "kind": "" if draft.kind == "array" else draft.kind,
        "covariates": "",
        "block": "",
        "filter": "",
    }


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {**dict.fromkeys((*COLUMNS, *OPTIONAL), ""), **row}


def _group_of(table: pd.DataFrame, contrast: Contrast) -> pd.Series:
    """Return for each sample ``control``, the number of its disease, or nothing."""
    group = pd.Series("", index=table.index)
    for number, cases in enumerate(contrast.cases):
        group[table[contrast.field].isin(cases.values)] = str(number)
    group[table[contrast.field].isin(contrast.control.values)] = "control"
    return group


def _name(table: pd.DataFrame, contrast: Contrast, cases: Group, title: str) -> Name:
    mine = table[contrast.field].isin(cases.values)
    others = [name for name in table.columns if name != contrast.field]
    near = [
        value
        for name in others
        for value in set(table.loc[mine, name]) - set(table.loc[~mine, name])
    ]
    values, controls = cases.values, contrast.control.values
    if not contrast.exact:
        values = tuple(dict.fromkeys(map(without_numbers, values)))
        controls = tuple(dict.fromkeys(map(without_numbers, controls)))
    return name_group(values, controls, field=contrast.field, title=title, near=sorted(near))


def _one_person_once(
    used: pd.DataFrame, people: of_people.People | None
) -> tuple[str, str, list[str]]:
    """Return the block, the filter, and what to say of people with several samples."""
    if people is None or not people.repeated:
        return "", "", []
    if not people.by_title:
        if ";" in people.field:
            return "", "", [f"'{people.field}' names people, but a block can hold no ';'"]
        return people.field, "", []
    found = of_people.timed_people(used)
    rule = of_people.one_sample_each(used, found, used.index.difference(found.index))
    said = f"by their titles, {people.repeated} people gave several samples at different times"
    if rule:
        return "", rule, [f"{said}: the filter keeps one of each"]
    return "", "", [f"{said}: they are no independent people; keep one of each with a filter"]


def _mixture_note(name: str, counts: Mapping[str, int]) -> str:
    shown = f"{len(counts)} values"
    if len(counts) <= MOST_SHOWN:
        shown = ", ".join(f"{value[:30]} {number}" for value, number in counts.items())
    return f"the samples differ in '{name}' too ({shown}): should a filter keep one of them?"


def _contrast_notes(contrast: Contrast) -> list[str]:
    notes = []
    if contrast.kind == "treatment":
        notes.append("this is a treatment, not a disease")
    if contrast.kind == "other":
        notes.append("nothing says that this is a disease")
    if contrast.evidence == "remaining":
        value = contrast.control.values[0]
        notes.append(f"no value is called a control: '{value}' is taken for it as the other one")
    if contrast.joined:
        listed = ", ".join(f"'{value}'" for value in contrast.joined[:MOST_SHOWN])
        notes.append(f"taken for one group: {listed}")
    if len(contrast.control.values) > 1 and contrast.exact:
        listed = ", ".join(f"'{value}'" for value in contrast.control.values[:MOST_SHOWN])
        notes.append(f"several values are taken for controls: {listed}")
    if contrast.left_out:
        listed = [f"'{value}' {number}" for value, number in contrast.left_out.items()]
        more = f" and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
        notes.append(f"neither case nor control: {', '.join(listed[:MOST_SHOWN])}{more}")
    if not contrast.exact:
        notes.append(f"the groups are read out of free text ('{contrast.field}')")
    return notes
