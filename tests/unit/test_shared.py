from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from crosshub.cohorts import share_people
from crosshub.differential import fit_differential
from crosshub.errors import DataError
from crosshub.meta.combine import combine_cohorts
from crosshub.shared.common_response import background_prior, flag, read_prior
from crosshub.shared.conjunction import (
    ADAPTIVE,
    VALID,
    adaptive_filter,
    conjunction,
    partial_conjunction,
)
from crosshub.shared.find import find_shared
from crosshub.shared.network import communities, conserved_edges
from crosshub.shared.overlap import permute_labels, permute_people, test_overlap
from crosshub.shared.rank_overlap import rank_overlap, strongest
from scipy.stats import hypergeom, kstest
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
                "effect_low": t - 2,
                "effect_high": t + 2,
                "effect_error": 1.0,
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
    # At 0.01 one filter (0.002) passes; at 0.3 two (0.002, 0.04); at 0.5 still two, not 0.8. One
    # is added to each: 2 · 0.01 / 1, 3 · 0.3 / 2, 3 · 0.5 / 3.
    np.testing.assert_allclose(adaptive_filter(p, 2), [0.02, 0.5, 0.45])


@pytest.mark.parametrize(("n", "at_least"), [(2, 2), (3, 3), (3, 2), (5, 3)])
def test_the_adaptive_filter_holds_its_rate_where_nothing_is_changed(n, at_least):
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(600):
        p, sign = rng.uniform(size=(2000, n)), rng.choice([-1, 1], (2000, n))
        found += conjunction(p, sign, at_least, method=ADAPTIVE)["fdr"].min() <= 0.1
    assert found / 600 <= 0.1 + 2 * np.sqrt(0.09 / 600)


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


def share_controls(make_cohort, effects=None, seed=0):
    """Two cohorts of one accession with the same controls."""
    first = make_cohort("a", disease="a", accession="GSE1", effects=effects, seed=seed)
    second = make_cohort("b", disease="b", accession="GSE1", effects=effects, seed=seed)
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


def test_cohorts_of_a_series_with_other_genes_are_permuted_without_gaps(make_cohort):
    """A gene that one of them lacks had no values in the samples it took over."""
    first, second = share_controls(make_cohort)
    second = replace(second, expression=second.expression.drop("G0007"))
    for after in permute_labels([first, second], np.random.default_rng(0)):
        assert not after.expression.isna().any(axis=None)
        assert list(after.expression.index) == list(second.expression.index)


def test_labels_are_permuted_between_people():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(12), [1] * 6 + [3] * 6)
    labels = np.isin(people, [0, 1, 2, 6, 7, 8]).astype(int)
    ones = np.zeros(len(labels))
    for _ in range(200):
        taken = permute_people(labels, people, rng)
        assert sorted(taken) == list(range(len(labels)))
        after = labels[taken]
        assert all(len(set(after[people == person])) == 1 for person in range(12))
        assert after[:6].sum() == 3
        ones += after
    assert (np.abs(ones / 200 - 0.5) < 0.15).all()


def test_a_person_with_both_labels_exchanges_them():
    people, labels = np.repeat(np.arange(8), 2), np.tile([0, 1], 8)
    rng = np.random.default_rng(1)
    after = np.array([labels[permute_people(labels, people, rng)] for _ in range(100)])
    assert (after.reshape(100, 8, 2).sum(axis=2) == 1).all()
    assert 0.3 < after[:, 0].mean() < 0.7


def test_labels_move_where_the_number_of_arrays_tells_the_groups():
    people = np.repeat(np.arange(10), [2] * 5 + [1] * 5)
    labels = (people < 5).astype(int)
    after = labels[permute_people(labels, people, np.random.default_rng(2))]
    assert (after != labels).any()
    assert all(len(set(after[people == person])) == 1 for person in range(10))


def test_single_samples_are_permuted_as_ever():
    taken = permute_people(np.arange(9) % 2, np.arange(9), np.random.default_rng(3))
    assert list(taken) == list(np.random.default_rng(3).permutation(9))


def test_overlap_p_is_small_with_and_uniform_without_effect(make_cohort):
    effects = {f"G{i:04d}": 2.0 for i in range(30)}
    cohorts = share_controls(make_cohort, effects)
    rng = np.random.default_rng(1)
    found = test_overlap(cohorts, ["a", "b"], fdr=0.05, permutations=39, rng=rng)
    alike = found.ranks.set_index("agreement")["p_value"]
    assert alike["concordant"] == pytest.approx(1 / 40)
    assert alike["discordant"] > 0.05
    table = found.sizes
    assert table.loc[0, "p_value"] == pytest.approx(1 / 40)
    assert table.loc[0, "observed"] >= 25


