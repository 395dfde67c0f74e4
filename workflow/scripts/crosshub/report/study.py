"""The first sections: the verdict, and the cohorts."""

from typing import Any

import pandas as pd

from crosshub.report.blocks import (
    Column,
    Section,
    Statement,
    Table,
    Text,
    estimate,
    small,
    table,
    whole,
    words,
)
from crosshub.report.numbers import count, plural
from crosshub.report.source import Source, not_made
from crosshub.shared.conjunction import REASONS, VALID

FEWEST_PERMUTATIONS = 19


def verdict(source: Source) -> Section:
    """Say in words what the panels are worth."""
    section = Section("Verdict")
    for name, comparison in source.comparisons.items():
        section.add(source.heading(name))
        found = source.json(f"evaluation/{name}/verdict.json")
        if found is None:
            section.add(not_made("The verdict", "evaluation"))
            continue
        own = {disease: found[disease] for disease in comparison["diseases"] if disease in found}
        genes = source.table(f"shared/{name}/genes.tsv")
        section.add(Text(_in_short(comparison, own, genes), "lead"))
        section.add(*(_statement(item) for item in own.values()))
        section.add(_verdict_table(own, f"evaluation/{name}/verdict.json"))
        if genes is not None and len(genes) and genes["method"].iloc[0] == VALID:
            section.add(Text(f"Mind: {REASONS[VALID]}.", "warning"))
        permutations = min((item.get("permutations", 0) for item in own.values()), default=0)
        if 0 < permutations < FEWEST_PERMUTATIONS:
            section.add(
                Text(
                    f"With {permutations} permutations no p can be below "
                    f"{1 / (permutations + 1):.2g}: raise `evaluation.permutations` to "
                    f"{FEWEST_PERMUTATIONS} or more.",
                    "warning",
                )
            )
    return section


def _in_short(comparison: dict[str, Any], found: dict[str, Any], genes: Any) -> str:
    parts = []
    size = max((item.get("panel_size", 0) for item in found.values()), default=0)
    if genes is not None:
        shared, total = int(genes["shared"].eq(True).sum()), len(comparison["diseases"])
        at_least = comparison["at_least"]
        where = f"all {total} diseases" if at_least == total else f"at least {at_least} of {total}"
        alike = f"changed alike in {where}" if total > 1 else f"changed in {next(iter(found))}"
        is_are = "is" if shared == 1 else "are"
        parts.append(f"{plural(shared, 'gene')} {is_are} {alike}; the panel holds {size}.")
    tested = [item for item in found.values() if item["beats_chance"] is not None]
    better = sum(item["beats_chance"] for item in tested)
    if tested:
        parts.append(
            f"On samples that it has not seen, the procedure beats chance in {better} of "
            f"{plural(len(found), 'disease')}"
            + (f" ({len(found) - len(tested)} not tested)." if len(tested) < len(found) else ".")
        )
    else:
        parts.append(
            "It was not tested against chance, so nothing is known of its worth "
            "(`evaluation.permutations`)."
        )
    outside = sum(item["cohorts_tested"] for item in found.values())
    held = sum(item["cohorts_validated"] for item in found.values())
    if outside:
        parts.append(f"The panel holds in {held} of {plural(outside, 'independent cohort')}.")
    else:
        parts.append("There was no independent cohort to test it in.")
    shared = sum(len(item.get("cohorts_not_independent", {})) for item in found.values())
    if shared:
        verb = "is" if shared == 1 else "are"
        cohorts = plural(shared, "validation cohort")
        parts.append(f"{cohorts} {verb} not independent of discovery and so did not count.")
    return " ".join(parts)


def _statement(item: dict[str, Any]) -> Statement:
    badge, tone = {
        True: ("beats chance", "good"),
        False: ("does not beat chance", "bad"),
        None: ("not tested", "open"),
    }[item["beats_chance"]]
    if not item.get("panel_size", 1):
        badge, tone = "no panel", "bad"
    return Statement(badge, tone, item["statement"])


