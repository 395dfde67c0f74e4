import numpy as np
import pandas as pd
import pytest
from crosshub import prepare
from crosshub.errors import DataError
from crosshub.values import looks_linear, to_log2

ANNOTATION = pd.DataFrame(
    {"symbol": ["A", "A", "B", "B///C", "", "D"]}, index=["p1", "p2", "p3", "p4", "p5", "p6"]
)


def matrix(values, samples=None):
    values = np.asarray(values, float)
    names = samples or [f"GSM{i}" for i in range(values.shape[1])]
    return pd.DataFrame(values, index=[f"p{i + 1}" for i in range(len(values))], columns=names)


def intensities(n=6, seed=0):
    return 2 ** np.random.default_rng(seed).normal(8, 2, (2000, n))


def test_scale_is_decided_by_vote():
    linear = matrix(intensities())
    logged, evidence = to_log2(linear)
    assert evidence["scale"] == "linear"
    np.testing.assert_allclose(logged, np.log2(linear + 1))
    again, evidence = to_log2(logged)
    assert evidence["scale"] == "log2"
    pd.testing.assert_frame_equal(again, logged)


def test_one_odd_sample_does_not_outvote_the_others():
    values = np.log2(intensities())
    values[:, 0] = 2 ** values[:, 0]
    assert looks_linear(values).tolist() == [True] + [False] * 5
    assert to_log2(matrix(values))[1]["scale"] == "log2"


def test_centred_log_ratios_stay_and_choice_wins():
    ratios = matrix(np.random.default_rng(1).normal(size=(500, 5)))
    assert to_log2(ratios)[1]["scale"] == "log2"
    assert to_log2(matrix(intensities()), "never")[1]["scale"] == "log2"
    assert to_log2(matrix(np.log2(intensities())), "always")[1]["scale"] == "linear"
    with pytest.raises(DataError, match="never"):
        to_log2(ratios, "always")


def test_no_value_becomes_a_gap():
    values = intensities()
    values[:50] = 0
    values[50:60] = -20
    logged, evidence = to_log2(matrix(values))
    assert np.isfinite(logged).all(axis=None)
    assert evidence["negative_values"] == 60


def test_probes_are_joined_counted_and_none_is_lost():
    values = matrix([[1, 2], [3, 4], [5, 6], [7, 8], [9, 9], [2, 2]])
    table, done = prepare.prepare_array(values, ANNOTATION, log2="never")
    assert table.loc["A"].tolist() == [2, 3]
    assert list(table.index) == ["A", "B", "D"]
    probes = done["probes"]
    assert (probes["ambiguous"], probes["without_gene"], probes["mapped"]) == (1, 1, 4)
    counted = probes["not_in_annotation"] + probes["without_gene"] + probes["ambiguous"]
    assert counted + probes["mapped"] == probes["in"]


def test_a_sample_does_not_depend_on_the_others():
    values = matrix(np.random.default_rng(2).normal(8, 2, (6, 4)))
    together, _ = prepare.prepare_array(values, ANNOTATION, log2="never")
    for name in values:
        alone, _ = prepare.prepare_array(values[[name]], ANNOTATION, log2="never")
        pd.testing.assert_series_equal(alone[name], together[name])


def test_gaps_cost_the_probe_or_the_gene():
    values = matrix([[1, np.nan], [3, 4], [np.nan, 6], [7, 8], [9, 9], [2, 2]])
    table, done = prepare.prepare_array(values, ANNOTATION, log2="never")
    assert table.loc["A"].tolist() == [3, 4]
    assert "B" not in table.index
    assert done["probes"]["genes_lost_to_missing_values"] == 1


def test_wrong_platform_and_no_values_say_what_to_do():
    with pytest.raises(DataError, match="check the column platform"):
        prepare.prepare_array(matrix(np.ones((2, 2))).set_axis(["x", "y"]), ANNOTATION)
    with pytest.raises(DataError, match="kind=counts"):
        prepare.prepare_array(matrix(np.ones((0, 2))), ANNOTATION)
    with pytest.raises(DataError, match="prepare.min_genes"):
        prepare.require_genes(matrix(np.ones((2, 2))), 10, "one")
    with pytest.raises(DataError, match="have no values"):
        prepare.only_samples(matrix(np.ones((2, 2))), pd.Series(["GSM7"]))


