"""What held-out predictions say of a model, in numbers and in words."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crosshub.qsar.performance import p_scrambled
from crosshub.qsar.validation import RANDOM, SCAFFOLD

LEVEL = 0.05


def judge_model(
    target: str,
    predictions: pd.DataFrame,
    scrambled: pd.DataFrame,
    table: pd.DataFrame,
    pooled: dict[str, Any],
    item: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the verdict on the model of a target.

    Parameters
    ----------
    target
        Its name.
    predictions, scrambled
        Of `validation.validate`.
    table
        Of `performance.performance`.
    pooled
        What `activities.pool_activities` counted.
    item
        model and level (of the prediction intervals), as the config has them.

    Returns
    -------
    dict
        What was counted; model, q2, q2_low, q2_high, q2_random, rmse, p_scrambled, scramblings,
        largest_scramble (the largest Q² of a scrambled table), beats_scrambled (None where it was
        not tested), attainable_r2 (with the scatter of replicates; None without), level,
        least_tested (the smallest nearness at which a prediction was tested), largest_scaffold
        (its share of the compounds), statement.
    """
    by_split = table.set_index("split")
    own, chance = by_split.loc[SCAFFOLD], by_split.loc[RANDOM]
    tested = predictions[predictions["split"] == SCAFFOLD]
    null = scrambled.loc[scrambled["scrambling"] > 0, "q2"]
    p_value = p_scrambled(scrambled)
    beats = None if math.isnan(p_value) else bool(p_value <= LEVEL and own["q2"] > 0)
    compounds = tested.drop_duplicates("inchikey")
    found = pooled | {
        "target": target,
        "model": item["model"],
        "n_scaffolds": int(own["n_scaffolds"]),
        "q2": own["q2"],
        "q2_low": own["q2_low"],
        "q2_high": own["q2_high"],
        "q2_random": chance["q2"],
        "rmse": own["rmse"],
        "rmse_in": own["rmse_in"],
        "rmse_out": own["rmse_out"],
        "p_scrambled": p_value,
        "scramblings": len(null),
        "largest_scramble": null.max() if len(null) else None,
        "beats_scrambled": beats,
        "attainable_r2": _attainable(compounds["activity"], pooled["replicate_sd"]),
        "level": item["level"],
        "coverage": own["coverage"],
        "least_tested": tested["nearness"].min(),
        "largest_scaffold": compounds["group"].value_counts(normalize=True).iloc[0],
    }
    return found | {"statement": _statement(found)}


def _attainable(activity: pd.Series, replicate_sd: float | None) -> float | None:
    """Return the largest R² that the scatter of single measurements leaves."""
    if replicate_sd is None:
        return None
    return float(max(0.0, 1 - replicate_sd**2 / np.var(activity, ddof=1)))


def _statement(found: dict[str, Any]) -> str:
    interval = f"{found['q2_low']:.2f} to {found['q2_high']:.2f}"
    numbers = f"Q² {found['q2']:.2f} ({interval}) in scaffolds that it has not seen"
    if found["scramblings"]:
        numbers += f"; p {found['p_scrambled']:.2g} of {found['scramblings']} scrambled tables"
    if found["beats_scrambled"] is None:
        start = "it was not held against scrambled activities"
    elif found["beats_scrambled"]:
        start = "the model beats scrambled activities"
    else:
        return (
            f"{found['target']}: the model does not beat scrambled activities ({numbers}). Its "
            "predictions say nothing about other compounds."
        )
    error = (
        f"Its typical error is {found['rmse']:.2f} log units, a factor of {10 ** found['rmse']:.1f}"
    )
    gain = (
        f"Split by chance it would seem to have Q² {found['q2_random']:.2f}: that number tells of "
        "compounds of known series, not of new ones."
    )
    return f"{found['target']}: {start} ({numbers}). {error}. {gain}"
