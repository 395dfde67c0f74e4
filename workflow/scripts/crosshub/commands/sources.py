"""Getting what a command looks at: as the workflow would, so that nothing is fetched twice."""

import argparse
import gzip
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosshub import draft, fetch, geo
from crosshub.errors import DataError
from crosshub.geo.counts import read_author_counts
from crosshub.inputs import GeoFiles

# Somebody waits for the answer: fewer tries than the workflow makes.
LIMITS = fetch.Limits(timeout=30, retries=2)
NCBI_COUNTS = re.compile(r".*_raw_counts(_GRCh38\.p13_NCBI)?\.tsv\.gz")
TABLE = re.compile(r".*\.(txt|tsv|csv|tab)(\.gz)?")
LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where files come from and where they are kept, as the workflow's geo.base_url and folder."""

    base_url: str
    folder: str


@dataclass(frozen=True)
class Found:
    """A series as far as it was found.

    Attributes
    ----------
    accession
        As the user wrote it.
    path
        Its matrix.
    series
        Read from there; its values are left alone. None where the series has several matrices.
    platforms
        What to write instead of the accession where it has several: GSE…-GPL….
    """

    accession: str
    path: str
    series: geo.Series | None = None
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Where the counts of an RNA-seq series may come from.

    Attributes
    ----------
    ncbi
        Whether NCBI's are there; None where only a fetch would say.
    files
        Names of the files that the authors deposited, as far as they are known.
    recipe
        An item of ``geo.counts`` that reads one of them; None where none is known to.
    """

    ncbi: bool | None
    files: tuple[str, ...] = ()
    recipe: dict[str, Any] | None = field(default=None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which series, and where from."""
    parser.add_argument(
        "accessions",
        nargs="+",
        type=accession_of,
        metavar="GSE",
        help="a series of GEO, or one platform of it (GSE…-GPL…)",
    )
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="a mirror in the layout of GEO's file server: https, http, file://… or a path "
        "(default: NCBI)",
    )
    parser.add_argument(
        "--folder",
        default="resources/geo",
        help="where fetched files are kept; the workflow finds them in %(default)s (default)",
    )


def accession_of(text: str) -> str:
    """Return an accession in capitals; what is none is a mistake in the command line."""
    if not re.fullmatch(r"GSE\d{1,9}(-GPL\d{1,9})?", text.upper()):
        raise argparse.ArgumentTypeError(f"'{text}' is no accession: write GSE55235, or GSE1-GPL96")
    return text.upper()


def place_of(options: argparse.Namespace) -> Place:
    """Return where the arguments say that files come from."""
    base = options.base_url or fetch.NCBI
    local = fetch.local_path(base)
    if local is not None and not Path(local).is_dir():
        raise DataError(f"{base}: no such folder; correct --base-url")
    return Place(base, options.folder.rstrip("/"))


def find_series(accession: str, place: Place) -> Found:
    """Return a series, fetched unless it is there already.

    Raises
    ------
    DataError
        If it is not to be had, or damaged.
    """
    path = GeoFiles(place.folder, place.base_url).series({"accession": accession})
    if not Path(path).is_file():
        several = [] if "-" in accession else fetch.platforms_of(place.folder, accession)
        if several:
            return Found(accession, path, platforms=tuple(several))
        url = fetch.series_url(place.base_url, accession)
        print(f"fetching {url}", file=sys.stderr)
        try:
            mirror = fetch.Mirror(place.base_url, f"{place.folder}/.slots", limits=LIMITS)
            fetch.get_series(mirror, accession, path)
        except fetch.Missing:
            several = fetch.platforms_of(place.base_url, accession, LIMITS)
            if several and "-" not in accession:
                return Found(accession, path, platforms=tuple(several))
            raise
    return Found(accession, path, geo.read_series_header(path))


def row_count_of(found: Found) -> int:
    """Return the rows of values of a series; its table is read where the header does not say."""
    declared = found.series.row_count if found.series else 0
    return len(geo.read_series_matrix(found.path).values) if declared is None else declared


def platform_title(platform: str, place: Place) -> str:
    """Return the title of a platform, where a file of it is at hand; else an empty text."""
    urls = [
        fetch.platform_url(place.folder, platform),
        fetch.platform_url(place.base_url, platform),
    ]
    for path in filter(None, map(fetch.local_path, urls)):
        try:
            with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
                for line in file:
                    if line.startswith("!platform_table_begin"):
                        break
                    title = re.match(r"!(Annotation_p|P)latform_title\s*=\s*(.+)", line)
                    if title:
                        return title[2].strip()
        except (OSError, EOFError, zlib.error):
            continue
    return ""


def find_counts(series: geo.Series, place: Place) -> Counts:
    """Return where the counts of a series may come from, without fetching them."""
    plain = series.accession
    folders = [_suppl(place.folder, plain), _suppl(place.base_url, plain)]
    local = {path.name: path for folder in folders if folder for path in _files_in(folder)}
    told = [name.rpartition("/")[2] for name in series.tags.get("supplementary_file", [])]
    authors = [name for name in local if not NCBI_COUNTS.fullmatch(name)]
    files = [name for name in dict.fromkeys([*authors, *told]) if re.search(r"\.\w+$", name)]
    at_hand = any(NCBI_COUNTS.fullmatch(name) for name in local)
    ncbi = True if at_hand else None if folders[1] is None else False
    recipe = None
    for name in sorted(authors, key=lambda name: "count" not in name.lower()):
        recipe = recipe or _recipe(local[name], series)
    return Counts(ncbi, tuple(files), None if ncbi else recipe)


def _suppl(base: str, accession: str) -> Path | None:
    path = fetch.local_path(fetch.author_counts_url(base, accession, ""))
    return None if path is None else Path(path)


def _files_in(folder: Path) -> Sequence[Path]:
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_file())
    return [path for path in found if not path.name.endswith((".source.json", ".part"))]


def _recipe(path: Path, series: geo.Series) -> dict[str, Any] | None:
    """Return a recipe that reads a file; None where it is no table of counts of these samples."""
    if not TABLE.fullmatch(path.name):
        return None
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            header = file.readline(LONGEST_HEADER).decode("utf-8", errors="replace")
        recipe = draft.draft_recipe(series.accession, path.name, header, series.fields)
        if recipe:
            read_author_counts(path, recipe, series.fields)
    except (OSError, EOFError, zlib.error, DataError):
        return None
    return recipe
