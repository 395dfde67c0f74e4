"""A query against a store: every score, NCS, tau, and a p-value from random queries."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from crosshub.connectivity.normalise import normalise
from crosshub.connectivity.null import gene_classes, null_scores, permutation_p, typical_magnitudes
from crosshub.connectivity.query import find_genes, make_query
from crosshub.connectivity.reference import reference_tau
from crosshub.connectivity.scoring import score_signatures
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore


def match_signatures(
    store: SignatureStore,
    up: Sequence[str],
    down: Sequence[str],
    *,
    effects: pd.Series | None = None,
    columns: np.ndarray | None = None,
    permutations: int,
    rng: np.random.Generator,
    expression: pd.Series | None = None,
    tau_queries: int = 500,
    threads: int = 1,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Score the signatures of the store against a query, with a permutation null.

    Negative is reversal, positive mimicry, in every score. The p-value of one signature is
    lenient: co-regulated genes connect more strongly than random ones to almost everything. The
    ncs, relative to the other signatures, allows for most of that.

    Parameters
    ----------
    store
        The reference.
    up, down
        Symbols of the genes that are up and down in the disease; one side may be empty.
    effects
        Gene → signed effect in the disease, for the cosines and Spearman; without it every gene
        counts +1 or −1.
    columns
        Numbers of the signatures to use; all without it.
    permutations
        Random queries; no p-value is below 1 / (permutations + 1).
    rng
        Random numbers.
    expression
        Gene → weight (a function of its level of expression) for `ewcos`; without it, how
        strongly the gene usually responds in the reference.
    tau_queries
        Reference queries of a cell line and type; tau is missing where there are fewer than 500
        signatures, or where this is less.
    threads
        Same bytes for any number.

    Returns
    -------
    DataFrame
        One row a signature, in the order of `columns`: signature, compound (the signature's id
        where the store knows none) and the other columns of the store's table; wtcs, ncs, tau and
        the other scores by name; p_value (two-sided, of wtcs against random queries of the same
        size and class of genes in the same signature), fdr (Benjamini–Hochberg).
    ndarray
        permutations × signatures, float32: the ncs of the random queries, for
        `compounds.summarise_compounds`.

    Raises
    ------
    DataError
        If `columns` is empty; see also `find_genes` and `make_query`.
    """
    up, down = find_genes(store, up, down)
    table = store.signatures
    if columns is not None:
        table = table.iloc[columns].reset_index(drop=True)
    if table.empty:
        raise DataError(f"{store.folder}: no signature is left: relax the choice of signatures")
    groups = (table["cell"] + "\t" + table["type"]).to_numpy()
    strength = typical_magnitudes(store, columns)
    weights = strength
    if expression is not None:
        weights = expression.groupby(level=0).first().reindex(store.genes).fillna(0).to_numpy(float)
    query = make_query(store, up, down, effects=effects, weights=weights)
    scores = score_signatures(store, query, columns=columns, threads=threads)
    ncs = normalise(scores["wtcs"], groups)
    classes = gene_classes(query.rows, strength, store.gene_table["space"])
    null = null_scores(
        store, query, permutations=permutations, rng=rng, classes=classes, columns=columns,
        threads=threads,
    )  # fmt: skip
    p_value = permutation_p(scores["wtcs"], null)
    tau = reference_tau(
        store, query, ncs, groups, rng=rng, columns=columns, queries=tau_queries, threads=threads
    )
    compound = table["compound"].where(table["compound"] != "", table["signature"])
    found = {"wtcs": scores.pop("wtcs"), "ncs": ncs, "tau": tau, **scores}
    matches = table.assign(compound=compound, **found, p_value=p_value)
    matches["fdr"] = false_discovery_control(p_value)
    return matches, normalise(null, groups)
