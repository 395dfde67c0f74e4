"""The store of reference signatures: gene-major, so that a query reads only its own genes.

A Connectivity Map release is one row a signature; a query needs a few hundred genes of all of
them. The store turns it around once: ranks (uint16) and z-scores (float16), genes × signatures.
Ranks are taken from the float32 source, because float16 makes ties.
"""

import gzip
import hashlib
import logging
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from crosshub import __version__
from crosshub.errors import DataError
from crosshub.tables import read_json, read_table, write_json, write_table

log = logging.getLogger(__name__)

SIGNATURE_COLUMNS = ("signature", "compound", "cell", "dose", "time", "type")
_SIGNATURE_NAMES = {
    "signature": ("sig_id", "signature", "id"),
    "compound": ("pert_iname", "cmap_name", "compound", "pert_id"),
    "cell": ("cell_id", "cell_iname", "cell_mfc_name", "cell"),
    "dose": ("pert_idose", "pert_dose", "dose"),
    "time": ("pert_itime", "pert_time", "time"),
    "type": ("pert_type", "type"),
}
_SYMBOL_NAMES = ("pr_gene_symbol", "gene_symbol", "symbol")
_ENTREZ_NAMES = ("pr_gene_id", "gene_id", "entrez")
_MISSING = ("-666", "-666.0", "nan", "NaN")
_MATRICES = {"ranks": np.uint16, "magnitudes": np.uint16, "values": np.float16}
_MOST_GENES = np.iinfo(np.uint16).max
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class SignatureStore:
    """Reference signatures on disk, read by gene.

    Attributes
    ----------
    folder
        Where `index_signatures` wrote it.
    genes
        Gene symbols, unique, in the order of the rows.
    signatures
        One row a signature, in the order of the columns: signature, compound, cell, dose, time,
        type; empty strings where the source says nothing.
    """

    folder: Path
    genes: pd.Index
    signatures: pd.DataFrame

    @classmethod
    def open(cls, folder: str | Path) -> "SignatureStore":
        """Open a complete store.

        Raises
        ------
        DataError
            If the folder holds no complete store, or its files do not fit together.
        """
        folder = Path(folder)
        source = folder / "source.json"
        if not source.exists() or not read_json(source).get("complete"):
            raise DataError(f"{folder}: not a complete signature store: delete it and index again")
        genes = read_table(folder / "genes.tsv", text=("entrez",), key="gene")
        table = _text(read_table(folder / "signatures.tsv", text=SIGNATURE_COLUMNS))
        store = cls(folder, genes.index, table)
        for name in _MATRICES:
            if store.matrix(name).shape != (len(genes), len(table)):
                raise DataError(f"{folder}: {name}.npy does not fit genes.tsv: index again")
        return store

    @property
    def n_genes(self) -> int:
        """Number of genes that were ranked."""
        return len(self.genes)

    def matrix(self, name: str) -> np.ndarray:
        """Return a whole matrix, genes × signatures, mapped from disk and read only when used.

        Parameters
        ----------
        name
            ``ranks``, ``values`` or ``magnitudes``.
        """
        path = self.folder / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path}: cannot be read ({error}): delete the store and index again"
            ) from error

    def rows(self, genes: Sequence[str]) -> np.ndarray:
        """Return the row numbers of these genes, in their order.

        Raises
        ------
        DataError
            If a gene is not in the store.
        """
        rows = self.genes.get_indexer(pd.Index(genes))
        if (rows < 0).any():
            absent = pd.Index(genes)[rows < 0]
            raise DataError(f"{self.folder}: {len(absent)} genes are absent, first '{absent[0]}'")
        return rows

    def ranks(self, genes: Sequence[str]) -> np.ndarray:
        """Return genes × signatures, uint16: 1 is the highest value of the signature."""
        return self.matrix("ranks")[self.rows(genes)]

    def values(self, genes: Sequence[str]) -> np.ndarray:
        """Return genes × signatures, float16: the z-scores."""
        return self.matrix("values")[self.rows(genes)]

    def magnitudes(self, genes: Sequence[str]) -> np.ndarray:
        """Return genes × signatures, uint16: the rank of the absolute value, 1 is the smallest."""
        return self.matrix("magnitudes")[self.rows(genes)]


