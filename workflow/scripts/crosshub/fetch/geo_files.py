"""What each fetch rule gets, and where else it looks."""

import re
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from crosshub import geo
from crosshub.errors import DataError
from crosshub.fetch import addresses, checks
from crosshub.fetch.download import Limits, download
from crosshub.fetch.local import names_in
from crosshub.fetch.one_file import fetch
from crosshub.fetch.problems import Interrupted, Missing, WebPage
from crosshub.fetch.slots import slot
from crosshub.geo.platform import CURATED, SUBMITTED
from crosshub.symbols import read_gene_names

MATRIX = re.compile(r"(GSE\d+(?:-GPL\d+)?)_series_matrix\.txt\.gz")
LARGEST_LISTING = 16 << 20
MAPPING = "or give a mapping file in prepare.annotations"


@dataclass(frozen=True)
class Mirror:
    """Where files come from, and how they are fetched.

    Attributes
    ----------
    base_url
        NCBI, or a mirror in its layout: https, http, ``file://…`` or a path.
    slots
        Folder of the locks that keep the downloads from the web few, see `slot`; None: no limit.
    may_change
        Whether files may be other ones than were fetched before, as in a simulated mirror.
    limits
        Of time, tries and size.
    """

    base_url: str
    slots: str | Path | None = None
    may_change: bool = False
    limits: Limits = Limits()

    def turn(self, url: str) -> AbstractContextManager[None]:
        """Wait until it is the turn of an address."""
        return slot(self.slots) if self.slots and addresses.is_web(url) else nullcontext()

    def get(self, url: str, target: str | Path, check: checks.Check, **options: Any) -> None:
        """Fetch one file of this mirror; see `fetch`."""
        fetch(url, target, check, may_change=self.may_change, limits=self.limits, **options)


def get_series(mirror: Mirror, accession: str, target: str | Path) -> None:
    """Fetch a series matrix.

    Parameters
    ----------
    mirror
        See `Mirror`.
    accession
        ``GSE…`` or ``GSE…-GPL…``.
    target
        See `fetch`.

    Raises
    ------
    DataError
        As `fetch` does; where the series has other matrices, the line names them.
    """
    url = addresses.series_url(mirror.base_url, accession)
    with mirror.turn(url):
        try:
            mirror.get(url, target, checks.series_of(accession))
        except Missing as missing:
            try:
                others = matrices_of(mirror.base_url, accession, mirror.limits)
            except DataError:
                others = []
            if not others:
                raise
            raise Missing(f"{url}: not found: {_which(accession, others)}") from missing


def platforms_of(base: str, accession: str, limits: Limits | None = None) -> list[str]:
    """List what to write as accession of a series of several platforms, such as ``GSE1-GPL96``.

    Returns
    -------
    list of str
        Empty where the series has one matrix, or its folder cannot be listed.

    Raises
    ------
    DataError
        If the connection fails.
    """
    return [name for name in matrices_of(base, accession, limits) if "-" in name]


def matrices_of(base: str, accession: str, limits: Limits | None = None) -> list[str]:
    """List the accessions, with or without a platform, for which a series has a matrix."""
    url = addresses.matrix_folder(base, accession)
    names = _listed(url, limits or Limits()) if addresses.is_web(url) else names_in(url)
    plain = accession.split("-")[0]
    found = {match[1] for name in names if (match := MATRIX.fullmatch(name))}
    return sorted((name for name in found if name.split("-")[0] == plain), key=_by_number)


