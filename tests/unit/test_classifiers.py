import copy
import json
import subprocess
import sys
from pathlib import Path

import crosshub
import numpy as np
import pandas as pd
import pytest
from crosshub.classifiers import freeze
from crosshub.classifiers.frozen import LARGEST_LOG_ODDS, check, log_odds
from crosshub.classifiers.registry import CLASSIFIERS, fit_classifier
from crosshub.classifiers.tuning import (
    COSTS,
    choose_ridge_cost,
    choose_setting,
    deviance,
    platt_sigmoid,
)
from crosshub.errors import DataError
from crosshub.model import Reference
from crosshub.panel import Training, fit_model
from crosshub.selectors.base import inner_splits
from scipy.optimize import minimize
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

MACHINES = ("linear_svm", "rbf_svm")
GENES = 10


def planted(seed, n=120, effect=1.0, informative=3, genes=GENES):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    z = rng.normal(size=(n, genes))
    z[:, :informative] += effect * (y[:, None] - 0.5)
    return z, y


def xor(seed, n):
    z = np.random.default_rng(seed).normal(size=(n, 3))
    return z, (z[:, 0] * z[:, 1] > 0).astype(int)


def fit(name, z, y, seed=1, people=None):
    return fit_classifier(name, z, y, np.arange(len(y)) if people is None else people, seed=seed)


@pytest.fixture(scope="module")
def fitted():
    z, y = planted(0)
    return {name: fit(name, z, y) for name in CLASSIFIERS}


# The frozen form is the fitted one


def of_probability(estimator, z):
    logs = estimator.predict_log_proba(z)
    return logs[:, 1] - logs[:, 0]


