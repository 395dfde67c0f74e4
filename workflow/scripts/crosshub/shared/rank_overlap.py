"""Two diseases compared along all genes, without a threshold: rank-rank hypergeometric overlap.

References
----------
Plaisier, Taschereau, Wong and Graeber 2010, Rank-rank hypergeometric overlap, Nucleic Acids
Research 38:e169. Cahill et al. 2018, Improved identification of concordant and discordant gene
expression signatures using an updated rank-rank hypergeometric overlap approach, Scientific
Reports 8:9588 (each corner from its own end).
"""

import numpy as np
import pandas as pd
from scipy.special import gammaln

STEPS = 40
CORNERS = {"up_up": (1, 1), "down_down": (-1, -1), "up_down": (1, -1), "down_up": (-1, 1)}
CONCORDANT = ("up_up", "down_down")


def rank_overlap(a: pd.DataFrame, b: pd.DataFrame, *, steps: int = STEPS) -> pd.DataFrame:
    """Compare the ends of the lists of two diseases.

    Parameters
    ----------
    a, b
        Tables of `meta.combine.combine_cohorts`; the genes of both are ranked by the sign of the
        effect times -log10 p.
    steps
        Cut points from the end of each list to its middle.

    Returns
    -------
    DataFrame
        corner (up_up, down_down, up_down, down_up: direction in a, in b), rank_a, rank_b (genes
        from that end), overlap, expected, log10_p (of the one-sided hypergeometric test; 0 where
        the overlap is not larger than expected).
    """
    a, b = a.set_index("gene"), b.set_index("gene")
    genes = a.index.intersection(b.index)
    places = [_places(table.loc[genes]) for table in (a, b)]
    n = len(genes)
    cuts = np.unique(np.linspace(0, n // 2, min(steps, n // 2) + 1).astype(int))[1:]
    parts = [_corner(name, *places, cuts, n) for name in CORNERS]
    return pd.concat(parts, ignore_index=True)


def _places(table: pd.DataFrame) -> np.ndarray:
    """Return the place of each gene, 0 the most up."""
    p = np.maximum(table["p_value"].to_numpy(float), np.finfo(float).tiny)
    evidence = -np.sign(table["effect"].to_numpy(float)) * -np.log10(p)
    place = np.empty(len(table), int)
    place[np.argsort(evidence, kind="stable")] = np.arange(len(table))
    return place


def _corner(name: str, a: np.ndarray, b: np.ndarray, cuts: np.ndarray, n: int) -> pd.DataFrame:
    first, second = (
        place if side > 0 else n - 1 - place
        for place, side in zip((a, b), CORNERS[name], strict=True)
    )
    step_a, step_b = (np.searchsorted(cuts, place, side="right") for place in (first, second))
    counted = np.zeros((len(cuts) + 1, len(cuts) + 1), int)
    np.add.at(counted, (step_a, step_b), 1)
    overlap = counted.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
    rank_a, rank_b = np.meshgrid(cuts, cuts, indexing="ij")
    log_p = log_tail(overlap, rank_a, rank_b, n) / np.log(10)
    return pd.DataFrame(
        {
            "corner": name,
            "rank_a": rank_a.ravel(),
            "rank_b": rank_b.ravel(),
            "overlap": overlap.ravel(),
            "expected": (rank_a * rank_b / n).ravel(),
            "log10_p": log_p.ravel(),
        }
    )


def log_tail(overlap: np.ndarray, a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """Return the logarithm of the hypergeometric p of at least that overlap.

    Parameters
    ----------
    overlap, a, b
        Genes of both lists, and the lengths of the lists.
    n
        Genes in all.

    Returns
    -------
    ndarray
        0 where the overlap is not larger than expected. The library's tail takes a loop for each
        number, and permutations need millions of them.
    """
    result = np.zeros(overlap.shape)
    above = overlap > a * b / n
    k, a, b = (values[above].astype(float) for values in (overlap, a, b))
    chosen = [(a, k), (n - a, b - k), (np.full_like(a, n), b)]
    parts = [gammaln(m + 1) - gammaln(i + 1) - gammaln(m - i + 1) for m, i in chosen]
    term, total, j = np.ones_like(k), np.ones_like(k), k.copy()
    # Beyond the expected overlap each term is smaller than the one before it.
    while term.size and (term > total * 1e-13).any():
        term = term * (a - j) * (b - j) / ((j + 1) * (n - a - b + j + 1))
        total += term
        j += 1
    result[above] = parts[0] + parts[1] - parts[2] + np.log(total)
    return result


def strongest(found: pd.DataFrame) -> dict[str, float]:
    """Return the largest -log10 p of the concordant and of the discordant corners."""
    alike = found["corner"].isin(CONCORDANT)
    return {
        "concordant": float(-found.loc[alike, "log10_p"].min()),
        "discordant": float(-found.loc[~alike, "log10_p"].min()),
    }


def summarise(
    found: pd.DataFrame, null: list[dict[str, float]], diseases: tuple[str, str]
) -> pd.DataFrame:
    """Return the strongest overlap of two diseases, with the p that it has among permuted labels.

    The points of the map are tests of nested lists of correlated genes: their own p is a score, and
    only the p of the strongest among permutations is a p.

    Parameters
    ----------
    found
        Of `rank_overlap`.
    null
        Of `strongest`, one a permutation; may be empty.
    diseases
        Their names.

    Returns
    -------
    DataFrame
        disease_a, disease_b, agreement (concordant, discordant), corner, rank_a, rank_b, overlap,
        expected, log10_p, p_value.
    """
    rows = []
    for kind, alike in [("concordant", True), ("discordant", False)]:
        part = found[found["corner"].isin(CONCORDANT) == alike]
        best = part.loc[part["log10_p"].idxmin()]
        above = sum(permuted[kind] >= -best["log10_p"] for permuted in null)
        p_value = (1 + above) / (1 + len(null)) if null else np.nan
        names = {"disease_a": diseases[0], "disease_b": diseases[1], "agreement": kind}
        rows.append(names | best.to_dict() | {"p_value": p_value})
    return pd.DataFrame(rows)
