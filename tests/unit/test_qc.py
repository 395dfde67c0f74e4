"""Quality: outliers that were planted are found, good samples left alone; sex; confounding."""

import gzip
import runpy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from crosshub import figures, geo, qc
from crosshub.differential import design_matrix, fit_differential
from crosshub.errors import DataError
from crosshub.qc.fields import iso_date
from crosshub.report.quality import quality
from crosshub.report.source import Source
from crosshub.tables import read_table, write_matrix, write_table
from scipy.stats import fisher_exact, ttest_ind

NUMBERS = list(qc.LINES)


def draw(n, seed=0, *, genes=1200, factors=3, tails=None, effect=0.5):
    """Return expression of alike samples (a factor model), and their groups."""
    rng = np.random.default_rng([seed, n])
    names = [f"G{i:04d}" for i in range(genes)]
    values = rng.normal(7, 2, (genes, 1)) + rng.normal(0, 0.3, (genes, n))
    for k in range(factors):
        scores = rng.normal(size=n) if tails is None else rng.standard_t(tails, n) / np.sqrt(2)
        values += 0.25 / (k + 1) * rng.normal(size=(genes, 1)) * scores
    case = np.arange(n) % 2 == 0
    values += effect * rng.normal(size=(genes, 1)) * (rng.random((genes, 1)) < 0.3) * case
    columns = [f"s{i}" for i in range(n)]
    groups = pd.Series(np.where(case, "case", "control"), index=columns)
    return pd.DataFrame(values, index=names, columns=columns), groups


def spoil(expression, sample, how, seed=0):
    """Return the matrix with one sample that is noise, of another tissue, scaled, or degraded."""
    rng = np.random.default_rng(seed)
    spoilt = expression.copy()
    values = expression[sample].to_numpy()
    if how == "noise":
        values = rng.permutation(values)
    elif how == "tissue":
        other = values + rng.normal(0, 2.5, len(values))
        values = np.sort(values)[np.argsort(np.argsort(other))]
    elif how == "scaled":
        values = 0.5 * (values - np.median(values)) + np.median(values)
    elif how == "shifted":
        values = values + 0.45
    elif how == "degraded":
        values = values + rng.normal(0, 1.5, len(values))
    spoilt[sample] = values
    return spoilt


@pytest.mark.parametrize("n", [6, 8, 12, 30, 100])
@pytest.mark.parametrize("how", ["noise", "tissue", "scaled", "degraded"])
def test_a_spoilt_sample_is_an_outlier_and_few_others_are(n, how):
    others = []
    for seed in range(5):
        expression, groups = draw(n, seed)
        table = qc.measure_samples(spoil(expression, "s3", how, seed), groups)
        assert table.loc["s3", "outlier"], (seed, table.loc["s3", NUMBERS].to_dict())
        others.append(table["outlier"].drop("s3").mean())
    assert np.mean(others) <= 0.05


@pytest.mark.parametrize("how", ["noise", "tissue", "scaled"])
def test_two_spoilt_samples_do_not_hide_each_other(how):
    for seed in range(5):
        expression, groups = draw(14, seed)
        both = spoil(spoil(expression, "s2", how, 1), "s9", how, 2)
        table = qc.measure_samples(both, groups)
        assert table.loc[["s2", "s9"], "outlier"].all()


@pytest.mark.parametrize("n", [10, 20, 50, 100])
def test_each_number_sees_its_own_kind_of_fault(n):
    for seed in range(3):
        expression, groups = draw(n, seed)
        scaled = qc.measure_samples(spoil(expression, "s4", "scaled", seed), groups).loc["s4"]
        clean = qc.measure_samples(expression, groups).loc["s4"]
        assert scaled["distribution_outlier"]
        # A scaled array correlates as it ever did.
        for name in ("connectivity_z", "correlation_d"):
            assert scaled[name] == pytest.approx(clean[name])
        noise = qc.measure_samples(spoil(expression, "s4", "noise", seed), groups).loc["s4"]
        assert noise["connectivity_outlier"]
        assert noise["correlation_outlier"]
        assert noise["pc_outlier"]
        assert not noise["distribution_outlier"]


def test_a_sample_far_along_one_component_is_apart_although_it_correlates():
    rng = np.random.default_rng(4)
    expression, groups = draw(30)
    programme = rng.normal(0, 1, len(expression)) * (rng.random(len(expression)) < 0.1)
    expression["s4"] += 3 * programme
    table = qc.measure_samples(expression, groups)
    assert table.loc["s4", "pc_outlier"]
    assert table.loc["s4", "mean_correlation"] > 0.8
    assert table["pc_outlier"].sum() == 1


def test_four_of_twenty_with_one_common_fault_are_all_found():
    found, others = [], []
    for seed in range(6):
        expression, groups = draw(20, seed)
        bad = ["s0", "s1", "s2", "s3"]
        fault = np.random.default_rng(seed).normal(0, 1.5, len(expression))
        expression[bad] += fault[:, None]
        outlier = qc.measure_samples(expression, groups)["outlier"]
        found.append(outlier[bad].mean())
        others.append(outlier.drop(bad).mean())
    assert np.mean(found) == 1
    assert np.mean(others) <= 0.02


