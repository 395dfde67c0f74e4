"""The verdict on a panel, in numbers and words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

LEVEL = 0.05


def verdicts(
    panel_sizes: Mapping[str, int],
    cross: pd.DataFrame,
    table: pd.DataFrame,
    p_random: Mapping[str, tuple[float, int]],
    elsewhere: Mapping[str, dict[str, Any]],
    related: pd.DataFrame,
    outcomes: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Return the `verdict` of each disease.

    Parameters
    ----------
    panel_sizes, p_random, elsewhere, outcomes
        Disease → size of its panel; p of `performance.against_random_panels` and the number of
        panels behind it; what `measures.new_cohort` says; and the field of the numbers that its
        model predicts (empty: cases and controls).
    cross, table, related
        See `verdict`.
    """
    return {
        disease: verdict(
            disease,
            size,
            cross,
            table,
            p_random[disease],
            elsewhere[disease],
            related[related["disease"] == disease],
            outcomes.get(disease, ""),
        )
        for disease, size in panel_sizes.items()
    }


def verdict(
    disease: str,
    panel_size: int,
    cross: pd.DataFrame,
    table: pd.DataFrame,
    p_random: tuple[float, int],
    elsewhere: dict[str, Any],
    related: pd.DataFrame,
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
    p_random
        Of `against_random_panels`, and the number of panels behind it.
    elsewhere
        Of `measures.new_cohort`.
    related
        Its validation cohorts, of `evaluation.independence`.
    outcome
        Field of the numbers that the model predicts; then every AUC is a concordance.

    Returns
    -------
    dict
        predicts (groups, or the outcome), auc, auc_low, auc_high (cross-validated),
        folds and folds_with_panel (of all repeats of the cross-validation), p_permutation,
        p_random_panels, beats_chance, beats_random_panels (null where not tested, or with too few
        resamples to tell),
        cohorts_tested and cohorts_validated (of the independent ones), cohorts_not_tested (names:
        independent, but too small, or all of their samples score alike), cohorts_not_independent
        (name → people shared with discovery; 0: of the same series), new_cohort, statement.
    """
    own = cross[(cross["disease"] == disease) & (cross["cohort"] == "all")]
    row = own.iloc[0].to_dict() if len(own) else {}
    p_permutation = row.get("p_permutation", np.nan)
    permutations = int(row.get("permutations", 0))
    shared = related[~related["independent"]]
    outside = table[(table["disease"] == disease) & (table["resampling"] == "validation")]
    tested = outside[~outside["cohort"].isin(shared.index) & outside["auc_low"].notna()]
    untested = set(related.index) - set(shared.index) - set(tested["cohort"])
    result = {
        "predicts": outcome or "groups",
        "auc": row.get("auc", np.nan),
        "auc_low": row.get("auc_low", np.nan),
        "auc_high": row.get("auc_high", np.nan),
        "folds": int(row.get("folds", 0)),
        "folds_with_panel": int(row.get("folds_with_panel", 0)),
        "p_permutation": p_permutation,
        "p_random_panels": p_random[0],
        "permutations": permutations,
        "panel_size": panel_size,
        "beats_chance": _answer(p_permutation, permutations),
        "beats_random_panels": _answer(*p_random),
        "cohorts_tested": len(tested),
        "cohorts_validated": int((tested["auc_low"] > 0.5).sum()),
        "cohorts_not_tested": sorted(untested),
        "cohorts_not_independent": {
            name: int(number) for name, number in shared["shared_people"].items()
        },
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
    parts = [_against_chance(disease, found, measure, known)]
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
    parts += [
        f"Cohort {cohort} could not test it: its samples all score alike or are too few."
        for cohort in found["cohorts_not_tested"]
        if found["panel_size"]
    ]
    for cohort, people in found["cohorts_not_independent"].items():
        who = "1 person" if people == 1 else f"{people} people"
        why = f"shares {who} with discovery" if people else "is of a series of discovery"
        parts.append(f"Cohort {cohort} {why}: it is not independent and does not count.")
    if found["panel_size"]:
        parts.append(_elsewhere(found["new_cohort"], measure))
    return " ".join(parts)


def _against_chance(disease: str, found: dict[str, Any], measure: str, known: str) -> str:
    size = found["panel_size"]
    panel = f"the panel of {size} gene{'s' if size > 1 else ''}"
    if not size:
        return (
            f"{disease}: the procedure chose no gene, so there is no panel, and the model predicts "
            f"the {known}."
        )
    if np.isnan(found["auc"]):
        return (
            f"{disease}: whether {panel} beats chance is not known: no fold of the "
            "cross-validation could be done, which takes two people of each group in training."
        )
    if found["beats_chance"] is None:
        return (
            f"{disease}: whether {panel} beats chance is not known: "
            f"{found['permutations']} label permutations were made, and it takes 19."
        )
    does = "beats chance" if found["beats_chance"] else "does not beat chance"
    of = "" if measure == "AUC" else f"with {found['predicts']} "
    return (
        f"{disease}: the procedure {does} (cross-validated {measure} {of}{found['auc']:.2f}, "
        f"95 % interval {found['auc_low']:.2f} to {found['auc_high']:.2f}, "
        f"p = {found['p_permutation']:.3g} against {found['permutations']} permutations)."
        f"{_without_panel(found['folds_with_panel'], found['folds'])}"
    )


def _without_panel(with_panel: int, folds: int) -> str:
    """Say that folds chose no panel, which the cross-validated AUC counts with 0.5."""
    if with_panel == folds:
        return ""
    if not with_panel:
        return (
            " No fold of the cross-validation chose a gene: it does not tell what they are worth."
        )
    return (
        f" Only {with_panel} of {folds} folds of the cross-validation chose a gene; the AUC counts "
        "the others with 0.5, which the upper limit allows for."
    )


def _elsewhere(found: dict[str, Any], measure: str) -> str:
    """Say what the panel is worth in a cohort that nobody has seen."""
    if np.isnan(found["prediction_low"]):
        return "What it is worth in a new cohort is not known: that takes three cohorts."
    kind = "independent" if found["from"] == "validation" else "left-out"
    return (
        f"In a new cohort its {measure} would lie between {found['prediction_low']:.2f} and "
        f"{found['prediction_high']:.2f} (95 % prediction from {found['cohorts']} {kind} cohorts)."
    )
