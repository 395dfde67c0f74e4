"""Turn fitted scikit-learn estimators into the plain dicts that `frozen` scores."""

from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree._tree import Tree

from crosshub.selectors.base import is_numbers

Classifier = dict[str, Any]


def freeze_linear(coefficients: np.ndarray, intercept: float) -> Classifier:
    """Freeze a linear score: logistic regression, or anything that amounts to one.

    Parameters
    ----------
    coefficients
        One a gene.
    intercept
        Log odds of a case where every gene is 0.
    """
    return {
        "kind": "linear",
        "coefficients": np.asarray(coefficients, float).tolist(),
        "intercept": float(intercept),
    }


def freeze_constant(y: np.ndarray, genes: int) -> Classifier:
    """Freeze what is known without a gene: log odds of the share of cases, or the mean of numbers.

    Parameters
    ----------
    y
        1 = case (integers); or numbers (float).
    genes
        Their number; each gets the weight 0.
    """
    share = float(np.mean(y))
    known = share if is_numbers(y) else np.log(share / (1 - share))
    return freeze_linear(np.zeros(genes), known)


def freeze_discriminant(fitted: LinearDiscriminantAnalysis) -> Classifier:
    """Freeze a linear discriminant analysis of two classes."""
    return freeze_linear(fitted.coef_[0], fitted.intercept_[0])


def freeze_linear_machine(fitted: SVC, slope: float, offset: float) -> Classifier:
    """Freeze a linear support vector machine.

    Parameters
    ----------
    fitted
        With a linear kernel.
    slope, offset
        Sigmoid: log odds = slope × decision value + offset.
    """
    return freeze_linear(slope * fitted.coef_[0], slope * fitted.intercept_[0] + offset)


def freeze_rbf_machine(fitted: SVC, slope: float, offset: float) -> Classifier:
    """Freeze a support vector machine with a Gaussian kernel.

    Parameters
    ----------
    fitted
        With kernel ``rbf`` and a number as gamma.
    slope, offset
        Sigmoid: log odds = slope × decision value + offset.
    """
    return {
        "kind": "rbf",
        "support": fitted.support_vectors_.tolist(),
        "dual": fitted.dual_coef_[0].tolist(),
        "intercept": float(fitted.intercept_[0]),
        "gamma": float(fitted.gamma),
        "slope": float(slope),
        "offset": float(offset),
    }


def freeze_forest(fitted: RandomForestClassifier) -> Classifier:
    """Freeze a random forest; the value of a leaf is its share of cases."""
    trees = [tree.tree_ for tree in fitted.estimators_]
    shares = [tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1) for tree in trees]
    return {
        "kind": "forest",
        "trees": [_tree(tree, share) for tree, share in zip(trees, shares, strict=True)],
    }


def freeze_boosting(fitted: GradientBoostingClassifier) -> Classifier:
    """Freeze boosted trees; the value of a leaf is what it adds to the log odds."""
    controls, cases = fitted.init_.class_prior_
    trees = [tree.tree_ for tree in fitted.estimators_[:, 0]]
    return {
        "kind": "boosting",
        "intercept": float(np.log(cases / controls)),
        "trees": [_tree(tree, fitted.learning_rate * tree.value[:, 0, 0]) for tree in trees],
    }


def freeze_naive_bayes(fitted: GaussianNB) -> Classifier:
    """Freeze a Gaussian naive Bayes classifier; controls come first, then cases."""
    return {
        "kind": "naive_bayes",
        "means": fitted.theta_.tolist(),
        "variances": fitted.var_.tolist(),
        "priors": fitted.class_prior_.tolist(),
    }


def freeze_neighbours(z: np.ndarray, y: np.ndarray, k: int) -> Classifier:
    """Freeze a vote of nearest neighbours: it is its training samples.

    Parameters
    ----------
    z
        Samples × genes.
    y
        1 = case.
    k
        Number of neighbours that vote.
    """
    return {
        "kind": "knn",
        "samples": np.asarray(z, float).tolist(),
        "cases": np.asarray(y, int).tolist(),
        "k": int(k),
    }


def freeze_network(fitted: MLPClassifier) -> Classifier:
    """Freeze a network of one hidden layer."""
    hidden, output = fitted.coefs_
    return {
        "kind": "mlp",
        "activation": fitted.activation,
        "hidden_weights": hidden.T.tolist(),
        "hidden_intercepts": fitted.intercepts_[0].tolist(),
        "output_weights": output[:, 0].tolist(),
        "intercept": float(fitted.intercepts_[1][0]),
    }


def _tree(tree: Tree, value: np.ndarray) -> dict[str, list]:
    # At a leaf scikit-learn has -1 for both children and -2 for feature and threshold.
    leaf = tree.children_left < 0
    return {
        "feature": np.where(leaf, -1, tree.feature).tolist(),
        "threshold": np.where(leaf, 0.0, tree.threshold).tolist(),
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "value": value.tolist(),
    }
