"""Guesses of cases and controls, from values as submitters write them."""

import re

import pandas as pd
import pytest
from crosshub import draft, geo, labels
from crosshub.draft.names import initials
from crosshub.draft.phrases import escape, pattern_for


def samples(**columns):
    """Make the fields of a series: samples(state={"well": 5, "ill": 4}, title=[…])."""
    listed = {
        name: [value for value, number in given.items() for _ in range(number)]
        if isinstance(given, dict)
        else list(given)
        for name, given in columns.items()
    }
    number = len(next(iter(listed.values())))
    index = pd.Index([f"GSM{i + 1}" for i in range(number)], name="sample")
    table = pd.DataFrame(listed, index=index, dtype=object)
    table.attrs["accession"] = "GSE1"
    return table


def drafted(table, title="", **tags):
    tags = {"title": [title], "platform_id": ["GPL1"]} | tags
    return draft.draft_series(geo.Series("GSE1", tags, table, pd.DataFrame()), "GSE1")


def guess(of_series="", **columns):
    """Return disease → (cases, controls), and the draft."""
    found = drafted(samples(**columns), of_series)
    return {row.name.slug: (row.groups["case"], row.groups["control"]) for row in found.rows}, found


# Values as they stand in GEO; what should come out, as disease: (cases, controls).
WRITTEN = [
    ({"non-diabetic": 7, "type 2 diabetes": 6}, {"type_2_diabetes": (6, 7)}),
    ({"non-diabetic": 7, "diabetic": 6}, {"diabetes": (6, 7)}),
    ({"nondiabetic": 7, "diabetic": 6}, {"diabetes": (6, 7)}),
    ({"COVID-19": 10, "non-COVID-19": 8}, {"covid_19": (10, 8)}),
    ({"T2D": 5, "non-T2D": 4}, {"t2d": (5, 4)}),
    ({"HIV negative": 8, "HIV positive": 7}, {"hiv": (7, 8)}),
    ({"Parkinson's disease": 10, "Non-demented control": 8}, {"parkinsons_disease": (10, 8)}),
    ({"sALS": 8, "Non-neurological control": 7}, {"sals": (8, 7)}),
    ({"abnormal": 8, "normal": 9}, {"abnormal": (8, 9)}),
    ({"obese": 7, "lean": 8}, {"obese": (7, 8)}),
    ({"RA": 8, "orange": 3, "healthy": 7}, {"ra": (8, 7), "orange": (3, 7)}),
    (
        {"type 1 diabetes": 8, "type 2 diabetes": 3, "control": 7},
        {"type_1_diabetes": (8, 7), "type_2_diabetes": (3, 7)},
    ),
    (
        {"diabetes": 8, "diabetic nephropathy": 3, "control": 7},
        {"diabetes": (8, 7), "diabetic_nephropathy": (3, 7)},
    ),
    ({"Alzheimer Disease": 5, "alzheimer  disease": 5, "CTRL": 5}, {"alzheimer_disease": (10, 5)}),
    ({"early RA": 8, "late RA": 4, "RA": 4, "control": 5}, {"ra": (16, 5)}),
    ({"asthma": 8, "NA": 4, "": 3, "unknown": 2, "healthy": 5}, {"asthma": (8, 5)}),
    ({"RA": 8, "disease control": 8, "healthy control": 7}, {"ra": (8, 7)}),
    ({"CIN (grade 2+)": 8, "[normal]": 4}, {"cin_grade_2": (8, 4)}),
    ({"Sjögren’s\u00a0syndrome; sicca": 8, "normal; none": 4}, {"sjogrens_syndrome_sicca": (8, 4)}),
    ({"hMSC-osteopo_elderly": 5, "hMSC-old_elderly": 4}, {"osteoporosis": (5, 4)}),
    ({"NAFLD": 8, "non-alcoholic steatohepatitis": 4, "healthy": 5}, None),
    (
        {"disease": 5, "heart disease": 6, "healthy": 5},
        {"disease": (5, 5), "heart_disease": (6, 5)},
    ),
    ({"Multiple sclerosis (MS)": 6, "Control": 5}, {"multiple_sclerosis": (6, 5)}),
]


@pytest.mark.parametrize(("values", "expected"), WRITTEN)
def test_what_submitters_write_is_understood(values, expected):
    found, whole = guess(**{"disease state": values})
    if expected is None:
        expected = {"nafld": (8, 5), "non_alcoholic_steatohepatitis": (4, 5)}
    assert found == expected
    assert whole.contrast.kind == "disease"


@pytest.mark.parametrize(("values", "expected"), WRITTEN)
def test_rules_claim_their_samples_and_no_others(values, expected):
    table = samples(**{"disease state": values})
    found = drafted(table)
    claimed = {}
    for row in found.rows:
        for role in ("case", "control"):
            held = labels.matches(table, row.row[role], "x")
            claimed[row.row[role]] = set(table.index[held])
    rules = list(claimed.values())
    assert all(rules)
    assert sum(map(len, rules)) == len(set().union(*rules)), "a sample is claimed twice"


@pytest.mark.parametrize(
    "values",
    [
        {"small cell lung cancer": 8, "non-small cell lung cancer": 7},
        {"male": 8, "female": 7},
        {"neutrophil": 5, "monocyte": 5},
        {"healthy": 9},
        {"asthma": 9, "copd": 8},
        {"healthy": 2, "asthma": 9},
        {"poorly controlled": 5, "uncontrolled": 5},
    ],
)
def test_where_nothing_is_a_control_nothing_is_guessed(values):
    assert guess(condition=values)[0] == {}


def test_sex_age_batch_and_person_are_never_asked():
    columns = {"sex": {"normal": 5, "ill": 5}, "batch": {"control": 5, "asthma": 5}}
    assert guess(**columns, patient={"control": 5, "asthma": 5})[0] == {}


def test_yes_and_no_are_read_in_a_field_that_names_a_disease_alone():
    assert guess(copd={"yes": 9, "no": 8})[0] == {"copd": (9, 8)}
    assert guess(**{"hiv status": {"1": 9, "0": 8}})[0] == {"hiv": (9, 8)}
    assert guess(passed={"yes": 9, "no": 8})[0] == {}


def test_a_name_that_no_sample_gives_comes_from_the_title_and_is_marked():
    title = "Whole blood of patients with sarcoidosis"
    found, whole = guess(title, **{"subject group": {"case": 8, "control": 7}})
    assert found == {"sarcoidosis": (8, 7)}
    assert any("no sample names the disease" in note for note in whole.notes)
    assert guess("A study", group={"patient": 5, "healthy": 5})[0] == {"disease": (5, 5)}


def test_of_two_fields_the_one_without_two_spellings_is_taken():
    found, whole = guess(
        **{
            "disease state": {"healthy control": 4, "osteoarthritis": 1}
            | {"synovial tissue isolated from osteoarthritic joint": 3},
            "source_name_ch1": {
                "tissue from healthy joint": 4,
                "tissue from osteoarthritic joint": 4,
            },
        }
    )
    assert whole.contrast.field == "source_name_ch1"
    # The noun is the other field's.
    assert found == {"osteoarthritis": (4, 4)}


def test_two_spellings_are_joined_where_there_is_one_field_alone():
    found, whole = guess(
        **{
            "disease state": {"healthy control": 4, "osteoarthritis": 1}
            | {"synovial tissue isolated from osteoarthritic joint": 3}
        }
    )
    assert found == {"osteoarthritis": (4, 4)}
    assert "taken for one group" in whole.notes[0]


def test_a_disease_goes_before_a_treatment():
    found, whole = guess(
        treatment={"untreated": 6, "dexamethasone": 6},
        diagnosis=["asthma", "asthma", "asthma", "healthy", "healthy", "healthy"] * 2,
    )
    assert found == {"asthma": (6, 6)}
    assert whole.contrast.field == "diagnosis"


def test_a_treatment_is_called_one():
    found, whole = guess(treatment={"Untreated": 4, "Dex": 4, "Alb_Dex": 4})
    assert found == {"dex": (4, 4), "alb_dex": (4, 4)}
    assert whole.contrast.kind == "treatment"
    assert "a treatment, not a disease" in whole.notes[0]


def test_what_is_no_disease_is_not_called_one():
    _, whole = guess(response={"responder": 8, "non-responder": 7})
    assert whole.contrast.kind == "other"


