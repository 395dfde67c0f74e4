"""The queries: which genes stand for what diseases share, for one disease, and for a module."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from crosshub.candidates import tied_modules
from crosshub.compounds.found import SHARED
from crosshub.connectivity.query import FEWEST
from crosshub.errors import DataError
from crosshub.tables import read_table

MINIMUM = 10
DISEASE, MODULE = "disease", "module"
GENE_COLUMNS = ("query", "kind", "disease", "module", "gene", "direction", "effect", "filled_up",
                "in_reference", "asked")  # fmt: skip
ASKED_COLUMNS = ("query", "kind", "disease", "module", "up", "down", "up_in_reference",
                 "down_in_reference", "filled_up", "filled_down", "asked", "reason")  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A question to the reference.

    Attributes
    ----------
    name, kind
        Of the query: ``shared``, ``disease.<disease>``, ``module.<disease>.<module>``; what it
        asks for.
    disease, module
        Empty where the query is of none.
    genes
        gene, direction (up, down), effect (signed), filled_up (whether the gene only fills a side
        up to the minimum), in_reference; best first.
    reason
        Why it is not asked; empty if it is.
    """

    name: str
    kind: str
    genes: pd.DataFrame
    disease: str = ""
    module: str = ""
    reason: str = ""

    def side(self, direction: str) -> list[str]:
        """Return the genes of a side that are asked: those in the reference, if they suffice."""
        genes = self.genes
        kept = genes.loc[(genes["direction"] == direction) & genes["in_reference"], "gene"]
        return kept.tolist() if len(kept) >= FEWEST else []

    @property
    def effects(self) -> pd.Series:
        """Signed effect of each gene that is asked."""
        asked = self.genes[self.genes["gene"].isin([*self.side("up"), *self.side("down")])]
        return asked.set_index("gene")["effect"].astype(float)


def build_queries(
    shared: pd.DataFrame,
    differential: Mapping[str, pd.DataFrame],
    modules: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    measured: Collection[str],
    *,
    size: int = 150,
    fdr: float = 0.05,
    trait_fdr: float = 0.05,
    kinds: Collection[str] = (SHARED, DISEASE, MODULE),
) -> list[Query]:
    """Build every query of a comparison.

    Parameters
    ----------
    shared
        ``shared/{comparison}/genes.tsv``: gene, direction (``up`` or ``down``), p_value, shared;
        effect.<disease> and their limits where they are there.
    differential
        Disease → its table of `meta.combine_cohorts`.
    modules
        Disease → its modules (gene, module) and their traits (module, trait, fdr).
    measured
        Genes of the reference.
    size
        Most genes on a side.
    fdr
        A gene of a disease at or below it, with the same sign in each cohort, is changed.
    trait_fdr
        Level at which a module is tied to the disease.
    kinds
        Which queries are asked; the shared one always is.

    Returns
    -------
    list of Query
        The shared query first, then the diseases', then the modules'. A query of which no gene
        changes is not asked: what would fill it up is noise.

    Raises
    ------
    DataError
        If a column is missing, or no gene of the study is in the reference.
    """
    known = set(measured)
    _check(shared, known)
    is_shared = shared["shared"].astype(str).str.lower() == "true"
    effect = shared_effect(shared)
    table = shared.assign(changed=is_shared, effect=effect)
    found, reason = _found(table, known, size, "no gene is shared")
    queries = [Query(SHARED, SHARED, found, reason=reason)]
    for name, genes in differential.items() if DISEASE in kinds else ():
        nothing = f"no gene changes at FDR {fdr:g}"
        found, reason = _found(_directed(genes, fdr), known, size, nothing)
        if len(differential) == 1:
            reason = "the only disease: the shared query is its own"
        queries.append(Query(f"{DISEASE}.{name}", DISEASE, found, disease=name, reason=reason))
    for name in modules if MODULE in kinds else ():
        queries += _module_queries(
            name, *modules[name], _directed(differential[name], fdr), known, size, trait_fdr
        )
    return [_judged(query) for query in queries]


def choose_genes(
    genes: pd.DataFrame, measured: Collection[str], *, size: int = 150, minimum: int = MINIMUM
) -> pd.DataFrame:
    """Choose the genes of a query: those that are changed, the best of each direction.

    Parameters
    ----------
    genes
        gene, direction (``up`` or ``down``), p_value, changed, effect.
    measured
        Genes of the reference. Only they count, for the size and for the minimum.
    size
        Most genes on a side, by p_value.
    minimum
        A side with fewer changed genes is filled up to this number with the next best genes of its
        direction, changed or not. 0: it is not filled.

    Returns
    -------
    DataFrame
        gene, direction, effect, filled_up, in_reference; up before down, best first. Changed genes
        that the reference lacks and that would have been chosen stand among them.
    """
    known = set(measured)
    tested = genes[genes["p_value"].notna()].sort_values(["p_value", "gene"])
    parts = []
    for side in ("up", "down"):
        same = tested[tested["direction"] == side]
        inside = same["gene"].isin(known)
        changed = same[same["changed"]]
        within = changed["gene"].isin(known).cumsum()
        chosen = changed[within.le(size) & (within.shift(fill_value=0).lt(size))]
        missing = max(0, min(minimum, size) - int(chosen["gene"].isin(known).sum()))
        filled = same[~same["changed"] & inside].head(missing)
        parts += [chosen.assign(filled_up=False), filled.assign(filled_up=True)]
    table = pd.concat(parts, ignore_index=True)
    table["in_reference"] = table["gene"].isin(known)
    return table[["gene", "direction", "effect", "filled_up", "in_reference"]]


