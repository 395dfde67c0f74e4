"""Differential expression: a linear model for each gene and limma's empirical Bayes moderated t.

References
----------
Smyth 2004, Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments, Statistical Applications in Genetics and Molecular Biology 3:3.
McCarthy and Smyth 2009, Testing significance relative to a fold-change threshold is a TREAT,
Bioinformatics 25:765.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from crosshub import counts as rna
from crosshub.batches import is_numbered_batch
from crosshub.cohorts import Cohort, Testing
from crosshub.deseq import wald_test
from crosshub.errors import DataError
from crosshub.linear.correlation import consensus_correlation
from crosshub.linear.fit import fit_linear
from crosshub.linear.moderation import moderated, prior_of
from crosshub.linear.voom import voom, weighted_voom
from crosshub.linear.weights import sample_weights

GROUPS = "case - control"
OF_OUTCOME = ", one standard deviation"


@dataclass(frozen=True)
class ModeratedT:
    """A moderated t for each gene.

    Attributes
    ----------
    coefficient
        The tested coefficient, in the units of the expression (log2).
    t, p_value
        Moderated t and its two-sided p.
    df
        Degrees of freedom of each t: residual plus prior.
    variance
        Moderated (posterior) variance.
    prior_df, prior_variance
        The prior, one a gene; infinite degrees of freedom where the genes' variances do not differ.
    """

    coefficient: np.ndarray
    t: np.ndarray
    p_value: np.ndarray
    df: np.ndarray
    variance: np.ndarray
    prior_df: np.ndarray
    prior_variance: np.ndarray


def moderated_t(
    values: np.ndarray,
    design: np.ndarray,
    coefficient: int,
    *,
    weights: np.ndarray | None = None,
    blocks: np.ndarray | None = None,
    correlation: float = 0.0,
    trend: bool = False,
    robust: bool = False,
    fold_change: float = 0.0,
) -> ModeratedT:
    """Fit a linear model to each gene and test one coefficient with a moderated t.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    design
        Samples × coefficients, of full rank.
    coefficient
        The column of `design` that is tested.
    weights, blocks, correlation
        As in `linear.fit.fit_linear`.
    trend
        Let the prior variance depend on the mean expression.
    robust
        Estimate the prior so that outlying variances do not disturb it.
    fold_change
        Test whether the coefficient is beyond this (log2) on either side, and not beyond zero.

    Returns
    -------
    ModeratedT
        Equal to limma's lmFit and eBayes, or treat.

    Raises
    ------
    DataError
        If the design is not of full rank or leaves no degree of freedom.
    """
    fit = fit_linear(values, design, weights=weights, blocks=blocks, correlation=correlation)
    prior = prior_of(fit.variance, fit.df, fit.mean if trend else None, robust=robust)
    variance, df = moderated(fit.variance, fit.df, prior)
    beta = fit.coefficients[:, coefficient]
    error = fit.unscaled[:, coefficient] * np.sqrt(variance)
    if fold_change:
        beyond, short = np.abs(beta) - fold_change, np.abs(beta) + fold_change
        p_value = student_t.sf(beyond / error, df) + student_t.sf(short / error, df)
        t = np.sign(beta) * np.maximum(beyond, 0) / error
    else:
        t = beta / error
        p_value = 2 * student_t.sf(np.abs(t), df)
    return ModeratedT(beta, t, p_value, df, variance, prior.df, prior.variance)


def design_matrix(
    samples: pd.DataFrame, covariates: tuple[str, ...] = (), outcome: str = ""
) -> pd.DataFrame:
    """Return the design: intercept, case (1) against control (0), and the covariates.

    Parameters
    ----------
    samples
        Index sample; column group and the covariates. A covariate whose values are all numbers
        enters as it is, unless they number batches; any other as its levels against the
        alphabetically first.
    covariates
        Names of columns.
    outcome
        Column of numbers that stands in the place of the groups, in units of its standard
        deviation; with a ``-`` before it, turned round.
    """
    design = pd.DataFrame({"intercept": 1.0}, index=samples.index)
    if outcome:
        numbers = samples[outcome.removeprefix("-")].astype(float)
        turned = -numbers if outcome.startswith("-") else numbers
        design["outcome"] = (turned - turned.mean()) / turned.std()
    else:
        design["case"] = (samples["group"] == "case").astype(float)
    for name in covariates:
        numbers = pd.to_numeric(samples[name], errors="coerce")
        if numbers.notna().all() and not is_numbered_batch(name, samples[name]):
            design[name] = numbers.astype(float)
            continue
        levels = sorted(samples[name].astype(str).unique())
        for level in levels[1:]:
            design[f"{name}: {level}"] = (samples[name].astype(str) == level).astype(float)
    return design


def fit_differential(cohort: Cohort) -> pd.DataFrame:
    """Test each gene of a cohort, cases against controls, as its `testing` says.

    Counts are filtered by expression and tested as log2 counts per million with TMM factors, with a
    weight each (voom) or a trend of the prior variance. Samples of one person are correlated: the
    correlation is estimated over all genes.

    Parameters
    ----------
    cohort
        At least two samples in each group.

    Returns
    -------
    DataFrame
        gene, log2fc (case minus control, or for one standard deviation of the outcome), mean
        (log2), t, p_value, fdr, df, n_cases, n_controls, contrast (what was tested); sorted by
        gene.

    Raises
    ------
    DataError
        If a group has fewer than two samples, the outcome does not vary, or the design is not of
        full rank.
    """
    cases = int(cohort.is_case.sum())
    controls = len(cohort.samples) - cases
    if not cohort.testable:
        raise DataError(
            f"cohort '{cohort.name}': {cases} cases and {controls} controls; each group needs two"
        )
    try:
        genes, mean, fit = _test(cohort, _design(cohort))
    except DataError as error:
        raise DataError(f"cohort '{cohort.name}': {error}") from error
    return pd.DataFrame(
        {
            "gene": genes,
            "log2fc": fit.coefficient,
            "mean": mean,
            "t": fit.t,
            "p_value": fit.p_value,
            "fdr": benjamini_hochberg(fit.p_value),
            "df": fit.df,
            "n_cases": cases,
            "n_controls": controls,
            "contrast": f"{cohort.outcome}{OF_OUTCOME}" if cohort.outcome else GROUPS,
        }
    )


def tested_outcome(contrast: str) -> tuple[str, bool]:
    """Return the field that a contrast is of, and whether it is turned round; empty of groups."""
    field = contrast.removesuffix(OF_OUTCOME) if contrast.endswith(OF_OUTCOME) else ""
    return field.removeprefix("-"), field.startswith("-")


def _design(cohort: Cohort) -> np.ndarray:
    """Return the design of a cohort, with each person as a level where that is asked for."""
    samples, covariates = cohort.samples, cohort.covariates
    name = cohort.outcome.removeprefix("-")
    if name and samples[name].nunique() < 2:
        raise DataError(f"the outcome '{name}' is the same in all samples; remove it")
    if cohort.testing.repeated == "factor" and not samples["identity"].is_unique:
        covariates += ("identity",)
    return design_matrix(samples, covariates, cohort.outcome).to_numpy()


def _test(cohort: Cohort, design: np.ndarray) -> tuple[pd.Index, np.ndarray, ModeratedT]:
    """Return the genes that were tested, their mean, and their t."""
    testing, expression = cohort.testing, tested_expression(cohort)
    if cohort.counts is not None and testing.counts == "deseq2":
        kept = cohort.counts.loc[expression.index]
        return expression.index, expression.mean(axis=1).to_numpy(), _deseq(kept, design, testing)
    blocks = _blocks(cohort)
    values, weights = _values(cohort, expression, design, blocks)
    correlation = 0.0
    if blocks is not None:
        correlation = consensus_correlation(values, design, blocks, weights)
    fit = moderated_t(
        values,
        design,
        1,
        weights=weights,
        blocks=blocks,
        correlation=correlation,
        trend=testing.trend or (cohort.counts is not None and testing.counts == "trend"),
        robust=testing.robust,
        fold_change=testing.fold_change,
    )
    return expression.index, values.mean(axis=1), fit


def _blocks(cohort: Cohort) -> np.ndarray | None:
    """Return whose each sample is, where a person has several and their correlation is wanted."""
    people = cohort.samples["identity"]
    wanted = cohort.testing.repeated == "correlation" and not people.is_unique
    return people.to_numpy(str) if wanted else None


def _values(
    cohort: Cohort, expression: pd.DataFrame, design: np.ndarray, blocks: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return what is tested, log2, and its weights."""
    testing = cohort.testing
    if cohort.counts is None or testing.counts != "voom":
        values = expression.to_numpy(float)
        weighted = testing.sample_weights and cohort.counts is None
        return values, sample_weights(values, design) if weighted else None
    kept = cohort.counts.loc[expression.index]
    library = (kept.sum(axis=0) * rna.tmm_factors(kept)).to_numpy(float)
    counts = kept.to_numpy(float)
    if testing.sample_weights:
        return weighted_voom(counts, design, library)
    values, weights = voom(counts, design, library)
    if blocks is None:
        return values, weights
    correlation = consensus_correlation(values, design, blocks, weights)
    return voom(counts, design, library, blocks=blocks, correlation=correlation)


def _deseq(counts: pd.DataFrame, design: np.ndarray, testing: Testing) -> ModeratedT:
    """Return DESeq2's test in the form of the others: no prior, a z in the place of the t."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise DataError("the design is not of full rank; remove covariates that say the same")
    found = wald_test(counts.to_numpy(), design, 1, fold_change=testing.fold_change)
    infinite, missing = np.full(len(counts), np.inf), np.full(len(counts), np.nan)
    return ModeratedT(found.log2fc, found.z, found.p_value, infinite, missing, missing, missing)


def tested_expression(cohort: Cohort) -> pd.DataFrame:
    """Return the matrix that is tested: arrays as they are, counts as TMM log2 CPM, filtered."""
    if cohort.counts is None:
        return cohort.expression
    kept = cohort.counts[rna.expressed(cohort.counts, cohort.samples["group"])]
    return rna.log2_cpm(kept, rna.tmm_factors(kept))


def benjamini_hochberg(p_value: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for the false discovery rate; a missing p stays missing.

    References
    ----------
    Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57:289.
    """
    p = np.asarray(p_value, float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    if known.size:
        order = known[np.argsort(p[known], kind="stable")]
        scaled = p[order] * known.size / np.arange(1, known.size + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted
