"""Where GEO, or a mirror in its layout, keeps what a study needs."""

from crosshub import geo

NCBI = "https://ftp.ncbi.nlm.nih.gov/geo"
NCBI_COUNTS = "https://www.ncbi.nlm.nih.gov/geo/download/?type=rnaseq_counts&format=file"
NCBI_RECORD = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?targ=self&form=text&view=full"
HGNC = "https://storage.googleapis.com/public-download-files/hgnc/tsv/tsv/hgnc_complete_set.txt"
BUILD = "GRCh38.p13"


def is_web(url: str) -> bool:
    """Return whether an address is one of the web."""
    return url.lower().startswith(("http://", "https://"))


def is_ncbi(base: str) -> bool:
    """Return whether files come from NCBI itself, which serves some of them by a program."""
    return base.rstrip("/") == NCBI


def matrix_folder(base: str, accession: str) -> str:
    """Return the address of the folder of a series' matrices, one for each platform."""
    return f"{base.rstrip('/')}/series/{geo.folder_of(accession)}/matrix/"


def series_url(base: str, accession: str) -> str:
    """Return the address of a series matrix; `accession` is ``GSE…`` or ``GSE…-GPL…``."""
    return f"{matrix_folder(base, accession)}{accession}_series_matrix.txt.gz"


def platform_url(base: str, platform: str) -> str:
    """Return the address of a platform's curated annotation."""
    return f"{base.rstrip('/')}/platforms/{geo.folder_of(platform)}/annot/{platform}.annot.gz"


def submitter_urls(base: str, platform: str) -> list[str]:
    """Return where the table of a platform's submitter may be, the likeliest first."""
    if is_ncbi(base):
        return [f"{NCBI_RECORD}&acc={platform}"]
    folder = f"{base.rstrip('/')}/platforms/{geo.folder_of(platform)}/soft"
    return [f"{folder}/{platform}_family.soft.gz", f"{folder}/{platform}.soft.gz"]


def counts_url(base: str, accession: str) -> str:
    """Return the address of NCBI's counts of a series; a mirror keeps them under ``suppl``."""
    plain = accession.split("-")[0]
    name = f"{plain}_raw_counts_{BUILD}_NCBI.tsv.gz"
    if is_ncbi(base):
        return f"{NCBI_COUNTS}&acc={plain}&file={name}"
    return author_counts_url(base, plain, name)


def author_counts_url(base: str, accession: str, file: str) -> str:
    """Return the address of a file that the authors of a series deposited."""
    return f"{base.rstrip('/')}/series/{geo.folder_of(accession)}/suppl/{file}"


def gene_table_url(base: str) -> str:
    """Return the address of the gene table that belongs to NCBI's counts."""
    name = f"Human.{BUILD}.annot.tsv.gz"
    if is_ncbi(base):
        return f"{NCBI_COUNTS}&file={name}"
    return f"{base.rstrip('/')}/annotation/{name}"
