"""The rank matrix of CMap build 02: probe sets × instances, each instance a permutation."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.source import Source
from crosshub.signatures.text import fields_of, open_text, read_rows

# To read a page of the file at once.
_STEP = 1024


@contextmanager
def open_rank_matrix(path: Path, scratch: Path) -> Iterator[Source]:
    """Open ``rankMatrix.txt(.gz)``: a column of probe sets, then the ranks in each instance.

    A rank r of n becomes the centred rank 1 − 2(r − 1)/(n − 1): +1 is the most raised probe set,
    −1 the most lowered. `of_genes` then makes genes of the probe sets.

    Parameters
    ----------
    path
        Of the file.
    scratch
        Gets the numbers while the block lasts, as large as the matrix in float32.

    Raises
    ------
    DataError
        If a column is not a permutation of 1 to the number of rows.

    References
    ----------
    Lamb et al. 2006, Science 313:1929.
    """
    raw = scratch / "values.raw"
    with open_text(path, "a rank matrix") as file:
        header = fields_of(file)
        # The file of the release ends each line with a tab.
        columns = [i for i in range(1, len(header)) if header[i].strip()]
        if not columns:
            raise DataError(f"{path}: has no instances: check its header")
        found, ranks = read_rows(file, header, [0], columns, raw)
    ids = found[0].str.strip()
    number = len(ids)
    names = pd.DataFrame({"id": [header[i].strip() for i in columns]}, dtype=str)
    expected = np.arange(1, number + 1, dtype=np.float32)

    def read(start: int, stop: int) -> np.ndarray:
        block = np.ascontiguousarray(ranks[:, start:stop].T)
        wrong = (np.sort(block, axis=1) != expected).any(axis=1)
        if wrong.any():
            raise DataError(
                f"{path}: instance '{names['id'].iloc[start + int(np.argmax(wrong))]}' is not a "
                f"permutation of 1 to {number}: a rank matrix is needed; of a table of z-scores, "
                "name the first column 'symbol' or 'entrez'"
            )
        return 1 - (block - 1) * np.float32(2 / max(number - 1, 1))

    genes = pd.DataFrame({"id": ids, "gene": "", "entrez": "", "space": ""})
    try:
        yield Source(str(path), genes, names, read, _STEP,
                     f"centred ranks, 1 - 2(r - 1)/(n - 1), n = {number}", True)  # fmt: skip
    finally:
        raw.unlink(missing_ok=True)


def of_genes(source: Source, named: pd.DataFrame) -> tuple[Source, pd.DataFrame]:
    """Return the source with a gene's probe sets replaced by their mean, and its genes.

    A probe set that names several genes or none is left out. The mean treats both directions
    alike and needs no expression level, which a rank matrix does not have; a gene with several
    probe sets that disagree moves to the middle. The genes are ranked anew.

    Parameters
    ----------
    source
        From `open_rank_matrix`.
    named
        The source's genes with ``gene`` filled in, in the order of its rows.
    """
    single = (named["gene"] != "") & ~named["gene"].str.contains("///|[;,|]", regex=True)
    codes, symbols = pd.factorize(named.loc[single, "gene"])
    order = np.argsort(codes, kind="stable")
    rows = np.flatnonzero(single.to_numpy())[order]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.diff(starts, append=len(rows)).astype(np.float32)

    def read(start: int, stop: int) -> np.ndarray:
        return np.add.reduceat(source.read(start, stop)[:, rows], starts, axis=1) / counts

    first = named.iloc[rows[starts]].reset_index(drop=True).assign(gene=symbols)
    values = f"{source.values}; mean of a gene's probe sets"
    return Source(source.name, first, source.signatures, read, source.step, values), first
