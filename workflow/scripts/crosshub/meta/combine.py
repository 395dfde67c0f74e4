"""The table of a disease: its cohorts combined, gene by gene, by a test that fits their number.

One cohort stands for itself. Two to four are combined by the common effect, with the heterogeneity
beside it; five and more by random effects (REML) with the Hartung-Knapp interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from crosshub.differential import GROUPS, benjamini_hochberg
from crosshub.meta.effects import effect_size, slope_size
from crosshub.meta.p_values import both_directions, fisher, one_sided, stouffer
from crosshub.meta.pooling import (
    POOLINGS,
    Combined,
    common_effect,
    heterogeneity,
    prediction_interval,
    restricted_likelihood,
)
from crosshub.meta.ranks import normalised_ranks, rank_aggregation

RANDOM_EFFECTS_FROM = 5


@dataclass(frozen=True)
class _Aligned:
    """The genes that all cohorts measured: genes × cohorts each."""

    genes: list[str]
    effects: np.ndarray
    variances: np.ndarray
    p_values: np.ndarray
    t: np.ndarray
    log2fc: np.ndarray
    sizes: np.ndarray


def combine_cohorts(
    tables: Mapping[str, pd.DataFrame], *, method: str = "by_number"
) -> pd.DataFrame:
    """Combine the cohorts of one disease, gene by gene.

    Parameters
    ----------
    tables
        Cohort → table of `differential.fit_differential`. The genes measured in all of them are
        combined.
    method
        ``by_number``, or a key of `pooling.POOLINGS`.

    Returns
    -------
    DataFrame
        gene, effect (standard deviations, case minus control; or for one standard deviation of a
        continuous outcome), effect_low, effect_high (95 %), i2, n_cohorts, p_value, fdr, log2fc
        (mean), tau2 (REML), q, q_p_value, prediction_low, prediction_high, same_sign (in all
        cohorts), effect_error (standard error), p_fisher, p_stouffer, p_ranks (robust rank
        aggregation), leave_one_out_effect (the one nearest to zero, with 0 for a change of sign)
        and leave_one_out_fdr (the largest, as each cohort in turn is left out), method. What too
        few cohorts cannot say is missing: with one all that compares cohorts, with two what leaves
        one out and the prediction interval.
    """
    aligned = _align(tables)
    number = len(tables)
    chosen = method_for(number, method)
    table = pd.DataFrame({"gene": aligned.genes})
    pooled = _pool(aligned, chosen)
    spread = heterogeneity(aligned.effects, aligned.variances) if number > 1 else None
    table["effect"], table["effect_low"], table["effect_high"] = (
        pooled.effect,
        pooled.low,
        pooled.high,
    )
    table["i2"] = spread.i2 if spread else np.nan
    table["n_cohorts"] = number
    table["p_value"] = pooled.p_value
    table["fdr"] = benjamini_hochberg(pooled.p_value)
    table["log2fc"] = aligned.log2fc.mean(axis=1)
    several = (aligned.effects, aligned.variances)
    table["tau2"] = restricted_likelihood(*several) if spread else np.nan
    table["q"] = spread.q if spread else np.nan
    table["q_p_value"] = spread.p_value if spread else np.nan
    table["prediction_low"], table["prediction_high"] = prediction_interval(*several)
    sign = np.sign(aligned.effects)
    table["effect_error"] = pooled.error
    table["same_sign"] = (sign == sign[:, :1]).all(axis=1)
    for name, values in _evidence(aligned).items():
        table[name] = values
    for name, values in _left_out(aligned, method).items():
        table[name] = values
    return table.assign(method=chosen)


def cohort_effects(tables: Mapping[str, pd.DataFrame], genes: Sequence[str]) -> pd.DataFrame:
    """Return the effects of some genes in each cohort.

    Parameters
    ----------
    tables
        Cohort → table of `differential.fit_differential`.
    genes
        Genes measured in all of them.

    Returns
    -------
    DataFrame
        gene, cohort, n (samples), effect (standard deviations), low, high (95 %).
    """
    parts = []
    for name, table in tables.items():
        cut = table.set_index("gene").loc[list(genes)]
        effect, variance, _ = _effects(cut)
        width = norm.ppf(0.975) * np.sqrt(variance)
        number = int(cut["n_cases"].iloc[0] + cut["n_controls"].iloc[0]) if len(cut) else 0
        columns = {"effect": effect, "low": effect - width, "high": effect + width}
        parts.append(pd.DataFrame({"gene": genes, "cohort": name, "n": number, **columns}))
    return pd.concat(parts, ignore_index=True)


def method_for(number: int, method: str = "by_number") -> str:
    """Return the way to pool that many cohorts: single, or a key of `pooling.POOLINGS`."""
    if number == 1:
        return "single"
    if method != "by_number":
        return method
    return "random_effects" if number >= RANDOM_EFFECTS_FROM else "common_effect"


def _align(tables: Mapping[str, pd.DataFrame]) -> _Aligned:
    genes = sorted(set.intersection(*(set(table["gene"]) for table in tables.values())))
    cut = [table.set_index("gene").loc[genes] for table in tables.values()]
    pairs = [_effects(table) for table in cut]
    return _Aligned(
        genes,
        np.column_stack([effect for effect, _, _ in pairs]),
        np.column_stack([variance for _, variance, _ in pairs]),
        *(
            np.column_stack([table[name] for table in cut]).astype(float)
            for name in ("p_value", "t", "log2fc")
        ),
        np.array([size for _, _, size in pairs]),
    )


def _effects(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    """Return effects, variances, and the effective size of the cohort."""
    cases, controls = int(table["n_cases"].iloc[0]), int(table["n_controls"].iloc[0])
    if table["contrast"].iloc[0] != GROUPS:
        number = cases + controls
        return *slope_size(table["t"], table["df"], number), float(number)
    size = 4 * cases * controls / (cases + controls)
    return *effect_size(table["t"], table["df"], cases, controls), size


def _pool(aligned: _Aligned, method: str) -> Combined:
    if method != "single":
        return POOLINGS[method].pool(aligned.effects, aligned.variances)
    own = common_effect(aligned.effects, aligned.variances)
    return Combined(**{**own.__dict__, "p_value": aligned.p_values[:, 0]})


def _evidence(aligned: _Aligned) -> dict[str, np.ndarray | float]:
    """Combine p-values and ranks; missing with one cohort."""
    if aligned.effects.shape[1] == 1:
        return dict.fromkeys(("p_fisher", "p_stouffer", "p_ranks"), np.nan)
    up, down = one_sided(aligned.p_values, aligned.t)
    weights = np.sqrt(aligned.sizes)
    highest, lowest = (rank_aggregation(normalised_ranks(s * aligned.t)) for s in (1, -1))
    return {
        "p_fisher": both_directions(fisher(up), fisher(down)),
        "p_stouffer": both_directions(stouffer(up, weights), stouffer(down, weights)),
        "p_ranks": both_directions(highest, lowest),
    }


def _left_out(aligned: _Aligned, method: str) -> dict[str, np.ndarray | float]:
    """Leave each cohort out in turn: what is left of a gene in the worst case."""
    number = aligned.effects.shape[1]
    if number < 3:
        return {"leave_one_out_effect": np.nan, "leave_one_out_fdr": np.nan}
    way = POOLINGS[method_for(number - 1, method)]
    rest = [np.arange(number) != i for i in range(number)]
    runs = [way.pool(aligned.effects[:, kept], aligned.variances[:, kept]) for kept in rest]
    effects = np.column_stack([run.effect for run in runs])
    alike = (np.sign(effects) == np.sign(effects[:, :1])).all(axis=1)
    nearest = effects[np.arange(len(effects)), np.abs(effects).argmin(axis=1)]
    return {
        "leave_one_out_effect": np.where(alike, nearest, 0.0),
        "leave_one_out_fdr": np.max([benjamini_hochberg(run.p_value) for run in runs], axis=0),
    }
