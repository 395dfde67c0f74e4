import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.classifiers.registry import CLASSIFIERS
from crosshub.errors import DataError
from crosshub.model import fit_reference, from_plain, to_plain
from crosshub.panel import count_votes, fit_model, fit_models, select_panel, training_set

SETTINGS = {
    "selectors": ["lasso", "svm_rfe", "random_forest"],
    "vote": "at_least",
    "votes": 2,
    "max_genes": 8,
}
GENES = [f"G{i:04d}" for i in range(0, 200, 20)]


@pytest.fixture
def cohorts(make_cohort):
    effects = dict.fromkeys(GENES, 1.5)
    return [
        make_cohort("one", effects=effects, n_cases=20, n_controls=20),
        make_cohort("two", effects=effects, n_cases=25, n_controls=12),
    ]


@pytest.fixture
def model(cohorts):
    return fit_models(cohorts, GENES, ["disease"], comparison="all", seed=1)["disease"]


def test_one_sample_alone_scores_as_in_its_cohort(model, make_cohort):
    new = make_cohort("new", effects=dict.fromkeys(GENES, 1.5), seed=9).expression
    together = model.score(new)
    alone = pd.concat([model.score(new[[name]]) for name in new], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)


def test_scale_and_platform_do_not_matter(model, make_cohort):
    """Any monotone scale gives the same score: log2, linear, or standardised."""
    new = make_cohort("new", seed=9).expression
    base = model.score(new)["score"]
    np.testing.assert_allclose(model.score(2**new)["score"], base)
    np.testing.assert_allclose(model.score((new - 3) / 7)["score"], base)


def test_the_model_separates_new_samples(model, make_cohort):
    new = make_cohort("new", effects=dict.fromkeys(GENES, 1.5), seed=9)
    score = model.score(new.expression)["score"].to_numpy()
    assert score[new.is_case].mean() > score[~new.is_case].mean() + 2


def test_json_keeps_every_bit(model, make_cohort):
    again = from_plain(json.loads(json.dumps(to_plain(model))))
    new = make_cohort("new", seed=3).expression
    assert again == model
    np.testing.assert_array_equal(again.score(new)["score"], model.score(new)["score"])


def test_a_damaged_model_is_refused(model):
    value = json.loads(json.dumps(to_plain(model)))
    for change in (
        {"genes": value["genes"][:-1]},
        {"classifier": "much"},
        {"classifier": value["classifier"] | {"coefficients": [1.0]}},
        {"format": 99},
        {"reference": {}},
    ):
        with pytest.raises(DataError):
            from_plain(value | change)
    with pytest.raises(DataError, match="no crosshub model"):
        from_plain({"format": 2})


@pytest.mark.parametrize(
    ("path", "wrong", "message"),
    [
        (("scale", 0), 0, "scale of the model"),
        (("scale", 0), float("inf"), "scale of the model"),
        (("center", 0), float("nan"), "center of the model"),
        (("center", 0), True, "center of the model"),
        (("center", 0), "1.5", "center of the model"),
        (("center",), 1.5, "center of the model"),
        (("prevalence",), 5, "prevalence of the model"),
        (("prevalence",), 0, "prevalence of this model"),
        (("prevalence",), 1.0, "prevalence of this model"),
        (("prevalence",), True, "prevalence of the model"),
        (("prevalence",), 10**400, "prevalence of the model"),
        (("genes", 0), GENES[1], "occurs twice in genes"),
        (("genes", 0), [GENES[0]], "no list of gene symbols"),
        (("genes", 0), "", "no list of gene symbols"),
        (("genes",), "ABCDEFGHIJ", "no list of gene symbols"),
        (("reference", "genes"), [], "has no genes"),
        (("reference", "genes"), ["A", "A"], "occurs twice"),
        (("reference", "genes"), "ABC", "no list of gene symbols"),
        (("reference", "quantiles", 3), float("nan"), "quantiles of the reference"),
        (("reference", "quantiles", 3), 1e9, "quantiles of this model fall"),
        (("reference", "quantiles"), [], "quantiles of the reference"),
        (("reference",), [1], "no crosshub model"),
        (("disease",), ["a"], "disease of this model"),
        (("outcome",), 3, "outcome of this model"),
        (("classifier", "coefficients", 0), True, "coefficients of the classifier"),
    ],
)
def test_a_model_with_what_cannot_be_is_refused_in_one_line(model, path, wrong, message):
    value = json.loads(json.dumps(to_plain(model)))
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    with pytest.raises(DataError, match=message) as caught:
        from_plain(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["center", "classifier", "genes", "reference", "prevalence"])
