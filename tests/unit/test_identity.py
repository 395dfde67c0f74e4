import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.identity import links, marks_of, name_people, people_of
from crosshub.identity.titles import people_named
from crosshub.identity.values import likeness, outstanding


def find_identity(samples, expression, marks=None, **settings):
    nothing = pd.DataFrame(columns=["sample", "evidence", "value"])
    marks = dict.fromkeys(samples, nothing) | (marks or {})
    return links.find_identity(samples, marks, expression, **settings)


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
    found = find_identity(tables, expression)
    assert found[["sample_a", "sample_b", "evidence"]].to_numpy().tolist() == [
        ["GSM007", "GSM103", "values"]
    ]
    assert people_of(tables["two"], found, "two")["GSM103"] == "GSM007"


def test_no_false_link():
    for seed in range(5):
        assert find_identity(*study(np.random.default_rng(seed))).empty


def test_all_samples_of_a_person_follow_when_one_is_linked():
    """Two samples of a person in one cohort; only the first is found again in the other."""
    samples = {
        "one": pd.DataFrame({"sample": ["GSM1", "GSM2", "GSM3"], "group": "case",
                             "identity": ["GSE9:id=1", "GSE9:id=1", "GSE9:id=2"]}),
        "two": pd.DataFrame({"sample": ["GSM7", "GSM8"], "group": "case",
                             "identity": ["GSE1:id=4", "GSE1:id=5"]}),
    }  # fmt: skip
    found = pd.DataFrame(
        [("GSM1", "one", "GSM7", "two", "values", "GSE1:id=4")],
        columns=["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity"],
    )
    first = people_of(samples["one"], found, "one").to_dict()
    assert first == {"GSM1": "GSE1:id=4", "GSM2": "GSE1:id=4", "GSM3": "GSE9:id=2"}
    assert people_of(samples["two"], found, "two")["GSM7"] == "GSE1:id=4"
    identities = {name: table.set_index("sample")["identity"] for name, table in samples.items()}
    people = name_people(identities, found)
    for name, table in samples.items():
        assert people_of(table, found, name).to_dict() == people[name]


def test_links_over_three_cohorts_are_one_person():
    samples = {
        name: pd.DataFrame({"sample": [f"GSM{i}", f"GSM{i}9"], "group": "case",
                            "identity": [f"P{i}", f"Q{i}"]})
        for i, name in enumerate(("one", "two", "three"))
    }  # fmt: skip
    identities = {name: table.set_index("sample")["identity"] for name, table in samples.items()}
    found = pd.DataFrame(
        [("GSM0", "one", "GSM2", "three"), ("GSM1", "two", "GSM2", "three")],
        columns=["sample_a", "cohort_a", "sample_b", "cohort_b"],
    )
    people = name_people(identities, found)
    assert {people[name][f"GSM{i}"] for i, name in enumerate(samples)} == {"P0"}
    assert {people[name][f"GSM{i}9"] for i, name in enumerate(samples)} == {"Q0", "Q1", "Q2"}


def test_cohorts_that_share_controls_are_linked_by_name_alone():
    tables, expression = study(np.random.default_rng(3))
    shared = list(expression["one"].columns[:6])
    both = {"one": expression["one"], "other": expression["one"][shared].copy()}
    samples = {"one": tables["one"], "other": tables["one"].iloc[:6]}
    found = find_identity(samples, both)
    assert found["sample_a"].tolist() == shared
    assert set(found["evidence"]) == {"same_sample"}


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


