"""Recursive elimination against the plain algorithm with an exact solver."""

import numpy as np
import pytest
from crosshub.elimination import eliminate
from sklearn.svm import SVC


def standardised(samples, genes, effect, seed=0):
    rng = np.random.default_rng([seed, genes])
    z, y = rng.normal(size=(samples, genes)), np.arange(samples) % 2
    z[y == 1, :10] += effect
    return (z - z.mean(axis=0)) / z.std(axis=0), y


def plain(z, y, cost):
    left, eliminated_at = np.arange(z.shape[1]), np.zeros(z.shape[1])
    for step in range(1, z.shape[1] + 1):
        machine = SVC(kernel="linear", C=cost, tol=1e-8).fit(z[:, left], y)
        worst = int(np.argmin(machine.coef_[0] ** 2))
        eliminated_at[left[worst]] = step
        left = np.delete(left, worst)
    return eliminated_at


@pytest.mark.parametrize(
    ("samples", "genes", "effect", "cost"),
    [(40, 150, 0.0, 1.0), (80, 250, 1.0, 1.0), (30, 120, 2.0, 0.05), (60, 25, 0.5, 10.0)],
)
def test_the_ranking_is_that_of_the_plain_algorithm(samples, genes, effect, cost):
    z, y = standardised(samples, genes, effect)
    np.testing.assert_array_equal(eliminate(z, y, cost), plain(z, y, cost))


def test_planted_genes_are_eliminated_last():
    z, y = standardised(60, 700, 1.5)
    last = set(np.argsort(-eliminate(z, y))[:20])
    assert len(last & set(range(10))) >= 5, "chance alone brings 0.3"


def test_the_gram_matrix_does_not_drift():
    """Beyond the first refresh the order of the genes is still that of a machine of their own."""
    z, y = standardised(30, 620, 0.5)
    order = np.argsort(eliminate(z, y))
    last = np.sort(order[-60:])
    np.testing.assert_array_equal(last[np.argsort(plain(z[:, last], y, 1.0))], order[-60:])


def test_one_gene_and_constant_genes():
    z, y = standardised(20, 1, 1.0)
    assert eliminate(z, y).tolist() == [1]
    flat = np.hstack([z, np.zeros((20, 2))])
    assert eliminate(flat, y)[0] == 3
