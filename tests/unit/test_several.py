"""Compounds that reverse several diseases: under the null, planted, and by definition."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.compounds.found import FDR
from crosshub.compounds.several import reverse_all
from crosshub.config import read_schema
from crosshub.differential import benjamini_hochberg

DISEASES = ["a", "b", "c"]


def compounds(p_values, scores=None):
    """Return compounds.tsv of compounds × diseases."""
    scores = -np.ones(p_values.shape) if scores is None else scores
    parts = [
        pd.DataFrame(
            {
                "query": f"disease.{name}",
                "compound": [f"c{k:04d}" for k in range(len(p_values))],
                "score": scores[:, i],
                "p_value": p_values[:, i],
                "fdr": benjamini_hochberg(p_values[:, i]),
            }
        )
        for i, name in enumerate(DISEASES)
    ]
    other = parts[0].assign(query="shared", p_value=1e-9)
    return pd.concat([other, *parts], ignore_index=True)


def test_p_is_the_largest_or_the_partial_conjunction():
    p = np.random.default_rng(0).uniform(size=(50, 3))
    found = reverse_all(compounds(p), DISEASES, at_least=2).set_index("compound").sort_index()
    assert found["p_all_diseases"].to_numpy() == pytest.approx(p.max(axis=1))
    assert found["fdr_all_diseases"].to_numpy() == pytest.approx(benjamini_hochberg(p.max(axis=1)))
    two = np.minimum(2 * np.sort(p, axis=1)[:, 1], 1)
    assert found["p_at_least"].to_numpy() == pytest.approx(two)
    assert found["p_value.b"].to_numpy() == pytest.approx(p[:, 1])


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_never_below_uniform_under_the_null_however_the_diseases_depend(correlation):
    rng = np.random.default_rng(1)
    common = rng.normal(size=(4000, 1))
    z = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.normal(size=(4000, 3))
    p = (z.argsort(axis=0).argsort(axis=0) + 1) / 4001
    for at_least in (2, 3):
        found = reverse_all(compounds(p), DISEASES, at_least=at_least)
        for level in (0.01, 0.05, 0.2):
            assert (found["p_at_least"] <= level).mean() <= level * 1.1
    assert (found["reversed_in"] == 0).all()


def test_a_compound_of_one_disease_is_none_of_all():
    rng = np.random.default_rng(2)
    hits = {"all": 0, "one": 0}
    for _ in range(20):
        p = rng.uniform(size=(300, 3))
        p[:10] = 1 / 1001
        p[10:40, 1] = 1 / 1001
        found = reverse_all(compounds(p), DISEASES).set_index("compound")
        named = [f"c{k:04d}" for k in range(40)]
        assert (found.loc[named[:10], "fdr_all_diseases"] <= 0.1).all()
        assert (found.loc[named[:10], "reversed_in"] == 3).all()
        hits["one"] += (found.loc[named[10:], "fdr_all_diseases"] <= 0.1).sum()
        hits["all"] += 10
    assert hits["one"] / (hits["one"] + hits["all"]) <= 0.1
    assert (found["reversed_in"].iloc[:10] == 3).all()


def test_a_disease_that_was_not_asked_is_not_reversed():
    p = np.full((5, 3), 0.001)
    table = compounds(p)
    found = reverse_all(table[table["query"] != "disease.b"], DISEASES)
    assert (found["p_all_diseases"] == 1).all()
    assert (found["reversed_in"] == 2).all()
    assert found["score.b"].isna().all()
    assert reverse_all(table, ["a"]).empty
    nothing = reverse_all(table.head(0), DISEASES)
    assert nothing.empty
    assert "p_value.c" in nothing


def test_the_conjunction_on_correlated_noise_of_a_store_stays_conservative():
    """Two diseases ask the same noisy signatures: an adaptive filter would be too bold here."""
    rng = np.random.default_rng(3)
    found_any = 0
    for _ in range(50):
        noise = rng.normal(size=200)
        z = noise[:, None] * 0.8 + rng.normal(size=(200, 3)) * 0.6
        p = (1 + (rng.normal(size=(999, 1, 1)) <= z).sum(axis=0)) / 1000
        found_any += (reverse_all(compounds(p), DISEASES)["fdr_all_diseases"] <= 0.1).any()
    assert found_any <= 8


def test_a_score_that_is_not_below_zero_reverses_nothing():
    p, scores = np.full((40, 3), 0.001), -np.ones((40, 3))
    scores[0, 1], scores[1], scores[2, 2] = 0.5, 1, 0
    found = reverse_all(compounds(p, scores), DISEASES, at_least=2).set_index("compound")
    assert found.loc[["c0000", "c0001", "c0002", "c0003"], "reversed_in"].tolist() == [2, 0, 2, 3]
    assert found.loc["c0000", "p_all_diseases"] == 1
    assert found.loc["c0000", "p_at_least"] == pytest.approx(0.002)
    assert found.loc["c0000", "p_value.b"] == 0.001


def test_the_level_is_that_of_the_schema():
    schema = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.yaml"
    assert read_schema(schema)["properties"]["compounds"]["properties"]["hit_fdr"]["default"] == FDR