@pytest.mark.parametrize(
    ("case", "control", "disease"),
    [
        ("SLE_{}", "HC_{}", "sle"),
        ("Psoriasis{}", "Control{}", "psoriasis"),
        ("PBMC from sepsis patient {}", "PBMC from healthy volunteer {}", "sepsis"),
        ("T2D_{}", "Ctrl_{}", "t2d"),
    ],
)
def test_titles_are_read_where_there_is_nothing_else(case, control, disease):
    titles = [case.format(i) for i in range(1, 13)] + [control.format(i) for i in range(1, 8)]
    found, whole = guess(title=titles, source_name_ch1={"blood": 19})
    assert found == {disease: (12, 7)}
    assert any("free text" in note for note in whole.notes)


def test_small_groups_are_left_out_and_named():
    _, whole = guess(diagnosis={"healthy": 5, "asthma": 5, "gout": 2})
    assert [row.name.slug for row in whole.rows] == ["asthma"]
    assert whole.contrast.left_out == {"gout": 2}
    assert "neither case nor control: 'gout' 2" in whole.notes


def test_a_field_that_few_samples_have_is_not_preferred():
    _, whole = guess(diagnosis={"asthma": 3, "healthy": 3, "": 14}, state={"RA": 10, "control": 10})
    assert whole.contrast.field == "state"


def test_no_series_gives_more_than_six_diseases():
    values = {f"disease_{name}": 3 + i for i, name in enumerate("abcdefghij")}
    found, _ = guess(diagnosis={"healthy": 9} | values)
    assert len(found) == 6
    assert max(cases for cases, _ in found.values()) == 12


def test_fields_and_values_with_signs_of_a_rule_are_escaped():
    table = samples(**{"status (0=healthy; 1=ra)": {"1": 8, "0": 4}})
    (row,) = drafted(table).rows
    assert row.row["case"] == r"status (0\=healthy\; 1\=ra)=^1$"
    assert row.groups == {"case": 8, "control": 4, "excluded": 0}


def test_people_who_gave_several_samples_become_the_block():
    _, whole = guess(
        tissue={"tumor": 6, "adjacent normal": 6}, **{"patient id": [f"P{i}" for i in range(6)] * 2}
    )
    assert whole.people.field == "patient id"
    assert whole.people.repeated == 6
    assert {row.row["block"] for row in whole.rows} == {"patient id"}


def test_one_sample_each_needs_no_block():
    _, whole = guess(diagnosis={"asthma": 4, "healthy": 4}, individual=[str(i) for i in range(8)])
    assert whole.people.people == 8
    assert whole.rows[0].row["block"] == ""


@pytest.mark.parametrize("name", ["patient age", "patient group", "subject status", "donor sex"])
def test_what_is_said_of_people_is_not_who_they_are(name):
    _, whole = guess(**{"diagnosis": {"asthma": 4, "healthy": 4}, name: list("abcdefgh")})
    assert whole.people is None


def pairs(**columns):
    titles = [f"Sample {i} {when} treatment" for when in ("post", "pre") for i in range(1, 6)]
    return samples(
        title=[*titles, *(f"Control matched for sample {i}" for i in range(1, 6))],
        diagnosis={"gout": 10, "healthy": 5},
        **columns,
    )


def test_people_that_titles_name_twice_are_kept_once():
    whole = drafted(pairs(treatment={"training": 5, "untreated": 10}))
    assert whole.people.by_title
    assert whole.people.repeated == 5
    (row,) = whole.rows
    assert row.row["filter"] == "treatment=^untreated$"
    assert row.groups == {"case": 5, "control": 5, "excluded": 5}


def test_without_a_field_for_the_time_the_filter_reads_the_titles():
    (row,) = drafted(pairs()).rows
    assert row.row["filter"] == r"title=^(?!.*\bpost\b)"
    assert row.groups == {"case": 5, "control": 5, "excluded": 5}


def test_numbered_titles_are_not_people():
    titles = [f"{name} day {i}" for name in ("control", "asthma") for i in range(1, 6)]
    assert drafted(samples(title=titles, state={"control": 5, "asthma": 5})).people is None


def test_covariates_are_complete_and_not_the_groups_again():
    found = drafted(
        samples(
            diagnosis={"asthma": 4, "healthy": 4},
            sex=["m", "f"] * 4,
            age=[str(i) for i in (30, 31, 32, 33, 30, 31, 32, 33)],
            batch={"1": 4, "2": 4},
            bmi=["20", "21", "22", "23", "20", "21", "22", ""],
        )
    )
    assert found.covariates == ("sex", "age")


def test_several_tissues_are_noticed():
    _, whole = guess(diagnosis={"asthma": 6, "healthy": 6}, tissue=["blood", "lung"] * 6)
    assert "the samples differ in 'tissue' too (blood 6, lung 6)" in whole.notes[0]


