"""Counts of RNA-seq series: NCBI's own, and those that the authors deposited, by a recipe."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, as_text, cells, read_gzip

SEPARATORS = {"tab": "\t", "comma": ","}
# HTSeq and STAR end (or begin) a file with what they could not count.
_SUMMARY = re.compile(
    r"__(?:no_feature|ambiguous|too_low_aqual|not_aligned|alignment_not_unique)"
    r"|N_(?:unmapped|multimapping|noFeature|ambiguous)",
    re.IGNORECASE,
)
_ENSEMBL = re.compile(r"(ENSG\d{11})(?:\.\d+)?(_PAR_Y)?")
_ENSEMBL_PAR = re.compile(r"ENSGR(\d{10})(?:\.\d+)?")


def read_counts(path: str | Path) -> pd.DataFrame:
    """Read NCBI's RNA-seq counts of a series: Entrez gene id × samples, non-negative.

    Raises
    ------
    DataError
        If the file is damaged, an id occurs twice, or a value is no count.
    """
    text = read_gzip(path)
    try:
        frame = pd.read_csv(io.StringIO(text), sep="\t", index_col=0, dtype={0: str})
        values = frame.to_numpy(float)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as counts ({reason}); {AGAIN}") from error
    if not values.size:
        raise DataError(f"{path}: holds no counts; {AGAIN}")
    # pandas gives the second of two columns of one name another name.
    samples = cells(text.partition("\n")[0])[1:]
    if len(set(samples)) != len(samples):
        raise DataError(f"{path}: a sample occurs twice in the header; {AGAIN}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise DataError(f"{path}: has values that are no counts (missing or negative); {AGAIN}")
    if not frame.index.is_unique:
        raise DataError(f"{path}: a gene id occurs twice; {AGAIN}")
    return pd.DataFrame(values, index=frame.index.rename("entrez"), columns=frame.columns)


def read_author_counts(
    path: str | Path, recipe: Mapping[str, Any], fields: pd.DataFrame
) -> pd.DataFrame:
    """Read the counts that the authors of a series deposited.

    Parameters
    ----------
    path
        Text, gzipped or not: a line of column names, then a line for each gene.
    recipe
        An item of the config's geo.counts: ``gene`` (column of the ids; by default the first),
        ``skip`` (columns that are neither), ``sample`` (field of the samples that the columns
        name; by default geo_accession), ``pattern`` (regular expression whose first group is the
        name within a column's name), ``separator`` (tab, comma or auto).
    fields
        Samples × fields, as `Series.fields`.

    Returns
    -------
    DataFrame
        Gene id × sample (GSM), non-negative, in the order of the series. Ensembl ids are without
        their version. ``attrs['notes']``: what a reader should know; ``attrs['without_counts']``:
        samples of the series that the file does not have.

    Raises
    ------
    DataError
        If the file is no such table, a column of the recipe is not there, a column names no
        sample or two name one, a value is no count, or a gene id has two different lines. Lines
        of one gene on X and Y (pseudoautosomal, ``_PAR_Y``) are one gene and are summed.
    """
    header, lines = _read_lines(path, recipe.get("separator") or "auto")
    gene = recipe.get("gene") or header[0]
    skip = list(recipe.get("skip") or [])
    lacking = [name for name in [gene, *skip] if name not in header]
    if lacking:
        raise DataError(
            f"{path}: has no column '{lacking[0]}' ({_some(header)}); correct the recipe in "
            "geo.counts"
        )
    columns = [name for name in header if name != gene and name not in skip]
    samples = _samples_of(columns, recipe, fields, path)
    at = header.index(gene)
    places = [header.index(name) for name in columns]
    named = [at, *map(header.index, skip)]
    kept = [line for line in lines if not any(_SUMMARY.fullmatch(line[i].strip()) for i in named)]
    notes = [f"{len(lines) - len(kept)} lines of reads that count for no gene were left out"]
    notes = notes if len(kept) < len(lines) else []
    values = _numbers([[line[i] for i in places] for line in kept], columns, path)
    ids = [line[at].strip() for line in kept]
    notes += _fractions(values, path)
    table, joined = _by_gene(ids, values, path)
    frame = pd.DataFrame(table.to_numpy(), index=table.index, columns=samples)
    order = [name for name in fields.index if name in set(samples)]
    frame = frame[order]
    frame.attrs["notes"] = notes + joined
    frame.attrs["without_counts"] = [name for name in fields.index if name not in set(samples)]
    return frame


def gene_ids(ids: Sequence[str]) -> pd.DataFrame:
    """Recognise gene ids by their shape.

    Returns
    -------
    DataFrame
        Index probe (the id); columns symbol, entrez and ensembl, of which one holds the id (an
        Ensembl id without its version) and the others are empty.
    """
    rows = []
    for name in ids:
        ensembl, _ = _plain_ensembl(name)
        kind = "ensembl" if ensembl else "entrez" if re.fullmatch(r"\d+", name) else "symbol"
        rows.append({"symbol": "", "entrez": "", "ensembl": "", kind: ensembl or name})
    columns = ["symbol", "entrez", "ensembl"]
    return pd.DataFrame(rows, index=pd.Index(ids, name="probe"), columns=columns, dtype=object)


def _plain_ensembl(name: str) -> tuple[str, bool]:
    """Return an Ensembl gene id without its version, and whether it is the copy of X on Y."""
    found = _ENSEMBL.fullmatch(name)
    if found:
        return found[1], bool(found[2])
    found = _ENSEMBL_PAR.fullmatch(name)
    return (f"ENSG0{found[1]}", True) if found else ("", False)


def _read_lines(path: str | Path, separator: str) -> tuple[list[str], list[list[str]]]:
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); fetch it again") from error
    text = read_gzip(path) if raw[:2] == b"\x1f\x8b" else as_text(raw)
    if "\0" in text:
        raise DataError(f"{path}: is no text (a spreadsheet or an archive): it cannot be used")
    lines = [line for line in text.split("\n") if line.strip()]
    # featureCounts writes its command on a line before the header.
    while lines and lines[0].startswith("#") and "\t" not in lines[0]:
        del lines[0]
    if len(lines) < 2:
        raise DataError(f"{path}: holds no counts; {AGAIN}")
    if separator == "auto":
        separator = "tab" if "\t" in lines[0] else "comma"
    # Each line by itself, so that a stray quote cannot swallow the next.
    split = [next(csv.reader([line], delimiter=SEPARATORS[separator])) for line in lines]
    header, rows = [name.strip() for name in split[0]], split[1:]
    if len(rows[0]) == len(header) + 1:
        # R writes the names of the rows without a name of their own.
        header = ["", *header]
    if len(header) < 2:
        raise DataError(
            f"{path}: its header is one cell; set separator in the recipe (geo.counts) to what "
            "stands between the columns"
        )
    for row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}: the line of '{row[0]}' has {len(row)} cells, the header {len(header)}; "
                f"{AGAIN}, or set separator in the recipe"
            )
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if twice:
        raise DataError(f"{path}: the column '{twice[0]}' occurs twice: the file cannot be used")
    return header, rows


def _samples_of(
    columns: list[str], recipe: Mapping[str, Any], fields: pd.DataFrame, path: str | Path
) -> list[str]:
    field, pattern = recipe.get("sample") or "geo_accession", recipe.get("pattern") or "(.*)"
    if field != "geo_accession" and field not in fields:
        raise DataError(f"{path}: the series has no field '{field}' ({_some(list(fields))})")
    named = fields.index.to_series() if field == "geo_accession" else fields[field]
    of_name: dict[str, set[str]] = {}
    for sample, text in named.items():
        # A description of several lines is joined by semicolons; one of them may be the name.
        for name in {text.strip(), *(part.strip() for part in text.split(";"))} - {""}:
            of_name.setdefault(name, set()).add(str(sample))
    found, strange = [], []
    for column in columns:
        match = re.search(pattern, column)
        hits = of_name.get((match[1] or "").strip(), set()) if match else set()
        if len(hits) > 1:
            raise DataError(
                f"{path}: the column '{column}' is the {field} of {len(hits)} samples "
                f"({_some(sorted(hits))}): name another field as sample in the recipe"
            )
        found += hits
        strange += [] if hits else [column]
    if not columns:
        raise DataError(
            f"{path}: no column is left for the samples: correct gene and skip in the "
            "recipe (geo.counts)"
        )
    if strange:
        raise DataError(
            f"{path}: {len(strange)} columns are the {field} of no sample ({_some(strange)}): "
            "correct sample or pattern in the recipe (geo.counts), or list them under skip"
        )
    for sample in found:
        if found.count(sample) > 1:
            both = [column for column, name in zip(columns, found, strict=True) if name == sample]
            raise DataError(
                f"{path}: {len(both)} columns are the sample {sample} ({_some(both)}): list all "
                "but one under skip in the recipe (geo.counts)"
            )
    return found


def _numbers(rows: list[list[str]], columns: list[str], path: str | Path) -> np.ndarray:
    try:
        values = np.array(rows, dtype=float)
    except ValueError:
        values = np.array([[_number(cell) for cell in row] for row in rows])
    if not values.size:
        raise DataError(f"{path}: holds no counts; {AGAIN}")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        line, column = np.argwhere(bad)[0]
        raise DataError(
            f"{path}: {bad.sum()} values are no counts (missing, negative or no numbers), the "
            f"first '{rows[line][column]}' in the column '{columns[column]}': correct gene and "
            "skip in the recipe (geo.counts), or leave the series out"
        )
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _fractions(values: np.ndarray, path: str | Path) -> list[str]:
    """Say that counts have fractions, as expected counts do; refuse what is no count at all."""
    above = values[values > 0]
    broken = (above != np.rint(above)).mean() if above.size else 0
    if not broken:
        return []
    # Logarithms do not reach 30, and what is scaled to a million or below has nearly no integers.
    if values.max() < 30 or (broken > 0.9 and np.median(values.sum(axis=0)) < 2e6):
        raise DataError(
            f"{path}: holds normalised values or logarithms (TPM, FPKM, CPM), no counts: name the "
            "file of the counts in the recipe (geo.counts), or leave the series out"
        )
    return [f"{broken:.0%} of the counts have fractions (expected counts): taken as they are"]


def _by_gene(
    ids: list[str], values: np.ndarray, path: str | Path
) -> tuple[pd.DataFrame, list[str]]:
    """Give each gene one line; only the copies on X and Y are summed.

    Two lines of one id with different counts are refused: nothing says whether they are parts of
    one gene, two genes under one symbol, or one gene written twice.
    """
    plain = [_plain_ensembl(name) for name in ids]
    table = pd.DataFrame(
        values, index=pd.Index([new or old for (new, _), old in zip(plain, ids, strict=True)])
    )
    nameless = table.index == ""
    notes = [f"{nameless.sum()} lines without a gene id were left out"] if nameless.any() else []
    on_y = np.array([copy for _, copy in plain]) & ~nameless
    usual = table[~on_y & ~nameless]
    again = usual[usual.index.duplicated(keep=False)]
    first = again[~again.index.duplicated()]
    different = again.index[(again.to_numpy() != first.loc[again.index].to_numpy()).any(axis=1)]
    if len(different):
        names = list(dict.fromkeys(different))
        raise DataError(
            f"{path}: {len(names)} gene ids have several lines with different counts "
            f"({_some(names)}): name a column of unique ids as gene in the recipe (geo.counts)"
        )
    if len(again):
        notes.append(f"{len(again) - len(first)} lines that repeat another were left out")
    usual = usual[~usual.index.duplicated()]
    if on_y.any():
        notes.append(f"{on_y.sum()} genes on X and Y: the counts of both copies were summed")
        order = list(dict.fromkeys(name for name in table.index if name))
        usual = pd.concat([usual, table[on_y]]).groupby(level=0, sort=False).sum().loc[order]
    return usual.rename_axis("gene_id"), notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
