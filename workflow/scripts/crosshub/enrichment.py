"""Which gene sets the shared genes belong to, by gseapy from local GMT files."""

from collections.abc import Mapping, Sequence

import gseapy
import pandas as pd

from crosshub.differential import benjamini_hochberg

SMALLEST_SET, LARGEST_SET = 5, 500
COLUMNS = ["source", "query", "gene_set", "overlap", "size", "p_value", "fdr", "genes"]


def enrich(genes: pd.DataFrame, sources: Mapping[str, Mapping[str, Sequence[str]]]) -> pd.DataFrame:
    """Test gene sets for more shared genes than chance would give (hypergeometric).

    Parameters
    ----------
    genes
        Table of `shared.find_shared`; all its genes are the background.
    sources
        Name of a collection → gene sets.

    Returns
    -------
    DataFrame
        source, query (all, up, down), gene_set, overlap, size (genes of the set in the background),
        p_value, fdr (over all sets of a source and query), genes (joined by ``;``); best first.
        Sets with fewer than 5 or more than 500 genes of the background are not tested.
    """
    background = set(genes["gene"])
    found = genes[genes["shared"]]
    queries = {"all": set(found["gene"])}
    for side in ("up", "down"):
        queries[side] = set(found.loc[found["direction"] == side, "gene"])
    rows = []
    for source, sets in sources.items():
        tested = {name: sorted(background.intersection(members)) for name, members in sets.items()}
        tested = {
            name: members
            for name, members in tested.items()
            if SMALLEST_SET <= len(members) <= LARGEST_SET
        }
        for query, members in queries.items():
            if tested and members:
                rows.append(_enrich(sorted(members), tested, background, source, query))
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(rows, ignore_index=True)
    return table.sort_values(["p_value", "source", "query", "gene_set"], ignore_index=True)


def _enrich(
    members: list[str],
    sets: dict[str, list[str]],
    background: set[str],
    source: str,
    query: str,
) -> pd.DataFrame:
    hits = {name: sorted(set(genes).intersection(members)) for name, genes in sets.items()}
    p_value = pd.Series(1.0, index=list(sets))
    if any(hits.values()):
        result = gseapy.enrich(
            gene_list=members, gene_sets=sets, background=background, outdir=None, no_plot=True
        ).results
        p_value.update(result.set_index("Term")["P-value"])
    return pd.DataFrame(
        {
            "source": source,
            "query": query,
            "gene_set": list(sets),
            "overlap": [len(hits[name]) for name in sets],
            "size": [len(sets[name]) for name in sets],
            "p_value": p_value.to_numpy(),
            "fdr": benjamini_hochberg(p_value.to_numpy()),
            "genes": [";".join(hits[name]) for name in sets],
        }
    )
