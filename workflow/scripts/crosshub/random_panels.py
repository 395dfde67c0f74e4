"""Random panels as large and as strongly expressed as the real one: what any genes would do.

References
----------
Venet, Dumont and Detours 2011, Most random gene expression signatures are significantly associated
with breast cancer outcome, PLoS Computational Biology 7:e1002240.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from crosshub.classifiers.registry import FOLDS
from crosshub.classifiers.tuning import choose_ridge_cost
from crosshub.cohorts import Cohort
from crosshub.model import Model
from crosshub.panel import fit_model, standardised, training_set
from crosshub.performance import concordance
from crosshub.selectors.base import inner_splits

EXPRESSION_CLASSES = 10


@dataclass(frozen=True)
class RandomPanels:
    """Random panels that stay the same through the folds and repeats of a cross-validation.

    The real panel is nearly the same in all folds. Genes drawn anew in each of them would be
    averaged over, and a single panel would be held against means of many.

    Attributes
    ----------
    number
        Of panels.
    seed
        Of their orders of genes.
    """

    number: int
    seed: int

    def like(
        self, real: Sequence[str], training: Sequence[Cohort], known: Collection[str]
    ) -> list[list[str]]:
        """Return panels as large as the real one and as strongly expressed in training.

        Parameters
        ----------
        real
            Genes of the real panel.
        training
            Training cohorts.
        known
            All genes of the study. Each panel has an order of them; of each class of expression it
            takes the first, as many as the real panel has.
        """
        level, pool = expression_classes(training)
        wanted = {
            name: n for name, n in level.loc[list(real)].value_counts(sort=False).items() if n
        }
        members = {name: set(pool[name]) for name in wanted}
        names, panels = sorted(known), []
        for draw in range(self.number):
            order = np.random.default_rng([self.seed, draw]).permutation(len(names))
            ordered = [names[place] for place in order]
            panels.append(
                [
                    gene
                    for name, n in wanted.items()
                    for gene in islice((g for g in ordered if g in members[name]), n)
                ]
            )
        return panels


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
