from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub import evaluation
from crosshub.discover import (
    Procedure,
    delivered_rng,
    delivered_seed,
    discover,
    merge_expression,
)
from crosshub.errors import DataError
from crosshub.evaluation import evaluate, independence, join, score_cohort, validate
from crosshub.panel import fit_models, select_panel
from crosshub.performance import against_random_panels, cross_validated, tested_cohorts
from crosshub.random_panels import RandomPanels, try_panels
from crosshub.resampling import cross_validation, leave_cohort_out
from scipy.stats import kstest

tested_cohorts.__test__ = False
PANEL = {
    "classifier": "ridge_logistic",
    "selectors": ["lasso", "svm_rfe", "random_forest"],
    "vote": "at_least",
    "votes": 2,
    "max_genes": 8,
}


def procedure(*diseases, modules="annotate", fdr=0.05, vote="at_least"):
    return Procedure(
        "all",
        diseases,
        len(diseases),
        {"method": "by_number"},
        {"modules": modules},
        {
            "max_genes": 200,
            "overlap": "unsigned",
            "cut": "hybrid",
            "max_block": 1000,
            "network": "signed_hybrid",
            "correlation": "pearson",
            "scale_free_fit": 0.85,
            "deep_split": 2,
            "min_module_size": 20,
            "merge_height": 0.25,
            "trait_fdr": 0.05,
        },
        {"fdr": fdr},
        PANEL | {"vote": vote},
    )


def everyone(cohorts):
    return {cohort.name: list(cohort.samples.index) for cohort in cohorts}


@pytest.fixture
def study(make_cohort):
    """Two diseases, discovery and validation each, 20 shared genes."""
    effects = {f"G{i:04d}": 1.8 for i in range(0, 200, 10)}
    return [
        make_cohort("a1", disease="a", effects=effects),
        make_cohort("b1", disease="b", effects=effects),
        make_cohort("a2", disease="a", role="validation", effects=effects),
        make_cohort("b2", disease="b", role="validation", effects=effects),
    ]


def spy(monkeypatch):
    """Record which samples `discover` is given and which are scored afterwards."""
    seen = []
    real = evaluation.discover

    def recording(cohorts, samples, settings, rng):
        seen.append({name: set(ids) for name, ids in samples.items()})
        return real(cohorts, samples, settings, rng)

    monkeypatch.setattr(evaluation, "discover", recording)
    return seen


def run(kind, unit, cohorts, plan, **options):
    defaults = {"folds": 3, "random_panels": 0, "rng": np.random.default_rng(1)}
    return evaluate(kind, unit, cohorts, plan, **defaults | options)


def test_no_tested_person_is_ever_trained_on(study, monkeypatch):
    """The same person stands in both diseases and twice in one: never on both sides."""
    first, second, *outside = study
    first.samples.loc[first.samples.index[0], "identity"] = second.samples["identity"].iloc[0]
    first.samples.loc[first.samples.index[1], "identity"] = first.samples["identity"].iloc[2]
    cohorts = [first, second, *outside]
    person = {s: p for c in cohorts for s, p in c.samples["identity"].items()}
    seen = spy(monkeypatch)
    for kind, unit in [("cv", "0"), ("leave_one_cohort_out", "b2"), ("leave_one_cohort_out", "a1")]:
        seen.clear()
        predictions, *_ = join([run(kind, unit, cohorts, procedure("a", "b"))])
        for fold, train in enumerate(seen):
            trained = {person[s] for ids in train.values() for s in ids}
            tested = predictions[predictions["fold"] == fold]["sample"].map(person)
            assert len(tested)
            assert not trained & set(tested)