@pytest.mark.parametrize(("n", "cohorts"), [(10, 100), (30, 40), (100, 12)])
def test_each_line_is_crossed_by_few_samples_that_are_all_alike(n, cohorts):
    tables = [qc.measure_samples(*draw(n, seed, genes=400)) for seed in range(cohorts)]
    crossed = pd.concat(tables)[list(qc.FLAGS.values())].mean()
    most = {
        "connectivity_outlier": 0.05,
        "correlation_outlier": 0.03,
        "pc_outlier": 0.02,
        "distribution_outlier": 0.01,
    }
    assert (crossed <= pd.Series(most)).all(), crossed.to_dict()
    # A line that nobody ever crosses would say nothing.
    assert crossed["connectivity_outlier"] > 0


@pytest.mark.parametrize(("n", "cohorts"), [(6, 250), (8, 190), (12, 120), (30, 50), (120, 12)])
@pytest.mark.parametrize(("tails", "most"), [(None, 0.025), (4, 0.045)])
def test_of_samples_that_are_all_alike_few_are_outliers(n, cohorts, tails, most):
    flagged = [
        qc.measure_samples(*draw(n, seed, genes=400, tails=tails))["outlier"].mean()
        for seed in range(cohorts)
    ]
    assert np.mean(flagged) <= most


def test_of_independent_genes_hardly_a_sample_is_an_outlier():
    flagged = [
        qc.measure_samples(*draw(n, seed, genes=400, factors=0, effect=0))["outlier"].mean()
        for seed in range(40)
        for n in (6, 12, 30)
    ]
    assert np.mean(flagged) <= 0.005


def test_the_smaller_group_is_no_outlier_for_being_ill():
    rng = np.random.default_rng(3)
    expression, _ = draw(30, effect=0)
    ill = pd.Series(np.where(np.arange(30) < 5, "case", "control"), index=expression.columns)
    expression.loc[:, ill == "case"] += rng.normal(0, 1.2, (len(expression), 1))
    table = qc.measure_samples(expression, ill)
    assert not table["outlier"].any()
    assert not table["pc_outlier"].any()
    # One of another kind within the small group is.
    table = qc.measure_samples(spoil(expression, "s2", "tissue"), ill)
    assert list(table.index[table["outlier"]]) == ["s2"]


def test_connectivity_and_correlation_are_what_they_are_called():
    expression, groups = draw(9)
    table = qc.measure_samples(expression, groups)
    correlation = expression.corr().to_numpy()
    adjacency = ((1 + correlation) / 2) ** 2
    connectivity = np.array([adjacency[i].sum() - adjacency[i, i] for i in range(9)])
    expected = (connectivity - connectivity.mean()) / connectivity.std(ddof=1)
    assert table["connectivity_z"].to_numpy() == pytest.approx(expected)
    fisher = [np.arctanh(np.median(np.delete(correlation[i], i))) for i in range(9)]
    fisher = pd.Series(fisher, index=expression.columns)
    away = fisher - fisher.groupby(groups).transform("median")
    mad = 1.4826 * np.median(np.abs(away - np.median(away)))
    assert table["correlation_d"].to_numpy() == pytest.approx((away / mad).to_numpy(), rel=1e-6)
    others = [np.mean(np.delete(correlation[i], i)) for i in range(9)]
    assert table["mean_correlation"].to_numpy() == pytest.approx(others)
    assert table["iqr"].to_numpy() == pytest.approx(
        (expression.quantile(0.75) - expression.quantile(0.25)).to_numpy()
    )


def test_the_numbers_do_not_depend_on_order_or_on_a_constant():
    expression, groups = draw(12)
    table = qc.measure_samples(expression, groups)
    turned = qc.measure_samples(expression.iloc[::-1, ::-1], groups[::-1])
    moved = qc.measure_samples(expression + 3, groups)
    for other in (turned, moved):
        assert other.loc[table.index, NUMBERS].to_numpy() == pytest.approx(
            table[NUMBERS].to_numpy(), abs=1e-6
        )


def test_two_flags_or_one_far_number_make_an_outlier():
    rows = [
        (-2.6, -1, 1, 1),
        (-2.6, -6.1, 1, 1),
        (0, 0, 0, 9.9),
        (0, 0, 0, 10.1),
        (0, 0, 4.1, 5.1),
        (9, 9, 0, 0),
        (np.nan, np.nan, np.nan, np.nan),
    ]
    found = qc.outliers.flags(pd.DataFrame(rows, columns=NUMBERS))
    assert found["outlier"].tolist() == [False, True, False, True, True, False, False]
    assert found["connectivity_outlier"].tolist() == [True, True, *[False] * 5]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_fewer_than_six_samples_are_too_few_to_judge(n):
    expression, groups = draw(n)
    table = qc.check_cohort(spoil(expression, "s0", "noise"), groups.to_frame("group"))
    assert table[NUMBERS].isna().all(axis=None)
    assert not table[[*qc.FLAGS.values(), "outlier"]].any(axis=None)
    assert len(table) == n


def test_a_sample_of_one_value_and_a_cohort_of_one_value():
    expression, groups = draw(12)
    expression["s5"] = 5.0
    table = qc.measure_samples(expression, groups)
    assert list(table.index[table["outlier"]]) == ["s5"]
    assert np.isfinite(table[NUMBERS]).all(axis=None)
    flat = qc.measure_samples(expression * 0 + 1, groups)
    assert not flat["outlier"].any()
    assert np.isfinite(flat[NUMBERS]).all(axis=None)


