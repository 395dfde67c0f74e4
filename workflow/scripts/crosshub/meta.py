"""Combining the cohorts of one disease: effect sizes, heterogeneity, and a test by their number.

One cohort stands for itself. Two to four are combined by the common effect, with the heterogeneity
beside it; five and more by random effects (REML) with the Hartung-Knapp interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaln
from scipy.stats import chi2, norm
from scipy.stats import t as student_t

from crosshub.differential import benjamini_hochberg

RANDOM_EFFECTS_FROM = 5


@dataclass(frozen=True)
class Combined:
    """Combined effects, one a gene: estimate, interval, test and heterogeneity."""

    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    tau2: np.ndarray
    q: np.ndarray
    q_p_value: np.ndarray
    i2: np.ndarray


def effect_size(
    t: np.ndarray, df: np.ndarray, n_cases: int, n_controls: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unbiased standardised effect behind a (moderated) t, and its variance.

    Parameters
    ----------
    t, df
        (Moderated) t with its degrees of freedom; with an ordinary t this is Hedges' g.
    n_cases, n_controls
        Size of the groups.

    Returns
    -------
    tuple of ndarray
        Effect in standard deviations, and the unbiased estimate of its variance.

    References
    ----------
    Hedges 1981, Journal of Educational Statistics 6:107. Marot et al. 2009, Moderated effect size
    and P-value combinations for microarray meta-analyses, Bioinformatics 25:2692.
    """
    size = n_cases * n_controls / (n_cases + n_controls)
    # Large samples of genes can give a prior of infinite weight: the limit of the formulas.
    m = np.minimum(np.asarray(df, float), 1e7)
    correction = np.exp(gammaln(m / 2) - gammaln((m - 1) / 2) - 0.5 * np.log(m / 2))
    effect = correction * np.asarray(t, float) / np.sqrt(size)
    variance = 1 / size + effect**2 * (1 - (m - 2) / (m * correction**2))
    return effect, variance


def common_effect(effects: np.ndarray, variances: np.ndarray) -> Combined:
    """Combine by inverse variance (common effect).

    Parameters
    ----------
    effects, variances
        Genes × cohorts.
    """
    weight = 1 / variances
    total = weight.sum(axis=1)
    effect = (weight * effects).sum(axis=1) / total
    error = 1 / np.sqrt(total)
    z = norm.ppf(0.975)
    p_value = 2 * norm.sf(np.abs(effect) / error)
    q, q_p_value, i2 = _heterogeneity(effects, variances)
    low, high = effect - z * error, effect + z * error
    return Combined(effect, low, high, p_value, np.zeros_like(effect), q, q_p_value, i2)


def random_effects(effects: np.ndarray, variances: np.ndarray) -> Combined:
    """Combine by random effects: REML for the variance between cohorts, Hartung-Knapp interval.

    Parameters
    ----------
    effects, variances
        Genes × cohorts, at least two cohorts.

    References
    ----------
    Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261. Hartung and Knapp
    2001, Statistics in Medicine 20:3875.
    """
    k = effects.shape[1]
    tau2 = _reml(effects, variances)
    weight = 1 / (variances + tau2[:, None])
    total = weight.sum(axis=1)
    effect = (weight * effects).sum(axis=1) / total
    spread = (weight * (effects - effect[:, None]) ** 2).sum(axis=1) / (k - 1)
    error = np.sqrt(spread / total)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * student_t.sf(np.abs(effect) / error, k - 1)
    width = student_t.ppf(0.975, k - 1) * error
    q, q_p_value, i2 = _heterogeneity(effects, variances)
    return Combined(effect, effect - width, effect + width, p_value, tau2, q, q_p_value, i2)


def _reml(effects: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Fisher scoring for all genes at once, each step cut so that tau² stays at or above zero."""
    tau2 = np.maximum(effects.var(axis=1, ddof=1) - variances.mean(axis=1), 0)
    active = np.ones(len(tau2), bool)
    for _ in range(200):
        y, v, old = effects[active], variances[active], tau2[active]
        w = 1 / (v + old[:, None])
        total, square, cube = w.sum(1), (w**2).sum(1), (w**3).sum(1)
        mean = (w * y).sum(1) / total
        trace = total - square / total
        trace_square = square - 2 * cube / total + (square / total) ** 2
        step = ((w**2 * (y - mean[:, None]) ** 2).sum(1) - trace) / trace_square
        step = np.maximum(step, -old)
        tau2[active] = old + step
        active[active] = np.abs(step) > 1e-10
        if not active.any():
            break
    return tau2


def _heterogeneity(effects: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, ...]:
    weight = 1 / variances
    mean = (weight * effects).sum(axis=1) / weight.sum(axis=1)
    q = (weight * (effects - mean[:, None]) ** 2).sum(axis=1)
    df = effects.shape[1] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        i2 = np.where(q > 0, np.maximum(1 - df / q, 0), 0.0)
    return q, chi2.sf(q, df), i2


def combine_cohorts(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Combine the cohorts of one disease, gene by gene.

    Parameters
    ----------
    tables
        Cohort → table of `differential.fit_differential`. The genes measured in all of them are
        combined.

    Returns
    -------
    DataFrame
        gene, effect (standard deviations, case minus control), effect_low, effect_high (95 %), i2,
        n_cohorts, p_value, fdr, log2fc (mean), tau2, q, q_p_value, same_sign (in all cohorts),
        method (single, common_effect, random_effects). With one cohort p_value is that of its own
        moderated t, and heterogeneity is missing.
    """
    names = list(tables)
    genes = sorted(set.intersection(*(set(tables[name]["gene"]) for name in names)))
    aligned = [tables[name].set_index("gene").loc[genes] for name in names]
    pairs = [
        effect_size(table["t"], table["df"], table["n_cases"].iloc[0], table["n_controls"].iloc[0])
        for table in aligned
    ]
    effects = np.column_stack([effect for effect, _ in pairs])
    variances = np.column_stack([variance for _, variance in pairs])
    combined, method = _combine(effects, variances, aligned)
    sign = np.sign(effects)
    single = len(names) == 1
    return pd.DataFrame(
        {
            "gene": genes,
            "effect": combined.effect,
            "effect_low": combined.low,
            "effect_high": combined.high,
            "i2": np.nan if single else combined.i2,
            "n_cohorts": len(names),
            "p_value": combined.p_value,
            "fdr": benjamini_hochberg(combined.p_value),
            "log2fc": np.mean([table["log2fc"] for table in aligned], axis=0),
            "tau2": np.nan if single else combined.tau2,
            "q": np.nan if single else combined.q,
            "q_p_value": np.nan if single else combined.q_p_value,
            "same_sign": (sign == sign[:, :1]).all(axis=1),
            "method": method,
        }
    )


def _combine(
    effects: np.ndarray, variances: np.ndarray, tables: list[pd.DataFrame]
) -> tuple[Combined, str]:
    if len(tables) >= RANDOM_EFFECTS_FROM:
        return random_effects(effects, variances), "random_effects"
    combined = common_effect(effects, variances)
    if len(tables) > 1:
        return combined, "common_effect"
    own = {**combined.__dict__, "p_value": tables[0]["p_value"].to_numpy()}
    return Combined(**own), "single"
