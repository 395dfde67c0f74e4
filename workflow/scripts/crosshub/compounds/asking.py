"""Every query of a comparison put to the reference."""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.compounds.choice import named
from crosshub.compounds.query import SHARED, Query
from crosshub.compounds.summary import COLUMNS, mean_by_cell, summarise_compounds
from crosshub.connectivity import match_signatures
from crosshub.signatures import SignatureStore

log = logging.getLogger(__name__)

CARRIED = ("dose", "time", "tas", "replicate_correlation", "quality")


@dataclass(frozen=True)
class Answers:
    """What the reference answers.

    Attributes
    ----------
    compounds
        query, then the columns of `summarise_compounds`, for every query that was asked.
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
        Gives the random numbers of a query by its name, so that the answers do not depend on the
        number of threads.
    threads
        Queries at once; each takes the memory of its own random queries.
    """

    def ask(query: Query) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        matches, null = match(
            store, query, columns, permutations=permutations, rng=generator(query.name)
        )
        compounds = summarise_compounds(matches, null, identity=identity)
        cells = mean_by_cell(matches, identity=identity)
        log.info("%s: %d compounds", query.name, len(compounds))
        return compounds, cells, matches if query.name == SHARED else matches.head(0)

    asked = [query for query in queries if not query.reason]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        found = list(pool.map(ask, asked))
    names = [query.name for query in asked]
    empty = pd.DataFrame(columns=["signature", "compound", "cell", "type", "ncs"])
    return Answers(
        _joined(names, [item[0] for item in found], COLUMNS),
        _joined(names, [item[1] for item in found], ["compound", "cell", "n_signatures", "ncs"]),
        next((item[2] for item in found if len(item[2])), empty),
    )


def match(
    store: SignatureStore,
    query: Query,
    columns: np.ndarray,
    *,
    permutations: int,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Match the signatures that count to one query.

    Returns
    -------
    DataFrame, ndarray
        As `match_signatures` gives them, for these columns; with dose, time, tas,
        replicate_correlation and quality where the reference has them.
    """
    known = inspect.signature(match_signatures).parameters
    extra = {"effects": query.effects, "columns": columns}
    extra = {name: value for name, value in extra.items() if name in known}
    matches, null = match_signatures(
        store, query.side("up"), query.side("down"), permutations=permutations, rng=rng, **extra
    )
    if "columns" not in extra:
        matches, null = matches.iloc[columns].reset_index(drop=True), null[:, columns]
    details = store.signatures.iloc[columns].reset_index(drop=True)
    lacking = [name for name in CARRIED if name in details and name not in matches]
    return matches.assign(**{name: details[name] for name in lacking}), null


def compound_names(store: SignatureStore) -> list[str]:
    """Return the names of the reference's compounds, each once, sorted."""
    return sorted(set(named(store.signatures)))


def _joined(
    names: Sequence[str], tables: Sequence[pd.DataFrame], columns: Sequence[str]
) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=["query", *columns])
    return (
        pd.concat(tables, keys=names, names=["query"]).reset_index("query").reset_index(drop=True)
    )
