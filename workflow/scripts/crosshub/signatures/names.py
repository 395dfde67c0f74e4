"""What a signature is of: a compound or not, and its name."""

import pandas as pd


def is_compound(types: pd.Series) -> pd.Series:
    """Return which signatures are of compounds: not of controls (``ctl_…``) nor of genes.

    Parameters
    ----------
    types
        Kinds of perturbation: ``trt_cp`` is a compound, any other ``trt_…`` is none; what is not
        named is taken for one.
    """
    return ~types.str.match(r"ctl|trt_(?!cp)", na=False).astype(bool)


def named(signatures: pd.DataFrame) -> pd.Series:
    """Return the compound of each signature; the signature's own id where none is known."""
    return signatures["compound"].where(signatures["compound"] != "", signatures["signature"])