def test_samples_of_one_distribution_are_not_told_apart_by_rounding():
    expression, groups = draw(12)
    equal = np.sort(expression.to_numpy(), axis=0).mean(axis=1)
    ranks = expression.rank().astype(int).to_numpy() - 1
    normalised = pd.DataFrame(equal[ranks].round(3), expression.index, expression.columns)
    assert not qc.measure_samples(normalised, groups)["distribution_outlier"].any()


# Sex.


def people(sexes, seed=0, *, genes=600, noise=0.3, shift=0.0):
    """Return expression whose XIST and Y genes follow the sexes (m, f, and b for both)."""
    rng = np.random.default_rng(seed)
    sexes = np.array(list(sexes))
    values = rng.normal(6, 2, (genes, 1)) + rng.normal(0, noise, (genes, len(sexes)))
    names = [qc.sex.XIST, *qc.Y_GENES, *(f"G{i}" for i in range(genes - 9))]
    quiet = rng.normal(3.5, 0.3, (9, 1))
    values[:9] = quiet + rng.normal(0, noise, (9, len(sexes)))
    values[0, sexes != "m"] += 5
    values[1:9, sexes != "f"] += np.array([5, 4, 3, 3, 1, 2, 0.5, 1.5])[:, None]
    columns = [f"s{i}" for i in range(len(sexes))]
    return pd.DataFrame(values + shift, index=names, columns=columns)


def letters(table):
    return "".join(name[0] for name in table["sex_inferred"])


@pytest.mark.parametrize("sexes", ["mf", "mmf", "mfffffff", "mmmmmmmmf", "mf" * 40])
def test_both_sexes_are_told_even_where_one_is_a_single_sample(sexes):
    for seed in range(10):
        table = qc.infer_sex(people(sexes, seed))
        assert letters(table) == sexes
        assert (table["sex_margin"] > 0.2).all()


@pytest.mark.parametrize("sexes", ["m" * 9, "f" * 9, "m", "f"])
def test_a_cohort_of_one_sex_is_recognised(sexes):
    for seed in range(10):
        assert letters(qc.infer_sex(people(sexes, seed))) == sexes


def test_a_sample_with_both_kinds_of_signal_is_unknown():
    table = qc.infer_sex(people("mmmmmfffffb"))
    assert letters(table) == "mmmmmfffffu"


def test_without_the_genes_the_sex_is_unknown():
    expression = people("mfmfmf")
    for lacking in (["XIST"], list(qc.Y_GENES[1:]), ["XIST", *qc.Y_GENES]):
        table = qc.infer_sex(expression.drop(lacking))
        assert letters(table) == "u" * 6
        assert table[["xist_rank", "y_rank", "sex_margin"]].isna().all(axis=None)
    some = expression.drop(list(qc.Y_GENES[2:]))
    assert letters(qc.infer_sex(some)) == "mfmfmf"


@pytest.mark.parametrize(("n", "most"), [(6, 0.05), (10, 0.03), (30, 0.005)])
def test_noise_has_no_sex(n, most):
    called = []
    for seed in range(60):
        rng = np.random.default_rng([seed, n])
        names = ["XIST", *qc.Y_GENES, *(f"G{i}" for i in range(200))]
        noise = pd.DataFrame(rng.normal(size=(len(names), n)), index=names)
        called.append((qc.infer_sex(noise)["sex_inferred"] != "unknown").mean())
    assert np.mean(called) < most


def test_sex_does_not_depend_on_the_scale():
    expression = people("mfmfmmff")
    expected = qc.infer_sex(expression)
    pd.testing.assert_frame_equal(qc.infer_sex(2**expression), expected)
    pd.testing.assert_frame_equal(qc.infer_sex(expression.iloc[::-1] * 3 - 40), expected)


def test_planted_mismatches_are_conflicts_and_unknown_is_none():
    sexes = "mf" * 10 + "b"
    expression = people(sexes)
    annotated = [{"m": "male", "f": "F", "b": "female"}[letter] for letter in sexes]
    annotated[3], annotated[8], annotated[5] = "m", "Female", ""
    fields = pd.DataFrame({"gender": annotated}, index=expression.columns)
    samples = pd.DataFrame({"group": "case"}, index=expression.columns)
    samples.iloc[::2] = "control"
    table = qc.check_cohort(expression, samples, fields).set_index("sample")
    assert list(table.index[table["sex_conflict"]]) == ["s3", "s8"]
    assert table.loc["s20", "sex_inferred"] == "unknown"
    assert table.loc["s5", "sex_annotated"] == ""
    bare = qc.check_cohort(expression, samples)
    assert not bare["sex_conflict"].any()
    assert (bare["sex_annotated"] == "").all()


# What submitters say.


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("gender", ["male", "Female", "M", "f", ""], "mfmf-"),
        ("Sex", ["man", "woman", "n/a", "unknown", "male/female pool"], "mf---"),
        ("sex", ["1", "2", "2", "9", "0"], "mff--"),
        ("sex", ["1", "0", "0", "1", "1"], "-----"),
        ("sex", ["1", "1", "1", "1", "1"], "-----"),
        ("gender (1=female, 0=male)", ["1", "0", "0", "", "2"], "fmm--"),
        ("sex (male: 1; female: 2)", ["1", "2", "1", "1", "1"], "mfmmm"),
        ("patient gender", ["MALE", "FEMALE ", "46,XY", "XX", "M."], "mfmfm"),
        ("sexual activity", ["m", "f", "m", "f", "m"], "-----"),
        ("age/sex", ["61/M", "55/F", "70 y, female", "", "61"], "mff--"),
    ],
)
def test_annotated_sex_is_read_however_it_is_written(name, values, expected):
    found = qc.annotated_sex(pd.DataFrame({"title": "x", name: values}))
    assert "".join(value[:1] or "-" for value in found) == expected
    assert found.name == "sex_annotated"


def test_the_field_that_says_most_is_read():
    fields = pd.DataFrame({"sex": ["", "", "m"], "donor gender": ["male", "female", "male"]})
    assert qc.annotated_sex(fields).tolist() == ["male", "female", "male"]
    none = qc.annotated_sex(pd.DataFrame({"tissue": ["a", "b"]}, index=["s1", "s2"]))
    assert none.tolist() == ["", ""]
    assert none.index.tolist() == ["s1", "s2"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-03-05", "2014-03-05"),
        ("2014-03-05T12:30:00Z", "2014-03-05"),
        ("2014/3/5 08:00", "2014-03-05"),
        ("03/05/14 13:01:22", "2014-03-05"),
        ("20140305", "2014-03-05"),
        ("Mar 5 2014", "2014-03-05"),
        ("5-March-2014", "2014-03-05"),
        ("05.03.1998", "1998-05-03"),
        ("13/25/2014", ""),
        ("2014", ""),
        ("Foo 5 2014", ""),
        ("batch 3", ""),
        ("", ""),
    ],
)
def test_a_date_is_read_however_it_is_written(text, expected):
    assert iso_date(text) == expected


def test_scan_dates_are_those_of_the_laboratory():
    fields = pd.DataFrame(
        {
            "submission_date": ["Jul 08 2011"] * 3,
            "last_update_date": ["Jul 08 2011"] * 3,
            "date of birth": ["1950-01-01"] * 3,
            "hybridization date": ["13/01/2009", "02/01/2009", ""],
        }
    )
    assert qc.scan_date(fields).tolist() == ["2009-01-13", "2009-01-02", ""]
    without = fields.drop(columns="hybridization date")
    assert qc.scan_date(without).tolist() == ["", "", ""]
    for name in ("scan date", "ScanDate", "scan_date", "date", "date of scanning", "batch date"):
        renamed = without.assign(**{name: ["03/05/14", "03/25/14", "x"]})
        assert qc.scan_date(renamed).tolist() == ["2014-03-05", "2014-03-25", ""], name


def test_batch_and_age_are_found_by_their_names():
    fields = pd.DataFrame(
        {"batch id": ["1", "2"], "age (years)": ["61", "55.5"], "stage": ["1", "2"]}
    )
    assert qc.batch(fields).tolist() == ["1", "2"]
    assert qc.age(fields).tolist() == [61, 55.5]
    texts = pd.DataFrame({"age": ["61 years", "70y", ">80", "61-70", "", "age: 44"]})
    assert qc.age(texts).dropna().tolist() == [61, 70, 44]
    assert qc.age(fields[["stage"]]).isna().all()
    assert qc.batch(fields[["stage"]]).tolist() == ["", ""]


# Confounding.


def cohort_of(cases, controls):
    names = [f"s{i}" for i in range(cases + controls)]
    return pd.Series(["case"] * cases + ["control"] * controls, index=names)


def field(values, groups, name="batch", kind="batch"):
    return qc.Field(name, kind, pd.Series(values, index=groups.index))


def test_a_batch_that_is_the_group_is_confounded_and_a_balanced_one_is_not():
    groups = cohort_of(6, 6)
    fields = [
        field(list("aaabbb") + list("cccddd"), groups, "nested"),
        field(list("aaabbb") * 2, groups, "balanced"),
        field(list("aaaaab") + list("bbbbba"), groups, "uneven"),
        field(["a"] * 6 + [""] * 6, groups, "cases only"),
        field(["a"] * 12, groups, "one level"),
    ]
    table = qc.confounding(groups, fields).set_index("field")
    # Two by six samples are too few to say that 5 and 1 against 1 and 5 is more than chance.
    assert table["confounded"].tolist() == ["yes", "no", "no", "unknown", "no"]
    assert table["levels"].tolist() == [4, 2, 2, 1, 1]
    assert table.loc["nested", "cramers_v"] == pytest.approx(1)
    assert np.isinf(table.loc["nested", "variance_inflation"])
    assert table.loc["balanced", "variance_inflation"] == 1
    assert table.loc["uneven", "p_value"] == pytest.approx(fisher_exact([[5, 1], [1, 5]])[1])
    assert table.loc["uneven", "cramers_v"] == pytest.approx(4 / 6)
    assert table.loc["cases only", "cases_controls"] == "a 6/0"
    larger = cohort_of(12, 12)
    strong = field(list("aaaaab") * 2 + list("bbbbba") * 2, larger)
    assert qc.confounding(larger, [strong])["confounded"].tolist() == ["partly"]


def test_the_variance_inflation_is_that_of_the_fitted_model():
    rng = np.random.default_rng(0)
    groups = cohort_of(9, 14)
    samples = pd.DataFrame({"group": groups})
    samples["plate"] = rng.choice(list("abc"), 23)
    samples["age"] = rng.normal(60, 9, 23) + 6 * (groups == "case")
    chosen = qc.fields_to_check(samples, pd.DataFrame(index=samples.index), ["plate", "age"])
    table = qc.confounding(groups, chosen).set_index("field")

    def variance(covariates):
        design = design_matrix(samples, covariates).to_numpy()
        return np.linalg.inv(design.T @ design)[1, 1]

    for name in ("plate", "age"):
        expected = variance((name,)) / variance(())
        assert table.loc[name, "variance_inflation"] == pytest.approx(expected)
    sides = [samples.loc[groups == name, "age"] for name in ("case", "control")]
    assert table.loc["age", "p_value"] == pytest.approx(ttest_ind(*sides, equal_var=False).pvalue)
    pooled = np.sqrt((sides[0].var() + sides[1].var()) / 2)
    assert table.loc["age", "smd"] == pytest.approx((sides[0].mean() - sides[1].mean()) / pooled)


def test_random_batches_are_seldom_called_confounded():
    rng = np.random.default_rng(1)
    groups = cohort_of(12, 12)
    fields = [
        field(rng.choice(list("abcdef")[:levels], 24), groups)
        for levels in (2, 3, 6)
        for _ in range(200)
    ]
    table = qc.confounding(groups, fields)
    assert (table["confounded"] != "no").mean() < 0.06
    assert (table["p_value"] < 0.05).mean() < 0.07


def test_fields_that_look_like_batches_are_checked_and_anatomy_is_not():
    groups = cohort_of(6, 6)
    half, own = list("ab") * 6, [str(i) for i in range(12)]
    fields = pd.DataFrame(
        {
            "chip": half, "array plate": half, "recruitment centre": half, "hyb_protocol": half,
            "platform_id": half, "batch": own, "biopsy site": half, "contact_laboratory": half,
            "tissue": half, "truncation": half, "run": ["a"] * 12, "gender": ["m", "f"] * 6,
            "age": [str(50 + i) for i in range(12)],
            "scan date": [f"2010-0{1 + i % 2}-{10 + i}" for i in range(12)],
        },
        index=groups.index,
    )  # fmt: skip
    samples = pd.DataFrame({"group": groups, "chip": half})
    found = {item.name: item.kind for item in qc.fields_to_check(samples, fields, ["chip"])}
    assert found == {
        "chip": "covariate", "month of the work": "date", "array plate": "batch",
        "recruitment centre": "batch", "hyb_protocol": "batch", "platform_id": "batch",
        "age": "age", "sex": "sex",
    }  # fmt: skip
    nothing = pd.DataFrame(index=groups.index)
    assert qc.fields_to_check(samples, nothing) == []
    assert qc.confounding(groups, []).empty
    inferred = pd.Series(["male", "female", "unknown"] * 4, index=groups.index)
    (only,) = qc.fields_to_check(samples, nothing, (), inferred)
    assert only.name == "sex (inferred)"
    assert qc.confounding(groups, [only])["n"].tolist() == [8]


def test_covariates_that_cannot_enter_the_model_are_refused_in_one_line():
    samples = pd.DataFrame({"group": cohort_of(4, 4)})
    samples["batch"] = ["a", "a", "b", "b", "c", "c", "c", "c"]
    samples["number"] = [1, 1, 2, 2, 3, 3, 3, 3]
    samples["chip_batch"] = samples["number"]
    samples["age"] = [50, 61, 47, 70, 55, 52, 68, 71]
    samples["months"] = samples["age"] * 12
    samples["site"], samples["one"] = list("xyxyxyxy"), 5
    samples["pair_a"], samples["pair_b"] = [1, 2, 3, 4, 1, 2, 3, 4], [0, 1, 2, 3, 1, 2, 3, 4]

    def refused(*covariates):
        return "\n".join(qc.confounded_covariates(samples, covariates, "ra"))

    assert refused() == ""
    assert refused("age", "site") == ""
    # As amounts they do not say the group; as the names of batches they do.
    assert refused("number") == ""
    assert "covariate 'chip_batch' cannot be told from case/control" in refused("chip_batch")
    message = refused("age", "batch")
    assert message.startswith("cohort 'ra': covariate 'batch' cannot be told from case/control")
    assert "a 2/0; b 2/0; c 0/4" in message
    assert "\n" not in message
    assert "'one' is the same in all samples" in refused("one")
    assert "covariate 'months' says nothing beside 'age'" in refused("age", "months")
    assert "'pair_a', 'pair_b' together cannot be told" in refused("pair_a", "pair_b")
    samples["person"], samples["dose"] = list("abcdabcd"), [3, 1, 4, 1, 5, 9, 2, 6]
    samples["weight"] = [60, 71, 80, 92, 55, 64, 83, 77]
    assert "8 samples leave nothing to estimate the variance of 8 coefficients" in refused(
        "person", "age", "dose", "weight"
    )
    with pytest.raises(DataError, match="cohort 'ra': covariate 'batch' cannot be told"):
        qc.refuse_confounded(samples, ["batch"], "ra")
    # A sample that is not used cannot save a batch.
    samples.loc["s9"] = samples.loc["s0"]
    samples.loc["s9", ["group", "batch"]] = ["excluded", "c"]
    assert "cannot be told" in "\n".join(qc.confounded_covariates(samples, ["batch"], "ra"))


