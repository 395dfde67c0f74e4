"""The note beside a fetched file: where it came from, and whether that is still the same."""

import gzip
import hashlib
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crosshub.errors import DataError
from crosshub.fetch.download import Arrival
from crosshub.tables import read_json, sha256

BLOCK = 1 << 20


def note_path(target: str | Path) -> Path:
    """Return the path of the note of a fetched file."""
    return Path(f"{target}.source.json")


def describe(url: str, arrival: Arrival, path: Path, kind: str = "") -> dict[str, Any]:
    """Return the note of a file that lies at `path` and has just come from `url`."""
    note = {
        "url": url,
        "came_from": arrival.came_from,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": path.stat().st_size,
        "sha256": sha256(path),
        "last_modified": arrival.last_modified,
        "etag": arrival.etag,
    }
    return note | ({"kind": kind} if kind else {})


def refuse_change(now: dict[str, Any], new: Path, target: Path) -> None:
    """Refuse a file that is not the one that was fetched before.

    Parameters
    ----------
    now
        The note of the file that has come.
    new
        Where that file lies.
    target
        Where the file of before lies, with its note beside it.

    Raises
    ------
    DataError
        If there is a note of before with another hash. The same text packed anew is no change.
    """
    path = note_path(target)
    if not path.exists():
        return
    before = read_json(path)
    if not isinstance(before, dict) or not before.get("sha256"):
        raise DataError(f"{path}: is no note of a fetched file; delete it and fetch again")
    if before["sha256"] == now["sha256"] or same_text(target, new):
        return
    elsewhere = "" if before.get("url") == now["url"] else f" from {before.get('url')}"
    stays = f"the old file, {target}, stays; delete it and {path.name}"
    remedy = stays if target.exists() else f"delete {path}"
    day = str(before.get("fetched"))[:10]
    raise DataError(
        f"{now['url']}: is not what was fetched{elsewhere} on {day}: then {_of_date(before)}, now "
        f"{_of_date(now)}; {remedy} to take the new one"
    )


def same_text(one: Path, other: Path) -> bool:
    """Return whether two gzip files hold the same bytes; a source may pack a file anew."""
    try:
        return _inner_sha256(one) == _inner_sha256(other)
    except (OSError, EOFError, zlib.error):
        return False


def _inner_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with gzip.open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _of_date(note: dict[str, Any]) -> str:
    dated = f" of {note['last_modified']}" if note.get("last_modified") else ""
    return f"{note.get('size')} bytes{dated}"
