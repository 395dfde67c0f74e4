"""The whole procedure as one function: from training samples to shared genes, panel and models.

The stage rules call the same functions on all discovery samples; the evaluation calls `discover`
on the training samples of each resample. So what is evaluated is what is delivered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.candidates import tied_genes
from crosshub.coexpression.consensus import Consensus, build_consensus, judge_consensus
from crosshub.coexpression.modules import Modules, build_modules
from crosshub.coexpression.preservation import module_preservation
from crosshub.coexpression.traits import gene_significance, module_traits, sample_traits
from crosshub.cohorts import Cohort, require_own_people, restrict, share_people
from crosshub.differential import fit_differential
from crosshub.errors import DataError
from crosshub.meta.combine import combine_cohorts
from crosshub.model import Model
from crosshub.panel import Panel, fit_models, select_panel
from crosshub.randomness import generator
from crosshub.shared.find import find_shared

SMALLEST_TEST = 8
# Of section ``modules`` of the config: what makes a network, of one disease or of several.
NETWORK = (
    "max_genes",
    "network",
    "correlation",
    "scale_free_fit",
    "overlap",
    "deep_split",
    "min_module_size",
    "merge_height",
    "max_block",
)


@dataclass(frozen=True)
class Procedure:
    """What a comparison is, the sections of the config that the procedure obeys, and a family.

    The family is the genes to which candidates are restricted; None: all.
    """

    comparison: str
    diseases: tuple[str, ...]
    at_least: int
    combine: Mapping[str, Any]
    candidates: Mapping[str, Any]
    modules: Mapping[str, Any]
    shared: Mapping[str, Any]
    panel: Mapping[str, Any]
    family: Sequence[str] | None = None

    @property
    def needs_modules(self) -> bool:
        """Whether anything that is chosen depends on the modules."""
        return self.candidates["modules"] == "require"


@dataclass(frozen=True)
class Discovery:
    """What `discover` finds, stage by stage."""

    differential: dict[str, pd.DataFrame]
    combined: dict[str, pd.DataFrame]
    shared: pd.DataFrame
    panel: Panel
    models: dict[str, Model]


def discover(
    cohorts: Mapping[str, Cohort],
    samples: Mapping[str, Iterable[str]],
    settings: Procedure,
    rng: np.random.Generator,
) -> Discovery:
    """Run the whole procedure on the named samples of the cohorts, and on no others.

    Parameters
    ----------
    cohorts
        By name.
    samples
        Cohort → training samples. A cohort that is left with fewer than two cases or controls
        takes no part.
    settings
        The procedure.
    rng
        Random numbers of the selectors.

    Returns
    -------
    Discovery

    Raises
    ------
    DataError
        If a disease of the comparison is left without a cohort.
    """
    training = restrict(cohorts, samples)
    differential, combined, shared = find_genes(training, settings)
    seed = int(rng.integers(2**31))
    panel = select_panel(training, shared, settings.diseases, settings.panel, seed=seed)
    models = fit_models(
        training,
        panel.genes,
        settings.diseases,
        comparison=settings.comparison,
        seed=seed,
        classifier=settings.panel["classifier"],
    )
    return Discovery(differential, combined, shared, panel, models)


def find_genes(
    training: Sequence[Cohort], settings: Procedure
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], pd.DataFrame]:
    """Find the shared genes in training cohorts.

    Returns
    -------
    tuple
        Cohort → differential expression, disease → all its cohorts combined, and the table of
        `shared.find_shared`.

    Raises
    ------
    DataError
        If a disease of the comparison is left without a cohort, or a person stands in two cohorts
        of one disease.
    """
    require_all_diseases(training, settings.diseases)
    require_own_people(training)
    differential = {cohort.name: fit_differential(cohort) for cohort in training}
    combined = {
        disease: combine_cohorts(
            {c.name: differential[c.name] for c in training if c.disease == disease},
            method=settings.combine["method"],
        )
        for disease in settings.diseases
    }
    tied = None
    if settings.needs_modules:
        tied = {
            disease: genes_of_tied_modules(
                [c for c in training if c.disease == disease], settings.modules
            )
            for disease in settings.diseases
        }
    shared = find_shared(
        combined,
        people_shared=share_people(training),
        at_least=settings.at_least,
        fdr=settings.shared["fdr"],
        tied_genes=tied,
        family=settings.family,
    )
    return differential, combined, shared


def delivered_seed(study_seed: int, comparison: str) -> int:
    """Return the seed with which the stage rules run the procedure on all discovery samples."""
    return int(delivered_rng(study_seed, comparison).integers(2**31))


def delivered_rng(study_seed: int, comparison: str) -> np.random.Generator:
    """Return the `rng` with which `discover` repeats what the stage rules deliver."""
    return generator(study_seed, "discover", comparison)


def require_all_diseases(training: Sequence[Cohort], diseases: Sequence[str]) -> None:
    """Raise `DataError` if a disease has no cohort to learn from."""
    missing = [name for name in diseases if all(cohort.disease != name for cohort in training)]
    if missing:
        raise DataError(
            f"no cohort is left to learn {', '.join(missing)} from: "
            "each needs one with two cases and two controls"
        )


def merge_expression(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Put the cohorts of a disease side by side for co-expression: genes centred in each cohort.

    Returns
    -------
    DataFrame
        Genes (measured in all) × samples, log2 differences from the cohort's mean.
    """
    genes = sorted(set.intersection(*(set(cohort.expression.index) for cohort in cohorts)))
    parts = [cohort.expression.loc[genes].astype(float) for cohort in cohorts]
    merged = pd.concat([part.sub(part.mean(axis=1), axis=0) for part in parts], axis=1)
    return merged.loc[:, ~merged.columns.duplicated()]


