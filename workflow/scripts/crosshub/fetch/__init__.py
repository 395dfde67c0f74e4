"""Getting files from GEO or a mirror: whole or absent, with a note of where each came from.

`addresses` knows where GEO keeps what, `download` is HTTP, `local` is folders, `slots` keeps the
downloads few, `source` is the note beside a file, `checks` says whether a file is the one asked
for, `one_file` puts these together, and `geo_files` has a function for each fetch rule.
"""

from crosshub.fetch.addresses import (
    HGNC,
    NCBI,
    author_counts_url,
    counts_url,
    gene_table_url,
    platform_url,
    series_url,
)
from crosshub.fetch.download import Limits
from crosshub.fetch.geo_files import (
    Mirror,
    get_author_counts,
    get_counts,
    get_gene_names,
    get_gene_table,
    get_platform,
    get_series,
    get_structure,
    matrices_of,
    platforms_of,
)
from crosshub.fetch.local import local_path
from crosshub.fetch.one_file import fetch
from crosshub.fetch.problems import Interrupted, Missing

__all__ = [
    "HGNC",
    "NCBI",
    "Interrupted",
    "Limits",
    "Mirror",
    "Missing",
    "author_counts_url",
    "counts_url",
    "fetch",
    "gene_table_url",
    "get_author_counts",
    "get_counts",
    "get_gene_names",
    "get_gene_table",
    "get_platform",
    "get_series",
    "get_structure",
    "local_path",
    "matrices_of",
    "platform_url",
    "platforms_of",
    "series_url",
]
