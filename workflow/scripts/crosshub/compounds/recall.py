"""How often a reference finds a compound again: by its own signatures in another cell line."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crosshub.assessment.thresholds import wilson
from crosshub.compounds.choice import named
from crosshub.compounds.summary import keys_of
from crosshub.connectivity import (
    extreme_genes,
    group_signatures,
    make_query,
    normalise,
    score_sets,
)
from crosshub.signatures import SignatureStore

COLUMNS = ["within", "queries", "found", "recall", "recall_low", "recall_high", "chance"]
TOP = (1, 10, 100)
SIDE = 50


def self_recall(
    store: SignatureStore,
    columns: np.ndarray,
    rng: np.random.Generator,
    *,
    queries: int,
    identity: Mapping[str, str] | None = None,
    side: int = SIDE,
    threads: int = 1,
) -> pd.DataFrame:
    """Measure how often a signature finds its own compound in another cell line.

    A drawn signature is made a query of its highest and its lowest genes, and the signatures in
    other cell lines are ranked by their ncs. This is the most that a query from a disease can hope
    for: here the query comes from the compound itself.

    Parameters
    ----------
    store
        The reference.
    columns
        Signatures that count.
    rng
        Draws the signatures, at most one of a compound.
    queries
        Their number; fewer where fewer compounds were tested in two cell lines.
    identity
        See `summary.summarise_compounds`.
    side
        Genes on each side of a query; at most a quarter of those measured.
    threads
        Same bytes for any number.

    Returns
    -------
    DataFrame
        within (the first 1, 10, 100 signatures), queries, found, recall, recall_low, recall_high
        (95 %, Wilson), chance (what a random order would find, mean over the queries). Empty where
        no compound was tested in two cell lines.

    References
    ----------
    Lim and Pavlidis 2021, Scientific Reports 11:17624 (17 % between two builds of the Connectivity
    Map).
    """
    table = store.signatures.iloc[columns].reset_index(drop=True)
    keys = keys_of(named(table), identity)
    several = table["cell"].groupby(keys).nunique()
    wanted = sorted(several.index[several > 1])
    if not wanted or queries < 1:
        return pd.DataFrame(columns=COLUMNS)
    drawn = rng.permutation(len(wanted))[:queries]
    places = [rng.choice(np.flatnonzero(keys == wanted[i])) for i in drawn]
    side = min(side, store.n_genes // 4)
    groups = group_signatures(table["cell"], table["type"])
    cells, keys = table["cell"].to_numpy(), keys.to_numpy()
    ranks, owns, totals = [], [], []
    sets = extreme_genes(store, columns[places], side, side)
    symbols = store.genes[sets[0]]
    query = make_query(store, list(symbols[:side]), list(symbols[side:]))
    scores = score_sets(store, query, sets, columns=columns, threads=threads)
    for place, own_scores in zip(places, scores, strict=True):
        elsewhere = cells != cells[place]
        ncs = normalise(own_scores, groups)[elsewhere]
        own = (keys == keys[place])[elsewhere]
        # Ties count against it: the compound stands behind those of the same score.
        ranks.append(int((ncs >= ncs[own].max()).sum()))
        owns.append(int(own.sum()))
        totals.append(int(elsewhere.sum()))
    rows = []
    for within in TOP:
        found = int((np.array(ranks) <= within).sum())
        recall, low, high = wilson(found, len(ranks))
        chance = np.mean([_chance(within, own, of) for own, of in zip(owns, totals, strict=True)])
        rows.append((within, len(ranks), found, recall, low, high, float(chance)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _chance(within: int, own: int, total: int) -> float:
    """Return the chance that any of `own` is among the first `within` of `total`, drawn blindly."""
    free = total - own
    if within > free:
        return 1.0
    missed = np.log1p(-own / (total - np.arange(within)))
    return float(1 - np.exp(missed.sum()))
