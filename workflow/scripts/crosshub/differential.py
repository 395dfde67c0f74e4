"""Differential expression: a linear model for each gene and limma's empirical Bayes moderated t.

References
----------
Smyth 2004, Linear models and empirical Bayes methods for assessing differential expression in
microarray experiments, Statistical Applications in Genetics and Molecular Biology 3:3.
Law et al. 2014, voom: precision weights unlock linear model analysis tools for RNA-seq read
counts, Genome Biology 15:R29 (the trend of the prior variance with expression).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma
from scipy.stats import t as student_t

from crosshub import counts as rna
from crosshub.cohorts import Cohort
from crosshub.errors import DataError


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
        The prior; infinite degrees of freedom where the genes' variances do not differ.
    """

    coefficient: np.ndarray
    t: np.ndarray
    p_value: np.ndarray
    df: np.ndarray
    variance: np.ndarray
    prior_df: float
    prior_variance: np.ndarray


def moderated_t(
    values: np.ndarray, design: np.ndarray, coefficient: int, *, trend: bool = False
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
    trend
        Let the prior variance depend on the mean expression.

    Returns
    -------
    ModeratedT
        Equal to limma's lmFit and eBayes.

    Raises
    ------
    DataError
        If the design is not of full rank or leaves no degree of freedom.
    """
    n, k = design.shape
    if np.linalg.matrix_rank(design) < k:
        raise DataError(
            "the design is not of full rank: a covariate says the same as the groups or as another"
            " covariate; remove it"
        )
    if n <= k:
        raise DataError(f"{n} samples leave nothing to estimate the variance of {k} coefficients")
    q, r = np.linalg.qr(design)
    effects = values @ q
    r_inverse = np.linalg.inv(r)
    beta = effects @ r_inverse[coefficient]
    unscaled = np.sqrt((r_inverse[coefficient] ** 2).sum())
    residual_df = n - k
    residuals = values - effects @ q.T
    sigma2 = np.einsum("ij,ij->i", residuals, residuals) / residual_df
    mean = values.mean(axis=1) if trend else None
    prior_variance, prior_df = prior_of_variances(sigma2, residual_df, mean)
    if np.isinf(prior_df):
        variance = prior_variance
    else:
        total = prior_df + residual_df
        variance = (prior_df * prior_variance + residual_df * sigma2) / total
    t = beta / unscaled / np.sqrt(variance)
    df = np.full(t.shape, min(residual_df + prior_df, residual_df * len(t)))
    p_value = 2 * student_t.sf(np.abs(t), df)
    return ModeratedT(beta, t, p_value, df, variance, prior_df, prior_variance)


def prior_of_variances(
    sigma2: np.ndarray, df: float, covariate: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Estimate the scaled F prior of the genes' variances by the moments of their logarithm.

    Parameters
    ----------
    sigma2
        Residual variances.
    df
        Their degrees of freedom.
    covariate
        Mean expression, for a prior that follows a natural cubic spline of it.

    Returns
    -------
    tuple of ndarray and float
        Prior variance for each gene, and prior degrees of freedom.
    """
    x = np.maximum(sigma2, 0)
    middle = np.median(x)
    x = np.maximum(x, 1e-5 * (middle if middle > 0 else 1))
    e = np.log(x) - digamma(df / 2) + np.log(df / 2)
    if covariate is None:
        expected = np.full(e.shape, e.mean())
        spread = e.var(ddof=1) if e.size > 1 else 0.0
    else:
        basis = natural_spline(covariate, _spline_df(covariate))
        q, _ = np.linalg.qr(basis)
        expected = q @ (q.T @ e)
        spread = ((e - expected) ** 2).sum() / (e.size - basis.shape[1])
    spread -= polygamma(1, df / 2)
    if spread > 0:
        prior_df = 2 * _trigamma_inverse(float(spread))
        return np.exp(expected + digamma(prior_df / 2) - np.log(prior_df / 2)), prior_df
    common = np.full(e.shape, x.mean()) if covariate is None else np.exp(expected)
    return common, np.inf


def natural_spline(x: np.ndarray, df: int) -> np.ndarray:
    """Return a basis (with intercept) of natural cubic splines with knots at the quantiles of x."""
    inner = np.quantile(x, np.linspace(0, 1, df)[1:-1]) if df > 2 else np.array([])
    knots = np.unique(np.concatenate([[x.min()], inner, [x.max()]]))
    scale = knots[-1] - knots[0]
    u, k = (x - knots[0]) / scale, (knots - knots[0]) / scale

    def cubic(i: int) -> np.ndarray:
        ends = np.maximum(u - k[i], 0) ** 3 - np.maximum(u - k[-1], 0) ** 3
        return ends / (k[-1] - k[i])

    last = cubic(len(k) - 2)
    curved = [cubic(i) - last for i in range(len(k) - 2)]
    return np.column_stack([np.ones_like(u), u, *curved])


def _spline_df(x: np.ndarray) -> int:
    n = x.size
    return min(1 + (n >= 3) + (n >= 6) + (n >= 30), np.unique(x).size)


def _trigamma_inverse(x: float) -> float:
    """Solve trigamma(y) = x by Newton's method on its reciprocal, which is nearly linear."""
    if x > 1e7:
        return 1 / np.sqrt(x)
    if x < 1e-6:
        return 1 / x
    y = 0.5 + 1 / x
    for _ in range(50):
        trigamma = polygamma(1, y)
        step = trigamma * (1 - trigamma / x) / polygamma(2, y)
        y += step
        if -step / y < 1e-8:
            break
    return float(y)


def design_matrix(samples: pd.DataFrame, covariates: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the design: intercept, case (1) against control (0), and the covariates.

    Parameters
    ----------
    samples
        Index sample; column group and the covariates. A covariate whose values are all numbers
        enters as it is; any other as its levels against the alphabetically first.
    covariates
        Names of columns.
    """
    design = pd.DataFrame({"intercept": 1.0}, index=samples.index)
    design["case"] = (samples["group"] == "case").astype(float)
    for name in covariates:
        numbers = pd.to_numeric(samples[name], errors="coerce")
        if numbers.notna().all():
            design[name] = numbers.astype(float)
            continue
        levels = sorted(samples[name].astype(str).unique())
        for level in levels[1:]:
            design[f"{name}: {level}"] = (samples[name].astype(str) == level).astype(float)
    return design


def fit_differential(cohort: Cohort) -> pd.DataFrame:
    """Test each gene of a cohort, cases against controls.

    Counts are filtered by expression and tested as log2 CPM with TMM factors and a trend.

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
    expression, trend = tested_expression(cohort), cohort.counts is not None
    design = design_matrix(cohort.samples, cohort.covariates)
    try:
        fit = moderated_t(expression.to_numpy(float), design.to_numpy(), 1, trend=trend)
    except DataError as error:
        raise DataError(f"cohort '{cohort.name}': {error}") from error
    return pd.DataFrame(
        {
            "gene": expression.index,
            "log2fc": fit.coefficient,
            "mean": expression.to_numpy(float).mean(axis=1),
            "t": fit.t,
            "p_value": fit.p_value,
            "fdr": benjamini_hochberg(fit.p_value),
            "df": fit.df,
            "n_cases": cases,
            "n_controls": controls,
        }
    )


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
