"""From probes to genes: which gene a probe stands for, and one value a gene.

No rule here looks at labels, and none chooses a probe: nothing is fitted.
"""

import re
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.symbols import GeneNames, current

SEPARATOR = "///"
MOST_GENES = 5
REPAIRED = "excel date"
_CONTROL = re.compile(r"AFFX|ERCC-|\(\+\)|\(-\)|DarkCorner|NegativeControl", re.IGNORECASE)
# Symbols that makers give to what was spiked in.
_SPIKE = re.compile(r"ERCC-\d+|permuted_negative")


def name_genes(table: pd.DataFrame, names: GeneNames | None) -> pd.DataFrame:
    """Fill the symbols of ids: by Entrez id, else Ensembl id, else accession, where one is known.

    Parameters
    ----------
    table
        Columns symbol and some of entrez, ensembl, accession, text; several ids of a row are
        joined by ``///``. A symbol that is there stays.

    Raises
    ------
    DataError
        If the platform names nothing but accessions, and `names` knows none.
    """
    if names is None:
        return table
    symbol = table["symbol"].copy()
    known = {
        "entrez": names.by_entrez,
        "ensembl": names.by_ensembl,
        "accession": names.by_accession,
    }
    for column, genes in known.items():
        if column in table:
            empty = symbol == ""
            symbol[empty] = table.loc[empty, column].map(lambda ids, g=genes: _named(ids, g))
    if "accession" in table and not names.by_accession and (symbol == "").all():
        raise DataError(
            "the platform names its genes by accessions alone, which the shipped gene names lack: "
            "run 'snakemake --cores 1 -f refresh_gene_names' and set prepare.gene_names, or give a "
            "mapping file in prepare.annotations"
        )
    return table.assign(symbol=symbol)


def _named(ids: str, genes: Any) -> str:
    parts = [part.strip().split(".")[0] for part in ids.split(SEPARATOR)]
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
        Index probe, column symbol; several genes joined by ``///``.
    names
        Current and former symbols; None: symbols stay as they are.
    ambiguous
        What becomes of a probe of several genes: ``drop``, or ``expand`` to each of at most five.

    Returns
    -------
    tuple of Series and dict
        Probe → gene, in the order of `values` (an expanded probe occurs once for each gene); and
        the counts: in, not_in_annotation, without_gene, ambiguous, mapped, renamed,
        unknown_symbols, excel_dates (from, to), coverage (share of the probes, controls left out,
        that have a gene).

    Raises
    ------
    DataError
        If no probe has a gene.
    """
    found = annotation["symbol"].reindex(values.index)
    unknown = found.isna()
    genes, renamed = _renamed(_split(found.fillna("")), names)
    genes = genes[
        ~pd.DataFrame({"probe": genes.index, "gene": genes.to_numpy()}).duplicated().to_numpy()
    ]
    number = genes.index.value_counts(sort=False)
    several = number.index[number > 1]
    limit = MOST_GENES if ambiguous == "expand" else 1
    kept = genes[genes.index.map(number).to_numpy() <= limit] if len(genes) else genes
    named = values.index.isin(number.index)
    mapping = {
        "in": len(values),
        "not_in_annotation": int(unknown.sum()),
        "without_gene": int((~unknown.to_numpy() & ~named).sum()),
        "ambiguous": len(several),
        "ambiguous_policy": ambiguous,
        "mapped": int(kept.index.nunique()),
        **renamed,
    }
    if not len(kept):
        raise DataError(
            "the annotation names a gene for none of the probes: "
            "check the column platform in the table of cohorts"
        )
    control = values.index.to_series().map(lambda probe: bool(_CONTROL.match(str(probe))))
    mapping["coverage"] = round(float(named[~control.to_numpy()].mean()), 4)
    return kept.rename("gene").rename_axis(values.index.name), mapping


def _split(cells: pd.Series) -> pd.Series:
    """Return each gene of each probe, without what is none."""
    parts = [cell.split(SEPARATOR) for cell in cells]
    probes = cells.index.repeat([len(part) for part in parts])
    genes = pd.Series([gene.strip() for part in parts for gene in part], probes, dtype=object)
    different = genes.unique()
    none = [gene for gene in different if gene in ("", "---") or _SPIKE.fullmatch(gene)]
    return genes[~genes.isin(none)]


def _renamed(genes: pd.Series, names: GeneNames | None) -> tuple[pd.Series, dict[str, Any]]:
    if names is None:
        return genes, {"renamed": 0, "unknown_symbols": 0, "excel_dates": []}
    different = pd.Index(genes.unique(), dtype=object)
    table = current(different, names)
    repaired = table[table["how"] == REPAIRED]
    return genes.map(table["symbol"]), {
        "renamed": int(table["how"].isin(["previous symbol", "alias", REPAIRED]).sum()),
        "unknown_symbols": int(table["how"].isin(["unknown", "ambiguous"]).sum()),
        "excel_dates": [{"from": old, "to": new} for old, new in repaired["symbol"].items()],
    }


def join_probes(
    values: pd.DataFrame, genes: pd.Series, *, how: str = "mean"
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Join the probes of each gene within each sample.

    Nothing is chosen, so nothing is fitted: a test sample's value does not depend on other samples.
    A probe with gaps is left out where another probe of the gene has none; a gene with gaps in all
    of its probes is left out.

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
            f"prepare.min_coverage ({smallest}): check the platform, or lower the limit"
        )
