"""What genes add to the score, the nomogram, and their figures."""

import itertools
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.assessment.decision_curve import decision_curve, shift_prevalence
from crosshub.assessment.thresholds import wilson
from crosshub.classifiers.freeze import freeze_linear
from crosshub.errors import DataError
from crosshub.explanation import (
    contributions,
    importance,
    sampled_contributions,
    shapley,
)
from crosshub.figures.benefit import calibration_groups, draw_calibration, draw_decision_curve
from crosshub.figures.explanation import draw_contributions, draw_nomogram
from crosshub.figures.style import house_style, save
from crosshub.nomogram import nomogram, round_values
from crosshub.panel import fit_models
from matplotlib.backends.backend_agg import FigureCanvasAgg

GENES = [f"G{i:04d}" for i in range(0, 200, 20)]
LONG = "A_VERY_LONG_NAME_THAT_NO_GENE_SHOULD_HAVE_BUT_SOME_DO"


@pytest.fixture(scope="module")
def study(make_cohort):
    """Return a fitted model, its training samples on its scale, and new samples."""
    effects = dict.fromkeys(GENES[:5], 1.5) | dict.fromkeys(GENES[5:8], -1.5)
    cohort = make_cohort("one", effects=effects, n_cases=60, n_controls=40)
    model = fit_models([cohort], GENES, ["disease"], comparison="all", seed=1)["disease"]
    training = model.reference.transform(cohort.expression, model.genes)
    return model, training, make_cohort("new", effects=effects, seed=9).expression


def points_of(model, expression):
    """Return the values of the panel on the reference scale."""
    return model.reference.transform(expression, model.genes)


def totals(table, samples):
    """Return the sum of the contributions of each sample."""
    return table.groupby("sample")["contribution"].sum()[list(samples)].to_numpy()


# Contributions of the linear model.


@pytest.mark.parametrize("with_background", [False, True])
@pytest.mark.parametrize("missing", [[], GENES[2:4]])
def test_contributions_and_base_sum_to_the_score(study, with_background, missing):
    model, training, new = study
    background = training.mean() if with_background else None
    part = new.drop(index=missing)
    table = contributions(model, part, background)
    base = training.mean()[GENES] if with_background else pd.Series(model.center, GENES)
    base[missing] = np.nan
    total = model.predict(base.to_numpy()[None]) + totals(table, part.columns)
    np.testing.assert_allclose(total, model.score(part)["score"], rtol=0, atol=1e-10)
    assert list(table.columns) == ["sample", "gene", "value", "contribution"]
    assert len(table) == new.shape[1] * len(GENES)


def test_contributions_are_the_formula_gene_by_gene(study):
    model, training, new = study
    table = contributions(model, new, training.mean()).set_index(["sample", "gene"])
    i, sample = 3, new.columns[7]
    value = points_of(model, new).loc[sample, GENES[i]]
    expected = model.coefficient[i] * (value - training[GENES[i]].mean()) / model.scale[i]
    assert table.loc[(sample, GENES[i]), "value"] == value
    assert table.loc[(sample, GENES[i]), "contribution"] == pytest.approx(expected, abs=1e-12)


def test_contributions_sum_to_nothing_over_the_background_itself(study):
    model, _, new = study
    background = points_of(model, new).mean()
    means = contributions(model, new, background).groupby("gene")["contribution"].mean()
    np.testing.assert_allclose(means, 0, atol=1e-12)


def test_a_gene_that_is_not_measured_adds_nothing(study):
    model, training, new = study
    table = contributions(model, new.drop(index=GENES[0]), training.mean())
    own = table[table["gene"] == GENES[0]]
    assert own["value"].isna().all()
    assert (own["contribution"] == 0).all()


def test_too_few_genes_or_a_background_with_gaps_are_refused(study):
    model, training, new = study
    with pytest.raises(DataError, match="not measured"):
        contributions(model, new.drop(index=GENES[:4]))
    with pytest.raises(DataError, match=f"background: no value for {GENES[1]}"):
        contributions(model, new, training.mean().drop(GENES[1]))