def index_signatures(
    source: str | Path,
    folder: str | Path,
    *,
    genes: pd.DataFrame | None = None,
    signatures: pd.DataFrame | None = None,
    block: int = 1000,
) -> None:
    """Write the signature store of a GCTX file or of a table.

    The folder appears whole or not at all; memory is bounded by `block`.

    Parameters
    ----------
    source
        ``.gctx`` (HDF5: signatures × genes), or a TSV(.gz) whose columns ``entrez`` and/or
        ``symbol`` name the genes and whose other columns are signatures, ``name__cell__type``.
        Values are z-scores.
    folder
        Gets ``ranks.npy``, ``values.npy`` and ``magnitudes.npy`` (genes × signatures),
        ``genes.tsv``, ``signatures.tsv`` and ``source.json``.
    genes
        Symbols for Entrez ids, where the source has only these: columns ``pr_gene_id``,
        ``gene_id`` or ``entrez``, and ``pr_gene_symbol``, ``gene_symbol`` or ``symbol``.
    signatures
        What the signatures are, where a GCTX holds only their ids (as the LINCS releases do):
        ``sig_id`` and ``pert_iname``, ``cell_id``, ``pert_idose``, ``pert_itime``, ``pert_type``.
    block
        Signatures read at once.

    Raises
    ------
    DataError
        If the source cannot be read to its end, has missing or infinite values, no gene names,
        or more than 65,535 genes.
    """
    source, folder = Path(source), Path(folder)
    with _whole_folder(folder) as beside:
        opened = _open_gctx if source.suffix in {".gctx", ".h5", ".hdf5"} else _open_table
        with opened(source, beside) as found:
            named, counts = _name_genes(found.genes, genes, source)
            described = _describe(found.signatures, signatures, source)
            _write_matrices(found, named.index.to_numpy(), beside, source, block)
        write_table(named[["gene", "entrez"]], beside / "genes.tsv")
        write_table(described, beside / "signatures.tsv")
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        origin = {"file": source.name, "size": source.stat().st_size, "sha256": digest}
        content = {"signatures": len(described), "genes": len(named), **counts}
        record = {**origin, **content, "crosshub": __version__, "complete": True}
        write_json(record, beside / "source.json")
    log.info("%s: %d signatures, %d genes indexed", source, len(described), len(named))


@dataclass(frozen=True)
class _Source:
    """What both kinds of file give; `read` maps (start, stop) to signatures × genes."""

    genes: pd.DataFrame
    signatures: pd.DataFrame
    read: Callable[[int, int], np.ndarray]


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        if folder.exists():
            shutil.rmtree(folder)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: not a complete GCTX ({reason}): fetch it again") from error


@contextmanager
def _open_gctx(path: Path, scratch: Path) -> Iterator[_Source]:
    with _reading(path):
        file = h5py.File(path, "r")
    with file:
        with _reading(path):
            matrix = file["0/DATA/0/matrix"]
            genes, signatures = _metadata(file["0/META/ROW"]), _metadata(file["0/META/COL"])
        if matrix.shape != (len(signatures), len(genes)):
            raise DataError(
                f"{path}: the matrix is {matrix.shape[0]} × {matrix.shape[1]}, the ids are "
                f"{len(signatures)} signatures and {len(genes)} genes: fetch it again"
            )

        def read(start: int, stop: int) -> np.ndarray:
            with _reading(path):
                return matrix[start:stop].astype(np.float32)

        ids = genes["id"]
        gene, entrez = _first_named(genes, _SYMBOL_NAMES), _first_named(genes, _ENTREZ_NAMES)
        if (gene == "").all() and not ids.str.fullmatch(r"\d+|.*_at").any():
            gene = ids
        if (entrez == "").all():
            entrez = ids.where(ids.str.fullmatch(r"\d+"), "")
        yield _Source(pd.DataFrame({"gene": gene, "entrez": entrez}), signatures, read)


def _metadata(group: h5py.Group) -> pd.DataFrame:
    def text(item: Any) -> str:
        return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)

    columns = {name: [text(item) for item in group[name][:]] for name in sorted({"id", *group})}
    return pd.DataFrame(columns, dtype=str)


@contextmanager
def _open_table(path: Path, scratch: Path) -> Iterator[_Source]:
    opener = gzip.open if path.suffix == ".gz" else open
    raw = scratch / "values.raw"
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            header = file.readline().rstrip("\r\n").split("\t")
            naming = {i: name.lower() for i, name in enumerate(header[:2])
                      if name.lower() in {"entrez", "symbol"}}  # fmt: skip
            columns = [i for i in range(len(header)) if i not in naming]
            if not naming or not columns:
                raise DataError(
                    f"{path}: the first columns must be 'entrez' and/or 'symbol', and signatures "
                    "must follow: check its header"
                )
            parts = []
            text, numbers = dict.fromkeys(naming, str), dict.fromkeys(columns, np.float64)
            # A gene may be called NA; a value may not.
            missing = dict.fromkeys(columns, ["", "NA", "NaN", "nan"])
            with raw.open("wb") as out:
                for chunk in pd.read_csv(
                    file, sep="\t", header=None, names=range(len(header)), index_col=False,
                    dtype={**text, **numbers}, keep_default_na=False, na_values=missing,
                    chunksize=500,
                ):  # fmt: skip
                    out.write(chunk[columns].to_numpy(np.float32).tobytes())
                    parts.append(chunk[list(naming)])
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as a table of signatures ({reason})") from error
    found = pd.concat(parts, ignore_index=True).rename(columns=naming)
    if found.empty:
        raise DataError(f"{path}: has a header and no genes: fetch it again")
    genes = pd.DataFrame({"gene": _first_named(found, ["symbol"]),
                          "entrez": _first_named(found, ["entrez"])})  # fmt: skip
    values = np.memmap(raw, np.float32, "r", shape=(len(genes), len(columns)))
    names = _split_names([header[i] for i in columns])
    yield _Source(genes, names, lambda start, stop: values[:, start:stop].T)
    raw.unlink()


