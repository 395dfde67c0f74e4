"""The classifiers that a config can name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crosshub.classifiers import FOR_NUMBERS, fits
from crosshub.classifiers.freeze import freeze_constant
from crosshub.classifiers.frozen import Classifier
from crosshub.classifiers.tuning import Splits
from crosshub.errors import DataError
from crosshub.selectors.base import inner_splits, is_numbers

FOLDS = 5


@dataclass(frozen=True)
class ClassifierRecord:
    """A classifier of the list.

    Attributes
    ----------
    fit
        From samples × genes, y (1 = case), inner folds and a seed to a frozen classifier.
    citation
        The paper.
    """

    fit: Callable[[np.ndarray, np.ndarray, Splits, int], Classifier]
    citation: str


CLASSIFIERS: dict[str, ClassifierRecord] = {
    "ridge_logistic": ClassifierRecord(fits.fit_ridge, "le Cessie and van Houwelingen 1992"),
    "lasso_logistic": ClassifierRecord(fits.fit_lasso, "Tibshirani 1996"),
    "linear_svm": ClassifierRecord(fits.fit_linear_machine, "Cortes and Vapnik 1995; Platt 1999"),
    "rbf_svm": ClassifierRecord(fits.fit_rbf_machine, "Boser et al. 1992; Platt 1999"),
    "random_forest": ClassifierRecord(fits.fit_forest, "Breiman 2001"),
    "gradient_boosting": ClassifierRecord(fits.fit_boosting, "Friedman 2002"),
    "lda": ClassifierRecord(fits.fit_discriminant, "Fisher 1936; Ledoit and Wolf 2004"),
    "naive_bayes": ClassifierRecord(fits.fit_naive_bayes, "Hand and Yu 2001"),
    "knn": ClassifierRecord(fits.fit_neighbours, "Cover and Hart 1967"),
    "mlp": ClassifierRecord(fits.fit_network, "Rumelhart et al. 1986"),
}


def fit_classifier(
    name: str, z: np.ndarray, y: np.ndarray, people: np.ndarray, *, seed: int
) -> Classifier:
    """Fit a classifier and freeze it.

    Parameters
    ----------
    name
        Of `CLASSIFIERS`.
    z
        Samples × genes, standardised.
    y
        1 = case, 0 = control (integers), both must be there; or numbers (float).
    people
        Identity of each sample: inner folds do not split a person.
    seed
        Of the inner folds and of what is random in the fit.

    Returns
    -------
    dict
        ``kind`` and numbers as lists, in the types of JSON; `frozen.log_odds` scores it. Where no
        gene varies it says the prevalence of training, or the mean, whatever the name.

    Raises
    ------
    DataError
        If the name is unknown, a class has no sample, or the classifier takes no numbers.
    """
    if name not in CLASSIFIERS:
        raise DataError(f"classifier {name} is unknown; choose one of {', '.join(CLASSIFIERS)}")
    z, y, people = np.asarray(z, float), np.asarray(y), np.asarray(people)
    if is_numbers(y):
        if name not in FOR_NUMBERS:
            raise DataError(
                f"classifier {name} cannot predict numbers; choose {' or '.join(FOR_NUMBERS)}"
            )
    elif not np.array_equal(np.unique(y), (0, 1)):
        raise DataError(f"classifier {name}: needs both cases and controls to be fitted")
    if not (z.std(axis=0) > 1e-8).any():
        return freeze_constant(y, z.shape[1])
    splits = inner_splits(y, people, FOLDS, seed)
    return CLASSIFIERS[name].fit(z, y, splits, seed)
