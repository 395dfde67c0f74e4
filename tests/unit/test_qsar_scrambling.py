"""Scrambled activities: as alike within scaffolds as the real ones, and p uniform for it."""

import numpy as np
import pytest
from crosshub.qsar.fingerprints import structure_features, tanimoto
from crosshub.qsar.scaffolds import scaffold_folds
from crosshub.qsar.scrambling import scramble, variance_components
from crosshub.qsar.validation import q2
from crosshub.simulate.activities import CORES, SUBSTITUENTS
from scipy.stats import f_oneway, kstest

EQUAL = [10] * 12
UNEQUAL = [40, 20, 12, 8, 6, 5, 4, 3, 3, 2, 2, 2] + [1] * 8
DRAWS, SCRAMBLINGS, FOLDS = 300, 19, 4


def series(sizes, rng):
    """Return SMILES and the number of the series of each: a core with different substituents."""
    pairs = [(one, two) for one in SUBSTITUENTS for two in SUBSTITUENTS]
    smiles, groups = [], np.repeat(np.arange(len(sizes)), sizes)
    for core, size in zip(rng.permutation(CORES), sizes, strict=False):
        chosen = rng.choice(len(pairs), size, replace=False)
        smiles += [core.format(*pairs[place]) for place in chosen]
    return smiles, groups


def drawn(groups, between, within, rng):
    """Draw activities of which structure says nothing but the series."""
    common = rng.normal(0, between, groups.max() + 1)
    return 6 + common[groups] + rng.normal(0, within, len(groups))


def p_values(sizes, between, within, how):
    """Return p of studies without any relation, by a model that is the mean of three neighbours."""
    rng = np.random.default_rng(3)
    smiles, groups = series(sizes, rng)
    _, bits = structure_features(smiles)
    similarity = tanimoto(bits, bits)
    found = []
    for _ in range(DRAWS):
        folds = scaffold_folds(groups, FOLDS, rng)
        held = np.where(folds[:, None] == folds[None], -1, similarity)
        near = np.argsort(-held, axis=1, kind="stable")[:, :3]

        def score(y, folds=folds, near=near):
            mean = np.array([y[folds != fold].mean() for fold in range(FOLDS)])[folds]
            return q2(y, y[near].mean(axis=1), mean)

        activity = drawn(groups, between, within, rng)
        null = [score(how(activity, groups, rng)) for _ in range(SCRAMBLINGS)]
        found.append((1 + (np.array(null) >= score(activity)).sum()) / (1 + SCRAMBLINGS))
    return np.array(found)


@pytest.mark.parametrize(
    ("sizes", "between", "within"),
    [(EQUAL, 0, 1), (EQUAL, 1, 0.3), (UNEQUAL, 0, 1), (UNEQUAL, 0.5, 1), (UNEQUAL, 1, 0.5)],
)
def test_p_is_uniform_with_and_without_series(sizes, between, within):
    found = p_values(sizes, between, within, scramble)
    # Three standard errors above 0.05.
    assert np.mean(found <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / DRAWS)
    spread = found - np.random.default_rng(0).uniform(0, 0.05, len(found))
    assert kstest(spread, "uniform").pvalue > 0.005


def test_permuting_single_compounds_would_find_skill_where_there_are_series_alone():
    """The test above can fail: this is what it is there for."""

    def single(activity, _, rng):
        return rng.permutation(activity)

    assert np.mean(p_values(UNEQUAL, 1, 0.5, single) <= 0.05) > 0.1


def test_scrambled_activities_are_as_alike_within_series():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(len(UNEQUAL)), UNEQUAL)
    found = []
    for _ in range(400):
        activity = drawn(groups, 1, 0.5, rng)
        found.append(
            [variance_components(y, groups) for y in (activity, scramble(activity, groups, rng))]
        )
    real, scrambled = np.array(found).mean(axis=0)
    np.testing.assert_allclose(real, [1, 0.25], rtol=0.1)
    np.testing.assert_allclose(scrambled, [1, 0.25], rtol=0.15)


def test_nothing_of_the_order_of_scaffolds_is_left():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(12), 10)
    activity = drawn(groups, 1, 0.3, rng)
    kept = [np.corrcoef(activity, scramble(activity, groups, rng))[0, 1] for _ in range(500)]
    assert np.mean(kept) == pytest.approx(0, abs=0.05)


def test_variance_components_are_those_of_the_analysis_of_variance():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (12, 10)) + rng.normal(0, 1, (12, 1))
    groups = np.repeat(np.arange(12), 10)
    between, within = variance_components(values.ravel(), groups)
    assert within == pytest.approx(values.var(axis=1, ddof=1).mean())
    assert between == pytest.approx(within * (f_oneway(*values)[0] - 1) / 10)
    alike = np.tile(np.arange(10.0), (12, 1))
    assert variance_components(alike.ravel(), groups)[0] == 0
    alone = rng.normal(0, 1, 30)
    assert variance_components(alone, np.arange(30)) == (0, pytest.approx(alone.var(ddof=1)))


def test_without_series_the_activities_are_permuted_as_they_are():
    rng = np.random.default_rng(0)
    activity = rng.normal(6, 1, 30)
    made = scramble(activity, np.arange(30), rng)
    assert sorted(made) == sorted(activity)
    assert not np.array_equal(made, activity)


def test_series_without_a_difference_within():
    groups = np.repeat(np.arange(6), 5)
    activity = np.arange(6.0)[groups]
    made = scramble(activity, groups, np.random.default_rng(0))
    assert np.ptp(made.reshape(6, 5), axis=1).max() < 1e-9
    assert made.std() == pytest.approx(activity.std(), rel=0.15)
