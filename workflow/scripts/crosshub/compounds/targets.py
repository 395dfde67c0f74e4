"""Genes of the panel and hubs of modules as targets of compounds, whatever their signatures say."""

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from crosshub.lists import split_items

COLUMNS = [
    *("compound", "inchikey", "phase", "mechanism", "target", "relation", "gene", "interaction"),
    *("direction", "action", "opposes", "rank"),
]
PANEL, HUB, NEAR = "in_panel", "hub", "near_panel"
# The longer word first: an inverse agonist lowers what an agonist raises.
_LOWERS = re.compile(
    r"inverse agonist|inhibitor|antagonist|blocker|degrader|suppressant|depleter", re.IGNORECASE
)
_RAISES = re.compile(r"agonist|activator|stimulant|opener|inducer|enhancer", re.IGNORECASE)


def neighbours_of(genes: Sequence[str], interactions: pd.DataFrame | None) -> pd.DataFrame:
    """Return the partners of genes in a table of interactions.

    Parameters
    ----------
    genes
        Of the panel.
    interactions
        Of `interactions.read_interactions`: gene_a, gene_b, score; None where none is given.

    Returns
    -------
    DataFrame
        gene (of `genes`), partner, score; the strongest first.
    """
    if interactions is None or not len(genes):
        return pd.DataFrame({"gene": [], "partner": [], "score": []})
    turned = interactions.rename(columns={"gene_a": "gene_b", "gene_b": "gene_a"})
    both = pd.concat([interactions, turned], ignore_index=True)
    both = both[both["gene_a"].isin(set(genes))]
    both = both.rename(columns={"gene_a": "gene", "gene_b": "partner"})
    return both.sort_values(["score", "gene", "partner"], ascending=[False, True, True])[
        ["gene", "partner", "score"]
    ].reset_index(drop=True)


def match_targets(
    structures: pd.DataFrame,
    panel: Sequence[str],
    hubs: Sequence[str],
    neighbours: pd.DataFrame,
    directions: Mapping[str, str],
    ranks: Mapping[str, int],
) -> pd.DataFrame:
    """Find the compounds whose known target is of the panel, a hub, or next to the panel.

    Every compound of the tables of structures is asked, whether or not it has a signature.

    Parameters
    ----------
    structures
        name, targets (joined by ``|``); inchikey, phase and mechanism where they are there.
    panel, hubs
        Genes of the panel; hubs of modules that are tied to a disease.
    neighbours
        Of `neighbours_of`.
    directions
        Of `directions_of`: gene → ``up`` or ``down`` in the disease, for the genes that change.
    ranks
        Name of a compound in lower case → its rank in the drug list.

    Returns
    -------
    DataFrame
        compound, inchikey, phase, mechanism, target, relation (in_panel, hub, near_panel), gene
        (the target itself; for near_panel its strongest partner in the panel), interaction (score
        of that), direction (of the target in the disease, empty if it is not found to change),
        action (lowers, raises, empty: by the words of the mechanism), opposes (whether the action
        is against the direction; empty if either is unknown), rank (in the drug list; missing
        without a signature). Names of one InChIKey are one compound, called as in the drug list.
        A target is named once for each compound, by its closest relation; first the panel, then
        hubs, then neighbours, the strongest interaction first.
    """
    best = neighbours.drop_duplicates("partner").set_index("partner")
    relations = {gene: (NEAR, *best.loc[gene, ["gene", "score"]]) for gene in best.index}
    relations |= {gene: (HUB, gene, None) for gene in hubs}
    relations |= {gene: (PANEL, gene, None) for gene in panel}
    rows = []
    for row in _once(structures, ranks).to_dict("records"):
        for target in dict.fromkeys(split_items(row.get("targets"))):
            if target not in relations:
                continue
            relation, gene, score = relations[target]
            mechanism = row.get("mechanism")
            action = action_of(mechanism)
            direction = directions.get(target, "")
            known = bool(action and direction)
            opposes = (action == "lowers") == (direction == "up") if known else ""
            rows.append(
                {
                    "compound": row["name"],
                    **{name: row.get(name, "") for name in ("inchikey", "phase", "mechanism")},
                    "target": target,
                    "relation": relation,
                    "gene": gene,
                    "interaction": score,
                    "direction": direction,
                    "action": action,
                    "opposes": opposes,
                    "rank": ranks.get(str(row["name"]).lower()),
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["rank"] = table["rank"].astype("Int64")
    table["interaction"] = table["interaction"].astype(float)
    order = table["relation"].map({PANEL: 0, HUB: 1, NEAR: 2}).astype(float)
    table = table.assign(order=order, strength=-table["interaction"].fillna(0))
    by = ["order", "strength", "gene", "target", "rank", "compound"]
    return table.sort_values(by, ignore_index=True, na_position="last")[COLUMNS]


def _once(structures: pd.DataFrame, ranks: Mapping[str, int]) -> pd.DataFrame:
    """Return one row for each InChIKey, that of a name in the drug list if there is one."""
    place = structures["name"].astype(str).str.lower().map(ranks).astype(float)
    ordered = structures.assign(place=place).sort_values("place", kind="stable", na_position="last")
    keys = ordered["inchikey"].astype(object).fillna("")
    again = keys.duplicated() & (keys != "")
    return ordered[~again].drop(columns="place").sort_index()


def hubs_of(candidates: Iterable[pd.DataFrame]) -> list[str]:
    """Return the hubs of modules that are tied to a disease, from the diseases' candidates."""
    return sorted({gene for table in candidates for gene in _hubs(table)["gene"]})


def directions_of(genes: pd.DataFrame, candidates: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Return the direction of the genes that are found to change, and of no other.

    Every measured gene has a direction, if only that of noise.

    Parameters
    ----------
    genes
        ``shared/{comparison}/genes.tsv``: gene, direction, shared.
    candidates
        Of each disease: gene, direction, hub, module_tied.

    Returns
    -------
    dict
        Shared gene → its direction; hub of a tied module that is not shared → that in its disease,
        unless it goes up in one disease and down in another.
    """
    hubs: dict[str, set[str]] = {}
    for table in candidates:
        for gene, direction in _hubs(table)[["gene", "direction"]].itertuples(index=False):
            hubs.setdefault(gene, set()).add(direction)
    found = {gene: min(each) for gene, each in hubs.items() if len(each) == 1}
    shared = genes[genes["shared"].astype(str).str.lower() == "true"]
    return found | dict(zip(shared["gene"], shared["direction"], strict=True))


def _hubs(candidates: pd.DataFrame) -> pd.DataFrame:
    return candidates[candidates["hub"].astype(bool) & candidates["module_tied"].astype(bool)]


def ranks_of(candidates: pd.DataFrame) -> dict[str, int]:
    """Return the rank of every name in the drug list, in lower case; synonyms too."""
    ranks = {}
    for name, more, rank in zip(
        candidates["name"], candidates["synonyms"], candidates["rank"], strict=True
    ):
        for each in (name, *split_items(more)):
            ranks.setdefault(str(each).lower(), int(rank))
    return ranks


def action_of(mechanism: object) -> str:
    """Return what a mechanism does to its target: lowers, raises, or empty if that is not clear."""
    found = set()
    for name in split_items(mechanism):
        rest, lowers = _LOWERS.subn("", name)
        raises = _RAISES.search(rest)
        found.add("" if bool(lowers) == bool(raises) else "lowers" if lowers else "raises")
    return found.pop() if len(found) == 1 else ""
