import numpy as np
import pandas as pd
import pytest
from crosshub import geo, prepare
from crosshub.identity import find_identity, people_of


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
