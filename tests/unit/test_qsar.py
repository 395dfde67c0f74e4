"""Predicted activities: against references, against planted truth, and under the null."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.errors import DataError
from crosshub.qsar import domain, validation
from crosshub.qsar.activities import LEFT_OUT, OTHER_TYPE, pool_activities
from crosshub.qsar.domain import least_nearness, nearest_of, nearness, nearness_in_folds
from crosshub.qsar.fingerprints import SIZE, structure_features, tanimoto
from crosshub.qsar.intervals import coverage, half_width, nearness_bands, widths_at
from crosshub.qsar.models import LEAST_CARRIERS, fit_predict
from crosshub.qsar.performance import (
    p_scrambled,
    performance,
    weighted_spearman,
)
from crosshub.qsar.scoring import TOO_FAR, score_candidates
from crosshub.qsar.validation import Settings, validate
from crosshub.qsar.verdict import judge_model
from crosshub.simulate.activities import CORES, SUBSTITUENTS, draw_activities
from crosshub.simulate.compounds import read_structures
from crosshub.tables import plain
from rdkit import Chem
from rdkit.Chem import AllChem
from rdkit.DataStructs import BulkTanimotoSimilarity
from scipy.stats import kstest, spearmanr
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from test_qsar_activities import raw


def pooled(table):
    """Return what `pool_activities` makes of name, smiles, activity."""
    rows = table.rename(columns={"activity": "value"}).astype({"value": str}).assign(unit="log")
    return pool_activities(raw(rows.to_dict("records")), where="x")


def drawn(seed, compounds=120, **options):
    return pooled(draw_activities(np.random.default_rng(seed), compounds=compounds, **options))


def judged(found, predictions, scrambled, *, level=0.9, model="random_forest"):
    table = performance(predictions, np.random.default_rng(3), level=level)
    item = {"model": model, "level": level}
    return table, judge_model("target", predictions, scrambled, table, found[2], item)


@pytest.fixture(scope="module")
def planted():
    """Return a model of planted activities: pooled, predictions, scrambled, table, verdict."""
    found = drawn(0)
    settings = Settings(folds=4, repeats=2, scramblings=19, threads=2)
    made = validate(found[0], settings, np.random.default_rng(1))
    return found, *made, *judged(found, *made)


def bands_of(predictions):
    return nearness_bands(predictions[predictions["split"] == "scaffold"], 0.9)


def neighbours(_, features, activity, asked, *, seed):
    """Stand in for a model where many fits are needed: the mean of the three nearest."""
    similarity = tanimoto(*((part[:, :SIZE] > 0).astype(np.float32) for part in (asked, features)))
    return activity[np.argsort(-similarity, axis=1, kind="stable")[:, :3]].mean(axis=1)


def test_fingerprints_and_similarities_are_those_of_rdkit():
    smiles = read_structures()["smiles"].tolist()
    features, bits = structure_features(smiles)
    molecules = [Chem.MolFromSmiles(text) for text in smiles]
    theirs = [AllChem.GetMorganFingerprintAsBitVect(m, 2, nBits=2048) for m in molecules]
    np.testing.assert_array_equal(bits, np.array([list(part) for part in theirs]))
    hashed = AllChem.GetHashedMorganFingerprint(molecules[7], 2, nBits=2048)
    counts = hashed.GetNonzeroElements()
    assert {i: int(v) for i, v in enumerate(features[7, :SIZE]) if v} == counts
    similarity = tanimoto(bits, bits)
    for row, part in zip(similarity, theirs, strict=True):
        np.testing.assert_allclose(row, BulkTanimotoSimilarity(part, theirs), atol=1e-6)
    assert tanimoto(np.zeros((1, 4), np.float32), np.zeros((2, 4), np.float32)).tolist() == [[0, 0]]
    aspirin = smiles.index("CC(=O)Oc1ccccc1C(O)=O")
    np.testing.assert_allclose(features[aspirin, SIZE:], [180.16, 1.3101, 63.6, 1, 3, 2], atol=0.01)


def test_the_domain_is_that_of_a_plain_loop():
    _, bits = structure_features(read_structures()["smiles"])
    similarity = tanimoto(bits, bits)
    own = []
    for place in range(len(bits)):
        others = np.delete(similarity[place], place)
        own.append(np.sort(others)[-5:].mean())
    assert least_nearness(bits) == pytest.approx(np.quantile(own, 0.05))
    np.testing.assert_allclose(nearness(similarity[:, :3]), similarity[:, :3].mean(axis=1))


@pytest.mark.parametrize("size", [2, 4, 5, 6])
def test_the_domain_of_few_compounds_counts_no_compound_as_its_own_neighbour(size):
    _, bits = structure_features(read_structures()["smiles"].head(size))
    similarity = tanimoto(bits, bits)
    own = [np.sort(np.delete(similarity[i], i))[-5:].mean() for i in range(size)]
    assert least_nearness(bits) == pytest.approx(np.quantile(own, 0.05))
    assert least_nearness(bits) >= 0


def test_the_domain_is_the_same_in_blocks_of_rows(monkeypatch):
    _, bits = structure_features(read_structures()["smiles"])
    rng = np.random.default_rng(0)
    plans = [rng.permutation(np.arange(len(bits)) % folds) for folds in (2, len(bits) // 3)]
    monkeypatch.setattr(domain, "ROWS", 7)
    for plan, (near, least, most) in zip(plans, nearness_in_folds(bits, plans), strict=True):
        for fold in np.unique(plan):
            test = plan == fold
            between = tanimoto(bits[test], bits[~test])
            np.testing.assert_array_equal(near[test], nearness(between))
            np.testing.assert_array_equal(most[test], between.max(axis=1))
            np.testing.assert_allclose(least[test], least_nearness(bits[~test]), rtol=1e-6)
    near, place, most = nearest_of(bits[:20], bits[20:])
    between = tanimoto(bits[:20], bits[20:])
    np.testing.assert_array_equal(near, nearness(between))
    np.testing.assert_array_equal(place, between.argmax(axis=1))
    np.testing.assert_array_equal(most, between.max(axis=1))


def test_a_series_that_is_nearly_all_is_one_line():
    """A model that has next to nothing to learn from must not end in a traceback."""
    chains = [text for text in SUBSTITUENTS if "9" not in text]
    many = [CORES[0].format(a, b) for a in chains for b in chains][:120]
    few = [core.format("F", "F") for core in CORES[1:5]]
    compounds = pooled(pd.DataFrame({"name": "x", "smiles": many + few}).assign(
        activity=np.random.default_rng(0).normal(6, 1, 124)))[0]  # fmt: skip
    with pytest.raises(
        DataError, match=r"learn from 4 of 124 compounds, 20 are needed; .* has 97% of them"
    ) as error:
        validate(compounds, Settings(repeats=1), np.random.default_rng(0))
    assert "\n" not in str(error.value)


def test_held_out_predictions_are_those_of_a_plain_loop():
    """The folds are taken as they came; everything else is refitted by hand."""
    compounds = drawn(4, compounds=80)[0]
    settings = Settings(model="gradient_boosting", folds=3, repeats=1, scramblings=0)
    predictions, scrambled = validate(compounds, settings, np.random.default_rng(2))
    features, bits = structure_features(compounds["smiles"])
    activity = compounds["activity"].to_numpy()
    for split, part in predictions.groupby("split"):
        assert part["inchikey"].tolist() == compounds["inchikey"].tolist()
        for fold in range(3):
            test = (part["fold"] == fold).to_numpy()
            kept = (features[~test] != 0).sum(axis=0) >= LEAST_CARRIERS
            model = HistGradientBoostingRegressor(
                max_iter=100, max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False
            ).fit(features[~test][:, kept], activity[~test])
            theirs = model.predict(features[test][:, kept])
            np.testing.assert_allclose(part["predicted"][test], theirs, rtol=1e-9)
            assert part["training_mean"][test].to_numpy() == pytest.approx(activity[~test].mean())
            near = nearness(tanimoto(bits[test], bits[~test]))
            np.testing.assert_allclose(part["nearness"][test], near)
            inside = near >= least_nearness(bits[~test])
            np.testing.assert_array_equal(part["in_domain"][test], inside)
        groups = part.groupby("group")["fold"].nunique()
        assert (groups.max() == 1) == (split == "scaffold")
    assert scrambled["q2"].item() == pytest.approx(
        1 - ((part["activity"] - part["predicted"]) ** 2).sum()
        / ((part["activity"] - part["training_mean"]) ** 2).sum()
    )  # fmt: skip


def test_measures_are_those_of_scikit_learn_and_scipy(planted):
    _, predictions, _, table, _ = planted
    for row in table.to_dict("records"):
        part = predictions[predictions["split"] == row["split"]]
        y, found = part["activity"], part["predicted"]
        assert row["r2"] == pytest.approx(r2_score(y, found))
        assert row["rmse"] == pytest.approx(root_mean_squared_error(y, found))
        assert row["mae"] == pytest.approx(mean_absolute_error(y, found))
        away = ((y - part["training_mean"]) ** 2).sum()
        assert row["q2"] == pytest.approx(1 - ((y - found) ** 2).sum() / away)
        ranks = [(spearmanr(p["activity"], p["predicted"])[0], len(p))
                 for _, p in part.groupby(["repeat", "fold"])]  # fmt: skip
        assert row["spearman"] == pytest.approx(
            np.average([r for r, _ in ranks], weights=[n for _, n in ranks])
        )
        for key in ("q2", "rmse", "mae", "spearman"):
            assert row[f"{key}_low"] < row[key] < row[f"{key}_high"]


def test_weights_count_repeated_values():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 8, 30).astype(float), rng.normal(size=30).round(1)
    weights = rng.integers(0, 4, (20, 30)).astype(float)
    expected = [spearmanr(np.repeat(x, w.astype(int)), np.repeat(y, w.astype(int)))[0]
                for w in weights]  # fmt: skip
    np.testing.assert_allclose(weighted_spearman(x, y, weights), expected)
    assert np.isnan(weighted_spearman(np.ones(30), y, weights)).all()


def test_the_bootstrap_draws_scaffolds():
    """With each scaffold held twice the interval is that of half as many compounds."""
    rng = np.random.default_rng(0)
    n = 200
    y = rng.normal(6, 1, n)
    one = pd.DataFrame(
        {
            "split": "scaffold", "repeat": 0, "fold": np.arange(n) % 5, "group": np.arange(n),
            "inchikey": np.arange(n).astype(str), "activity": y,
            "predicted": y + rng.normal(0, 0.7, n), "training_mean": 6.0, "in_domain": True,
            "nearness": 0.5, "nearest_similarity": 0.5,
        }
    )  # fmt: skip
    twice = pd.concat([one, one.assign(inchikey=one["inchikey"] + "b")], ignore_index=True)
    width = {}
    for name, table in {"one": one, "twice": twice}.items():
        row = performance(table, np.random.default_rng(1)).iloc[0]
        width[name] = row["rmse_high"] - row["rmse_low"]
    assert width["twice"] == pytest.approx(width["one"], rel=0.1)
    squares = (one["activity"] - one["predicted"]) ** 2
    error = squares.std() / np.sqrt(n) / (2 * np.sqrt(squares.mean()))
    assert width["one"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_a_planted_activity_is_seen_in_new_scaffolds(planted):
    _, predictions, scrambled, table, verdict = planted
    own = table.set_index("split").loc["scaffold"]
    assert own["q2_low"] > 0.4
    assert own["spearman"] > 0.7
    assert own["n_compounds"] == 120
    assert verdict["beats_scrambled"] is True
    assert verdict["p_scrambled"] == pytest.approx(1 / 20)
    assert "the model beats scrambled activities" in verdict["statement"]
    assert verdict["largest_scramble"] < 0.3 < verdict["q2"]
    assert scrambled["scrambling"].tolist() == list(range(20))
    assert predictions.groupby(["split", "repeat"]).size().eq(120).all()
    assert json.loads(json.dumps(plain(verdict)))["target"] == "target"


def test_gradient_boosting_sees_it_too():
    found = drawn(0)
    settings = Settings("gradient_boosting", folds=3, repeats=1, scramblings=0, threads=2)
    made = validate(found[0], settings, np.random.default_rng(1))
    table, verdict = judged(found, *made, model="gradient_boosting")
    assert table.set_index("split").loc["scaffold", "q2_low"] > 0.4
    assert verdict["beats_scrambled"] is None
    assert np.isnan(verdict["p_scrambled"])
    assert "not held against scrambled activities" in verdict["statement"]


def test_activities_of_scaffolds_are_seen_by_the_random_split_alone(monkeypatch):
    """What a series has in common flatters a random split and says nothing of new scaffolds."""
    monkeypatch.setattr(validation, "fit_predict", neighbours)
    compounds, left_out, counted = drawn(5, compounds=300, effect=0, noise=0.2)
    rng = np.random.default_rng(0)
    names, place = np.unique(compounds["scaffold"], return_inverse=True)
    compounds["activity"] += rng.normal(0, 1, len(names))[place]
    made = validate(compounds, Settings(scramblings=39), np.random.default_rng(1))
    _, verdict = judged((compounds, left_out, counted), *made)
    assert verdict["q2_random"] > 0.3
    assert verdict["q2"] < 0.05
    assert verdict["beats_scrambled"] is False
    assert "does not beat scrambled activities" in verdict["statement"]


def test_p_is_uniform_where_structure_says_nothing(monkeypatch):
    monkeypatch.setattr(validation, "fit_predict", neighbours)
    compounds = drawn(6, compounds=60, effect=0)[0]
    p_values = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        # Half of the studies have few distinct values.
        noise = rng.normal(6, 1, 60)
        own = compounds.assign(activity=noise.round(0) if seed % 2 else noise)
        settings = Settings(folds=4, repeats=1, scramblings=19)
        p_values.append(p_scrambled(validate(own, settings, rng)[1]))
    p_values = np.array(p_values)
    assert np.mean(p_values <= 0.05) < 0.12
    # p has 20 values: spread evenly between them it is uniform.
    spread = p_values - np.random.default_rng(0).uniform(0, 0.05, len(p_values))
    assert kstest(spread, "uniform").pvalue > 0.01


def test_a_forest_of_noise_does_not_beat_scrambled_activities():
    found = drawn(7, compounds=60, effect=0, noise=1)
    settings = Settings(folds=3, repeats=1, scramblings=19, threads=2)
    made = validate(found[0], settings, np.random.default_rng(2))
    _, verdict = judged(found, *made)
    assert verdict["q2"] < 0.1
    assert verdict["beats_scrambled"] is False
    assert "say nothing about other compounds" in verdict["statement"]


@pytest.mark.parametrize("model", ["random_forest", "gradient_boosting"])
def test_the_same_numbers_for_any_number_of_threads(model):
    compounds = drawn(8, compounds=50)[0]
    one, three = (
        validate(
            compounds,
            Settings(model, folds=3, repeats=1, scramblings=1, threads=threads),
            np.random.default_rng(1),
        )
        for threads in (1, 3)
    )
    for left, right in zip(one, three, strict=True):
        pd.testing.assert_frame_equal(left, right, check_exact=True)
    plan = Settings(model, folds=3, repeats=1, scramblings=0)
    other = validate(compounds, plan, np.random.default_rng(2))
    assert not np.array_equal(one[0]["predicted"], other[0]["predicted"])


def test_an_unknown_model_is_one_line():
    with pytest.raises(DataError, match="model 'oracle' is unknown; choose one of random_forest"):
        fit_predict("oracle", np.eye(4), np.arange(4.0), np.eye(4), seed=1)


def test_intervals_cover_as_they_say():
    rng = np.random.default_rng(0)
    for n in (9, 19, 20, 60):
        covered = []
        for _ in range(4000):
            errors = np.abs(rng.standard_t(3, n + 1))
            covered.append(errors[0] <= half_width(errors[1:], n, 0.9))
        expected = np.ceil((n + 1) * 0.9) / (n + 1)
        assert np.mean(covered) == pytest.approx(expected, abs=0.02)
        assert np.mean(covered) >= 0.9 - 0.015
    assert np.isnan(half_width(np.ones(8), 8, 0.9))
    assert np.isnan(half_width(np.ones(0), 0, 0.9))
    assert half_width(np.arange(1.0, 10), 9, 0.9) == 9


def test_each_distance_has_its_own_interval():
    rng = np.random.default_rng(1)
    n = 2000
    near = rng.random(n)
    table = pd.DataFrame(
        {
            "inchikey": np.arange(n).astype(str), "activity": 0.0, "nearness": near,
            "predicted": rng.normal(0, np.where(near > 0.5, 0.5, 1.5)), "repeat": 0,
            "in_domain": near > 0.3, "fold": rng.integers(0, 5, n),
        }
    )  # fmt: skip
    bands = nearness_bands(table, 0.9)
    np.testing.assert_allclose(
        bands["half_width"], 1.645 * np.array([0.5, 0.5, 1.5, 1.5]), rtol=0.12
    )
    np.testing.assert_allclose(bands["rmse"], [0.5, 0.5, 1.5, 1.5], rtol=0.12)
    assert bands["share_in_domain"].iloc[0] == 1
    assert bands["predictions"].tolist() == bands["compounds"].tolist() == [500] * 4
    assert coverage(table, 0.9) == pytest.approx(0.9, abs=0.015)
    asked = np.array([1.0, 0.9, 0.6, 0.3, near.min(), near.min() - 1e-6])
    widths = bands["half_width"].to_numpy()
    np.testing.assert_array_equal(widths_at(asked, bands), [*widths[[0, 0, 1, 2, 3]], np.nan])
    assert len(nearness_bands(table.head(59), 0.9)) == 2
    # 0.99 needs 99 compounds for an interval: no more bands than have as many.
    for number, bands_then in [(99, 1), (197, 1), (198, 2), (400, 4)]:
        bands = nearness_bands(table.head(number), 0.99)
        assert len(bands) == bands_then
        assert bands["half_width"].notna().all()
    few = nearness_bands(table.head(8), 0.9)
    assert len(few) == 1
    assert np.isnan(few["half_width"].item())


def test_intervals_of_a_model_cover_fresh_compounds(planted):
    found, predictions, _, table, _ = planted
    assert table.set_index("split").loc["scaffold", "coverage"] == pytest.approx(0.9, abs=0.06)
    fresh = draw_activities(np.random.default_rng(99), compounds=500)
    fresh = pooled(fresh)[0]
    fresh = fresh[~fresh["inchikey"].isin(found[0]["inchikey"])].assign(rank=1, no_structure="")
    scored = score_candidates(
        fresh, found[0], found[1], bands_of(predictions), model="random_forest", seed=1
    )
    assert scored["source"].eq("predicted").all()
    truth = fresh["activity"].to_numpy()
    held = scored["activity_low"].le(truth) & scored["activity_high"].ge(truth)
    has = scored["activity_low"].notna()
    assert has.mean() > 0.95
    # Fresh compounds of known scaffolds are easier than the new scaffolds of the test.
    assert 0.86 <= held[has].mean() <= 0.995
    assert np.corrcoef(scored["activity"], truth)[0, 1] > 0.75


def test_errors_grow_away_from_the_training_compounds(monkeypatch):
    """Every fragment counts for something, so that unknown ones are missed."""
    monkeypatch.setattr(validation, "fit_predict", neighbours)
    drugs = read_structures()[["name", "smiles"]]
    table = pd.concat([draw_activities(np.random.default_rng(0), compounds=400), drugs])
    _, bits = structure_features(table["smiles"])
    weights = np.random.default_rng(3).normal(0, 0.3, SIZE)
    compounds, *rest = pooled(table.assign(activity=7 + bits @ weights))
    made = validate(compounds, Settings(repeats=1, scramblings=0), np.random.default_rng(1))
    quarters = bands_of(made[0])
    assert quarters["predictions"].sum() == len(compounds)
    assert quarters["nearness_low"].is_monotonic_decreasing
    assert quarters["rmse"].iloc[-1] > 1.3 * quarters["rmse"].iloc[0]
    row = judged((compounds, *rest), *made)[0].set_index("split").loc["scaffold"]
    assert row["rmse_out"] > row["rmse_in"]


def candidates(compounds):
    """Return a drug list: measured, an analogue, a stranger, and one without a structure."""
    known = compounds.iloc[3]
    rows = [
        ("known", known["inchikey"], known["smiles"], ""),
        ("analogue", "AAAAAAAAAAAAAA-UHFFFAOYSA-N", "CCCOc1ccc(C(=O)Nc2cccc(Cl)c2)cc1", ""),
        ("stranger", "BBBBBBBBBBBBBB-UHFFFAOYSA-N", "[O-][Cl+3]([O-])([O-])O", ""),
        ("nameless", "", "", "not in the tables of structures"),
        ("bound", "CCCCCCCCCCCCCC-UHFFFAOYSA-N", "COc1ccc(C(=O)Nc2cccc(F)c2)cc1", ""),
    ]
    table = pd.DataFrame(rows, columns=["name", "inchikey", "smiles", "no_structure"])
    table.insert(0, "rank", range(1, 6))
    return table


def test_candidates_are_measured_predicted_or_neither(planted):
    (compounds, left_out, _), predictions, _, _, _ = planted
    bands = bands_of(predictions)
    bound = dict.fromkeys(LEFT_OUT, "") | {"inchikey": "CCCCCCCCCCCCCC-UHFFFAOYSA-N"}
    bound |= {"type": "IC50", "relation": ">", "value": "10000", "unit": "nM"}
    bound |= {"reason": "no exact value (>)", "activity": 5.0}
    other = {"type": "Ki", "relation": "'='", "value": "5", "reason": f"{OTHER_TYPE} IC50"}
    left_out = pd.DataFrame([bound | other, bound, bound | {"relation": "'>'", "value": "20000"}])
    asked = candidates(compounds)
    arguments = (compounds, left_out, bands)
    table = score_candidates(asked, *arguments, model="random_forest", seed=1)
    assert table["name"].tolist() == asked["name"].tolist()
    table = table.set_index("name")
    assert table["source"].tolist() == ["measured", "predicted", "predicted", "none", "predicted"]
    known = table.loc["known"]
    assert known["activity"] == compounds.iloc[3]["activity"]
    assert known["nearest_similarity"] == 1
    assert np.isnan(known["activity_low"])
    assert known["measurements"] == 1
    near = table.loc["analogue"]
    assert near["in_domain"]
    assert near["activity_low"] < near["activity"] < near["activity_high"]
    assert near["activity_high"] - near["activity"] == pytest.approx(
        widths_at(np.array([near["nearness"]]), bands).item()
    )
    assert 0.3 < near["nearest_similarity"] < 1
    far = table.loc["stranger"]
    assert not far["in_domain"]
    assert np.isnan(far["activity_low"])
    assert far["remark"] == TOO_FAR
    assert table.loc["nameless", "remark"] == "not in the tables of structures"
    assert np.isnan(table.loc["nameless", "activity"])
    assert table.loc["bound", "remark"] == (
        "in the table, but left out: IC50 > 10000 nM (no exact value (>)), IC50 > 20000 nM "
        "(no exact value (>)), Ki = 5 nM (another type of activity than IC50)"
    )
    again = score_candidates(asked, *arguments, model="random_forest", seed=1)
    pd.testing.assert_frame_equal(again.set_index("name"), table, check_exact=True)


def test_another_isomer_that_was_measured_is_named(planted):
    (compounds, left_out, _), predictions, _, _, _ = planted
    asked = candidates(compounds).iloc[[0]]
    key = asked["inchikey"].item()
    asked = asked.assign(inchikey=f"{key[:14]}-ZZZZZZZZZZ-N", name="isomer")
    table = score_candidates(
        asked, compounds, left_out, bands_of(predictions), model="random_forest", seed=1
    )
    own = compounds.iloc[3]
    assert table["source"].item() == "predicted"
    assert table["remark"].item() == (
        f"the same skeleton was measured: {own['name']} {own['activity']:.2f}"
    )


def test_no_candidate_can_be_asked(planted):
    (compounds, left_out, _), predictions, _, _, _ = planted
    arguments = (compounds, left_out, bands_of(predictions))
    for asked in (candidates(compounds).iloc[[3]], candidates(compounds).iloc[:0]):
        table = score_candidates(asked, *arguments, model="random_forest", seed=1)
        assert table["source"].eq("none").all()
        assert len(table) == len(asked)


def test_without_an_interval_it_says_so(planted):
    (compounds, left_out, _), predictions, _, _, _ = planted
    bands = bands_of(predictions).assign(half_width=np.nan, nearness_low=0.0)
    table = score_candidates(
        candidates(compounds), compounds, left_out, bands, model="random_forest", seed=1
    )
    assert table["activity_low"].isna().all()
    assert "too few compounds were tested" in table.loc[2, "remark"]


def test_the_figure_says_how_many(planted, tmp_path):
    _, predictions, scrambled, _, verdict = planted
    for name in ("one", "two"):
        figures.save(figures.activity(predictions, scrambled, verdict), tmp_path / f"{name}.svg")
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert "scrambled activities (n = 19)" in text
    assert "inside the domain (n = " in text
    assert "as measured, first repeat: " in text
    untested = figures.activity(predictions, scrambled.head(1), verdict | {"type": ""})
    figures.save(untested, tmp_path / "none.svg")
    assert "Not held against scrambled" in (tmp_path / "none.svg").read_text()


def test_real_drugs_with_a_planted_activity():
    mirror = os.environ.get("CROSSHUB_GEO_MIRROR")
    if not mirror:
        pytest.skip("CROSSHUB_GEO_MIRROR is not set")
    path = Path(mirror.removeprefix("file://")).resolve().parent / "compounds"
    path = path / "repurposing_samples_20200324.txt"
    if not path.exists():
        pytest.skip("the mirror has no repurposing_samples_20200324.txt")
    drugs = pd.read_csv(path, sep="\t", comment="!", encoding="latin1", dtype=str)
    drugs = drugs.dropna(subset=["smiles"]).drop_duplicates("pert_iname")
    drugs = drugs.sample(250, random_state=1)[["pert_iname", "smiles"]]
    drugs.columns = ["name", "smiles"]
    compounds, *rest = pooled(drugs.assign(activity=np.linspace(4, 9, len(drugs))))
    features, _ = structure_features(compounds["smiles"])
    rng = np.random.default_rng(0)
    common = np.flatnonzero((features[:, :SIZE] > 0).sum(axis=0) > 30)
    signal = np.minimum(features[:, rng.choice(common, 10, replace=False)], 2) @ rng.normal(size=10)
    compounds["activity"] = 6 + signal / signal.std() + rng.normal(0, 0.4, len(compounds))
    settings = Settings(folds=4, repeats=1, scramblings=0, threads=2)
    made = validate(compounds, settings, np.random.default_rng(1))
    table, _ = judged((compounds, *rest), *made)
    row = table.set_index("split").loc["scaffold"]
    assert row["q2_low"] > 0.2
    assert row["coverage"] == pytest.approx(0.9, abs=0.05)
