"""The section on compounds that would reverse the shared signature."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crosshub.compounds.found import SHARED, reverses
from crosshub.connectivity import SCORES
from crosshub.connectivity.query import FEWEST
from crosshub.report import structures
from crosshub.report.blocks import (
    Column,
    Section,
    Table,
    Text,
    decimal,
    small,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.drug_list import drug_list
from crosshub.report.numbers import (
    first_items,
    interval,
    is_missing,
    p_value,
    percent,
    plural,
    text,
)
from crosshub.report.source import Source, not_asked, not_made

MECHANISMS = 15
RELATIONS = {"in_panel": "in the panel", "hub": "hub of a tied module", "near_panel": "next to"}


def compounds(source: Source) -> Section:
    """Show the compounds of best rank with their structures and what they rest on."""
    section = Section("Compounds")
    if not source.config["compounds"]["reference"]:
        what = "signatures of compounds (GCTX or TSV)"
        section.add(not_asked("Compounds were not matched", "compounds.reference", what))
        return section
    section.add(
        Text(
            "Compounds whose signatures are opposite to that of the shared genes. This is a list "
            "of hypotheses, not of treatments: between the first two builds of the Connectivity "
            "Map only 17 % of the compounds found themselves again (Lim and Pavlidis 2021), so "
            "most of a list like this one should not be expected to repeat.",
        )
    )
    _recall(source, section)
    structures.identities(source, section)
    section.add(_scores())
    for name in source.comparisons:
        section.add(source.heading(name))
        shared = _queries(source, section, name)
        file = f"compounds/{name}/candidates.tsv"
        found = source.table(file)
        if found is None:
            section.add(not_made("The drug list", "compounds"))
        elif found.empty:
            # What was not asked has said so already.
            if shared.get("asked", True):
                section.add(Text("No compound was scored: the drug list is empty."))
        else:
            section.add(
                Text(_headline(found, source.config["compounds"], shared), "lead"),
                source.picture(
                    f"compounds/{name}/cells.svg",
                    "The first compounds in each cell line: a compound that reverses the signature "
                    "wherever it was tested is worth more than one that does so in one cell line.",
                ),
                source.picture(
                    f"compounds/{name}/candidates.svg",
                    "Connectivity scores: the further below zero, the better a compound reverses "
                    "the signature.",
                    title="Scores",
                    folded=True,
                ),
                source.picture(
                    f"compounds/{name}/agreement.svg",
                    "Rank correlation of every two scores over the signatures: where they "
                    "disagree, the order of the list hangs on the choice of the score.",
                    title="Do the scores agree?",
                    folded=True,
                ),
                Text(
                    "Sorted by p, then by score. The score is the 33rd or 67th percentile over "
                    "cell lines of the mean normalised score within each; p is the share of random "
                    "queries that reverse as well; the mean over cell lines is by random effects, "
                    "with its 95 % interval; `without one` is the worst p with one cell line "
                    "left out; the last false discovery rate is for reversing every disease."
                    + _reference(found),
                    "small",
                ),
                drug_list(found, file, name),
            )
            _mechanisms(source, section, name)
            structures.scaffolds(source, section, name)
        _several(source, section, name)
        _targets(source, section, name)
    return section


def _scores() -> Table:
    """Show whose each score is and what a reader of it must know."""
    rows = [(score.name, score.limits, score.citation) for score in SCORES.values()]
    columns = [words(title, title) for title in ("Score", "What to know of it", "Paper")]
    frame = pd.DataFrame(rows, columns=[column.title for column in columns])
    return table(frame, columns, caption="The scores; p and the order rest on the first")


def _recall(source: Source, section: Section) -> None:
    """Say how often compounds of this reference find themselves again."""
    found = source.table("compounds/recall.tsv")
    if found is None or found.empty:
        return
    row = found[found["within"] == 10].iloc[0]
    share = interval(row["recall"], row["recall_low"], row["recall_high"])
    section.add(
        Text(
            f"In this reference, {plural(row['queries'], 'signature')} of compounds were used as "
            f"queries: {row['found']:.0f} had another signature of the same compound, in another "
            f"cell line, among the first 10 (share {share}; a random order: "
            f"{percent(row['chance'])}). A query from a disease cannot do better than one from the "
            "compound itself.",
        )
    )


def _headline(found: pd.DataFrame, settings: Mapping[str, Any], shared: dict[str, Any]) -> str:
    """Say what was found, and what could not have been."""
    level, permutations = settings["hit_fdr"], settings["permutations"]
    hits = int(reverses(found, fdr=level).sum())
    sentence = (
        f"{plural(hits, 'compound')} of {len(found):,} "
        f"{'reverses' if hits == 1 else 'reverse'} the shared signature at a false discovery rate "
        f"of {level:g}."
    )
    filled, genes = (
        sum(int(shared.get(f"{part}{side}", 0)) for side in ("up", "down"))
        for part in ("filled_", "")
    )
    if filled:
        sentence += (
            f" Of the {plural(genes, 'gene')} of that query {filled:,} are not shared and only "
            "fill it up."
        )
    needed = len(found) / (level * (permutations + 1))
    if needed > 1 and not hits:
        sentence += (
            f" With {permutations:,} random queries no p is below {p_value(1 / (permutations + 1))}"
            f", so that at least {int(-(-needed // 1)):,} compounds would have had to reach it: "
            "raise `compounds.permutations`."
        )
    return sentence


def _queries(source: Source, section: Section, name: str) -> dict[str, Any]:
    """Show what was asked and what was left out; return the row of the shared query, if any."""
    file = f"compounds/{name}/asked.tsv"
    asked = source.table(file)
    if asked is None:
        return {}
    shared = asked[asked["query"] == SHARED].iloc[0].to_dict()
    section.add(Text(_query(shared)))
    if len(asked) > 1:
        columns = [
            Column("Query", _what, right=False),
            whole("Up", "up"),
            whole("Down", "down"),
            whole("Up, in the reference", "up_in_reference"),
            whole("Down, in the reference", "down_in_reference"),
            truth("Asked", "asked"),
            words("Why not", "reason"),
        ]
        section.add(table(asked, columns, caption="Queries", limit=12, file=file))
    file = f"compounds/{name}/left_out.tsv"
    left_out = source.table(file)
    if left_out is None or left_out.empty:
        return shared
    counts = left_out.groupby("reason", sort=False)["signatures"].sum()
    parts = [f"{number:,} {reason}" for reason, number in counts.items()]
    lost = left_out.loc[left_out["all_left_out"], "compound"].nunique()
    section.add(
        Text(
            f"Signatures left out: {'; '.join(parts)}. Of {plural(lost, 'name')} nothing is left "
            f"(`{file}`).",
            "small",
        )
    )
    return shared


def _what(row: dict[str, Any]) -> str:
    parts = [row["kind"], row.get("disease"), row.get("module")]
    return " ".join(str(part) for part in parts if not is_missing(part) and part)


def _reference(found: pd.DataFrame) -> str:
    names = found["reference"].dropna().unique() if "reference" in found else []
    return f" Asked of {names[0]}." if len(names) else ""


def _query(query: dict[str, Any]) -> str:
    """Say what stands for the shared signature, or why nothing does."""
    if not query["asked"]:
        reason = text(query["reason"])
        return f"The shared signature was not asked, so that there is no drug list: {reason}."
    parts = []
    for side in ("up", "down"):
        part = f"{plural(query[side], 'gene')} {side}"
        extra = [f"{query[f'{side}_in_reference']} of them in the reference"]
        if query[f"filled_{side}"]:
            extra.append(f"{query[f'filled_{side}']} filled up with genes that are not shared")
        if query[side] and query[f"{side}_in_reference"] < FEWEST:
            extra.append("too few, not asked")
        parts.append(f"{part} ({', '.join(extra)})")
    return f"Query: {' and '.join(parts)}."


def _several(source: Source, section: Section, name: str) -> None:
    diseases = source.comparisons[name]["diseases"]
    file = f"compounds/{name}/multi_disease.tsv"
    found = source.table(file)
    if found is None or found.empty:
        return
    level = source.config["compounds"]["hit_fdr"]
    hits = int((found["fdr_all_diseases"] <= level).sum())
    columns = [
        words("Compound", "compound"),
        whole("Diseases reversed", "reversed_in"),
        small("p, all", "p_all_diseases"),
        small("FDR, all", "fdr_all_diseases"),
        *[decimal(f"Score, {disease}", f"score.{disease}") for disease in diseases],
    ]
    section.add(
        Text(
            f"Each disease was also asked by its own signature: {plural(hits, 'compound')} "
            f"{'reverses' if hits == 1 else 'reverse'} all {len(diseases)} at a false discovery "
            f"rate of {level:g} (largest p over the diseases with Benjamini–Hochberg, which holds "
            "although every disease is asked of the same signatures)."
        ),
        table(found, columns, caption="Compounds and every disease", limit=10, file=file),
    )


def _mechanisms(source: Source, section: Section, name: str) -> None:
    file = f"compounds/{name}/mechanisms.tsv"
    found = source.table(file)
    if found is None or found.empty:
        return
    section.add(
        table(
            found,
            [
                words("Mechanism or target", "name"),
                words("", "kind"),
                whole("Compounds", "compounds"),
                decimal("Normalised score", "normalised_score"),
                small("p", "p_value"),
                small("FDR", "fdr"),
                Column("Leading", lambda row: first_items(row["leading"]), right=False),
            ],
            caption="What the reversing compounds have in common (below zero: reversal)",
            limit=MECHANISMS,
            file=file,
        )
    )


def _targets(source: Source, section: Section, name: str) -> None:
    """Show the compounds whose known target is a gene of the panel, a hub or a neighbour."""
    file = f"compounds/{name}/target_matches.tsv"
    found = source.table(file)
    if found is None:
        return
    if found.empty:
        given = "" if source.config["compounds"]["structures"] else " (no structures are given)"
        section.add(
            Text(f"No known compound has a gene of the panel or a hub as its target{given}.")
        )
        return
    section.add(
        Text(
            "Apart from signatures: compounds whose known target is a gene of the panel, a hub of "
            "a module that is tied to a disease, or next to the panel in known interactions. "
            "Whether the compound opposes the change is read from the words of its mechanism."
        ),
        _target_table(found, file),
    )


def _target_table(found: pd.DataFrame, file: str) -> Table:
    columns = [
        words("Compound", "compound"),
        words("Phase", "phase"),
        words("Mechanism", "mechanism"),
        words("Target", "target"),
        Column("Where it stands", _relation, right=False),
        words("In disease", "direction"),
        Column("Opposes", lambda row: _opposes(row["opposes"]), right=False),
        Column("Rank by signature", lambda row: _rank(row["rank"])),
    ]
    return table(found, columns, caption="Compounds by target", limit=15, file=file)


def _relation(row: dict[str, Any]) -> str:
    words_of = RELATIONS.get(row["relation"], str(row["relation"]))
    return f"{words_of} {row['gene']}" if row["relation"] == "near_panel" else words_of


def _opposes(value: Any) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), "not known")


def _rank(value: Any) -> str:
    return "no signature" if is_missing(value) else f"{int(value):,}"