def test_a_covariate_with_a_value_for_each_sample_is_refused_for_that():
    samples = pd.DataFrame({"group": cohort_of(6, 6)})
    samples["scan_date"] = [f"03/{i + 1:02d}/14 13:01:22" for i in range(12)]
    (message,) = qc.confounded_covariates(samples, ["scan_date"], "ra")
    assert message.startswith("cohort 'ra': covariate 'scan_date' has a value of its own in each")
    assert "remove it" in message
    assert "\n" not in message


def test_the_model_refuses_a_confounded_covariate_in_one_line_too(make_cohort):
    cohort = make_cohort(n_cases=5, n_controls=5)
    samples = cohort.samples.assign(plate=["a"] * 2 + ["b"] * 3 + ["c"] * 5)
    cohort = replace(cohort, samples=samples, covariates=("plate",))
    with pytest.raises(
        DataError, match="cohort 'cohort': .*not of full rank.*remove it"
    ) as refusal:
        fit_differential(cohort)
    assert "\n" not in str(refusal.value)
    assert qc.confounded_covariates(samples, ["plate"], "cohort")


@pytest.mark.parametrize(
    ("days", "verdict"),
    [("aaabbb" "cccddd", "yes"), ("aaaabb" "bbbbaa", "no"), ("abcabc" "abcabc", "no")],
)  # fmt: skip
def test_the_day_of_the_scan_is_held_against_the_groups(days, verdict):
    groups = cohort_of(6, 6)
    dates = [f"2010-03-0{1 + 'abcd'.index(day)} 1{i % 10}:05" for i, day in enumerate(days)]
    fields = pd.DataFrame({"scan date": dates}, index=groups.index)
    chosen = qc.fields_to_check(groups.to_frame("group"), fields)
    assert [(item.name, item.kind) for item in chosen] == [("day of the work", "date")]
    table = qc.confounding(groups, chosen)
    assert table["confounded"].tolist() == [verdict]
    assert table["levels"].tolist() == [len(set(days))]
    assert table["cramers_v"].between(0, 1 + 1e-9).all()
    assert (table.loc[0, "cramers_v"] > 0.999) == (verdict == "yes")


def test_a_partly_confounded_scan_day_is_reported_with_its_strength():
    groups = cohort_of(15, 15)
    days = ["2010-03-01"] * 12 + ["2010-03-02"] * 3 + ["2010-03-01"] * 3 + ["2010-03-02"] * 12
    fields = pd.DataFrame({"hybridization date": days}, index=groups.index)
    samples = groups.to_frame("group")
    (row,) = qc.confounding(groups, qc.fields_to_check(samples, fields)).to_dict("records")
    assert row["confounded"] == "partly"
    assert row["cramers_v"] == pytest.approx(0.6)
    assert row["variance_inflation"] == pytest.approx(1 / (1 - 0.36))
    assert row["cases_controls"] == "2010-03-01 12/3; 2010-03-02 3/12"
    # What is only partly so can enter the model.
    samples["day"] = days
    assert qc.confounded_covariates(samples, ["day"], "ra") == []


def test_what_is_refused_is_what_the_model_refuses():
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(300):
        samples = pd.DataFrame({"group": rng.permutation(["case"] * 3 + ["control"] * 3)})
        samples["one"] = rng.choice(list("abc"), 6)
        samples["two"] = rng.choice(list("xy"), 6)
        design = design_matrix(samples, ("one", "two")).to_numpy()
        sound = np.linalg.matrix_rank(design) == design.shape[1] < len(design)
        wrong = qc.confounded_covariates(samples, ["one", "two"], "c")
        assert bool(wrong) != sound
        refused += bool(wrong)
    assert 20 < refused < 280


# The job, and real data.


def matrix_file(path, fields, accession="GSE1"):
    """Write the header of a series matrix with these fields."""
    samples = "\t".join(f'"{name}"' for name in fields.index)
    lines = [f'!Series_geo_accession\t"{accession}"', f"!Sample_geo_accession\t{samples}"]
    for name in fields:
        values = "\t".join(f'"{name}: {value}"' for value in fields[name])
        lines.append(f"!Sample_characteristics_ch1\t{values}")
    text = "\n".join([*lines, "!series_matrix_table_begin", "!series_matrix_table_end", ""])
    with gzip.open(path, "wt") as file:
        file.write(text)


def run_job(folder, fields, expression, samples, covariates=""):
    """Run check_cohort as Snakemake would."""
    matrix_file(folder / "matrix.txt.gz", fields)
    write_matrix(expression, folder / "genes.parquet")
    write_table(samples.rename_axis("sample").reset_index(), folder / "samples.tsv")
    names = {"matrix": "matrix.txt.gz", "expression": "genes.parquet", "samples": "samples.tsv"}
    made = {"table": "qc.tsv", "confounding": "confounding.tsv", "figure": "qc.svg"}
    job = SimpleNamespace(
        input=SimpleNamespace(**{key: folder / name for key, name in names.items()}),
        output=SimpleNamespace(**{key: folder / name for key, name in made.items()}),
        params=SimpleNamespace(row={"covariates": covariates}),
        wildcards=SimpleNamespace(cohort="ra"),
        log=[folder / "log.txt"],
        rule="check_cohort",
    )
    script = qc.__file__.replace("crosshub/qc/__init__.py", "check_cohort.py")
    runpy.run_path(script, init_globals={"snakemake": job})


