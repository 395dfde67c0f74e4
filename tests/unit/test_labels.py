import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.labels import label_row, label_samples, matches, parse_rule, rule_mistakes
from crosshub.patterns import pattern_mistakes

FIELDS = pd.DataFrame(
    {
        "title": ["a", "b", "c", "d", "e"],
        "Disease State": ["RA", "ra (early)", "healthy", "Healthy", "OA"],
        "age": ["1", "2", "3", "", "5"],
        "patient": ["p1", "p1", "p2", "p3", "p4"],
    },
    index=pd.Index(["GSM1", "GSM2", "GSM3", "GSM4", "GSM5"], name="sample"),
)


def label(**options):
    rules = {"case": "disease state=^RA", "control": "disease state=healthy", "cohort": "one"}
    return label_samples(FIELDS, **rules | options)


def test_groups_with_their_reasons():
    table = label()
    assert table["group"].tolist() == ["case", "case", "control", "control", "excluded"]
    assert table["reason"].tolist()[4] == "no rule claims it"
    assert table["reason"].tolist()[0] == "disease state=^RA"
    assert table["identity"].tolist() == list(FIELDS.index)
    assert len(table) == len(FIELDS)


def test_filter_excludes_and_says_so():
    table = label(sample_filter="title=[acd]")
    assert table["group"].tolist() == ["case", "excluded", "control", "control", "excluded"]
    assert table["reason"].tolist()[1] == "filter: title=[acd]"


def test_several_conditions_must_all_hold():
    table = label(case="disease state=ra; title=b")
    assert table["group"].tolist().count("case") == 1


def test_block_names_people():
    people = label(block="patient")["identity"].tolist()
    assert people[0] == people[1]
    assert len(set(people)) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"case": "disease state=lupus"}, "matches no sample; 'disease state' has"),
        ({"case": "disease=RA"}, "no sample has a field 'disease'; fields in which"),
        ({"control": "disease state=."}, "2 samples are claimed by case and control"),
        ({"covariates": ["age"]}, "1 samples have no value"),
        ({"covariates": ["weight"]}, "covariate 'weight': no such field"),
        ({"block": "person"}, "block 'person': no such field"),
        ({"sample_filter": "title=[cd]"}, "leaves no case"),
        ({"sample_filter": "title=x"}, "filter rule 'title=x': matches no sample"),
        ({"sample_filter": "colour=red"}, "no sample has a field 'colour'"),
        ({"control": "disease state=(healthy"}, "not a regular expression"),
        ({"block": "age"}, "block 'age': 1 samples have no value (GSM4)"),
    ],
)
def test_mistakes_name_cohort_and_remedy(options, message):
    with pytest.raises(DataError, match="cohort 'one'") as caught:
        label(**options)
    assert message in str(caught.value)


def test_two_wrong_rules_are_two_lines():
    with pytest.raises(DataError) as caught:
        label(case="disease state=lupus", control="diseases=x")
    assert len(str(caught.value).splitlines()) == 2


def test_rules_as_text():
    assert rule_mistakes("a=b; c=d.*") == []
    assert "no rule" in rule_mistakes("a")[0]
    assert "regular expression" in rule_mistakes("a=(")[0]
    assert parse_rule("A b = x=y")[0].pattern.pattern == "x=y"
    with pytest.raises(DataError):
        parse_rule("=x")


def test_covariates_become_columns():
    table = label(covariates=["Disease State"])
    assert table["disease_state"].tolist() == FIELDS["Disease State"].tolist()


def test_gaps_of_samples_that_are_not_used_do_not_matter():
    table = label(sample_filter="title=[abc]", covariates=["age"])
    assert table["age"].tolist() == ["1", "2", "3", "", "5"]
    assert table["group"].tolist()[3] == "excluded"


def test_what_the_filter_takes_away_may_be_claimed_twice():
    table = label(control="title=[bcd]", sample_filter="title=[acd]")
    assert table["group"].tolist() == ["case", "excluded", "control", "control", "excluded"]


def test_all_that_is_wrong_in_a_row_comes_at_once():
    with pytest.raises(DataError) as caught:
        label(case="disease state=lupus", covariates=["weight"], block="person")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    for part in ("case rule", "block 'person'", "covariate 'weight'"):
        assert any(part in line for line in lines)


