"""The sections on genes: differential expression, and what the diseases share."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crosshub.differential import tested_outcome
from crosshub.meta.pooling import POOLINGS
from crosshub.report.blocks import (
    Column,
    Heading,
    Section,
    Text,
    decimal,
    estimate,
    share,
    small,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.numbers import listed, p_value, plural
from crosshub.report.overlap import network, overlap, ranks
from crosshub.report.source import Source, not_made
from crosshub.shared.conjunction import ADAPTIVE, REASONS, VALID

TOP_DIFFERENTIAL = 20
TOP_SHARED = 50
SINGLE = "one cohort, which stands for itself"
CANNOT_SAY = {
    1: "One cohort says nothing of how the effects differ between cohorts: the interval is that of "
    "this cohort.",
    2: "Two cohorts say whether they agree, but hardly by how much cohorts differ, and nothing of "
    "what a third would show: there is no prediction interval, and none can be left out.",
}
TESTS = {ADAPTIVE: "adaptive filtering", VALID: "the largest p-value with Benjamini–Hochberg"}


def differential(source: Source) -> Section:
    """Show the differential expression of each cohort and of each disease."""
    section = Section("Differential expression")
    fdr = source.config["candidates"]["fdr"]
    _cohorts(source, section, fdr)
    for disease in source.diseases:
        section.add(Heading(f"{disease}: all discovery cohorts together"))
        file = f"diseases/{disease}/differential.tsv"
        found = source.table(file)
        if found is None or found.empty:
            section.add(not_made("The combined table", "differential"))
            continue
        changed = found[found["fdr"] <= fdr]
        up = int((changed["effect"] > 0).sum())
        section.add(
            Text(
                f"{len(changed):,} of {plural(len(found), 'gene')} at a false discovery rate of "
                f"{fdr:g}: {up:,} up, {len(changed) - up:,} down. Method: "
                f"{_method(found['method'].iloc[0])}. {_effect(source, disease)}; I² is the share "
                "of its variation that lies between the cohorts."
            ),
            table(
                found.sort_values(["p_value", "gene"]),
                [
                    words("Gene", "gene"),
                    estimate("Effect (95 % interval)", "effect"),
                    decimal("log2 fold change", "log2fc"),
                    Column("I²", _heterogeneity),
                    Column("95 % prediction", _prediction),
                    truth("Same sign in all cohorts", "same_sign"),
                    small("p", "p_value"),
                    small("FDR", "fdr"),
                ],
                limit=TOP_DIFFERENTIAL,
                file=file,
            ),
        )
        few = CANNOT_SAY.get(int(found["n_cohorts"].iloc[0]))
        section.add(*([Text(few, "note")] if few else []))
        caption = f"{disease}: effects of the genes of smallest p, cohort by cohort and combined."
        section.add(source.picture(f"diseases/{disease}/forest.svg", caption))
    return section


def _effect(source: Source, disease: str) -> str:
    """Say what the effect of a disease is of: two groups, or numbers."""
    own = source.cohorts_of(disease, "discovery")
    fields = {row["cohort"]: row.get("outcome") for row in source.rows if row["cohort"] in own}
    of_numbers = [name for name, field in fields.items() if field]
    groups = "The effect is in standard deviations (Hedges g), cases minus controls"
    if not of_numbers:
        return groups
    if len(of_numbers) == len(own):
        return (
            "The effect is in standard deviations of a gene for one standard deviation of the "
            "outcome, turned so that up goes with the disease"
        )
    return f"{groups}, and in {listed(of_numbers)} for one standard deviation of the outcome"


def _method(name: str) -> str:
    return SINGLE if name == "single" else POOLINGS[name].name


def _heterogeneity(row: dict) -> str:
    if row.get("n_cohorts") == 1:
        return "one cohort"
    return share("", "i2").show(row)


def _prediction(row: dict) -> str:
    if not np.isfinite(row.get("prediction_low", np.nan)):
        return "–"
    return f"{row['prediction_low']:.2f} to {row['prediction_high']:.2f}"


def _cohorts(source: Source, section: Section, fdr: float) -> None:
    rows = []
    for row in source.rows:
        found = source.table(f"cohorts/{row['cohort']}/differential.tsv")
        if found is None or found.empty:
            continue
        changed = found[found["fdr"] <= fdr]
        up = int((changed["log2fc"] > 0).sum())
        numbers = {"tested": _tested(found["contrast"].iloc[0], row, source)}
        numbers |= {"cases": found["n_cases"].iloc[0], "controls": found["n_controls"].iloc[0]}
        numbers |= {"genes": len(found), "up": up, "down": len(changed) - up}
        rows.append({key: row[key] for key in ("cohort", "disease", "role")} | numbers)
    if not rows:
        section.add(not_made("The test of each cohort", "differential"))
        return
    columns = [words(title, title.lower()) for title in ("Cohort", "Disease", "Role")]
    columns += [words("Tested", "tested")]
    columns += [whole(title, title.lower()) for title in ("Cases", "Controls")]
    columns += [whole("Genes tested", "genes")]
    columns += [whole(f"Up, FDR {fdr:g}", "up"), whole(f"Down, FDR {fdr:g}", "down")]
    section.add(
        table(pd.DataFrame(rows), columns, caption="Each cohort by itself"),
    )
    caption = "log2 fold change against evidence; the genes of smallest p are named."
    section.add(*source.pictures([row["cohort"] for row in rows], "volcano", caption))


def _tested(contrast: str, row: Mapping[str, str], source: Source) -> str:
    """Say what the genes of a cohort were tested against, and by which test."""
    by_deseq = row.get("kind") == "counts" and source.config["differential"]["counts"] == "deseq2"
    test = "DESeq2" if by_deseq else "moderated t"
    field, lower = tested_outcome(contrast)
    if not field:
        return f"cases minus controls, {test}"
    return f"one standard deviation of {'lower' if lower else 'higher'} {field}, {test}"


def shared(source: Source) -> Section:
    """Show the genes that the diseases of each comparison share."""
    section = Section("Shared genes")
    for name, comparison in source.comparisons.items():
        section.add(source.heading(name))
        file = f"shared/{name}/genes.tsv"
        genes = source.table(file)
        if genes is None or genes.empty:
            section.add(not_made("The list of shared genes", "shared"))
            continue
        _explain(source, section, genes, comparison)
        section.add(
            source.picture(
                f"shared/{name}/shared.svg",
                f"Effects in the diseases of comparison {name}, in standard deviations.",
            )
        )
        found = genes[genes["shared"].eq(True)]
        if len(found):
            diseases = comparison["diseases"]
            columns = [words("Gene", "gene"), words("Direction", "direction")]
            columns += [_interval(disease) for disease in diseases]
            columns += [share("I² between diseases", "i2")] if found["i2"].notna().any() else []
            columns += [whole("Diseases", "n_diseases"), small("p", "p_value"), small("FDR", "fdr")]
            section.add(table(found, columns, limit=TOP_SHARED, file=file))
            section.add(*_common(found))
        else:
            best = genes.iloc[0]
            section.add(
                Text(
                    f"No gene is shared. The nearest is {best['gene']}: p = "
                    f"{p_value(best['p_value'])}, false discovery rate {p_value(best['fdr'])}."
                )
            )
        overlap(source, section, name)
        ranks(source, section, name)
        network(source, section, name)
    return section


def _interval(disease: str) -> Column:
    def show(row: dict) -> str:
        low, high = row[f"effect_low.{disease}"], row[f"effect_high.{disease}"]
        return f"{row[f'effect.{disease}']:.2f} ({low:.2f} to {high:.2f})"

    return Column(f"Effect, {disease} (95 % interval)", show)


def _common(found: pd.DataFrame) -> list[Text]:
    """Name the shared genes that answer to nearly everything."""
    marked = found.loc[found["responds_commonly"].eq(True), "gene"]
    if marked.empty:
        return []
    names = ", ".join(marked.head(TOP_DIFFERENTIAL))
    text = (
        f"{plural(len(marked), 'shared gene')} of those that are differential in nearly every "
        f"study (column `responds_commonly`): {names}. That they are shared says little of these "
        "diseases."
    )
    return [Text(text, "warning")]


def _background(source: Source, tested: int, diseases: list[str]) -> str:
    """Say of how many genes, and of which, the shared ones were sought."""
    if not source.family:
        return f"{tested:,} that were measured everywhere"
    tables = [source.table(f"diseases/{disease}/differential.tsv") for disease in diseases]
    genes = [set(table["gene"]) for table in tables if table is not None]
    measured = f" ({len(set.intersection(*genes)):,} were measured in all)" if genes else ""
    return f"{tested:,} of {source.family} that were measured everywhere{measured}"


def _explain(source: Source, section: Section, genes: pd.DataFrame, comparison: dict) -> None:
    total, at_least = len(comparison["diseases"]), comparison["at_least"]
    method = genes["method"].iloc[0]
    found = int(genes["shared"].eq(True).sum())
    where = f"all {total} diseases" if at_least == total else f"at least {at_least} of {total}"
    where = where if total > 1 else "the one disease"
    text = (
        f"{plural(found, 'gene')} of {_background(source, len(genes), comparison['diseases'])} "
        f"{'is' if found == 1 else 'are'} changed the same way in {where}, at a false discovery "
        f"rate of {source.config['shared']['fdr']:g}."
    )
    if total > 1:
        text += f" Tested by {TESTS.get(method, method)}"
        text += f": {REASONS[ADAPTIVE]}." if method == ADAPTIVE else "."
    if source.config["candidates"]["modules"] == "require":
        text += " Only genes of modules that are tied to the disease are kept, after the test."
    section.add(Text(text))
    if method == VALID and total > 1:
        reason = REASONS[VALID]
        section.add(Text(f"{reason[0].upper()}{reason[1:]}.", "warning"))
