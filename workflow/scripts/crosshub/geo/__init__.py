"""GEO's text formats: series matrix, platform annotation, RNA-seq counts.

Everything is found by its tag, never by its line. A file that is not whole is refused.
"""

from crosshub.geo.annotation import read_annotation, read_gene_table
from crosshub.geo.counts import read_counts
from crosshub.geo.peek import has_values
from crosshub.geo.platform import read_mapping, read_platform
from crosshub.geo.series import Series, read_series_header, read_series_matrix
from crosshub.geo.text import folder_of, read_gzip

__all__ = [
    "Series",
    "folder_of",
    "has_values",
    "read_annotation",
    "read_counts",
    "read_gene_table",
    "read_gzip",
    "read_mapping",
    "read_platform",
    "read_series_header",
    "read_series_matrix",
]
