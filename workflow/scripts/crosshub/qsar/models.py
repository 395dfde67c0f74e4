"""The models that a config can name, from features to predicted activities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from threadpoolctl import threadpool_limits

from crosshub.errors import DataError

# A fragment that one or two training compounds have can only be learnt by heart.
LEAST_CARRIERS = 3


@dataclass(frozen=True)
class ModelRecord:
    """A model of the list.

    Attributes
    ----------
    make
        From a seed to an unfitted scikit-learn regressor.
    citation
        The paper.
    """

    make: Callable[[int], RandomForestRegressor | HistGradientBoostingRegressor]
    citation: str


def _forest(seed: int) -> RandomForestRegressor:
    return RandomForestRegressor(
        100, max_features=1 / 3, min_samples_leaf=3, random_state=seed, n_jobs=1
    )


def _boosting(seed: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=5,
        early_stopping=False,
        random_state=seed,
    )


MODELS: dict[str, ModelRecord] = {
    "random_forest": ModelRecord(_forest, "Svetnik et al. 2003"),
    "gradient_boosting": ModelRecord(_boosting, "Sheridan et al. 2016"),
}


def fit_predict(
    name: str, features: np.ndarray, activity: np.ndarray, asked: np.ndarray, *, seed: int
) -> np.ndarray:
    """Fit a model to training compounds and predict the activity of others.

    Parameters
    ----------
    name
        Of `MODELS`.
    features, activity
        Training compounds × features, and their activities (−log10 mol/l).
    asked
        Other compounds × the same features.
    seed
        Of what is random in the fit.

    Returns
    -------
    ndarray
        Activities; the same numbers for any number of cores.

    Raises
    ------
    DataError
        If the name is unknown.

    References
    ----------
    Svetnik et al. 2003, Journal of Chemical Information and Computer Sciences 43:1947; Sheridan
    et al. 2016, Journal of Chemical Information and Modeling 56:2353.
    """
    if name not in MODELS:
        raise DataError(f"model '{name}' is unknown; choose one of {', '.join(MODELS)}")
    kept = (features != 0).sum(axis=0) >= LEAST_CARRIERS
    model = MODELS[name].make(seed)
    # Sums over several threads would differ in their last digits. OpenMP counts its threads for
    # each caller, so that fits beside each other do not disturb this.
    with threadpool_limits(1, user_api="openmp"):
        model.fit(features[:, kept], activity)
        return model.predict(asked[:, kept])
