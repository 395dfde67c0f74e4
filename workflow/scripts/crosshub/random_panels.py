"""Random panels as large and as strongly expressed as the real one: what any genes would do.

References
----------
Venet, Dumont and Detours 2011, Most random gene expression signatures are significantly associated
with breast cancer outcome, PLoS Computational Biology 7:e1002240.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from crosshub.assessment.discrimination import concordance
from crosshub.classifiers.registry import FOLDS
from crosshub.classifiers.tuning import choose_ridge_cost
from crosshub.cohorts import Cohort
from crosshub.model import Model
from crosshub.panel import fit_model, standardised, training_set
from crosshub.selectors.base import inner_splits

EXPRESSION_CLASSES = 10


@dataclass(frozen=True)
class RandomPanels:
    """Random panels that stay the same through the folds and repeats of a cross-validation.

    The real panel is nearly the same in all folds. Genes drawn anew in each of them would be
    averaged over, and a single panel would be held against means of many. So each panel has an
    order of the genes, and takes the first of each class of expression; classes are those of all
    discovery samples, which no label and no model knows of.

    Attributes
    ----------
    orders
        Genes of each panel in its order.
    classes
        Gene → class of expression.
    """

    orders: Sequence[Sequence[str]]
    classes: Mapping[str, int]

    @classmethod
    def draw(cls, cohorts: Sequence[Cohort], number: int, seed: int) -> "RandomPanels":
        """Draw the orders of so many panels from the genes that all cohorts measure."""
        classes = expression_classes(cohorts)[0].to_dict() if number else {}
        genes = np.array(sorted(classes), dtype=object)
        orders = [
            list(genes[np.random.default_rng([seed, draw]).permutation(len(genes))])
            for draw in range(number)
        ]
        return cls(orders, classes)

    def like(self, real: Sequence[str]) -> list[list[str]]:
        """Return panels of as many genes of each class of expression as the real one has.

        A gene that a small cohort lacks, which is in no training, counts as of the middle class.
        """
        wanted = Counter(self.classes.get(gene, EXPRESSION_CLASSES // 2) for gene in real)
        return [
            [
                gene
                for name, n in sorted(wanted.items())
                for gene in islice((g for g in order if self.classes[g] == name), n)
            ]
            for order in self.orders
        ]


def try_panels(
    panels: Sequence[Sequence[str]],
    training: Sequence[Cohort],
    tested: Sequence[Cohort],
    models: Mapping[str, Model],
    classifier: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Fit random panels as the real one is fitted, and test them on the same samples.

    Parameters
    ----------
    panels
        Genes of each.
    training, tested
        Cohorts, cut to their samples.
    models
        Disease → the model of the real panel, whose reference serves all.
    classifier
        Of the config.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        disease, cohort, draw, concordant, pairs.
    """
    reference = next(iter(models.values())).reference
    real = next(iter(models.values())).genes
    genes = sorted({gene for panel in [real, *panels] for gene in panel})
    seed = int(rng.integers(2**31))
    rows = []
    for disease in models:
        own = training_set([c for c in training if c.disease == disease], genes, reference)
        cost = None
        if classifier == "ridge_logistic":
            # The penalty of the real panel serves all: tuning each costs more than it tells.
            splits = inner_splits(own.y, own.people, FOLDS, seed)
            cost = choose_ridge_cost(standardised(own, real)[0], own.y, splits)
        cohorts = [cohort for cohort in tested if cohort.disease == disease]
        values = {c.name: reference.transform(c.expression, genes) for c in cohorts}
        for draw, panel in enumerate(panels):
            drawn = fit_model(
                own, panel, reference, disease=disease, comparison="", seed=seed,
                classifier=classifier, cost=cost,
            )  # fmt: skip
            for cohort in cohorts:
                score = drawn.predict(values[cohort.name][panel].to_numpy())
                concordant, pairs = concordance(cohort.truth, score)
                rows.append((disease, cohort.name, draw, concordant, pairs))
    return pd.DataFrame(rows, columns=["disease", "cohort", "draw", "concordant", "pairs"])


def expression_classes(training: Sequence[Cohort]) -> tuple[pd.Series, dict[int, list[str]]]:
    """Sort the genes that all training cohorts measure into ten classes of expression."""
    common = sorted(set.intersection(*(set(cohort.expression.index) for cohort in training)))
    level = sum(cohort.expression.loc[common].mean(axis=1).rank() for cohort in training)
    classes = pd.qcut(level.rank(method="first"), EXPRESSION_CLASSES, labels=False)
    pool = {int(name): list(genes.index) for name, genes in classes.groupby(classes)}
    return classes.astype(int), pool