def test_a_model_without_genes_has_no_contributions(study):
    model, _, new = study
    empty = replace(
        model, genes=(), center=(), scale=(), classifier=freeze_linear([], model.intercept)
    )
    table = contributions(empty, new)
    assert table.empty
    assert list(table.columns) == ["sample", "gene", "value", "contribution"]


# Shapley values of any model.


def by_orders(predict, sample, background):
    """Return Shapley values as the mean over all orders of the genes: the definition."""
    genes = len(sample)
    found = np.zeros(genes)
    for order in itertools.permutations(range(genes)):
        mixed = background.copy()
        before = predict(mixed).mean()
        for gene in order:
            mixed[:, gene] = sample[gene]
            after = predict(mixed).mean()
            found[gene] += after - before
            before = after
    return found / math.factorial(genes)


def curved(z):
    """Return a model with interactions of two and three genes and a bend; gene 3 does nothing."""
    return np.sin(z[:, 0]) + z[:, 0] * z[:, 1] * z[:, 2] + np.maximum(z[:, 4] * z[:, 1], 0.2)


def test_enumeration_is_the_mean_over_all_orders():
    rng = np.random.default_rng(1)
    z, background = rng.normal(size=(3, 5)), rng.normal(size=(7, 5))
    found = shapley(curved, z, background, rng=rng)
    expected = [by_orders(curved, sample, background) for sample in z]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("genes", [5, 12])
def test_values_sum_to_the_prediction_less_that_of_the_background(genes):
    rng = np.random.default_rng(2)
    z, background = rng.normal(size=(4, genes)), rng.normal(size=(6, genes))
    found = shapley(curved, z, background, rng=rng, permutations=4)
    expected = curved(z) - curved(background).mean()
    np.testing.assert_allclose(found.sum(axis=1), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("genes", [4, 15])
def test_a_linear_model_has_the_closed_form(genes):
    rng = np.random.default_rng(3)
    weight = rng.normal(size=genes)
    z, background = rng.normal(size=(5, genes)), rng.normal(size=(9, genes))
    found = shapley(lambda x: x @ weight - 2, z, background, rng=rng, permutations=2)
    expected = weight * (z - background.mean(axis=0))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_logistic_model_has_its_contributions(study):
    model, training, new = study
    center, scale = np.array(model.center), np.array(model.scale)
    z = ((points_of(model, new) - center) / scale).to_numpy()
    background = ((training - center) / scale).to_numpy()
    rng = np.random.default_rng(4)
    found = shapley(
        lambda x: x @ np.array(model.coefficient) + model.intercept,
        z,
        background,
        rng=rng,
        permutations=2,
    )
    table = contributions(model, new, training.mean())
    np.testing.assert_allclose(found.ravel(), table["contribution"], atol=1e-10)


@pytest.mark.parametrize("extra", [0, 8])
def test_genes_that_do_the_same_get_the_same_and_a_gene_that_does_nothing_gets_nothing(extra):
    """Genes 0 and 1 enter alike, gene 2 never; below and above the limit of enumeration."""
    rng = np.random.default_rng(5)

    def predict(x):
        return np.exp(x[:, 0] * x[:, 1]) + x[:, 0] + x[:, 1] + x[:, 3]

    z, background = rng.normal(size=(3, 4 + extra)), rng.normal(size=(5, 4 + extra))
    z[:, 1], background[:, 1] = z[:, 0], background[:, 0]
    found = shapley(predict, z, background, rng=rng, permutations=2)
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=1e-10)
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-12)
    assert (np.abs(found[:, 0]) > 1e-3).all()


@pytest.mark.parametrize("genes", [3, 12])
def test_an_interaction_of_two_genes_is_shared_equally(genes):
    """Above a background of zero a product has no single effects; reversed orders are exact."""
    rng = np.random.default_rng(6)
    z = rng.normal(size=(4, genes))
    found = shapley(lambda x: x[:, 0] * x[:, 1], z, np.zeros((1, genes)), rng=rng, permutations=2)
    half = z[:, 0] * z[:, 1] / 2
    np.testing.assert_allclose(found[:, :2], np.column_stack([half, half]), atol=1e-12)


