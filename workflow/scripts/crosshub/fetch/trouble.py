"""What goes wrong with a connection, in words, and whether another try may help."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from requests import exceptions
from urllib3.exceptions import (
    LocationParseError,
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
)

from crosshub.errors import DataError

BUSY = {408, 425, 429, 500, 502, 503, 504}
ADDRESS = (
    exceptions.InvalidURL,
    exceptions.InvalidSchema,
    exceptions.MissingSchema,
    LocationParseError,
    UnicodeError,
)


class Broken(Exception):
    """A try that failed; another may succeed.

    Attributes
    ----------
    wait
        Seconds that the server asks for.
    remedy
        What the user can do once the tries are used up.
    final
        Whether this was the last try all the same.
    """

    def __init__(
        self,
        reason: str,
        *,
        wait: float = 0,
        remedy: str = "check the network",
        final: bool = False,
    ) -> None:
        super().__init__(reason)
        self.wait, self.remedy, self.final = wait, remedy, final


def reason_of(error: Exception, url: str, timeout: float) -> Exception:
    """Return what to raise for an error of the HTTP library: `Broken` or a `DataError`."""
    text = str(error)
    if isinstance(error, exceptions.TooManyRedirects):
        return DataError(f"{url}: too many redirects; check the address in a browser")
    if isinstance(error, ADDRESS):
        return DataError(f"{url}: is no address that can be fetched; correct it")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        why = re.search(r"verify failed: ([^(]+?) ?\(", text)
        return DataError(
            f"{url}: the server's certificate is not accepted"
            f"{f' ({why[1]})' if why else ''}; check the network, its proxy and the clock"
        )
    if isinstance(error, exceptions.SSLError) or "SSLError" in text:
        return Broken("no secure connection (TLS)")
    if isinstance(error, exceptions.Timeout | ReadTimeoutError) or "timed out" in text:
        return Broken(f"no byte for {timeout:g} s")
    if _because(error, NameResolutionError):
        return Broken("the host's name is not known (DNS)")
    if isinstance(error, exceptions.ProxyError):
        return Broken("the proxy does not let it through")
    if isinstance(error, exceptions.ConnectionError) and not _because(error, ProtocolError):
        return Broken("no connection")
    return Broken("the connection was cut")


def busy_for(answer: requests.Response) -> float | None:
    """Return the seconds that a busy server asks for, 0 if it names none; None if not busy."""
    if answer.status_code not in BUSY:
        return None
    text = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def refused(status: int) -> str:
    """Return what an answer that no further try would better means."""
    if status in (401, 403):
        return (
            f"the server refuses it ({status}); check in a browser whether it is public and the "
            "address is right"
        )
    return f"the server answers {status}; check the address in a browser"


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{size} bytes"
        size /= 1024
    return f"{size:.3g} GiB"


def _because(error: BaseException | None, kind: type[Exception]) -> bool:
    """Return whether an error of this kind is among the causes, or the arguments, of another."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, kind):
            return True
        inner = getattr(error, "reason", None) or next(
            (item for item in error.args if isinstance(item, BaseException)), None
        )
        error = inner if isinstance(inner, BaseException) else error.__cause__
        seen += 1
    return False
