"""Whether a file that came is the one asked for: whole, and about the right thing.

Each takes a path and raises `DataError`; the message of a check names the path first.
"""

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.text import AGAIN

Check = Callable[[Path], Any]
BLOCK = 1 << 20
# A curated annotation has the first, a submitter's table the others.
PLATFORM = re.compile(
    r"[!^](?:Annotation(?:_platform)?|PLATFORM|Platform_geo_accession)\s*=\s*\"?(GPL\d+)",
    re.IGNORECASE,
)


def series_of(accession: str) -> Check:
    """Return a check that a file is the whole series matrix of ``GSE…`` or ``GSE…-GPL…``."""
    plain, _, platform = accession.partition("-")

    def check(path: Path) -> None:
        series = geo.read_series_matrix(path)
        if series.accession != plain:
            raise DataError(f"{path}: it holds {series.accession}, not {plain}; check the source")
        found = set(series.fields.get("platform_id", ())) - {""}
        if platform and found and platform not in found:
            raise DataError(
                f"{path}: it holds {', '.join(sorted(found))}, not {platform}; check the source"
            )

    return check


def annotation_of(platform: str) -> Check:
    """Return a check that a file is the whole table of the probes of a platform."""

    def check(path: Path) -> None:
        named = named_platforms(path)
        if named and platform not in named:
            raise DataError(f"{path}: it holds {named[0]}, not {platform}; check the source")
        geo.read_platform(path)

    return check


def named_platforms(path: Path) -> list[str]:
    """Return the platforms that the lines before the table of a gzip file name."""
    found = []
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                if line.lower().startswith(b"!platform_table_begin"):
                    break
                match = PLATFORM.match(line.decode("utf-8", errors="replace"))
                if match:
                    found.append(match[1].upper())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {AGAIN}") from error
    return found


def structure_of(structure: str) -> Check:
    """Return a check that a file is the whole PDB file of an entry, to its last line."""

    def check(path: Path) -> None:
        try:
            lines = path.read_text(encoding="ascii").split("\n")
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: is no PDB file ({error.reason}); check the id") from error
        named = next((line[62:66].strip() for line in lines if line.startswith("HEADER")), "")
        if named and named.upper() != structure:
            raise DataError(f"{path}: it holds {named}, not {structure}; check the source")
        if not any(line.startswith("ATOM  ") for line in lines):
            raise DataError(f"{path}: has no ATOM line; check the id")
        last = next((line for line in reversed(lines) if line.strip()), "")
        if last.split()[0] not in ("END", "ENDMDL"):
            raise DataError(f"{path}: ends without END, so it is cut; try again")

    return check


def whole_file(name: str) -> Check:
    """Return a check that a file of this name is whole, as far as that can be seen.

    A name that ends with ``.gz`` is to be gzip to its end with the right checksum, and hold more
    than nothing; of any other file all that can be seen is that it is no web page, which every
    file is tried for.
    """

    def check(path: Path) -> None:
        if not name.endswith(".gz"):
            return
        size = 0
        try:
            with gzip.open(path, "rb") as file:
                while block := file.read(BLOCK):
                    size += len(block)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: damaged or no gzip ({error}); try again") from error
        if not size:
            raise DataError(f"{path}: there is nothing in it; check the source")

    return check
