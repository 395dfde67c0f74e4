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
from crosshub.cohorts import Cohort
from crosshub.errors import DataError
from crosshub.linear.correlation import consensus_correlation
from crosshub.linear.fit import fit_linear
from crosshub.linear.moderation import moderated, prior_of
from crosshub.linear.voom import voom
from crosshub.linear.weights import sample_weights


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


def design_matrix(samples: pd.DataFrame, covariates: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the design: intercept, case (1) against control (0), and the covariates.

    Parameters
    ----------
    samples
        Index sample; column group and the covariates. A covariate whose values are all numbers
        enters as it is, unless they number batches; any other as its levels against the
        alphabetically first.
    covariates
        Names of columns.
    """
    design = pd.DataFrame({"intercept": 1.0}, index=samples.index)
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
        gene, log2fc (case minus control), mean (log2), t, p_value, fdr, df, n_cases, n_controls;
        sorted by gene.

    Raises
    ------
    DataError
        If a group has fewer than two samples or the design is not of full rank.
    """
    cases = int(cohort.is_case.sum())
    controls = len(cohort.samples) - cases
    if not cohort.testable:
        raise DataError(
            f"cohort '{cohort.name}': {cases} cases and {controls} controls; each group needs two"
        )
    design = design_matrix(cohort.samples, cohort.covariates).to_numpy()
    try:
        genes, mean, fit = _test(cohort, design)
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
        }
    )


def _test(cohort: Cohort, design: np.ndarray) -> tuple[pd.Index, np.ndarray, ModeratedT]:
    """Return the genes that were tested, their mean, and their t."""
    testing = cohort.testing
    people = cohort.samples["identity"]
    blocks = people.to_numpy(str) if testing.repeated == "correlation" else None
    if blocks is not None and people.is_unique:
        blocks = None
    expression = tested_expression(cohort)
    values, weights, correlation = expression.to_numpy(float), None, 0.0
    trend = testing.trend
    if cohort.counts is not None and testing.counts == "voom":
        kept = cohort.counts.loc[expression.index]
        library = (kept.sum(axis=0) * rna.tmm_factors(kept)).to_numpy(float)
        values, weights = voom(kept.to_numpy(float), design, library)
        if blocks is not None:
            correlation = consensus_correlation(values, design, blocks, weights)
            values, weights = voom(
                kept.to_numpy(float), design, library, blocks=blocks, correlation=correlation
            )
    elif cohort.counts is not None:
        trend = True
    elif testing.sample_weights:
        weights = sample_weights(values, design)
    if blocks is not None:
        correlation = consensus_correlation(values, design, blocks, weights)
    fit = moderated_t(
        values,
        design,
        1,
        weights=weights,
        blocks=blocks,
        correlation=correlation,
        trend=trend,
        robust=testing.robust,
        fold_change=testing.fold_change,
    )
    return expression.index, values.mean(axis=1), fit


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
