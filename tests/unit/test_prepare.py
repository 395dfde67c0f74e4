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
