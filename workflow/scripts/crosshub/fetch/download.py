"""Getting a file over HTTP: what was cut goes on where it was, and nothing goes on for ever.

Ranges and their conditions are those of RFC 9110, §13 and §14.
"""

import json
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import requests
from urllib3.exceptions import HTTPError

from crosshub import __version__
from crosshub.errors import DataError
from crosshub.fetch.problems import Interrupted, Missing
from crosshub.fetch.trouble import Broken, busy_for, reason_of, refused, size_text

log = logging.getLogger(__name__)
AGENT = f"crosshub/{__version__} (Snakemake workflow that fetches from GEO)"
# However much each try brings; one that brings nothing counts against Limits.retries.
MOST_TRIES = 50
MOST_REDIRECTS = 8
BLOCK = 1 << 16


@dataclass(frozen=True)
class Limits:
    """How long and how often a file is tried.

    Attributes
    ----------
    timeout
        Seconds without a byte after which a connection counts as dead.
    retries
        Further tries after one that brought nothing new.
    pause
        Seconds before the next try; doubled with each try that brings nothing new.
    longest_pause
        Seconds at most between two tries, also where the server asks for more.
    largest
        Bytes; a file that is larger is refused.
    longest
        Seconds for the whole file.
    """

    timeout: float = 60
    retries: int = 5
    pause: float = 1
    longest_pause: float = 120
    largest: int = 8 << 30
    longest: float = 6 * 3600


@dataclass(frozen=True)
class Arrival:
    """What is known of a file that has come.

    Attributes
    ----------
    came_from
        Where the redirects led, without a query, which may hold a signature.
    last_modified, etag
        As the server said, or empty.
    encoded
        Whether the server calls its bytes a gzip encoding of the file.
    """

    came_from: str
    last_modified: str = ""
    etag: str = ""
    encoded: bool = False


def download(url: str, file: BinaryIO, note: Path, limits: Limits) -> Arrival:
    """Get `url` into an open file, going on where an earlier try or run stopped.

    Parameters
    ----------
    url
        https or http.
    file
        Open for reading and writing without a buffer; may hold the beginning of the file.
    note
        Says what that beginning is of: the address and the server's marks of its version.
    limits
        Of time, tries and size.

    Raises
    ------
    Missing
        If the server has no such file.
    Interrupted
        If the connection or the server failed too often; what came stays in `file`.
    DataError
        If another try would not help.
    """
    end = time.monotonic() + limits.longest
    most, fruitless, tries = _size(file), 0, 0
    with requests.Session() as session:
        session.max_redirects = MOST_REDIRECTS
        # As it lies on the server: an encoding made for the way would not be the file.
        session.headers.update({"User-Agent": AGENT, "Accept-Encoding": "identity"})
        while True:
            try:
                return _try(session, url, file, note, limits, end)
            except Broken as broken:
                trouble = broken
            tries += 1
            fruitless = 0 if _size(file) > most else fruitless + 1
            most = max(most, _size(file))
            pause = max(limits.pause * 2 ** max(fruitless - 1, 0), trouble.wait)
            pause = min(pause, limits.longest_pause)
            late = time.monotonic() + pause > end
            if trouble.final or fruitless > limits.retries or tries >= MOST_TRIES or late:
                break
            log.info("%s: %s; trying again in %g s", url, trouble, pause)
            time.sleep(pause)
    kept = _so_far(url, file, note)[0]
    if not kept:
        forget(file, note)
    stays = f"; {size_text(kept)} are kept" if kept else ""
    often = "" if tries == 1 else f" ({tries} tries)"
    raise Interrupted(f"{url}: {trouble}{often}{stays}; {trouble.remedy}, and run again")


def forget(file: BinaryIO, note: Path) -> None:
    """Drop what came so far."""
    note.unlink(missing_ok=True)
    file.seek(0)
    file.truncate()


def _try(
    session: requests.Session, url: str, file: BinaryIO, note: Path, limits: Limits, end: float
) -> Arrival:
    start, before = _so_far(url, file, note)
    headers = {"Range": f"bytes={start}-", "If-Range": before["condition"]} if start else {}
    try:
        with session.get(url, headers=headers, stream=True, timeout=limits.timeout) as answer:
            if url.lower().startswith("https:") and answer.url.lower().startswith("http:"):
                raise DataError(f"{url}: leads to {answer.url}, which is not secure; check it")
            if answer.status_code == 416 and start:
                if _whole_length(answer) == start == before["length"]:
                    return _arrival(answer, before)
                forget(file, note)
                raise Broken("the server does not go on with what came before")
            if answer.status_code not in (200, 206) or (answer.status_code == 206 and not start):
                _refuse(answer, url)
            return _receive(answer, url, file, note, limits, end)
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        raise reason_of(error, url, limits.timeout) from error