def _split_names(names: Sequence[str]) -> pd.DataFrame:
    seen: dict[str, int] = {}
    rows = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        # Replicates of one compound in one cell line bear one name.
        unique = name if seen[name] == 1 else f"{name}#{seen[name]}"
        compound, cell, kind = parts if len(parts := name.rsplit("__", 2)) == 3 else (name, "", "")
        rows.append({"signature": unique, "compound": compound, "cell": cell, "type": kind})
    return pd.DataFrame(rows, dtype=str)


def _text(values: Any) -> Any:
    """Return a Series or DataFrame as text, what is missing as an empty string."""
    return values.astype(str).mask(values.isna(), "")


def _first_named(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Return the first non-empty value of these columns in each row, as text."""
    found = pd.Series("", index=frame.index, dtype=str)
    for name in names:
        if name in frame:
            values = _text(frame[name]).str.strip().replace(list(_MISSING), "")
            found = found.where(found != "", values)
    return found


def _describe(found: pd.DataFrame, table: pd.DataFrame | None, source: Path) -> pd.DataFrame:
    def columns(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({k: _first_named(frame, v) for k, v in _SIGNATURE_NAMES.items()})

    described = columns(found)
    twice = described["signature"][described["signature"].duplicated()]
    if len(twice):
        raise DataError(f"{source}: signature '{twice.iloc[0]}' occurs more than once: keep one")
    if table is None:
        return described
    given = columns(table).drop_duplicates("signature").set_index("signature")
    given = _text(given.reindex(described["signature"])).reset_index(drop=True)
    for name in SIGNATURE_COLUMNS[1:]:
        described[name] = described[name].where(described[name] != "", given[name])
    return described


def _name_genes(
    named: pd.DataFrame, table: pd.DataFrame | None, source: Path
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the genes that are kept, by row of the source, and the counts."""
    if table is not None:
        given = pd.DataFrame({"entrez": _first_named(table, _ENTREZ_NAMES),
                              "known": _first_named(table, _SYMBOL_NAMES)})  # fmt: skip
        given = given[given["entrez"] != ""].drop_duplicates("entrez").set_index("entrez")
        known = _text(named["entrez"].map(given["known"]))
        named = named.assign(gene=named["gene"].where(named["gene"] != "", known))
    unnamed = named["gene"] == ""
    if unnamed.all():
        raise DataError(f"{source}: no gene has a symbol: give the gene table of the release")
    repeated = named["gene"].duplicated() & ~unnamed
    counts = {
        "genes_in_source": len(named),
        "genes_without_symbol": int(unnamed.sum()),
        "genes_repeated": int(repeated.sum()),
    }
    log.info("%s: %s; the last two are left out", source, counts)
    kept = named[~unnamed & ~repeated]
    if len(kept) > _MOST_GENES:
        raise DataError(f"{source}: {len(kept)} genes, a store holds {_MOST_GENES}: leave some out")
    return kept, counts


def _write_matrices(
    found: _Source, rows: np.ndarray, folder: Path, source: Path, block: int
) -> None:
    total = len(found.signatures)
    out = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, (len(rows), total))
        for name, dtype in _MATRICES.items()
    }
    for start in range(0, total, block):
        stop = min(start + block, total)
        values = found.read(start, stop)[:, rows]
        usable = np.isfinite(values) & (np.abs(values) <= _LARGEST)
        if not usable.all():
            bad = int(np.argmin(usable.all(axis=1)))
            raise DataError(
                f"{source}: signature {start + bad + 1} has {(~usable[bad]).sum()} values that are "
                f"missing or beyond ±{_LARGEST:.0f}: leave it out, z-scores are needed"
            )
        out["values"][:, start:stop] = values.T
        out["ranks"][:, start:stop] = _rank(-values).T
        out["magnitudes"][:, start:stop] = _rank(np.abs(values)).T
        log.info("%s: %d of %d signatures", source, stop, total)
    for matrix in out.values():
        matrix.flush()


def _rank(keys: np.ndarray) -> np.ndarray:
    """Return the ranks (1 is the smallest) within each row; equal keys keep the order of genes."""
    order = np.argsort(keys, axis=1, kind="stable")
    ranks = np.empty(keys.shape, np.uint16)
    np.put_along_axis(ranks, order, np.arange(1, keys.shape[1] + 1, dtype=np.uint16)[None], axis=1)
    return ranks