def shared_effect(shared: pd.DataFrame) -> np.ndarray:
    """Return the effect of each gene over the diseases in which it changes its direction.

    Parameters
    ----------
    shared
        gene, direction; columns ``effect.<disease>`` with ``effect_low.`` and ``effect_high.``
        (95 %).

    Returns
    -------
    ndarray
        The effects weighted by their precision; their mean without the limits; ±1 by the direction
        without any effect. Always with the sign of the direction: where fewer diseases are asked
        for than there are, one that goes the other way is left out.
    """
    sign = shared["direction"].map({"up": 1.0, "down": -1.0}).to_numpy(float)
    names = [c.removeprefix("effect.") for c in shared.columns if c.startswith("effect.")]
    if not names:
        return sign
    effects = shared[[f"effect.{name}" for name in names]].to_numpy(float)
    weight = np.ones(effects.shape)
    limits = [f"effect_{end}.{name}" for end in ("low", "high") for name in names]
    if set(limits) <= set(shared.columns):
        low, high = np.split(shared[limits].to_numpy(float), 2, axis=1)
        error = (high - low) / (2 * norm.ppf(0.975))
        if (np.isfinite(error) & (error > 0)).all():
            weight = 1 / error**2
    weight = weight * (np.sign(effects) == sign[:, None])
    total = weight.sum(axis=1)
    pooled = (weight * effects).sum(axis=1) / np.where(total > 0, total, 1)
    return np.where(total > 0, pooled, sign * np.finfo(np.float32).eps)


def query_tables(queries: list[Query]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the genes of all queries, and what became of each query.

    Returns
    -------
    DataFrame
        query, kind, disease, module, gene, direction, effect, filled_up, in_reference, asked.
    DataFrame
        query, kind, disease, module, up, down (genes), up_in_reference, down_in_reference,
        filled_up, filled_down, asked, reason.
    """
    parts, rows = [], []
    for query in queries:
        up, down = (query.side(side) if not query.reason else [] for side in ("up", "down"))
        head = {"query": query.name, "kind": query.kind, "disease": query.disease}
        head["module"] = query.module
        genes = query.genes
        asked = genes["gene"].isin([*up, *down])
        parts.append(genes.assign(**head, asked=asked)[list(GENE_COLUMNS)])
        counts = {}
        for side in ("up", "down"):
            same = genes[genes["direction"] == side]
            counts |= {side: len(same), f"{side}_in_reference": int(same["in_reference"].sum())}
            counts[f"filled_{side}"] = int(same["filled_up"].sum())
        rows.append({**head, **counts, "asked": not query.reason, "reason": query.reason})
    return pd.concat(parts, ignore_index=True), pd.DataFrame(rows)[list(ASKED_COLUMNS)]


def _check(shared: pd.DataFrame, known: set[str]) -> None:
    absent = sorted({"gene", "direction", "p_value", "shared"} - set(shared.columns))
    if absent:
        raise DataError(f"shared genes: no column '{absent[0]}': run find_shared again")
    if len(shared) and not shared["gene"].isin(known).any():
        raise DataError(
            "compounds.reference: it has none of the study's genes: check that both are symbols of "
            "the same species"
        )


def _directed(differential: pd.DataFrame, fdr: float) -> pd.DataFrame:
    table = differential[["gene", "effect", "p_value"]].copy()
    table["direction"] = np.select([table["effect"] > 0, table["effect"] < 0], ["up", "down"], "")
    table["changed"] = (differential["fdr"] <= fdr) & differential["same_sign"].astype(bool)
    return table


def _found(
    table: pd.DataFrame, known: set[str], size: int, nothing: str
) -> tuple[pd.DataFrame, str]:
    """Return the genes of a query, filled up only where one of them is found, and why it is not."""
    changed = choose_genes(table, known, size=size, minimum=0)
    if changed.empty:
        return changed, nothing
    if not changed["in_reference"].any():
        return changed, "none of its genes is in the reference"
    return choose_genes(table, known, size=size), ""


def _module_queries(
    disease: str,
    modules: pd.DataFrame,
    traits: pd.DataFrame,
    genes: pd.DataFrame,
    known: set[str],
    size: int,
    trait_fdr: float,
) -> Iterator[Query]:
    for module in tied_modules(traits, trait_fdr):
        inside = genes[genes["gene"].isin(modules.loc[modules["module"] == module, "gene"])]
        found = choose_genes(inside.assign(changed=True), known, size=size, minimum=0)
        # A module moves one way: a few genes on the other side are noise and no side of a query.
        counts = found.loc[found["in_reference"], "direction"].value_counts()
        least = min(MINIMUM, size)
        found = found[found["direction"].map(counts).fillna(0) >= least]
        few = f"fewer than {least} genes of either direction are in the reference"
        name = f"{MODULE}.{disease}.{module}"
        yield Query(name, MODULE, found, disease, module, "" if len(found) else few)


def _judged(query: Query) -> Query:
    if query.reason or query.side("up") or query.side("down"):
        return query
    reason = f"fewer than {FEWEST} genes of either direction are in the reference"
    return Query(query.name, query.kind, query.genes, query.disease, query.module, reason)


def read_diseases(
    diseases: Sequence[str],
    differential: Sequence[str | Path],
    modules: Sequence[str | Path],
    traits: Sequence[str | Path],
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[pd.DataFrame, pd.DataFrame]]]:
    """Read what `build_queries` needs of each disease: files in the order of the diseases."""
    tables = dict(zip(diseases, map(read_table, differential), strict=True))
    files = zip(diseases, modules, traits, strict=True)
    return tables, {name: (read_table(a), read_table(b)) for name, a, b in files}
