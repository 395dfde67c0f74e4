"""Which compounds are found: one meaning for the text, the figures and the tables."""

import numpy as np
import pandas as pd

# The level of the config, compounds.hit_fdr, where none is given.
FDR = 0.1
# The query of what the diseases of a comparison share.
SHARED = "shared"


def reverses(compounds: pd.DataFrame, *, fdr: float = FDR) -> np.ndarray:
    """Return which compounds are found to reverse a signature.

    Parameters
    ----------
    compounds
        Columns score (negative: reversal) and fdr.
    fdr
        Level of the false discovery rate.

    Returns
    -------
    ndarray
        True where the rate is at most the level and the score is below zero: a p can be small
        although the score is not, where the random queries mimic more strongly still.
    """
    return ((compounds["score"] < 0) & (compounds["fdr"] <= fdr)).to_numpy(bool)