def test_the_job_writes_both_tables_and_stops_at_a_confounded_covariate(tmp_path):
    expression = people("mf" * 6)
    expression.columns = [f"GSM{i}" for i in range(12)]
    samples = pd.DataFrame({"group": ["case"] * 6 + ["control"] * 6}, index=expression.columns)
    fields = pd.DataFrame(index=[*expression.columns, "GSM99"])
    fields["gender"] = ["m", "f"] * 6 + ["m"]
    fields["batch"] = ["1"] * 6 + ["2"] * 7
    samples["batch"] = fields["batch"].iloc[:12]
    run_job(tmp_path, fields, expression, samples)
    table = read_table(tmp_path / "qc.tsv")
    assert (table["sex_annotated"] == table["sex_inferred"]).all()
    assert table["batch"].tolist() == [1] * 6 + [2] * 6
    confounding = read_table(tmp_path / "confounding.tsv").set_index("field")
    assert confounding["confounded"].to_dict() == {"batch": "yes", "sex": "no"}
    assert (tmp_path / "qc.svg").stat().st_size > 10_000
    for made in ("qc.tsv", "confounding.tsv"):
        (tmp_path / made).unlink()
    with pytest.raises(SystemExit):
        run_job(tmp_path, fields, expression, samples, covariates="Batch")
    assert "covariate 'batch' cannot be told" in (tmp_path / "log.txt").read_text()
    assert not (tmp_path / "qc.tsv").exists()


def test_the_job_reports_a_scan_day_that_is_the_group_and_drops_nobody(tmp_path):
    expression = spoil(people("mf" * 6), "s4", "noise")
    expression.columns = [f"GSM{i}" for i in range(12)]
    samples = pd.DataFrame({"group": ["case"] * 6 + ["control"] * 6}, index=expression.columns)
    fields = pd.DataFrame(index=expression.columns)
    fields["scan date"] = ["03/05/14 10:01:22"] * 6 + ["03/25/14 10:01:22"] * 6
    run_job(tmp_path, fields, expression, samples)
    table = read_table(tmp_path / "qc.tsv")
    assert table["scan_date"].tolist() == ["2014-03-05"] * 6 + ["2014-03-25"] * 6
    assert table["sample"].tolist() == list(expression.columns)
    assert table.loc[table["outlier"], "sample"].tolist() == ["GSM4"]
    confounding = read_table(tmp_path / "confounding.tsv").set_index("field")
    assert confounding.loc["day of the work", "confounded"] == "yes"
    log = (tmp_path / "log.txt").read_text()
    assert "outliers: ['GSM4']" in log
    assert "day of the work" in log
    # The report warns of it, and names the outlier.
    source = Source(tmp_path, {}, [{"cohort": "ra"}, {"cohort": "ra_two"}], {})
    for name in ("ra", "ra_two"):
        (tmp_path / "cohorts" / name).mkdir(parents=True)
        write_table(table, tmp_path / "cohorts" / name / "qc.tsv")
    write_table(confounding.reset_index(), tmp_path / "cohorts/ra/confounding.tsv")
    text = "\n".join(str(block) for block in quality(source).blocks)
    assert "ra: 'day of the work' says all of the group (2014-03-05 6/0; 2014-03-25 0/6" in text
    assert "says anything of batch or day in ra_two" in text
    assert "GSM4" in text
    assert "judged, and counted, in each" in text


