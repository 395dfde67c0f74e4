"""A cohort in memory: expression and samples side by side, cut to the samples one may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crosshub.errors import DataError

SMALLEST_GROUP = 2


@dataclass(frozen=True)
class Testing:
    """How the genes of a cohort are tested: section ``differential`` of the config.

    Attributes
    ----------
    counts
        Of RNA-seq: ``voom``, ``deseq2``, or ``trend`` for log2 counts with a trend of the prior
        variance.
    trend, robust
        Of the prior variance of arrays; see `differential.moderated_t`.
    sample_weights
        Whether noisy arrays, or libraries with ``voom``, count less.
    fold_change
        Threshold (log2) beyond which a change is tested to be.
    repeated
        Samples of one person: ``correlation``; ``factor`` to test within each person; or ``none``
        to take them for people of their own.
    """

    counts: str = "voom"
    trend: bool = False
    robust: bool = False
    sample_weights: bool = False
    fold_change: float = 0.0
    repeated: str = "correlation"


Testing.__test__ = False  # pytest would take it for a test


@dataclass(frozen=True)
class Cohort:
    """Cases and controls of one disease from one accession.

    Attributes
    ----------
    name, accession, disease, role
        As in the table of cohorts.
    expression
        Genes × samples, log2; only cases and controls.
    samples
        Index sample; columns group (case, control), identity and covariates.
    counts
        Genes × samples for RNA-seq, else None.
    covariates
        Columns of `samples` that enter the model.
    testing
        How its genes are tested.
    outcome
        Column of `samples` with the numbers that the genes are tested against in place of the two
        groups; with a ``-`` before it where the disease goes with small numbers; or empty.
    predicts
        What a panel predicts: ``groups``, or the numbers of the ``outcome``.
    """

    name: str
    accession: str
    disease: str
    role: str
    expression: pd.DataFrame
    samples: pd.DataFrame
    counts: pd.DataFrame | None = None
    covariates: tuple[str, ...] = ()
    testing: Testing = Testing()
    outcome: str = ""
    predicts: str = "groups"

    def __post_init__(self) -> None:
        if list(self.expression.columns) != list(self.samples.index):
            raise DataError(
                f"cohort '{self.name}': expression and samples are not the same samples"
            )

    @property
    def is_case(self) -> pd.Series:
        """Whether each sample is a case."""
        return self.samples["group"] == "case"

    @property
    def truth(self) -> np.ndarray:
        """What a panel is to predict of each sample: 1 and 0 (int), or numbers (float).

        The numbers are turned so that the disease goes with large ones.
        """
        if self.predicts == "groups":
            return self.is_case.to_numpy().astype(int)
        numbers = self.samples[self.outcome.removeprefix("-")].to_numpy(float)
        return -numbers if self.outcome.startswith("-") else numbers

    @property
    def testable(self) -> bool:
        """Whether both groups have the samples that a test needs."""
        cases = int(self.is_case.sum())
        return min(cases, len(self.samples) - cases) >= SMALLEST_GROUP

    def only(self, samples: Iterable[str]) -> "Cohort":
        """Return the cohort with these samples alone, in its own order."""
        wanted = set(samples)
        kept = [name for name in self.samples.index if name in wanted]
        return replace(
            self,
            expression=self.expression[kept],
            samples=self.samples.loc[kept],
            counts=None if self.counts is None else self.counts[kept],
        )

    @property
    def labels(self) -> pd.DataFrame:
        """What is known of each sample's disease: its group, and its outcome if there is one."""
        return self.samples[["group", *filter(None, [self.outcome.removeprefix("-")])]]

    def relabelled(self, labels: pd.DataFrame) -> "Cohort":
        """Return the cohort with other `labels`; samples that it does not name are left out."""
        kept = self.only(labels.index)
        new = labels.reindex(kept.samples.index)
        return replace(kept, samples=kept.samples.assign(**{name: new[name] for name in new}))


def restrict(cohorts: Mapping[str, Cohort], samples: Mapping[str, Iterable[str]]) -> list[Cohort]:
    """Cut cohorts to the named samples; a cohort too small for a test afterwards is left out."""
    cut = [cohorts[name].only(kept) for name, kept in samples.items()]
    return [cohort for cohort in cut if cohort.testable]


def share_people(cohorts: Iterable[Cohort]) -> bool:
    """Say whether a person stands in cohorts of two diseases."""
    diseases: dict[str, str] = {}
    for cohort in cohorts:
        for person in cohort.samples["identity"]:
            if diseases.setdefault(person, cohort.disease) != cohort.disease:
                return True
    return False


def require_own_people(cohorts: Iterable[Cohort]) -> None:
    """Raise `DataError` if a person stands in two cohorts of one disease.

    Cohorts of a disease are combined as independent evidence. Controls that serve two of them, or
    a series that was deposited twice, would count twice.
    """
    seen: dict[tuple[str, str], str] = {}
    common: dict[tuple[str, str, str], list[str]] = {}
    for cohort in cohorts:
        for person in dict.fromkeys(cohort.samples["identity"]):
            first = seen.setdefault((cohort.disease, person), cohort.name)
            if first != cohort.name:
                common.setdefault((cohort.disease, first, cohort.name), []).append(person)
    for (disease, first, second), people in common.items():
        who = "1 person" if len(people) == 1 else f"{len(people)} people"
        raise DataError(
            f"disease '{disease}': the cohorts '{first}' and '{second}' share {who} "
            f"({', '.join(map(str, people[:3]))}{', …' if len(people) > 3 else ''}), who would "
            "count twice: make them one row of datasets.tsv (case `early|late`), leave the people "
            "out of one of them (column filter), or give one the role validation"
        )
