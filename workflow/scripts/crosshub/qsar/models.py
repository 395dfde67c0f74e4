"""The models that a config can name, from structures to predicted activities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from threadpoolctl import threadpool_limits

from crosshub.errors import DataError
from crosshub.qsar.message_passing import fit_chemprop

# A fragment that one or two training compounds have can only be learnt by heart.
LEAST_CARRIERS = 3


@dataclass(frozen=True)
class ModelRecord:
    """A model of the list.

    Attributes
    ----------
    fit
        From training compounds, their activities, other compounds and a seed to the activities of
        these.
    citation
        The paper.
    reads_smiles
        A compound is its SMILES, and not a row of features. Such a model is fitted alone: its
        random numbers are those of the process.
    """

    fit: Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]
    citation: str
    reads_smiles: bool = False


def _fit_forest(
    features: np.ndarray, activity: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    forest = RandomForestRegressor(
        100, max_features=1 / 3, min_samples_leaf=3, random_state=seed, n_jobs=1
    )
    kept = _carried(features)
    return forest.fit(features[:, kept], activity).predict(asked[:, kept])


def _fit_boosting(
    features: np.ndarray, activity: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    trees = HistGradientBoostingRegressor(
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=5,
        early_stopping=False,
        random_state=seed,
    )
    kept = _carried(features)
    # Sums over several threads would differ in their last digits. OpenMP counts its threads for
    # each caller, so that fits beside each other do not disturb this.
    with threadpool_limits(1, user_api="openmp"):
        return trees.fit(features[:, kept], activity).predict(asked[:, kept])


def _carried(features: np.ndarray) -> np.ndarray:
    return (features != 0).sum(axis=0) >= LEAST_CARRIERS


MODELS: dict[str, ModelRecord] = {
    "random_forest": ModelRecord(_fit_forest, "Svetnik et al. 2003"),
    "gradient_boosting": ModelRecord(_fit_boosting, "Sheridan et al. 2016"),
    "chemprop": ModelRecord(fit_chemprop, "Heid et al. 2024", reads_smiles=True),
}


def find_model(name: str) -> ModelRecord:
    """Return a model of the list; DataError if it is not there."""
    if name not in MODELS:
        raise DataError(f"model '{name}' is unknown; choose one of {', '.join(MODELS)}")
    return MODELS[name]


def fit_predict(
    name: str, inputs: np.ndarray, activity: np.ndarray, asked: np.ndarray, *, seed: int
) -> np.ndarray:
    """Fit a model to training compounds and predict the activity of others.

    Parameters
    ----------
    name
        Of `MODELS`.
    inputs, activity
        Training compounds as the model reads them (compounds × features, or SMILES), and their
        activities (−log10 mol/l).
    asked
        Other compounds in the same form.
    seed
        Of what is random in the fit.

    Returns
    -------
    ndarray
        Activities; the same numbers for any number of cores.

    Raises
    ------
    DataError
        If the name is unknown, or the model is not installed.

    References
    ----------
    Svetnik et al. 2003, Journal of Chemical Information and Computer Sciences 43:1947; Sheridan
    et al. 2016, Journal of Chemical Information and Modeling 56:2353.
    """
    return find_model(name).fit(inputs, activity, asked, seed)
