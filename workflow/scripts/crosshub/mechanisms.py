"""Which mechanisms of action and targets stand together in a ranked list of compounds."""

import numpy as np
import pandas as pd

from crosshub.differential import benjamini_hochberg
from crosshub.lists import split_items

SMALLEST_CLASS = 3
COLUMNS = [
    "kind",
    "name",
    "compounds",
    "enrichment_score",
    "normalised_score",
    "p_value",
    "fdr",
    "leading",
]
KINDS = {"mechanism": "mechanism", "targets": "target"}


def enrich_mechanisms(
    candidates: pd.DataFrame, rng: np.random.Generator, *, permutations: int = 2000
) -> pd.DataFrame:
    """Ask which mechanisms and targets gather among the compounds that reverse, or that mimic.

    Gene set enrichment with compounds in the place of genes: the running sum over the ranked list,
    hits weighted by |score|, against random classes of the same size. The scores of compounds of
    one mechanism are taken to be exchangeable with others'; compounds tested in the same cell lines
    may be more alike than that.

    Parameters
    ----------
    candidates
        Result of `compounds.annotate_compounds`: name, score (negative: reversal), mechanism and
        targets, joined by ``|``.
    rng
        Draws the random classes.
    permutations
        Their number for each size of a class.

    Returns
    -------
    DataFrame
        kind (mechanism or target), name, compounds (number of the class), enrichment_score
        (negative: the class is among the reversing ones), normalised_score (divided by the mean of
        random classes with the same sign), p_value (of the same sign), fdr (Benjamini–Hochberg over
        the kind), leading (compounds up to the peak, joined by ``|``); the most reversing first.
        Classes of fewer than three compounds are not tested.

    References
    ----------
    Subramanian et al. 2005, PNAS 102:15545.
    """
    ranked = candidates.sort_values(["score", "name"], ascending=[False, True], ignore_index=True)
    weight = ranked["score"].abs().to_numpy(float)
    null: dict[int, np.ndarray] = {}
    parts = []
    for column, kind in KINDS.items():
        rows = []
        for name, places in _classes(ranked[column]).items():
            size = len(places)
            if not SMALLEST_CLASS <= size < len(ranked):
                continue
            if size not in null:
                drawn = [rng.choice(len(ranked), size, replace=False) for _ in range(permutations)]
                null[size] = enrichment(np.sort(drawn, axis=1), weight)[0]
            rows.append((kind, name, size, *_test(np.array(places), weight, null[size], ranked)))
        table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "fdr"])
        parts.append(table.assign(fdr=benjamini_hochberg(table["p_value"].to_numpy(float))))
    full = [part for part in parts if len(part)]
    if not full:
        return pd.DataFrame(columns=COLUMNS)
    order = ["normalised_score", "kind", "name"]
    return pd.concat(full).sort_values(order, ignore_index=True)[COLUMNS]


def enrichment(places: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the enrichment score of classes, and the hit at which the sum is furthest from zero.

    Parameters
    ----------
    places
        Classes × members: places in the ranked list from 0, each row in ascending order.
    weight
        Of each place of the list.

    Returns
    -------
    tuple of ndarray
        Scores, and the number of the hit at the peak.
    """
    size = places.shape[1]
    steps = weight[places]
    steps = np.where(steps.sum(axis=1, keepdims=True) > 0, steps, 1.0)
    reached = np.cumsum(steps, axis=1) / steps.sum(axis=1, keepdims=True)
    missed = (places - np.arange(size)) / (len(weight) - size)
    before = np.column_stack([np.zeros(len(places)), reached[:, :-1]])
    above, below = reached - missed, before - missed
    highest, lowest = above.max(axis=1), below.min(axis=1)
    is_high = highest >= -lowest
    peak = np.where(is_high, above.argmax(axis=1), below.argmin(axis=1))
    return np.where(is_high, highest, lowest), peak


def _classes(cells: pd.Series) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        for name in dict.fromkeys(split_items(cell)):
            found.setdefault(name, []).append(place)
    return found


def _test(
    places: np.ndarray, weight: np.ndarray, null: np.ndarray, ranked: pd.DataFrame
) -> tuple[float, float, float, str]:
    scores, peaks = enrichment(places[None], weight)
    score, peak = float(scores[0]), int(peaks[0])
    same = np.abs(null[(null >= 0) == (score >= 0)])
    p_value = (1 + int((same >= abs(score)).sum())) / (1 + same.size)
    mean = same.mean() if same.size and same.mean() > 0 else 1.0
    leading = places[: peak + 1] if score >= 0 else places[peak:][::-1]
    return score, score / mean, p_value, "|".join(ranked["name"].iloc[leading])
