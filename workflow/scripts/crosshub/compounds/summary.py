"""The evidence for each compound, over cell lines, doses and replicates."""

import logging

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

log = logging.getLogger(__name__)

_SUMMARY_VALUES = 8_000_000


def summarise_compounds(matches: pd.DataFrame, null: np.ndarray) -> pd.DataFrame:
    """Summarise the signatures of each compound over cell lines, doses and replicates.

    Signatures of controls and of genes (types ``ctl_…`` and ``trt_…`` other than ``trt_cp``) are
    left out.

    Parameters
    ----------
    matches, null
        The two results of `match_signatures`.

    Returns
    -------
    DataFrame
        One row a compound, the most reversing first: rank, compound, n_signatures, n_cells,
        score (of the 67th and the 33rd percentile of ncs, the one further from zero),
        cells_agreeing (share of cell lines whose median ncs is negative), wtcs, xsum, zhang
        (medians), p_value (one-sided, for reversal: the same summary of the same signatures in
        the random queries, so that correlated replicates do not count twice), fdr
        (Benjamini–Hochberg over compounds).

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    other = matches["type"].str.match(r"ctl|trt_(?!cp)").to_numpy(bool)
    if other.any():
        log.info("%d signatures of controls and genes are no compounds", other.sum())
    columns = np.flatnonzero(~other)
    used = matches.iloc[columns]
    grouped = used.groupby("compound", sort=True)
    members = {name: columns[rows] for name, rows in grouped.indices.items()}
    table = pd.DataFrame({"n_signatures": grouped.size(), "n_cells": grouped["cell"].nunique()})
    cells = used.groupby(["compound", "cell"])["ncs"].median() < 0
    table["cells_agreeing"] = cells.groupby("compound").mean()
    for name in ("wtcs", "xsum", "zhang"):
        table[name] = grouped[name].median()
    ncs = matches["ncs"].to_numpy(np.float32)[None]
    score = np.empty(len(table), np.float32)
    p_value = np.empty(len(table))
    for size, places in table.reset_index().groupby("n_signatures").indices.items():
        step = max(1, _SUMMARY_VALUES // (size * max(1, len(null))))
        for start in range(0, len(places), step):
            part = places[start : start + step]
            at = np.array([members[name] for name in table.index[part]])
            score[part] = _max_quantile(ncs[:, at])[0]
            reversing = (_max_quantile(null[:, at]) <= score[part]).sum(axis=0)
            p_value[part] = (1 + reversing) / (len(null) + 1)
    table["score"], table["p_value"] = score, p_value
    table["fdr"] = false_discovery_control(p_value) if len(table) else p_value
    table = table.reset_index().sort_values(["score", "p_value", "compound"], ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    order = ["rank", "compound", "n_signatures", "n_cells", "score", "cells_agreeing"]
    return table[[*order, "wtcs", "xsum", "zhang", "p_value", "fdr"]]


def _max_quantile(values: np.ndarray) -> np.ndarray:
    """Return, over the last axis, the 67th or the 33rd percentile, whichever is further from 0."""
    high, low = np.quantile(values, [0.67, 0.33], axis=-1)
    return np.where(np.abs(high) >= np.abs(low), high, low).astype(np.float32)
