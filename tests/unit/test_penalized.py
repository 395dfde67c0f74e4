"""Elastic-net paths: equal to glmnet, at the optimum, right on planted truth, silent on noise."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.penalized import choose_penalty, duality_gap, fit_path

GOLDEN = Path(__file__).parents[1] / "golden" / "glmnet"
CASES = {
    "lasso": {},
    "elastic_net": {"mix": 0.5},
    "least_squares": {"logistic": False},
    "free_covariate": {"factors": np.where(np.arange(120) == 2, 0.0, 1.0)},
}


@pytest.fixture(scope="module")
def data():
    table = pd.read_csv(GOLDEN / "input.tsv", sep="\t")
    x = table.iloc[:, 3:].to_numpy()
    return x, table["y"].to_numpy(), table["number"].to_numpy(), table["fold"].to_numpy()


@pytest.mark.parametrize("case", CASES)
def test_paths_equal_glmnet(data, case):
    x, y, number, _ = data
    path = fit_path(x, number if case == "least_squares" else y, **CASES[case])
    golden = pd.read_csv(GOLDEN / "paths.tsv", sep="\t").query("case == @case")
    # glmnet counts factors so that they sum to the number of genes.
    by = 119 / 120 if case == "free_covariate" else 1
    for place, part in golden.groupby("place"):
        k = place - 1
        expected = part.set_index("gene")["coefficient"]
        assert path.penalties[k] * by == pytest.approx(part["lambda"].iloc[0], rel=1e-6)
        found = path.coefficients_at(k, x.shape[1])
        assert path.intercepts[k] == pytest.approx(expected[0], abs=5e-5)
        full = np.zeros(x.shape[1])
        full[expected.index[1:] - 1] = expected.iloc[1:]
        np.testing.assert_allclose(found, full, atol=5e-5)


@pytest.mark.parametrize("case", CASES)
def test_the_choice_of_the_penalty_equals_cv_glmnet(data, case):
    x, y, number, fold = data
    y = number if case == "least_squares" else y
    path = fit_path(x, y, **CASES[case])
    splits = [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(1, 6)]
    choice = choose_penalty(x, y, path, splits, **CASES[case])
    golden = pd.read_csv(GOLDEN / "paths.tsv", sep="\t").query("case == @case")
    for place, part in golden.groupby("place"):
        assert choice.loss[place - 1] == pytest.approx(part["loss"].iloc[0], rel=1e-4)
        assert choice.error[place - 1] == pytest.approx(part["error"].iloc[0], rel=1e-3)
    picked = pd.read_csv(GOLDEN / "choices.tsv", sep="\t").set_index("case").loc[case]
    assert (choice.least + 1, choice.sparse + 1) == (picked["least"], picked["sparse"])


@pytest.mark.parametrize("mix", [1.0, 0.5])
@pytest.mark.parametrize("logistic", [True, False])
def test_no_solution_is_far_from_the_optimum(logistic, mix):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60, 3000))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = x[:, :4].sum(axis=1) + rng.standard_normal(60)
    y = (y > 0).astype(float) if logistic else y
    path = fit_path(x, y, logistic=logistic, mix=mix)
    assert (path.coefficients[0] == 0).all()
    for k, penalty in enumerate(path.penalties):
        b = path.coefficients_at(k, 3000)
        objective, gap = duality_gap(
            x, y, b, path.intercepts[k], penalty, logistic=logistic, mix=mix
        )
        assert -1e-6 * objective < gap < 1e-4 * objective
    worse = path.coefficients_at(20, 3000) * 1.2
    _, gap = duality_gap(
        x, y, worse, path.intercepts[20], path.penalties[20], logistic=logistic, mix=mix
    )
    assert gap > 1e-3


def test_planted_genes_are_found_and_noise_often_leaves_nothing():
    rng = np.random.default_rng(5)
    empty = 0
    for _ in range(20):
        x = rng.standard_normal((80, 400))
        y = (x[:, :3].sum(axis=1) * 2 + rng.standard_normal(80) > 0).astype(float)
        fold = rng.permutation(80) % 10
        splits = [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(10)]
        path = fit_path(x, y)
        choice = choose_penalty(x, y, path, splits)
        assert set(np.flatnonzero(path.coefficients_at(choice.least, 400))) >= {0, 1, 2}
        noise = rng.permutation(y)
        path = fit_path(x, noise)
        choice = choose_penalty(x, noise, path, splits)
        empty += not path.coefficients_at(choice.sparse, 400).any()
    assert empty >= 8


def test_a_constant_gene_has_no_coefficient_and_a_wrong_mix_is_refused():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((30, 5))
    x[:, 1] = 4.0
    path = fit_path(x, (x[:, 0] > 0).astype(float))
    assert 1 not in path.genes[np.abs(path.coefficients).max(axis=0) > 0]
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        fit_path(x, x[:, 0], mix=0.0)
