"""Mechanisms in a ranked list: against gseapy, planted truth, and under the null."""

import gseapy
import numpy as np
import pandas as pd
import pytest
from crosshub.mechanisms import COLUMNS, enrich_mechanisms, enrichment
from scipy.stats import kstest


def candidates(scores, mechanism=None, targets=None):
    n = len(scores)
    return pd.DataFrame(
        {
            "name": [f"C{i:04d}" for i in range(n)],
            "score": scores,
            "mechanism": mechanism if mechanism is not None else [""] * n,
            "targets": targets if targets is not None else [""] * n,
        }
    )


def test_the_score_is_that_of_gseapy():
    rng = np.random.default_rng(0)
    scores = np.sort(rng.normal(size=300))[::-1]
    sets = {f"S{i}": rng.choice(300, 5 + 3 * i, replace=False) for i in range(8)}
    ranking = pd.Series(scores, index=[f"C{i:04d}" for i in range(300)])
    named = {name: list(ranking.index[members]) for name, members in sets.items()}
    found = gseapy.prerank(
        ranking, named, min_size=2, permutation_num=10, weight=1, seed=1, outdir=None, threads=1
    ).res2d.set_index("Term")["ES"]
    for name, members in sets.items():
        own = enrichment(np.sort(members)[None], np.abs(scores))[0][0]
        assert own == pytest.approx(float(found[name]), abs=1e-6)


def test_a_planted_mechanism_comes_first_and_names_its_compounds():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=400)
    mechanism = [["kinase inhibitor", "ion channel blocker", "agonist"][i % 3] for i in range(400)]
    for i in range(8):
        scores[i] = -3 - i / 10
        mechanism[i] = "histone 1,2-deacetylase inhibitor|kinase inhibitor"
        scores[20 + i] = 3 + i / 10
        mechanism[20 + i] = "proteasome inhibitor"
    targets = ["HDAC1|HDAC2" if i < 8 else "" for i in range(400)]
    table = enrich_mechanisms(candidates(scores, mechanism, targets), rng)
    assert list(table.columns) == COLUMNS
    best = table[table["kind"] == "mechanism"].iloc[0]
    assert best["name"] == "histone 1,2-deacetylase inhibitor"
    assert best["enrichment_score"] < -0.9
    assert best["fdr"] < 0.01
    assert best["leading"].split("|")[0] == "C0007"
    assert table.iloc[-1]["name"] == "proteasome inhibitor"
    assert table.iloc[-1]["fdr"] < 0.01
    assert set(table.loc[table["kind"] == "target", "name"]) == {"HDAC1", "HDAC2"}
    rest = table[table["name"].isin(["agonist", "ion channel blocker"])]
    assert (rest["fdr"] > 0.01).all()


def test_p_values_are_uniform_without_any_order():
    p_values = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        mechanism = [f"M{i % 12}" for i in range(240)]
        table = enrich_mechanisms(
            candidates(rng.normal(size=240), mechanism), rng, permutations=400
        )
        p_values.extend(table["p_value"].iloc[rng.permutation(12)[:5]])
    assert kstest(p_values, "uniform").pvalue > 0.001
    assert np.mean(np.array(p_values) <= 0.05) < 0.1


def test_without_known_mechanisms_the_table_is_empty_and_has_its_columns():
    rng = np.random.default_rng(2)
    assert list(enrich_mechanisms(candidates(rng.normal(size=30)), rng).columns) == COLUMNS
    few = candidates(rng.normal(size=30), ["A"] * 2 + [""] * 28)
    assert enrich_mechanisms(few, rng).empty
    assert enrich_mechanisms(candidates(np.zeros(0)), rng).empty


def test_the_same_random_numbers_give_the_same_table():
    rng = np.random.default_rng(3)
    given = candidates(rng.normal(size=90), ["A", "B", ""] * 30)
    one, two = (enrich_mechanisms(given, np.random.default_rng(5)) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    turned = enrich_mechanisms(given.iloc[::-1], np.random.default_rng(5))
    pd.testing.assert_frame_equal(one, turned)
