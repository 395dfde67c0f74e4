"""Cell types and immune functions in bulk samples: ssGSEA scores, cases against controls."""

from collections.abc import Mapping, Sequence

import gseapy
import pandas as pd

from crosshub.cohorts import Cohort
from crosshub.differential import benjamini_hochberg, design_matrix, moderated_t

SMALLEST_SET = 3
COLUMNS = ["cohort", "gene_set", "difference", "t", "p_value", "fdr"]


def score_samples(expression: pd.DataFrame, sets: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Score gene sets in each sample by ssGSEA.

    Parameters
    ----------
    expression
        Genes × samples, log2.
    sets
        Name → genes; sets with fewer than three measured genes are left out.

    Returns
    -------
    DataFrame
        Sets × samples, enrichment scores, not normalised over samples: a sample's score depends on
        that sample alone.

    References
    ----------
    Barbie et al. 2009, Nature 462:108.
    """
    kept = {name: [g for g in genes if g in expression.index] for name, genes in sets.items()}
    kept = {name: genes for name, genes in kept.items() if len(genes) >= SMALLEST_SET}
    if not kept:
        empty = pd.DataFrame(columns=expression.columns, dtype=float)
        return empty.rename_axis("gene_set")
    result = gseapy.ssgsea(
        data=expression.astype(float),
        gene_sets=kept,
        sample_norm_method="rank",
        min_size=SMALLEST_SET,
        max_size=len(expression),
        outdir=None,
        no_plot=True,
        threads=1,
    ).res2d
    table = result.pivot(index="Term", columns="Name", values="ES").astype(float)
    return table.loc[sorted(table.index), expression.columns].rename_axis("gene_set")


def compare_scores(cohort: Cohort, scores: pd.DataFrame) -> pd.DataFrame:
    """Test the scores of a cohort, cases against controls, by a moderated t.

    Returns
    -------
    DataFrame
        cohort, gene_set, difference (case minus control, score), t, p_value, fdr.
    """
    if scores.empty:
        return pd.DataFrame(columns=COLUMNS)
    design = design_matrix(cohort.samples, cohort.covariates).to_numpy()
    fit = moderated_t(scores[cohort.samples.index].to_numpy(float), design, 1)
    return pd.DataFrame(
        {
            "cohort": cohort.name,
            "gene_set": scores.index,
            "difference": fit.coefficient,
            "t": fit.t,
            "p_value": fit.p_value,
            "fdr": benjamini_hochberg(fit.p_value),
        }
    ).sort_values(["p_value", "gene_set"], ignore_index=True)


def score_cohorts(
    cohorts: Sequence[Cohort], sets: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score and test the cohorts of a disease; return the tests and the scores of all samples."""
    scores = [score_samples(cohort.expression, sets) for cohort in cohorts]
    tests = [compare_scores(cohort, part) for cohort, part in zip(cohorts, scores, strict=True)]
    joined = pd.concat(scores, axis=1)
    # pandas is to change what the type of a column becomes where an empty table has it too.
    found = [table for table in tests if len(table)] or tests[:1]
    return pd.concat(found, ignore_index=True), joined.loc[:, ~joined.columns.duplicated()]
