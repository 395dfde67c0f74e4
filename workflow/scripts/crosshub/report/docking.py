"""The section on docking: the control first, then the scores."""

from typing import Any

import pandas as pd

from crosshub.report.blocks import (
    Column,
    Section,
    Statement,
    Text,
    decimal,
    table,
    whole,
    words,
)
from crosshub.report.numbers import is_missing, listed, number, percent, plural, text
from crosshub.report.source import Source, not_asked, not_made

TOP = 30
BADGES = {
    True: ("control passed", "good"),
    False: ("control failed", "bad"),
    None: ("no control", "open"),
}


def docking(source: Source) -> Section | None:
    """Show for each protein whether its own ligand was put back, and then the compounds."""
    items = source.config["docking"]
    if not items and not source.config["compounds"]["reference"]:
        return None
    section = Section("Docking")
    if not items:
        what = "the proteins of genes (PDB files or ids)"
        section.add(
            not_asked("Compounds were not docked", "docking", what),
            Text(
                "AutoDock Vina then puts the head of the drug list into the protein; the ligand of "
                "its crystal is docked back first, and tells whether the scores mean anything.",
                "small",
            ),
        )
        return section
    section.add(
        Text(
            "Compounds were docked into the protein of a gene. A score is the estimate of a simple "
            "function for one rigid shape of the protein, not a measured affinity; it says "
            "nothing on whether a compound inhibits or activates, and large compounds score better "
            "than small ones whatever they are. Compare a compound with others of its size."
        )
    )
    for name in source.comparisons:
        section.add(source.heading(name))
        for item in items:
            _protein(source, section, name, item["gene"])
    return section


def _protein(source: Source, section: Section, name: str, gene: str) -> None:
    folder = f"docking/{name}/{gene}"
    control = source.json(f"docking/{gene}/control.json")
    found = source.table(f"{folder}/scores.tsv")
    if control is None or found is None:
        section.add(not_made(f"Docking into {gene}", "docking"))
        return
    badge, tone = BADGES[control["control_passed"]]
    section.add(
        Statement(badge, tone, control["statement"]),
        Text(f"{gene}: {_standing(source, name, gene)} {_prepared(control)}", "small"),
        source.picture(
            f"{folder}/scores.svg",
            f"{gene}: affinities of the docked compounds, with the ligand of the crystal.",
        ),
        _scores(found, control, f"{folder}/scores.tsv"),
    )


def _standing(source: Source, name: str, gene: str) -> str:
    panel = source.table(f"panel/{name}/panel.tsv")
    if panel is None:
        return ""
    chosen = set(panel.loc[panel["in_panel"].astype(str).str.lower() == "true", "gene"])
    return f"the gene is {'' if gene in chosen else 'not '}in the panel of this comparison."


def _prepared(control: dict[str, Any]) -> str:
    parts = [f"{plural(control['residues'], 'residue')} of {control['structure']}"]
    if control["hydrogens"] == "added":
        parts.append("hydrogens were added")
    if control["cut_to_alanine"]:
        parts.append(
            f"{plural(len(control['cut_to_alanine']), 'residue')} with missing atoms cut to alanine"
        )
    if control["residues_left_out"]:
        parts.append(f"{plural(len(control['residues_left_out']), 'residue')} left out")
    if control["incomplete_in_box"]:
        parts.append(f"incomplete inside the box: {listed(control['incomplete_in_box'])}")
    others = [f"{count} {name}" for name, count in control["others_left_out"].items()]
    if others:
        parts.append(f"without {', '.join(others[:8])}{' …' if len(others) > 8 else ''}")
    size = " × ".join(number(side, 1) for side in control["box"]["size"])
    return f"{'; '.join(parts)}; box of {size} Å."


def _scores(found: pd.DataFrame, control: dict[str, Any], file: str) -> Any:
    return table(
        found,
        [
            words("Compound", "name"),
            words("Role", "role"),
            whole("Rank in the drug list", "rank"),
            Column("Affinity, kcal/mol", _affinity),
            decimal("Per heavy atom", "efficiency", missing="–"),
            Column("Heavy atoms", lambda row: _count(row["heavy_atoms"])),
            Column("Weaker, of others as large", _beside),
            Column("Remarks", _remarks, right=False),
        ],
        caption=f"Compounds docked into {control['gene']}{_own(control)}",
        limit=TOP,
        file=file,
    )


def _own(control: dict[str, Any]) -> str:
    if control["control_passed"] is None:
        return ""
    return (
        f"; for comparison {control['ligand']} of the crystal: {number(control['affinity'], 1)} "
        f"kcal/mol, {number(control['efficiency'])} per heavy atom, {control['heavy_atoms']} heavy "
        "atoms"
    )


def _affinity(row: dict[str, Any]) -> str:
    return number(row["affinity"], 1, "not docked")


def _count(value: Any) -> str:
    return "–" if is_missing(value) else f"{int(value)}"


def _beside(row: dict[str, Any]) -> str:
    if is_missing(row["size_matched_weaker"]):
        return "–" if is_missing(row["affinity"]) else "none as large"
    return f"{percent(row['size_matched_weaker'])} of {int(row['size_matched'])}"


def _remarks(row: dict[str, Any]) -> str:
    if not is_missing(row["reason"]) and row["reason"]:
        return text(row["reason"])
    if row["open_stereocentres"]:
        return f"one of the isomers: {plural(row['open_stereocentres'], 'open stereocentre')}"
    return "–"