@pytest.mark.parametrize("common", [False, True])
def test_overlap_p_is_uniform_under_the_null(make_cohort, common):
    """By Kolmogorov and Smirnov, with the steps that 19 permutations leave between the p."""
    rng = np.random.default_rng(1)
    p, ranks = [], []
    for seed in range(3000, 3060):
        if common:
            null = share_controls(make_cohort, {}, seed=seed)
        else:
            null = [make_cohort(n, disease=n, accession=n, seed=seed, genes=150) for n in "ab"]
        found = test_overlap(null, ["a", "b"], fdr=0.05, permutations=19, rng=rng)
        p.append(found.sizes.loc[0, "p_value"])
        ranks.append(found.ranks.loc[0, "p_value"])
    assert np.mean(np.array(p) <= 0.1) <= 0.18
    # A count has ties: its p is not below uniform anywhere, and a score without ties is uniform.
    assert kstest(p, "uniform", alternative="greater").pvalue > 0.01
    assert kstest(np.array(ranks) - rng.uniform(0, 0.05, 60), "uniform").pvalue > 0.01


def test_overlap_of_three_lists_pairs_and_levels(make_cohort):
    cohorts = [make_cohort(n, disease=n) for n in "abc"]
    found = test_overlap(cohorts, list("abc"), fdr=0.05, permutations=0, rng=None)
    table = found.sizes
    assert len(found.ranks) == 6
    assert found.ranks["p_value"].isna().all()
    assert list(zip(table["diseases"], table["at_least"], strict=True)) == [
        ("a,b", 2),
        ("a,c", 2),
        ("b,c", 2),
        ("a,b,c", 1),
        ("a,b,c", 2),
        ("a,b,c", 3),
    ]
    assert table["p_value"].isna().all()


def ranked(order):
    """Return a table in which genes are changed in this order, the first the most up."""
    n = len(order)
    evidence = np.linspace(10, -10, n)
    table = pd.DataFrame({"gene": order, "effect": evidence, "p_value": 10 ** -np.abs(evidence)})
    return table.sort_values("gene", ignore_index=True)


def test_rank_overlap_of_a_list_with_itself_and_with_its_reverse():
    genes = [f"G{i:03d}" for i in range(400)]
    same = rank_overlap(ranked(genes), ranked(genes))
    diagonal = same[
        (same["rank_a"] == same["rank_b"]) & same["corner"].isin(["up_up", "down_down"])
    ]
    assert (diagonal["overlap"] == diagonal["rank_a"]).all()
    assert (same.loc[same["corner"].isin(["up_down", "down_up"]), "overlap"] == 0).all()
    turned = rank_overlap(ranked(genes), ranked(genes[::-1]))
    assert strongest(same)["concordant"] == pytest.approx(strongest(turned)["discordant"])
    assert strongest(same)["concordant"] > 100
    assert strongest(same)["discordant"] == 0


def test_rank_overlap_p_equals_the_library():
    rng = np.random.default_rng(8)
    genes = np.array([f"G{i:03d}" for i in range(500)])
    first = ranked(genes)
    second = ranked(genes[np.argsort(np.arange(500) + rng.normal(0, 150, 500))])
    found = rank_overlap(first, second, steps=12)
    exact = hypergeom.logsf(found["overlap"] - 1, 500, found["rank_a"], found["rank_b"])
    above = found["overlap"] > found["expected"]
    assert above.sum() > 100
    np.testing.assert_allclose(found["log10_p"][above], exact[above] / np.log(10), rtol=1e-9)
    assert (found["log10_p"][~above] == 0).all()


def co_expressed(make_cohort, name, module, *, rho=0.8, changed=()):
    cohort = make_cohort(name, disease=name, effects=dict.fromkeys(changed, 3.0), genes=60)
    factor = np.random.default_rng([5, ord(name)]).normal(size=len(cohort.samples))
    values = cohort.expression.copy()
    for gene in module:
        values.loc[gene] += factor * np.sqrt(rho / (1 - rho))
    return replace(cohort, expression=values)