def test_sampled_orders_come_near_the_exact_values_as_there_are_more():
    """A product of three genes among twelve: a third each."""
    z = np.full((1, 12), 2.0)

    def error(permutations, seed):
        found = shapley(
            lambda x: x[:, 0] * x[:, 1] * x[:, 2],
            z,
            np.zeros((1, 12)),
            rng=np.random.default_rng(seed),
            permutations=permutations,
        )
        return np.abs(found[0, :3] - 8 / 3).mean()

    few = np.mean([error(10, seed) for seed in range(20)])
    many = np.mean([error(640, seed) for seed in range(3)])
    assert 0 < many < few / 3
    assert error(10, 1) == error(10, 1)


def test_shapley_refuses_odd_orders_and_shapes_that_do_not_fit():
    rng, z = np.random.default_rng(0), np.zeros((2, 3))
    with pytest.raises(DataError, match="even number"):
        shapley(curved, z, z, rng=rng, permutations=3)
    with pytest.raises(DataError, match="same genes"):
        shapley(curved, z, np.zeros((2, 4)), rng=rng)
    with pytest.raises(DataError, match="background is empty"):
        shapley(curved, z, np.zeros((0, 3)), rng=rng)


# Importance.


def test_importance_finds_planted_genes_and_their_direction(study):
    model, training, new = study
    table = importance(contributions(model, new, training.mean()))
    assert set(table["gene"].head(8)) == set(GENES[:8])
    direction = table.set_index("gene")["direction"]
    assert (direction[GENES[:5]] == "up").all()
    assert (direction[GENES[5:8]] == "down").all()
    assert list(table["rank"]) == list(range(1, 11))
    assert table["mean_absolute"].is_monotonic_decreasing


def test_importance_of_a_small_table_by_hand():
    table = pd.DataFrame(
        {
            "sample": ["a", "b"] * 4,
            "gene": np.repeat(["UP", "DOWN", "FLAT", "GONE"], 2),
            "value": [1.0, 3, 1, 3, 5, 5, np.nan, np.nan],
            "contribution": [-1.0, 1, 3, -1, 0.5, 0.5, 0, 0],
        }
    )
    found = importance(table)
    assert list(found["gene"]) == ["DOWN", "UP", "FLAT", "GONE"]
    assert list(found["mean_absolute"][:3]) == [2, 1, 0.5]
    assert np.isnan(found["mean_absolute"][3])
    assert list(found["direction"]) == ["down", "up", "", ""]


# Nomogram.


@pytest.fixture(scope="module")
def ends(study):
    _, training, _ = study
    return training.quantile(0.05), training.quantile(0.95)


@pytest.mark.parametrize("missing", [[], GENES[2:4]])
def test_total_points_read_the_probability_of_the_model(study, ends, missing):
    model, _, new = study
    found, part = nomogram(model, *ends), new.drop(index=missing)
    values = points_of(model, part)
    outside = (values < ends[0]) | (values > ends[1])
    assert outside.to_numpy().any(), "samples beyond the rulers must be among them"
    total = found.points(values).sum(axis=1).to_numpy()
    expected = model.score(part)["probability"].to_numpy()
    np.testing.assert_allclose(found.probability(total), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.total(expected), total, rtol=0, atol=1e-6)


def test_a_stated_prevalence_moves_the_probability_as_prior_correction_does(study, ends):
    model, _, new = study
    found = nomogram(model, *ends, prevalence=0.02)
    total = found.points(points_of(model, new)).sum(axis=1).to_numpy()
    plain = model.score(new)["probability"].to_numpy()
    expected = shift_prevalence(plain, model.prevalence, 0.02)
    np.testing.assert_allclose(found.probability(total, 0.02), expected, rtol=0, atol=1e-9)
    assert found.stated_prevalence == 0.02
    np.testing.assert_allclose(found.total(expected, 0.02), total, rtol=0, atol=1e-6)