def get_platform(mirror: Mirror, platform: str, target: str | Path) -> str:
    """Fetch a platform's curated annotation; where there is none, its submitter's table.

    See `get_series` for the parameters.

    Returns
    -------
    str
        The address that it came from.

    Raises
    ------
    DataError
        As `fetch` does; where there is neither, the line says so.
    """
    first = addresses.platform_url(mirror.base_url, platform)
    reasons = []
    with mirror.turn(first):
        for url in (first, *addresses.submitter_urls(mirror.base_url, platform)):
            try:
                mirror.get(
                    url,
                    target,
                    checks.annotation_of(platform),
                    kind=CURATED if url == first else SUBMITTED,
                    pack=url.startswith(addresses.NCBI_RECORD),
                )
            except Missing:
                reasons.append(f"{url} is not there")
            except WebPage:
                # NCBI answers with a page where it has no such record.
                if url == first:
                    raise
                reasons.append(f"{url} is a web page")
            except Interrupted:
                raise
            except DataError as error:
                if url == first or "prepare.annotations" in str(error):
                    raise
                raise DataError(f"{error}; {MAPPING}") from error
            else:
                return url
    raise Missing(
        f"{platform}: no annotation and no table of its submitter ({'; '.join(reasons)}); check "
        f"the platform, {MAPPING}"
    )


def get_counts(mirror: Mirror, accession: str, target: str | Path) -> None:
    """Fetch NCBI's RNA-seq counts of a series; see `get_series`."""
    url = addresses.counts_url(mirror.base_url, accession)
    hint = "NCBI counts human RNA-seq only: name the authors' own file in geo.counts"
    with mirror.turn(url):
        try:
            mirror.get(url, target, geo.read_counts, hint=hint)
        except WebPage as page:
            raise DataError(f"{page}; or NCBI has no counts of it: {hint}") from page


def get_gene_table(mirror: Mirror, target: str | Path) -> None:
    """Fetch the gene table that belongs to NCBI's counts; see `get_series`."""
    url = addresses.gene_table_url(mirror.base_url)
    with mirror.turn(url):
        mirror.get(url, target, geo.read_gene_table, hint="check geo.base_url")


def get_author_counts(mirror: Mirror, accession: str, file: str, target: str | Path) -> None:
    """Fetch a file of counts that the authors of a series deposited; see `get_series`."""
    url = addresses.author_counts_url(mirror.base_url, accession, file)
    folder = url.rpartition("/")[0]
    hint = f"check its name in geo.counts against those in {folder}/"
    with mirror.turn(url):
        mirror.get(url, target, checks.whole_file(file), hint=hint)


def get_structure(mirror: Mirror, structure: str, target: str | Path) -> None:
    """Fetch the PDB file of an entry, such as 1IEP; see `get_series`."""
    url = f"{mirror.base_url.rstrip('/')}/{structure}.pdb"
    hint = "check the id; large entries have no PDB file: give one of your own in docking"
    with mirror.turn(url):
        mirror.get(url, target, checks.structure_of(structure), hint=hint)


def get_gene_names(url: str, target: str | Path, *, limits: Limits | None = None) -> None:
    """Fetch HGNC's table of gene names; whoever asks for it wants the newest."""
    fetch(url, target, read_gene_names, may_change=True, hint="check the address", limits=limits)


def _which(accession: str, others: list[str]) -> str:
    plain = accession.split("-")[0]
    if others == [plain]:
        return f"{plain} has one matrix for all: write {plain} in the column accession"
    several = "several platforms" if len(others) > 1 else "another platform"
    which = f"one of {', '.join(others)}" if len(others) > 1 else others[0]
    return f"{plain} has {several}: write {which} in the column accession"


def _by_number(accession: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", accession)]


def _listed(url: str, limits: Limits) -> list[str]:
    """Return the names of the files that a server's index of a folder links to."""
    limits = replace(limits, largest=LARGEST_LISTING)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "index"
        with page.open("w+b", buffering=0) as file:
            try:
                download(url, file, Path(folder) / "note", limits)
            except Missing:
                return []
        text = page.read_text(encoding="utf-8", errors="replace")
    links = re.findall(r"""href\s*=\s*["']?([^"'\s>]+)""", text, re.IGNORECASE)
    return [unquote(link.split("?")[0]).rpartition("/")[2] for link in links]
