"""Genes that a file of the user names, brought to the symbols in force, as those of cohorts are."""

import gzip
import logging
import zlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.symbols import GeneNames, current

log = logging.getLogger(__name__)


def in_force(genes: Iterable[str], names: GeneNames | None, what: str) -> dict[str, str]:
    """Return the symbol in force of each gene; one that is not found keeps its name.

    Parameters
    ----------
    genes
        Names as they were given.
    names
        Current and former symbols; None: every gene keeps its name.
    what
        The file, for the line in the log that counts what was renamed and what was not found.
    """
    given = sorted(set(genes))
    if names is None:
        return dict(zip(given, given, strict=True))
    found = current(pd.Series(given, index=given, dtype=object), names)
    renamed = int((found["symbol"] != found.index).sum())
    lost = found.index[found["how"].isin(["unknown", "ambiguous"])]
    shown = f" ({', '.join(lost[:3])})" if len(lost) else ""
    log.info(
        "%s: %d genes, %d brought to the symbol in force, %d not found%s",
        what,
        len(given),
        renamed,
        len(lost),
        shown,
    )
    return found["symbol"].to_dict()


def read_lines(path: str | Path) -> str:
    """Return the text of a file, plain or gzip.

    Raises
    ------
    DataError
        If it cannot be read or is not UTF-8.
    """
    try:
        raw = Path(path).read_bytes()
        packed = raw[:2] == b"\x1f\x8b"
        return (gzip.decompress(raw) if packed else raw).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
