"""Do the scores agree? A table of rank correlations between them."""

import pandas as pd

from crosshub.connectivity.registry import SCORES


def score_agreement(matches: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's correlation of every two scores over the signatures.

    Parameters
    ----------
    matches
        First result of `match_signatures`.

    Returns
    -------
    DataFrame
        Scores × scores, in the order of `SCORES`, with ncs and tau where the table has them;
        missing where a score is missing or the same in all signatures.
    """
    names = [name for name in ("ncs", "tau", *SCORES) if name in matches]
    names.sort(key=lambda name: ["wtcs", "ncs", "tau", *SCORES].index(name))
    return matches[names].corr(method="spearman", min_periods=3)