def test_the_survey_has_groups_first_and_free_text_last():
    table = samples(
        title=[f"s{i}" for i in range(6)],
        geo_accession=[f"GSM{i}" for i in range(6)],
        contact_city={"Berlin": 3, "Jena": 3},
        tissue={"lung": 6},
        sex=["m", "f"] * 3,
        diagnosis={"asthma": 3, "NA": 1, "healthy": 2},
    )
    differing, alike = draft.survey(table)
    assert [field.name for field in differing] == ["diagnosis", "sex", "title"]
    assert differing[0].counts == {"asthma": 3, "healthy": 2}
    assert differing[0].missing == 1
    assert alike == {"tissue": "lung"}


def test_numbers_are_seen_with_their_unit():
    (field,), _ = draft.survey(samples(age=["31 years", "42 years", "5.5 years"]))
    assert sorted(field.numbers) == [5.5, 31, 42]
    (field,), _ = draft.survey(samples(age=["31", "old", "5"]))
    assert field.numbers == []


@pytest.mark.parametrize(
    ("mine", "others", "pattern"),
    [
        (["healthy"], ["RA"], "^healthy$"),
        (["normal"], ["abnormal"], "^normal$"),
        (["diabetic"], ["non-diabetic"], "^diabetic$"),
        (
            ["synovial tissue of a healthy joint"],
            ["synovial tissue of an arthritic joint"],
            r"\ba healthy\b",
        ),
        (["a_RA_1", "a_RA_2"], ["a_oRAnge_1"], "(^|[^a-z])RA([^a-z]|$)"),
        (["one", "two"], ["three"], "^(one|two)$"),
        (["a+b (c)"], ["a"], r"^a\+b \(c\)$"),
        (["same"], ["SAME"], None),
        ([""], ["x"], None),
    ],
)
def test_patterns_find_their_values_alone(mine, others, pattern):
    assert pattern_for(mine, others) == pattern


def test_no_pattern_is_one_that_a_rule_refuses():
    long = ["x" * 250 + str(i) for i in range(4)]
    assert pattern_for(long, ["y"]) is None
    assert pattern_for(["a " * 600 + "b"], ["a " * 600 + "c"]) is None


@pytest.mark.parametrize("text", ["a\tb", "a\x1b[31mb", "a.b|c", "a;b=c", "x\\d", "q'\"`$(rm)"])
def test_an_escaped_text_matches_itself_on_one_line(text):
    found = escape(text)
    assert re.search(f"^{found}$", text)
    assert found.isprintable()


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Rheumatoid arthritis", "rheumatoid_arthritis"),
        ("Crohn's disease", "crohns_disease"),
        ("Sjögren’s", "sjogrens"),
        ("12 weeks", "group_12_weeks"),
        ("肿瘤", "disease"),
        ("../../etc", "etc"),
    ],
)
def test_slugs_are_plain(text, slug):
    assert draft.slug_of(text) == slug
    assert re.fullmatch(r"[a-z][a-z0-9_]*", draft.slug_of(text))


def test_long_slugs_end_with_a_word():
    assert draft.slug_of("word " * 30) == "_".join(["word"] * 8)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ra", "rheumatoid_arthritis", True),
        ("t2d", "type_2_diabetes", True),
        ("oa", "osteoarthritis", True),
        ("alzheimer_disease", "alzheimers_disease", True),
        ("type_1_diabetes", "type_2_diabetes", False),
        ("diabetes", "diabetic_nephropathy", False),
        ("lupus", "gout", False),
    ],
)
def test_one_disease_has_one_slug(one, other, same):
    names = [draft.Name(one, one), draft.Name(other, other)]
    use = draft.unify(names)
    assert (use[one] == use[other]) == same
    if same:
        assert use[one] == max(one, other, key=len)


def test_an_acronym_of_two_diseases_is_left_alone():
    slugs = ["ms", "multiple_sclerosis", "metabolic_syndrome"]
    assert draft.unify([draft.Name(slug, slug) for slug in slugs]) == dict(zip(slugs, slugs))  # noqa: B905


def test_initials_keep_numbers():
    assert initials("type_2_diabetes") == "t2d"
    assert initials("gout") == ""


def of_series(accession, values):
    table = samples(diagnosis=values)
    series = geo.Series(accession, {"platform_id": ["GPL1"]}, table, pd.DataFrame())
    return draft.draft_series(series, accession).rows


