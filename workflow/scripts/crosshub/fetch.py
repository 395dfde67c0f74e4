"""Getting a file from GEO or a mirror: whole or absent, with a note of where it came from."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from crosshub import __version__, geo
from crosshub.errors import DataError
from crosshub.tables import whole, write_json

NCBI = "https://ftp.ncbi.nlm.nih.gov/geo"
NCBI_COUNTS = "https://www.ncbi.nlm.nih.gov/geo/download/?type=rnaseq_counts&format=file"
BUILD = "GRCh38.p13"

Check = Callable[[Path], Any]


def series_url(base: str, accession: str) -> str:
    """Return the address of a series matrix; `accession` is ``GSE…`` or ``GSE…-GPL…``."""
    folder = geo.folder_of(accession)
    return f"{base.rstrip('/')}/series/{folder}/matrix/{accession}_series_matrix.txt.gz"


def platform_url(base: str, platform: str) -> str:
    """Return the address of a platform's curated annotation."""
    return f"{base.rstrip('/')}/platforms/{geo.folder_of(platform)}/annot/{platform}.annot.gz"


def counts_url(base: str, accession: str) -> str:
    """Return the address of NCBI's counts of a series; a mirror keeps them under ``suppl``."""
    name = f"{accession.split('-')[0]}_raw_counts_{BUILD}_NCBI.tsv.gz"
    if base.rstrip("/") == NCBI:
        return f"{NCBI_COUNTS}&acc={accession.split('-')[0]}&file={name}"
    return f"{base.rstrip('/')}/series/{geo.folder_of(accession)}/suppl/{name}"


def gene_table_url(base: str) -> str:
    """Return the address of the gene table that belongs to NCBI's counts."""
    name = f"Human.{BUILD}.annot.tsv.gz"
    if base.rstrip("/") == NCBI:
        return f"{NCBI_COUNTS}&file={name}"
    return f"{base.rstrip('/')}/annotation/{name}"


def fetch(
    url: str, target: str | Path, check: Check, *, timeout: float = 60, retries: int = 5
) -> None:
    """Get `url` to `target`, check it, and write ``<target>.source.json`` beside it.

    Parameters
    ----------
    url
        https, http, ``file://…`` or a path.
    target
        Appears only once the file is whole and `check` has accepted it.
    check
        Reads the file and raises `DataError` where it is not what it should be.
    timeout
        Seconds without a byte after which a connection counts as dead.
    retries
        Further tries after a failed connection or a busy server, with longer and longer pauses.

    Raises
    ------
    DataError
        In one line, with the address and what to do.
    """
    target = Path(target)
    with whole(target) as beside:
        modified = _download(url, beside, timeout, retries) if _is_web(url) else _copy(url, beside)
        try:
            check(beside)
        except DataError as error:
            reason = str(error).replace(f"{beside}: ", "").replace("delete it and fetch it", "try")
            raise DataError(f"{url}: what came is not usable: {reason}") from error
        source = {
            "url": url,
            "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
            "size": beside.stat().st_size,
            "sha256": sha256(beside),
            "last_modified": modified,
        }
        write_json(source, f"{target}.source.json")


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def local_path(url: str) -> str | None:
    """Return the path behind a ``file:`` address or a plain path; None for the web."""
    if _is_web(url):
        return None
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _copy(url: str, target: Path) -> str:
    source = Path(local_path(url) or "")
    if not source.is_file():
        raise DataError(f"{url}: no such file; check geo.base_url and the accession")
    shutil.copyfile(source, target)
    return formatdate(source.stat().st_mtime, usegmt=True)


def _download(url: str, target: Path, timeout: float, retries: int) -> str:
    # Polite to NCBI: it asks for a name, few retries and longer and longer pauses.
    retry = Retry(total=retries, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504))
    session = requests.Session()
    session.headers["User-Agent"] = f"crosshub/{__version__}"
    session.headers["Accept-Encoding"] = "identity"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    try:
        with session.get(url, stream=True, timeout=timeout) as answer:
            if answer.status_code == 404:
                raise DataError(f"{url}: not found; check the accession and geo.base_url")
            if not answer.ok:
                raise DataError(f"{url}: the server answers {answer.status_code}; try again later")
            with target.open("wb") as file:
                # As it lies on the server: some declare a .gz as encoded, and it would be unpacked.
                for block in answer.raw.stream(1 << 20, decode_content=False):
                    file.write(block)
            declared = answer.headers.get("Content-Length")
            if declared and int(declared) != target.stat().st_size:
                raise DataError(f"{url}: the connection was cut; try again")
            return answer.headers.get("Last-Modified", "")
    except (requests.RequestException, HTTPError) as error:
        raise DataError(
            f"{url}: cannot be fetched ({type(error).__name__}); check the network"
        ) from error