@pytest.mark.parametrize("name", ["Group", "identity", "reason", "sample"])
def test_a_covariate_never_replaces_what_the_table_says(name):
    fields = FIELDS.assign(**{name: "x"})
    with pytest.raises(DataError, match="another column has that name"):
        label_samples(
            fields, case="title=a", control="title=c", covariates=[name, "patient"], cohort="one"
        )


def test_people_are_the_same_in_two_rows_of_an_accession():
    fields = FIELDS.copy()
    fields.attrs["accession"] = "GSE1"
    rules = {"case": "title=[ab]", "control": "title=[cd]"}
    first = label_samples(fields, **rules, block="patient")
    second = label_samples(fields, **rules, block=" Patient")
    assert first["identity"].tolist() == second["identity"].tolist()
    assert first["identity"][0] == "GSE1:patient=p1"


def test_moments_of_scanning_are_days():
    scanned = ["2009-07-01T11:02:09Z", "2009-07-01T12:40:00Z", "2009-07-02T09:00:01Z",
               "2009-07-02T10:11:12Z", "unknown"]  # fmt: skip
    fields = FIELDS.assign(scanned=scanned)
    table = label_samples(fields, case="title=[ab]", control="title=[cd]", covariates=["scanned"])
    assert table["scanned"].tolist()[:4] == ["2009-07-01"] * 2 + ["2009-07-02"] * 2


def test_a_sample_without_a_name_of_its_person_is_its_own():
    table = label(block="age", sample_filter="title=[abc]")
    assert table["identity"].tolist()[3] == "GSM4"


def test_a_row_of_the_table_says_the_same():
    row = {"cohort": "one", "case": "disease state=^ra", "control": "disease state=healthy",
           "filter": "", "covariates": " Disease State ; title", "block": ""}  # fmt: skip
    table = label_row(FIELDS, row)
    assert list(table) == ["sample", "group", "identity", "reason", "title", "disease_state"]


@pytest.mark.parametrize("text", ["", " ; ;", ";;;"])
def test_an_empty_rule_does_not_hold_for_everyone(text):
    assert rule_mistakes(text) == ["the rule is empty; write field=value"]
    with pytest.raises(DataError):
        parse_rule(text)


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a{99999999999}", "(?P<x"])
def test_bad_patterns_are_one_line(pattern):
    (line,) = rule_mistakes(f"a={pattern}")
    assert "not a regular expression" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("rule", "field", "pattern"),
    [
        (r"event (1\=yes\; 0\=no)=^1$", "event (1=yes; 0=no)", "^1$"),
        (r"diagnosis=^gout\; chronic$", "diagnosis", r"^gout\; chronic$"),
        ("score=a=b", "score", "a=b"),
        (r"path=C:\\", "path", r"C:\\"),
        (" State = ^RA$ ", "state", "^RA$"),
    ],
)
def test_a_backslash_lets_a_rule_hold_its_own_signs(rule, field, pattern):
    (condition,) = parse_rule(rule)
    assert (condition.field, condition.pattern.pattern) == (field, pattern)


def test_fields_and_values_with_the_signs_of_a_rule_are_found():
    fields = pd.DataFrame(
        {"event (1=yes; 0=no)": ["1", "0"], "note": ["gout; chronic", "gout"]}, index=["a", "b"]
    )
    assert list(matches(fields, r"event (1\=yes\; 0\=no)=^1$; note=gout\; chr", "x")) == [
        True,
        False,
    ]


def test_an_escaped_backslash_before_a_semicolon_still_parts_conditions():
    conditions = parse_rule(r"path=a\\; title=b")
    assert [condition.field for condition in conditions] == ["path", "title"]


