import numpy as np
import pandas as pd
import pytest
from crosshub.assessment.discrimination import concordance, concordance_interval, delong
from crosshub.performance import (
    against_random_panels,
    average_auc,
    cross_validated,
    fold_auc,
    performance_table,
    tested_cohorts,
)
from crosshub.verdict import verdicts
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

tested_cohorts.__test__ = False


def numbers(text):
    return np.array([float(x) for x in text.split(",")])


def test_delong_equals_proc(golden):
    checked = 0
    for row in golden("proc/delong").itertuples():
        case, score = numbers(row.case) == 1, numbers(row.score)
        np.testing.assert_allclose(delong(case, score), (row.auc, row.low, row.high), rtol=1e-8)
        checked += 1
    assert checked == 10


def test_concordance_is_the_auc_and_keeps_its_direction():
    rng = np.random.default_rng(0)
    case, score = rng.uniform(size=50) < 0.4, rng.normal(size=50).round(1)
    hits, pairs = concordance(case, score)
    assert hits / pairs == pytest.approx(roc_auc_score(case, score))
    assert delong(case, -score)[0] == pytest.approx(1 - hits / pairs)


def test_perfect_separation_has_an_interval_that_shrinks_with_n():
    lows = []
    for n in (5, 10, 100):
        case = np.repeat([True, False], n)
        auc, low, high = delong(case, case.astype(float))
        assert (auc, high) == (1.0, 1.0)
        lows.append(low)
        assert delong(case, -case.astype(float)) == pytest.approx((0.0, 0.0, 1 - low))
    assert 0.4 < lows[0] < lows[1] < lows[2] < 1


def test_delong_covers_a_known_auc():
    rng = np.random.default_rng(1)
    case = np.repeat([True, False], 30)
    hits = 0
    for _ in range(600):
        _, low, high = delong(case, rng.normal(size=60) + case)
        hits += low <= 0.7602 <= high
    assert 0.92 < hits / 600 < 0.98


def arrays_of_people(rng, people, arrays, effect=0.0):
    """Scores of people with several arrays each, which are alike: their labels, their names."""
    case = np.arange(people) < people // 2
    level = rng.normal(size=people) + effect * case
    person = np.repeat(np.arange(people), arrays)
    return case[person], level[person] + 0.3 * rng.normal(size=person.size), person


def test_one_sample_a_person_is_delong():
    rng = np.random.default_rng(4)
    case, score, _ = arrays_of_people(rng, 40, 1, 1.0)
    names = np.array([f"P{i}" for i in rng.permutation(40)])
    assert delong(case, score, names) == pytest.approx(delong(case, score), abs=1e-14)


def test_the_variance_of_clusters_is_obuchowskis():
    """By its formula, written out person by person; some people are cases and controls."""
    rng = np.random.default_rng(5)
    person = rng.integers(0, 12, 60)
    case, score = rng.uniform(size=60) < 0.5, rng.normal(size=60).round(1)
    score += case
    wins = (score[case][:, None] > score[~case]) + 0.5 * (score[case][:, None] == score[~case])
    m, n = wins.shape
    auc, of_cases, of_controls = wins.mean(), wins.mean(axis=1), wins.mean(axis=0)
    sums = np.zeros((12, 2))
    for i in range(12):
        sums[i, 0] = (of_cases[person[case] == i] - auc).sum()
        sums[i, 1] = (of_controls[person[~case] == i] - auc).sum()
    i10, i01 = len(set(person[case])), len(set(person[~case]))
    s10 = i10 / ((i10 - 1) * m) * (sums[:, 0] ** 2).sum()
    s01 = i01 / ((i01 - 1) * n) * (sums[:, 1] ** 2).sum()
    s11 = 12 / 11 * (sums[:, 0] * sums[:, 1]).sum()
    error = np.sqrt(s10 / m + s01 / n + 2 * s11 / (m * n))
    found = delong(case, score, person)
    assert found == pytest.approx((auc, auc - 1.959964 * error, auc + 1.959964 * error), abs=1e-7)


