"""The selectors that a config can name."""

from collections.abc import Callable
from dataclasses import dataclass

from crosshub.selectors.base import Selector
from crosshub.selectors.filters import BestSubsetSelector, MrmrSelector, UnivariateSelector
from crosshub.selectors.machines import MultipleSvmRfeSelector, SvmRfeSelector
from crosshub.selectors.penalty import ElasticNetSelector, LassoSelector
from crosshub.selectors.resampled import ArtificialGeneSelector, StabilitySelector
from crosshub.selectors.trees import BorutaSelector, GradientBoostingSelector, RandomForestSelector


@dataclass(frozen=True)
class SelectorRecord:
    """A selector of the list.

    Attributes
    ----------
    make
        From the most genes and a seed.
    citation
        The paper.
    """

    make: Callable[[int, int], Selector]
    citation: str


SELECTORS: dict[str, SelectorRecord] = {
    "lasso": SelectorRecord(
        lambda size, seed: LassoSelector(size, random_state=seed), "Tibshirani 1996"
    ),
    "lasso_sparse": SelectorRecord(
        lambda size, seed: LassoSelector(size, rule="sparse", random_state=seed),
        "Tibshirani 1996",
    ),
    "elastic_net": SelectorRecord(
        lambda size, seed: ElasticNetSelector(size, random_state=seed), "Zou and Hastie 2005"
    ),
    "svm_rfe": SelectorRecord(lambda size, seed: SvmRfeSelector(size), "Guyon et al. 2002"),
    "multiple_svm_rfe": SelectorRecord(
        lambda size, seed: MultipleSvmRfeSelector(size, random_state=seed), "Duan et al. 2005"
    ),
    "random_forest": SelectorRecord(
        lambda size, seed: RandomForestSelector(size, random_state=seed), "Breiman 2001"
    ),
    "boruta": SelectorRecord(
        lambda size, seed: BorutaSelector(size, random_state=seed), "Kursa and Rudnicki 2010"
    ),
    "gradient_boosting": SelectorRecord(
        lambda size, seed: GradientBoostingSelector(size, random_state=seed), "Friedman 2002"
    ),
    "stability": SelectorRecord(
        lambda size, seed: StabilitySelector(size, random_state=seed), "Shah and Samworth 2013"
    ),
    "artificial_genes": SelectorRecord(
        lambda size, seed: ArtificialGeneSelector(size, random_state=seed), "Hédou et al. 2024"
    ),
    "mrmr": SelectorRecord(lambda size, seed: MrmrSelector(size), "Ding and Peng 2005"),
    "univariate": SelectorRecord(
        lambda size, seed: UnivariateSelector(size), "Benjamini and Hochberg 1995"
    ),
    "best_subset": SelectorRecord(
        lambda size, seed: BestSubsetSelector(size, random_state=seed), "Hocking and Leslie 1967"
    ),
}
