from itertools import combinations

import numpy as np
import pytest
from crosshub.selectors.base import half_of_people, inner_splits
from crosshub.selectors.filters import (
    BestSubsetSelector,
    MrmrSelector,
    UnivariateSelector,
    pooled_t,
    subset_losses,
)
from crosshub.selectors.machines import MultipleSvmRfeSelector, SvmRfeSelector
from crosshub.selectors.penalty import ElasticNetSelector, LassoSelector
from crosshub.selectors.registry import SELECTORS
from crosshub.selectors.resampled import (
    ArtificialGeneSelector,
    StabilitySelector,
    best_threshold,
    false_selections,
)
from crosshub.selectors.trees import (
    BorutaSelector,
    GradientBoostingSelector,
    RandomForestSelector,
)
from scipy.stats import spearmanr, ttest_ind
from sklearn.feature_selection import RFE
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

EXACT = ("svm_rfe", "boruta", "stability", "mrmr", "best_subset")


def planted(rng, n=40, p=60, informative=4, effect=2.0):
    X = rng.normal(size=(n, p))
    y = np.repeat([0, 1], n // 2)
    X[y == 1, :informative] += effect
    return X, y


@parametrize_with_checks(
    [
        LassoSelector(),
        ElasticNetSelector(),
        SvmRfeSelector(),
        MultipleSvmRfeSelector(),
        RandomForestSelector(trees=20),
        BorutaSelector(trees=10, rounds=8),
        GradientBoostingSelector(trees=20),
        StabilitySelector(pairs=5),
        ArtificialGeneSelector(halves=8),
        MrmrSelector(),
        UnivariateSelector(),
        BestSubsetSelector(pool=5),
    ]
)
def test_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", SELECTORS)
def test_planted_genes_come_first(name):
    X, y = planted(np.random.default_rng(0))
    selector = SELECTORS[name].make(4, 1).fit(X, y)
    assert set(np.flatnonzero(selector.support_)) <= set(range(4)) or name not in EXACT
    # Machines that agree on a small weight rank it high: this one may let noise between.
    first = 10 if name == "multiple_svm_rfe" else 3
    assert len(set(np.argsort(selector.ranking_)[:first]) & set(range(4))) >= 3
    assert selector.support_.sum() <= 4
    assert sorted(selector.ranking_) == list(range(1, 61))


@pytest.mark.parametrize("name", ["lasso", "elastic_net", "stability", "gradient_boosting"])
def test_equally_good_genes_are_not_ranked_by_where_they_stand(name):
    """LASSO lets in no more genes than samples; by position the others' ranks correlated at 0.7."""
    found = []
    for i in range(2):
        X, y = planted(np.random.default_rng([16, i]), n=50, p=400, informative=400, effect=0.8)
        selector = SELECTORS[name].make(20, i).fit(X, y)
        found.append(spearmanr(selector.mean_ranking_, np.arange(400)).statistic)
        assert selector.mean_ranking_.sum() == pytest.approx(400 * 401 / 2)
        # Their means lie in the order of the ranking: what is better stays better.
        assert (np.diff(selector.mean_ranking_[np.argsort(selector.ranking_)]) >= 0).all()
    assert abs(np.mean(found)) < 0.12


@pytest.mark.parametrize("name", SELECTORS)
@pytest.mark.parametrize("values", [(-1.0, 1.0), (0.3, 1.7)])
def test_two_different_numbers_are_numbers(name, values):
    """A fold whose outcome has two values is predicted as numbers are, not taken for classes."""
    X, y = planted(np.random.default_rng(17), n=30, p=12)
    selector = SELECTORS[name].make(4, 1).fit(X, np.array(values)[y])
    assert not hasattr(selector, "classes_")
    assert set(np.flatnonzero(selector.ranking_ <= 2)) <= set(range(4))


@pytest.mark.parametrize("name", SELECTORS)
def test_same_seed_same_result_and_order_of_samples_is_free(name):
    X, y = planted(np.random.default_rng(1))
    first = SELECTORS[name].make(10, 5).fit(X, y)
    second = SELECTORS[name].make(10, 5).fit(X, y)
    np.testing.assert_array_equal(first.ranking_, second.ranking_)


def test_svm_rfe_equals_scikit_learn_on_its_path():
    """The same elimination as the plain algorithm that refits on the features themselves."""
    rng = np.random.default_rng(2)
    X, y = planted(rng, n=30, p=40, effect=0.8)
    Z = (X - X.mean(0)) / X.std(0)
    plain = RFE(SVC(kernel="linear", C=1.0), n_features_to_select=1, step=1).fit(Z, y)
    ours = SvmRfeSelector(5).fit(X, y)
    np.testing.assert_array_equal(ours.ranking_, plain.ranking_)


def test_lasso_on_noise_selects_little_and_with_signal_chooses_less_penalty():
    rng = np.random.default_rng(3)
    noise = [
        LassoSelector(60).fit(rng.normal(size=(40, 60)), np.repeat([0, 1], 20)) for _ in range(8)
    ]
    X, y = planted(rng, effect=1.5)
    signal = LassoSelector(60).fit(X, y)
    assert np.median([s.support_.sum() for s in noise]) <= 8
    assert signal.support_[:4].sum() >= 3


def test_inner_splits_do_not_split_people():
    y = np.repeat([0, 1], 20)
    people = np.r_[np.arange(10), np.arange(10), np.arange(20, 30), np.arange(20, 30)]
    splits = inner_splits(y, people, 5, seed=0)
    assert len(splits) == 5
    for train, test in splits:
        assert not set(people[train]) & set(people[test])


def test_too_few_people_give_no_inner_splits():
    assert inner_splits(np.array([0, 0, 0, 1]), np.arange(4), 5, seed=0) == []
    X = np.random.default_rng(0).normal(size=(5, 4))
    assert LassoSelector().fit(X, [0, 0, 0, 0, 1]).support_.shape == (4,)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="1 class"):
        LassoSelector().fit(np.ones((4, 2)), [1, 1, 1, 1])
    with pytest.raises(ValueError, match="1 class"):
        LassoSelector().fit(np.ones((4, 2)), [0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("name", ["boruta", "stability", "artificial_genes", "univariate"])
def test_selectors_that_may_stay_silent_do_so_on_noise(name):
    chosen = []
    for i in range(8):
        X = np.random.default_rng([4, i]).normal(size=(40, 60))
        chosen.append(SELECTORS[name].make(60, i).fit(X, np.repeat([0, 1], 20)).support_.sum())
    assert np.mean(chosen) <= 1.0, "noise genes that are let through"


@pytest.mark.parametrize("name", ["boruta", "stability", "artificial_genes", "univariate"])
def test_selectors_that_may_stay_silent_find_planted_genes(name):
    X, y = planted(np.random.default_rng(8), n=60)
    found = SELECTORS[name].make(60, 0).fit(X, y).support_
    assert found[:4].sum() >= 3
    assert found[4:].sum() <= 2


def test_the_sparse_rule_takes_no_more_genes_than_the_least_deviance():
    sizes = []
    for i in range(6):
        X, y = planted(np.random.default_rng([5, i]), effect=1.0)
        least = LassoSelector(60).fit(X, y)
        sparse = LassoSelector(60, rule="sparse").fit(X, y)
        sizes.append((sparse.support_.sum(), least.support_.sum()))
        assert sparse.penalty_ >= least.penalty_
    assert sum(a for a, _ in sizes) < sum(b for _, b in sizes)


def test_elastic_net_keeps_a_twin_that_lasso_drops():
    rng = np.random.default_rng(6)
    X, y = planted(rng, n=60, informative=1)
    X[:, 1] = X[:, 0] + 0.05 * rng.normal(size=60)
    net = ElasticNetSelector(60, mix=0.2).fit(X, y)
    assert net.support_[:2].all()


def test_one_machine_of_many_is_the_single_machine():
    X, y = planted(np.random.default_rng(7), n=20, p=30)
    alone = MultipleSvmRfeSelector(5, folds=1).fit(X, y)
    np.testing.assert_array_equal(alone.ranking_, SvmRfeSelector(5).fit(X, y).ranking_)


def test_multiple_elimination_equals_the_plain_algorithm():
    X, y = planted(np.random.default_rng(9), n=30, p=25, effect=0.8)
    Z = (X - X.mean(0)) / X.std(0)
    splits = inner_splits(y, np.arange(30), 5, 3)
    left, step = np.arange(25), np.zeros(25)
    for i in range(1, 26):
        weights = [
            SVC(kernel="linear", C=1.0, tol=1e-10).fit(Z[train][:, left], y[train]).coef_[0]
            for train, _ in splits
        ]
        squares = np.array([w**2 / (w**2).sum() for w in weights])
        spread = np.maximum(squares.std(axis=0), 1e-300)
        worst = int(np.argmin(squares.mean(axis=0) / spread))
        step[left[worst]] = i
        left = np.delete(left, worst)
    found = MultipleSvmRfeSelector(5, folds=5, random_state=3).fit(X, y)
    np.testing.assert_array_equal(np.argsort(found.ranking_), np.argsort(-step))


@pytest.mark.parametrize("pairs", [20, 50])
@pytest.mark.parametrize("threshold", [0.6, 0.7, 0.75, 0.8, 0.9])
def test_the_bound_of_stability_selection_is_that_of_the_worst_unimodal_share(threshold, pairs):
    """The worst unimodal distribution is a mixture of none and a uniform one from 0 on."""
    least = round(pairs * (2 * threshold - 1))
    tops = np.arange(least, pairs + 1)
    worst = (2 * pairs * (tops - least + 1) / (tops * (tops + 1))).max()
    chosen, genes = 10.0, 1000
    bound = false_selections(threshold, chosen, genes, pairs)
    assert worst * chosen**2 / genes <= bound * (1 + 1e-9)
    assert bound <= 1.03 * worst * chosen**2 / genes


def test_the_bound_of_stability_selection_by_hand():
    # theta = 0.01, B = 50: 0.01 * 10 / (2 (0.4 - 0.01)) and 4 (0.1 + 0.01) / 1.02 * 0.1.
    assert false_selections(0.7, 10, 1000, 50) == pytest.approx(0.1 / 0.78, abs=1e-10)
    assert false_selections(0.9, 10, 1000, 50) == pytest.approx(0.044 / 1.02, abs=1e-10)
    # Outside of its conditions: Meinshausen and Buehlmann's q^2 / ((2 tau - 1) p).
    assert false_selections(0.9, 10, 15, 50) == pytest.approx(100 / (0.8 * 15), abs=1e-10)


def test_noise_genes_keep_to_the_bound_of_stability_selection():
    passed = []
    for i in range(15):
        rng = np.random.default_rng([11, i])
        X, y = planted(rng, n=60, p=100, informative=3)
        selector = StabilitySelector(100, false_allowed=1.0, pairs=25, random_state=i).fit(X, y)
        passed.append(selector.support_[3:].sum())
    assert np.mean(passed) <= 1.0


def test_the_threshold_by_artificial_genes_follows_its_formula():
    real = np.array([0.9, 0.85, 0.8, 0.3, 0.2])
    artificial = np.array([0.35, 0.3, 0.1, 0.0, 0.0])
    threshold, share = best_threshold(real, artificial)
    assert best_threshold(real, artificial, false_allowed=0.3)[0] == 1.0
    assert share == pytest.approx(1 / 3)
    assert 0.35 <= threshold < 0.8
    assert best_threshold(artificial, artificial) == (1.0, 1.0)


def test_t_equals_scipy():
    X, y = planted(np.random.default_rng(12))
    t, p = pooled_t(X, y)
    expected = ttest_ind(X[y == 1], X[y == 0])
    np.testing.assert_allclose(t, expected.statistic, rtol=1e-10)
    np.testing.assert_allclose(p, expected.pvalue, rtol=1e-8)


def test_mrmr_passes_over_a_copy():
    rng = np.random.default_rng(13)
    X, y = planted(rng, n=60, informative=2, effect=1.5)
    X[:, 2] = X[:, 0] + 0.01 * rng.normal(size=60)
    chosen = MrmrSelector(2).fit(X, y).support_
    assert chosen[1]
    assert chosen[0] != chosen[2]


def test_subset_losses_are_those_of_single_models():
    X, y = planted(np.random.default_rng(14), n=30, p=5)
    train, test = np.arange(0, 30, 2), np.arange(1, 30, 2)
    tried = [c for k in (1, 2, 3) for c in combinations(range(5), k)]
    found = subset_losses(X, y, tried, train, test, 1.0)
    for subset, loss in zip(tried, found, strict=True):
        columns = list(subset)
        model = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000)
        odds = model.fit(X[train][:, columns], y[train]).decision_function(X[test][:, columns])
        assert loss == pytest.approx(np.logaddexp(0, -odds * (2 * y[test] - 1)).mean(), abs=1e-6)


def test_halves_hold_whole_people_of_both_classes():
    rng = np.random.default_rng(15)
    people = np.repeat(np.arange(20), 2)
    y = np.repeat([0, 1], 20)
    for _ in range(20):
        half = half_of_people(y, people, rng)
        assert half.reshape(-1, 2).all(axis=1).sum() == half.sum() / 2
        assert half[y == 0].sum() == half[y == 1].sum() == 10