CHANGES = {
    "exact": lambda v: v,
    "logged": lambda v: np.log2(v - v.min() + 1),
    "linear": lambda v: 2**v,
    "quantile_normalised": quantile_normalised,
    "noise": lambda v: v + np.random.default_rng(1).normal(0, 0.01 * v.std(), len(v)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_copy_within_a_cohort_is_found(change):
    tables, expression = study(np.random.default_rng(0))
    part = expression["one"]
    part["GSM003"] = change(part["GSM007"])
    found = find_identity({"one": tables["one"]}, {"one": part})
    pairs = found[["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence"]]
    assert pairs.to_numpy().tolist() == [["GSM003", "one", "GSM007", "one", "values"]]
    assert found["detail"].tolist() == ["rank correlation 1.00"]
    assert people_of(tables["one"], found, "one")["GSM007"] == "GSM003"


def test_a_whole_cohort_normalised_anew_is_found():
    tables, expression = study(np.random.default_rng(0))
    old = expression["one"]
    expression["two"] = pd.DataFrame(
        {f"GSM1{i:02d}": quantile_normalised(old.iloc[:, i]) for i in range(12)}
    )
    found = find_identity(tables, expression)
    assert found["sample_a"].str[-2:].tolist() == found["sample_b"].str[-2:].tolist()
    assert len(found) == 12


def test_arrays_of_one_strong_treatment_are_not_one_person():
    """Cases of both series agree at 0.9 after centring; none stands out, so none is a copy."""
    rng = np.random.default_rng(5)
    index = [f"G{i}" for i in range(2000)]
    effect = rng.normal(0, 1, (2000, 1)) * np.repeat([1, 0], 6)
    level = rng.normal(8, 2, (2000, 1))
    expression, tables = {}, {}
    for k, name in enumerate(("one", "two")):
        names = [f"GSM{k}{i:02d}" for i in range(12)]
        values = level + effect + rng.normal(0, 0.2, (2000, 12))
        expression[name] = pd.DataFrame(values, index=index, columns=names)
        tables[name] = pd.DataFrame({"sample": names, "group": "case", "identity": names})
    first, second = (part.to_numpy() for part in expression.values())
    assert likeness(first, second).max() > 0.8
    assert find_identity(tables, expression).empty
    expression["two"]["GSM103"] = 2 ** expression["one"]["GSM007"]
    assert find_identity(tables, expression)["sample_b"].tolist() == ["GSM103"]


def test_a_pair_stands_out_in_its_row_and_column():
    alike = np.full((4, 5), 0.3)
    alike[1, 2] = 0.8
    assert np.argwhere(outstanding(alike)).tolist() == [[1, 2]]
    alike[:, 2] = 0.8
    assert not outstanding(alike).any()


def fields(n=6, accession="GSE1", **columns):
    table = pd.DataFrame(columns, index=[f"GSM{i}" for i in range(1, n + 1)], dtype=object)
    table.attrs["accession"] = accession
    return table


def marked(table, **settings):
    """Return evidence → the samples that have a value in common."""
    found = marks_of(table, **settings)
    groups = found.groupby(["evidence", "value"], sort=True)["sample"].agg(list)
    return {key: samples for key, samples in groups.items() if len(samples) > 1}


def test_relations_of_geo_are_marks_with_or_without_a_block():
    table = fields(
        patient=list("abcdef"),
        biosample=["SAMN1", "SAMN1", "blood", "", "SAMEA2; SAMD3", "SAMD3"],
        sra=["SRX1", "", "SRX2", "ERX1", "SRX2", "cDNA"],
    )
    for block in ("", "patient"):
        assert marked(table, block=block) == {
            ("same_biosample", "SAMN1"): ["GSM1", "GSM2"],
            ("same_biosample", "SAMD3"): ["GSM5", "GSM6"],
            ("same_sra", "SRX2"): ["GSM3", "GSM5"],
        }


@pytest.mark.parametrize("name", ["patient", "patient_id", "Donor", "individual", "cell line"])
def test_a_field_names_people(name):
    table = fields(**{name: ["P1", "P2", "P1", "P3", "P2", "unknown"]})
    assert list(marked(table).values()) == [["GSM1", "GSM3"], ["GSM2", "GSM5"]]


@pytest.mark.parametrize(
    "columns",
    [
        {"donor group": ["a", "b", "c"] * 2},
        {"patient age": ["41", "42", "43"] * 2},
        {"patient": ["healthy", "ill"] * 3},
        {"patient": ["NA", "", "unknown", "n/a", "-", "none"]},
        {"tissue": ["a", "b", "c"] * 2},
    ],
    ids=["group", "age", "disease", "missing", "tissue"],
)
def test_other_fields_name_no_people(columns):
    assert marked(fields(**columns)) == {}


def test_the_user_says_who_is_who():
    table = fields(patient=["a", "b", "c"] * 2, pair=["x", "x", "y", "y", "z", "z"])
    assert list(marked(table, block=" Pair ").values()) == [
        ["GSM1", "GSM2"],
        ["GSM3", "GSM4"],
        ["GSM5", "GSM6"],
    ]
    own = table.assign(geo_accession=table.index)
    assert marked(own, block="geo_accession") == {}


def test_parts_of_one_superseries_share_people_unless_they_are_numbered_from_one():
    ids = {"individual": ["40", "151", "33", "76", "77", "81"]}
    numbers = {"individual": ["1", "2", "3", "4", "5", "6"]}
    for columns, links_found in [(ids, 6), (numbers, 0)]:
        tables, marks = {}, {}
        for accession, shift in [("GSE1", 0), ("GSE2", 50)]:
            table = fields(accession=accession, **columns)
            table.index = [f"GSM{i + shift}" for i in range(6)]
            marks[accession] = marks_of(table, superseries=["GSE9"])
            names = list(table.index)
            tables[accession] = pd.DataFrame({"sample": names, "group": "case", "identity": names})
        empty = pd.DataFrame(index=pd.Index([], name="gene"))
        found = find_identity(tables, dict.fromkeys(tables, empty), marks)
        assert len(found) == links_found
    assert set(found["evidence"]) <= {"same_person"}


def test_evidence_of_a_pair_is_joined_and_chains_are_one_person():
    tables = {
        "one": pd.DataFrame({"sample": ["GSM1", "GSM2", "GSM5"], "group": "case"}),
        "two": pd.DataFrame({"sample": ["GSM3", "GSM4"], "group": ["control", "excluded"]}),
    }
    tables = {name: table.assign(identity=table["sample"]) for name, table in tables.items()}
    columns = ["sample", "evidence", "value"]
    marks = {
        "one": pd.DataFrame(
            [("GSM1", "same_biosample", "SAMN1"), ("GSM2", "same_biosample", "SAMN1"),
             ("GSM1", "same_sra", "SRX1"), ("GSM2", "same_sra", "SRX1")], columns=columns),
        "two": pd.DataFrame(
            [("GSM3", "reanalysis", "GSM2"), ("GSM4", "reanalysis", "GSM5")], columns=columns),
    }  # fmt: skip
    empty = pd.DataFrame(index=pd.Index([], name="gene"))
    found = find_identity(tables, dict.fromkeys(tables, empty), marks)
    assert found.drop(columns="identity").to_numpy().tolist() == [
        ["GSM1", "one", "GSM2", "one", "same_biosample; same_sra", "SAMN1; SRX1"],
        ["GSM2", "one", "GSM3", "two", "reanalysis", "GSM2"],
    ]
    assert set(found["identity"]) == {"GSM1"}
    assert people_of(tables["one"], found, "one").to_dict() == {
        "GSM1": "GSM1", "GSM2": "GSM1", "GSM5": "GSM5"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("titles", "people"),
    [
        (["Pre-S1", "Post-S1", "Pre-S2", "Post-S2", "Pre-S3", "HC1"], [(0, 1), (2, 3)]),
        (["P7_baseline", "P7_week 12", "P8_baseline", "P8_week 12", "P9", "x"], [(0, 1), (2, 3)]),
        (
            ["patient EB_1 lesion", "patient EB_1 normal", "patient EB_2 lesion",
             "patient EB_2 normal", "patient EB_3 lesion", "donor 1"],
            [(0, 1), (2, 3)],
        ),
        (["RA patient 1", "RA patient 2", "OA patient 1", "OA patient 2", "x", "y"], []),
        (["control, day 1", "control, day 2", "case, day 1", "case, day 2", "x", "y"], []),
        (["Pre-S1", "Post-S1", "a", "b", "c", "d"], []),
        (["matched for 1", "matched for 2", "1 post", "2 post", "3 post", "4 post"], []),
    ],
)  # fmt: skip
def test_titles_name_people(titles, people):
    found = people_named(pd.Series(titles, index=range(6)))
    assert [tuple(part.index) for _, part in found.groupby(found, sort=True)] == people


def cohorts_of_mirror(mirror):
    """Return values of genes and labels of three real series; probes are joined, nothing else."""
    samples, expression = {}, {}
    for name, platform in [("GSE55235", "GPL96"), ("GSE55457", "GPL96"), ("GSE30528", "GPL571")]:
        folder = mirror / "platforms" / geo.folder_of(platform)
        annotation = geo.read_annotation(folder / "annot" / f"{platform}.annot.gz")
        genes = annotation["symbol"].mask(annotation["symbol"] == "")
        path = mirror / "series" / geo.folder_of(name) / "matrix"
        values = geo.read_series_matrix(path / f"{name}_series_matrix.txt.gz").values
        named = values.groupby(genes.reindex(values.index).to_numpy()).mean()
        expression[name] = named
        names = list(named.columns)
        samples[name] = pd.DataFrame({"sample": names, "group": "case", "identity": names})
    return samples, expression


def test_real_cohorts_are_not_linked_and_planted_copies_are(mirror):
    samples, expression = cohorts_of_mirror(mirror)
    assert find_identity(samples, expression).empty
    planted = []
    for i, change in enumerate(CHANGES.values()):
        for k, (source, target) in enumerate(
            [("GSE55235", "GSE55457"), ("GSE55457", "GSE55235"), ("GSE55235", "GSE30528")]
        ):
            name = expression[source].columns[7 * i % 20]
            copy = f"GSM9{k}{i}"
            wide = change(expression[source][name]).reindex(expression[target].index)
            expression[target][copy] = wide.fillna(wide.median())
            planted.append(frozenset((name, copy)))
    samples = {
        name: pd.DataFrame({"sample": part.columns, "group": "case", "identity": part.columns})
        for name, part in expression.items()
    }
    found = find_identity(samples, expression)
    pairs = {frozenset(pair) for pair in zip(found["sample_a"], found["sample_b"], strict=True)}
    # A sample that was copied twice has two copies, which are copies of each other.
    originals = [next(name for name in pair if not name.startswith("GSM9")) for pair in planted]
    copies = [next(name for name in pair if name.startswith("GSM9")) for pair in planted]
    person = dict(zip(copies, originals, strict=True))
    assert set(planted) <= pairs
    assert {person.get(a, a) == person.get(b, b) for a, b in map(sorted, pairs)} == {True}


def test_people_of_the_series_of_the_mirror(mirror):
    """Eleven people of GSE184951 gave muscle before and after; nobody else's title says so."""
    expected = {"GSE184951": 11, "GSE52778": 4}
    for path in sorted(mirror.glob("series/*/*/matrix/*.gz")):
        table = geo.read_series_header(path).fields
        name = table.attrs["accession"]
        found = {frozenset(samples) for samples in marked(table).values()}
        assert len(found) == expected.get(name, 0), name
        if name == "GSE184951":
            titles = table["title"]
            assert {len(samples) for samples in found} == {2}
            for samples in found:
                one, two = sorted(titles[list(samples)])
                assert one.replace(" post ", " pre ") == two