def _receive(
    answer: requests.Response, url: str, file: BinaryIO, note: Path, limits: Limits, end: float
) -> Arrival:
    """Write the body of an answer behind what came so far, or in its place."""
    start, before = _so_far(url, file, note)
    if answer.status_code == 206:
        if not _continues(answer, start, before):
            forget(file, note)
            raise Broken("the file changed while it came")
        length = before["length"] or _whole_length(answer)
    else:
        forget(file, note)
        start, length = 0, _number(answer.headers.get("Content-Length"))
        before = _write_note(note, url, answer, length)
    size = start
    file.seek(start)
    # What is missing is told below, in bytes.
    answer.raw.enforce_content_length = False
    # read1 hands over what is there: a connection that stalls costs nothing of what came.
    while block := answer.raw.read1(BLOCK, decode_content=False):
        size += len(block)
        if size > limits.largest or (length or 0) > limits.largest:
            raise DataError(
                f"{url}: is larger than {size_text(limits.largest)}, so it is not what it should "
                "be; check the address"
            )
        _write(file, block)
        if time.monotonic() > end:
            raise Broken(f"not whole after {limits.longest / 3600:.3g} hours", final=True)
    if length is not None and size < length:
        raise Broken(f"cut after {size} of {length} bytes")
    if length is not None and size > length:
        forget(file, note)
        raise Broken(f"{size} bytes came where {length} were announced")
    return _arrival(answer, before)


def _so_far(url: str, file: BinaryIO, note: Path) -> tuple[int, dict[str, Any]]:
    """Return how many bytes can be gone on from, and the note of them."""
    nothing: dict[str, Any] = {"condition": "", "length": None, "etag": "", "last_modified": ""}
    try:
        before = nothing | json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return 0, nothing
    # Without a mark of its version, the rest might be the rest of another file.
    if before.get("url") != url or not before["condition"]:
        return 0, nothing
    return _size(file), before


def _write_note(
    note: Path, url: str, answer: requests.Response, length: int | None
) -> dict[str, Any]:
    etag = answer.headers.get("ETag", "")
    modified = answer.headers.get("Last-Modified", "")
    content = {
        "url": url,
        # If-Range takes no weak mark: those may stay while bytes change.
        "condition": modified if not etag or etag.startswith("W/") else etag,
        "etag": etag,
        "last_modified": modified,
        "length": length,
    }
    note.write_text(json.dumps(content) + "\n", encoding="utf-8")
    return content


def _continues(answer: requests.Response, start: int, before: dict[str, Any]) -> bool:
    """Return whether a partial answer is the rest of the same version of the file."""
    if _range_start(answer) != start:
        return False
    lengths = {_whole_length(answer), before["length"]} - {None}
    marks = [("ETag", "etag"), ("Last-Modified", "last_modified")]
    return len(lengths) < 2 and all(
        answer.headers.get(header, before[key]) == before[key] for header, key in marks
    )


def _range_start(answer: requests.Response) -> int | None:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _whole_length(answer: requests.Response) -> int | None:
    return _number(answer.headers.get("Content-Range", "").rpartition("/")[2])


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text.strip()) else None


def _arrival(answer: requests.Response, before: dict[str, Any]) -> Arrival:
    return Arrival(
        answer.url.split("?")[0] if answer.history else before["url"],
        before["last_modified"] or answer.headers.get("Last-Modified", ""),
        before["etag"] or answer.headers.get("ETag", ""),
        "gzip" in answer.headers.get("Content-Encoding", "").lower(),
    )


def _refuse(answer: requests.Response, url: str) -> None:
    """Raise what an answer other than a file means."""
    status = answer.status_code
    wait = busy_for(answer)
    if wait is not None:
        raise Broken(
            f"the server answers {status} (busy or out of order)", wait=wait, remedy="wait"
        )
    led = f" (redirected to {answer.url.split('?')[0]})" if answer.history else ""
    if status in (404, 410):
        raise Missing(f"{url}: not found{led}")
    raise DataError(f"{url}: {refused(status)}{led}")


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _write(file: BinaryIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]
