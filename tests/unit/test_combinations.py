"""Every selector with every classifier: the same procedure, and the price of choosing the best."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.combinations import PREDICTIONS, judge_combinations, try_combinations
from crosshub.discover import Procedure, discover
from crosshub.evaluation import score_cohort
from crosshub.figures.combinations import combinations
from crosshub.figures.style import save
from crosshub.performance import fold_auc
from crosshub.resampling import cross_validation

PANEL = {
    "selectors": ["lasso"],
    "classifier": "ridge_logistic",
    "vote": "rank",
    "votes": 1,
    "max_genes": 5,
}
FAST = ["ridge_logistic", "lda", "naive_bayes", "knn"]
PLAN = Procedure(
    "all", ("a", "b"), 2, {"method": "by_number"}, {"modules": "annotate"}, {}, {"fdr": 0.05}, PANEL
)


@pytest.fixture(scope="module")
def study(make_cohort):
    effects = {f"G{i:04d}": 1.5 for i in range(0, 200, 10)}
    return [
        make_cohort(f"{d}{i}", disease=d, effects=effects, seed=i)
        for d in ("a", "b")
        for i in (1, 2)
    ]


@pytest.fixture(scope="module")
def tried(study):
    rng = np.random.default_rng(4)
    return try_combinations(
        "0", study, PLAN, ["lasso", "univariate"], FAST, folds=3, rng=rng
    )  # fmt: skip


def test_each_combination_scores_every_sample_once(tried, study):
    assert list(tried.columns) == PREDICTIONS
    counts = tried.groupby(["selector", "classifier"])["sample"].agg(["size", "nunique"])
    assert len(counts) == 8
    assert (counts == sum(len(cohort.samples) for cohort in study)).all(axis=None)


@pytest.mark.parametrize(("selector", "classifier"), [("lasso", "knn"), ("univariate", "lda")])
def test_a_combination_is_the_procedure_with_that_selector_and_classifier(
    tried, study, selector, classifier
):
    rng = np.random.default_rng(4)
    train, test = cross_validation(study, 3, rng)[0]
    panel = PANEL | {"selectors": [selector], "classifier": classifier}
    by_name = {cohort.name: cohort for cohort in study}
    models = discover(by_name, train, replace(PLAN, panel=panel), rng).models
    own = tried[(tried["selector"] == selector) & (tried["classifier"] == classifier)]
    own = own[own["fold"] == 0].set_index("sample")["score"]
    for name, samples in test.items():
        cohort = by_name[name].only(samples)
        scores = score_cohort(models[cohort.disease], cohort).set_index("sample")["score"]
        pd.testing.assert_series_equal(own[list(samples)], scores)


def test_the_table_is_the_cross_validated_auc_and_one_is_best(tried):
    table, winners = judge_combinations(tried, np.random.default_rng(0), bootstraps=100)
    assert len(table) == 16
    assert table.groupby("disease")["is_winner"].sum().tolist() == [1, 1]
    assert table.groupby("disease")["won"].sum().to_numpy() == pytest.approx(1)
    for row in table.itertuples():
        own = tried[(tried["selector"] == row.selector) & (tried["classifier"] == row.classifier)]
        auc = (
            fold_auc(own.assign(outcome=np.nan))
            .query("disease == @row.disease and cohort == 'all'")["auc"]
            .iloc[0]
        )
        assert row.auc == pytest.approx(auc, abs=1e-12)
    for disease, best in winners.items():
        first = table[table["disease"] == disease].iloc[0]
        assert first["auc"] == best["uncorrected"] > 0.8
        assert best["corrected"] <= best["uncorrected"]


def made_up(rng, *, shift=0.0, people=40, combos=60):
    """Return predictions of combinations whose scores know of the labels `shift`, or nothing."""
    case = np.arange(people) % 2 == 0
    names = [str(i) for i in range(people)]
    base = pd.DataFrame({"sample": names, "identity": names, "case": case})
    base = base.assign(
        unit="0", fold=np.arange(people) % 4 // 2, disease="d", cohort="c", n_genes=3
    )
    scores = rng.normal(size=(combos, people)) + shift * case
    return pd.concat(
        [base.assign(selector=f"s{i}", classifier="c", score=s) for i, s in enumerate(scores)]
    )


def test_the_best_of_many_useless_combinations_would_fool_us_and_the_correction_does_not():
    found = [
        judge_combinations(made_up(rng), rng, bootstraps=100)[1]["d"]
        for rng in map(np.random.default_rng, range(25))
    ]
    assert np.mean([best["uncorrected"] for best in found]) > 0.65
    assert abs(np.mean([best["corrected"] for best in found]) - 0.5) < 0.03
    assert np.mean([best["optimism"] for best in found]) > 0.15


def test_what_combinations_know_stays():
    rng = np.random.default_rng(2)
    best = judge_combinations(made_up(rng, shift=2.0), rng, bootstraps=200)[1]["d"]
    assert best["corrected"] > 0.85


def test_the_figure_is_the_same_twice_and_tells_both_numbers(tried, tmp_path):
    table, winners = judge_combinations(tried, np.random.default_rng(0), bootstraps=50)
    for name in ("one", "two"):
        save(combinations(table, winners), tmp_path / f"{name}.svg")
    drawn = (tmp_path / "one.svg").read_bytes()
    assert drawn == (tmp_path / "two.svg").read_bytes()
    assert f"corrected for the choice {winners['a']['corrected']:.2f}".encode() in drawn
    samples = tried[tried["disease"] == "a"].drop_duplicates(["cohort", "sample"])["case"]
    sizes = f"{samples.sum()} cases, {len(samples) - samples.sum()} controls"
    assert f"a ({sizes}): best of".encode() in drawn


def test_nothing_to_try_is_said_in_words(tmp_path):
    table, winners = judge_combinations(
        pd.DataFrame({name: [] for name in PREDICTIONS}), np.random.default_rng(0)
    )
    assert winners == {}
    save(combinations(table, winners), tmp_path / "empty.svg")
    assert b"No fold could be done" in (tmp_path / "empty.svg").read_bytes()
