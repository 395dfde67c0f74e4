"""The fit of each classifier: samples × genes, y (1 = case), inner folds and a seed in, dict out.

Every fit takes the inner folds of people, which are none where a class has fewer than two people,
and returns what `frozen.log_odds` scores.
"""

import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from crosshub.classifiers import freeze
from crosshub.classifiers.frozen import Classifier
from crosshub.classifiers.tuning import (
    COSTS,
    Splits,
    choose_ridge_cost,
    choose_setting,
    deviance,
    platt_sigmoid,
)
from crosshub.penalized import choose_penalty, fit_path
from crosshub.ridge import ridge_linear, ridge_logistic
from crosshub.selectors.base import is_numbers

NEIGHBOURS = (3, 5, 7, 9, 13, 17, 25)
# Of the summed loss; above the last one a network of two layers collapses to a constant.
PENALTIES = (0.1, 0.3, 1.0, 3.0)
DEFAULT_PENALTY = 1.0
HIDDEN_UNITS = 4


def fit_ridge(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a ridge logistic model, or a linear one of numbers; its cost by inner folds."""
    return ridge_at(z, y, choose_ridge_cost(z, y, splits))


def ridge_at(z: np.ndarray, y: np.ndarray, cost: float) -> Classifier:
    """Fit a ridge model of a given cost (inverse penalty): logistic, or linear of numbers."""
    fit = ridge_linear if is_numbers(y) else ridge_logistic
    coefficients, intercept = fit(z[None], y[None], cost)
    return freeze.freeze_linear(coefficients[0], intercept[0])


def fit_lasso(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a LASSO model, logistic or linear; its penalty by inner folds, else half-way."""
    logistic = not is_numbers(y)
    path = fit_path(z, y, logistic=logistic)
    place = len(path.penalties) // 2
    if splits:
        place = choose_penalty(z, y, path, splits, logistic=logistic).least
    return freeze.freeze_linear(path.coefficients_at(place, z.shape[1]), path.intercepts[place])


def fit_linear_machine(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a linear support vector machine with Platt's sigmoid; its cost by inner folds."""
    return freeze.freeze_linear_machine(*_machine(z, y, splits, kernel="linear"))


def fit_rbf_machine(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a Gaussian support vector machine with Platt's sigmoid; its cost by inner folds."""
    gamma = 1 / (z.shape[1] * z.var())
    return freeze.freeze_rbf_machine(*_machine(z, y, splits, kernel="rbf", gamma=gamma))


def fit_forest(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a random forest."""
    forest = RandomForestClassifier(200, min_samples_leaf=2, random_state=seed, n_jobs=1)
    return freeze.freeze_forest(forest.fit(z, y))


def fit_boosting(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit gradient boosting: shallow trees, each of a share of the samples."""
    boosting = GradientBoostingClassifier(
        n_estimators=100, learning_rate=0.05, max_depth=2, subsample=0.7, random_state=seed
    )
    return freeze.freeze_boosting(boosting.fit(z, y))


def fit_discriminant(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a linear discriminant analysis with shrunken covariance."""
    discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    with warnings.catch_warnings():
        # A class of one sample has no covariance: the other class's then counts alone.
        warnings.filterwarnings("ignore", "Only one sample available")
        return freeze.freeze_discriminant(discriminant.fit(z, y))


def fit_naive_bayes(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a Gaussian naive Bayes classifier."""
    # Two or three cases can agree on a gene by chance: a share of the widest gene's variance is
    # added to each, so that no gene alone decides with near-certainty.
    return freeze.freeze_naive_bayes(GaussianNB(var_smoothing=0.01).fit(z, y))


def fit_neighbours(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Let the nearest neighbours vote; their number by inner folds."""
    fewest = min([len(y), *(len(train) for train, _ in splits)])
    numbers = [k for k in NEIGHBOURS if k <= fewest] or [1]
    default = min(5, numbers[-1])
    return freeze.freeze_neighbours(
        z, y, choose_setting(freeze.freeze_neighbours, numbers, default, z, y, splits)
    )


def fit_network(z: np.ndarray, y: np.ndarray, splits: Splits, seed: int) -> Classifier:
    """Fit a network of one small hidden layer; its penalty by inner folds."""

    def fit(z: np.ndarray, y: np.ndarray, penalty: float) -> Classifier:
        network = MLPClassifier(
            (HIDDEN_UNITS,), activation="tanh", solver="lbfgs", alpha=penalty, max_iter=500,
            random_state=seed,
        )  # fmt: skip
        with warnings.catch_warnings():
            # Weights that are nearly at the optimum do as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return freeze.freeze_network(network.fit(z, y))

    return fit(z, y, choose_setting(fit, PENALTIES, DEFAULT_PENALTY, z, y, splits))


def _machine(z: np.ndarray, y: np.ndarray, splits: Splits, **kernel) -> tuple[SVC, float, float]:
    """Return a machine and the slope and offset of its sigmoid.

    The sigmoid belongs to decision values of samples that the machine did not see; so does the
    deviance that chooses the cost.
    """
    tested = np.concatenate([test for _, test in splits]) if splits else np.zeros(0, int)
    if len(np.unique(y[tested])) < 2:
        machine = SVC(C=1.0, **kernel).fit(z, y)
        return machine, *platt_sigmoid(machine.decision_function(z), y)
    trials = []
    for cost in COSTS:
        decision = np.concatenate(
            [
                SVC(C=cost, **kernel).fit(z[train], y[train]).decision_function(z[test])
                for train, test in splits
            ]
        )
        slope, offset = platt_sigmoid(decision, y[tested])
        trials.append((deviance(slope * decision + offset, y[tested]), cost, slope, offset))
    _, cost, slope, offset = min(trials)
    return SVC(C=cost, **kernel).fit(z, y), slope, offset
