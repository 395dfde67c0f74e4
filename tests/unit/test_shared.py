from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crosshub.cohorts import share_people
from crosshub.differential import fit_differential
from crosshub.meta import combine_cohorts
from crosshub.shared import (
    ADAPTIVE,
    VALID,
    adaptive_filter,
    conjunction,
    find_shared,
    partial_conjunction,
    permute_labels,
    test_overlap,
)
from scipy.stats import t as student_t


def simulate(rng, *, genes=3000, n=20, shared=60, own=300, effect=1.2, common_controls=False):
    """Table of each of two diseases, and the shared genes."""
    truth = np.zeros((2, genes))
    truth[:, :shared] = effect
    truth[0, shared : shared + own] = effect
    truth[1, shared + own : shared + 2 * own] = effect
    controls = rng.normal(size=(genes, n))
    tables = {}
    for i, name in enumerate("ab"):
        cases = rng.normal(size=(genes, n)) + truth[i][:, None]
        base = controls if common_controls else rng.normal(size=(genes, n))
        variance = cases.var(1, ddof=1) + base.var(1, ddof=1)
        t = (cases.mean(1) - base.mean(1)) / np.sqrt(variance / n)
        tables[name] = pd.DataFrame(
            {
                "gene": [f"G{j}" for j in range(genes)],
                "p_value": 2 * student_t.sf(np.abs(t), 2 * n - 2),
                "effect": t,
                "same_sign": True,
            }
        )
    return tables, {f"G{j}" for j in range(shared)}


def rates(found, truth):
    return len(found - truth) / max(len(found), 1), len(found & truth) / max(len(truth), 1)


def repeated(people_shared, repeats, **options):
    rows = []
    for seed in range(repeats):
        tables, truth = simulate(np.random.default_rng(seed), **options)
        table = find_shared(tables, people_shared=people_shared, fdr=0.1)
        rows.append(rates(set(table.loc[table["shared"], "gene"]), truth))
    return np.mean(rows, axis=0)


def test_partial_conjunction_by_hand():
    p = np.array([[0.01, 0.2, 0.03]])
    np.testing.assert_allclose(partial_conjunction(p, 1), [0.03])
    np.testing.assert_allclose(partial_conjunction(p, 2), [0.06])
    np.testing.assert_allclose(partial_conjunction(p, 3), [0.2])


def test_adaptive_filter_by_hand():
    """Three genes of two diseases, at least two: F = 2·p₍₁₎, S = p₍₂₎."""
    p = np.array([[0.001, 0.01], [0.4, 0.5], [0.02, 0.3]])
    # At 0.01 one filter (0.002) passes; at 0.3 two (0.002, 0.04); at 0.5 still two, not 0.8.
    np.testing.assert_allclose(adaptive_filter(p, 2), [0.01, 0.5, 0.3])


def test_the_filter_never_counts_fewer_tests_than_findings():
    p = np.random.default_rng(0).uniform(size=(500, 3))
    for u in (1, 2, 3):
        adjusted = adaptive_filter(p, u)
        assert (adjusted >= np.sort((3 - u + 1) * np.sort(p, axis=1)[:, u - 1]).min() - 1e-12).all()
        assert (adjusted <= 1).all()


def test_measured_power_and_fdr_with_separate_controls():
    """The table of the design: AdaFilter 0.05 and 0.79, BH on the largest p 0.00 and 0.27."""
    fdr, power = repeated(False, 12)
    _, power_of_valid = repeated(True, 12)
    assert fdr < 0.1
    assert power > 0.7
    assert power > 2.5 * power_of_valid


def test_fdr_holds_with_shared_controls():
    fdr, power = repeated(True, 12, common_controls=True)
    assert fdr < 0.1
    assert power > 0.25


def test_adaptive_filtering_breaks_with_shared_controls_so_the_choice_matters():
    """Genes of both diseases changed only through the common controls: why VALID is used there."""
    found = [
        conjunction(
            np.column_stack([t["p_value"] for t in tables.values()]),
            np.column_stack([t["effect"] for t in tables.values()]),
            2,
            method=ADAPTIVE,
        )["fdr"].le(0.05).any()
        for tables in (
            simulate(np.random.default_rng(s), n=10, shared=0, own=0, common_controls=True)[0]
            for s in range(20)
        )
    ]  # fmt: skip
    assert np.mean(found) > 0.4


@pytest.mark.parametrize("people_shared", [True, False])
def test_nothing_is_found_where_nothing_is_shared(people_shared):
    found = 0
    for seed in range(20):
        tables, _ = simulate(np.random.default_rng(seed), shared=0, own=300)
        table = find_shared(tables, people_shared=people_shared, fdr=0.05)
        found += bool(table["shared"].any())
    assert found <= 4


