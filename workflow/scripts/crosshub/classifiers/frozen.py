"""Score samples by a frozen classifier: plain dicts of JSON and numpy, nothing else.

A classifier may come from a stranger: `check` looks at every number before `log_odds` uses it.

Every sum over genes, trees or training samples runs in a fixed order for each sample by itself
(no matrix product: its rounding depends on how many samples there are), so that a sample scores
the same to the last bit alone and among others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crosshub.errors import DataError

# exp(700) is still a number: probabilities of any score can be computed without overflow.
LARGEST_LOG_ODDS = 700.0
# No number of a fitted classifier comes near it; below it no score overflows.
LARGEST = 1e30
ACTIVATIONS = {"tanh": np.tanh, "relu": lambda value: np.maximum(value, 0)}

Classifier = dict[str, Any]


def log_odds(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    """Return the log odds of a case.

    Parameters
    ----------
    classifier
        What `registry.fit_classifier` gave; one from a file must have passed `check`.
    z
        Samples × genes, standardised as in training.

    Returns
    -------
    ndarray
        A finite number a sample, within ±`LARGEST_LOG_ODDS`; it depends on that sample alone.

    Raises
    ------
    DataError
        If a value of `z` is missing or infinite.
    """
    z = np.asarray(z, float)
    if not np.isfinite(z).all():
        raise DataError("values of the panel are missing or infinite; fill them in before scoring")
    score = KINDS[classifier["kind"]].score(classifier, np.clip(z, -LARGEST, LARGEST))
    return np.clip(score, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)


def check(classifier: Classifier, n_genes: int) -> None:
    """Make sure that a classifier can be scored.

    Parameters
    ----------
    classifier
        Of unknown origin.
    n_genes
        Number of genes of its panel.

    Raises
    ------
    DataError
        If it is damaged: unknown kind, missing or unknown parts, wrong lengths, numbers that are
        not finite, trees that have no end.
    """
    if not isinstance(classifier, dict):
        raise DataError("the classifier of this model is not a dict; the model is damaged")
    kind = classifier.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise DataError(
            f"classifier of kind {kind!r:.40} is unknown; this crosshub reads {', '.join(KINDS)}"
        )
    _check_parts(classifier, {"kind", *KINDS[kind].parts}, kind)
    KINDS[kind].check(classifier, n_genes)


def _score_linear(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    return _weighted(z, classifier["coefficients"]) + classifier["intercept"]


def _check_linear(classifier: Classifier, n_genes: int) -> None:
    numbers(classifier, "coefficients", (n_genes,))
    numbers(classifier, "intercept", ())


def _score_rbf(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    distance = _squared_distance(z, np.array(classifier["support"], float))
    kernel = np.exp(-classifier["gamma"] * distance)
    decision = _weighted(kernel, classifier["dual"]) + classifier["intercept"]
    return classifier["slope"] * decision + classifier["offset"]


def _check_rbf(classifier: Classifier, n_genes: int) -> None:
    support = numbers(classifier, "support", (None, n_genes))
    numbers(classifier, "dual", (len(support),))
    for name in ("intercept", "slope", "offset"):
        numbers(classifier, name, ())
    numbers(classifier, "gamma", (), lowest=0)


def _score_forest(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    votes = _sum_of_trees(classifier["trees"], z)
    return _log_odds_of_votes(votes, len(classifier["trees"]))


def _check_forest(classifier: Classifier, n_genes: int) -> None:
    for tree in _check_trees(classifier, n_genes):
        numbers(tree, "value", (None,), lowest=0, highest=1)


def _score_boosting(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    return _sum_of_trees(classifier["trees"], z, classifier["intercept"])


def _check_boosting(classifier: Classifier, n_genes: int) -> None:
    _check_trees(classifier, n_genes)
    numbers(classifier, "intercept", ())


def _score_naive_bayes(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    means = np.array(classifier["means"], float)
    variances = np.array(classifier["variances"], float)
    score = np.full(len(z), np.log(classifier["priors"][1] / classifier["priors"][0]))
    for value, mean, variance in zip(z.T, means.T, variances.T, strict=True):
        control, case = (
            -0.5 * (np.log(variance[group]) + (value - mean[group]) ** 2 / variance[group])
            for group in (0, 1)
        )
        score += case - control
    return score


def _check_naive_bayes(classifier: Classifier, n_genes: int) -> None:
    numbers(classifier, "means", (2, n_genes))
    numbers(classifier, "variances", (2, n_genes), lowest=1 / LARGEST)
    numbers(classifier, "priors", (2,), lowest=1 / LARGEST, highest=1)


def _score_knn(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    distance = _squared_distance(z, np.array(classifier["samples"], float))
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : classifier["k"]]
    votes = np.array(classifier["cases"])[nearest].sum(axis=1)
    return _log_odds_of_votes(votes, classifier["k"])


def _check_knn(classifier: Classifier, n_genes: int) -> None:
    samples = numbers(classifier, "samples", (None, n_genes))
    _whole(classifier, "cases", (len(samples),), lowest=0, highest=1)
    _whole(classifier, "k", (), lowest=1, highest=len(samples))


def _score_mlp(classifier: Classifier, z: np.ndarray) -> np.ndarray:
    activation = ACTIVATIONS[classifier["activation"]]
    hidden = [
        activation(_weighted(z, weights) + intercept)
        for weights, intercept in zip(
            classifier["hidden_weights"], classifier["hidden_intercepts"], strict=True
        )
    ]
    return _weighted(np.array(hidden).T, classifier["output_weights"]) + classifier["intercept"]


def _check_mlp(classifier: Classifier, n_genes: int) -> None:
    hidden = numbers(classifier, "hidden_weights", (None, n_genes))
    numbers(classifier, "hidden_intercepts", (len(hidden),))
    numbers(classifier, "output_weights", (len(hidden),))
    numbers(classifier, "intercept", ())
    activation = classifier["activation"]
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise DataError(f"activation {activation!r:.40} of the mlp classifier is unknown")


@dataclass(frozen=True)
class Kind:
    """A form of frozen classifier: how it scores, how it is checked, the names of its parts."""

    score: Callable[[Classifier, np.ndarray], np.ndarray]
    check: Callable[[Classifier, int], None]
    parts: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "linear": Kind(_score_linear, _check_linear, ("coefficients", "intercept")),
    "rbf": Kind(
        _score_rbf, _check_rbf, ("support", "dual", "intercept", "gamma", "slope", "offset")
    ),
    "forest": Kind(_score_forest, _check_forest, ("trees",)),
    "boosting": Kind(_score_boosting, _check_boosting, ("trees", "intercept")),
    "naive_bayes": Kind(_score_naive_bayes, _check_naive_bayes, ("means", "variances", "priors")),
    "knn": Kind(_score_knn, _check_knn, ("samples", "cases", "k")),
    "mlp": Kind(
        _score_mlp,
        _check_mlp,
        ("hidden_weights", "hidden_intercepts", "output_weights", "intercept", "activation"),
    ),
}
TREE_PARTS = ("feature", "threshold", "left", "right", "value")


def _weighted(values: np.ndarray, weights: list[float] | np.ndarray) -> np.ndarray:
    """Return the weighted sum of the columns, added one after the other."""
    total = np.zeros(len(values))
    for column, weight in zip(values.T, weights, strict=True):
        total += column * weight
    return total


def _squared_distance(z: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return samples × others, added gene by gene."""
    total = np.zeros((len(z), len(others)))
    for value, other in zip(z.T, others.T, strict=True):
        total += (value[:, None] - other) ** 2
    return total