def test_counts_are_scaled_by_each_sample_alone():
    counts = matrix([[10, 100], [0, 0], [990, 900]])
    names = pd.DataFrame({"symbol": ["A", "A", "B"]}, index=["p1", "p2", "p3"])
    raw, (expression, done) = prepare.prepare_counts(counts, names)
    assert raw.loc["A"].tolist() == [10, 100]
    np.testing.assert_allclose(expression.loc["A"], np.log2([1e4 + 1, 1e5 + 1]))
    assert done["values"]["scale"] == "counts"


def test_infinite_values_are_gaps_and_do_not_disturb_the_vote():
    values = np.log2(intensities())
    values[0, 0], values[1, 1] = -np.inf, np.inf
    assert looks_linear(values).tolist() == [False] * 6
    narrow = np.random.default_rng(0).uniform(1, 80, (500, 2))
    narrow[0, 0] = np.inf
    assert looks_linear(narrow).tolist() == [True, True]
    logged, evidence = to_log2(matrix(values))
    assert np.isfinite(list(evidence["quantiles"].values())).all()
    gaps = matrix([[1, -np.inf], [3, 4], [5, 6], [7, 8], [9, 9], [2, 2]])
    table, done = prepare.prepare_array(gaps, ANNOTATION, log2="never")
    assert table.loc["A"].tolist() == [3, 4]
    assert done["probes"]["with_missing_values"] == 1


def test_linear_values_that_are_mostly_negative_are_refused_by_name():
    values = intensities()
    values[:700] *= -1
    with pytest.raises(DataError, match="'auto', the values look linear"):
        to_log2(matrix(values))
    assert to_log2(matrix(values), "never")[1]["scale"] == "log2"


def test_the_decision_does_not_depend_on_gaps():
    values = intensities()
    values[np.random.default_rng(3).random(values.shape) < 0.3] = np.nan
    logged, evidence = to_log2(matrix(values))
    assert evidence["scale"] == "linear"
    np.testing.assert_array_equal(np.isnan(logged), np.isnan(values))


def test_a_blank_sample_does_not_cost_the_others_their_probes():
    values = matrix([[1, np.nan, 2], [3, np.nan, 4], [5, np.nan, 6]] + [[7, np.nan, 8]] * 3)
    table, done = prepare.prepare_array(values, ANNOTATION, log2="never")
    assert list(table.columns) == ["GSM0", "GSM2"]
    assert done["samples_without_values"] == ["GSM1"]
    assert table.loc["A"].tolist() == [2, 3]
    with pytest.raises(DataError, match=r"1 labelled samples have no values \(GSM1\)"):
        prepare.only_samples(table, pd.Series(["GSM0", "GSM1"]))
    with pytest.raises(DataError, match="carries no values"):
        prepare.prepare_array(matrix(np.full((6, 2), np.nan)), ANNOTATION)


def test_unknown_probes_are_counted_apart():
    values = matrix(np.ones((7, 2)))
    genes, done = prepare.map_probes(values, ANNOTATION)
    assert done == {"in": 7, "not_in_annotation": 1, "without_gene": 1, "ambiguous": 1, "mapped": 4}
    assert genes.to_dict() == {"p1": "A", "p2": "A", "p3": "B", "p6": "D"}


def test_median_of_probes():
    values = matrix([[1, 1], [2, 2], [9, 3]])
    names = pd.DataFrame({"symbol": ["A"] * 3}, index=["p1", "p2", "p3"])
    table, done = prepare.prepare_array(values, names, log2="never", collapse="median")
    assert table.loc["A"].tolist() == [2, 2]
    assert done["probes"]["joined_by"] == "median"


def test_a_sample_without_counts_is_named():
    names = pd.DataFrame({"symbol": ["A", "B"]}, index=["p1", "p2"])
    with pytest.raises(DataError, match=r"no counts at all \(GSM1\)"):
        prepare.prepare_counts(matrix([[1, 0], [2, 0]]), names)


def test_labelled_samples_keep_their_order():
    values = matrix(np.arange(6).reshape(2, 3))
    assert list(prepare.only_samples(values, pd.Series(["GSM2", "GSM0"]))) == ["GSM2", "GSM0"]
