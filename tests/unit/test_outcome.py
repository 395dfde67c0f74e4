"""A panel that predicts numbers: selectors, models, the whole procedure, and what is said of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crosshub.added_value import added_value
from crosshub.assessment import Z
from crosshub.assessment.discrimination import concordance, concordance_interval
from crosshub.classifiers import FOR_NUMBERS
from crosshub.classifiers.registry import CLASSIFIERS, fit_classifier
from crosshub.config import complete, read_schema
from crosshub.discover import Procedure, delivered_rng, discover
from crosshub.elimination import eliminate, eliminate_by_many
from crosshub.errors import DataError
from crosshub.evaluation import evaluate, join, validate
from crosshub.figures.benefit import draw_tested
from crosshub.judgement import judge
from crosshub.measures import of_prediction
from crosshub.model import from_plain, to_plain
from crosshub.performance import fold_auc
from crosshub.ridge import ridge_linear
from crosshub.selectors.filters import association_t
from crosshub.selectors.registry import SELECTORS
from scipy.stats import kstest, pearsonr
from sklearn.linear_model import Ridge

INFORMATIVE = [f"G{i:04d}" for i in (10, 40, 70, 100, 130)]


def of_numbers(cohort, rng, *, effect, unit=1.0):
    """Give a cohort an outcome that its informative genes follow; its groups are its halves."""
    level = rng.normal(size=len(cohort.samples))
    values = cohort.expression.copy()
    for gene in INFORMATIVE:
        values.loc[gene] += effect * level
    group = np.where(level > np.median(level), "case", "control")
    samples = cohort.samples.assign(group=group, density=-unit * level)
    return replace(
        cohort, expression=values, samples=samples, outcome="-density", predicts="outcome"
    )


@pytest.fixture
def study(make_cohort):
    def make(effect=1.0, seed=0, validation=True):
        rng = np.random.default_rng(seed)
        roles = ["discovery", "discovery", *(["validation"] if validation else [])]
        return [
            of_numbers(
                make_cohort(f"c{i}", role=role, seed=seed, n_cases=16, n_controls=16),
                rng,
                effect=effect,
                unit=10.0**i,
            )
            for i, role in enumerate(roles)
        ]

    return make


def plan(root, **panel):
    schema = read_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    filled = complete({"study": "outcome", "datasets": "none"}, schema)
    sections = {name: filled[name] for name in ("combine", "candidates", "modules", "shared")}
    settings = filled["panel"] | {"selectors": ["lasso", "univariate"]} | panel
    return Procedure("all", ("disease",), 1, panel=settings, **sections)


@pytest.fixture
def procedure(request):
    return lambda **panel: plan(request.config.rootpath, **panel)


def test_concordance_and_its_error_equal_those_of_survival(golden):
    found, samples = golden("concordance/found"), golden("concordance/samples")
    for row in found.itertuples():
        own = samples[samples["case"] == row.case]
        outcome, score = own["outcome"].to_numpy(float), own["score"].to_numpy(float)
        value, low, high = concordance_interval(outcome, score)
        assert value == pytest.approx(row.concordance, abs=1e-12)
        concordant, pairs = concordance(outcome, score)
        assert concordant / pairs == pytest.approx(row.concordance, abs=1e-12)
        assert min(high, 1) - value == pytest.approx(min(Z * row.error, 1 - value), abs=1e-10)
        assert value - low == pytest.approx(min(Z * row.error, value), abs=1e-10)


def test_the_error_of_people_with_several_samples_equals_survival(golden):
    table = golden("concordance/clustered")
    outcome, score = table["outcome"].to_numpy(float), table["score"].to_numpy(float)
    value, low, high = concordance_interval(outcome, score, table["person"].to_numpy())
    assert value == pytest.approx(table["concordance"][0], abs=1e-12)
    assert value - low == pytest.approx(Z * table["error"][0], abs=1e-10)
    narrow = concordance_interval(outcome, score)
    assert narrow[0] == value
    assert narrow[1] > low


def test_two_classes_written_as_numbers_have_the_concordance_of_classes():
    rng = np.random.default_rng(1)
    case, score = rng.random(30) < 0.4, rng.normal(size=30).round(1)
    assert concordance(case.astype(float), score) == concordance(case, score)


def test_concordance_interval_covers():
    rng = np.random.default_rng(2)
    truth = 0.5 + np.arcsin(0.5 / np.sqrt(1.25)) / np.pi  # of two normals with this correlation
    covered = 0
    for _ in range(400):
        outcome = rng.normal(size=40)
        _, low, high = concordance_interval(outcome, 0.5 * outcome + rng.normal(size=40))
        covered += low <= truth <= high
    assert 0.90 <= covered / 400 <= 0.98


def test_ridge_equals_scikit_learn_and_takes_weights():
    rng = np.random.default_rng(3)
    z, y = rng.normal(size=(25, 6)), rng.normal(size=25)
    weights = rng.integers(0, 3, 25).astype(float)
    coefficient, intercept = ridge_linear(z[None], y[None], 0.2, weights[None])
    known = Ridge(alpha=5.0).fit(z, y, sample_weight=weights)
    np.testing.assert_allclose(coefficient[0], known.coef_, atol=1e-10)
    assert intercept[0] == pytest.approx(known.intercept_, abs=1e-10)


@pytest.mark.parametrize(("samples", "genes", "cost"), [(40, 120, 1.0), (30, 560, 0.1)])
def test_elimination_is_that_of_plain_least_squares_machines(samples, genes, cost):
    rng = np.random.default_rng(genes)
    z, y = rng.normal(size=(samples, genes)), rng.normal(size=samples)
    z[:, 0] += y
    left, eliminated_at = np.arange(genes), np.zeros(genes)
    for step in range(1, genes + 1):
        machine = Ridge(alpha=1 / cost, solver="cholesky").fit(z[:, left], y)
        worst = int(np.argmin(machine.coef_**2))
        eliminated_at[left[worst]] = step
        left = np.delete(left, worst)
    np.testing.assert_array_equal(eliminate(z, y, cost), eliminated_at)
    assert eliminated_at[0] == genes


def test_a_machine_that_does_not_see_samples_is_as_if_they_were_not_there():
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(30, 50)), rng.normal(size=30)
    costs = np.ones((1, 30))
    costs[0, 20:] = 0
    np.testing.assert_array_equal(eliminate_by_many(z, y, costs), eliminate(z[:20], y[:20]))


def test_univariate_p_is_that_of_the_correlation_and_uniform_by_chance():
    rng = np.random.default_rng(5)
    z, y = rng.normal(size=(30, 400)), rng.normal(size=30)
    _, p = association_t(z, y)
    assert p[:5] == pytest.approx([pearsonr(z[:, j], y).pvalue for j in range(5)], rel=1e-9)
    assert kstest(p, "uniform").pvalue > 0.01


@pytest.mark.parametrize("name", SELECTORS)
def test_every_selector_finds_what_numbers_go_with(name):
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(60, 40)), rng.normal(size=60)
    x[:, :4] += 1.5 * y[:, None]
    selector = SELECTORS[name].make(4, 1).fit(x, y)
    # Machines that agree on a small weight rank it high: this one may let noise between.
    first = 12 if name == "multiple_svm_rfe" else 6
    assert len(set(np.argsort(selector.ranking_)[:first]) & set(range(4))) >= 3
    moved = SELECTORS[name].make(4, 1).fit(x, 8 * y)
    np.testing.assert_array_equal(moved.ranking_, selector.ranking_)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_models_of_numbers_or_a_refusal(name):
    rng = np.random.default_rng(7)
    z, y = rng.normal(size=(50, 5)), rng.normal(size=50)
    z[:, 0] += 2 * y
    if name not in FOR_NUMBERS:
        with pytest.raises(DataError, match="cannot predict numbers; choose ridge_logistic or"):
            fit_classifier(name, z, y, np.arange(50), seed=1)
        return
    found = fit_classifier(name, z, y, np.arange(50), seed=1)
    assert found["kind"] == "linear"
    assert np.argmax(np.abs(found["coefficients"])) == 0
    predicted = z @ np.array(found["coefficients"]) + found["intercept"]
    assert np.corrcoef(predicted, y)[0, 1] > 0.8


def test_the_procedure_finds_and_predicts_the_outcome(study, procedure):
    cohorts = study()
    own = {c.name: c for c in cohorts if c.role == "discovery"}
    everyone = {name: list(c.samples.index) for name, c in own.items()}
    found = discover(own, everyone, procedure(), delivered_rng(1, "all"))
    assert set(INFORMATIVE) <= set(found.panel.genes)
    model = found.models["disease"]
    assert model.outcome == "-density"
    again = from_plain(to_plain(model))
    assert again == model
    scored = model.score(cohorts[2].expression)
    assert scored["probability"].isna().all()
    # The disease goes with small numbers: a high score is a low density, in another unit.
    assert np.corrcoef(scored["score"], cohorts[2].samples["density"])[0, 1] < -0.8
    one = model.score(cohorts[2].expression.iloc[:, [3]])
    assert one["score"].iloc[0] == scored["score"].iloc[3]
    # In standard deviations of the outcome, whatever its unit.
    assert scored["score"].std() == pytest.approx(0.9, abs=0.25)


def judged(cohorts, procedure, permutations=19):
    done = [
        evaluate(
            kind,
            unit,
            cohorts,
            procedure,
            folds=4,
            random_panels=20 if kind == "cv" else 0,
            rng=np.random.default_rng([11, len(kind), int(unit) if unit.isdigit() else 0]),
        )
        for kind, unit in [
            ("cv", "0"),
            ("leave_one_cohort_out", "c0"),
            ("leave_one_cohort_out", "c1"),
            *(("permutation", str(i)) for i in range(permutations)),
        ]
    ]
    own = {c.name: c for c in cohorts if c.role == "discovery"}
    everyone = {name: list(c.samples.index) for name, c in own.items()}
    models = discover(own, everyone, procedure, delivered_rng(1, "all")).models
    predictions, selection, drawn, skipped = join(done)
    predictions = pd.concat([predictions, validate(models, cohorts)])
    return judge(predictions, selection, drawn, skipped, models, cohorts), predictions


def test_the_whole_evaluation_says_that_it_holds(study, procedure):
    found, predictions = judged(study(), procedure())
    verdict = found.verdicts["disease"]
    assert verdict["predicts"] == "-density"
    assert verdict["beats_chance"] and verdict["beats_random_panels"]
    assert (
        "the procedure beats chance (cross-validated concordance with -density"
        in (verdict["statement"])
    )
    assert "AUC" not in verdict["statement"]
    assert verdict["cohorts_validated"] == verdict["cohorts_tested"] == 1
    table = found.performance
    assert (table["auc"] > 0.75).all()
    assert table["auc_low"].notna().all()
    numbers = found.measures
    assert (numbers["spearman"] > 0.6).all() and numbers["slope"].between(0.5, 1.6).all()
    assert numbers["sensitivity"].isna().all()
    draw_tested(
        predictions[predictions["resampling"] == "validation"],
        disease="disease",
        outcome="-density",
    )


def test_pure_noise_has_a_concordance_of_a_half(study, procedure):
    forced = procedure(max_genes=5, selectors=["univariate"])
    forced = replace(forced, shared=forced.shared | {"fdr": 1.0})
    values, null = [], []
    for seed in range(200, 220):
        cohorts = study(effect=0.0, seed=seed, validation=False)
        done = [
            evaluate(
                kind,
                str(i),
                cohorts,
                forced,
                folds=4,
                random_panels=0,
                rng=np.random.default_rng([seed, i, len(kind)]),
            )
            for kind, i in [("cv", 0), ("permutation", 0), ("permutation", 1)]
        ]
        table = join(done)[0]
        for kind, found in (("cv", values), ("permutation", null)):
            each = fold_auc(table[table["resampling"] == kind]).query("cohort == 'all'")
            found.extend(each["auc"])
    assert abs(np.mean(values) - 0.5) < 0.045  # three standard errors
    assert abs(np.mean(null) - 0.5) < 0.035
    # The interval is made of the spread of permutations: it is that of the procedure.
    assert 0.6 < np.std(null) / np.std(values) < 1.6


def test_lines_of_prediction():
    rng = np.random.default_rng(8)
    z = rng.normal(size=200)
    z = (z - z.mean()) / z.std()
    found = of_prediction(50 + 9 * z, 0.5 * z)
    assert found["slope"] == pytest.approx(2.0) and found["pearson"] == pytest.approx(1.0)
    assert of_prediction(z, np.zeros(200))["not_calibrated"].startswith("too few")
    covered = 0
    for _ in range(300):
        score = rng.normal(size=40)
        row = of_prediction(score + rng.normal(size=40), score / np.sqrt(2))
        covered += row["slope_low"] <= 1 <= row["slope_high"]
    assert covered / 300 > 0.9


def test_what_a_score_adds_to_covariates_equals_ordinary_regression(make_cohort):
    rng = np.random.default_rng(9)
    cohort = of_numbers(make_cohort("new", role="validation"), rng, effect=0.0)
    n = len(cohort.samples)
    age = 50 + 3 * rng.normal(size=n) - cohort.samples["density"].to_numpy()
    cohort = replace(cohort, samples=cohort.samples.assign(age=age), covariates=("age",))
    score = cohort.truth + rng.normal(size=n)
    rows = pd.DataFrame(
        {"resampling": "validation", "disease": "disease", "cohort": "new",
         "sample": cohort.samples.index, "case": cohort.is_case.to_numpy(),
         "outcome": cohort.truth, "score": score}
    )  # fmt: skip
    row = added_value(rows, [cohort], seed=1).iloc[0]
    fits = [
        sm.OLS(cohort.truth, sm.add_constant(np.column_stack(x))).fit().llf
        for x in ([age], [age, score])
    ]
    assert row["chi_square"] == pytest.approx(2 * (fits[1] - fits[0]), rel=1e-3)
    assert row["auc_both"] > row["auc_covariates"] > 0.5
