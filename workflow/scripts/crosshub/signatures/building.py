"""Write a store piece by piece: in bounded memory, on several cores, going on after a stop."""

import hashlib
import logging
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosshub import __version__
from crosshub.errors import DataError
from crosshub.signatures.annotation import cells_of, compounds_of
from crosshub.signatures.layout import FORMAT, LARGEST, MATRICES, piece_name, width_of
from crosshub.signatures.ranking import rank_rows, tie_order, tied_share
from crosshub.signatures.source import Source
from crosshub.tables import read_json, sha256, whole, write_json, write_table

log = logging.getLogger(__name__)

_WRITTEN = "written.json"
# Signatures that are turned around at once: few enough for the cache, whole lines of it.
_TILE = 64
_NAMED = 3
# With more ties than this the user hears of it.
_MANY_TIES = 0.1


@contextmanager
def part_folder(folder: Path, identity: dict[str, Any]) -> Iterator[Path]:
    """Yield the folder beside `folder` that takes its place when the block succeeds.

    A block that was killed leaves it, and the next one with the same `identity` goes on in it;
    bad data (`DataError`) removes it. It does not bear the name of `folder`, because Snakemake
    removes the output of a job that failed.

    Parameters
    ----------
    folder
        Where the store will be.
    identity
        All that the bytes of the pieces depend on.
    """
    identity = {**identity, "format": FORMAT, "crosshub": __version__, "code": _code()}
    part = folder.with_name(f".{folder.name}.part")
    same = _read_whole(part / "part.json") == identity
    if part.exists() and not same:
        log.info("%s: is of another source or version: begins anew", part)
        shutil.rmtree(part)
    part.mkdir(parents=True, exist_ok=True)
    # Pieces that a kill cut off.
    for path in part.rglob(".*.part"):
        path.unlink()
    write_json(identity, part / "part.json")
    try:
        yield part
        for name in ("part.json", _WRITTEN):
            (part / name).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        part.replace(folder)
    except DataError:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _code() -> str:
    """Return a hash of the code that makes a store: pieces of two versions must not be mixed."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_whole(path: Path) -> dict[str, Any]:
    """Return a record of the part folder; empty if a stop left none that can be read."""
    try:
        return read_json(path) if path.exists() else {}
    except DataError:
        return {}


def write_store(
    source: Source,
    genes: pd.DataFrame,
    signatures: pd.DataFrame,
    folder: Path,
    *,
    origin: dict[str, Any],
    block: int | None = None,
    width: int | None = None,
    threads: int = 1,
) -> None:
    """Write the matrices, the tables and the record of a store.

    Parameters
    ----------
    source
        Where the values are.
    genes
        The genes that are kept, from `keep_genes`; the index is the row of the source.
    signatures
        One row a signature of the source, as `SignatureStore.signatures`.
    folder
        From `part_folder`.
    origin
        What the record says of the source: ``file``, ``size``, ``sha256``, ``release`` and more.
    block
        Signatures read at once.
    width
        Signatures of a piece; a test takes a small one.
    threads
        Cores; the bytes do not depend on them.

    Raises
    ------
    DataError
        If a value is missing, infinite or beyond float16.
    """
    rows = genes.index.to_numpy()
    plan = _Plan(
        source, signatures["signature"], rows, tie_order(genes["gene"]),
        block or _block_of(source), threads,
    )  # fmt: skip
    width = width or width_of(len(genes))
    with ThreadPoolExecutor(threads) as pool:
        files = _write_pieces(plan, folder, width, pool)
    tied = _count_ties(plan)
    tables = {
        "genes.tsv": genes[["gene", "entrez", "space", "source_symbol"]],
        "signatures.tsv": signatures,
        "compounds.tsv": compounds_of(signatures),
        "cells.tsv": cells_of(signatures),
    }
    for name, table in tables.items():
        write_table(table, folder / name)
        files[name] = _facts(folder / name)
    record = {
        **origin,
        "genes": len(genes),
        "signatures": len(signatures),
        "values": source.values,
        "tied_values": round(tied, 4),
        "width": width,
        "format": FORMAT,
        "crosshub": __version__,
        "files": files,
        "complete": True,
    }
    write_json(record, folder / "source.json")


@dataclass(frozen=True)
class _Plan:
    """What is read: which rows of the source, how many signatures at once, on how many cores.

    `ties` is the order of the genes by which equal values are ranked.
    """

    source: Source
    names: pd.Series
    rows: np.ndarray
    ties: np.ndarray
    block: int
    threads: int

    def blocks(self, start: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the first signature of each block, and signatures × genes."""
        # Blocks begin where those of the file do, whatever the width of a piece.
        for first in [start, *range((start // self.block + 1) * self.block, stop, self.block)]:
            last = min((first // self.block + 1) * self.block, stop)
            values = self.source.read(first, last)
            every = len(self.rows) == values.shape[1]
            yield first, values if every else values[:, self.rows]


def _write_pieces(
    plan: _Plan, folder: Path, width: int, pool: ThreadPoolExecutor
) -> dict[str, Any]:
    """Write the pieces that do not stand yet; return size and checksum of all by name."""
    total = len(plan.names)
    files = _what_stands(folder, pool)
    most = len(plan.rows) * min(width, total)
    room = {name: np.empty(most, kind) for name, kind in MATRICES.items()}
    for number, start in enumerate(range(0, total, width)):
        stop = min(start + width, total)
        wanted = {matrix: piece_name(matrix, number) for matrix in MATRICES}
        if all(file in files for file in wanted.values()):
            continue
        shape = (len(plan.rows), stop - start)
        pieces = {name: flat[: shape[0] * shape[1]].reshape(shape) for name, flat in room.items()}
        _fill_pieces(plan, start, stop, pieces, pool)
        arguments = [(folder / wanted[matrix], piece) for matrix, piece in pieces.items()]
        facts = pool.map(_write_piece, *zip(*arguments, strict=True))
        files.update(zip(wanted.values(), facts, strict=True))
        write_json(files, folder / _WRITTEN)
        log.info("%s: %d of %d signatures", plan.source.name, stop, total)
    return files


def _fill_pieces(
    plan: _Plan, start: int, stop: int, pieces: dict[str, np.ndarray], pool: ThreadPoolExecutor
) -> None:
    """Read signatures one block after the other, and rank the blocks side by side."""
    waiting: deque[Future] = deque()
    for first, values in plan.blocks(start, stop):
        if not _usable(values).all():
            raise DataError(_what_is_bad(plan, first))
        waiting.append(pool.submit(_fill, values, plan.ties, pieces, first - start))
        # As many blocks in memory as there are cores, and the one that was just read.
        while len(waiting) > plan.threads:
            waiting.popleft().result()
    for future in waiting:
        future.result()


def _count_ties(plan: _Plan) -> float:
    """Return `tied_share` of the first signatures; say it where it is large."""
    # Not of the first block: the record must not depend on how large that is.
    values = plan.source.read(0, min(_TILE, len(plan.names)))[:, plan.rows]
    tied = tied_share(values)
    if tied > _MANY_TIES:
        log.warning(
            "%s: %.0f %% of the values of a signature (median of the first %d) are those of "
            "another gene, too: their ranks follow no value: give values with more digits",
            plan.source.name, 100 * tied, len(values),
        )  # fmt: skip
    return tied


def _block_of(source: Source) -> int:
    """Return as many signatures as the file reads at once, at least four tiles, in bounded memory.

    A block has 100 MB at most; there are as many in memory as cores, and one more.
    """
    wanted = -(-_TILE * 4 // source.step) * source.step
    return min(wanted, max(100_000_000 // (4 * len(source.genes)), _TILE))


def _what_stands(folder: Path, pool: ThreadPoolExecutor) -> dict[str, Any]:
    """Return the pieces of a build that was stopped, those whose bytes are still as recorded."""
    files = _read_whole(folder / _WRITTEN)
    found = list(pool.map(lambda name: _facts(folder / name), files))
    kept = {name: facts for (name, facts), now in zip(files.items(), found, strict=True)
            if facts == now}  # fmt: skip
    if kept:
        log.info("%s: goes on after %d files of its matrices", folder, len(kept))
    return kept


def _fill(values: np.ndarray, ties: np.ndarray, pieces: dict[str, np.ndarray], start: int) -> None:
    for first in range(0, len(values), _TILE):
        # Plus zero: −0 and 0 are the same value and must get the same bits.
        tile = np.add(values[first : first + _TILE], np.float32(0), order="C")
        ranks, magnitudes = (np.empty(tile.shape, np.uint16) for _ in range(2))
        rank_rows(tile.view(np.uint32), ties, ranks, magnitudes)
        columns = slice(start + first, start + first + len(tile))
        pieces["ranks"][:, columns] = ranks.T
        pieces["magnitudes"][:, columns] = magnitudes.T
        pieces["values"][:, columns] = tile.astype(np.float16).T


def _write_piece(path: Path, piece: np.ndarray) -> dict[str, Any]:
    with whole(path) as beside, beside.open("wb") as file:
        np.lib.format.write_array(file, piece, allow_pickle=False)
    return _facts(path)


def _facts(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def _usable(values: np.ndarray) -> np.ndarray:
    # NaN compares as false.
    return np.abs(values) <= LARGEST


def _what_is_bad(plan: _Plan, start: int) -> str:
    """Read on to the end, so that the user hears of every bad signature at once."""
    bad = {}
    for first, values in plan.blocks(start, len(plan.names)):
        counts = (~_usable(values)).sum(axis=1)
        bad.update({first + int(i): int(counts[i]) for i in np.flatnonzero(counts)})
    named = ", ".join(
        f"'{plan.names.iloc[i]}' ({number} of {len(plan.rows)} genes)"
        for i, number in list(bad.items())[:_NAMED]
    )
    more = f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    return (
        f"{plan.source.name}: {len(bad)} of {len(plan.names)} signatures have values that are "
        f"missing or beyond ±{LARGEST:.0f}: {named}{more}: leave them out, every gene needs a value"
    )
