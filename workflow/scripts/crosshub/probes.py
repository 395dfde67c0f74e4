"""From probes to genes: which gene a probe stands for, and one value a gene.

No rule here looks at labels, and none chooses a probe: nothing is fitted.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.platform import NO_GENE
from crosshub.symbols import GeneNames, current, is_damaged, without_version

SEPARATOR = "///"
MOST_GENES = 5
REPAIRED = "excel date"
LOST = ["unknown", "ambiguous"]
_CONTROL = re.compile(r"AFFX|ERCC-|\(\+\)|\(-\)|DarkCorner|NegativeControl", re.IGNORECASE)
# Symbols that makers give to what was spiked in.
_SPIKE = re.compile(r"ERCC-\d+|permuted_negative")


def name_genes(table: pd.DataFrame, names: GeneNames | None) -> pd.DataFrame:
    """Fill the symbols of ids: by Entrez id, else Ensembl id, else accession, where one is known.

    Parameters
    ----------
    table
        Columns symbol and some of entrez, ensembl, accession, text; several ids of a row are
        joined by ``///``. A symbol that is there stays, unless it leads to no gene (``1-Mar``)
        and the ids to exactly one.

    Returns
    -------
    DataFrame
        The table with the symbols, and a column submitted: the symbol that an id has replaced.

    Raises
    ------
    DataError
        If the platform names nothing but accessions, and `names` knows none.
    """
    if names is None:
        return table
    submitted = table["symbol"].to_numpy(object)
    symbol = submitted.copy()
    blank = symbol == ""
    wanted = blank | _leads_nowhere(table["symbol"], names)
    known = {
        "entrez": names.by_entrez,
        "ensembl": names.by_ensembl,
        "accession": names.by_accession,
    }
    for column, genes in known.items():
        for place in np.flatnonzero(wanted) if column in table and genes else ():
            found = _named(table[column].iloc[place], genes)
            if found and (blank[place] or SEPARATOR not in found):
                symbol[place] = found
                wanted[place] = False
    if "accession" in table and not names.by_accession and (symbol == "").all():
        raise DataError(
            "the platform names its genes by accessions alone, which the shipped gene names lack: "
            "run '.venv/bin/snakemake --cores 1 -f refresh_gene_names' and set prepare.gene_names, "
            "or give a mapping file in prepare.annotations"
        )
    return table.assign(symbol=symbol, submitted=np.where(symbol == submitted, "", submitted))


def _leads_nowhere(symbols: pd.Series, names: GeneNames) -> np.ndarray:
    """Tell which cells hold a single symbol that is no gene's, or could be several genes'."""
    different = pd.Index(symbols.unique())
    lost = current(different, names)["how"].isin(LOST) & ~different.str.contains(SEPARATOR)
    return symbols.isin(different[lost]).to_numpy()


def _named(ids: str, genes: Mapping[str, str]) -> str:
    parts = [without_version(part) for part in ids.split(SEPARATOR)]
    return SEPARATOR.join(dict.fromkeys(genes[part] for part in parts if part in genes))


def map_probes(
    values: pd.DataFrame,
    annotation: pd.DataFrame,
    names: GeneNames | None = None,
    *,
    ambiguous: str = "drop",
) -> tuple[pd.Series, dict[str, Any]]:
    """Map probes to genes by their current symbols.

    Parameters
    ----------
    values
        Probes × samples; only the index is used.
    annotation
        Index probe, column symbol; several genes joined by ``///``. From `name_genes`.
    names
        Current and former symbols; None: symbols stay as they are.
    ambiguous
        What becomes of a probe of several genes: ``drop``, or ``expand`` to each of at most five.

    Returns
    -------
    tuple of Series and dict
        Probe → gene, in the order of `values` (an expanded probe occurs once for each gene); and
        the counts: in, not_in_annotation, without_gene, ambiguous, mapped, renamed,
        unknown_symbols, excel_dates (from, to), lost_to_spreadsheet (dates that could be several
        genes or none, and powers of ten: no genes), coverage (share of the probes, controls left
        out, that have a gene).

    Raises
    ------
    DataError
        If no probe has a gene.
    """
    columns = [name for name in ("symbol", "submitted") if name in annotation]
    found = annotation[columns].reindex(values.index)
    unknown = found["symbol"].isna().to_numpy()
    genes = found["symbol"].fillna("").str.split(SEPARATOR, regex=False).explode().str.strip()
    genes = genes[~genes.isin(NO_GENE) & ~genes.str.fullmatch(_SPIKE)]
    genes, damaged, renamed = _renamed(genes, names)
    genes = genes[~(genes.index + "\t" + genes).duplicated()]
    # A date beside a gene is a second gene, though which cannot be told.
    number = genes.groupby(level=0).size()
    genes = genes[~genes.isin(damaged)]
    number = number[number.index.isin(genes.index)]
    limit = MOST_GENES if ambiguous == "expand" else 1
    kept = genes[genes.index.map(number).to_numpy() <= limit] if len(genes) else genes
    if not len(kept):
        raise DataError(
            "the annotation names a gene for none of the probes: "
            "check the column platform in the table of cohorts"
        )
    if names is not None and "submitted" in found:
        renamed["excel_dates"] += _repaired_by_id(found.fillna(""), names)
    named = values.index.isin(number.index)
    counts = {
        "in": len(values),
        "not_in_annotation": int(unknown.sum()),
        "without_gene": int((~unknown & ~named).sum()),
        "ambiguous": int((number > 1).sum()),
        "ambiguous_policy": ambiguous,
        "mapped": int(kept.index.nunique()),
        **renamed,
        "coverage": _coverage(values.index, named),
    }
    return kept.rename("gene").rename_axis(values.index.name), counts


def _renamed(
    genes: pd.Series, names: GeneNames | None
) -> tuple[pd.Series, list[str], dict[str, Any]]:
    """Bring symbols to those in force; name those of which a spreadsheet has left no gene."""
    if names is None:
        nothing = {"excel_dates": [], "lost_to_spreadsheet": []}
        return genes, [], {"renamed": 0, "unknown_symbols": 0, **nothing}
    table = current(pd.Index(genes.unique(), dtype=object), names)
    lost = table["how"].isin(LOST)
    damaged = sorted(name for name in table.index[lost] if is_damaged(name, names))
    repaired = table.loc[table["how"] == REPAIRED, "symbol"]
    counts = {
        "renamed": int(table["how"].isin(["previous symbol", "alias", REPAIRED]).sum()),
        "unknown_symbols": int(lost.sum()) - len(damaged),
        "excel_dates": [{"from": old, "to": new} for old, new in repaired.items()],
        "lost_to_spreadsheet": damaged,
    }
    return genes.map(table["symbol"]), damaged, counts


def _repaired_by_id(found: pd.DataFrame, names: GeneNames) -> list[dict[str, str]]:
    """List the dates in whose place `name_genes` has put the gene of an id."""
    pairs = found.loc[found["submitted"] != "", ["submitted", "symbol"]].drop_duplicates()
    pairs = pairs[[is_damaged(text, names) for text in pairs["submitted"]]]
    return [{"from": old, "to": new} for old, new in pairs.itertuples(index=False)]


def _coverage(probes: pd.Index, named: np.ndarray) -> float:
    control = np.array([bool(_CONTROL.match(str(probe))) for probe in probes])
    counted = named if control.all() else named[~control]
    return round(float(counted.mean()), 4)


def join_probes(
    values: pd.DataFrame, genes: pd.Series, *, how: str = "mean"
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Join the probes of each gene within each sample.

    Nothing is chosen by values, so nothing is fitted: a sample's value does not depend on those of
    other samples, only on where they have gaps. A probe with gaps is left out where another probe
    of the gene has none; a gene with gaps in all of its probes is left out.

    Parameters
    ----------
    values
        Probes × samples.
    genes
        Probe → gene, as `map_probes` gives it.
    how
        ``mean`` or ``median``.

    Returns
    -------
    tuple of DataFrame and dict
        Genes × samples, sorted by gene; and the counts.
    """
    codes, names = pd.factorize(genes, sort=True)
    by_gene = np.argsort(codes, kind="stable")
    order = genes.iloc[by_gene]
    array = values.to_numpy(float)
    rows = values.index.get_indexer(order.index)
    whole = np.isfinite(array).all(axis=1)[rows]
    array, order, codes = array[rows[whole]], order[whole], codes[by_gene][whole]
    if how == "mean" and len(order):
        kept, starts, sizes = np.unique(codes, return_index=True, return_counts=True)
        sums = np.add.reduceat(array, starts, axis=0) / sizes[:, None]
        table = pd.DataFrame(sums, index=names[kept].astype(object), columns=values.columns)
    else:
        frame = pd.DataFrame(array, index=order.to_numpy(), columns=values.columns)
        table = frame.groupby(level=0).agg(how)
    return table.rename_axis("gene"), {
        "with_missing_values": int((~whole).sum()),
        "genes": len(table),
        "genes_lost_to_missing_values": int(genes.nunique() - len(table)),
        "joined_by": how,
    }


def require_coverage(mapping: dict[str, Any], smallest: float, where: str) -> None:
    """Raise `DataError` if fewer of the probes than `smallest` name a gene."""
    if mapping["coverage"] < smallest:
        raise DataError(
            f"{where} names a gene for {mapping['coverage']:.0%} of the probes, less than "
            f"prepare.min_coverage ({smallest}): check the platform, give a mapping file in "
            "prepare.annotations, or lower the limit"
        )
