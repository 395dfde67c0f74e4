"""Read a store of reference signatures by gene."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.annotation import NUMBERS, TEXTS, text
from crosshub.signatures.layout import FORMAT, MATRICES, Matrix, open_matrix
from crosshub.tables import read_json, read_table, sha256


@dataclass(frozen=True)
class SignatureStore:
    """Reference signatures on disk, read by gene.

    Attributes
    ----------
    folder
        Where `index_signatures` wrote it.
    gene_table
        One row a gene that was ranked, in the order of the matrices' rows, indexed by its symbol
        (unique): ``entrez``, and ``space``, which is how the release knows the gene: ``landmark``
        (measured), ``best inferred``, ``inferred``, or empty where the release does not say; and
        ``source_symbol``, where the symbol in force is another one.
    signatures
        One row a signature, in the order of the matrices' columns. Text, empty where the source
        says nothing: ``signature`` (unique), ``compound`` (its name), ``cell``, ``dose``,
        ``time``, ``type``, ``compound_id``, ``quality`` (``true`` or ``false``, the release's own
        verdict: ``is_hiq``, else ``qc_pass``). Numbers, NaN where unknown: ``tas`` (transcriptional
        activity score, 0 to 1) and ``replicate_correlation`` (75th percentile of the Spearman
        correlations between the replicates, −1 to 1).
    record
        ``source.json``: ``file``, ``size`` and ``sha256`` of the source, ``release``, ``values``
        (what they are), counts, ``width`` (signatures of a piece), ``crosshub``, ``files``.
    """

    folder: Path
    gene_table: pd.DataFrame
    signatures: pd.DataFrame
    record: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path, *, verify: bool = False) -> "SignatureStore":
        """Open a complete store; sizes, shapes and the bytes of its tables are checked.

        Parameters
        ----------
        folder
            The store.
        verify
            Whether every byte is read and compared (`verify_store`), some half a minute for the
            33 GB of GSE92742.

        Raises
        ------
        DataError
            If the folder holds no complete store of this format, or its files do not fit together.
        """
        folder = Path(folder)
        record = _record(folder)
        if verify:
            verify_store(folder)
        for name, facts in record["files"].items():
            if not (folder / name).exists() or (folder / name).stat().st_size != facts["size"]:
                raise DataError(
                    f"{folder / name}: is absent or has another size than when it was written: "
                    "delete the store and index again"
                )
            # A table that was edited would name other signatures; pieces are too large for this.
            if not verify and name.endswith(".tsv"):
                _compare(folder / name, facts)
        genes = read_table(
            folder / "genes.tsv", text=("entrez", "space", "source_symbol"), key="gene"
        )
        table = read_table(folder / "signatures.tsv", text=TEXTS)
        table[list(TEXTS)] = text(table[list(TEXTS)])
        table[list(NUMBERS)] = table[list(NUMBERS)].astype(np.float64)
        store = cls(folder, text(genes), table, record)
        for name in MATRICES:
            if store.matrix(name).shape != (len(genes), len(table)):
                raise DataError(f"{folder}: {name} does not fit genes.tsv: index again")
        return store

    @property
    def genes(self) -> pd.Index:
        """Gene symbols, unique, in the order of the rows."""
        return self.gene_table.index

    @property
    def n_genes(self) -> int:
        """Number of genes that were ranked."""
        return len(self.gene_table)

    @property
    def label(self) -> str:
        """Name of the release and the beginning of the checksum of the file that was indexed."""
        return f"{self.release}, sha256 {self.record['sha256'][:12]}"

    @property
    def release(self) -> str:
        """Name of the release that the signatures are from."""
        return self.record["release"]

    def matrix(self, name: str) -> Matrix:
        """Return a whole matrix, genes × signatures, mapped from disk and read only when used.

        Parameters
        ----------
        name
            ``ranks``, ``values`` or ``magnitudes``.
        """
        return open_matrix(self.folder, name, len(self.signatures), self.record["width"])

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


def verify_store(folder: str | Path) -> None:
    """Read every byte of a store and compare it with what was written.

    Raises
    ------
    DataError
        If the store is not complete, or a file has changed.
    """
    folder = Path(folder)
    for name, facts in _record(folder)["files"].items():
        _compare(folder / name, facts)


def _compare(path: Path, facts: dict[str, Any]) -> None:
    if not path.exists() or sha256(path) != facts["sha256"]:
        raise DataError(
            f"{path}: is absent or has changed since it was written: delete the store and "
            "index again"
        )


def _record(folder: Path) -> dict[str, Any]:
    path = folder / "source.json"
    record = read_json(path) if path.exists() else {}
    if not record.get("complete") or record.get("format") != FORMAT:
        raise DataError(
            f"{folder}: not a complete signature store of format {FORMAT}: delete it and index "
            "again"
        )
    return record
