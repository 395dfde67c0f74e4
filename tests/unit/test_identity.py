import numpy as np
import pandas as pd
import pytest
from crosshub import geo, prepare
from crosshub.identity import find_identity, name_people, people_of, repeated_people


def study(rng, genes=2000, n=12):
    """Two series of a tissue, sharing one person."""
    level = rng.normal(8, 2, (genes, 1))
    index = [f"G{i}" for i in range(genes)]
    person = rng.normal(0, 1, (genes, 2 * n))
    tables, expression = {}, {}
    for k, name in enumerate(("one", "two")):
        samples = [f"GSM{k}{i:02d}" for i in range(n)]
        values = level + person[:, k * n : (k + 1) * n] + rng.normal(0, 0.5, (genes, 1))
        expression[name] = pd.DataFrame(values, index=index, columns=samples)
        tables[name] = pd.DataFrame({"sample": samples, "group": "case", "identity": samples})
    return tables, expression


def quantile_normalised(values):
    target = np.sort(np.random.default_rng(9).gamma(3, 2, len(values)))
    return pd.Series(target[values.rank(method="first").astype(int) - 1], index=values.index)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v,
        lambda v: 2**v,
        lambda v: np.log2(2**v + 30),
        quantile_normalised,
        lambda v: v + np.random.default_rng(1).normal(0, 0.01 * v.std(), len(v)),
    ],
    ids=["exact", "linear", "offset", "quantile_normalised", "noise"],
)
def test_a_duplicate_is_found_whatever_was_done_to_it_and_nobody_else(change):
    tables, expression = study(np.random.default_rng(0))
    expression["two"]["GSM103"] = change(expression["one"]["GSM007"])
    links = find_identity(tables, expression)
    assert links[["sample_a", "sample_b", "evidence"]].to_numpy().tolist() == [
        ["GSM007", "GSM103", "values"]
    ]
    assert people_of(tables["two"], links, "two")["GSM103"] == "GSM007"


def test_no_false_link():
    for seed in range(5):
        assert find_identity(*study(np.random.default_rng(seed))).empty


def test_same_sample_same_biosample_and_chains():
    samples = {
        "one": pd.DataFrame({"sample": ["GSM1", "GSM2"], "group": "case",
                             "identity": ["SAM1", "SAM2"]}),
        "two": pd.DataFrame({"sample": ["GSM1", "GSM3"], "group": "control",
                             "identity": ["SAM1", "SAM2"]}),
        "three": pd.DataFrame({"sample": ["GSM4"], "group": "excluded", "identity": ["SAM1"]}),
    }  # fmt: skip
    empty = pd.DataFrame(index=pd.Index([], name="gene"))
    links = find_identity(samples, dict.fromkeys(samples, empty))
    assert sorted(zip(links["sample_a"], links["sample_b"], links["evidence"], strict=True)) == [
        ("GSM1", "GSM1", "same_sample"),
        ("GSM2", "GSM3", "same_identity"),
    ]
    assert people_of(samples["two"], links, "two").to_dict() == {"GSM1": "SAM1", "GSM3": "SAM2"}


def test_real_cohorts_are_not_linked(mirror):
    annotation = geo.read_annotation(
        mirror / "platforms" / geo.folder_of("GPL96") / "annot" / "GPL96.annot.gz"
    )
    samples, expression = {}, {}
    for name in ("GSE55235", "GSE55457"):
        path = mirror / "series" / geo.folder_of(name) / "matrix" / f"{name}_series_matrix.txt.gz"
        expression[name], _ = prepare.prepare_array(geo.read_series_matrix(path).values, annotation)
        names = expression[name].columns
        samples[name] = pd.DataFrame({"sample": names, "group": "case", "identity": names})
    assert find_identity(samples, expression).empty


