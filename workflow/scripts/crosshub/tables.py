"""Reading and writing: one function for each kind of file, whole or absent, ids checked.

Matrices are genes × samples, float32, parquet. What a person opens is a TSV.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crosshub.errors import DataError

# The number that was written is the number that is read: from pandas 3 on without asking.
EXACT: dict[str, Any] = {} if pd.__version__ >= "3" else {"float_precision": "round_trip"}


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path`; it takes the place of `path` only if the block succeeds."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_matrix(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a matrix (genes × samples) as float32 parquet, the same bytes for the same values.

    Parameters
    ----------
    frame
        Unique row ids and unique column ids.
    path
        Ends with ``.parquet``.

    Raises
    ------
    DataError
        If an id occurs twice.
    """
    _check_ids(frame.index, "row", path)
    _check_ids(frame.columns, "column", path)
    named = frame.astype(np.float32).rename_axis(frame.index.name or "gene")
    table = pa.Table.from_pandas(named, preserve_index=True)
    with whole(path) as beside:
        # Dictionaries cost time and space on floats; splitting the bytes lets zstd see exponents.
        pq.write_table(
            table,
            beside,
            compression="zstd",
            use_dictionary=False,
            use_byte_stream_split=[str(name) for name in named.columns] or False,
            write_statistics=False,
        )


def read_matrix(path: str | Path) -> pd.DataFrame:
    """Read a matrix written by `write_matrix`.

    Returns
    -------
    DataFrame
        Rows × columns, float32; the index bears the name that it was written with.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: cannot be read ({_first_line(error)}); delete it and run again"
        ) from error
    _check_ids(frame.index, "row", path)
    return frame


def write_frame(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a long table of mixed types as parquet, without its index."""
    with whole(path) as beside:
        frame.to_parquet(beside, index=False, compression="zstd")


def read_frame(path: str | Path) -> pd.DataFrame:
    """Read a table written by `write_frame`."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: cannot be read ({_first_line(error)}); delete it and run again"
        ) from error


def write_table(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table as TSV without its index; floats so that reading gives the same number."""
    with whole(path) as beside:
        frame.to_csv(beside, sep="\t", index=False, lineterminator="\n")


def read_table(path: str | Path, text: Sequence[str] = (), key: str | None = None) -> pd.DataFrame:
    """Read a TSV; `text` names the columns that stay strings, `key` one that becomes the index.

    Only an empty cell is missing: a gene may be called ``NA`` or ``TRUE``.
    """
    dtype = dict.fromkeys(("gene", "sample", "identity", "module", *text), str)
    try:
        frame = pd.read_csv(
            path,
            sep="\t",
            dtype=dtype,
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig",
            **EXACT,
        )
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a table ({_first_line(error)})") from error
    if key is None:
        return frame
    if key not in frame:
        raise DataError(f"{path}: has no column '{key}'")
    _check_ids(pd.Index(frame[key]), key, path)
    return frame.set_index(key)


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys and a newline at its end; NaN becomes null."""
    with whole(path) as beside:
        text = json.dumps(plain(value), indent=1, sort_keys=True, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({_first_line(error)})") from error


def plain(value: Any) -> Any:
    """Return `value` in the types that JSON knows."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple | np.ndarray | pd.Series | pd.Index):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _check_ids(ids: pd.Index, what: str, path: str | Path) -> None:
    if not ids.is_unique:
        twice = ids[ids.duplicated()][0]
        raise DataError(f"{path}: the {what} id '{twice}' occurs more than once")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
