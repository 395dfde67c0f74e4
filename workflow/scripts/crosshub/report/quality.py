"""The section on quality: outliers, sex, what cannot be told from the disease, people twice."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from crosshub.batches import is_batch_like
from crosshub.qc import FLAGS
from crosshub.report.blocks import (
    Column,
    Heading,
    Section,
    Table,
    Text,
    decimal,
    small,
    table,
    whole,
    words,
)
from crosshub.report.numbers import NOT_TESTED, is_missing, listed, number, plural
from crosshub.report.source import Source, not_made

FILE = "cohorts/<cohort>/qc.tsv"
CONFOUNDING = "cohorts/<cohort>/confounding.tsv"
SHOWN = 25
EVIDENCE = {
    "same_sample": "the same GEO sample",
    "same_biosample": "the same BioSample",
    "same_sra": "the same sequencing run",
    "reanalysis": "one says that it reanalyses the other",
    "same_person": "the same person by a field",
    "same_title": "the same person by the title",
    "values": "values too alike for two people",
}
TOLD_APART = {
    "yes": "cannot be told from the disease",
    "partly": "is strongly associated with it",
    "unknown": "not known: only one group gives it",
    "no": "can be told from it",
}


def quality(source: Source) -> Section:
    """Show the quality of each cohort, and the people who occur twice."""
    section = Section("Quality and identity")
    tables = {row["cohort"]: source.table(f"cohorts/{row['cohort']}/qc.tsv") for row in source.rows}
    known = {name: part for name, part in tables.items() if part is not None}
    if known:
        everyone = _together([part.assign(cohort=name) for name, part in known.items()])
        _outliers(section, everyone)
        _sex(section, everyone)
    else:
        section.add(not_made("The quality of the samples", "cohorts"))
    _confounding(source, section)
    caption = (
        "values of each sample, principal components, sex by expression, and how well each sample "
        "goes with the others."
    )
    section.add(*source.pictures(list(known), "qc", caption))
    for name in source.comparisons:
        caption = (
            f"{name}: the series side by side, as they are and after ComBat. Adjusted values are "
            "for the eye only: no test, module or model is made of them."
        )
        section.add(source.picture(f"shared/{name}/batches.svg", caption, folded=True))
    section.add(Heading("People who occur twice"))
    _identity(source, section)
    return section


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all rows; a column that is empty in one table may hold text in another."""
    rows = [row for part in parts for row in part.to_dict("records")]
    return pd.DataFrame(rows, columns=parts[0].columns)


def _outliers(section: Section, everyone: pd.DataFrame) -> None:
    outliers = everyone[everyone["outlier"].eq(True)]
    suspects = everyone[everyone[list(FLAGS.values())].eq(True).any(axis=1)]
    few = everyone.groupby("cohort", sort=False)["connectivity_z"].apply(lambda z: z.isna().all())
    is_are = "is an outlier" if len(outliers) == 1 else "are outliers"
    text = (
        f"{plural(len(outliers), 'sample')} of {len(everyone):,} {is_are}: of four numbers two lie "
        "beyond their line, or one beyond twice its line. The lines: connectivity with the other "
        "samples 2.5 standard deviations below the mean (Oldham 2012); median correlation with "
        "them 6 MADs below that of the group; distance from the group in three principal "
        "components above 4 MADs; median or spread of the values above 5 MADs (MAD: median "
        "absolute deviation, scaled to a standard deviation). Of samples that are all alike in "
        "kind about 1 in 100 is called so, up to 3 in 100 where their differences have heavy "
        f"tails. {plural(len(suspects) - len(outliers), 'more sample')} crossed one line alone. "
        "Nothing was dropped for it; exclude a sample with `filter` in the table of cohorts."
    )
    if everyone["sample"].duplicated().any():
        text += " A sample that serves in several cohorts is judged, and counted, in each."
    section.add(Text(text))
    if few.any():
        section.add(
            Text(f"Too few samples to judge (fewer than six): {listed(few.index[few])}.", "note")
        )
    if len(suspects):
        columns = [
            *(words(title, title.lower()) for title in ("Sample", "Cohort", "Group")),
            Column("Outlier", lambda row: "yes" if row["outlier"] else "no", right=False),
            decimal("Connectivity (z)", "connectivity_z"),
            decimal("Correlation (MADs)", "correlation_d", 1),
            decimal("Distance (MADs)", "pc_distance", 1),
            decimal("Values (MADs)", "distribution_d", 1),
        ]
        suspects = suspects.sort_values("outlier", ascending=False, kind="stable")
        caption = "Outliers, and samples beyond one line"
        section.add(table(suspects, columns, caption=caption, limit=SHOWN, file=FILE))


