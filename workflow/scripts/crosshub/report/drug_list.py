"""The drug list of the report: drawings, evidence, flags."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from crosshub.chemistry import draw
from crosshub.errors import DataError
from crosshub.report.blocks import Column, Table, table
from crosshub.report.numbers import interval, is_missing, number, p_value, percent, text
from crosshub.report.svg import inline

TOP = 25
DRAWING = (140, 100)


def drug_list(found: pd.DataFrame, file: str, name: str) -> Table:
    """Return the table of the compounds of best rank.

    Parameters
    ----------
    found
        ``candidates.tsv``.
    file
        Where it is.
    name
        Of the comparison; makes the drawings' ids unique.
    """
    columns = [
        Column("", lambda row: str(int(row["rank"]))),
        Column("Structure", lambda row: _drawing(row, name), right=False),
        Column("Compound, flags", _named, right=False),
        Column("Score, mean", _score),
        Column("p, FDR, FDR in all", _significance),
        Column("Cell lines agreeing", _agreement),
        Column("Phase, mechanism", _known, right=False),
    ]
    listed = found.sort_values("rank", ignore_index=True)
    return table(listed, columns, caption="Drug list", limit=TOP, file=file)


def _score(row: dict[str, Any]) -> Markup:
    mean = row.get("effect")
    note = ""
    if not is_missing(mean):
        note = interval(mean, row.get("effect_low"), row.get("effect_high"))
    return Markup("{}<small>{}</small>").format(number(row["score"]), note)


def _significance(row: dict[str, Any]) -> Markup:
    notes = [f"FDR {p_value(row['fdr'])}"]
    if not is_missing(row.get("fdr_all_diseases")):
        notes.append(f"all {p_value(row['fdr_all_diseases'])}")
    return Markup("{}{}").format(p_value(row["p_value"]), _small(notes))


def _small(notes: list[str]) -> Markup:
    return Markup("").join(Markup("<small>{}</small>").format(note) for note in notes)


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
    return Markup("<b>{}</b>{}").format(row["name"], _small(notes))


def _agreement(row: dict[str, Any]) -> Markup:
    notes = []
    if not is_missing(row.get("i2")):
        notes.append(f"I² {percent(row['i2'])}")
    if not is_missing(row.get("leave_one_out_p")):
        notes.append(f"without one p {p_value(row['leave_one_out_p'])}")
    if not is_missing(row.get("tas")):
        notes.append(f"TAS {number(row['tas'])}")
    agreeing = f"{percent(row.get('cells_agreeing'))} of {int(row['n_cells'])}"
    return Markup("{}{}").format(agreeing, _small(notes))


def _known(row: dict[str, Any]) -> Markup:
    phase, mechanism = (text(row.get(key)) for key in ("phase", "mechanism"))
    return Markup("{}<small>{}</small>").format(phase, mechanism.replace("|", ", "))


def _flags(row: dict[str, Any]) -> list[str]:
    flags = []
    targets = row.get("targets_in_panel")
    if not is_missing(targets) and targets:
        flags.append(f"target in the panel: {str(targets).replace('|', ', ')}")
    near = row.get("targets_near_panel")
    if not is_missing(near) and near:
        flags.append(f"target next to the panel: {str(near).replace('|', ', ')}")
    reason = row.get("no_structure")
    if not is_missing(reason) and reason:
        flags.append(str(reason))
    if row.get("pains") is True:
        flags.append("PAINS: may disturb assays")
    violations = row.get("lipinski_violations")
    if not is_missing(violations) and violations > 1:
        flags.append(f"{int(violations)} Lipinski violations")
    return flags