def network_of(cohorts: Sequence[Cohort], settings: Mapping[str, Any]) -> Modules:
    """Build the modules of one disease with section ``modules`` of the config."""
    return build_modules(
        merge_expression(cohorts),
        cut=settings["cut"],
        **{name: settings[name] for name in NETWORK},
    )


def consensus_of(
    cohorts: Sequence[Cohort], settings: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Consensus, pd.DataFrame]:
    """Build the consensus modules of the diseases of a comparison, and judge them by permutation.

    Returns
    -------
    tuple of Consensus and DataFrame
        And module, genes, core, p_value; see `consensus.judge_consensus`.
    """
    diseases = dict.fromkeys(cohort.disease for cohort in cohorts)
    merged = {
        name: merge_expression([cohort for cohort in cohorts if cohort.disease == name])
        for name in diseases
    }
    network = {name: settings[name] for name in NETWORK}
    found = build_consensus(merged, **network)
    permutations = settings["consensus_permutations"]
    return found, judge_consensus(merged, found, rng=rng, permutations=permutations, **network)


def ties_of(own: Sequence[Cohort], found: Modules) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlate the modules and the genes of a disease with all that is known of its samples.

    Returns
    -------
    tuple of DataFrame
        As `traits.module_traits` and `traits.gene_significance` return them.
    """
    traits = sample_traits(*(cohort.samples for cohort in own))
    genes = merge_expression(own).loc[found.table["gene"]]
    return module_traits(found.eigengenes, traits), gene_significance(genes, traits)


def traits_of(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Return samples × traits: case (1 or 0) and the covariates of the cohorts."""
    rows = []
    for cohort in cohorts:
        columns = {name: cohort.samples[name] for name in cohort.covariates}
        rows.append(pd.DataFrame({"case": cohort.is_case.astype(float), **columns}))
    table = pd.concat(rows)
    return table[~table.index.duplicated()]


def genes_of_tied_modules(cohorts: Sequence[Cohort], settings: Mapping[str, Any]) -> set[str]:
    """Return the genes of the modules that are tied to the disease in these cohorts."""
    modules = network_of(cohorts, settings)
    traits = module_traits(modules.eigengenes, traits_of(cohorts))
    return tied_genes(modules.table, traits, settings["trait_fdr"])


def preservation_of(
    own: Sequence[Cohort],
    others: Sequence[Cohort],
    found: Modules,
    settings: Mapping[str, Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Ask in which other cohorts the modules of a disease are preserved.

    People of the disease's own cohorts are left out of the others; a cohort that is left with
    fewer than eight samples is not asked.

    Returns
    -------
    DataFrame
        cohort, disease, and the columns of `preservation.module_preservation`.
    """
    known = {person for cohort in own for person in cohort.samples["identity"]}
    reference = merge_expression(own).loc[found.table["gene"]]
    labels = found.table.set_index("gene")["module"]
    parts = [pd.DataFrame(columns=["cohort", "disease", "module", "size", "z_summary", "verdict"])]
    for cohort in others if settings["preservation_permutations"] else ():
        new = cohort.only(cohort.samples.index[~cohort.samples["identity"].isin(known)])
        if len(new.samples) < SMALLEST_TEST or found.eigengenes.empty:
            continue
        part = module_preservation(
            reference,
            new.expression,
            labels,
            power=found.power,
            network=settings["network"],
            correlation=settings["correlation"],
            rng=rng,
            permutations=settings["preservation_permutations"],
        )
        part.insert(0, "disease", cohort.disease)
        part.insert(0, "cohort", cohort.name)
        parts.append(part)
    return pd.concat(parts[1:] or parts, ignore_index=True)