def _sex(section: Section, everyone: pd.DataFrame) -> None:
    section.add(Heading("Sex"))
    inferred = everyone["sex_inferred"] != "unknown"
    annotated = everyone["sex_annotated"].notna()
    conflicts = everyone[everyone["sex_conflict"].eq(True)]
    both = int((inferred & annotated).sum())
    text = (
        f"Of {len(everyone):,} samples the sex is annotated for {int(annotated.sum()):,} and told "
        f"by XIST and the genes of the Y chromosome for {int(inferred.sum()):,}. "
    )
    if both:
        text += f"Where both are known they agree in {both - len(conflicts):,} of {both:,}. "
        if len(conflicts):
            text += (
                "A sample annotated as the other sex may be another person's: its group may be "
                "wrong as well. Look it up, or exclude it with `filter`."
            )
    section.add(Text(text.strip()))
    if len(conflicts):
        columns = [
            *(words(title, title.lower()) for title in ("Sample", "Cohort", "Group")),
            words("Annotated", "sex_annotated"),
            words("By expression", "sex_inferred"),
            decimal("XIST (rank)", "xist_rank"),
            decimal("Y genes (rank)", "y_rank"),
        ]
        caption = "Samples annotated as the other sex"
        section.add(table(conflicts, columns, caption=caption, limit=SHOWN, file=FILE))


def _confounding(source: Source, section: Section) -> None:
    section.add(Heading("What cannot be told from the disease"))
    found = []
    for row in source.rows:
        part = source.table(f"cohorts/{row['cohort']}/confounding.tsv")
        if part is not None:
            found.append(part.assign(cohort=row["cohort"]))
    if not found:
        section.add(not_made("The comparison of batches with the groups", "cohorts"))
        return
    everything = _together(found)
    if everything.empty:
        section.add(
            Text(
                "No series says anything of batch, day, age or sex, so nobody can know whether the "
                "cases were measured apart from the controls."
            )
        )
        return
    order = list(TOLD_APART)
    everything = everything.sort_values(
        "confounded", key=lambda column: column.map(order.index), kind="stable"
    )
    section.add(Text(_in_words(everything)))
    full = everything[everything["confounded"] == "yes"]
    for row in full.to_dict("records"):
        section.add(
            Text(
                f"{row['cohort']}: '{row['field']}' says all of the group "
                f"({row['cases_controls']}; cases/controls). A change of a gene may be a "
                "difference of that, and no model can tell. Only another cohort can.",
                "warning",
            )
        )
    section.add(_confounding_table(everything))
    known = set(everything.loc[_of_the_work(everything), "cohort"])
    silent = [row["cohort"] for row in source.rows if row["cohort"] not in known]
    if silent:
        where = "any cohort" if len(silent) == len(source.rows) else listed(silent)
        section.add(
            Text(
                f"No field that differs between samples says anything of batch or day in {where}: "
                "whether the cases were measured apart from the controls cannot be known there.",
                "note",
            )
        )


def _of_the_work(everything: pd.DataFrame) -> pd.Series:
    """Say which fields tell of the laboratory's work: batches and days."""
    named = everything["field"].map(lambda name: is_batch_like(str(name)))
    return everything["kind"].isin(["batch", "date"]) | named


