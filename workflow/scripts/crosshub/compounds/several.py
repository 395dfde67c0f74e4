"""Compounds that reverse several diseases at once: directional partial conjunction again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crosshub.compounds.found import FDR
from crosshub.compounds.query import DISEASE
from crosshub.differential import benjamini_hochberg
from crosshub.shared.conjunction import partial_conjunction

COLUMNS = ["compound", "reversed_in", "p_all_diseases", "fdr_all_diseases", "p_at_least",
           "fdr_at_least"]  # fmt: skip


def reverse_all(
    compounds: pd.DataFrame,
    diseases: Sequence[str],
    *,
    at_least: int | None = None,
    fdr: float = FDR,
) -> pd.DataFrame:
    """Ask which compounds reverse all of the diseases, or at least so many of them.

    Each disease is asked by its own signature; the p of reversing u of N is the largest of the u
    smallest, times N − u + 1 (for all of them: the maximum), and the false discovery rate is
    Benjamini–Hochberg's. That holds however the diseases depend on each other. The adaptive filter
    that finds shared genes would find more, but needs p-values that are independent between the
    diseases, and these never are: every disease is asked of the same signatures, so that a noisy
    one is extreme for all of them, and the queries share genes.

    Parameters
    ----------
    compounds
        ``compounds.tsv``: query, compound, score, p_value (one-sided, for reversal), fdr.
    diseases
        Those that are asked together. One whose query was not asked reverses nothing: p is 1. Nor
        is one reversed by a compound whose score for it is not below zero, whatever the p.
    at_least
        u; default all.
    fdr
        Level at which `reversed_in` counts.

    Returns
    -------
    DataFrame
        compound, reversed_in (the largest u at which the compound is found at `fdr`),
        p_all_diseases, fdr_all_diseases, p_at_least, fdr_at_least (of u), and score.<disease>,
        p_value.<disease>, fdr.<disease>; sorted by p_all_diseases, the sum of the scores, name.
        Empty for fewer than two diseases.

    References
    ----------
    Benjamini and Heller 2008, Biometrics 64:1215.
    """
    wanted = [f"{DISEASE}.{name}" for name in diseases]
    own = compounds[compounds["query"].isin(wanted)]
    each = [f"{part}.{name}" for name in diseases for part in ("score", "p_value", "fdr")]
    if len(diseases) < 2 or own.empty:
        return pd.DataFrame(columns=[*COLUMNS, *each])
    # The name of a compound does not depend on the query, so names are enough.
    wide = {
        part: own.pivot(index="compound", columns="query", values=part).reindex(columns=wanted)
        for part in ("score", "p_value", "fdr")
    }
    p_values = wide["p_value"].where(wide["score"] < 0, 1.0).fillna(1.0).to_numpy(float)
    number = len(diseases)
    u = at_least or number
    levels = {k: partial_conjunction(p_values, k) for k in range(1, number + 1)}
    rates = {k: benjamini_hochberg(p) for k, p in levels.items()}
    table = pd.DataFrame({"compound": wide["p_value"].index.to_numpy(object)})
    table["reversed_in"] = np.max([k * (rate <= fdr) for k, rate in rates.items()], axis=0)
    table["p_all_diseases"], table["fdr_all_diseases"] = levels[number], rates[number]
    table["p_at_least"], table["fdr_at_least"] = levels[u], rates[u]
    for name, query in zip(diseases, wanted, strict=True):
        for part, values in wide.items():
            table[f"{part}.{name}"] = values[query].to_numpy(float)
    total = wide["score"].sum(axis=1).to_numpy(float)
    table = table.assign(total=total).sort_values(["p_all_diseases", "total", "compound"])
    return table[[*COLUMNS, *each]].reset_index(drop=True)
