"""Who the samples are of: links between samples that are one person or one array.

Evidence: the same GEO sample, BioSample or sequencing run; a sample that reanalyses another; the
field or title that names the person; values that agree far better than those of two people can.
"""

from crosshub.identity.links import find_identity, name_people, people_of
from crosshub.identity.marks import marks_of

__all__ = ["find_identity", "marks_of", "name_people", "people_of"]
