"""The audit of published panels: a planted panel, panels of nothing, and tables that are none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.audit import audit_panels, read_panels, sign_agreement
from crosshub.errors import DataError
from crosshub.ridge import ridge_logistic
from crosshub.symbols import GeneNames
from sklearn.linear_model import LogisticRegression

SETTINGS = {"repeats": 2, "permutations": 40, "random_panels": 60}
HEADER = "name\tgenes\tdisease\tcitation\n"


def panels(*genes):
    rows = [(f"P{i}", list(part), "flu", "a paper") for i, part in enumerate(genes)]
    return pd.DataFrame(rows, columns=["name", "genes", "disease", "citation"])


def test_each_ridge_model_has_its_cost_and_its_samples():
    rng = np.random.default_rng(4)
    z, y = rng.normal(size=(30, 5)), np.arange(30) % 2
    weights = np.ones((3, 30))
    weights[1, :8] = 0
    weights[2, 20:] = 0
    costs = np.array([0.01, 1.0, 10.0])
    b, _ = ridge_logistic(np.stack([z] * 3), np.stack([y] * 3), costs, weights)
    for i in range(3):
        own = weights[i] == 1
        expected = LogisticRegression(C=costs[i], tol=1e-10, max_iter=1000).fit(z[own], y[own])
        np.testing.assert_allclose(b[i], expected.coef_[0], atol=1e-5)


@pytest.mark.parametrize("cost", [0.1, 1.0, 10.0])
def test_ridge_equals_scikit_learn(cost):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(6, 30, 4)), rng.integers(0, 2, (6, 30))
    z[0, :, 0] += 4 * y[0]
    weights, intercepts = ridge_logistic(z, y.astype(float), cost)
    for i in range(6):
        theirs = LogisticRegression(C=cost, tol=1e-10, max_iter=10_000).fit(z[i], y[i])
        np.testing.assert_allclose(weights[i], theirs.coef_[0], atol=1e-5)
        assert intercepts[i] == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_a_planted_panel_beats_random_ones_and_others_do_not(make_cohort):
    cohort = make_cohort(effects=dict.fromkeys(["G0003", "G0004", "G0005"], 1.5))
    found = audit_panels(
        panels(["G0003", "G0004", "G0005"], ["G0100", "G0101"]),
        cohort,
        rng=np.random.default_rng(1),
        **SETTINGS,
    ).set_index("panel")
    assert found.loc["P0", "auc"] > 0.85
    assert found.loc["P0", "percentile"] > 0.95
    assert found.loc["P0", ["p_permutation", "p_random_panels"]].max() < 0.05
    assert found.loc["P0", "auc_low"] > 0.5
    assert found.loc["P1", "p_permutation"] > 0.05
    assert found.loc["P1", "auc_low"] < 0.5 < found.loc["P1", "auc_high"]


def test_intervals_cover_half_where_nothing_is_changed(make_cohort):
    covered, p = 0, []
    for seed in range(60):
        cohort = make_cohort(seed=seed, genes=60)
        found = audit_panels(
            panels(["G0010", "G0020", "G0030"]),
            cohort,
            rng=np.random.default_rng(seed),
            repeats=1,
            permutations=40,
            random_panels=0,
        ).iloc[0]
        covered += found["auc_low"] <= 0.5 <= found["auc_high"]
        p.append(found["p_permutation"])
    assert covered >= 53
    assert np.mean(np.array(p) <= 0.1) <= 0.2


def test_people_are_never_split(make_cohort):
    """The same sample twice under one identity tells nothing about itself."""
    cohort = make_cohort(n_cases=10, n_controls=10, genes=60)
    twice = [f"{name}_again" for name in cohort.samples.index]
    copy = cohort.expression.set_axis(twice, axis=1)
    samples = pd.concat([cohort.samples, cohort.samples.set_axis(twice)])
    doubled = replace(
        cohort, expression=pd.concat([cohort.expression, copy], axis=1), samples=samples
    )
    genes = [f"G{i:04d}" for i in range(20)]
    found = audit_panels(panels(genes), doubled, rng=np.random.default_rng(0), **SETTINGS)
    assert found.loc[0, "auc"] < 0.85


def test_missing_genes_are_named(make_cohort):
    found = audit_panels(
        panels(["G0001", "NOWHERE"], ["GONE"]),
        make_cohort(),
        rng=np.random.default_rng(0),
        **SETTINGS,
    )
    assert found["missing"].tolist() == ["NOWHERE", "GONE"]
    assert np.isfinite(found.loc[0, "auc"])
    assert np.isnan(found.loc[1, "auc"])


def test_signs_are_compared_between_cohorts():
    def table(*changes):
        return pd.DataFrame({"gene": list("ABC"), "log2fc": changes})

    agreement = sign_agreement(panels("AB", "C"), {"x": table(1, 1, 1), "y": table(2, -1, 3)})
    assert agreement.tolist() == [0.5, 1.0]
    assert sign_agreement(panels("AB"), {"x": table(1, 1, 1)}).isna().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\tgenes\n", "the column 'disease' is missing"),
        (HEADER + "a\tA B\tflu\tx\na\tC\tflu\tx\n", "the panel 'a' occurs twice"),
        (HEADER + "a\t , \tflu\tx\n", "the panel 'a' has no genes"),
    ],
)
def test_a_table_of_panels_that_is_none(tmp_path, text, message):
    path = tmp_path / "panels.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_panels(path)


def test_genes_are_parted_by_blanks_or_commas(tmp_path):
    path = tmp_path / "panels.tsv"
    path.write_text(HEADER + "a\tA, B;C A\tflu\tx\n".replace(";", " "))
    assert read_panels(path).loc[0, "genes"] == ["A", "B", "C"]


def test_genes_of_a_panel_are_brought_to_the_symbols_in_force(tmp_path):
    path = tmp_path / "panels.tsv"
    path.write_text(HEADER + "a\tSEPT2 SEPTIN2 IL6\tflu\tx\n")
    former = {"SEPT2": ("SEPTIN2",)}
    names = GeneNames(frozenset({"SEPTIN2", "IL6"}), previous=former, alias={})
    assert read_panels(path, names).loc[0, "genes"] == ["SEPTIN2", "IL6"]