def test_the_widest_gene_has_100_points_and_none_has_less_than_0(study, ends):
    model, _, _ = study
    found = nomogram(model, *ends)
    points = found.genes[["points_low", "points_high"]]
    np.testing.assert_allclose(points.min(axis=1), 0, atol=1e-12)
    assert points.max(axis=1).max() == pytest.approx(100)
    span = np.abs(np.array(model.coefficient)) / np.array(model.scale)
    span = span * (ends[1] - ends[0])[list(model.genes)].to_numpy()
    assert points.max(axis=1).argmax() == span.argmax()
    np.testing.assert_allclose(points.max(axis=1), 100 * span / span.max())
    down = np.array(model.coefficient) < 0
    assert (found.genes.loc[down, "points_low"] > found.genes.loc[down, "points_high"]).all()
    assert found.most == pytest.approx(points.max(axis=1).sum())


def test_ticks_lie_on_the_rulers_and_carry_their_points(study, ends):
    model, _, _ = study
    found = nomogram(model, *ends)
    rulers = found.genes.set_index("gene").loc[found.ticks["gene"]]
    value = found.ticks["value"].to_numpy()
    assert len(found.ticks) > len(GENES)
    assert ((value >= rulers["low"] - 1e-6) & (value <= rulers["high"] + 1e-6)).all()
    wide = pd.DataFrame([ends[0]] * len(value)).reset_index(drop=True)
    for i, row in enumerate(found.ticks.itertuples()):
        wide.loc[i, row.gene] = row.value
        assert found.points(wide.loc[[i]])[row.gene].item() == pytest.approx(row.points)


def test_round_values_are_round_inside_and_apart():
    assert round_values(4.13, 9.2, 42) == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert round_values(0, 340, 80) == [0, 50, 100, 150, 200, 250, 300]
    assert round_values(4.1, 4.2, 6) == []
    assert round_values(3, 3, 100) == []


def test_nomogram_refuses_what_cannot_be_drawn(study, ends):
    model, _, _ = study
    low, high = ends
    with pytest.raises(DataError, match="no gene of the model moves"):
        nomogram(model, low, low)
    with pytest.raises(DataError, match="no gene of the model moves"):
        nomogram(
            replace(
                model, genes=(), center=(), scale=(), classifier=freeze_linear([], model.intercept)
            ),
            low,
            high,
        )
    with pytest.raises(DataError, match="above its high end"):
        nomogram(model, high, low)
    with pytest.raises(DataError, match="high: no value"):
        nomogram(model, low, high.drop(GENES[0]))
    with pytest.raises(DataError, match="prevalence 1"):
        nomogram(model, low, high, prevalence=1)


# Groups of the calibration figure.


def test_calibration_groups_are_equal_and_hold_wilsons_intervals():
    rng = np.random.default_rng(7)
    probability, case = rng.uniform(size=200), rng.uniform(size=200) < 0.5
    groups = calibration_groups(probability, case)
    assert list(groups["n"]) == [20] * 10
    first = np.argsort(probability)[:20]
    assert groups["predicted"][0] == pytest.approx(probability[first].mean())
    expected = wilson(int(case[first].sum()), 20)
    np.testing.assert_allclose(groups.loc[0, ["observed", "low", "high"]].to_numpy(float), expected)


def test_equal_probabilities_stay_together_and_few_samples_make_few_groups():
    probability = np.repeat([0.2, 0.9], [30, 10])
    groups = calibration_groups(probability, np.arange(40) % 2 == 0)
    assert list(groups["n"]) == [30, 10]
    assert len(calibration_groups(np.linspace(0, 1, 12), np.arange(12) > 5)) == 2
    assert len(calibration_groups(np.array([0.3]), np.array([True]))) == 1


def test_intervals_cover_right_predictions_and_leave_wrong_ones():
    rng = np.random.default_rng(8)
    inside = {1.0: [], 4.0: []}
    for _ in range(100):
        log_odds = rng.normal(size=200)
        case = rng.uniform(size=200) < 1 / (1 + np.exp(-log_odds))
        for factor, found in inside.items():
            groups = calibration_groups(1 / (1 + np.exp(-factor * log_odds)), case)
            found += list(groups["predicted"].between(groups["low"], groups["high"]))
    assert 0.92 < np.mean(inside[1.0]) < 0.98
    assert np.mean(inside[4.0]) < 0.5


# Figures.


