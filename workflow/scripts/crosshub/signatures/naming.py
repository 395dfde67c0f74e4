"""What the genes of a source are called: by itself, by its release's table, by HGNC today."""

import logging
import re

import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.annotation import first_named, text
from crosshub.signatures.layout import MOST_GENES
from crosshub.symbols import GeneNames, current

log = logging.getLogger(__name__)

_SYMBOLS = ("pr_gene_symbol", "gene_symbol", "symbol", "Gene Symbol", "Gene symbol")
_ENTREZ = ("pr_gene_id", "gene_id", "entrez", "ENTREZ_GENE_ID", "Gene ID")
_OTHER_IDS = ("probe_id", "probe", "pr_id", "ID", "Probe Set ID", "ensembl_id")
_LANDMARK = ("pr_is_lm", "pr_is_lmark")
_BEST = ("pr_is_bing",)
GENE_COLUMNS = (*_SYMBOLS, *_ENTREZ, *_OTHER_IDS, *_LANDMARK, *_BEST)


def genes_of(ids: pd.Series, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `Source.genes` from the ids and the columns that a file has for its genes."""
    gene, entrez = _symbols(frame), first_named(frame, _ENTREZ)
    if (gene == "").all() and _kind(ids) == "symbols":
        gene = ids
    if (entrez == "").all():
        entrez = ids.where(ids.str.fullmatch(r"\d+"), "")
    return pd.DataFrame({"id": ids, "gene": gene, "entrez": entrez, "space": space_of(frame)})


def look_up_genes(found: pd.DataFrame, table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Fill in what the gene table knows, by Entrez id, else by the id of the file.

    Parameters
    ----------
    found
        `Source.genes`.
    table
        Gene table of the release.
    name
        The source, for messages.

    Raises
    ------
    DataError
        If the source has ids alone and the table knows none of them; it says of which kinds
        both are.
    """
    # A column of ids with gaps is read as floats.
    entrez = first_named(table, _ENTREZ).str.removesuffix(".0")
    facts = pd.DataFrame({"gene": _symbols(table), "entrez": entrez, "space": space_of(table)})
    own = found["entrez"].where(found["entrez"] != "", found["id"])
    others = [text(table[column]).str.strip() for column in _OTHER_IDS if column in table]
    for keys in (facts["entrez"], *others):
        given = facts.assign(key=keys)[keys != ""].drop_duplicates("key").set_index("key")
        if own.isin(given.index).any():
            break
        own = found["id"]
    else:
        # A file that names its genes needs the table for nothing.
        if (found["gene"] != "").any():
            log.warning("%s: the gene table knows none of its genes", name)
            return found
        raise DataError(
            f"{name}: none of its {len(found)} gene ids is in the gene table: they are "
            f"{_kind(found['id'])} (first '{found['id'].iloc[0]}'), the table has "
            f"{_kind(facts['entrez'])} (first '{next(iter(facts['entrez']), '')}')"
        )
    filled = found.copy()
    for column in ("gene", "entrez", "space"):
        known = text(own.map(given[column]))
        filled[column] = found[column].where(found[column] != "", known)
    return filled


def up_to_date(named: pd.DataFrame, names: GeneNames) -> pd.DataFrame:
    """Return the genes by the symbols in force, as the cohorts have them.

    The releases keep the symbols of their year: of the 12,328 genes of L1000, 475 have another one
    today, and a query would not find them. An Entrez id that HGNC knows decides: its gene's symbol
    is taken if that gene once bore the one of the source. Where there is no such id the symbol
    itself decides (`crosshub.symbols.current`). No gene takes the symbol of another gene of the
    source.

    Parameters
    ----------
    named
        `Source.genes`, after `look_up_genes`.
    names
        From `crosshub.symbols.read_gene_names`.

    Returns
    -------
    DataFrame
        The same with ``gene`` changed, and ``source_symbol``, which it was.
    """
    old = named["gene"]
    by_id = named["entrez"].map(names.by_entrez).fillna("")
    was = [
        new in (*names.previous.get(symbol, ()), *names.alias.get(symbol, ()))
        for symbol, new in zip(old, by_id, strict=True)
    ]
    new = current(old, names)["symbol"].where((by_id == "") & ~old.isin(names.approved), old)
    new = by_id.where(pd.Series(was, index=old.index), new).astype(str)
    new = new.where((old != "") & ~new.isin(set(old)), old)
    return named.assign(gene=new, source_symbol=old)


def keep_genes(named: pd.DataFrame, name: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the genes that are kept, and the counts.

    Parameters
    ----------
    named
        `Source.genes`, after `look_up_genes`.
    name
        The source, for messages.

    Returns
    -------
    tuple
        ``gene``, ``entrez``, ``space``, ``source_symbol``, indexed by the row of the source; and
        how many genes the source has, how many have no symbol, how many bear the symbol of one
        before, how many have another symbol than in the source.

    Raises
    ------
    DataError
        If no gene has a symbol, or there are too many.
    """
    if "source_symbol" not in named:
        named = named.assign(source_symbol=named["gene"])
    unnamed = named["gene"] == ""
    if unnamed.all():
        kind = _kind(named["id"])
        raise DataError(
            f"{name}: no gene has a symbol (the ids are {kind}): give the gene table of the release"
            + (", or name the first column 'symbol'" if kind == "symbols" else "")
        )
    repeated = named["gene"].duplicated() & ~unnamed
    counts = {
        "genes_in_source": len(named),
        "genes_without_symbol": int(unnamed.sum()),
        "genes_repeated": int(repeated.sum()),
        "genes_renamed": int((named["gene"] != named["source_symbol"]).sum()),
    }
    log.info("%s: %s; those without symbol and the repeated are left out", name, counts)
    kept = named.loc[~unnamed & ~repeated, ["gene", "entrez", "space", "source_symbol"]]
    if len(kept) > MOST_GENES:
        raise DataError(f"{name}: {len(kept)} genes, a store holds {MOST_GENES}: leave some out")
    return kept, counts


def space_of(frame: pd.DataFrame) -> pd.Series:
    """Return how the release knows each gene: landmark, best inferred, inferred or empty."""
    flags = {name: first_named(frame, columns) for name, columns in
             (("landmark", _LANDMARK), ("best inferred", _BEST))}  # fmt: skip
    space = first_named(frame, ("feature_space", "space"))
    told = (flags["landmark"] != "") | (flags["best inferred"] != "")
    space = space.where(~told | (space != ""), "inferred")
    for name in ("best inferred", "landmark"):
        space = space.where(~flags[name].isin(("1", "1.0")), name)
    return space


def _symbols(frame: pd.DataFrame) -> pd.Series:
    # A gene may be called NA.
    return first_named(frame, _SYMBOLS, ("-666",))


def _kind(ids: pd.Series) -> str:
    kinds = {
        "Entrez ids": r"\d+",
        "Ensembl genes": r"ENS[A-Z]*G\d+(\.\d+)?",
        "Ensembl transcripts": r"ENS[A-Z]*T\d+(\.\d+)?",
        "Affymetrix probe sets": r".+_at",
        "nothing": r"",
    }
    for name, pattern in kinds.items():
        if ids.str.fullmatch(re.compile(pattern)).mean() > 0.5:
            return name
    return "symbols"
