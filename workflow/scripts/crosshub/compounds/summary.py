"""The evidence for each compound: within a cell line first, then over cell lines."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.compounds.cells import (
    left_out,
    max_quantile,
    over_cells,
    within_cell_variance,
)
from crosshub.connectivity import SCORES as REGISTERED
from crosshub.differential import benjamini_hochberg
from crosshub.signatures.names import is_compound

log = logging.getLogger(__name__)

_SUMMARY_VALUES = 8_000_000
SCORES = ("wtcs", "tau", *(name for name in REGISTERED if name != "wtcs"))
COLUMNS = [
    *("rank", "compound", "score", "p_value", "fdr", "n_signatures", "n_cells", "synonyms"),
    *("mimic_p_value", "mimic_fdr", "cells_agreeing"),
    *("effect", "effect_low", "effect_high", "i2", "leave_one_out_score", "leave_one_out_p"),
]
# What the release says of a signature: the strongest, and the middle of the replicates.
STRENGTHS = {"tas": "max", "replicate_correlation": "median"}


@dataclass(frozen=True)
class _Layout:
    """Signatures ordered by compound and cell line, and where each begins.

    Attributes
    ----------
    columns
        Columns of the matches, ordered.
    cell_starts, cell_sizes
        Place of the first signature of each cell line of each compound, and their number.
    compound_starts, n_cells
        Place of the first cell line of each compound among the cell lines, and their number.
    """

    columns: np.ndarray
    cell_starts: np.ndarray
    cell_sizes: np.ndarray
    compound_starts: np.ndarray
    n_cells: np.ndarray


class CompoundTally:
    """Judges each compound by random queries that are seen some at a time and kept never.

    Parameters
    ----------
    matches
        Signatures with ``compound``, ``cell``, ``type`` and ``ncs``, as `match_signatures` gives
        them to the one who follows.
    identity
        As for `summarise_compounds`.
    """

    def __init__(self, matches: pd.DataFrame, identity: Mapping[str, str] | None = None) -> None:
        other = ~is_compound(matches["type"]).to_numpy()
        if other.any():
            log.info("%d signatures of controls and genes are no compounds", other.sum())
        used = matches[["compound", "cell", "ncs"]].assign(
            key=keys_of(matches["compound"], identity), column=np.arange(len(matches))
        )[~other]
        self.ordered = used.sort_values(["key", "cell", "column"], kind="stable", ignore_index=True)
        self.layout = _lay_out(self.ordered)
        self.ncs = matches["ncs"].to_numpy(np.float32)[None]
        self.random_queries = 0
        self._lower, self._higher = np.zeros((2, len(self.layout.n_cells)), np.int64)
        # Of each cell line that is left out.
        self._lower_without = np.zeros(len(self.layout.cell_sizes), np.int64)

    def add(self, null: np.ndarray) -> None:
        """Count where these random queries × signatures (ncs, float32) reach what was observed."""
        self.random_queries += len(null)
        for compounds, cells in _blocks(self.layout, len(null)):
            observed = _means(self.ncs, cells, self.layout)
            random = _means(null, cells, self.layout)
            score, simulated = max_quantile(observed)[0], max_quantile(random)
            self._lower[compounds] += (simulated <= score).sum(axis=0)
            self._higher[compounds] += (simulated >= score).sum(axis=0)
            if cells.shape[1] > 1:
                pairs = zip(left_out(observed), left_out(random), strict=True)
                for place, (own, others) in enumerate(pairs):
                    self._lower_without[cells[:, place]] += (others <= own[0]).sum(axis=0)

    def tests(self) -> dict[str, np.ndarray]:
        """Return the score of each compound, and its p by the random queries so far."""
        layout = self.layout
        missing = np.full((3, len(layout.n_cells)), np.nan)
        found = dict(zip(("score", "leave_one_out_score", "leave_one_out_p"), missing, strict=True))
        for compounds, cells in _blocks(layout, 1):
            observed = _means(self.ncs, cells, layout)
            found["score"][compounds] = max_quantile(observed)[0]
            if cells.shape[1] > 1:
                own = [score[0] for score in left_out(observed)]
                found["leave_one_out_score"][compounds] = np.max(own, axis=0)
                p = self._p(self._lower_without[cells])
                found["leave_one_out_p"][compounds] = p.max(axis=1)
        return {"p_value": self._p(self._lower), "mimic_p_value": self._p(self._higher), **found}

    def _p(self, beyond: np.ndarray) -> np.ndarray:
        return (1 + beyond) / (self.random_queries + 1)


def summarise_compounds(
    matches: pd.DataFrame,
    null: np.ndarray | CompoundTally,
    *,
    identity: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Summarise the signatures of each compound over doses, times, replicates and cell lines.

    The ncs is averaged within each cell line, so that a cell line in which a compound was tested
    ten times counts once. Names of one identity are one compound before anything is tested: the
    best of five names is not chosen after looking. Signatures of controls and of genes (types
    ``ctl_…`` and ``trt_…`` other than ``trt_cp``) are left out.

    Parameters
    ----------
    matches
        Result of `match_signatures`; columns of other scores, tas and replicate_correlation are
        summarised where they are there.
    null
        The tally of the same signatures, which has seen all random queries; or their ncs, random
        queries × signatures.
    identity
        Name of a compound in lower case → what it is (InChIKey); other names stand for themselves,
        in any case. A tally was given it already.

    Returns
    -------
    DataFrame
        One row a compound, sorted by p_value, score and name: rank, compound (the name with most
        signatures), synonyms (the other names, joined by ``|``), n_signatures, n_cells, score (of
        the 67th and the 33rd percentile over cell lines of the mean ncs, the one further from
        zero), p_value (one-sided, for reversal: the same summary of the same signatures in the
        random queries, so that correlated replicates do not count twice), fdr (Benjamini–Hochberg
        over compounds), mimic_p_value, mimic_fdr (for the other direction), cells_agreeing (share
        of cell lines whose mean ncs is negative), effect, effect_low, effect_high (mean ncs over
        cell lines by random effects, 95 %; missing limits with one cell line), i2 (missing where no
        cell line has replicates), leave_one_out_score, leave_one_out_p (the worst for reversal as
        each cell line in turn is left out; missing with one), medians of the scores, and tas (the
        largest), replicate_correlation (median) where the reference has them.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437 (ncs, the quantile over cell lines). Hartung and Knapp
    2001, Statistics in Medicine 20:3875 (random effects).
    """
    tally = null if isinstance(null, CompoundTally) else CompoundTally(matches, identity)
    if tally is not null:
        tally.add(null)
    ordered = tally.ordered
    grouped = ordered.groupby("key", sort=True)
    table = _names(ordered).join(pd.DataFrame({"n_signatures": grouped.size()}))
    table["n_cells"] = tally.layout.n_cells
    for name, values in tally.tests().items():
        table[name] = values
    table["fdr"] = benjamini_hochberg(table["p_value"].to_numpy(float))
    table["mimic_fdr"] = benjamini_hochberg(table["mimic_p_value"].to_numpy(float))
    for name, values in _evidence(tally.ncs, tally.layout).items():
        table[name] = values
    described = matches.iloc[ordered["column"]].reset_index(drop=True)
    columns = list(COLUMNS)
    for name in (*SCORES, *STRENGTHS):
        if name in matches:
            numbers = pd.to_numeric(described[name], errors="coerce")
            how = STRENGTHS.get(name, "median")
            table[name] = numbers.groupby(ordered["key"]).agg(how).reindex(table.index)
            columns.append(name)
    table = table.sort_values(["p_value", "score", "compound"], ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return table[columns]


def keys_of(names: pd.Series, identity: Mapping[str, str] | None) -> pd.Series:
    """Return what each name stands for: its identity, or the name in lower case."""
    lower = names.astype(str).str.lower()
    return lower if not identity else lower.map(identity).fillna(lower)


def mean_by_cell(
    matches: pd.DataFrame, *, identity: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the mean ncs of each compound in each cell line.

    Parameters
    ----------
    matches, identity
        As for `summarise_compounds`.

    Returns
    -------
    DataFrame
        compound (as `summarise_compounds` names it), cell, n_signatures, ncs.
    """
    used = matches[is_compound(matches["type"])]
    used = used.assign(key=keys_of(used["compound"], identity))
    names = _names(used)["compound"]
    grouped = used.groupby(["key", "cell"], sort=True)["ncs"]
    table = grouped.agg(n_signatures="size", ncs="mean").reset_index()
    table.insert(0, "compound", table.pop("key").map(names))
    return table.sort_values(["compound", "cell"], ignore_index=True)


def _names(used: pd.DataFrame) -> pd.DataFrame:
    """Return compound and synonyms by key; the name with most signatures, never the best score."""
    counts = used.groupby(["key", "compound"]).size().rename("n").reset_index()
    counts = counts.sort_values(["key", "n", "compound"], ascending=[True, False, True])
    names = counts.groupby("key", sort=True)["compound"]
    others = {key: "|".join(rows.iloc[1:]) for key, rows in names if len(rows) > 1}
    table = pd.DataFrame({"compound": names.first()}).astype(object)
    table["synonyms"] = table.index.map(others).fillna("") if others else ""
    return table


def _lay_out(ordered: pd.DataFrame) -> _Layout:
    cells = ordered.groupby(["key", "cell"], sort=True).size()
    sizes = cells.to_numpy()
    n_cells = cells.groupby(level="key", sort=True).size().to_numpy()
    return _Layout(
        ordered["column"].to_numpy(),
        np.cumsum(sizes) - sizes,
        sizes,
        np.cumsum(n_cells) - n_cells,
        n_cells,
    )


def _blocks(layout: _Layout, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield compounds of the same number of cell lines, and their cell lines, compounds × cells."""
    for number in np.unique(layout.n_cells):
        compounds = np.flatnonzero(layout.n_cells == number)
        cells = layout.compound_starts[compounds][:, None] + np.arange(number)
        step = max(1, int(_SUMMARY_VALUES / (max(rows, 1) * layout.cell_sizes[cells].sum(1).max())))
        for start in range(0, len(compounds), step):
            yield compounds[start : start + step], cells[start : start + step]


def _means(values: np.ndarray, cells: np.ndarray, layout: _Layout) -> np.ndarray:
    """Average the signatures of each cell line: rows × compounds × cells."""
    sizes = layout.cell_sizes[cells].ravel()
    starts = np.cumsum(sizes) - sizes
    places = np.repeat(layout.cell_starts[cells].ravel() - starts, sizes) + np.arange(sizes.sum())
    total = np.add.reduceat(values[:, layout.columns[places]], starts, axis=1)
    return (total / sizes.astype(np.float32)).reshape(len(values), *cells.shape)


def _evidence(ncs: np.ndarray, layout: _Layout) -> dict[str, np.ndarray]:
    """Return the agreement of cell lines and the mean over them by random effects."""
    names = ("cells_agreeing", "effect", "effect_low", "effect_high", "i2")
    found = {name: np.full(len(layout.n_cells), np.nan) for name in names}
    variance = within_cell_variance(ncs[0][layout.columns], layout.cell_starts, layout.cell_sizes)
    for compounds, cells in _blocks(layout, 1):
        means = _means(ncs, cells, layout)[0].astype(float)
        found["cells_agreeing"][compounds] = (means < 0).mean(axis=1)
        pooled = over_cells(means, layout.cell_sizes[cells], variance)
        for name, values in pooled.items():
            found[name][compounds] = values
    return found