def made_up(genes, *, long=False, n=40, seed=0):
    """Return a table of contributions and a nomogram of as many genes."""
    rng = np.random.default_rng(seed)
    names = [f"{i:02d}_{LONG}" if long else f"GENE{i}" for i in range(genes)]
    value, weight = rng.normal(8, 1, (n, genes)), rng.normal(size=genes)
    table = pd.DataFrame(
        {
            "sample": np.repeat([f"s{i}" for i in range(n)], genes),
            "gene": np.tile(names, n),
            "value": value.ravel(),
            "contribution": (weight * (value - 8)).ravel(),
        }
    )
    return table, names, weight


@pytest.fixture(scope="module")
def make_nomogram(study):
    def make(genes, *, long=False, prevalence=None):
        _, names, weight = made_up(genes, long=long)
        model = replace(
            study[0],
            genes=tuple(names),
            center=(8.0,) * genes,
            scale=(1.0,) * genes,
            classifier=freeze_linear(weight, study[0].intercept),
        )
        low = pd.Series(6.4, index=names)
        return nomogram(model, low, low + 3.2, prevalence=prevalence)

    return make


def evaluated(cohorts=("x", "y")):
    """Return predictions of cohorts, their decision curves, and their sizes."""
    rng = np.random.default_rng(3)
    parts, curves, sizes = [], {}, {}
    for cohort in cohorts:
        score = rng.normal(size=40)
        case = np.arange(40) < 18
        part = pd.DataFrame({"cohort": cohort, "sample": np.arange(40), "case": case})
        parts += [part.assign(score=score), part.assign(score=score + 0.1)]
        probability = 1 / (1 + np.exp(-score))
        curves[cohort] = decision_curve(probability, case, np.arange(0.05, 0.6, 0.05), 0.2)
        sizes[cohort] = (18, 22)
    return pd.concat(parts, ignore_index=True), curves, sizes


def words(figure, tmp_path):
    """Save a figure and return the text that stands in it."""
    path = tmp_path / "figure.svg"
    save(figure, path)
    found = ElementTree.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")
    return " | ".join("".join(element.itertext()) for element in found)


@pytest.fixture(scope="module")
def draw(make_nomogram):
    """Return functions that draw each figure, also of one gene and of many with long names."""
    predictions, curves, sizes = evaluated()
    both = {"n_cases": 18, "n_controls": 22, "disease": "disease_a"}
    return {
        "contributions": lambda: draw_contributions(made_up(6)[0], **both),
        "contributions of 1 gene": lambda: draw_contributions(made_up(1)[0], **both),
        "contributions of 20 genes": lambda: draw_contributions(made_up(20, long=True)[0], **both),
        "nomogram": lambda: draw_nomogram(make_nomogram(6, prevalence=0.05), **both),
        "nomogram of 1 gene": lambda: draw_nomogram(make_nomogram(1), **both),
        "nomogram of 20 genes": lambda: draw_nomogram(make_nomogram(20, long=True), **both),
        "benefit": lambda: draw_decision_curve(curves, sizes, disease="disease_a"),
        "calibration": lambda: draw_calibration(predictions, disease="disease_a"),
    }


