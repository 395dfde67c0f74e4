"""Make a signature store of a file, whatever its format."""

import csv
import hashlib
import itertools
import logging
import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.signatures.annotation import (
    SIGNATURE_NAMES,
    WEAKER_NAMES,
    describe_signatures,
    occurs_twice,
)
from crosshub.signatures.building import part_folder, write_store
from crosshub.signatures.gct import open_gct
from crosshub.signatures.gctx import open_gctx
from crosshub.signatures.naming import GENE_COLUMNS, keep_genes, look_up_genes, up_to_date
from crosshub.signatures.rank_matrix import of_genes, open_rank_matrix
from crosshub.signatures.source import Source
from crosshub.signatures.table import NAMING, open_table
from crosshub.signatures.text import fields_of, open_text
from crosshub.symbols import GeneNames
from crosshub.tables import sha256

# All that may be read from a table of a release, as text: an id is no number.
_NAMES = itertools.chain(*SIGNATURE_NAMES.values(), *WEAKER_NAMES.values())
TABLE_COLUMNS = tuple(dict.fromkeys((*GENE_COLUMNS, *_NAMES)))

log = logging.getLogger(__name__)

Reader = Callable[[Path, Path], AbstractContextManager[Source]]


def index_signatures(
    source: str | Path,
    folder: str | Path,
    *,
    genes: pd.DataFrame | None = None,
    signatures: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
    names: GeneNames | None = None,
    release: str | None = None,
    block: int | None = None,
    width: int | None = None,
    threads: int = 1,
) -> None:
    """Write the signature store of a file of signatures.

    The folder appears whole or not at all; memory is bounded; a build that was killed goes on
    where it stopped if the source, the gene table and the version are the same.

    Parameters
    ----------
    source
        ``.gctx`` (HDF5: signatures × genes); ``.gct(.gz)``; a TSV(.gz) whose columns ``entrez``
        and/or ``symbol`` name the genes and whose other columns are signatures,
        ``name__cell__type``; the rank matrix of CMap build 02 (``.txt``, ``.tsv``, ``.gz``: probe
        sets, then instances). Values are z-scores; of a rank matrix, centred ranks.
    folder
        Gets ``ranks``, ``values`` and ``magnitudes`` (genes × signatures, in pieces),
        ``genes.tsv``, ``signatures.tsv``, ``compounds.tsv``, ``cells.tsv`` and ``source.json``.
    genes
        The gene table of the release, where the source has only ids: columns ``pr_gene_id``,
        ``gene_id`` or ``entrez``, and ``pr_gene_symbol``, ``gene_symbol`` or ``symbol``;
        ``probe_id`` for a rank matrix; ``pr_is_lm``, ``pr_is_bing`` or ``feature_space``.
    signatures
        What the signatures are, where a source holds only their ids (as the LINCS releases do),
        one table or several: ``sig_id`` and ``pert_iname``, ``cell_id``, ``pert_idose``,
        ``pert_itime``, ``pert_type``, ``tas``, …
    names
        The symbols in force, to which the genes are brought; None: they stay as they are.
    release
        Name of the release; None: the name of the file.
    block
        Signatures read at once.
    width
        Signatures of a piece.
    threads
        Cores; the bytes do not depend on them.

    Raises
    ------
    DataError
        If the source cannot be read to its end, has missing or infinite values, gene ids that
        the gene table does not know, no gene names, or more than 65,535 genes.
    """
    source, folder = Path(source), Path(folder)
    tables = [signatures] if isinstance(signatures, pd.DataFrame) else list(signatures or ())
    reader = reader_of(source)
    before = source.stat()
    origin = {"file": source.name, "size": before.st_size, "sha256": sha256(source)}
    identity = {**origin, "names": _digest(genes, names), "width": width}
    with part_folder(folder, identity) as part, reader(source, part) as found:
        described = describe_signatures(found.signatures, tables, found.name)
        named = found.genes if genes is None else look_up_genes(found.genes, genes, found.name)
        if names is not None:
            named = up_to_date(named, names)
        if found.probes and (named["gene"] != "").any():
            origin["probe_sets"] = len(named)
            found, named = of_genes(found, named)
        kept, counts = keep_genes(named, found.name)
        origin.update(release=release or source.name, **counts)
        write_store(found, kept, described, part, origin=origin, block=block, width=width,
                    threads=threads)  # fmt: skip
        after = source.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DataError(f"{source}: changed while it was read: run again")
    log.info("%s: %d signatures, %d genes indexed", source, len(described), len(kept))


def read_release_table(path: str | Path) -> pd.DataFrame:
    """Read a table of a release: what a store knows of genes and signatures, as text.

    Tables of a million signatures have dozens of columns, most of them of no use here and all of
    them repetitive; what is read takes a tenth of the memory. Quotes have a meaning only where the
    header has some.

    Raises
    ------
    DataError
        If it cannot be read, has no column that a store knows, or has one of them twice.
    """
    given = {"sep": "\t", "encoding": "utf-8-sig", "encoding_errors": "replace"}
    try:
        header = pd.read_csv(path, nrows=1, header=None, dtype=str, quoting=csv.QUOTE_NONE, **given)
        names = header.iloc[0].fillna("").tolist()
        # A lone quote is a part of a name (3" or 5'); it would swallow the rows up to the next.
        quoted = any(name.startswith('"') for name in names)
        table = pd.read_csv(
            path, dtype="category", usecols=TABLE_COLUMNS.__contains__, na_filter=False,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, **given,
        )  # fmt: skip
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read as a table ({reason})") from error
    names = [name.strip('"') for name in names]
    twice = [name for i, name in enumerate(names) if name in TABLE_COLUMNS and name in names[:i]]
    if twice:
        raise DataError(f"{path}: {occurs_twice(twice[0])}")
    if not len(table.columns):
        raise DataError(
            f"{path}: has no column that is known: give a table with 'sig_id' or 'instance_id', or "
            "with 'gene_id' and 'gene_symbol', separated by tabs"
        )
    return table


def _digest(genes: pd.DataFrame | None, names: GeneNames | None) -> str:
    """Return a hash of all that decides which genes are kept."""
    parts = ["" if genes is None else genes.to_csv(index=False)]
    if names is not None:
        tables = (names.previous, names.alias, names.by_entrez)
        parts.append(repr([sorted(names.approved), *(sorted(table.items()) for table in tables)]))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def reader_of(source: Path) -> Reader:
    """Return the reader of a file, by its name and, for a plain text, by its header.

    Raises
    ------
    DataError
        If the file does not exist, is empty, or is of no known kind.
    """
    if not source.exists():
        raise DataError(f"{source}: does not exist")
    name = source.name.lower().removesuffix(".gz")
    if name.endswith((".gctx", ".h5", ".hdf5")):
        return open_gctx
    if name.endswith(".gct"):
        return open_gct
    with open_text(source, "a table of signatures") as file:
        header = fields_of(file)
    if header == [""]:
        raise DataError(f"{source}: is empty: fetch it again")
    named = {name.strip().lower() for name in header[:2]} & set(NAMING)
    if header[0].strip().lower() in _PROBE_HEADERS and not named:
        return open_rank_matrix
    return open_table


_PROBE_HEADERS = {"", "probe", "probe_id", "probe_set", "probeset", "id"}