@pytest.mark.parametrize(
    ("estimator", "frozen", "expected"),
    [
        (
            LogisticRegression(C=0.5),
            lambda e: freeze.freeze_linear(e.coef_[0], e.intercept_[0]),
            of_probability,
        ),
        (
            LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
            freeze.freeze_discriminant,
            of_probability,
        ),
        (GaussianNB(), freeze.freeze_naive_bayes, of_probability),
        (
            GradientBoostingClassifier(subsample=0.7, random_state=3),
            freeze.freeze_boosting,
            of_probability,
        ),
        (
            MLPClassifier(
                (5,), activation="tanh", solver="lbfgs", alpha=1, max_iter=5000, random_state=1
            ),
            freeze.freeze_network,
            of_probability,
        ),
        (
            MLPClassifier(
                (5,), activation="relu", solver="lbfgs", alpha=1, max_iter=5000, random_state=1
            ),
            freeze.freeze_network,
            of_probability,
        ),
        (
            SVC(kernel="linear", C=0.3),
            lambda e: freeze.freeze_linear_machine(e, 1.7, -0.2),
            lambda e, z: 1.7 * e.decision_function(z) - 0.2,
        ),
        (
            SVC(kernel="rbf", gamma=0.07, C=3),
            lambda e: freeze.freeze_rbf_machine(e, 1.7, -0.2),
            lambda e, z: 1.7 * e.decision_function(z) - 0.2,
        ),
        (
            RandomForestClassifier(50, min_samples_leaf=2, random_state=1),
            freeze.freeze_forest,
            lambda e, z: smoothed(e.predict_proba(z)[:, 1], 50),
        ),
        (
            KNeighborsClassifier(7),
            lambda e: freeze.freeze_neighbours(e._fit_X, e._y, 7),
            lambda e, z: smoothed(e.predict_proba(z)[:, 1], 7),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_frozen_log_odds_are_those_of_scikit_learn(estimator, frozen, expected):
    z, y = planted(1, n=90)
    y[:20] = 0
    fresh = planted(2, n=500)[0]
    estimator.fit(z, y)
    classifier = frozen(estimator)
    check(classifier, GENES)
    np.testing.assert_allclose(
        log_odds(classifier, fresh), expected(estimator, fresh), rtol=1e-9, atol=1e-9
    )


def smoothed(share, voters):
    return np.log((share * voters + 0.5) / ((1 - share) * voters + 0.5))


def test_trees_split_where_scikit_learn_splits_to_the_last_bit():
    z, y = planted(3, genes=2, informative=1)
    # Quarters around 8: thresholds are eighths, where single precision steps by about 1e-6.
    z = 8 + np.round(4 * z) / 4
    forest = RandomForestClassifier(1, bootstrap=False, max_depth=1, random_state=0).fit(z, y)
    tree = forest.estimators_[0].tree_
    gene, threshold = tree.feature[0], tree.threshold[0]
    # Some of these are above the threshold but not any more in single precision.
    near = threshold + np.arange(-200, 201) * 1e-9
    fresh = np.zeros((len(near), 2))
    fresh[:, gene] = near
    expected = smoothed(forest.predict_proba(fresh)[:, 1], 1)
    frozen = freeze.freeze_forest(forest)
    np.testing.assert_allclose(log_odds(frozen, fresh), expected, rtol=1e-12)
    in_double = np.where(near <= threshold, *(frozen["trees"][0]["value"][i] for i in (1, 2)))
    assert (smoothed(in_double, 1) != expected).any()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_sample_scores_the_same_bytes_alone_and_among_others(fitted, name):
    fresh = planted(4, n=61)[0]
    together = log_odds(fitted[name], fresh)
    alone = np.concatenate([log_odds(fitted[name], row[None]) for row in fresh])
    assert alone.tobytes() == together.tobytes()
    for some in (slice(3, 10), slice(None, None, -3), slice(1, 60, 2)):
        assert log_odds(fitted[name], fresh[some]).tobytes() == together[some].tobytes()
    assert log_odds(fitted[name], np.asfortranarray(fresh)).tobytes() == together.tobytes()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_json_keeps_a_classifier_exactly(fitted, name):
    again = json.loads(json.dumps(fitted[name], allow_nan=False))
    assert again == fitted[name]
    check(again, GENES)
    fresh = planted(5)[0]
    assert log_odds(again, fresh).tobytes() == log_odds(fitted[name], fresh).tobytes()


def test_scoring_needs_numpy_alone(fitted):
    code = (
        "import json, sys, numpy as np\n"
        "from crosshub.classifiers.frozen import check, log_odds\n"
        "for classifier in json.load(sys.stdin):\n"
        f"    check(classifier, {GENES})\n"
        f"    log_odds(classifier, np.zeros((2, {GENES})))\n"
        "print({name.split('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'numba'})\n"
    )
    folder = str(Path(crosshub.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {folder!r})\n{code}"],
        input=json.dumps(list(fitted.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


# The fits


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_planted_genes_are_found_and_cases_score_higher(fitted, name):
    z, y = planted(6, n=1000)
    assert roc_auc_score(y, log_odds(fitted[name], z)) > 0.75


def test_only_curved_classifiers_see_an_interaction():
    z, y = xor(0, 200)
    fresh, truth = xor(1, 1000)
    auc = {name: roc_auc_score(truth, log_odds(fit(name, z, y), fresh)) for name in CLASSIFIERS}
    for name in ("ridge_logistic", "lasso_logistic", "linear_svm", "lda"):
        assert auc[name] < 0.6, name
    for name in ("rbf_svm", "random_forest", "knn"):
        assert auc[name] > 0.8, name


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_noise_teaches_nothing(name):
    auc = []
    fresh, truth = planted(99, n=1000, effect=0)
    for seed in range(40):
        z, y = planted(seed, n=30, effect=0)
        auc.append(roc_auc_score(truth, log_odds(fit(name, z, y), fresh)))
    assert abs(np.mean(auc) - 0.5) < 0.03


@pytest.mark.parametrize("name", MACHINES)
def test_probabilities_of_machines_are_calibrated(name):
    slopes = []
    for seed in range(5):
        z, y = planted(seed)
        fresh, truth = planted(seed + 50, n=1000)
        score = log_odds(fit(name, z, y), fresh)
        again = LogisticRegression(C=np.inf).fit(score[:, None], truth)
        slopes.append(again.coef_[0, 0])
        assert abs(score.mean()) < 0.5
    assert min(slopes) > 0.5
    assert max(slopes) < 2


@pytest.mark.parametrize("name", MACHINES)
def test_machines_are_not_sure_of_noise_even_if_people_gave_two_samples(name):
    sure, doubled_people = [], []
    for seed in range(10):
        z, y = planted(seed, n=30, effect=0)
        z, y, people = np.repeat(z, 2, axis=0), np.repeat(y, 2), np.repeat(np.arange(30), 2)
        fresh = planted(seed + 50, n=200, effect=0)[0]
        sure.append(np.abs(log_odds(fit(name, z, y, people=people), fresh)).mean())
        doubled_people.append(np.abs(log_odds(fit(name, z, y), fresh)).mean())
    assert np.mean(sure) < 0.5
    assert np.mean(doubled_people) > np.mean(sure) + 0.2


def ridge_of_panel(z, y, people, seed):
    genes = [f"G{i}" for i in range(z.shape[1])]
    values = pd.DataFrame(z, columns=genes)
    training = Training(values, y, people, pd.Series(0.0, index=genes))
    model = fit_model(training, genes, Reference((), ()), disease="d", comparison="c", seed=seed)
    standard = (values / training.scale).to_numpy()
    return standard, model, choose_ridge_cost(standard, y, inner_splits(y, people, 5, seed))


@pytest.mark.parametrize("case", ["two samples a person", "cases of one person"])
def test_ridge_is_the_model_that_panels_have(case):
    z, y = planted(12, n=40, effect=0.6)
    people = np.arange(40) // 2 if case == "two samples a person" else np.where(y, 0, np.arange(40))
    for seed in range(12):
        standard, model, cost = ridge_of_panel(z, y, people, seed)
        classifier = fit_classifier("ridge_logistic", standard, y, people, seed=seed)
        assert classifier["coefficients"] == list(model.coefficient)
        assert classifier["intercept"] == model.intercept
        other = LogisticRegression(C=cost, tol=1e-10, max_iter=10_000).fit(standard, y)
        np.testing.assert_allclose(classifier["coefficients"], other.coef_[0], atol=1e-5)


def test_cost_of_ridge_is_that_of_least_held_out_deviance():
    z, y = planted(12, n=40, effect=0.6)
    people = np.arange(40) // 2
    chosen = []
    for seed in range(12):
        splits = inner_splits(y, people, 5, seed)
        losses = [
            sum(
                deviance(
                    LogisticRegression(C=cost).fit(z[train], y[train]).decision_function(z[test]),
                    y[test],
                )
                for train, test in splits
            )
            for cost in COSTS
        ]
        chosen.append(choose_ridge_cost(z, y, splits))
        assert chosen[-1] == COSTS[int(np.argmin(losses))]
    assert len(set(chosen)) > 1
    assert choose_ridge_cost(z, y, []) == 0.1


def test_lasso_leaves_noise_genes_out(fitted):
    z, y = planted(7, n=200, informative=3, genes=40)
    weights = np.array(fit("lasso_logistic", z, y)["coefficients"])
    assert (weights[:3] > 0).all()
    assert (weights[3:] == 0).mean() > 0.4


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_same_seed_gives_the_same_classifier(fitted, name):
    z, y = planted(0)
    assert fit(name, z, y) == fitted[name]
    if name in ("random_forest", "gradient_boosting", "mlp"):
        assert fit(name, z, y, seed=2) != fitted[name]


def test_the_setting_of_least_held_out_deviance_is_chosen():
    z, y = planted(8, n=60, effect=2.0)
    half = np.arange(60) < 30
    splits = [(np.flatnonzero(half), np.flatnonzero(~half))]

    def scaled(z, y, factor):
        return freeze.freeze_linear(np.where(np.arange(GENES) < 3, factor, 0.0), 0.0)

    factors = (-2.0, 2.0, 0.0)
    held_out = [deviance(log_odds(scaled(z, y, f), z[~half]), y[~half]) for f in factors]
    assert np.argmin(held_out) == 1
    assert choose_setting(scaled, factors, 0.0, z, y, splits) == 2.0
    assert choose_setting(scaled, factors, 0.0, z, y, []) == 0.0


# Platt's sigmoid


@pytest.mark.parametrize("case", ["overlapping", "separated", "tiny", "uneven"])
def test_sigmoid_is_the_optimum_of_platts_targets(case):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2 if case != "uneven" else (np.arange(60) < 8).astype(int)
    decision = rng.normal(size=60) + {"separated": 10.0}.get(case, 1.0) * y
    decision *= 1e-4 if case == "tiny" else 1.0
    cases, controls = y.sum(), (1 - y).sum()
    targets = np.where(y == 1, (cases + 1) / (cases + 2), 1 / (controls + 2))
    unit = decision.std()

    def loss(theta):
        score = theta[0] * decision / unit + theta[1]
        return (np.logaddexp(0, score) - targets * score).sum()

    best = minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-8})
    slope, offset = platt_sigmoid(decision, y)
    np.testing.assert_allclose((slope * unit, offset), best.x, rtol=1e-4, atol=1e-5)


def test_sigmoid_never_turns_a_machine_round():
    decision = np.linspace(-1, 1, 20)
    slope, offset = platt_sigmoid(decision, (decision < 0).astype(int))
    assert 0 < slope < 0.5
    assert abs(offset) < 1e-9
    slope, offset = platt_sigmoid(np.ones(20), np.arange(20) % 4 == 0)
    assert slope == 0
    assert -1.2 < offset < -0.9


# Small and odd data


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("case", ["one gene", "constant gene", "2+2", "1+5", "one person", "wide"])
def test_small_and_odd_data_can_be_fitted(name, case):
    n = {"2+2": 4, "1+5": 6, "wide": 12}.get(case, 20)
    genes = {"one gene": 1, "wide": 50}.get(case, 4)
    z, y = planted(10, n=n, effect=2.0, informative=1, genes=genes)
    people = np.arange(n)
    if case == "constant gene":
        z[:, 1] = 0.3
    elif case == "1+5":
        y[:] = 0
        y[0] = 1
    elif case == "one person":
        people[y == 1] = 0
    classifier = fit_classifier(name, z, y, people, seed=1)
    check(json.loads(json.dumps(classifier, allow_nan=False)), genes)
    fresh = planted(11, n=50, genes=genes, informative=1)[0]
    for values in (fresh, fresh * 1e8, fresh * 1e300):
        score = log_odds(classifier, values)
        assert score.shape == (50,)
        assert (np.abs(score) <= LARGEST_LOG_ODDS).all()
        assert np.isfinite(1 / (1 + np.exp(-score))).all()


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("genes", [0, 3])
def test_without_a_gene_that_varies_the_prevalence_remains(name, genes):
    y = np.arange(12) < 3
    classifier = fit(name, np.ones((12, genes)), y)
    check(classifier, genes)
    np.testing.assert_allclose(log_odds(classifier, np.zeros((2, genes))), np.log(3 / 9))


def test_what_cannot_be_fitted_or_scored_is_refused(fitted):
    z, y = planted(0)
    with pytest.raises(DataError, match="unknown; choose one of ridge_logistic"):
        fit("oracle", z, y)
    with pytest.raises(DataError, match="both cases and controls"):
        fit("lda", z, np.ones(len(y), int))
    z[3, 2] = np.nan
    with pytest.raises(DataError, match="missing or infinite"):
        log_odds(fitted["lda"], z)


def put(*path, value):
    def damage(classifier):
        for step in path[:-1]:
            classifier = classifier[step]
        classifier[path[-1]] = value

    return damage


def shorten(name):
    return lambda classifier: classifier[name].pop()


def no_split(side, child):
    """Let the first split of the first tree lead somewhere else."""
    return put("trees", 0, side, 0, value=child)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("lda", put("kind", value="pickle")),
        ("lda", put("kind", value=["linear"])),
        ("lda", put("kind", value=None)),
        ("lda", put("code", value="print()")),
        ("lda", lambda classifier: classifier.pop("intercept")),
        ("lda", shorten("coefficients")),
        ("lda", put("coefficients", 0, value=float("nan"))),
        ("lda", put("coefficients", 0, value=float("inf"))),
        ("lda", put("coefficients", 0, value="1")),
        ("lda", put("coefficients", 0, value=None)),
        ("lda", put("coefficients", 0, value=[1.0])),
        ("lda", put("coefficients", 0, value=1e200)),
        ("lda", put("coefficients", 0, value=10**400)),
        ("lda", put("coefficients", value={"a": 1})),
        ("lda", put("intercept", value=True)),
        ("lda", put("intercept", value=[0.0])),
        ("rbf_svm", shorten("support")),
        ("rbf_svm", shorten("dual")),
        ("rbf_svm", put("support", value=[])),
        ("rbf_svm", lambda classifier: classifier["support"][0].pop()),
        ("rbf_svm", put("gamma", value=-1.0)),
        ("rbf_svm", put("slope", value=float("nan"))),
        ("random_forest", put("trees", value=[])),
        ("random_forest", put("trees", value={})),
        ("random_forest", put("trees", 0, value=[])),
        ("random_forest", lambda classifier: classifier["trees"][0].pop("left")),
        ("random_forest", lambda classifier: classifier["trees"][0]["left"].pop()),
        ("random_forest", no_split("left", 0)),
        ("random_forest", no_split("right", 0)),
        ("random_forest", no_split("left", 10_000)),
        ("random_forest", no_split("left", -1)),
        ("random_forest", no_split("left", -2)),
        ("random_forest", no_split("left", 1.5)),
        ("random_forest", no_split("feature", GENES)),
        ("random_forest", no_split("feature", -1)),
        ("random_forest", no_split("threshold", float("nan"))),
        ("random_forest", no_split("value", 1.5)),
        ("gradient_boosting", no_split("right", 0)),
        ("gradient_boosting", no_split("value", float("inf"))),
        ("gradient_boosting", put("intercept", value="0")),
        ("naive_bayes", shorten("means")),
        ("naive_bayes", put("variances", 0, 0, value=0.0)),
        ("naive_bayes", put("priors", 0, value=0.0)),
        ("knn", shorten("cases")),
        ("knn", put("cases", 0, value=2)),
        ("knn", put("cases", 0, value=0.5)),
        ("knn", put("k", value=0)),
        ("knn", put("k", value=1000)),
        ("knn", put("k", value=2.5)),
        ("mlp", shorten("hidden_weights")),
        ("mlp", shorten("output_weights")),
        ("mlp", put("activation", value="eval")),
        ("mlp", put("activation", value=[])),
    ],
)
def test_damaged_classifiers_are_refused_in_one_line(fitted, name, damage):
    classifier = copy.deepcopy(fitted[name])
    check(classifier, GENES)
    damage(classifier)
    with pytest.raises(DataError) as error:
        check(classifier, GENES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_of_another_panel_is_refused(fitted, name):
    with pytest.raises(DataError):
        check(fitted[name], 3)
    with pytest.raises(DataError):
        check([], 3)
