"""What the report says of the structures of compounds: identities, scaffolds, known drugs."""

from typing import Any

from markupsafe import Markup

from crosshub.chemistry import draw
from crosshub.errors import DataError
from crosshub.report.blocks import (
    Column,
    Section,
    Text,
    decimal,
    small,
    table,
    whole,
    words,
)
from crosshub.report.numbers import first_items, plural
from crosshub.report.source import Source
from crosshub.report.svg import inline

SCAFFOLDS, NEAREST = 8, 10
DRAWING = (130, 90)


def identities(source: Source, section: Section) -> None:
    """Say what became of the rows of the tables of structures."""
    counts = source.json("compounds/structures.json")
    if not counts or not counts["rows"]:
        return
    section.add(
        Text(
            f"Structures: {plural(counts['rows'], 'row')} of the libraries, of which "
            f"{counts['rows_without_smiles']:,} give none, {counts['rows_unreadable']:,} cannot be "
            f"read and {counts['rows_readable_without_name']:,} readable ones have no name "
            f"(`unreadable_structures.tsv`); {plural(counts['identities'], 'compound')} by "
            f"InChIKey, {counts['identities_with_several_names']:,} of them under several names "
            f"(`identities.tsv`).{_conflicts(counts)}",
            "small",
        )
    )


def _conflicts(counts: dict[str, int]) -> str:
    several = counts["names_in_conflict"]
    if not several:
        return ""
    return (
        f" {plural(several, 'name')} stood for several structures, "
        f"{counts['names_in_conflict_of_connectivity']:,} of them for different molecules and not "
        "for stereoisomers alone: the structure that most rows of the first library give was "
        "taken (`structure_conflicts.tsv`)."
    )


def scaffolds(source: Source, section: Section, name: str) -> None:
    """Show the scaffolds that gather among the hits, and the compounds nearest to known drugs."""
    file = f"compounds/{name}/scaffolds.tsv"
    found = source.table(file)
    if found is not None and (found["hits"] > 0).any():
        shown = found[found["hits"] > 0].reset_index(drop=True)
        shown["place"] = range(len(shown))
        section.add(
            table(
                shown,
                [
                    Column("Scaffold", lambda row: _drawing(row, name), right=False),
                    whole("Hits", "hits"),
                    whole("Compounds", "compounds"),
                    decimal("Expected hits", "expected"),
                    small("p", "p_value"),
                    small("FDR", "fdr"),
                    Column("Hits by name", lambda row: first_items(row["names"]), right=False),
                ],
                caption=f"Scaffolds among the hits ({found['criterion'].iloc[0]})",
                limit=SCAFFOLDS,
                file=file,
            )
        )
    _nearest(source, section, name)


def _nearest(source: Source, section: Section, name: str) -> None:
    file = f"compounds/{name}/neighbours.tsv"
    found = source.table(file)
    if found is None or found["similarity_to_known"].isna().all():
        return
    hits = found[found["hit"] & found["similarity_to_known"].notna()]
    if hits.empty:
        return
    section.add(
        table(
            hits.sort_values(["similarity_to_known", "rank"], ascending=[False, True]),
            [
                whole("Rank", "rank"),
                words("Compound", "name"),
                words("Nearest known drug", "nearest_known"),
                decimal("Similarity (Tanimoto)", "similarity_to_known"),
                whole("Cluster", "cluster"),
            ],
            caption="Hits by their similarity to the known drugs of the diseases",
            limit=NEAREST,
            file=file,
        )
    )


def _drawing(row: dict[str, Any], name: str) -> str | Markup:
    smiles = str(row["scaffold"])
    try:
        svg = draw(smiles, size=DRAWING)
    except DataError:
        return smiles
    return inline(svg, f"s-{name}-{row['place']}", f"scaffold {smiles}")