def test_a_model_that_is_nested_without_end_is_refused_in_one_line(model, name):
    nested = 1
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(DataError) as caught:
        from_plain(to_plain(model) | {name: nested})
    assert "\n" not in str(caught.value)
    deep = to_plain(model)
    deep["classifier"] = {"kind": nested}
    with pytest.raises(DataError):
        from_plain(deep)
    while isinstance(nested, list):
        nested = nested.pop()


def test_missing_genes_are_named_and_too_many_stop(model, make_cohort):
    new = make_cohort("new", seed=3).expression
    one_less = model.score(new.drop(index=GENES[0]))
    assert set(one_less["missing"]) == {GENES[0]}
    assert one_less["score"].notna().all()
    with pytest.raises(DataError, match="3 of 10 genes of the panel"):
        model.score(new.drop(index=GENES[:3]))


def test_too_few_reference_genes_stop(model, make_cohort):
    with pytest.raises(DataError, match="reference genes of the model are measured in any sample"):
        model.score(make_cohort("new").expression.loc[GENES])


def test_samples_that_stop_a_table_are_named_with_what_to_do(model, make_cohort):
    whole = make_cohort("new", seed=3).expression
    for lost, what in [(GENES, "genes of the panel"), (whole.index[1::2], "reference genes")]:
        one, some = whole.copy(), whole.copy()
        one.loc[[*lost, "G0002"], one.columns[4]] = np.nan
        some.loc[[*lost, "G0002"], some.columns[10:17]] = np.nan
        with pytest.raises(DataError, match=f"{what}.* in the sample 'new_4'.*; leave these"):
            model.score(one)
        with pytest.raises(DataError, match=f"{what}.* in 7 of 30 samples: 'new_10'.*…"):
            model.score(some)
    with pytest.raises(DataError, match="in any sample .*genes in rows by the symbols"):
        model.score(whole.T)
    with pytest.raises(DataError, match="in the sample 'new_0' .*genes in rows by the symbols"):
        model.score(whole.set_axis([f"ENSG{i}" for i in range(200)])[["new_0"]])


def test_an_empty_panel_predicts_the_prevalence(cohorts, make_cohort):
    model = fit_models(cohorts, [], ["disease"], comparison="all", seed=1)["disease"]
    probability = model.score(make_cohort("new").expression)["probability"]
    np.testing.assert_allclose(probability, 45 / 77)


def test_cohorts_are_centred_between_the_groups(make_cohort):
    """Neither an offset of the platform nor an uneven share of cases gets into the values."""
    first = make_cohort("one", n_cases=40, n_controls=10)
    second = make_cohort("two", n_cases=10, n_controls=40)
    second.expression.loc["G0100"] += 2
    cohorts = [first, second]
    reference = fit_reference([c.expression for c in cohorts])
    training = training_set(cohorts, ["G0100"], reference)
    value = training.values["G0100"]
    for cohort in cohorts:
        mine = value[cohort.samples.index]
        case = cohort.is_case
        assert (mine[case].mean() + mine[~case].mean()) / 2 == pytest.approx(0, abs=1e-9)


def shared_table(genes):
    return pd.DataFrame({"gene": genes, "shared": True})


def test_selection_prefers_what_differs_and_repeats(cohorts):
    genes = [f"G{i:04d}" for i in range(0, 200, 5)]
    panel = select_panel(cohorts, shared_table(genes), ["disease"], SETTINGS, seed=3)
    again = select_panel(cohorts, shared_table(genes), ["disease"], SETTINGS, seed=3)
    assert 0 < len(panel.genes) <= 8
    assert set(panel.genes) <= set(GENES)
    pd.testing.assert_frame_equal(panel.table, again.table)
    assert len(panel.votes) == 3 * len(genes)


def test_genes_that_lasso_leaves_out_have_one_rank_in_the_vote(make_cohort):
    cohort = make_cohort("one", n_cases=8, n_controls=8)
    genes = list(cohort.expression.index)
    settings = SETTINGS | {"selectors": ["lasso"]}
    votes = select_panel([cohort], shared_table(genes), ["disease"], settings, seed=3).votes
    last = votes["rank"].max()
    n_last = int((votes["rank"] == last).sum())
    assert n_last > 150
    assert last == 200 - (n_last - 1) / 2