def _in_words(everything: pd.DataFrame) -> str:
    number_of = everything["confounded"].value_counts()
    text = (
        "Each field that may stand for a batch, the day of the work, age, sex and the covariates "
        "were held against the groups. "
    )
    yes, partly = (int(number_of.get(key, 0)) for key in ("yes", "partly"))
    if not yes + partly:
        return text + "None is strongly associated with the disease."
    told = f"{plural(yes, 'field')} of a cohort cannot be told from the disease"
    text += f"{told if yes else 'No field says all of the disease'}, "
    text += f"{partly} {'is' if partly == 1 else 'are'} strongly associated with it. "
    if partly:
        text += (
            "What is associated can be a covariate (column `covariates` of the table of cohorts); "
            "the variance of the group's effect then grows by the factor in the table."
        )
    return text.strip()


def _confounding_table(everything: pd.DataFrame) -> Table:
    columns = [
        words("Cohort", "cohort"),
        words("Field", "field"),
        whole("n", "n"),
        Column("Cases / controls", _cases_controls, right=False),
        small("p", "p_value"),
        Column("Strength", _strength),
        Column("Variance grows by", _inflation),
        Column("In words", lambda row: TOLD_APART[row["confounded"]], right=False),
    ]
    caption = "Batch, day, age and sex against the groups"
    return table(everything, columns, caption=caption, limit=40, file=CONFOUNDING)


def _cases_controls(row: Mapping[str, Any]) -> str:
    text = row.get("cases_controls")
    return "–" if is_missing(text) else str(text)


def _strength(row: Mapping[str, Any]) -> str:
    if not is_missing(row.get("smd")):
        return f"{number(row['smd'])} SD"
    if not is_missing(row.get("cramers_v")):
        return f"V = {number(row['cramers_v'])}"
    return NOT_TESTED


def _inflation(row: Mapping[str, Any]) -> str:
    if row["confounded"] == "yes":
        return "no end"
    return number(row.get("variance_inflation"))


def _identity(source: Source, section: Section) -> None:
    links = source.table("identity.tsv")
    if links is None:
        section.add(not_made("The table of people who occur twice", "cohorts"))
        return
    if links.empty:
        section.add(Text("No sample occurs twice: each stands for a person of its own."))
        return
    people = links["identity"].nunique()
    who = "1 person stands" if people == 1 else f"{people:,} people stand"
    section.add(
        Text(
            f"{who} behind more than one sample, or in more than one cohort "
            f"({plural(len(links), 'link')}). All samples of a "
            "person stay on one side of every split of the evaluation. Where people serve two "
            "diseases, the test of shared genes is one that stays valid."
        )
    )
    links = links.assign(evidence=links["evidence"].map(_evidence))
    pairs = links.groupby(["cohort_a", "cohort_b", "evidence"], sort=True).size()
    summary = pairs.rename("links").reset_index()
    columns = [words("Cohort", "cohort_a"), words("and cohort", "cohort_b")]
    columns += [words("What they have in common", "evidence"), whole("Samples", "links")]
    section.add(table(summary, columns, file="identity.tsv"))
    hidden = links[links["sample_a"] != links["sample_b"]]
    if len(hidden):
        columns = [words("Sample", "sample_a"), words("of cohort", "cohort_a")]
        columns += [words("is", "sample_b"), words("of cohort", "cohort_b")]
        columns += [words("Evidence", "evidence")]
        if "detail" in hidden:
            columns.append(words("Detail", "detail"))
        caption = "One person under two accessions"
        section.add(table(hidden, columns, caption=caption, limit=SHOWN, file="identity.tsv"))


def _evidence(text: str) -> str:
    """Say evidence in words; several kinds are joined by a semicolon."""
    return "; ".join(EVIDENCE.get(part.strip(), part.strip()) for part in str(text).split(";"))
