"""The audit of published panels: a planted panel, panels of nothing, and tables that are none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub import audit, figures
from crosshub.audit import (
    audit_panels,
    audit_study,
    read_panels,
    sign_agreement,
    with_current_symbols,
)
from crosshub.cohorts import Cohort
from crosshub.errors import DataError
from crosshub.ridge import ridge_logistic
from crosshub.symbols import read_gene_names
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression

SETTINGS = {"folds": 10, "repeats": 2, "permutations": 40, "random_panels": 60}
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
            folds=10,
            repeats=1,
            permutations=40,
            random_panels=0,
        ).iloc[0]
        covered += found["auc_low"] <= 0.5 <= found["auc_high"]
        p.append(found["p_permutation"])
    assert_null(covered, p)


def assert_null(covered, p):
    """Hold coverage of 95 % and p <= 0.05 against their binomial; one in a thousand fails by luck.

    Intervals by a standard deviation and p-values of 40 permutations are not exact: they may err on
    the safe side only.
    """
    assert covered >= binom.ppf(0.001, len(p), 0.95)
    assert np.sum(np.array(p) <= 0.05) <= binom.ppf(0.999, len(p), 0.05)


def people_with(rng, cases=(), controls=(), both=0, genes=40):
    """Make a cohort of noise from the number of samples of each case and each control.

    `both` people have a sample in each group. People differ twice as much as samples of one person.
    """
    owners = [("case", f"case{i}", n) for i, n in enumerate(cases)]
    owners += [("control", f"control{i}", n) for i, n in enumerate(controls)]
    owners += [(group, f"both{i}", 1) for i in range(both) for group in ("case", "control")]
    group, identity = zip(*[owner[:2] for owner in owners for _ in range(owner[2])], strict=True)
    names = [f"s{i}" for i in range(len(group))]
    person = pd.factorize(np.array(identity))[0]
    values = rng.normal(size=(genes, person.max() + 1))[:, person]
    values += 0.5 * rng.normal(size=values.shape) + np.linspace(4, 12, genes)[:, None]
    index = [f"G{i:04d}" for i in range(genes)]
    return Cohort(
        "cohort",
        "cohort",
        "disease",
        "discovery",
        pd.DataFrame(values, index=index, columns=names),
        pd.DataFrame({"group": group, "identity": identity}, index=names),
    )


@pytest.mark.parametrize(
    "people",
    [
        {"cases": [4] * 8, "controls": [4] * 8},
        {"cases": [1, 2, 3] * 3, "controls": [3, 4] * 5},
        {"both": 12},
        {"cases": [2] * 5, "controls": [1] * 5, "both": 5},
    ],
)
def test_several_samples_of_a_person_count_once(people):
    """Were samples permuted, p <= 0.05 came up in a quarter of cohorts with four a person."""
    covered, p = 0, []
    for seed in range(60):
        rng = np.random.default_rng([16, seed])
        found = audit_panels(
            panels(["G0010", "G0020", "G0030"]),
            people_with(rng, **people),
            folds=10,
            repeats=1,
            permutations=40,
            random_panels=0,
            rng=rng,
        ).iloc[0]
        covered += found["auc_low"] <= 0.5 <= found["auc_high"]
        p.append(found["p_permutation"])
    assert_null(covered, p)


def test_people_are_counted_and_a_difference_within_them_is_seen():
    rng = np.random.default_rng(17)
    cohort = people_with(rng, cases=[3] * 4, controls=[2] * 5, both=8)
    cohort.expression.loc["G0020", cohort.is_case] += 3
    found = audit_panels(panels(["G0020"]), cohort, rng=rng, **SETTINGS).iloc[0]
    assert (found["n_cases"], found["n_controls"]) == (12, 13)
    assert found["auc"] > 0.9
    assert found["p_permutation"] < 0.05


def test_blocks_change_nothing_and_bound_what_is_in_memory(make_cohort, monkeypatch):
    cohort, fitted, found = make_cohort(), [], []
    auc = audit._auc

    def counted(values, *rest):
        fitted.append(len(values))
        return auc(values, *rest)

    monkeypatch.setattr(audit, "_auc", counted)
    for block in (7, 50):
        monkeypatch.setattr(audit, "BLOCK", block)
        settings = {"folds": 10, "repeats": 1, "permutations": 30, "random_panels": 45}
        rng = np.random.default_rng(3)
        found.append(audit_panels(panels(["G0003", "G0100"]), cohort, rng=rng, **settings))
    pd.testing.assert_frame_equal(*found, check_exact=True)
    assert fitted == [1, 7, 7, 7, 7, 2, 7, 7, 7, 7, 7, 7, 3, 1, 30, 45]


@pytest.mark.parametrize(("asked", "made"), [(3, 3), (10, 8)])
def test_folds_are_as_many_as_asked_for_and_as_people_allow(make_cohort, monkeypatch, asked, made):
    seen, auc = [], audit._auc

    def counted(values, case, folds):
        seen.append(len(folds))
        return auc(values, case, folds)

    monkeypatch.setattr(audit, "_auc", counted)
    cohort = make_cohort(n_cases=9, n_controls=8, genes=20)
    few = {"folds": asked, "repeats": 2, "permutations": 2, "random_panels": 0}
    audit_panels(panels(["G0003"]), cohort, rng=np.random.default_rng(0), **few)
    assert set(seen) == {2 * made}


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


def test_panels_of_which_nothing_is_measured_have_a_table_and_a_figure(make_cohort):
    few = {"folds": 10, "repeats": 1, "permutations": 2, "random_panels": 2}
    cohort = make_cohort(n_cases=4, n_controls=4, genes=20)
    found = audit_panels(panels(["GONE"]), cohort, rng=np.random.default_rng(0), **few)
    assert found.loc[0, "auc":"random_high"].isna().all()
    assert "No gene of a published panel" in figures.audit(found).axes[0].texts[0].get_text()


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
        (HEADER + "\tA\tflu\tx\n", "a panel has no name"),
        (HEADER + "a\tA\tflu\tx\n\nb\tA\tB\tflu\tx\n", "row 4 has 5 cells for 4 columns"),
        (HEADER + "a\tA\tflu\n", "row 2 has 3 cells for 4 columns"),
        (HEADER, "has no panel"),
        ("", "the column 'name' is missing"),
        ("name\tgenes\tgenes\tdisease\tcitation\n", "the column 'genes' occurs twice"),
        (HEADER + 'a\tA\tflu\t"x\nb\tB\tflu\ty\n', "correct its quotes"),
        (HEADER.replace("", "\0"), "is not UTF-8"),
    ],
)
def test_a_table_of_panels_that_is_none(tmp_path, text, message):
    path = tmp_path / "panels.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_panels(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_of_panels_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_panels(tmp_path / "panels.tsv")


@pytest.mark.parametrize("genes", ["A, B C A", "A;B;C", "A ;B,\u00a0C", '"A,B, C"', '"A\nB\nC"'])
def test_genes_are_parted_by_blanks_commas_or_semicolons(tmp_path, genes):
    path = tmp_path / "panels.tsv"
    path.write_text(HEADER + f"a\t{genes}\tflu\tx\n")
    assert read_panels(path).loc[0, "genes"] == ["A", "B", "C"]


def test_a_table_that_a_spreadsheet_saved(tmp_path):
    """Quotes around cells with commas, an empty column at the end, and names that are numbers."""
    path = tmp_path / "panels.tsv"
    lines = ["name\tgenes\tdisease\tcitation\tpmid\t", '1\t"IL6, TNF"\tflu\t"A, ""B"""\t007\t']
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*lines, "\t\t\t\t\t", ""]).encode())
    found = read_panels(path)
    assert found.loc[0, ["name", "citation", "pmid"]].tolist() == ["1", 'A, "B"', "007"]
    assert found.loc[0, "genes"] == ["IL6", "TNF"]
    assert len(found) == 1


