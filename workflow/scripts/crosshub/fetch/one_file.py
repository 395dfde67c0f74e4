"""One file: got, checked, compared with what was fetched before, and put in its place."""

import gzip
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from crosshub.errors import DataError
from crosshub.fetch import download, local, source
from crosshub.fetch.addresses import is_web
from crosshub.fetch.checks import Check
from crosshub.fetch.download import Arrival, Limits
from crosshub.fetch.problems import Interrupted, Missing, WebPage
from crosshub.fetch.slots import lock
from crosshub.tables import write_json

HINT = "check the accession and geo.base_url"
PAGE = re.compile(rb"\s*(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
GZIP = b"\x1f\x8b"


def fetch(
    url: str,
    target: str | Path,
    check: Check,
    *,
    kind: str = "",
    pack: bool = False,
    may_change: bool = False,
    hint: str = HINT,
    limits: Limits | None = None,
) -> None:
    """Get `url` to `target`, check it, and write ``<target>.source.json`` beside it.

    Parameters
    ----------
    url
        https, http, ``file://…`` or a path.
    target
        Appears only once the file is whole and `check` has accepted it. What came of a file
        whose connection failed stays beside it as ``.<name>.part``, for the next run to go on.
    check
        Reads the file and raises `DataError` where it is not what it should be.
    kind
        What the file is, for the note.
    pack
        Whether the source gives text that `target` holds as gzip.
    may_change
        Whether a file other than the one that was fetched before is taken without a word.
    hint
        What the user can do where the source has no such file.
    limits
        Of time, tries and size; those of `Limits` by default.

    Raises
    ------
    Missing
        If the source has no such file.
    Interrupted
        If the connection failed too often.
    DataError
        If the file is not what it should be, or not what was fetched before. All in one line,
        with the address and what to do.
    """
    target = Path(target)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _part_file(part, url) as file:
            arrival = _get(url, file, part, hint, limits or Limits())
            with _finished(part, file, arrival, target, pack) as finished:
                _verify(url, arrival, finished, check)
                note = source.describe(url, arrival, finished, kind)
                if not may_change:
                    source.refuse_change(note, finished, target)
                write_json(note, source.note_path(target))
                finished.replace(target)
    except OSError as error:
        raise DataError(
            f"{url}: cannot be written to {target} ({error.strerror or error}); make room there "
            "or check the folder, and run again"
        ) from error


def part_note(part: Path) -> Path:
    """Return the path of the note that says what a part is of."""
    return part.with_name(f"{part.name}.json")


@contextmanager
def _part_file(part: Path, url: str) -> Iterator[BinaryIO]:
    """Open the part for this process alone; it stays only if the connection failed."""
    with part.open("a+b", buffering=0) as file:
        if not lock(file) or not _is_it(part, file):
            raise DataError(f"{url}: another run is fetching it to {part}; wait until it is done")
        keep = False
        try:
            yield file
        except (Interrupted, OSError, KeyboardInterrupt):
            keep = is_web(url) and os.fstat(file.fileno()).st_size > 0
            raise
        finally:
            if not keep:
                part_note(part).unlink(missing_ok=True)
                if _is_it(part, file):
                    part.unlink()


def _is_it(path: Path, file: BinaryIO) -> bool:
    """Return whether a name still stands for an open file: another run may have taken it away."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _get(url: str, file: BinaryIO, part: Path, hint: str, limits: Limits) -> Arrival:
    if not is_web(url):
        return Arrival(url, local.copy(url, file, hint=hint))
    try:
        return download.download(url, file, part_note(part), limits)
    except Missing as error:
        raise Missing(f"{error}; {hint}") from error


@contextmanager
def _finished(
    part: Path, file: BinaryIO, arrival: Arrival, target: Path, pack: bool
) -> Iterator[Path]:
    """Yield the file as it is to be kept: mostly what came, else unpacked or packed."""
    os.fsync(file.fileno())
    if not pack and not (arrival.encoded and target.suffix != ".gz"):
        yield part
        return
    shaped = part.with_name(f"{part.name}.shaped")
    try:
        _shape(arrival, part, shaped, pack)
        yield shaped
    finally:
        shaped.unlink(missing_ok=True)


def _shape(arrival: Arrival, part: Path, shaped: Path, pack: bool) -> None:
    """Write the text of what came as gzip, or plainly."""
    try:
        # The hash is to be that of the content: no date and no name inside.
        with (
            gzip.open(part, "rb") if _is_gzip(part) else part.open("rb") as text,
            shaped.open("wb") as out,
            gzip.GzipFile("", "wb", fileobj=out, mtime=0) if pack else out as written,
        ):
            shutil.copyfileobj(text, written)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{arrival.came_from}: what came is damaged ({error}); try again"
        ) from error


def _verify(url: str, arrival: Arrival, path: Path, check: Check) -> None:
    """Refuse what is empty, a web page, or not what `check` expects; say where redirects led."""
    led = _led(url, arrival)
    if not path.stat().st_size:
        raise DataError(f"{url}: the file is empty{led}; try again, or check it at the source")
    if PAGE.match(_head(path)):
        raise WebPage(
            f"{url}: a web page came in place of the file{led}; open the address in a browser: it "
            "may want a login, or the network may"
        )
    try:
        check(path)
    except DataError as error:
        reason = str(error).replace(f"{path}: ", "").replace("delete it and fetch it", "try")
        raise DataError(f"{url}: what came is not usable{led}: {reason}") from error


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def _head(path: Path) -> bytes:
    """Return how a file begins; a page may come packed as well."""
    try:
        with gzip.open(path, "rb") if _is_gzip(path) else path.open("rb") as file:
            return file.read(512)
    except (OSError, EOFError, zlib.error):
        return b""


def _led(url: str, arrival: Arrival) -> str:
    if arrival.came_from == url:
        return ""
    elsewhere = urlsplit(arrival.came_from).netloc != urlsplit(url).netloc
    return f" (redirected to {'another host, ' if elsewhere else ''}{arrival.came_from})"
