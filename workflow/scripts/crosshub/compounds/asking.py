"""Every query of a comparison put to the reference."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.compounds.found import SHARED
from crosshub.compounds.query import Query
from crosshub.compounds.summary import (
    COLUMNS,
    CompoundTally,
    mean_by_cell,
    summarise_compounds,
)
from crosshub.connectivity import match_signatures
from crosshub.signatures import SignatureStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answers:
    """What the reference answers.

    Attributes
    ----------
    compounds
        query, then the columns of `summarise_compounds`, for every query that was asked; and
        reference (`SignatureStore.label`).
    cells
        query, compound, cell, n_signatures, ncs (mean).
    matches
        The signatures for the shared query, as `match_signatures` gives them; empty if that query
        was not asked.
    """

    compounds: pd.DataFrame
    cells: pd.DataFrame
    matches: pd.DataFrame


def ask_all(
    store: SignatureStore,
    queries: Sequence[Query],
    columns: np.ndarray,
    *,
    identity: Mapping[str, str] | None = None,
    permutations: int,
    generator: Callable[[str], np.random.Generator],
    batch: int | None = None,
    threads: int = 1,
) -> Answers:
    """Put every query to the reference, each with its own random queries.

    Parameters
    ----------
    store
        The reference.
    queries
        Of `query.build_queries`; those with a reason are not asked.
    columns
        Signatures that count (`choice.choose_signatures`).
    identity
        See `summarise_compounds`.
    permutations
        Random queries for each query.
    generator
        Gives the random numbers of a query by its name, so that a query that is added or left out
        changes the answers of no other.
    batch
        Random queries at a time (`connectivity.null_scores`); same bytes for any number.
    threads
        Same bytes for any number.
    """
    asked = [query for query in queries if not query.reason]
    compounds, cells = [], []
    kept = pd.DataFrame(columns=["signature", "compound", "cell", "type", "ncs"])
    kept = kept.astype({"ncs": np.float32})
    for query in asked:
        found, matches = ask(
            store,
            query.side("up"),
            query.side("down"),
            identity=identity,
            effects=query.effects,
            columns=columns,
            permutations=permutations,
            rng=generator(query.name),
            batch=batch,
            threads=threads,
        )
        compounds.append(found)
        cells.append(mean_by_cell(matches, identity=identity))
        kept = matches if query.name == SHARED else kept
        log.info("%s: %d compounds", query.name, len(compounds[-1]))
    names = [query.name for query in asked]
    return Answers(
        _joined(names, compounds, COLUMNS).assign(reference=store.label),
        _joined(names, cells, ["compound", "cell", "n_signatures", "ncs"]),
        kept,
    )


def ask(
    store: SignatureStore,
    up: Sequence[str],
    down: Sequence[str],
    *,
    identity: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put one query to the reference; return its compounds and its signatures.

    Parameters
    ----------
    store, up, down, options
        See `match_signatures`.
    identity
        See `summarise_compounds`.
    """
    tallies: list[CompoundTally] = []

    def follow(signatures: pd.DataFrame) -> Callable[[np.ndarray], None]:
        tallies.append(CompoundTally(signatures, identity))
        return tallies[0].add

    matches = match_signatures(store, up, down, follow=follow, **options)
    return summarise_compounds(matches, tallies[0]), matches


def _joined(
    names: Sequence[str], tables: Sequence[pd.DataFrame], columns: Sequence[str]
) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=["query", *columns])
    return (
        pd.concat(tables, keys=names, names=["query"]).reset_index("query").reset_index(drop=True)
    )
