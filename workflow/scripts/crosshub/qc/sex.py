"""The sex of the donors, from XIST and the genes of the Y chromosome.

No level of expression means the same on two platforms. So each gene counts by its rank within the
sample, XIST against the Y genes, and the samples of a cohort against each other.
"""

import numpy as np
import pandas as pd

XIST = "XIST"
Y_GENES = ("RPS4Y1", "DDX3Y", "KDM5D", "EIF1AY", "UTY", "USP9Y", "ZFY", "TXLNGY")
FEWEST_Y_GENES = 2
UNKNOWN = "unknown"

# All in units of rank, from 0 (the lowest gene of the sample) to 1 (the highest).
SMALLEST_GAP = 0.4
SMALLEST_DIFFERENCE = 0.1
SMALLEST_SPREAD = 0.03
SINGLE_SEX = 0.2
SINGLE_SAMPLE = 0.15
SINGLE_SPREAD = 0.12
# In multiples of the spread within the clusters, and as a share of the samples.
CLEAR_GAP = 4
CLEAR_GENE = 2
MOST_BETWEEN = 0.2
# Of the Y genes; on older arrays one or the other has a probe that measures nothing.
AGREEING = 0.6


def infer_sex(expression: pd.DataFrame) -> pd.DataFrame:
    """Infer the sex of each sample's donor.

    The score is the rank of XIST minus the mean rank of the Y genes. Where the scores of a cohort
    fall into two clusters, far apart and with both XIST and the Y genes on their side, a sample
    belongs to the one to whose centre it is clearly nearer. Else the cohort is of one sex if its
    median score is clearly above 0 (female) or below (male). What lies between is unknown, as is
    every sample where XIST or all but one of the Y genes are absent.

    Parameters
    ----------
    expression
        Genes × samples, log2; index gene symbols.

    Returns
    -------
    DataFrame
        Index sample; xist_rank and y_rank (0 to 1, within the sample), sex_margin (distance of the
        score from the line between the sexes, in ranks), sex_inferred (female, male, unknown).
        Numbers are missing where genes are absent.

    References
    ----------
    Toker, Feng and Pavlidis 2016, Whose sample is it anyway? Widespread misannotation of samples in
    transcriptomics studies, F1000Research 5:2103.
    """
    table = pd.DataFrame(index=expression.columns)
    found = [gene for gene in Y_GENES if gene in expression.index]
    if XIST not in expression.index or len(found) < FEWEST_Y_GENES:
        return table.assign(
            xist_rank=np.nan, y_rank=np.nan, sex_margin=np.nan, sex_inferred=UNKNOWN
        )
    ranks = _ranks(expression, [XIST, *found])
    table["xist_rank"] = ranks[0]
    table["y_rank"] = ranks[1:].mean(axis=0)
    score = (table["xist_rank"] - table["y_rank"]).to_numpy()
    centres = _two_sexes(ranks[0], ranks[1:])
    if centres is not None:
        line, doubt = sum(centres) / 2, (centres[1] - centres[0]) / 4
        sexes = np.where(score > line, "female", "male")
    else:
        line, doubt = 0.0, SINGLE_SAMPLE
        middle = float(np.median(score))
        one = "female" if middle > 0 else "male"
        alike = abs(middle) >= SINGLE_SEX and np.abs(score - middle).mean() <= SINGLE_SPREAD
        sexes = np.where((np.sign(score) == np.sign(middle)) & alike, one, UNKNOWN)
    table["sex_margin"] = np.abs(score - line)
    table["sex_inferred"] = np.where(table["sex_margin"] < doubt, UNKNOWN, sexes)
    return table


def sex_conflicts(annotated: pd.Series, inferred: pd.Series) -> pd.Series:
    """Say where an annotated sex and a known inferred one differ."""
    return (annotated != "") & (inferred != UNKNOWN) & (annotated != inferred)


def _ranks(expression: pd.DataFrame, genes: list[str]) -> np.ndarray:
    """Return the rank of some genes (genes × samples) among all of a sample, from 0 to 1."""
    values = expression.to_numpy(float)
    rows = expression.loc[genes].to_numpy(float)
    return np.array(
        [(values < row).mean(axis=0) + 0.5 * (values == row).mean(axis=0) for row in rows]
    )


def _two_sexes(xist: np.ndarray, y: np.ndarray) -> tuple[float, float] | None:
    """Return the centres of the male and the female scores; None where there is one sex, or none.

    `y` is genes × samples. The clusters are those with the smallest sum of squares; one sample may
    be a cluster.
    """
    score = xist - y.mean(axis=0)
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    if len(score) < 2:
        return None
    within = [
        ((ordered[:k] - ordered[:k].mean()) ** 2).sum()
        + ((ordered[k:] - ordered[k:].mean()) ** 2).sum()
        for k in range(1, len(score))
    ]
    k = int(np.argmin(within)) + 1
    low, high = order[:k], order[k:]
    male, female = float(np.median(score[low])), float(np.median(score[high]))
    gap, spread = _gap(score, low, high)
    between = np.abs(score - (male + female) / 2) < gap / 4
    clear = gap >= max(SMALLEST_GAP, CLEAR_GAP * spread) and between.mean() <= MOST_BETWEEN
    agreeing = []
    for gene, up, down in [(xist, high, low), *((gene, low, high) for gene in y)]:
        of_gene, spread = _gap(gene, down, up)
        agreeing.append(of_gene >= max(SMALLEST_DIFFERENCE, CLEAR_GENE * spread))
    agree = agreeing[0] and np.mean(agreeing[1:]) >= AGREEING
    return (male, female) if clear and agree else None


def _gap(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Return how far the median of one cluster lies above the other's, and the spread within."""
    below, above = np.median(values[low]), np.median(values[high])
    within = np.concatenate([values[low] - below, values[high] - above])
    return float(above - below), _spread(within)


def _spread(differences: np.ndarray) -> float:
    """Return the scaled median of absolute differences from a centre."""
    return max(1.4826 * float(np.median(np.abs(differences))), SMALLEST_SPREAD)
