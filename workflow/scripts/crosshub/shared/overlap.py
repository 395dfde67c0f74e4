"""Whether more genes are shared than joint permutation of the labels gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort, share_people
from crosshub.differential import fit_differential
from crosshub.meta.combine import combine_cohorts
from crosshub.meta.p_values import both_directions, one_sided
from crosshub.shared.conjunction import partial_conjunction
from crosshub.shared.find import find_shared
from crosshub.shared.rank_overlap import rank_overlap, strongest, summarise

# With ten thousand genes of two diseases some ten such genes are there by chance, so that their
# number has few ties among permutations; at a false discovery rate it would nearly always be zero.
SMALL = 0.05
MAPS = ["corner", "rank_a", "rank_b", "overlap", "expected", "log10_p", "disease_a", "disease_b"]
RANKS = ["disease_a", "disease_b", "agreement", *MAPS[:-2], "p_value"]


def permute_labels(cohorts: Sequence[Cohort], rng: np.random.Generator) -> list[Cohort]:
    """Permute the labels of people inside each accession, jointly for the cohorts that share it.

    A person takes over the whole row of labels of another person of the accession (case of one
    disease, control of both …), so that group sizes and shared controls stay as they are; see
    `permute_people`. Cohorts of one accession keep the genes that all of them measure, since
    samples change between them.
    """
    permuted: dict[str, Cohort] = {}
    for accession in dict.fromkeys(cohort.accession for cohort in cohorts):
        members = [cohort for cohort in cohorts if cohort.accession == accession]
        labels = pd.concat({c.name: c.labels for c in members}, axis=1)
        pool = _pooled(members)
        people = pool.samples["identity"].reindex(labels.index).to_numpy()
        rows, _ = pd.factorize(pd.MultiIndex.from_frame(labels.astype(str)))
        shuffled = labels.iloc[permute_people(rows, people, rng)].set_axis(labels.index)
        for cohort in members:
            own = shuffled[cohort.name].dropna(how="all")
            permuted[cohort.name] = _joined(cohort, pool, own)
    return [permuted[cohort.name] for cohort in cohorts]


def permute_people(labels: np.ndarray, people: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Permute labels between people, so that what one person carries stays together.

    Samples of one person are alike, whatever their label: they cannot be exchanged with those of
    others one by one. People with as many samples exchange all of their labels, and a person who
    carries several (before and after, lesion and healthy skin) exchanges them within, too. Where
    that can change nothing (every case has two arrays and every control one), all people exchange.

    Parameters
    ----------
    labels
        Of each sample, as numbers.
    people
        Identity of each sample.
    rng
        Random numbers.

    Returns
    -------
    ndarray
        For each sample the place of the sample whose label it takes over.

    References
    ----------
    Winkler et al. 2015, NeuroImage 123:253 (exchangeability blocks).
    """
    of_person = pd.Series(np.arange(len(labels))).groupby(people, sort=False).agg(list)
    places = [np.array(rows) for rows in of_person]
    carried = [tuple(sorted(labels[rows])) for rows in places]
    sizes = np.array([len(rows) for rows in places])
    strata = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
    mixed = any(len(set(kinds)) > 1 for kinds in carried)
    fixed = not mixed and all(len({carried[i] for i in stratum}) == 1 for stratum in strata)
    taken = np.arange(len(labels))
    for stratum in [np.arange(len(places))] if fixed else strata:
        for to, source in zip(stratum, rng.permutation(stratum), strict=True):
            taken[places[to]] = places[source][0] if fixed else places[source]
    for rows in places:
        if mixed and len(rows) > 1:
            taken[rows] = rng.permutation(taken[rows])
    return taken


def _pooled(members: Sequence[Cohort]) -> Cohort:
    """Return all samples of an accession once, with the genes that all of its cohorts measure."""
    if len(members) == 1:
        return members[0]
    first = members[0]
    samples = pd.concat([c.samples for c in members])
    once = ~samples.index.duplicated()

    def columns(name: str) -> pd.DataFrame:
        return pd.concat([getattr(c, name) for c in members], axis=1, join="inner").loc[:, once]

    counts = None if first.counts is None else columns("counts")
    return replace(first, expression=columns("expression"), samples=samples[once], counts=counts)


def _joined(cohort: Cohort, pool: Cohort, labels: pd.DataFrame) -> Cohort:
    cut = pool.relabelled(labels)
    return replace(cohort, expression=cut.expression, samples=cut.samples, counts=cut.counts)


