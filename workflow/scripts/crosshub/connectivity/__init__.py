"""Connectivity scores: how far each reference signature mimics (+) or reverses (−) a query.

A query is two sets of genes, up and down in the disease. Every score needs only the rows of the
query's genes, which is what a gene-major store reads quickly: `query` finds them, `enrichment` and
`sums` are the scores, `registry` says whose they are, `blocks` and `scoring` read and score in
threads, `walk` scores many sets at once for the null (`null`) and for tau (`reference`), `match`
puts it together.

What is like a score on whole profiles, and what is not: WTCS, KS, XSum, Sum and Zhang are those of
the whole profile, whose other genes enter by number and rank alone: ranks are exact, z-scores are
float16, which changes a score by less than 0.001 of its scale. The cosines and Spearman are over
the query's genes: a query of two sets says nothing of the others.
"""

from crosshub.connectivity.agreement import score_agreement
from crosshub.connectivity.match import match_signatures
from crosshub.connectivity.normalise import group_signatures, normalise, tau
from crosshub.connectivity.null import (
    count_reached,
    draw_sets,
    gene_classes,
    null_scores,
    permutation_p,
    typical_magnitudes,
)
from crosshub.connectivity.query import Query, find_genes, make_query
from crosshub.connectivity.reference import extreme_genes, reference_tau
from crosshub.connectivity.registry import SCORES, Score
from crosshub.connectivity.scoring import score_sets, score_signatures

__all__ = [
    "SCORES",
    "Query",
    "Score",
    "count_reached",
    "draw_sets",
    "extreme_genes",
    "find_genes",
    "gene_classes",
    "group_signatures",
    "make_query",
    "match_signatures",
    "normalise",
    "null_scores",
    "permutation_p",
    "reference_tau",
    "score_agreement",
    "score_sets",
    "score_signatures",
    "tau",
    "typical_magnitudes",
]
