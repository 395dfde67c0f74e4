"""What the genes and the signatures of a source are, in one vocabulary for all releases."""

import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.layout import MOST_GENES

log = logging.getLogger(__name__)

SIGNATURE_COLUMNS = ("signature", "compound", "cell", "dose", "time", "type")
TEXTS = (*SIGNATURE_COLUMNS, "compound_id", "quality")
NUMBERS = ("tas", "replicate_correlation")
# The names in GSE92742 and GSE70138, in LINCS2020, in CMap build 02.
_NAMES = {
    "signature": ("sig_id", "signature", "instance_id", "id"),
    "compound": ("pert_iname", "cmap_name", "compound", "pert_id"),
    "cell": ("cell_id", "cell_iname", "cell_mfc_name", "cell", "cell2"),
    "dose": ("pert_idose", "pert_dose", "dose", "concentration (M)"),
    "time": ("pert_itime", "pert_time", "time", "duration (h)"),
    "type": ("pert_type", "type"),
    "compound_id": ("pert_id", "compound_id"),
    "quality": ("is_hiq", "qc_pass", "quality"),
    "tas": ("tas",),
    "replicate_correlation": ("distil_cc_q75", "cc_q75", "replicate_correlation"),
}
_SYMBOLS = ("pr_gene_symbol", "gene_symbol", "symbol", "Gene Symbol", "Gene symbol")
_ENTREZ = ("pr_gene_id", "gene_id", "entrez", "ENTREZ_GENE_ID", "Gene ID")
_OTHER_IDS = ("probe_id", "probe", "pr_id", "ID", "Probe Set ID", "ensembl_id")
_LANDMARK = ("pr_is_lm", "pr_is_lmark")
_BEST = ("pr_is_bing",)
_MISSING = ("-666", "-666.0", "-666.000000", "nan", "NaN", "NA", "N/A")
_VERDICTS = {"1": "true", "1.0": "true", "true": "true", "0": "false", "0.0": "false",
             "false": "false"}  # fmt: skip


def text(values: Any) -> Any:
    """Return a Series or DataFrame as text, what is missing as an empty string."""
    return values.astype(str).mask(values.isna(), "")


def first_named(
    frame: pd.DataFrame, names: Sequence[str], missing: Sequence[str] = _MISSING
) -> pd.Series:
    """Return the first non-empty value of these columns in each row, as text."""
    found = pd.Series("", index=frame.index, dtype=str)
    for name in names:
        if name in frame:
            values = text(frame[name]).str.strip().replace(list(missing), "")
            found = found.where(found != "", values)
    return found


def describe_signatures(
    found: pd.DataFrame, tables: Sequence[pd.DataFrame], name: str
) -> pd.DataFrame:
    """Return what the signatures are, from the file itself and from the tables of its release.

    Parameters
    ----------
    found
        Columns of the source, one row a signature.
    tables
        Tables of the release with a column ``sig_id`` (``instance_id`` in CMap build 02); the
        first that says something wins, the file before all.
    name
        The source, for messages.

    Returns
    -------
    DataFrame
        `TEXTS` (text) and `NUMBERS` (float, NaN where unknown).

    Raises
    ------
    DataError
        If a signature occurs twice, a table knows none of them, or a number is none.
    """
    described = _in_our_words(found)
    twice = described["signature"][described["signature"].duplicated()]
    if len(twice):
        raise DataError(
            f"{name}: {twice.nunique()} signatures occur more than once, first "
            f"'{twice.iloc[0]}': keep one of each"
        )
    for table in tables:
        given = _in_our_words(table).drop_duplicates("signature").set_index("signature")
        known = described["signature"].isin(given.index)
        if not known.any():
            raise DataError(
                f"{name}: none of its {len(described)} signatures (first "
                f"'{described['signature'].iloc[0]}') is in the table of signatures (first "
                f"'{next(iter(given.index), '')}'): is it of another release?"
            )
        log.info("%s: %d of %d signatures are in the table", name, known.sum(), len(known))
        given = text(given.reindex(described["signature"])).reset_index(drop=True)
        for column in described.columns[1:]:
            described[column] = described[column].where(described[column] != "", given[column])
    described["quality"] = described["quality"].str.lower().map(_VERDICTS).fillna("")
    for column in NUMBERS:
        described[column] = _numbers(described[column], name)
    return described


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
        ``gene``, ``entrez``, ``space``, indexed by the row of the source; and how many genes the
        source has, how many have no symbol, how many bear the symbol of one before.

    Raises
    ------
    DataError
        If no gene has a symbol, or there are too many.
    """
    unnamed = named["gene"] == ""
    if unnamed.all():
        raise DataError(
            f"{name}: no gene has a symbol (the ids are {_kind(named['id'])}): give the gene table of "
            "the release"
        )
    repeated = named["gene"].duplicated() & ~unnamed
    counts = {
        "genes_in_source": len(named),
        "genes_without_symbol": int(unnamed.sum()),
        "genes_repeated": int(repeated.sum()),
    }
    log.info("%s: %s; the last two are left out", name, counts)
    kept = named.loc[~unnamed & ~repeated, ["gene", "entrez", "space"]]
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


def genes_of(ids: pd.Series, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `Source.genes` from the ids and the columns that a file has for its genes."""
    gene, entrez = _symbols(frame), first_named(frame, _ENTREZ)
    if (gene == "").all() and _kind(ids) == "symbols":
        gene = ids
    if (entrez == "").all():
        entrez = ids.where(ids.str.fullmatch(r"\d+"), "")
    return pd.DataFrame({"id": ids, "gene": gene, "entrez": entrez, "space": space_of(frame)})


def compounds_of(signatures: pd.DataFrame) -> pd.DataFrame:
    """Return one row a compound: ``compound``, ``compound_ids``, ``signatures``, ``cells``."""
    named = signatures[signatures["compound"] != ""]
    groups = named.groupby("compound", sort=True)
    ids = named.loc[named["compound_id"] != ""].groupby("compound")["compound_id"]
    cells = named.loc[named["cell"] != ""].groupby("compound")["cell"].nunique()
    table = pd.DataFrame({"signatures": groups.size()})
    table["cells"] = cells.reindex(table.index, fill_value=0)
    table.insert(0, "compound_ids", ids.agg(lambda some: ",".join(sorted(set(some))))
                 .reindex(table.index).fillna("") if len(ids) else "")  # fmt: skip
    return table.rename_axis("compound").reset_index()


def cells_of(signatures: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell line: ``cell``, ``signatures``, ``compounds``."""
    named = signatures[signatures["cell"] != ""]
    groups = named.groupby("cell", sort=True)
    table = pd.DataFrame({"signatures": groups.size(), "compounds": groups["compound"].nunique()})
    return table.rename_axis("cell").reset_index()


def _in_our_words(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({ours: first_named(frame, theirs) for ours, theirs in _NAMES.items()})


def _numbers(values: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(values.where(values != ""), errors="coerce")
    wrong = values[(values != "") & numbers.isna()]
    if len(wrong):
        raise DataError(
            f"{name}: column '{values.name}' has '{wrong.iloc[0]}': it must be a number"
        )
    return numbers.astype(np.float64)


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
    facts = pd.DataFrame(
        {"gene": _symbols(table), "entrez": first_named(table, _ENTREZ), "space": space_of(table)}
    )
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
