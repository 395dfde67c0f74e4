"""Eight kinds of leakage, planted one by one: each is caught by a guard that is quiet without it.

The kinds are those of Kapoor and Narayanan 2023, Leakage and the reproducibility crisis in
machine-learning-based science, Patterns 4:100804. A guard raises AssertionError; each is run on the
code as it is, and on a mutation of the code or of the data.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub import cohorts as cohorts_module
from crosshub import discover as discover_module
from crosshub import evaluation, resampling
from crosshub import panel as panel_module
from crosshub.discover import discover
from crosshub.evaluation import evaluate, independence, join, validate
from crosshub.identity import find_identity, people_of
from crosshub.judgement import judge
from crosshub.qc.confounding import Field, confounding
from crosshub.resampling import cross_validation
from test_evaluation import everyone, procedure

PLAN = procedure("a", "b")


@pytest.fixture
def study(make_cohort):
    effects = {f"G{i:04d}": 1.8 for i in range(0, 200, 10)}
    return [
        make_cohort("a1", disease="a", effects=effects),
        make_cohort("b1", disease="b", effects=effects),
        make_cohort("a2", disease="a", role="validation", effects=effects),
        make_cohort("b2", disease="b", role="validation", effects=effects),
    ]


def guard_nobody_is_trained_and_tested(cohorts, monkeypatch):
    """Hold the people that `discover` is given against those that are scored."""
    person = {s: p for c in cohorts for s, p in c.samples["identity"].items()}
    given = []
    real = evaluation.discover

    def recording(members, samples, settings, rng):
        given.append({person[s] for kept in samples.values() for s in kept})
        return real(members, samples, settings, rng)

    monkeypatch.setattr(evaluation, "discover", recording)
    done = evaluate(
        "cv", "0", cohorts, PLAN, folds=3, random_panels=0, rng=np.random.default_rng(1)
    )
    monkeypatch.setattr(evaluation, "discover", real)
    predictions, *_ = join([done])
    assert len(predictions)
    for fold, trained in enumerate(given):
        tested = predictions.loc[predictions["fold"] == fold, "sample"].map(person)
        assert len(tested)
        assert not trained & set(tested), "a person is on both sides"


def guard_tested_values_and_labels_have_no_influence(cohorts):
    """Spoil the tested samples: whatever is fitted has to stay the same."""
    members = [c for c in cohorts if c.role == "discovery"]
    train, test = cross_validation(members, 3, np.random.default_rng(0))[0]
    spoiled = []
    for cohort in members:
        values, samples = cohort.expression.copy(), cohort.samples.copy()
        own = test[cohort.name]
        values[own] = np.random.default_rng(9).normal(50, 30, values[own].shape)
        samples.loc[own, "group"] = np.where(samples.loc[own, "group"] == "case", "control", "case")
        spoiled.append(replace(cohort, expression=values, samples=samples))
    found = [
        discover({c.name: c for c in group}, train, PLAN, np.random.default_rng(4))
        for group in (members, spoiled)
    ]
    assert found[0].shared.equals(found[1].shared), "tested samples moved the shared genes"
    assert found[0].panel.table.equals(found[1].panel.table), "tested samples moved the panel"
    assert found[0].models == found[1].models, "tested samples moved the models"
    assert found[0].panel.genes


def guard_copies_are_one_person(first, second):
    """Go the way of the workflow: find links by values, name people, look for copies apart."""
    cohorts = {c.name: c for c in (first, second)}
    tables = {
        name: c.samples.rename_axis("sample").reset_index()[["sample", "group", "identity"]]
        for name, c in cohorts.items()
    }
    marks = {name: pd.DataFrame(columns=["sample", "mark", "kind"]) for name in cohorts}
    links = find_identity(tables, marks, {name: c.expression for name, c in cohorts.items()})
    people = {name: people_of(table, links, name) for name, table in tables.items()}
    values = {
        (name, sample): tuple(c.expression[sample].round(6))
        for name, c in cohorts.items()
        for sample in c.samples.index
    }
    owners: dict[tuple, set[str]] = {}
    for (name, sample), array in values.items():
        person = people[name]
        own = dict(zip(tables[name]["sample"], person, strict=True))[sample]
        owners.setdefault(array, set()).add(own)
    assert all(len(who) == 1 for who in owners.values()), "one array counts as two people"


def guard_features_are_no_stand_ins_of_the_label(cohort, fields):
    """Whatever was noted of the samples is held against the groups."""
    table = confounding(
        cohort.samples["group"], [Field(name, "batch", values) for name, values in fields.items()]
    )
    assert not table["confounded"].eq("yes").any(), "a field tells cases from controls"


def guard_what_comes_later_is_not_learnt_from(cohorts, monkeypatch):
    """Validation cohorts stand for what is measured later: no fit may be given any of them."""
    later = {s for c in cohorts if c.role == "validation" for s in c.samples.index}
    given = set()
    real = evaluation.discover

    def recording(members, samples, settings, rng):
        given.update(s for kept in samples.values() for s in kept)
        return real(members, samples, settings, rng)

    monkeypatch.setattr(evaluation, "discover", recording)
    for kind in ("cv", "permutation"):
        evaluate(kind, "0", cohorts, PLAN, folds=3, random_panels=0, rng=np.random.default_rng(1))
    monkeypatch.setattr(evaluation, "discover", real)
    assert given
    assert not given & later, "a validation cohort was learnt from"


def guard_a_cohort_that_shares_people_is_no_validation(cohorts):
    """A biased test set: people of discovery in a validation cohort are not counted, nor is it."""
    members = {c.name: c for c in cohorts if c.role == "discovery"}
    known = {p for c in members.values() for p in c.samples["identity"]}
    found = discover(members, everyone(members.values()), PLAN, np.random.default_rng(0))
    predictions = validate(found.models, cohorts)
    assert not known & set(predictions["identity"]), "a person of discovery is tested"
    empty = pd.DataFrame(columns=evaluation.RANDOM_PANELS)
    chosen = pd.DataFrame(columns=evaluation.SELECTION)
    done = evaluate(
        "cv", "0", cohorts, PLAN, folds=3, random_panels=0, rng=np.random.default_rng(1)
    )
    both = pd.concat([predictions, *done.predictions], ignore_index=True)
    skipped = pd.DataFrame(columns=evaluation.SKIPPED)
    verdicts = judge(both, chosen, empty, skipped, found.models, cohorts).verdicts
    independent = {
        disease: sum(
            c.role == "validation"
            and c.disease == disease
            and not known & set(c.samples["identity"])
            for c in cohorts
        )
        for disease in ("a", "b")
    }
    for disease, number in independent.items():
        assert verdicts[disease]["cohorts_tested"] == number, "it counts as independent"


def caught(guard, *arguments):
    with pytest.raises(AssertionError):
        guard(*arguments)


def test_1_1_no_test_set_at_all(study, monkeypatch):
    guard_nobody_is_trained_and_tested(study, monkeypatch)
    real = resampling.cross_validation

    def everything_is_training(cohorts, folds, rng):
        all_samples = {c.name: list(c.samples.index) for c in cohorts}
        return [(all_samples, test) for _, test in real(cohorts, folds, rng)]

    monkeypatch.setattr(evaluation, "cross_validation", everything_is_training)
    caught(guard_nobody_is_trained_and_tested, study, monkeypatch)


def test_1_2_scaled_together_with_the_test_set(study, monkeypatch):
    guard_tested_values_and_labels_have_no_influence(study)
    real_restrict = discover_module.restrict
    whole = {}

    def remembering(cohorts, samples):
        whole["matrices"] = [cohort.expression for cohort in cohorts.values()]
        return real_restrict(cohorts, samples)

    real = panel_module.fit_reference
    monkeypatch.setattr(discover_module, "restrict", remembering)
    monkeypatch.setattr(panel_module, "fit_reference", lambda _: real(whole["matrices"]))
    caught(guard_tested_values_and_labels_have_no_influence, study)


def test_1_3_genes_chosen_on_all_samples(study, monkeypatch):
    guard_tested_values_and_labels_have_no_influence(study)
    whole = {}
    real_restrict, real = discover_module.restrict, discover_module.fit_differential

    def remembering(cohorts, samples):
        whole.update(cohorts)
        return real_restrict(cohorts, samples)

    monkeypatch.setattr(discover_module, "restrict", remembering)
    monkeypatch.setattr(
        discover_module, "fit_differential", lambda cohort: real(whole[cohort.name])
    )
    caught(guard_tested_values_and_labels_have_no_influence, study)


def test_1_4_the_same_array_under_two_names(make_cohort, monkeypatch):
    first = make_cohort("a1", disease="a", genes=400)
    second = make_cohort("b1", disease="b", genes=400)
    guard_copies_are_one_person(first, second)
    values = second.expression.copy()
    values.iloc[:, 3] = first.expression.iloc[:, 2].to_numpy()
    copied = replace(second, expression=values)
    guard_copies_are_one_person(first, copied)  # the copy is found and named one person

    monkeypatch.setitem(globals(), "find_identity", lambda s, m, e: blind_links())
    caught(guard_copies_are_one_person, first, copied)


def blind_links():
    """Return no links: what a search that finds no copies gives."""
    columns = ["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity"]
    return pd.DataFrame(columns=columns, dtype=object)


def test_2_a_feature_that_stands_for_the_label(make_cohort):
    cohort = make_cohort("a1", disease="a")
    rng = np.random.default_rng(3)
    day = pd.Series(rng.choice(["monday", "friday"], 30), index=cohort.samples.index)
    guard_features_are_no_stand_ins_of_the_label(cohort, {"day": day})
    drug = cohort.samples["group"].map({"case": "steroids", "control": "none"})
    caught(guard_features_are_no_stand_ins_of_the_label, cohort, {"day": day, "drug": drug})


def test_3_1_learning_from_what_comes_later(study, monkeypatch):
    guard_what_comes_later_is_not_learnt_from(study, monkeypatch)
    now = [replace(cohort, role="discovery") for cohort in study]
    real = evaluation.evaluate

    def roles_ignored(kind, unit, cohorts, plan, **options):
        return real(kind, unit, now, plan, **options)

    monkeypatch.setitem(globals(), "evaluate", roles_ignored)
    caught(guard_what_comes_later_is_not_learnt_from, study, monkeypatch)


def test_3_2_folds_of_samples_and_not_of_people(study, monkeypatch):
    twins = [
        replace(c, samples=c.samples.assign(identity=[f"{c.name}_{i // 2}" for i in range(30)]))
        for c in study
    ]
    guard_nobody_is_trained_and_tested(twins, monkeypatch)
    real = resampling.cross_validation

    def by_samples(cohorts, folds, rng):
        apart = [replace(c, samples=c.samples.assign(identity=c.samples.index)) for c in cohorts]
        return real(apart, folds, rng)

    monkeypatch.setattr(evaluation, "cross_validation", by_samples)
    caught(guard_nobody_is_trained_and_tested, twins, monkeypatch)


@pytest.mark.parametrize("mutation", ["counted", "tested"])
def test_3_3_a_test_set_drawn_from_discovery(study, monkeypatch, mutation):
    guard_a_cohort_that_shares_people_is_no_validation(study)
    first, second, third, fourth = study
    identity = third.samples["identity"].to_numpy().copy()
    identity[-10:] = first.samples["identity"].to_numpy()[-10:]
    third = replace(third, samples=third.samples.assign(identity=identity))
    cohorts = [first, second, third, fourth]
    guard_a_cohort_that_shares_people_is_no_validation(cohorts)
    if mutation == "counted":
        nobody = independence(cohorts).assign(shared_people=0, independent=True)
        monkeypatch.setattr("crosshub.judgement.independence", lambda _: nobody)
    else:
        monkeypatch.setattr(evaluation, "_people_of_discovery", lambda _: set())
    caught(guard_a_cohort_that_shares_people_is_no_validation, cohorts)


def test_cohorts_of_the_guards_are_cut_by_the_package(study):
    """The guards rest on `only`: a cohort that is cut holds no other sample."""
    cut = cohorts_module.restrict({"a1": study[0]}, {"a1": list(study[0].samples.index[5:25])})
    assert list(cut[0].expression.columns) == list(study[0].samples.index[5:25])
