"""Scaffolds that gather among the hits of a drug list."""

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from crosshub.chemistry.drawing import draw_grid
from crosshub.compounds.found import FDR, reverses
from crosshub.differential import benjamini_hochberg

SMALLEST_CLASS = 3
# Without enough significant compounds the best ones are the hits: this share, at least so many.
FEWEST_HITS, BEST_SHARE = 20, 0.05
EMPTY = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='420' height='40'><text x='10' y='25' "
    "font-family='sans-serif' font-size='13'>No scaffold is shared by three compounds with a hit "
    "among them.</text></svg>"
)
COLUMNS = ["scaffold", "compounds", "hits", "expected", "fold", "p_value", "fdr", "names"]


def is_hit(candidates: pd.DataFrame, *, fdr: float = FDR) -> tuple[np.ndarray, str]:
    """Return which compounds of a drug list are hits, and by what criterion.

    Parameters
    ----------
    candidates
        Columns score (negative: reversal) and fdr, the best compound first.
    fdr
        Hits are the reversing compounds up to this level; where they are fewer than 20, the best
        5 % of the list, at least 20 and at most a third of it.

    Returns
    -------
    ndarray
        True for a hit.
    str
        The criterion in words.
    """
    significant = reverses(candidates, fdr=fdr)
    if significant.sum() >= FEWEST_HITS:
        return significant, f"reversing, FDR at most {fdr:g}"
    number = min(max(FEWEST_HITS, round(BEST_SHARE * len(candidates))), len(candidates) // 3)
    return np.arange(len(candidates)) < number, f"the best {number} of the list"


def enrich_scaffolds(candidates: pd.DataFrame, hits: np.ndarray) -> pd.DataFrame:
    """Test Murcko scaffolds for more hits than chance would give (hypergeometric).

    Compounds with a structure are the background, each counted as one. Analogues were often
    tested together in the same cell lines: hits of one series may be hits for that reason.

    Parameters
    ----------
    candidates
        Columns name, smiles and scaffold (both empty without a structure), one row a compound,
        the best first.
    hits
        True for each hit among them.

    Returns
    -------
    DataFrame
        scaffold (SMILES), compounds (with it), hits (among these), expected (by chance), fold,
        p_value (one-sided: as many or more), fdr (Benjamini–Hochberg over scaffolds), names (of
        the hits, joined by ``|``, the best first); the most significant first. Scaffolds of fewer
        than three compounds are not tested.

    References
    ----------
    Bemis and Murcko 1996, Journal of Medicinal Chemistry 39:2887.
    """
    has = (candidates["smiles"].fillna("") != "").to_numpy()
    table = candidates[has].assign(hit=np.asarray(hits, bool)[has])
    total, drawn = len(table), int(table["hit"].sum())
    rows = []
    for scaffold, group in table[table["scaffold"].fillna("") != ""].groupby("scaffold"):
        if len(group) < SMALLEST_CLASS:
            continue
        found, expected = int(group["hit"].sum()), len(group) * drawn / total
        p_value = hypergeom.sf(found - 1, total, len(group), drawn)
        fold = found / expected if expected else np.nan
        names = "|".join(group.loc[group["hit"], "name"])
        rows.append((scaffold, len(group), found, expected, fold, p_value, np.nan, names))
    result = pd.DataFrame(rows, columns=COLUMNS)
    result["fdr"] = benjamini_hochberg(result["p_value"].to_numpy(float))
    return result.sort_values(["p_value", "scaffold"], ignore_index=True)


def draw_scaffolds(table: pd.DataFrame, *, limit: int = 12) -> str:
    """Return drawings of the most significant scaffolds as one ``<svg>`` element.

    Parameters
    ----------
    table
        Result of `enrich_scaffolds`.
    limit
        Most scaffolds that are drawn.
    """
    shown = table[table["hits"] > 0].head(limit)
    if shown.empty:
        return EMPTY
    legends = [
        f"hits {row.hits} of {row.compounds}, FDR {row.fdr:.2g}"
        for row in shown.itertuples(index=False)
    ]
    return draw_grid(list(shown["scaffold"]), legends)
