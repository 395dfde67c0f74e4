"""Text out of GEO's files: whole or refused, whatever its encoding."""

import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from crosshub.errors import DataError

AGAIN = "delete it and fetch it again"
MISSING = ["", "NA", "NaN", "nan", "null", "NULL", "N/A", "n/a", "--"]
# GEO's largest matrices (methylation of hundreds of samples) unpack to about 3 GiB. Text of
# numbers packs to a third, the most repetitive header to a fiftieth; a bomb to a thousandth.
LARGEST = 8 << 30
SUSPECT = 512 << 20
HIGHEST_RATIO = 200
_PACKED = 1 << 19
_BLOCK = 2 << 20


def unpack(path: str | Path, *, largest: int = LARGEST, suspect: int = SUSPECT) -> Iterator[bytes]:
    """Yield the content of a gzip file block by block; its checksum is tested behind the last.

    Parameters
    ----------
    path
        A gzip file, of one member or several.
    largest
        Bytes of content at which reading stops.
    suspect
        Bytes from which on reading also stops where the content is more than `HIGHEST_RATIO`
        times as long as the file.

    Raises
    ------
    DataError
        If the file is empty, no gzip, cut, its checksum is wrong, or it unpacks to too much.
    """
    path = Path(path)
    size = 0
    try:
        with path.open("rb") as file:
            _check_kind(file.read(500), path)
            file.seek(0)
            limit = min(largest, max(suspect, HIGHEST_RATIO * path.stat().st_size))
            for block in _inflated(file):
                size += len(block)
                if size > limit:
                    raise DataError(
                        f"{path}: unpacks to more than {limit >> 20} MB, which no file of GEO "
                        f"does; {AGAIN}"
                    )
                yield block
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {AGAIN}") from error


def _check_kind(start: bytes, path: Path) -> None:
    if start[:2] != b"\x1f\x8b":
        page = re.match(rb"\s*<(!doctype|html|\?xml)", start, re.IGNORECASE)
        kind = "empty" if not start else "a web page" if page else "no gzip"
        raise DataError(f"{path}: the file is {kind}; {AGAIN}")


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of the members of a gzip file; zeros may pad its end."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while packed := file.read(_PACKED):
        while packed:
            if member.eof:
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            if block := member.decompress(packed, _BLOCK):
                yield block
            packed = member.unconsumed_tail or member.unused_data
    if block := member.flush():
        yield block
    if not member.eof:
        raise EOFError("it ends too early")


def ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same blocks, each made in a thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = thread.submit(next, blocks, None)
            yield block


def whole_lines(blocks: Iterable[bytes], path: str | Path) -> Iterator[bytes]:
    """Yield the content of blocks in pieces of whole lines, with the line ends of Unix.

    The last piece may end without one.

    Raises
    ------
    DataError
        If there are NUL bytes, which no text of GEO has.
    """
    piece = bytearray()
    for block in blocks:
        _refuse_nul(block, path)
        seen = len(piece)
        piece += block
        end = piece.rfind(b"\n", seen) + 1
        if end:
            yield _unix(bytes(memoryview(piece)[:end]))
            del piece[:end]
    if piece:
        yield _unix(bytes(piece))


def _unix(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece


def _refuse_nul(block: bytes, path: str | Path) -> None:
    if b"\0" in block:
        utf16 = block.startswith((b"\xff\xfe", b"\xfe\xff"))
        kind = "is text in UTF-16, and GEO's is in UTF-8" if utf16 else "has NUL bytes: damaged"
        raise DataError(f"{path}: {kind}; {AGAIN}")


def read_gzip(path: str | Path, *, largest: int = LARGEST, suspect: int = SUSPECT) -> str:
    """Return the text of a gzip file, read to its end with its checksum; see `unpack`.

    Raises
    ------
    DataError
        If the file is empty, no gzip, no text, cut, its checksum is wrong, or it unpacks to too
        much.
    """
    content = b"".join(unpack(path, largest=largest, suspect=suspect))
    _refuse_nul(content, path)
    return as_text(content)


def as_text(raw: bytes) -> str:
    """Decode text; a carriage return becomes a space, or, at the end of a line, nothing."""
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
    """Return the cells of a line of a table, without the quotes around them."""
    cells = line.split("\t")
    return [
        cell[1:-1] if cell[:1] == cell[-1:] == '"' and len(cell) > 1 else cell for cell in cells
    ]


def shown(text: str) -> str:
    """Return a text as a message can bear it: short, and on one line."""
    short = text if len(text) <= 40 else f"{text[:37]}..."
    return "".join(letter if letter.isprintable() else "?" for letter in short)


def folder_of(accession: str) -> str:
    """Return the folder of an accession in GEO's layout, such as ``GSE55nnn/GSE55235``."""
    plain = accession.split("-")[0]
    stub = re.sub(r"\d{1,3}$", "nnn", plain)
    return f"{stub}/{plain}"