def test_the_figure_says_what_each_frame_means_and_how_many():
    sexes = "mf" * 10
    expression = spoil(spoil(people(sexes, genes=1500), "s4", "noise"), "s9", "shifted")
    fields = pd.DataFrame({"sex": list(sexes)}, index=expression.columns)
    fields.loc["s2", "sex"] = "f"
    samples = pd.DataFrame({"group": ["case", "case", "control", "control"] * 5})
    table = qc.check_cohort(expression, samples.set_index(expression.columns), fields)
    alone = table.set_index("sample").loc["s9"]
    assert alone["distribution_outlier"]
    assert not alone["outlier"]
    figure = figures.quality(table, cohort="ra")
    labels = {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    assert {"control (n = 10)", "case (n = 10)", "outlier (n = 1)"} <= labels
    assert "annotated as the other sex (n = 1)" in labels
    assert "values beyond the line, no outlier (n = 1)" in labels
    for axes in figure.axes:
        assert axes.get_ylabel(), axes.get_title()
        assert axes.get_xlabel() or len(axes.get_xticklabels()) == 20


def real(mirror, accession, platform, *, linear):
    """Return the genes of a real array (mean of its probes, log2) and the fields of its samples."""
    folder = mirror / "series" / geo.folder_of(accession) / "matrix"
    series = geo.read_series_matrix(folder / f"{accession}_series_matrix.txt.gz")
    folder = mirror / "platforms" / geo.folder_of(platform) / "annot"
    symbols = geo.read_annotation(folder / f"{platform}.annot.gz")["symbol"]
    symbols = symbols.reindex(series.values.index).fillna("")
    kept = (symbols != "") & ~symbols.str.contains("///", regex=False)
    values = np.log2(series.values.clip(lower=0) + 1) if linear else series.values
    return values[kept].groupby(symbols[kept]).mean(), series.fields


def test_real_sexes_agree_but_for_one_sample_that_cannot_be_right(mirror):
    expression, fields = real(mirror, "GSE55457", "GPL96", linear=True)
    table = qc.infer_sex(expression)
    annotated = qc.annotated_sex(fields)
    assert annotated.value_counts().to_dict() == {"female": 20, "male": 13}
    known = table["sex_inferred"] != "unknown"
    assert (table["sex_inferred"] == annotated).sum() == 31
    # Annotated male, without a Y gene and with the XIST of a woman; and one with both signals.
    conflicts = qc.sex_conflicts(annotated, table["sex_inferred"])
    assert list(table.index[conflicts]) == ["GSM1337309"]
    assert list(table.index[~known]) == ["GSM1337333"]


def test_a_real_series_without_annotation_has_sexes_all_the_same(mirror):
    expression, fields = real(mirror, "GSE55235", "GPL96", linear=True)
    assert (qc.annotated_sex(fields) == "").all()
    counts = qc.infer_sex(expression)["sex_inferred"].value_counts().to_dict()
    assert counts == {"female": 19, "male": 11}
    men, _ = real(mirror, "GSE19420", "GPL570", linear=False)
    assert set(qc.infer_sex(men)["sex_inferred"]) == {"male"}


def test_an_array_of_noise_or_of_another_tissue_is_found_among_real_samples(mirror):
    expression, fields = real(mirror, "GSE55457", "GPL96", linear=True)
    muscle, _ = real(mirror, "GSE19420", "GPL570", linear=False)
    groups = fields["clinical status"]
    used = groups.index[groups != "osteoarthritis"]
    clean = qc.measure_samples(expression[used], groups[used])
    assert not clean["outlier"].any()
    for sample in used[[2, 15]]:
        noise = qc.measure_samples(spoil(expression[used], sample, "noise"), groups[used])
        assert list(noise.index[noise["outlier"]]) == [sample]
        swapped = expression[used].copy()
        other = muscle.iloc[:, 0].reindex(swapped.index).fillna(muscle.iloc[:, 0].median())
        order = np.argsort(np.argsort(other.to_numpy()))
        swapped[sample] = np.sort(swapped[sample].to_numpy())[order]
        table = qc.measure_samples(swapped, groups[used])
        assert list(table.index[table["outlier"]]) == [sample]


@pytest.mark.parametrize(
    ("accession", "platform", "linear", "women", "men"),
    [("GSE55235", "GPL96", True, 19, 11), ("GSE30528", "GPL571", False, 13, 9)],
)
def test_planted_mislabelled_sexes_in_real_series_are_the_conflicts(
    mirror, accession, platform, linear, women, men
):
    expression, _ = real(mirror, accession, platform, linear=linear)
    sex = qc.infer_sex(expression)["sex_inferred"]
    assert sex.value_counts().to_dict() == {"female": women, "male": men}
    samples = pd.DataFrame({"group": "case"}, index=expression.columns)
    wrong = [sex.index[sex == "male"][1], *sex.index[sex == "female"][[0, 4]]]
    annotated = sex.copy()
    annotated[wrong] = annotated[wrong].map({"male": "female", "female": "male"})
    fields = annotated.str[0].str.upper().to_frame("Sex")
    table = qc.check_cohort(expression, samples, fields).set_index("sample")
    assert set(table.index[table["sex_conflict"]]) == set(wrong)
    # Two exchanged arrays are two conflicts: what is annotated stays with the accession.
    exchanged = expression.copy()
    man, woman = sex.index[sex == "male"][0], sex.index[sex == "female"][1]
    exchanged[[man, woman]] = expression[[woman, man]].to_numpy()
    table = qc.check_cohort(exchanged, samples, sex.to_frame("gender")).set_index("sample")
    assert set(table.index[table["sex_conflict"]]) == {man, woman}


def test_part_of_a_real_series_or_of_its_genes_gives_no_other_sex(mirror):
    rng = np.random.default_rng(0)
    expression, _ = real(mirror, "GSE55457", "GPL96", linear=True)
    whole = qc.infer_sex(expression)["sex_inferred"]
    for one in ("female", "male"):
        alone = expression.loc[:, whole == one]
        assert set(qc.infer_sex(alone)["sex_inferred"]) == {one}
    known = whole.index[whole != "unknown"]
    for n in (4, 8, 15):
        for _ in range(10):
            some = rng.choice(known, n, replace=False)
            part = qc.infer_sex(expression[some])["sex_inferred"]
            assert not ((part != whole[some]) & (part != "unknown")).any()
    for gene in qc.Y_GENES:
        assert qc.infer_sex(expression.drop(index=gene))["sex_inferred"].equals(whole)
    assert set(qc.infer_sex(expression.drop(index="XIST"))["sex_inferred"]) == {"unknown"}


def test_sex_is_told_from_real_counts_too(mirror):
    folder = mirror / "series" / geo.folder_of("GSE184951") / "suppl"
    counts = pd.read_csv(folder / "GSE184951_gene_counts.tsv.gz", sep="\t")
    counts = counts.groupby("symbol").sum(numeric_only=True)
    table = qc.infer_sex(np.log2(counts / counts.sum() * 1e6 + 1))
    assert table["sex_inferred"].value_counts().to_dict() == {"female": 17, "male": 15}
    # A patient has the same sex before and after the training.
    folder = mirror / "series" / geo.folder_of("GSE184951") / "matrix"
    titles = geo.read_series_header(folder / "GSE184951_series_matrix.txt.gz").fields["title"]
    patients = titles[titles.str.match(r"Sample \d+ (?:pre|post) treatment")].str.split().str[1]
    sexes = table["sex_inferred"].groupby(patients).nunique()
    assert len(sexes) == 11
    assert (sexes == 1).all()