def _log_odds_of_votes(votes: np.ndarray, voters: int) -> np.ndarray:
    """Return the log odds of a share; half a vote is added to each side, so that it is finite."""
    return np.log((votes + 0.5) / (voters - votes + 0.5))


def _sum_of_trees(trees: list[Classifier], z: np.ndarray, start: float = 0.0) -> np.ndarray:
    # scikit-learn rounds the values, not the thresholds, to single precision.
    z = z.astype(np.float32).astype(float)
    total = np.full(len(z), float(start))
    for tree in trees:
        total += _leaf_values(tree, z)
    return total


def _leaf_values(tree: Classifier, z: np.ndarray) -> np.ndarray:
    feature, left, right = (np.array(tree[name], int) for name in ("feature", "left", "right"))
    threshold, value = (np.array(tree[name], float) for name in ("threshold", "value"))
    rows = np.arange(len(z))
    node = np.zeros(len(z), int)
    while (left[node] >= 0).any():
        below = z[rows, feature[node]] <= threshold[node]
        node = np.where(left[node] < 0, node, np.where(below, left[node], right[node]))
    return value[node]


def _check_trees(classifier: Classifier, n_genes: int) -> list[Classifier]:
    trees = classifier["trees"]
    if not isinstance(trees, list) or not trees:
        raise DataError("the classifier has no list of trees; the model is damaged")
    for number, tree in enumerate(trees):
        if not isinstance(tree, dict):
            raise DataError(f"tree {number} of the classifier is not a dict; the model is damaged")
        _check_parts(tree, set(TREE_PARTS), f"tree {number}")
        _check_tree(tree, number, n_genes)
    return trees


