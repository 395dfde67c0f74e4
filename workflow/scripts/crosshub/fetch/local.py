"""Files of a mirror on disk: a path or a ``file:`` address."""

import re
import shutil
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from crosshub.errors import DataError
from crosshub.fetch.addresses import is_web
from crosshub.fetch.problems import Missing


def local_path(url: str) -> str | None:
    """Return the path behind a ``file:`` address or a plain path; None for the web.

    Raises
    ------
    DataError
        If the address is neither, or is a ``file:`` address with a host in it.
    """
    if is_web(url):
        return None
    if url.lower().startswith("file:"):
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise DataError(
                f"{url}: a file address has three slashes, as in file:///data/geo; correct it, "
                "or write a plain path"
            )
        return unquote(parts.path)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url)
    if scheme:
        raise DataError(f"{url}: {scheme[1]} is not supported; write https, http, file or a path")
    return url


def copy(url: str, file: BinaryIO, *, hint: str) -> str:
    """Copy a local file into an open one; return the date of its last change.

    Raises
    ------
    Missing
        If there is no such file; the message ends with `hint`.
    DataError
        If it cannot be read.
    """
    path = Path(local_path(url) or "")
    if path.is_dir():
        raise DataError(f"{url}: is a folder, not a file; {hint}")
    if not path.is_file():
        raise Missing(f"{url}: no such file; {hint}")
    try:
        source = path.open("rb")
    except OSError as error:
        raise DataError(
            f"{url}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    with source:
        file.seek(0)
        file.truncate()
        shutil.copyfileobj(source, file)
        return formatdate(path.stat().st_mtime, usegmt=True)


def names_in(url: str) -> list[str]:
    """Return the names of the files in a local folder; none where there is no such folder."""
    folder = Path(local_path(url) or "")
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