def test_all_samples_of_a_person_follow_when_one_is_linked():
    """Two samples of a person in one cohort; only the first is found again in the other."""
    samples = {
        "one": pd.DataFrame({"sample": ["GSM1", "GSM2", "GSM3"], "group": "case",
                             "identity": ["GSE9:id=1", "GSE9:id=1", "GSE9:id=2"]}),
        "two": pd.DataFrame({"sample": ["GSM7", "GSM8"], "group": "case",
                             "identity": ["GSE1:id=4", "GSE1:id=5"]}),
    }  # fmt: skip
    links = pd.DataFrame(
        [("GSM1", "one", "GSM7", "two", "values", "GSE1:id=4")],
        columns=["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity"],
    )
    first = people_of(samples["one"], links, "one").to_dict()
    assert first == {"GSM1": "GSE1:id=4", "GSM2": "GSE1:id=4", "GSM3": "GSE9:id=2"}
    assert people_of(samples["two"], links, "two")["GSM7"] == "GSE1:id=4"
    identities = {name: table.set_index("sample")["identity"] for name, table in samples.items()}
    people = name_people(identities, links)
    for name, table in samples.items():
        assert people_of(table, links, name).to_dict() == people[name]


def test_links_over_three_cohorts_are_one_person():
    samples = {
        name: pd.DataFrame({"sample": [f"GSM{i}", f"GSM{i}9"], "group": "case",
                            "identity": [f"P{i}", f"Q{i}"]})
        for i, name in enumerate(("one", "two", "three"))
    }  # fmt: skip
    identities = {name: table.set_index("sample")["identity"] for name, table in samples.items()}
    links = pd.DataFrame(
        [("GSM0", "one", "GSM2", "three"), ("GSM1", "two", "GSM2", "three")],
        columns=["sample_a", "cohort_a", "sample_b", "cohort_b"],
    )
    people = name_people(identities, links)
    assert {people[name][f"GSM{i}"] for i, name in enumerate(samples)} == {"P0"}
    assert {people[name][f"GSM{i}9"] for i, name in enumerate(samples)} == {"Q0", "Q1", "Q2"}


def test_cohorts_that_share_controls_are_linked_by_name_alone():
    tables, expression = study(np.random.default_rng(3))
    shared = list(expression["one"].columns[:6])
    both = {"one": expression["one"], "other": expression["one"][shared].copy()}
    samples = {"one": tables["one"], "other": tables["one"].iloc[:6]}
    links = find_identity(samples, both)
    assert links["sample_a"].tolist() == shared
    assert set(links["evidence"]) == {"same_sample"}


def test_an_excluded_duplicate_is_no_link():
    tables, expression = study(np.random.default_rng(0))
    expression["two"]["GSM103"] = expression["one"]["GSM007"]
    tables["two"]["group"] = np.where(tables["two"]["sample"] == "GSM103", "excluded", "case")
    expression["two"] = expression["two"].drop(columns="GSM103")
    assert find_identity(tables, expression).empty


def test_a_disease_is_no_person():
    """Strong changes shared by the cases of both series do not make two patients one."""
    tables, expression = study(np.random.default_rng(4))
    for part in expression.values():
        part.iloc[:200, :6] += 2
    assert find_identity(tables, expression).empty


def test_people_with_several_samples_are_counted():
    assert repeated_people(["a", "b", "a", "c", "b", "a"]) == 2
    assert repeated_people([]) == 0


def test_real_duplicates_are_found_across_real_series(mirror):
    """As it is, log2 taken again, normalised anew and with noise, among other people."""
    annotation = geo.read_annotation(
        mirror / "platforms" / geo.folder_of("GPL96") / "annot" / "GPL96.annot.gz"
    )
    samples, expression = {}, {}
    for name in ("GSE55235", "GSE55457"):
        path = mirror / "series" / geo.folder_of(name) / "matrix" / f"{name}_series_matrix.txt.gz"
        expression[name], _ = prepare.prepare_array(geo.read_series_matrix(path).values, annotation)
    rng = np.random.default_rng(0)
    one, two = expression["GSE55235"], expression["GSE55457"]
    two["GSM1"] = one.iloc[:, 3]
    two["GSM2"] = np.log2(one.iloc[:, 12])
    two["GSM3"] = quantile_normalised(one.iloc[:, 20])
    two["GSM4"] = one.iloc[:, 25] + rng.normal(0, 0.01 * one.iloc[:, 25].std(), len(one))
    for name, table in expression.items():
        names = list(table.columns)
        samples[name] = pd.DataFrame({"sample": names, "group": "case", "identity": names})
    links = find_identity(samples, expression)
    expected = [(one.columns[i], f"GSM{k}") for k, i in [(1, 3), (2, 12), (3, 20), (4, 25)]]
    assert sorted(zip(links["sample_a"], links["sample_b"], strict=True)) == sorted(expected)