@pytest.mark.parametrize(
    "value", ["$(rm -rf /)", "`id`", "'; drop", 'a"b', "a|b > c & d", "%s {x}"]
)
def test_signs_of_a_shell_are_letters(value):
    fields = pd.DataFrame({"state": [value, "well"]}, index=["a", "b"])
    rule = "state=" + "".join("." if not letter.isalnum() else letter for letter in value)
    table = label_samples(fields, case=rule, control="state=^well$")
    assert table["group"].tolist() == ["case", "control"]
    assert table["reason"][0] == rule


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+$", "repeats a group that itself holds"),
        ("(a|aa)+$", "repeats a group that itself holds"),
        ("(?:a?){30}a{30}", "repeats a group that itself holds"),
        ("((a|b)c)*", "repeats a group that itself holds"),
        ("(?P<n>a*){2,}", "repeats a group that itself holds"),
        (".*.*.*x", "too many of * and +"),
        (r"a{1,}\w+b*c", "too many of * and +"),
        ("a?" * 20, "has 20 of"),
        ("(a|a)" * 13, "has 13 of"),
        ("a{0,10}" * 4 + "b", "too many ways to match"),
        ("^" + "a{0,10}" * 12 + "b", "too many ways to match"),
        ("a*a*a{0,9}a{0,9}b", "too many ways to match"),
        ("x" * 201, "longer than 200 characters"),
        ("(?x)(a+) +", "a comment or (?x)"),
        ("(a+)(?#x)+", "a comment or (?x)"),
        ("[[a]", "not a regular expression"),
    ],
)
def test_patterns_that_may_never_end_are_refused_in_one_line(pattern, reason):
    (line,) = pattern_mistakes(pattern)
    assert reason in line
    assert len(line) < 140
    assert pattern_mistakes(pattern) == rule_mistakes(f"state={pattern}")


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(gout|lupus|type 2 diabetes)$",
        r"\bhealthy\b",
        r"^(?!.*\bpost\b)",
        r"(\d+)?x",
        r"(ab)+",
        r"[(+*|]+x",
        r"\(a+\)+",
        r"^a.*b.*c.*$",
        "(^|[^a-z])RA([^a-z]|$)",
        r"a{3}b{,2}c{",
        r"^\d{4}-\d{2}-\d{2}x{10}y{10}z{10}w{10}v{10}$",
        r"^age: \d{1,3}.*years?.*$",
        "(?i:ra)",
    ],
)
def test_patterns_as_people_write_them_are_taken(pattern):
    assert pattern_mistakes(pattern) == []


def test_what_is_taken_ends_on_the_longest_value_that_is_searched():
    # In a process of its own: a pattern that does not end cannot be stopped from within.
    program = (
        "import pandas as pd; from crosshub.labels import matches;"
        "fields = pd.DataFrame({'a': ['a' * 5000]}, index=['s']);"
        "print([bool(matches(fields, 'a=' + p, 'x').any()) for p in"
        " ['.*.*[xy]', '^.*.*.*[xy]', 'a?a?a?a?a?a?a?.*[xy]', 'a{0,10}a{0,10}a{0,9}[xy]',"
        " '(a|a)(a|a)(a|a)(a|a)a*[xy]']])"
    )
    folder = Path(__file__).parents[2] / "workflow" / "scripts"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "[False, False, False, False, False]", done.stderr


def test_only_the_beginning_of_a_very_long_value_is_searched():
    fields = pd.DataFrame({"a": ["x" * 2000 + "gout", "gout"]}, index=["s", "t"])
    assert list(matches(fields, "a=gout", "x")) == [False, True]


def test_messages_stay_short_however_much_there_is():
    many = {f"f{i}": list("abcde") for i in range(99)}
    fields = pd.DataFrame(many | {"long": [letter + "x" * 500 for letter in "abcde"]})
    with pytest.raises(DataError, match="more") as caught:
        label_samples(fields, case="colour=red", control="long=^y")
    assert all(len(line) < 500 for line in str(caught.value).splitlines())


def with_density(values):
    fields = FIELDS.assign(density=values)
    rules = {"case": "disease state=^RA", "control": "disease state=healthy"}
    return label_samples(fields, **rules, outcome="Density")


def test_an_outcome_becomes_a_column_of_numbers():
    assert with_density(["1.5", "2", "-1", "0", "?"])["density"].tolist()[:4] == [1.5, 2, -1, 0]


def test_an_outcome_must_be_numbers():
    with pytest.raises(DataError, match="outcome 'Density': 'high' of GSM1 is no number"):
        with_density(["high", "2", "3", "4", "5"])
    with pytest.raises(DataError, match="outcome 'Density': has 1 different values"):
        with_density(["1"] * 5)
    with pytest.raises(DataError, match="outcome 'bmd': no such field"):
        label(outcome="bmd")
