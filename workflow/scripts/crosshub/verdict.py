"""The verdict on a panel, in numbers and words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crosshub.performance import against_random_panels

LEVEL = 0.05


def verdicts(
    panel_sizes: dict[str, int],
    cross: pd.DataFrame,
    table: pd.DataFrame,
    random_panels: pd.DataFrame,
    elsewhere: dict[str, dict[str, Any]],
    outcomes: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Return the `verdict` of each disease.

    Parameters
    ----------
    panel_sizes, elsewhere, outcomes
        Disease → size of its panel, what `measures.new_cohort` says, and the field of the numbers
        that its model predicts (empty: cases and controls).
    cross, table, random_panels
        See `verdict`.
    """
    found = {}
    for disease, size in panel_sizes.items():
        own = cross[(cross["disease"] == disease) & (cross["cohort"] == "all")]
        auc = float(own["auc"].iloc[0]) if len(own) else np.nan
        p_random = against_random_panels(random_panels, disease, auc)
        draws = random_panels.loc[random_panels["disease"] == disease, "draw"].nunique()
        found[disease] = verdict(
            disease,
            size,
            cross,
            table,
            p_random,
            draws,
            elsewhere[disease],
            outcomes.get(disease, ""),
        )
    return found


def verdict(
    disease: str,
    panel_size: int,
    cross: pd.DataFrame,
    table: pd.DataFrame,
    p_random: float,
    random_panels: int,
    elsewhere: dict[str, Any],
    outcome: str = "",
) -> dict[str, Any]:
    """Say in numbers and words what the panel of a disease is worth.

    Parameters
    ----------
    disease
        Its name.
    panel_size
        Genes of the delivered panel.
    cross
        Table of `cross_validated`.
    table
        Table of `performance_table`.
    p_random, random_panels
        Of `against_random_panels`, and the number of panels behind it.
    elsewhere
        Of `measures.new_cohort`.
    outcome
        Field of the numbers that the model predicts; then every AUC is a concordance.

    Returns
    -------
    dict
        predicts (groups, or the outcome), auc, auc_low, auc_high (cross-validated), p_permutation,
        p_random_panels, beats_chance, beats_random_panels (null where not tested, or with too few
        resamples to tell),
        cohorts_tested and cohorts_validated (of the independent ones), cohorts_not_independent
        (name → people shared with discovery), new_cohort, statement.
    """
    own = cross[(cross["disease"] == disease) & (cross["cohort"] == "all")]
    row = own.iloc[0].to_dict() if len(own) else {}
    p_permutation = row.get("p_permutation", np.nan)
    permutations = int(row.get("permutations", 0))
    outside = table[(table["disease"] == disease) & (table["resampling"] == "validation")]
    shared = outside.loc[~outside["independent"].astype(bool)]
    outside = outside.drop(shared.index)
    held = int((outside["auc_low"] > 0.5).sum())
    result = {
        "predicts": outcome or "groups",
        "auc": row.get("auc", np.nan),
        "auc_low": row.get("auc_low", np.nan),
        "auc_high": row.get("auc_high", np.nan),
        "p_permutation": p_permutation,
        "p_random_panels": p_random,
        "permutations": permutations,
        "panel_size": panel_size,
        "beats_chance": _answer(p_permutation, permutations),
        "beats_random_panels": _answer(p_random, random_panels),
        "cohorts_tested": len(outside),
        "cohorts_validated": held,
        "cohorts_not_independent": dict(
            zip(shared["cohort"], shared["shared_people"].astype(int), strict=True)
        ),
    }
    result["new_cohort"] = elsewhere
    return {**result, "statement": _statement(disease, result)}


def _answer(p_value: float, resamples: int) -> bool | None:
    """Return whether p is at most 0.05; None where that many resamples cannot give such a p."""
    if np.isnan(p_value) or 1 / (1 + resamples) > LEVEL:
        return None
    return bool(p_value <= LEVEL)


def _statement(disease: str, found: dict[str, Any]) -> str:
    groups = found["predicts"] == "groups"
    measure, known = ("AUC", "prevalence") if groups else ("concordance", "mean")
    if not found["panel_size"]:
        first = f"{disease}: no gene was found that all diseases of the comparison share, so there "
        first += f"is no panel, and the model predicts the {known}."
    elif found["beats_chance"] is None:
        first = f"{disease}: whether the panel of {found['panel_size']} genes beats chance is not "
        first += f"known: {found['permutations']} label permutations were made, and it takes 19."
    else:
        does = "beats chance" if found["beats_chance"] else "does not beat chance"
        first = f"{disease}: the procedure {does} (cross-validated {measure} "
        first += f"{'' if groups else 'with ' + found['predicts'] + ' '}{found['auc']:.2f}, "
        first += f"95 % interval {found['auc_low']:.2f} to {found['auc_high']:.2f}, "
        first += f"p = {found['p_permutation']:.3g} against {found['permutations']} permutations)."
    parts = [first]
    if found["beats_random_panels"] is not None and found["panel_size"]:
        if found["beats_random_panels"]:
            parts.append("Its genes do better than random genes")
        else:
            parts.append("Random genes of the same number and expression do as well")
        parts[-1] += f" (p = {found['p_random_panels']:.3g})."
    if found["cohorts_tested"]:
        parts.append(
            f"It holds in {found['cohorts_validated']} of {found['cohorts_tested']} independent "
            f"cohort{'s' if found['cohorts_tested'] > 1 else ''} "
            f"(interval of the {measure} above 0.5)."
        )
    else:
        parts.append("No independent cohort was there to test it.")
    for cohort, people in found["cohorts_not_independent"].items():
        who = "1 person" if people == 1 else f"{people} people"
        parts.append(
            f"Cohort {cohort} shares {who} with discovery: it is not independent and does not "
            "count."
        )
    if found["panel_size"]:
        parts.append(_elsewhere(found["new_cohort"], measure))
    return " ".join(parts)


def _elsewhere(found: dict[str, Any], measure: str) -> str:
    """Say what the panel is worth in a cohort that nobody has seen."""
    if np.isnan(found["prediction_low"]):
        return "What it is worth in a new cohort is not known: that takes three cohorts."
    kind = "independent" if found["from"] == "validation" else "left-out"
    return (
        f"In a new cohort its {measure} would lie between {found['prediction_low']:.2f} and "
        f"{found['prediction_high']:.2f} (95 % prediction from {found['cohorts']} {kind} cohorts)."
    )