def test_intervals_cover_where_people_have_several_arrays():
    rng = np.random.default_rng(6)
    hits = np.zeros(2)
    for _ in range(400):
        case, score, person = arrays_of_people(rng, 30, 4)
        for i, people in enumerate((person, None)):
            _, low, high = delong(case, score, people)
            hits[i] += low <= 0.5 <= high
    assert 0.90 < hits[0] / 400 < 0.98
    assert hits[1] / 400 < 0.75, "as if every array were a person"


def test_scores_that_are_all_alike_have_no_interval():
    case = np.repeat([True, False], 10)
    auc, low, high = delong(case, np.zeros(20))
    assert auc == 0.5
    assert np.isnan([low, high]).all()
    assert np.isnan(concordance_interval(np.arange(20.0), np.zeros(20))[1])


def test_groups_of_one_have_no_interval():
    auc, low, high = delong(np.array([True, False, False]), np.array([1.0, 0.0, 2.0]))
    assert auc == 0.5
    assert np.isnan(low)
    assert np.isnan(high)
    assert np.isnan(delong(np.array([True, True]), np.array([1.0, 0.0]))[0])


def predictions(resampling, unit, score, *, fold=None, cohort="one", n=20, n_genes=5):
    case = np.repeat([True, False], n // 2)
    return pd.DataFrame(
        {
            "resampling": resampling,
            "unit": unit,
            "fold": np.tile([0, 1], n // 2) if fold is None else fold,
            "disease": "d",
            "cohort": cohort,
            "sample": [f"{cohort}{i}" for i in range(n)],
            "identity": [f"{cohort}{i}" for i in range(n)],
            "case": case,
            "outcome": np.nan,
            "score": score,
            "n_genes": n_genes,
        }
    )


def test_scores_of_different_folds_are_never_compared():
    """A shift between folds must not change the AUC; pooled, it would."""
    case = np.repeat([True, False], 10)
    base = predictions("cv", "0", case.astype(float))
    base["score"] += 100.0 * base["fold"]
    table = fold_auc(base)
    assert (table["auc"] == 1).all()
    assert roc_auc_score(base["case"], base["score"]) < 0.8


def test_cohorts_are_weighted_by_their_pairs():
    pairs = pd.DataFrame(
        {
            "unit": "0",
            "fold": 0,
            "disease": "d",
            "cohort": ["one", "two"],
            "concordant": [10.0, 30.0],
            "pairs": [10, 60],
        }
    )
    table = average_auc(pairs, ["unit"]).set_index("cohort")["auc"]
    assert table.to_dict() == pytest.approx({"one": 1.0, "two": 0.5, "all": 40 / 70})


def null_and_signal(rng, signal, permutations=40):
    case = np.repeat([True, False], 10)
    parts = [predictions("cv", str(i), rng.normal(size=20) + signal * case) for i in range(2)]
    parts += [predictions("permutation", str(i), rng.normal(size=20)) for i in range(permutations)]
    return pd.concat(parts, ignore_index=True)


def test_permutations_give_p_and_interval():
    strong = cross_validated(null_and_signal(np.random.default_rng(0), 4)).iloc[0]
    assert strong["p_permutation"] == pytest.approx(1 / 41)
    assert strong["auc_low"] > 0.6
    p = [
        cross_validated(null_and_signal(np.random.default_rng(s), 0, 19)).iloc[0]["p_permutation"]
        for s in range(100)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p) < 0.65


def test_a_procedure_that_selects_nothing_has_no_narrow_interval():
    case = np.repeat([True, False], 10)
    parts = [predictions("cv", "0", case.astype(float))]
    parts += [predictions("permutation", str(i), 0.0) for i in range(20)]
    row = cross_validated(pd.concat(parts)).iloc[0]
    assert row["auc"] == 1
    # Two folds of 5 + 5: pairs are compared within a fold only.
    assert row["auc_low"] == pytest.approx(1 - 1.96 * np.sqrt(11 / 300 / 2), abs=1e-3)


def test_without_permutations_nothing_is_claimed():
    row = cross_validated(predictions("cv", "0", np.arange(20.0))).iloc[0]
    assert np.isnan(row["p_permutation"])
    assert np.isnan(row["auc_low"])
    found = verdicts(
        {"d": 3}, cross_validated(predictions("cv", "0", 0.0)), EMPTY, UNKNOWN, NOWHERE, related()
    )["d"]
    assert found["beats_chance"] is None
    assert "not known" in found["statement"]


def test_too_few_permutations_cannot_tell():
    rows = null_and_signal(np.random.default_rng(0), 4, permutations=10)
    cross = cross_validated(rows)
    found = verdicts(
        {"d": 3}, cross, performance_table(rows, cross, related()), UNKNOWN, NOWHERE, related()
    )["d"]
    assert found["p_permutation"] == pytest.approx(1 / 11)
    assert found["beats_chance"] is None
    assert "10 label permutations were made, and it takes 19" in found["statement"]


EMPTY = pd.DataFrame(
    columns=["disease", "cohort", "resampling", "auc_low", "independent", "shared_people"]
)
NOWHERE = {
    "d": {"prediction_low": np.nan, "prediction_high": np.nan, "cohorts": 0, "from": "validation"}
}
UNKNOWN = {"d": (np.nan, 0)}


def related(same_series=(), **shared_people):
    """What validation cohorts of the disease share with discovery."""
    table = pd.DataFrame(
        {"disease": "d", "shared_people": list(shared_people.values())},
        index=pd.Index(list(shared_people), name="cohort"),
    )
    table["same_series"] = [name in same_series for name in table.index]
    table["independent"] = table["shared_people"].eq(0) & ~table["same_series"].astype(bool)
    return table


def test_table_and_verdict_in_words():
    rng = np.random.default_rng(3)
    all_rows = pd.concat(
        [
            null_and_signal(rng, 3),
            predictions("validation", "out", rng.normal(size=20) + 3 * np.repeat([1, 0], 10),
                        fold=0, cohort="out"),
            predictions("leave_one_cohort_out", "one", rng.normal(size=20), fold=0),
        ],
        ignore_index=True,
    )  # fmt: skip
    cross = cross_validated(all_rows)
    table = performance_table(all_rows, cross, related(out=0))
    assert set(table["resampling"]) == {"cv", "validation", "leave_one_cohort_out"}
    assert (table[["n_cases", "n_controls"]] == 10).all(axis=None)
    found = verdicts({"d": 5}, cross, table, {"d": (0.01, 99)}, NOWHERE, related(out=0))["d"]
    assert found["beats_chance"] is True
    assert found["beats_random_panels"] is True
    assert found["p_random_panels"] == pytest.approx(0.01)
    assert (found["cohorts_tested"], found["cohorts_validated"]) == (1, 1)
    assert "beats chance" in found["statement"]
    assert "1 of 1 independent cohort" in found["statement"]
    nothing = verdicts({"d": 0}, cross, table, UNKNOWN, NOWHERE, related(out=0))["d"]
    assert "there is no panel" in nothing["statement"]


def test_a_cohort_that_shares_people_is_named_and_does_not_count():
    rng = np.random.default_rng(3)
    far_apart = rng.normal(size=20) + 3 * np.repeat([1, 0], 10)
    rows = [null_and_signal(rng, 3)]
    rows += [
        predictions("validation", name, far_apart, fold=0, cohort=name) for name in ("out", "kin")
    ]
    cross = cross_validated(pd.concat(rows))
    table = performance_table(pd.concat(rows), cross, related(out=0, kin=2))
    outside = table.set_index(["resampling", "cohort"]).loc["validation"]
    assert outside["independent"].to_dict() == {"kin": False, "out": True}
    assert outside["shared_people"].to_dict() == {"kin": 2, "out": 0}
    assert table.loc[table["resampling"] == "cv", "independent"].isna().all()
    found = verdicts({"d": 5}, cross, table, UNKNOWN, NOWHERE, related(out=0, kin=2))["d"]
    assert (found["cohorts_tested"], found["cohorts_validated"]) == (1, 1)
    assert found["cohorts_not_independent"] == {"kin": 2}
    assert "Cohort kin shares 2 people with discovery" in found["statement"]


def test_a_cohort_that_cannot_be_scored_is_not_tested():
    rows = pd.concat(
        [
            null_and_signal(np.random.default_rng(3), 3),
            predictions("validation", "mute", 0.0, fold=0, cohort="mute"),
        ],
        ignore_index=True,
    )
    cross, known = cross_validated(rows), related(mute=0, gone=7, again=0, same_series=("again",))
    found = verdicts(
        {"d": 5}, cross, performance_table(rows, cross, known), UNKNOWN, NOWHERE, known
    )
    found = found["d"]
    assert (found["cohorts_tested"], found["cohorts_not_tested"]) == (0, ["mute"])
    assert found["cohorts_not_independent"] == {"gone": 7, "again": 0}
    assert "No independent cohort was there" in found["statement"]
    assert "Cohort mute could not test it" in found["statement"]
    assert "Cohort gone shares 7 people with discovery" in found["statement"]
    assert "Cohort again is of a series of discovery" in found["statement"]


def test_folds_that_could_not_be_done_are_no_lack_of_permutations():
    nothing = predictions("cv", "0", 0.0).iloc[:0]
    cross = cross_validated(nothing)
    table = performance_table(nothing, cross, related())
    found = verdicts({"d": 1}, cross, table, UNKNOWN, NOWHERE, related())["d"]
    assert "whether the panel of 1 gene beats chance is not known: no fold" in found["statement"]
    assert "label permutations" not in found["statement"]


def test_noise_does_not_beat_chance_in_words():
    rows = null_and_signal(np.random.default_rng(8), -0.2)
    cross = cross_validated(rows)
    found = verdicts(
        {"d": 5}, cross, performance_table(rows, cross, related()), UNKNOWN, NOWHERE, related()
    )["d"]
    assert found["beats_chance"] is False
    assert "does not beat chance" in found["statement"]
    assert "No independent cohort" in found["statement"]


def test_random_panels_are_held_against_the_same_folds():
    """A fold that chose nothing has no random panels, and no say in whether they do as well."""
    case = np.repeat([True, False], 10)
    chosen = predictions("cv", "0", case.astype(float), fold=0)
    nothing = predictions("cv", "0", 0.0, fold=1, n_genes=0)
    panels = pd.DataFrame(
        {"unit": "0", "fold": 0, "disease": "d", "cohort": "one", "draw": range(9),
         "concordant": 80.0, "pairs": 100}
    )  # fmt: skip
    rows = pd.concat([chosen, nothing], ignore_index=True)
    assert against_random_panels(panels, rows, "d") == pytest.approx(0.1)
    as_well = panels.assign(concordant=100.0)
    assert against_random_panels(as_well, rows, "d") == 1
    assert np.isnan(against_random_panels(panels, rows, "other"))


def test_the_upper_limit_knows_what_folds_with_a_panel_can_do():
    """Half of the folds select nothing and score alike: the delivered model has a panel."""
    rng = np.random.default_rng(3)
    case = np.repeat([True, False], 20)
    fold = np.tile([0, 1], 20)
    score = np.where(fold == 0, 0.5 * case + rng.normal(size=40), 0.0)
    sizes = np.where(fold == 0, 5, 0)
    done = predictions("cv", "0", score, fold=fold, n=40, n_genes=sizes)
    null = [
        predictions("permutation", str(i), rng.normal(size=40), fold=fold, n=40) for i in range(40)
    ]
    row = cross_validated(pd.concat([done, *null])).set_index("cohort").loc["all"]
    with_panel = cross_validated(pd.concat([done[done["n_genes"] > 0], *null]))
    best = with_panel.set_index("cohort").loc["all", "auc"]
    assert row["auc"] == pytest.approx((best + 0.5) / 2)
    spread = row["auc"] - row["auc_low"]
    # Half of the people were tested with a panel.
    assert row[["folds", "folds_with_panel"]].to_list() == [2, 1]
    assert best + spread * np.sqrt(2) < 1
    assert row["auc_high"] == pytest.approx(best + spread * np.sqrt(2))
    without = cross_validated(pd.concat([done, *null]), delivered=False).set_index("cohort")
    assert without.loc["all", "auc_high"] == pytest.approx(row["auc"] + spread)
    # Where every fold has a panel the interval is even.
    whole = cross_validated(pd.concat([done.assign(n_genes=5), *null])).set_index("cohort")
    even = whole.loc["all", "auc_high"] - row["auc"]
    assert even == pytest.approx(spread)
    assert whole.loc["all", ["folds", "folds_with_panel"]].to_list() == [2, 2]


def test_a_panel_that_no_fold_has_tested_has_no_upper_limit():
    rng = np.random.default_rng(3)
    parts = [predictions("cv", "0", 0.0, n_genes=0)]
    parts += [predictions("permutation", str(i), rng.normal(size=20)) for i in range(20)]
    rows = pd.concat(parts)
    cross = cross_validated(rows)
    assert cross.set_index("cohort").loc["all", ["auc", "auc_high"]].to_list() == [0.5, 1]
    found = verdicts({"d": 3}, cross, EMPTY, UNKNOWN, NOWHERE, related())["d"]
    assert (found["folds"], found["folds_with_panel"]) == (2, 0)
    assert "No fold of the cross-validation chose a gene" in found["statement"]
    symmetric = cross_validated(rows, delivered=False).set_index("cohort").loc["all"]
    assert symmetric["auc_high"] - 0.5 == pytest.approx(0.5 - symmetric["auc_low"])


def test_the_statement_tells_how_many_folds_chose_a_panel():
    rows = null_and_signal(np.random.default_rng(0), 4)
    part = cross_validated(rows.assign(n_genes=np.where(rows["fold"] == 0, 3, 0)))
    found = verdicts({"d": 3}, part, EMPTY, UNKNOWN, NOWHERE, related())["d"]
    assert "Only 2 of 4 folds of the cross-validation chose a gene" in found["statement"]
    whole = verdicts({"d": 3}, cross_validated(rows), EMPTY, UNKNOWN, NOWHERE, related())["d"]
    assert "folds" not in whole["statement"]


@pytest.mark.parametrize("folds_with_panel", [1, 2, 5])
def test_the_interval_covers_the_panel_that_only_some_folds_have(folds_with_panel):
    """Planted: a panel worth 0.76 in new people, found by one, two or all of five folds."""
    rng = np.random.default_rng(folds_with_panel)
    case, fold = np.repeat([True, False], 20), np.tile(np.arange(5), 8)
    truth = norm.cdf(1 / np.sqrt(2))
    covered = []
    for _ in range(100):
        chose = np.isin(fold, rng.permutation(5)[:folds_with_panel])
        score = np.where(chose, case + rng.normal(size=40), 0.0)
        parts = [predictions("cv", "0", score, fold=fold, n=40, n_genes=3 * chose)]
        parts += [
            predictions("permutation", str(i), rng.normal(size=40), fold=fold, n=40)
            for i in range(2)
        ]
        row = cross_validated(pd.concat(parts)).set_index("cohort").loc["all"]
        covered.append(row["auc_low"] <= truth <= row["auc_high"])
    assert np.mean(covered) >= 0.92