def test_values_of_tested_samples_do_not_reach_discovery(study):
    """Whatever stands in the tested samples, the model of the fold is the same."""
    plan = procedure("a", "b")
    members = study[:2]
    train, test = cross_validation(members, 3, np.random.default_rng(0))[0]
    spoiled = []
    for cohort in members:
        expression = cohort.expression.copy()
        expression[test[cohort.name]] = np.random.default_rng(9).normal(
            50, 30, expression[test[cohort.name]].shape
        )
        samples = cohort.samples.copy()
        samples.loc[test[cohort.name], "group"] = "case"
        spoiled.append(replace(cohort, expression=expression, samples=samples))
    found = [
        discover({c.name: c for c in group}, train, plan, np.random.default_rng(4))
        for group in (members, spoiled)
    ]
    pd.testing.assert_frame_equal(found[0].shared, found[1].shared)
    pd.testing.assert_frame_equal(found[0].panel.table, found[1].panel.table)
    assert found[0].models == found[1].models
    assert found[0].panel.genes


def test_modules_of_a_resample_see_training_samples_only(study):
    plan = procedure("a", "b", modules="require")
    members = study[:2]
    train, test = cross_validation(members, 3, np.random.default_rng(0))[0]
    spoiled = []
    for cohort in members:
        expression = cohort.expression.copy()
        expression[test[cohort.name]] = 0.0
        spoiled.append(replace(cohort, expression=expression))
    found = [
        discover({c.name: c for c in group}, train, plan, np.random.default_rng(4))
        for group in (members, spoiled)
    ]
    pd.testing.assert_frame_equal(found[0].shared, found[1].shared)


def test_discover_on_all_samples_is_what_the_stages_deliver(study):
    members = {c.name: c for c in study[:2]}
    plan = procedure("a", "b")
    found = discover(members, everyone(members.values()), plan, delivered_rng(7, "all"))
    seed = delivered_seed(7, "all")
    panel = select_panel(list(members.values()), found.shared, ["a", "b"], PANEL, seed=seed)
    pd.testing.assert_frame_equal(panel.table, found.panel.table)
    for disease in ("a", "b"):
        one = fit_models(
            list(members.values()), panel.genes, [disease], comparison="all", seed=seed
        )
        assert one[disease] == found.models[disease]


def test_folds_are_stratified_and_every_sample_is_tested_once(study):
    splits = cross_validation(study[:2], 5, np.random.default_rng(0))
    assert len(splits) == 5
    for cohort in study[:2]:
        tested = [s for _, test in splits for s in test[cohort.name]]
        assert sorted(tested) == sorted(cohort.samples.index)
        for _, test in splits:
            assert cohort.only(test[cohort.name]).is_case.sum() == 3


def test_small_groups_get_fewer_folds(make_cohort):
    cohort = make_cohort(n_cases=5, n_controls=4)
    splits = cross_validation([cohort], 5, np.random.default_rng(0))
    assert len(splits) == 4
    for train, test in splits:
        assert cohort.only(train[cohort.name]).testable
        assert cohort.only(test[cohort.name]).is_case.nunique() == 2


def test_a_left_out_cohort_takes_its_people_with_it(study):
    study[1].samples["identity"] = study[0].samples["identity"].to_numpy()
    train, test = leave_cohort_out(study, "a1")
    assert train["b1"] == []
    assert len(train["b2"]) == 30
    assert list(test) == ["a1"]


def test_a_disease_without_cohort_is_skipped_and_not_guessed(study):
    result = run("leave_one_cohort_out", "a1", study[:2], procedure("a", "b"))
    assert result.predictions == []
    with pytest.raises(DataError, match="no cohort is left to learn a"):
        discover(
            {c.name: c for c in study[:2]},
            {"b1": list(study[1].samples.index)},
            procedure("a", "b"),
            np.random.default_rng(0),
        )


def test_nothing_selected_predicts_the_prevalence_and_counts(make_cohort):
    cohorts = [make_cohort("a1", disease="a"), make_cohort("b1", disease="b")]
    predictions, selection, *_ = join([run("cv", "0", cohorts, procedure("a", "b", fdr=1e-9))])
    assert (predictions["n_genes"] == 0).all()
    assert selection.empty
    assert cross_validated(predictions)["auc"].tolist() == [0.5, 0.5, 0.5, 0.5]


