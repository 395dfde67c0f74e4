"""Random panels: as many genes as a real one, as strongly expressed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd


def draw_panels(
    wanted: pd.Series, pool: Mapping[int, list[str]], draws: int, rng: np.random.Generator
) -> list[list[str]]:
    """Draw panels with as many genes of each class of expression as a real panel has.

    Parameters
    ----------
    wanted
        Class of expression of each gene of the real panel.
    pool
        Class → its genes; see `evaluation.expression_classes`.
    draws
        Number of panels.
    rng
        Random numbers.

    Returns
    -------
    list of list of str
        No gene stands in a panel twice.

    References
    ----------
    Venet, Dumont and Detours 2011, PLoS Computational Biology 7:e1002240.
    """
    counts = wanted.value_counts(sort=False)
    return [
        [gene for name, n in counts.items() for gene in rng.choice(pool[name], n, replace=False)]
        for _ in range(draws)
    ]
