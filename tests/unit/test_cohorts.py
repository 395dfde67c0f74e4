from types import SimpleNamespace

import pandas as pd
import pytest
from crosshub.cohorts import Cohort, restrict, share_people
from crosshub.errors import DataError
from crosshub.loading import covariate_names, load_cohorts
from crosshub.tables import write_matrix, write_table


def test_a_cut_keeps_the_order_of_the_cohort(make_cohort):
    cohort = make_cohort(n_cases=4, n_controls=4)
    names = list(cohort.samples.index)
    cut = cohort.only([names[6], names[1], "unknown"])
    assert list(cut.samples.index) == list(cut.expression) == [names[1], names[6]]
    assert cut.is_case.tolist() == [True, False]
    assert cut.counts is None
    assert not cut.testable
    assert cohort.testable
    assert list(cohort.samples.index) == names


def test_other_labels(make_cohort):
    cohort = make_cohort(n_cases=3, n_controls=3)
    names = cohort.samples.index
    groups = pd.Series({names[5]: "case", names[0]: "control", names[2]: "control"})
    other = cohort.relabelled(groups.to_frame("group"))
    assert other.samples["group"].to_dict() == groups.to_dict()
    assert list(other.expression) == [names[0], names[2], names[5]]
    assert cohort.samples["group"].tolist() == ["case"] * 3 + ["control"] * 3


def test_samples_and_expression_must_be_the_same(make_cohort):
    cohort = make_cohort()
    with pytest.raises(DataError, match="cohort 'x': expression and samples"):
        Cohort("x", "GSE1", "d", "discovery", cohort.expression.iloc[:, ::-1], cohort.samples)


def test_a_cohort_too_small_to_test_is_left_out(make_cohort):
    cohorts = {name: make_cohort(name, n_cases=3, n_controls=3) for name in ("one", "two")}
    names = {name: list(cohort.samples.index) for name, cohort in cohorts.items()}
    kept = restrict(cohorts, {"one": names["one"][:4], "two": names["two"][1:]})
    assert [cohort.name for cohort in kept] == ["two"]
    assert len(kept[0].samples) == 5


def test_people_shared_by_diseases(make_cohort):
    people = [f"P{i}" for i in range(30)]
    one = make_cohort("one", disease="a", people=people)
    assert not share_people([one, make_cohort("two", disease="b")])
    assert not share_people([one, make_cohort("two", disease="a", people=people)])
    assert share_people([one, make_cohort("two", disease="b", people=people)])


@pytest.fixture
def files(tmp_path, make_cohort):
    """Two cohorts on disk as the rules write them; the second is of counts."""
    rows, parts = [], {"expression": [], "counts": [], "samples": []}
    for i, name in enumerate(("one", "two")):
        cohort = make_cohort(name, n_cases=3, n_controls=3, genes=20)
        table = cohort.samples.reset_index(names="sample").assign(reason="rule", age="7", site="NA")
        table.loc[len(table)] = [f"{name}_out", "excluded", f"{name}_out", "no rule", "", ""]
        counts = cohort.expression.round() if i else cohort.expression.iloc[:0]
        for kind, frame in (("expression", cohort.expression.iloc[:, ::-1]), ("counts", counts)):
            path = tmp_path / f"{name}.{kind}.parquet"
            write_matrix(frame, path)
            parts[kind].append(path)
        write_table(table, tmp_path / f"{name}.tsv")
        parts["samples"].append(tmp_path / f"{name}.tsv")
        rows.append({"cohort": name, "accession": f"GSE{i}", "disease": "d", "role": "discovery",
                     "kind": "counts" if i else "array", "covariates": "Age; site"})  # fmt: skip
    links = pd.DataFrame([("one_0", "one", "two_5", "two", "values", "one_0")],
                         columns=["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence",
                                  "identity"])  # fmt: skip
    write_table(links, tmp_path / "identity.tsv")
    return rows, SimpleNamespace(identity=tmp_path / "identity.tsv", **parts)


def test_cohorts_come_from_their_files(files):
    rows, paths = files
    cohorts = load_cohorts(rows, paths)
    assert list(cohorts) == ["one", "two"]
    one, two = cohorts["one"], cohorts["two"]
    assert list(one.expression) == [f"one_{i}" for i in range(6)]
    assert "one_out" not in one.samples.index
    assert one.counts is None
    assert list(two.counts) == list(two.expression)
    assert two.samples.loc["two_5", "identity"] == "one_0"
    assert one.covariates == ("age", "site")
    assert one.samples["site"].tolist() == ["NA"] * 6


def test_a_sample_without_values_is_named(files):
    rows, paths = files
    table = pd.read_csv(paths.samples[0], sep="\t", keep_default_na=False)
    table.loc[6, "group"] = "case"
    write_table(table, paths.samples[0])
    with pytest.raises(DataError, match=r"lacks 1 labelled samples \(one_out\)"):
        load_cohorts(rows, paths)


def test_names_of_covariates():
    assert covariate_names({"covariates": ""}) == ()
    assert covariate_names({"covariates": " Cell Type ;age;"}) == ("cell_type", "age")