def _verdict_table(found: dict[str, Any], file: str) -> Table:
    frame = pd.DataFrame([{"disease": disease, **item} for disease, item in found.items()])
    columns = [
        words("Disease", "disease"),
        estimate("Cross-validated AUC (95 % interval)", "auc"),
        small("p, permuted labels", "p_permutation"),
        small("p, random panels", "p_random_panels"),
        Column(
            "Independent cohorts in which it holds",
            lambda row: (
                f"{row['cohorts_validated']} of {row['cohorts_tested']}"
                if row["cohorts_tested"]
                else "none to test"
            ),
        ),
    ]
    return table(frame, columns, file=file)


def cohorts(source: Source) -> Section:
    """Show the cohorts: what came in, what was left out and why, and on what scale it was."""
    section = Section("The study")
    frame = pd.DataFrame([_cohort(source, row) for row in source.rows])
    section.add(
        Text(
            f"{plural(len(frame), 'cohort')} of {plural(len(source.diseases), 'disease')}. The "
            "panel was found in the cohorts of discovery alone; those of validation were only "
            "scored."
        ),
        table(
            frame,
            [
                *(words(title, title.lower()) for title in ("Cohort", "Disease", "Role")),
                *(words(title, title.lower()) for title in ("Accession", "Platform", "Kind")),
                whole("Samples", "samples"),
                whole("Cases", "cases"),
                whole("Controls", "controls"),
                whole("Excluded", "excluded"),
                whole("Genes", "genes"),
            ],
            caption="Cohorts",
            file="run/datasets.tsv",
        ),
        table(
            frame,
            [
                words("Cohort", "cohort"),
                words("Samples left out, and why", "reasons"),
                words("Scale of the values", "scale"),
                words("From probes to genes", "probes"),
            ],
            caption="What was done to each cohort",
            file="cohorts/<cohort>/preparation.json",
        ),
    )
    return section


def _cohort(source: Source, row: Any) -> dict[str, Any]:
    result = {key: row.get(key, "") for key in ("cohort", "disease", "role", "accession", "kind")}
    result["platform"] = row.get("platform", "")
    samples = source.table(f"cohorts/{row['cohort']}/samples.tsv")
    if samples is not None:
        groups = samples["group"].value_counts()
        result |= {
            "samples": len(samples),
            "cases": int(groups.get("case", 0)),
            "controls": int(groups.get("control", 0)),
            "excluded": int(groups.get("excluded", 0)),
        }
        reasons = samples.loc[samples["group"] == "excluded", "reason"].value_counts(sort=False)
        listed = [f"{number}: {reason}" for reason, number in sorted(reasons.items())]
        result["reasons"] = "; ".join(listed) or "none"
    prepared = source.json(f"cohorts/{row['cohort']}/preparation.json")
    if prepared is not None:
        result["genes"] = prepared["probes"]["genes"]
        result["scale"] = _scale(prepared["values"])
        result["probes"] = _probes(prepared["probes"])
    return result


def _scale(values: dict[str, Any]) -> str:
    votes = ", ".join(f"{number} {name}" for name, number in values.get("votes", {}).items())
    told = f"decided by {values['decided_by']}"
    told += f"; of {values['samples']} samples: {votes}" if votes else ""
    parts = [f"{values['scale']} ({told})", values["transformation"], values["units"]]
    parts += ["normalised to one distribution"] * bool(values.get("quantile_normalised"))
    return "; ".join([*parts, *values["warnings"]])


def _probes(probes: dict[str, Any]) -> str:
    lost = [
        ("not_in_annotation", "not in the annotation"),
        ("without_gene", "without a gene"),
        ("ambiguous", "of several genes"),
        ("with_missing_values", "with gaps"),
    ]
    parts = [f"{count(probes['in'])} in"]
    parts += [f"{count(probes[key])} {why}" for key, why in lost if probes.get(key)]
    if probes.get("renamed"):
        parts.append(f"{plural(probes['renamed'], 'symbol')} brought up to date")
    dates = [f"{item['from']} to {item['to']}" for item in probes.get("excel_dates", [])]
    if dates:
        parts.append(f"dates of a spreadsheet repaired: {', '.join(dates)}")
    joined = f" (probes of a gene: {probes['joined_by']})" if probes.get("joined_by") else ""
    return ", ".join(parts) + f"; {count(probes['genes'])} genes{joined}"
