"""Text out of GEO's files: whole or refused, whatever its encoding."""

import gzip
import re
import zlib
from pathlib import Path

from crosshub.errors import DataError

AGAIN = "delete it and fetch it again"
MISSING = ["", "NA", "NaN", "nan", "null", "NULL", "N/A", "n/a", "--"]


def read_gzip(path: str | Path) -> str:
    """Return the text of a gzip file, read to its end with its checksum.

    Raises
    ------
    DataError
        If the file is empty, no gzip, cut, or its checksum is wrong.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if raw[:2] != b"\x1f\x8b":
        page = re.match(rb"\s*<(!doctype|html|\?xml)", raw[:500], re.IGNORECASE)
        kind = "empty" if not raw else "a web page" if page else "no gzip"
        raise DataError(f"{path}: the file is {kind}; {AGAIN}")
    try:
        return as_text(gzip.decompress(raw))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {AGAIN}") from error


def as_text(raw: bytes) -> str:
    # A carriage return within a text would end a line of every table that it comes to stand in.
    return _decode(raw).replace("\r\n", "\n").replace("\r", " ")


def _decode(raw: bytes) -> str:
    """Decode UTF-8; a line that is none is taken for cp1252, and no other line with it."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\n" in raw:
            return "\n".join(map(_decode, raw.split(b"\n")))
        return raw.decode("cp1252", errors="replace")


def cells(line: str) -> list[str]:
    cells = line.split("\t")
    return [
        cell[1:-1] if cell[:1] == cell[-1:] == '"' and len(cell) > 1 else cell for cell in cells
    ]


def folder_of(accession: str) -> str:
    """Return the folder of an accession in GEO's layout, such as ``GSE55nnn/GSE55235``."""
    plain = accession.split("-")[0]
    stub = re.sub(r"\d{1,3}$", "nnn", plain)
    return f"{stub}/{plain}"