NAMES = [
    "contributions", "contributions of 1 gene", "contributions of 20 genes", "nomogram",
    "nomogram of 1 gene", "nomogram of 20 genes", "benefit", "calibration",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_figures_have_the_same_bytes_twice_labels_and_the_number_of_samples(name, draw, tmp_path):
    for run in ("first", "second"):
        save(draw[name](), tmp_path / f"{run}.svg")
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()
    figure = draw[name]()
    assert all(axes.get_xlabel() or axes.get_ylabel() for axes in figure.axes if axes.axison)
    text = words(figure, tmp_path)
    assert "n = 40" in text
    assert "18 cases, 22 controls" in text
    assert "disease_a" in text
    assert "nan" not in text


def tick_labels(axis):
    """Return the labels of the ticks that can be seen."""
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high] + [
        tick.label2 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_label_is_cut_or_covers_another(name, draw):
    figure = draw[name]()
    with house_style():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw_without_rendering()
    texts = [
        text
        for axes in figure.axes
        for text in [
            *axes.texts, *tick_labels(axes.xaxis), *tick_labels(axes.yaxis), axes.xaxis.label,
            axes.yaxis.label, axes.title, axes._left_title,
        ]
        if text.get_text() and text.get_visible()
    ]  # fmt: skip
    texts += [figure._suptitle]
    frame = figure.bbox.padded(2)
    boxes = [text.get_window_extent(renderer) for text in texts]
    for text, box in zip(texts, boxes, strict=True):
        corners = [(box.x0, box.y0), (box.x1, box.y1)]
        assert all(frame.contains(*corner) for corner in corners), text.get_text()
    for (one, a), (two, b) in itertools.combinations(zip(texts, boxes, strict=True), 2):
        assert not a.overlaps(b), (one.get_text(), two.get_text())


def test_contributions_are_drawn_most_important_first_and_no_point_is_left_out(tmp_path):
    table = made_up(25)[0]
    table.loc[table["gene"] == "GENE3", ["value", "contribution"]] = [np.nan, 0]
    figure = draw_contributions(table, disease="a")
    labels = [label.get_text().split(" ")[0] for label in figure.axes[0].get_yticklabels()]
    assert labels == list(importance(table)["gene"].head(20))
    assert "the first 20 of 25 genes" in words(figure, tmp_path)
    assert sum(len(part.get_offsets()) for part in figure.axes[0].collections) == 20 * 40
    few = table[table["gene"].isin(["GENE1", "GENE3"])]
    assert "not measured" in words(draw_contributions(few, disease="a"), tmp_path)


def test_points_of_a_row_stay_in_their_row():
    table = made_up(3, n=600)[0].assign(contribution=0.1)
    figure = draw_contributions(table, disease="a")
    for place, part in enumerate(figure.axes[0].collections):
        assert np.abs(np.asarray(part.get_offsets())[:, 1] - place).max() < 0.5


def test_nomogram_states_both_prevalences(draw, tmp_path):
    text = words(draw["nomogram"](), tmp_path)
    assert "prevalence 0.6 (training)" in text
    assert "prevalence 0.05 (stated)" in text
    assert "(stated)" not in words(draw["nomogram of 1 gene"](), tmp_path)


def test_benefit_says_why_there_is_none_and_states_the_prevalence(tmp_path):
    _, curves, sizes = evaluated()
    curves["y"] = decision_curve(
        np.array([0.1, 0.9]), np.array([False, True]), np.array([0.5]), None
    )
    text = words(draw_decision_curve(curves, sizes, disease="a"), tmp_path)
    assert "prevalence 0.2" in text
    assert "not stated" in " ".join(text.replace(" | ", " ").split())


def test_empty_tables_give_a_sentence(tmp_path):
    predictions, _, _ = evaluated()
    empty = made_up(1)[0].head(0)
    assert "no gene" in words(draw_contributions(empty, disease="a"), tmp_path)
    assert "no cohort" in words(draw_decision_curve({}, {}, disease="a"), tmp_path)
    assert "no cohort" in words(draw_calibration(predictions.head(0), disease="a"), tmp_path)


@pytest.mark.parametrize("classifier", ["knn", "random_forest", "ridge_logistic"])
def test_sampled_contributions_sum_to_the_score_for_any_classifier(study, make_cohort, classifier):
    cohort = make_cohort("one", effects=dict.fromkeys(GENES[:5], 1.5))
    model = fit_models(
        [cohort], GENES[:6], ["disease"], comparison="all", seed=1, classifier=classifier
    )["disease"]
    values = model.reference.transform(cohort.expression, model.genes)
    table = sampled_contributions(model, values, np.random.default_rng(0))
    background = values.iloc[np.linspace(0, len(values) - 1, 25).round().astype(int)]
    base = model.predict(background.to_numpy()).mean()
    scores = model.score(cohort.expression)["score"]
    np.testing.assert_allclose(base + totals(table, values.index), scores, atol=1e-9)
    if model.is_linear:
        exact = contributions(model, cohort.expression, background.mean())
        np.testing.assert_allclose(table["contribution"], exact["contribution"], atol=1e-9)
