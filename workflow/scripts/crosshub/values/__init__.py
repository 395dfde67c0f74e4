"""The values of a series: on what scale they are, and how they come to log2.

The scale is told from the numbers of each sample, by vote of the cohort, with the submitter's text
as a witness; no value is ever turned into a gap.
"""

from crosshub.values.scale import Scale, choose, recognise
from crosshub.values.text import claims
from crosshub.values.transform import normal_scores, to_log2, to_m_values

__all__ = [
    "Scale",
    "choose",
    "claims",
    "normal_scores",
    "recognise",
    "to_log2",
    "to_m_values",
]