def test_a_disease_is_named_once_and_found_before_it_is_validated():
    first = of_series("GSE1", {"rheumatoid arthritis": 5, "healthy": 5})
    second = of_series("GSE2", {"RA": 5, "gout": 4, "healthy": 5})
    rows = [row.row for row in draft.put_together([*first, *second])]
    assert [(row["cohort"], row["disease"], row["role"]) for row in rows] == [
        ("ra_gse1", "rheumatoid_arthritis", "discovery"),
        ("ra_gse2", "rheumatoid_arthritis", "validation"),
        ("gout_gse2", "gout", "discovery"),
    ]


def test_what_the_table_has_keeps_its_name_and_role():
    known = [{"cohort": "x", "accession": "GSE9", "disease": "ra", "role": "discovery"}]
    (row,) = draft.put_together(
        of_series("GSE1", {"rheumatoid arthritis": 5, "healthy": 5}), known=known
    )
    assert (row.row["disease"], row.row["role"]) == ("ra", "validation")


def test_two_diseases_of_one_acronym_have_two_cohorts():
    values = {"multiple sclerosis": 5, "metabolic syndrome": 5, "healthy": 5}
    rows = draft.put_together(of_series("GSE1", values))
    assert len({row.row["cohort"] for row in rows}) == 2


def test_one_of_several_diseases_can_be_asked_for():
    found = drafted(samples(diagnosis={"osteoarthritis": 5, "gout": 4, "healthy": 5}))
    (row,) = draft.only_disease(found, "oa").rows
    assert row.groups["case"] == 5
    assert row.name.slug == "oa"
    assert draft.only_disease(found, "lupus").rows == ()


def test_a_single_disease_takes_the_name_it_is_given_with_a_note():
    found = drafted(samples(diagnosis={"gout": 4, "healthy": 5}))
    renamed = draft.only_disease(found, "lupus")
    assert renamed.rows[0].name.slug == "lupus"
    assert "the samples name 'gout', you 'lupus'" in renamed.notes
    nameless = drafted(samples(diagnosis={"case": 4, "control": 5}))
    assert "you" not in " ".join(draft.only_disease(nameless, "gout").notes)


@pytest.mark.parametrize(
    ("tags", "columns", "kind"),
    [
        ({"type": ["Expression profiling by array"]}, {}, "array"),
        ({"type": ["Expression profiling by high throughput sequencing"]}, {}, "counts"),
        ({}, {"library_strategy": {"RNA-Seq": 9}}, "counts"),
        ({}, {"type": {"SRA": 9}}, "counts"),
        ({"type": ["Methylation profiling by genome tiling array"]}, {}, "methylation"),
        (
            {"type": ["Non-coding RNA profiling by array"], "title": "microRNA in gout"},
            {},
            "mirna",
        ),
        ({}, {}, "array"),
    ],
)
def test_the_kind_is_told_from_the_header(tags, columns, kind):
    table = samples(diagnosis={"gout": 4, "healthy": 5}, **columns)
    found = drafted(table, **tags)
    assert found.kind == kind
    assert found.rows[0].row["kind"] == ("" if kind == "array" else kind)


def test_several_platforms_are_no_platform():
    assert drafted(samples(platform_id={"GPL1": 3, "GPL2": 3})).platform == ""


def header(*columns, separator="\t"):
    return separator.join(columns) + "\n"


def test_recipes_are_read_off_the_header_of_a_file():
    table = samples(title=["a", "b"], state=["x", "y"])
    recipe = draft.draft_recipe("GSE1-GPL2", "c.tsv", header("ens", "name", "GSM1", "GSM2"), table)
    assert recipe == {"accession": "GSE1", "file": "c.tsv", "gene": "ens", "skip": ["name"]}
    recipe = draft.draft_recipe("GSE1", "c.csv", header('"id"', '"a"', '"b"', separator=","), table)
    assert recipe == {
        "accession": "GSE1",
        "file": "c.csv",
        "gene": "id",
        "sample": "title",
        "separator": "comma",
    }


def test_a_file_that_lacks_a_sample_gives_no_recipe():
    table = samples(title=["a", "b"])
    assert draft.draft_recipe("GSE1", "c.tsv", header("gene", "GSM1"), table) is None
    assert draft.draft_recipe("GSE1", "c.tsv", header("gene", "sample 1"), table) is None