def test_noise_has_auc_one_half_even_when_genes_are_forced(make_cohort):
    """Selection inside the folds: no gene is real, every fold still selects."""
    auc = []
    for seed in range(12):
        cohorts = [make_cohort("a1", disease="a", genes=400, seed=seed)]
        forced = procedure("a", fdr=1.0, vote="rank")
        predictions, *_ = join([run("cv", "0", cohorts, forced, folds=5)])
        auc.append(cross_validated(predictions).iloc[0]["auc"])
        assert (predictions["n_genes"] > 0).all()
    assert 0.4 < np.mean(auc) < 0.58


def test_signal_is_found_and_random_panels_are_worse(study):
    done = run("cv", "0", study[:2], procedure("a", "b"), random_panels=10)
    predictions, selection, panels, skipped = join([done])
    assert skipped.empty
    assert cross_validated(predictions)["auc"].min() > 0.9
    assert set(selection["gene"]) <= {f"G{i:04d}" for i in range(0, 200, 10)}
    assert panels["draw"].nunique() == 10
    drawn = panels.groupby("draw")[["concordant", "pairs"]].sum()
    assert (drawn["concordant"] / drawn["pairs"]).mean() < 0.85


def test_permuted_labels_have_no_signal(study):
    predictions, *_ = join([run("permutation", "0", study[:2], procedure("a", "b", fdr=1.0))])
    auc = cross_validated(predictions.assign(resampling="cv"))["auc"]
    assert abs(auc.mean() - 0.5) < 0.25


def test_validation_leaves_people_of_discovery_out(study):
    models = fit_models(study[:2], ["G0000", "G0010"], ["a", "b"], comparison="all", seed=1)
    outside = study[2]
    outside.samples.loc[outside.samples.index[0], "identity"] = study[0].samples["identity"].iloc[3]
    table = validate(models, study)
    assert len(table) == 59
    assert outside.samples.index[0] not in set(table["sample"])
    assert tested_cohorts(table, "validation")["auc"].min() > 0.8
    related = independence(study)
    assert related["shared_people"].to_dict() == {"a2": 1, "b2": 0}
    assert related["independent"].to_dict() == {"a2": False, "b2": True}


def test_a_cohort_of_the_same_series_is_not_independent(study):
    same = replace(study[2], accession=study[1].accession)
    related = independence([*study[:2], same, study[3]])
    assert related["same_series"].to_dict() == {"a2": True, "b2": False}
    assert related["independent"].to_dict() == {"a2": False, "b2": True}


def test_a_random_panel_is_one_through_the_folds(study):
    drawn = RandomPanels.draw(study[:2], 5, 7)
    real = ["G0010", "G0110", "G0150"]
    panels = drawn.like(real)
    assert panels == RandomPanels.draw(study[:2], 5, 7).like(real)
    assert panels != RandomPanels.draw(study[:2], 5, 8).like(real)
    assert len({tuple(panel) for panel in panels}) == 5
    for panel in panels:
        assert sorted(map(drawn.classes.get, panel)) == sorted(map(drawn.classes.get, real))
    larger = drawn.like([*real, "G0111"])
    assert all(set(small) < set(more) for small, more in zip(panels, larger, strict=True))


def test_p_of_a_panel_that_is_itself_random_is_uniform(make_cohort):
    """No better than others: its p among random panels must be as often small as it says.

    People enough that two panels seldom have the same AUC: a tie counts for the random one.
    """
    found, effects = [], {f"G{i:04d}": 0.6 for i in range(0, 200, 4)}
    for seed in range(40):
        cohort = make_cohort(seed=seed, n_cases=24, n_controls=24, effects=effects)
        rng = np.random.default_rng(seed)
        real = sorted(rng.choice(cohort.expression.index, 4, replace=False))
        panels = RandomPanels.draw([cohort], 19, seed).like(real)
        drawn, scored = [], []
        for fold, (train, test) in enumerate(cross_validation([cohort], 3, rng)):
            training, tested = cohort.only(train["cohort"]), cohort.only(test["cohort"])
            models = fit_models([training], real, ["disease"], comparison="", seed=1)
            table = try_panels(panels, [training], [tested], models, "ridge_logistic", rng)
            drawn.append(table.assign(unit="0", fold=fold))
            own = score_cohort(models["disease"], tested)
            scored.append(own.assign(resampling="cv", unit="0", fold=fold, n_genes=4))
        found.append(against_random_panels(pd.concat(drawn), pd.concat(scored), "disease"))
    p = np.array(found)
    assert kstest(p - rng.uniform(0, 0.05, 40), "uniform").pvalue > 0.01
    # Panels drawn anew in each fold gave a p of 1 in a fifth of the studies.
    assert np.mean(p > 0.95) <= 0.15