def _check_tree(tree: Classifier, number: int, n_genes: int) -> None:
    value = numbers(tree, "value", (None,))
    size = len(value)
    numbers(tree, "threshold", (size,))
    feature = _whole(tree, "feature", (size,), lowest=-1, highest=n_genes - 1)
    left = _whole(tree, "left", (size,), lowest=-1, highest=size - 1)
    right = _whole(tree, "right", (size,), lowest=-1, highest=size - 1)
    leaf = (left == -1) & (right == -1) & (feature == -1)
    # Children stand after their parent: whoever walks down the tree gets to a leaf.
    place = np.arange(size)
    split = (left > place) & (right > place) & (feature >= 0)
    if not (leaf | split).all():
        raise DataError(f"tree {number} of the classifier is not a tree; the model is damaged")


def _check_parts(plain: Classifier, expected: set[str], what: str) -> None:
    if set(plain) != expected:
        wrong = sorted(map(str, set(plain) ^ expected))
        raise DataError(
            f"the {what} of the classifier lacks, or should not have, {', '.join(wrong)[:80]}; "
            "the model is damaged"
        )


def numbers(
    plain: Mapping[str, Any],
    name: str,
    shape: tuple[int | None, ...],
    lowest: float = -LARGEST,
    highest: float = LARGEST,
    owner: str = "classifier",
) -> np.ndarray:
    """Return a part of what a stranger may have written as an array.

    Parameters
    ----------
    plain
        Parts by name.
    name
        Of the part.
    shape
        None in it stands for any length but 0.
    lowest, highest
        Bounds of the numbers.
    owner
        What an error calls `plain`.

    Raises
    ------
    DataError
        If it has another shape, or holds anything but such numbers: text, true and false, null,
        NaN.
    """
    try:
        # As they are: an array of true and 0.1 would be one of numbers.
        array = np.array(plain[name], dtype=object)
    except ValueError as error:
        raise DataError(f"{name} of the {owner} is no table; the model is damaged") from error
    fits = len(array.shape) == len(shape) and all(
        own == wanted if wanted is not None else own > 0
        for own, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise DataError(
            f"{name} of the {owner} has the lengths {array.shape}; expected "
            f"{tuple('any' if wanted is None else wanted for wanted in shape)}"
        )
    if not all(_is_number(item) and lowest <= item <= highest for item in array.flat):
        raise DataError(
            f"{name} of the {owner} holds something else than numbers from {lowest:g} to "
            f"{highest:g}; the model is damaged"
        )
    return np.array(plain[name])


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _whole(
    plain: Classifier, name: str, shape: tuple[int | None, ...], lowest: int, highest: int
) -> np.ndarray:
    array = numbers(plain, name, shape, lowest, highest)
    if array.dtype.kind == "f":
        raise DataError(f"{name} of the classifier holds fractions; the model is damaged")
    return array
