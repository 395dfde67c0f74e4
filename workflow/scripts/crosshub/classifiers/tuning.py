"""What the fits have in common: choosing a setting by inner folds, and Platt's sigmoid."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from crosshub.classifiers.frozen import Classifier, log_odds
from crosshub.ridge import ridge_linear, ridge_logistic
from crosshub.selectors.base import is_numbers

COSTS = (0.01, 0.1, 1.0, 10.0)
DEFAULT_COST = 0.1
# In standard deviations of the held-out decision values.
SMALLEST_SLOPE = 0.1

Splits = Sequence[tuple[np.ndarray, np.ndarray]]


def deviance(score: np.ndarray, y: np.ndarray) -> float:
    """Return half the summed deviance (minus the log likelihood) of log odds."""
    return float(np.logaddexp(0, -(2 * y - 1) * score).sum())


def choose_ridge_cost(z: np.ndarray, y: np.ndarray, splits: Splits) -> float:
    """Choose the cost of a ridge model by the held-out deviance, or squared error of numbers.

    Parameters
    ----------
    z
        Samples × genes.
    y
        1 = case (integers); or numbers.
    splits
        Inner folds; none: `DEFAULT_COST`.

    Returns
    -------
    float
        One of `COSTS`.
    """
    if not splits:
        return DEFAULT_COST
    seen = np.zeros((len(splits), len(y)))
    for fold, (train, _) in enumerate(splits):
        seen[fold, train] = 1
    # All costs and folds at once: costs × folds models.
    count = len(COSTS) * len(splits)
    counted = np.tile(seen, (len(COSTS), 1))
    fit = ridge_linear if is_numbers(y) else ridge_logistic
    coefficient, intercept = fit(
        np.broadcast_to(z, (count, *z.shape)),
        np.broadcast_to(y, (count, len(y))),
        np.repeat(COSTS, len(splits)),
        counted,
    )
    fitted = coefficient @ z.T + intercept[:, None]
    each = (fitted - y) ** 2 if is_numbers(y) else np.logaddexp(0, -fitted * (2 * y - 1))
    loss = (each * (1 - counted)).sum(axis=1)
    return COSTS[int(loss.reshape(len(COSTS), -1).sum(axis=1).argmin())]


def choose_setting(
    fit: Callable[[np.ndarray, np.ndarray, Any], Classifier],
    settings: Sequence[Any],
    default: Any,
    z: np.ndarray,
    y: np.ndarray,
    splits: Splits,
) -> Any:
    """Choose the setting of least held-out deviance; of equals the first.

    Parameters
    ----------
    fit
        From samples × genes, y and a setting to a frozen classifier.
    settings
        Those to try.
    default
        Taken where there are no folds.
    z, y, splits
        As for `choose_ridge_cost`.
    """
    if not splits:
        return default
    losses = [
        sum(deviance(log_odds(fit(z[train], y[train], one), z[test]), y[test])
            for train, test in splits)
        for one in settings
    ]  # fmt: skip
    return settings[int(np.argmin(losses))]


def platt_sigmoid(decision: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Fit Platt's sigmoid to decision values: log odds = slope × decision value + offset.

    Parameters
    ----------
    decision
        Decision values of samples that the machine has not seen.
    y
        1 = case.

    Returns
    -------
    tuple of float
        Slope and offset. Where the cases do not have the higher values there is nothing to
        calibrate: the slope is then small but positive, so that the machine keeps its order.

    References
    ----------
    Platt 1999, Probabilistic outputs for support vector machines, with its regularised targets;
    Lin, Lin and Weng 2007, A note on Platt's probabilistic outputs, Machine Learning 68:267.
    """
    cases = int(y.sum())
    controls = len(y) - cases
    targets = np.where(y == 1, (cases + 1) / (cases + 2), 1 / (controls + 2))
    mean, spread = decision.mean(), decision.std()
    if spread < 1e-12:
        return 0.0, float(np.log(targets.mean() / (1 - targets.mean())))
    standard = (decision - mean) / spread
    # Without a penalty: the targets, which are not 0 and 1, keep the sigmoid finite.
    coefficient, intercept = ridge_logistic(standard[None, :, None], targets[None], np.inf)
    slope, offset = coefficient[0, 0], intercept[0]
    if slope < SMALLEST_SLOPE:
        slope, offset = SMALLEST_SLOPE, np.log(targets.mean() / (1 - targets.mean()))
    return float(slope / spread), float(offset - slope * mean / spread)