def test_a_small_cohort_does_not_take_the_folds_from_a_large_one(make_cohort):
    large = make_cohort("large", n_cases=20, n_controls=20)
    small = make_cohort("small", n_cases=2, n_controls=6)
    other = make_cohort("other", disease="other", n_cases=9, n_controls=12)
    assert len(cross_validation([large, small], 5, np.random.default_rng(0))) == 5
    assert len(cross_validation([large, small, other], 10, np.random.default_rng(0))) == 9
    assert len(cross_validation([small], 5, np.random.default_rng(0))) == 2


def test_cases_of_a_small_cohort_meet_its_controls(make_cohort):
    """An AUC compares within a fold and a cohort; a case that is alone in its fold says nothing."""
    large = make_cohort("large", n_cases=23, n_controls=20)
    small = make_cohort("small", n_cases=4, n_controls=5)
    splits = cross_validation([large, small], 10, np.random.default_rng(0))
    groups = [small.only(test["small"]).is_case for _, test in splits if test["small"]]
    assert sum(group.nunique() == 2 for group in groups) == 4
    sizes = [sum(map(len, test.values())) for _, test in splits]
    assert max(sizes) - min(sizes) <= 2


def test_a_cohort_is_left_out_with_the_others_of_its_series(make_cohort):
    cohorts = [make_cohort("a", accession="GSE1"), make_cohort("b", accession="GSE1", disease="b"),
               make_cohort("c", accession="GSE2")]  # fmt: skip
    train, test = leave_cohort_out(cohorts, "a")
    assert set(train) == {"c"}
    assert set(test) == {"a"}


def test_a_person_of_two_training_cohorts_is_left_once(make_cohort):
    """A discovery and a validation cohort share a person, and a third cohort is left out."""
    first = make_cohort("first")
    again = make_cohort(
        "again",
        role="validation",
        people=[f"first_{i}" for i in range(5)] + [f"x{i}" for i in range(25)],
    )
    train, _ = leave_cohort_out([again, first, make_cohort("tested", role="validation")], "tested")
    assert train["first"] == list(first.samples.index)
    assert train["again"] == list(again.samples.index[5:])


def test_a_resample_that_is_not_possible_is_told(study):
    alone = [study[0], make_two_cases(study[1])]
    *_, skipped = join([run("cv", "0", alone, procedure("a", "b"))])
    assert len(skipped) == 2
    assert skipped["reason"].str.contains("no cohort is left to learn b from").all()


def make_two_cases(cohort):
    return cohort.only([*cohort.samples.index[:2], *cohort.samples.index[20:]])


def test_people_of_two_cohorts_of_one_disease_are_refused(make_cohort):
    """Controls that serve early and late disease would be counted as independent evidence."""
    early = make_cohort("early", accession="GSE1")
    late = make_cohort("late", accession="GSE1")
    shared = [*late.samples.index[:15], *early.samples.index[15:]]
    late = replace(late, samples=late.samples.assign(identity=shared))
    message = "disease 'disease': the cohorts 'early' and 'late' share 15 people .early_15, .*role"
    with pytest.raises(DataError, match=message):
        discover({"early": early, "late": late}, everyone([early, late]), procedure("disease"),
                 np.random.default_rng(0))  # fmt: skip


def test_same_rng_same_predictions(study):
    first, second = (
        join([run("cv", "0", study[:2], procedure("a", "b"), random_panels=3)]) for _ in range(2)
    )
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_merged_cohorts_are_centred(study):
    shifted = replace(study[2], expression=study[2].expression + 5)
    merged = merge_expression([study[0], shifted])
    assert merged.shape == (200, 60)
    np.testing.assert_allclose(merged.iloc[:, :30].mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(merged.iloc[:, 30:].mean(axis=1), 0, atol=1e-9)