@dataclass(frozen=True)
class Overlap:
    """What is shared beyond chance.

    Attributes
    ----------
    sizes
        diseases (joined by ``,``), at_least, observed (genes), statistic (genes whose partial
        conjunction p is at most 0.05), expected (mean of the statistic under permutation), p_value
        (of the statistic: (1 + #{permuted ≥ observed}) / (1 + permutations)), permutations.
    ranks
        The strongest rank-rank overlap of each pair; see `rank_overlap.summarise`.
    maps
        disease_a, disease_b, and the columns of `rank_overlap.rank_overlap`.
    """

    sizes: pd.DataFrame
    ranks: pd.DataFrame
    maps: pd.DataFrame


def test_overlap(
    cohorts: Sequence[Cohort],
    diseases: Sequence[str],
    *,
    fdr: float,
    permutations: int,
    rng: np.random.Generator,
    combine: str = "by_number",
) -> Overlap:
    """Hold what each pair shares, and what u of N share, against permuted labels.

    Parameters
    ----------
    cohorts
        Discovery cohorts of the diseases.
    diseases
        N names.
    fdr
        Level at which genes count.
    permutations
        Joint label permutations; 0 leaves the p missing.
    rng
        Random numbers.
    combine
        How the cohorts of a disease are combined; see `meta.combine.combine_cohorts`.
    """
    pairs = [(a, b) for i, a in enumerate(diseases) for b in diseases[i + 1 :]]
    sets = [(pair, 2) for pair in pairs]
    if len(diseases) != 2:
        sets += [(tuple(diseases), u) for u in range(1, len(diseases) + 1)]
    together = {names: share_people(c for c in cohorts if c.disease in names) for names, _ in sets}
    tables = _combined(cohorts, diseases, combine)
    found = [_count(tables, names, u, together[names], fdr) for names, u in sets]
    small = [_small(tables, names, u) for names, u in sets]
    maps = {pair: rank_overlap(tables[pair[0]], tables[pair[1]]) for pair in pairs}
    null, null_ranks = [], []
    for _ in range(permutations):
        tables = _combined(permute_labels(cohorts, rng), diseases, combine)
        null.append([_small(tables, names, u) for names, u in sets])
        ranks = {pair: rank_overlap(tables[pair[0]], tables[pair[1]]) for pair in pairs}
        null_ranks.append({pair: strongest(found) for pair, found in ranks.items()})
    ranks = [summarise(maps[pair], [row[pair] for row in null_ranks], pair) for pair in pairs]
    named = [found.assign(disease_a=pair[0], disease_b=pair[1]) for pair, found in maps.items()]
    return Overlap(
        _sizes(sets, found, small, np.array(null, float).reshape(permutations, len(sets))),
        pd.concat(ranks, ignore_index=True) if ranks else pd.DataFrame(columns=RANKS),
        pd.concat(named, ignore_index=True) if named else pd.DataFrame(columns=MAPS),
    )


test_overlap.__test__ = False  # pytest would take it for a test


def _sizes(
    sets: list[tuple[tuple[str, ...], int]], found: list[int], small: list[int], null: np.ndarray
) -> pd.DataFrame:
    permutations = len(null)
    p_value = (1 + (null >= np.array(small)).sum(axis=0)) / (1 + permutations)
    return pd.DataFrame(
        {
            "diseases": [",".join(names) for names, _ in sets],
            "at_least": [u for _, u in sets],
            "observed": found,
            "statistic": small,
            "expected": null.mean(axis=0) if permutations else np.nan,
            "p_value": p_value if permutations else np.nan,
            "permutations": permutations,
        }
    )


def _combined(
    cohorts: Sequence[Cohort], diseases: Sequence[str], method: str
) -> dict[str, pd.DataFrame]:
    return {
        disease: combine_cohorts(
            {c.name: fit_differential(c) for c in cohorts if c.disease == disease}, method=method
        )
        for disease in diseases
    }


def _count(
    tables: Mapping[str, pd.DataFrame],
    names: tuple[str, ...],
    at_least: int,
    people_shared: bool,
    fdr: float,
) -> int:
    table = find_shared(
        {name: tables[name] for name in names},
        people_shared=people_shared,
        at_least=at_least,
        fdr=fdr,
    )
    return int(table["shared"].sum())


def _small(tables: Mapping[str, pd.DataFrame], names: tuple[str, ...], at_least: int) -> int:
    """Count the genes whose partial conjunction p is small."""
    cut = [tables[name].set_index("gene")[["p_value", "effect"]] for name in names]
    genes = reduce(pd.Index.intersection, [table.index for table in cut])
    p_values, effects = (
        np.column_stack([table.loc[genes, name] for table in cut]) for name in ("p_value", "effect")
    )
    sides = [partial_conjunction(side, at_least) for side in one_sided(p_values, effects)]
    return int((both_directions(*sides) <= SMALL).sum())