def test_opposite_signs_are_not_shared():
    tables, truth = simulate(np.random.default_rng(1), effect=3)
    tables["b"]["effect"] *= -1
    table = find_shared(tables, people_shared=False)
    assert not (set(table.loc[table["shared"], "gene"]) & truth)


def test_number_of_diseases_and_columns(make_cohort):
    effects = {"a": {"G0000": 3, "G0001": 3}, "b": {"G0000": 3, "G0001": 3}, "c": {"G0000": 3}}
    cohorts = [make_cohort(n, disease=n, effects=e) for n, e in effects.items()]
    tables = {c.disease: combine_cohorts({c.name: fit_differential(c)}) for c in cohorts}
    table = find_shared(tables, people_shared=False).set_index("gene")
    assert table.loc["G0000", "n_diseases"] == 3
    assert table.loc["G0001", "n_diseases"] == 2
    assert list(table.index[table["shared"]]) == ["G0000"]
    assert set(table["method"]) == {ADAPTIVE}
    assert {"direction", "p_value", "fdr", "effect.a", "effect.c"} <= set(table.columns)
    at_two = find_shared(tables, people_shared=True, at_least=2).set_index("gene")
    assert list(at_two.index[at_two["shared"]]) == ["G0000", "G0001"]
    assert set(at_two["method"]) == {VALID}


def test_tied_modules_narrow_the_result_and_not_the_test(make_cohort):
    cohorts = [make_cohort(n, disease=n, effects={"G0000": 3, "G0001": 3}) for n in "ab"]
    tables = {c.disease: combine_cohorts({c.name: fit_differential(c)}) for c in cohorts}
    wide = find_shared(tables, people_shared=False).set_index("gene")
    tied = {"a": {"G0000", "G0005"}, "b": {"G0000"}}
    narrow = find_shared(tables, people_shared=False, tied_genes=tied).set_index("gene")
    pd.testing.assert_series_equal(wide["fdr"], narrow["fdr"])
    assert list(narrow.index[narrow["shared"]]) == ["G0000"]


def share_controls(make_cohort, effects=None):
    """Two cohorts of one accession with the same controls."""
    first = make_cohort("a", disease="a", accession="GSE1", effects=effects)
    second = make_cohort("b", disease="b", accession="GSE1", effects=effects)
    common = list(first.samples.index[~first.is_case])
    own = list(second.samples.index[second.is_case])
    expression = pd.concat([second.expression[own], first.expression[common]], axis=1)
    samples = pd.concat([second.samples.loc[own], first.samples.loc[common]])
    return [first, replace(second, expression=expression, samples=samples)]


def test_permutation_keeps_sizes_and_shared_controls(make_cohort):
    cohorts = share_controls(make_cohort)
    assert share_people(cohorts)
    permuted = permute_labels(cohorts, np.random.default_rng(0))
    controls = []
    for before, after in zip(cohorts, permuted, strict=True):
        assert before.is_case.sum() == after.is_case.sum()
        assert len(before.samples) == len(after.samples)
        assert list(after.expression.columns) == list(after.samples.index)
        controls.append(set(after.samples.index[~after.is_case]))
    assert controls[0] == controls[1]
    assert controls[0] != set(cohorts[0].samples.index[~cohorts[0].is_case])
    cases = [set(after.samples.index[after.is_case]) for after in permuted]
    assert not cases[0] & cases[1]


def test_overlap_p_is_small_with_and_uniform_without_effect(make_cohort):
    effects = {f"G{i:04d}": 2.0 for i in range(30)}
    cohorts = share_controls(make_cohort, effects)
    rng = np.random.default_rng(1)
    table = test_overlap(cohorts, ["a", "b"], fdr=0.05, permutations=39, rng=rng)
    assert table.loc[0, "p_value"] == pytest.approx(1 / 40)
    assert table.loc[0, "observed"] >= 25
    p = []
    for seed in range(30):
        null = [make_cohort(n, disease=n, accession=n, seed=seed, genes=100) for n in "ab"]
        found = test_overlap(null, ["a", "b"], fdr=0.05, permutations=19, rng=rng)
        p.append(found.loc[0, "p_value"])
    assert np.mean(np.array(p) <= 0.1) <= 0.2
    assert np.mean(p) > 0.4


def test_overlap_of_three_lists_pairs_and_levels(make_cohort):
    cohorts = [make_cohort(n, disease=n) for n in "abc"]
    table = test_overlap(cohorts, list("abc"), fdr=0.05, permutations=0, rng=None)
    assert list(zip(table["diseases"], table["at_least"], strict=True)) == [
        ("a,b", 2),
        ("a,c", 2),
        ("b,c", 2),
        ("a,b,c", 1),
        ("a,b,c", 2),
        ("a,b,c", 3),
    ]
    assert table["p_value"].isna().all()
