import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.labels import label_samples, parse_rule, rule_mistakes

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


def test_biosample_names_people():
    fields = FIELDS.assign(biosample=["S1", "S1", "S2", "", "S4"])
    table = label_samples(fields, case="disease state=^ra", control="disease state=healthy")
    assert table["identity"].tolist() == ["S1", "S1", "S2", "GSM4", "S4"]


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
