"""The section on compounds that would reverse the shared signature."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from crosshub.chemistry import draw
from crosshub.errors import DataError
from crosshub.report.blocks import (
    Column,
    Section,
    Table,
    Text,
    decimal,
    small,
    table,
    whole,
    words,
)
from crosshub.report.numbers import is_missing, percent, plural, text
from crosshub.report.source import Source, not_asked, not_made
from crosshub.report.svg import inline

TOP = 25
MECHANISMS = 15
DRAWING = (160, 110)


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
    for name in source.comparisons:
        section.add(source.heading(name))
        query = source.json(f"compounds/{name}/query.json")
        if query is not None:
            section.add(Text(_query(query)))
        file = f"compounds/{name}/candidates.tsv"
        found = source.table(file)
        if found is None:
            section.add(not_made("The drug list", "compounds"))
        elif found.empty:
            section.add(Text("The reference holds no signature of a compound."))
        else:
            section.add(
                source.picture(
                    f"compounds/{name}/candidates.svg",
                    "Connectivity scores: the further below zero, the better a compound reverses "
                    "the signature.",
                ),
                _drug_list(found, file, name),
            )
            _mechanisms(source, section, name)
    return section


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
                Column("Leading", lambda row: _first(row["leading"]), right=False),
            ],
            caption="What the reversing compounds have in common (below zero: reversal)",
            limit=MECHANISMS,
            file=file,
        )
    )


def _first(leading: Any) -> str:
    names = text(leading).split("|")
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _query(query: dict[str, Any]) -> str:
    parts = []
    for side in ("up", "down"):
        asked = query[side]
        found = query.get(f"found_{side}")
        part = f"{plural(len(asked), 'gene')} {side}"
        extra = [f"{len(found)} of them in the reference"] if found is not None else []
        if query[f"filled_{side}"]:
            extra.append(f"{query[f'filled_{side}']} filled up with genes that are not shared")
        parts.append(part + (f" ({', '.join(extra)})" if extra else ""))
    return f"Query: {' and '.join(parts)}."


def _drug_list(found: pd.DataFrame, file: str, name: str) -> Table:
    columns = [
        Column("", lambda row: str(int(row["rank"]))),
        Column("Structure", lambda row: _drawing(row, name), right=False),
        Column("Compound, flags", _named, right=False),
        decimal("Score", "score"),
        small("p", "p_value"),
        small("FDR", "fdr"),
        Column("Cell lines that agree", _agreement),
        Column("Phase, mechanism", _known, right=False),
    ]
    listed = found.sort_values("rank", ignore_index=True)
    return table(listed, columns, caption="Drug list", limit=TOP, file=file)


def _drawing(row: dict[str, Any], name: str) -> str | Markup:
    smiles = row.get("smiles")
    if is_missing(smiles) or not smiles:
        return "none"
    try:
        svg = draw(str(smiles), size=DRAWING)
    except DataError:
        return "cannot be drawn"
    return inline(svg, f"d-{name}-{int(row['rank'])}", f"structure of {row['name']}")


def _named(row: dict[str, Any]) -> Markup:
    synonyms = row.get("synonyms")
    notes = _flags(row)
    if not is_missing(synonyms) and synonyms:
        notes.insert(0, f"also {str(synonyms).replace('|', ', ')}")
    small_print = Markup("").join(Markup("<small>{}</small>").format(note) for note in notes)
    return Markup("<b>{}</b>{}").format(row["name"], small_print)


def _agreement(row: dict[str, Any]) -> str:
    return f"{percent(row.get('cells_agreeing'))} of {int(row['n_cells'])}"


def _known(row: dict[str, Any]) -> Markup:
    phase, mechanism = (text(row.get(key)) for key in ("phase", "mechanism"))
    return Markup("{}<small>{}</small>").format(phase, mechanism.replace("|", ", "))


def _flags(row: dict[str, Any]) -> list[str]:
    flags = []
    targets = row.get("targets_in_panel")
    if not is_missing(targets) and targets:
        flags.append(f"target in the panel: {str(targets).replace('|', ', ')}")
    reason = row.get("no_structure")
    if not is_missing(reason) and reason:
        flags.append(str(reason))
    if row.get("pains") is True:
        flags.append("PAINS: may disturb assays")
    violations = row.get("lipinski_violations")
    if not is_missing(violations) and violations > 1:
        flags.append(f"{int(violations)} Lipinski violations")
    return flags
