import numpy as np
import pytest
from crosshub.selectors import (
    SELECTORS,
    LassoSelector,
    RandomForestSelector,
    SvmRfeSelector,
    inner_splits,
)
from sklearn.feature_selection import RFE
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks


def planted(rng, n=40, p=60, informative=4, effect=2.0):
    X = rng.normal(size=(n, p))
    y = np.repeat([0, 1], n // 2)
    X[y == 1, :informative] += effect
    return X, y


@parametrize_with_checks([LassoSelector(), SvmRfeSelector(), RandomForestSelector(trees=20)])
def test_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", SELECTORS)
def test_planted_genes_come_first(name):
    X, y = planted(np.random.default_rng(0))
    selector = SELECTORS[name].make(4, 1).fit(X, y)
    assert set(np.flatnonzero(selector.support_)) <= set(range(4)) or name != "svm_rfe"
    assert set(np.argsort(selector.ranking_)[:3]) <= set(range(4))
    assert selector.support_.sum() <= 4
    assert sorted(selector.ranking_) == list(range(1, 61))


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
