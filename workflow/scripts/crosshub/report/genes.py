"""The sections on genes: differential expression, and what the diseases share."""

import pandas as pd

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
from crosshub.report.numbers import p_value, plural
from crosshub.report.source import Source, not_made
from crosshub.shared import ADAPTIVE, REASONS, VALID

TOP_DIFFERENTIAL = 20
TOP_SHARED = 50
METHODS = {
    "single": "one cohort, which stands for itself",
    "common_effect": "the common effect of the cohorts, weighted by their precision",
    "random_effects": "random effects (REML, Hartung–Knapp)",
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
                f"{fdr:g}: {up:,} up, {len(changed) - up:,} down in cases. Method: "
                f"{METHODS.get(found['method'].iloc[0], found['method'].iloc[0])}. The effect is "
                "in standard deviations (Hedges g), cases minus controls; I² is the share of its "
                "variation that lies between the cohorts."
            ),
            table(
                found.sort_values(["p_value", "gene"]),
                [
                    words("Gene", "gene"),
                    estimate("Effect (95 % interval)", "effect"),
                    decimal("log2 fold change", "log2fc"),
                    Column("I²", _heterogeneity),
                    truth("Same sign in all cohorts", "same_sign"),
                    small("p", "p_value"),
                    small("FDR", "fdr"),
                ],
                limit=TOP_DIFFERENTIAL,
                file=file,
            ),
        )
    return section


def _heterogeneity(row: dict) -> str:
    if row.get("n_cohorts") == 1:
        return "one cohort"
    return share("", "i2").show(row)


def _cohorts(source: Source, section: Section, fdr: float) -> None:
    rows = []
    for row in source.rows:
        found = source.table(f"cohorts/{row['cohort']}/differential.tsv")
        if found is None or found.empty:
            continue
        changed = found[found["fdr"] <= fdr]
        up = int((changed["log2fc"] > 0).sum())
        numbers = {"cases": found["n_cases"].iloc[0], "controls": found["n_controls"].iloc[0]}
        numbers |= {"genes": len(found), "up": up, "down": len(changed) - up}
        rows.append({key: row[key] for key in ("cohort", "disease", "role")} | numbers)
    if not rows:
        section.add(not_made("The test of each cohort", "differential"))
        return
    columns = [words(title, title.lower()) for title in ("Cohort", "Disease", "Role")]
    columns += [whole(title, title.lower()) for title in ("Cases", "Controls")]
    columns += [whole("Genes tested", "genes")]
    columns += [whole(f"Up, FDR {fdr:g}", "up"), whole(f"Down, FDR {fdr:g}", "down")]
    section.add(
        table(pd.DataFrame(rows), columns, caption="Each cohort by itself (moderated t)"),
    )
    caption = "log2 fold change against evidence; the genes of smallest p are named."
    section.add(*source.pictures([row["cohort"] for row in rows], "volcano", caption))


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
            columns += [decimal(f"Effect, {disease}", f"effect.{disease}") for disease in diseases]
            columns += [whole("Diseases", "n_diseases"), small("p", "p_value"), small("FDR", "fdr")]
            section.add(table(found, columns, limit=TOP_SHARED, file=file))
        else:
            best = genes.iloc[0]
            section.add(
                Text(
                    f"No gene is shared. The nearest is {best['gene']}: p = "
                    f"{p_value(best['p_value'])}, false discovery rate {p_value(best['fdr'])}."
                )
            )
        _overlap(source, section, name)
    return section


def _explain(source: Source, section: Section, genes: pd.DataFrame, comparison: dict) -> None:
    total, at_least = len(comparison["diseases"]), comparison["at_least"]
    method = genes["method"].iloc[0]
    found = int(genes["shared"].eq(True).sum())
    where = f"all {total} diseases" if at_least == total else f"at least {at_least} of {total}"
    where = where if total > 1 else "the one disease"
    text = (
        f"{plural(found, 'gene')} of {len(genes):,} that were measured everywhere "
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


def _overlap(source: Source, section: Section, name: str) -> None:
    file = f"shared/{name}/overlap.tsv"
    overlap = source.table(file)
    if overlap is None:
        section.add(not_made("The test of the size of the overlap", "shared"))
        return
    if overlap.empty:
        return
    columns = [
        Column("Diseases", lambda row: str(row["diseases"]).replace(",", ", "), right=False),
        whole("In at least", "at_least"),
        whole("Shared genes", "observed"),
        whole("Genes with p ≤ 0.01", "statistic"),
        decimal("Expected by chance", "expected", 1),
        small("p of the overlap", "p_value"),
    ]
    permutations = int(overlap["permutations"].iloc[0])
    how = (
        f"p from {permutations:,} permutations of the labels, jointly for diseases that share a "
        "series; it is of the number of genes with p ≤ 0.01."
        if permutations
        else "The overlap was not tested against permuted labels (`shared.permutations` is 0)."
    )
    section.add(table(overlap, columns, caption="Size of the overlap", file=file))
    section.add(Text(how, "small"))
