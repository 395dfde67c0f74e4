"""The query: genes that the store holds, with their directions, effects and weights."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crosshub.errors import DataError
from crosshub.signatures import SignatureStore

log = logging.getLogger(__name__)

# Genes of a side in the reference; with fewer it is not asked.
FEWEST = 3


@dataclass(frozen=True)
class Query:
    """The m genes of a query, the up genes first.

    Attributes
    ----------
    rows
        Their rows in the store, int64.
    signs
        +1 (up) or −1 (down), int8.
    effects
        Signed effects, float64.
    weights
        How much a gene counts in the expression weighted cosine, float64.
    n_genes
        Number of genes that were ranked.
    effect_ranks
        Ranks of the effects, ties averaged, float64.
    """

    rows: np.ndarray
    signs: np.ndarray
    effects: np.ndarray
    weights: np.ndarray
    n_genes: int
    effect_ranks: np.ndarray

    @property
    def n_up(self) -> int:
        """Number of up genes."""
        return int((self.signs > 0).sum())


def find_genes(
    store: SignatureStore, up: Sequence[str], down: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the genes of the query that the store holds, each once.

    Raises
    ------
    DataError
        If a gene is on both sides, if fewer than 3 genes of a side that has any are in the store,
        or if none is.
    """
    both = sorted(set(up) & set(down))
    if both:
        raise DataError(f"query: {len(both)} genes are up and down, first '{both[0]}': keep one")
    found = []
    for side, genes in (("up", up), ("down", down)):
        unique = list(dict.fromkeys(genes))
        present = [gene for gene in unique if gene in store.genes]
        log.info("query: %d of %d %s genes are in the store", len(present), len(unique), side)
        if unique and len(present) < FEWEST:
            raise DataError(
                f"query: {len(present)} of {len(unique)} {side} genes are in {store.folder}, "
                f"{FEWEST} are needed: check that genes are symbols of the same species"
            )
        found.append(present)
    if not found[0] and not found[1]:
        raise DataError("query: it has no genes: relax the choice of shared genes")
    return found[0], found[1]


def make_query(
    store: SignatureStore,
    up: Sequence[str],
    down: Sequence[str],
    *,
    effects: pd.Series | None = None,
    weights: np.ndarray | None = None,
) -> Query:
    """Return the query at the store's rows.

    Parameters
    ----------
    store, up, down
        The reference, and genes that it holds (`find_genes`).
    effects
        Gene → signed effect in the disease; +1 and −1 without it.
    weights
        A weight for each gene of the store, for `expression_weighted_cosine`; 1 without it.

    Raises
    ------
    DataError
        If a gene of the query has no effect, or one whose sign contradicts its side.
    """
    genes = [*up, *down]
    rows = store.rows(genes)
    signs = np.repeat(np.array([1, -1], np.int8), [len(up), len(down)])
    known = signs.astype(float)
    if effects is not None:
        known = effects.groupby(level=0).first().reindex(genes).to_numpy(float)
        wrong = np.flatnonzero(~np.isfinite(known) | (known * signs < 0))
        if len(wrong):
            raise DataError(
                f"query: {len(wrong)} genes have no effect or one against their direction, first "
                f"'{genes[wrong[0]]}': give an effect with the right sign for each"
            )
    given = np.ones(len(genes)) if weights is None else np.asarray(weights, float)[rows]
    return Query(rows, signs, known, given, store.n_genes, rankdata(known))