def test_no_shared_gene_gives_empty_tables_with_columns(cohorts):
    panel = select_panel(
        cohorts, shared_table(["G0000"]).assign(shared=False), ["disease"], SETTINGS, seed=1
    )
    assert panel.genes == []
    assert list(panel.table.columns) == ["gene", "votes", "mean_rank", "in_panel"]
    assert list(panel.votes.columns) == ["gene", "disease", "selector", "selected", "rank"]


def votes_of(rows):
    return pd.DataFrame(rows, columns=["gene", "disease", "selector", "selected", "rank"])


def test_rules_of_the_vote():
    votes = votes_of(
        [
            ("a", d, s, True, 1)
            for d in ("x", "y")
            for s in ("lasso", "svm_rfe", "random_forest")
        ]
        + [("b", d, s, s != "lasso", 2) for d in ("x", "y") for s in SETTINGS["selectors"]]
        + [
            ("c", d, s, (d, s) == ("x", "lasso"), 3)
            for d in ("x", "y")
            for s in SETTINGS["selectors"]
        ]
    )  # fmt: skip
    chosen = {
        rule: list(t.loc[t["in_panel"], "gene"])
        for rule in ("at_least", "intersection", "rank")
        for t in [count_votes(votes, 2, SETTINGS | {"vote": rule})]
    }
    assert chosen == {"at_least": ["a", "b"], "intersection": ["a"], "rank": ["a", "b", "c"]}
    small = count_votes(votes, 2, SETTINGS | {"max_genes": 1})
    assert list(small.loc[small["in_panel"], "gene"]) == ["a"]


def test_fit_does_not_depend_on_the_order_of_samples(cohorts):
    turned = [
        replace(c, expression=c.expression.iloc[:, ::-1], samples=c.samples.iloc[::-1])
        for c in cohorts
    ]
    reference = fit_reference([c.expression for c in cohorts])
    models = [
        fit_model(
            training_set(group, GENES, reference),
            GENES,
            reference,
            disease="d",
            comparison="all",
            seed=1,
            cost=1.0,
        )
        for group in (cohorts, turned)
    ]
    np.testing.assert_allclose(models[0].coefficient, models[1].coefficient, rtol=1e-3, atol=1e-5)


def test_a_gap_in_one_sample_changes_no_other_and_is_told_of_it_alone(model, make_cohort):
    whole = make_cohort("new", effects=dict.fromkeys(GENES, 1.5), seed=9).expression
    gaps = whole.copy()
    gaps.loc[[GENES[0], "G0001", "G0003"], gaps.columns[4]] = np.nan
    before, after = model.score(whole), model.score(gaps)
    others = before.index != 4
    pd.testing.assert_frame_equal(before[others], after[others])
    assert after.loc[4, "missing"] == GENES[0]
    assert after.loc[4, "score"] != before.loc[4, "score"]
    pd.testing.assert_series_equal(
        model.score(gaps.iloc[:, [4]]).iloc[0], after.loc[4], check_names=False
    )
    gaps.loc[GENES[:4], gaps.columns[5]] = np.nan
    with pytest.raises(DataError, match="4 of 10 genes of the panel"):
        model.score(gaps)


@pytest.mark.parametrize("classifier", list(CLASSIFIERS))
def test_every_classifier_scores_one_sample_as_in_its_cohort_and_from_json(
    cohorts, make_cohort, classifier
):
    models = fit_models(
        cohorts, GENES, ["disease"], comparison="all", seed=1, classifier=classifier
    )
    model = from_plain(json.loads(json.dumps(to_plain(models["disease"]))))
    new = make_cohort("new", effects=dict.fromkeys(GENES, 1.5), seed=9)
    together = model.score(new.expression)
    alone = [model.score(new.expression[[name]]) for name in new.expression]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))
    score = together["score"].to_numpy()
    assert score[new.is_case].mean() > score[~new.is_case].mean() + 0.5


def test_a_classifier_that_is_no_sum_has_no_weights(model):
    other = replace(model, classifier={"kind": "knn"})
    with pytest.raises(DataError, match="no weights"):
        _ = other.coefficient
