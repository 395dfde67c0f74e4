"""Held-out predictions: by scaffolds, by chance, and with scrambled activities."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.qsar.domain import nearness_in_folds
from crosshub.qsar.fingerprints import structure_features
from crosshub.qsar.models import find_model, fit_predict
from crosshub.qsar.scaffolds import random_folds, scaffold_folds, scaffold_groups
from crosshub.qsar.scrambling import scramble

SCAFFOLD, RANDOM = "scaffold", "random"
LEAST_TRAINING = 20
PREDICTIONS = (
    "split", "repeat", "fold", "inchikey", "group", "activity", "predicted", "training_mean",
    "nearness", "least_nearness", "nearest_similarity", "in_domain",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How a model is tested.

    Attributes
    ----------
    model
        Of `models.MODELS`.
    folds, repeats
        Of the cross-validation.
    scramblings
        Tables with scrambled activities.
    threads
        Models that are fitted at the same time; the result does not depend on it.
    """

    model: str = "random_forest"
    folds: int = 5
    repeats: int = 3
    scramblings: int = 50
    threads: int = 1

    @classmethod
    def of(cls, item: Mapping[str, Any], threads: int) -> "Settings":
        """Take what an item of the config says."""
        names = ("model", "folds", "repeats", "scramblings")
        return cls(**{name: item[name] for name in names}, threads=threads)


def validate(
    compounds: pd.DataFrame, settings: Settings, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict every compound from compounds of other scaffolds, and from any others.

    Everything is refitted in each fold: the choice of fragments, the model, the domain.

    Parameters
    ----------
    compounds
        inchikey, smiles, activity, scaffold.
    settings
        How it is tested.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        For each split (scaffold, random), repeat and compound: fold, inchikey, group (number of the
        scaffold), activity, predicted, training_mean (of the activities that the model has seen),
        nearness (mean similarity to the five nearest training compounds), least_nearness (from
        which it is in the domain), nearest_similarity, in_domain.
    DataFrame
        scrambling, q2: of the first repeat of the scaffold split, with scrambled activities (see
        `scramble`). The row of scrambling 0 has the activities as they are.

    Raises
    ------
    DataError
        If there are fewer scaffolds than folds, or a fold leaves fewer than 20 compounds to learn
        from.

    References
    ----------
    Rücker, Rücker and Meringer 2007, Journal of Chemical Information and Modeling 47:2345
    (scrambled activities).
    """
    features, bits = structure_features(compounds["smiles"])
    by_smiles = find_model(settings.model).reads_smiles
    inputs = compounds["smiles"].to_numpy(object) if by_smiles else features
    activity = compounds["activity"].to_numpy(float)
    groups = scaffold_groups(compounds["scaffold"], compounds["smiles"])
    plans = []
    for repeat in range(settings.repeats):
        plans.append((SCAFFOLD, repeat, scaffold_folds(groups, settings.folds, rng)))
        plans.append((RANDOM, repeat, random_folds(len(activity), settings.folds, rng)))
    _check_training(groups, [folds for _, _, folds in plans])
    scrambled = [scramble(activity, groups, rng) for _ in range(settings.scramblings)]
    first = plans[0][2]
    wanted = [(activity, folds) for _, _, folds in plans] + [(y, first) for y in scrambled]
    found = _predict_all(inputs, wanted, settings, rng)
    near = nearness_in_folds(bits, [folds for _, _, folds in plans])
    frames = [
        _frame(compounds, groups, plan, *parts, *distances)
        for plan, parts, distances in zip(plans, found[: len(plans)], near, strict=True)
    ]
    null = [q2(y, *parts) for y, parts in zip(scrambled, found[len(plans) :], strict=True)]
    observed = q2(activity, *found[0])
    scores = pd.DataFrame({"scrambling": range(len(null) + 1), "q2": [observed, *null]})
    return pd.concat(frames, ignore_index=True), scores


def q2(activity: np.ndarray, predicted: np.ndarray, training_mean: np.ndarray) -> float:
    """Return Q²: one less the squared errors over those of the mean of training.

    1 is perfect, 0 is no better than the mean of the compounds that the model has seen.

    References
    ----------
    Schüürmann et al. 2008, Journal of Chemical Information and Modeling 48:2140.
    """
    errors = ((activity - predicted) ** 2).sum()
    return float(1 - errors / ((activity - training_mean) ** 2).sum())


def _check_training(groups: np.ndarray, plans: list[np.ndarray]) -> None:
    number = len(groups)
    least = min(number - int(np.bincount(folds).max()) for folds in plans)
    if least < LEAST_TRAINING:
        share = np.bincount(groups).max() / number
        raise DataError(
            f"without its largest fold a model would learn from {least} of {number} compounds, "
            f"{LEAST_TRAINING} are needed; the largest scaffold has {share:.0%} of them: give a "
            "table with more compounds of other scaffolds"
        )


def _predict_all(
    inputs: np.ndarray,
    wanted: list[tuple[np.ndarray, np.ndarray]],
    settings: Settings,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return predictions and training means for each pair of activities and folds."""
    seeds = rng.integers(2**31, size=(len(wanted), settings.folds)).tolist()

    def fit(place: int, fold: int) -> np.ndarray:
        activity, folds = wanted[place]
        train, test = folds != fold, folds == fold
        return fit_predict(
            settings.model,
            inputs[train],
            activity[train],
            inputs[test],
            seed=seeds[place][fold],
        )

    units = [(place, fold) for place in range(len(wanted)) for fold in range(settings.folds)]
    threads = 1 if find_model(settings.model).reads_smiles else settings.threads
    with ThreadPoolExecutor(threads) as pool:
        parts: Iterator[np.ndarray] = pool.map(lambda unit: fit(*unit), units)
        found = []
        for activity, folds in wanted:
            predicted, mean = np.empty_like(activity), np.empty_like(activity)
            for fold in range(settings.folds):
                predicted[folds == fold] = next(parts)
                mean[folds == fold] = activity[folds != fold].mean()
            found.append((predicted, mean))
    return found


def _frame(
    compounds: pd.DataFrame,
    groups: np.ndarray,
    plan: tuple[str, int, np.ndarray],
    predicted: np.ndarray,
    training_mean: np.ndarray,
    near: np.ndarray,
    least: np.ndarray,
    nearest: np.ndarray,
) -> pd.DataFrame:
    split, repeat, folds = plan
    table = compounds[["inchikey", "activity"]].assign(
        split=split,
        repeat=repeat,
        fold=folds,
        group=groups,
        predicted=predicted,
        training_mean=training_mean,
        nearness=near,
        least_nearness=least,
        nearest_similarity=nearest,
        in_domain=near >= least,
    )
    return table[list(PREDICTIONS)]
