"""The scores as records: what each computes, what it reads, whose it is, where it fails."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crosshub.connectivity.enrichment import kolmogorov_smirnov, spearman, weighted_connectivity
from crosshub.connectivity.sums import (
    cosine,
    expression_weighted_cosine,
    extreme_cosine,
    extreme_sum,
    total,
    zhang,
)


@dataclass(frozen=True)
class Score:
    """One connectivity score.

    Attributes
    ----------
    name
        Column of the results.
    function
        Takes the query, and the matrices by name (m × signatures), returns one score a signature;
        negative is reversal, positive mimicry.
    matrices
        Which of the store's matrices it reads.
    citation
        The paper.
    limits
        What a reader of the result must know.
    """

    name: str
    function: Callable[..., np.ndarray]
    matrices: tuple[str, ...]
    citation: str
    limits: str


SCORES = {
    score.name: score
    for score in (
        Score(
            "wtcs",
            weighted_connectivity,
            ("ranks", "values"),
            "Subramanian et al. 2017, Cell 171:1437",
            "Zero where the up and the down set move the same way; "
            "comparable between cell lines only after normalisation (ncs)",
        ),
        Score(
            "ks",
            kolmogorov_smirnov,
            ("ranks",),
            "Lamb et al. 2006, Science 313:1929",
            "Zero where both sets move the same way; ranks weigh a noisy signature as much as a "
            "strong one; not scaled by the extremes of the collection; equal values are not given "
            "their average rank, so with many of them it is off, or zero where it should not be",
        ),
        Score(
            "zhang",
            zhang,
            ("values", "magnitudes"),
            "Zhang and Gant 2008, BMC Bioinformatics 9:258",
            "Ranks weigh a noisy signature as much as a strong one; equal values are not given "
            "their average rank, so with many of them it is slightly off",
        ),
        Score(
            "xsum",
            extreme_sum,
            ("ranks", "values"),
            "Cheng et al. 2014, Genome Medicine 6:95",
            "Grows with the strength of the signature and the size of the query, so a stronger "
            "relative outranks the compound itself; zero where no query gene is extreme",
        ),
        Score(
            "xcos",
            extreme_cosine,
            ("ranks", "values"),
            "Cheng et al. 2013, Pacific Symposium on Biocomputing 18:5",
            "Of the query's extreme genes alone: one such gene gives 1 or −1, and without effects "
            "any number that agree; zero where none is extreme",
        ),
        Score(
            "cosine",
            cosine,
            ("values",),
            "Cheng et al. 2013, Pacific Symposium on Biocomputing 18:5",
            "Over the query's genes: how strong the signature is elsewhere does not count, so it "
            "is not the cosine of two whole profiles",
        ),
        Score(
            "spearman",
            spearman,
            ("ranks",),
            "Duan et al. 2020, Nucleic Acids Research 48:e124 (signatureSearch)",
            "Over the query's genes; without effects it compares the order of the up and of the "
            "down genes, blind to a shift of both; missing for one set without effects; equal "
            "values are not given their average rank, so with many of them it is off",
        ),
        Score(
            "sum",
            total,
            ("values",),
            "Samart et al. 2021, Briefings in Bioinformatics 22:bbab161",
            "Grows with the strength of the signature and the size of the query, so a stronger "
            "relative outranks the compound itself; moderate genes count",
        ),
        Score(
            "ewcos",
            expression_weighted_cosine,
            ("values",),
            "Zhou et al. 2018, Bioinformatics 34:3151",
            "A signature of z-scores knows no expression levels, which the paper weighs by: here "
            "a gene weighs by how strongly it usually responds in the reference; over the query's "
            "genes",
        ),
    )
}