def test_conserved_edges_are_those_of_enough_diseases(make_cohort):
    everywhere = [f"G{i:04d}" for i in range(8)]
    only_a = [f"G{i:04d}" for i in range(20, 28)]
    changed = [f"G{i:04d}" for i in range(40, 50)]
    cohorts = [
        co_expressed(make_cohort, "a", everywhere + only_a, changed=changed),
        co_expressed(make_cohort, "b", everywhere, changed=changed),
        co_expressed(make_cohort, "c", everywhere, changed=changed),
    ]
    genes = sorted(cohorts[0].expression.index)
    edges = conserved_edges(cohorts, genes, at_least=3, fdr=0.05)
    found = {frozenset(pair) for pair in zip(edges["gene_a"], edges["gene_b"], strict=True)}
    planted = {frozenset(pair) for pair in combinations(everywhere, 2)}
    assert len(found & planted) >= 26
    assert len(found - planted) <= 2, "not those of one disease, nor those that are only changed"
    assert set(edges["direction"]) == {"positive"}
    assert edges["correlation.b"].min() > 0.3
    table = pd.DataFrame({"gene": genes, "direction": "up", "shared": False, "n_diseases": 0})
    nodes = communities(edges, table, seed=1)
    assert set(nodes.loc[nodes["community"] == 1, "gene"]) == set(everywhere)
    pd.testing.assert_frame_equal(nodes, communities(edges, table, seed=1))


def test_no_edges_without_co_expression_or_genes(make_cohort):
    cohorts = [make_cohort(n, disease=n, genes=60) for n in "abc"]
    genes = sorted(cohorts[0].expression.index)
    assert len(conserved_edges(cohorts, genes, at_least=2, fdr=0.05)) <= 2
    none = conserved_edges(cohorts, genes[:1], at_least=2, fdr=0.05)
    table = pd.DataFrame({"gene": genes[:1], "direction": "up", "shared": True, "n_diseases": 2})
    assert communities(none, table, seed=1)["community"].tolist() == [0]


def test_genes_that_answer_to_everything_are_marked(tmp_path):
    genes = pd.DataFrame({"gene": ["A", "B", "C"]})
    path = tmp_path / "prior.tsv"
    path.write_text("Gene_Name\tDE_Prior_Rank\nA\t0.97\nB\t0.2\n")
    marked = flag(genes, read_prior(path))
    assert marked["responds_commonly"].tolist() == [True, False, False]
    assert np.isnan(marked["common_response"][2])
    path.write_text("gene\tprior\nA\t3\n")
    with pytest.raises(DataError, match="must lie between 0 and 1"):
        read_prior(path)
    path.write_text("gene\tweight\nA\t3\n")
    with pytest.raises(DataError, match="needs the columns gene and prior"):
        read_prior(path)


def test_a_background_of_other_diseases_tells_what_is_common():
    rng = np.random.default_rng(2)
    tables = [
        pd.DataFrame({"gene": list("ABCDEFGHIJ"), "p_value": [1e-9, *rng.uniform(size=9)]})
        for _ in range(3)
    ]
    assert background_prior(tables).idxmax() == "A"
    assert background_prior(tables[:1]) is None


def test_heterogeneity_between_diseases_is_told_where_nobody_is_shared():
    tables, _ = simulate(np.random.default_rng(0), genes=50)
    apart = find_shared(tables, people_shared=False)
    assert apart["i2"].between(0, 1).all()
    assert {"effect_low.a", "effect_high.b"} <= set(apart.columns)
    assert find_shared(tables, people_shared=True)["i2"].isna().all()


def test_a_family_is_tested_alone_and_pays_for_no_other_gene():
    rng = np.random.default_rng(9)
    tables = {}
    for name in ("a", "b"):
        p = rng.random(2000)
        p[:5] = 2e-3
        tables[name] = pd.DataFrame(
            {
                "gene": [f"G{i}" for i in range(2000)],
                "p_value": p,
                "effect": 1.0,
                "effect_low": 0.5,
                "effect_high": 1.5,
                "effect_error": 0.25,
                "same_sign": True,
            }
        )
    family = [f"G{i}" for i in range(20)] + ["not measured"]
    everything = find_shared(tables, people_shared=True)
    found = find_shared(tables, people_shared=True, family=family)
    assert not everything["shared"].any()
    assert set(found["gene"]) == set(family[:-1])
    assert set(found.loc[found["shared"], "gene"]) >= {f"G{i}" for i in range(5)}