def test_published_symbols_are_brought_to_those_in_force(make_cohort):
    names = read_gene_names(Path(__file__).parents[2] / "resources" / "gene_names.tsv.gz")
    old = panels(["SEPT9", "IL8", "CXCL8", "TNF", "NOVEL"], ["GPR116", "2-Sep"])
    new = with_current_symbols(old, names)
    assert new["genes"].tolist() == [["SEPTIN9", "CXCL8", "TNF", "NOVEL"], ["ADGRF5", "SEPTIN2"]]
    assert new["renamed"].tolist() == ["SEPT9=SEPTIN9,IL8=CXCL8", "GPR116=ADGRF5,2-Sep=SEPTIN2"]
    cohort = make_cohort()
    measured = ["SEPTIN9", "CXCL8", "TNF", "ADGRF5", *cohort.expression.index[4:]]
    cohort = replace(cohort, expression=cohort.expression.set_axis(measured))
    changes = {"cohort": pd.DataFrame({"gene": measured, "log2fc": 1.0})}
    few = {"folds": 10, "repeats": 1, "permutations": 2, "random_panels": 2}
    found = audit_study(new, {"cohort": cohort}, changes, seed=1, **few)
    assert found["missing"].tolist() == ["NOVEL", "SEPTIN2"]
    assert found["renamed"].tolist() == new["renamed"].tolist()
