"""The section on methods: every setting that decides what is done changes what is said."""

from pathlib import Path

import pytest
from crosshub.config import complete, read_schema
from crosshub.report.methods import methods
from crosshub.report.papers import PAPERS
from crosshub.report.source import Source

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
SECTIONS = ("prepare", "differential", "combine", "candidates", "modules", "panel")
# What else has to be set for a value to have an effect.
NEEDS = {("modules", "overlap"): {"modules": {"network": "unsigned"}}}


def rows(kinds=("array", "array", "counts"), **more):
    """Two diseases: one of two discovery cohorts, one of five."""
    diseases = ["gout"] * 2 + ["lupus"] * 5
    return [
        {"cohort": f"c{i}", "accession": f"GSE{i}", "disease": name, "role": "discovery"}
        | {"kind": kinds[i % len(kinds)]}
        | more
        for i, name in enumerate(diseases)
    ]


def text_of(config=None, table=None):
    filled = complete({"study": "toy", "datasets": "d.tsv"} | (config or {}), SCHEMA)
    plan = {"all": {"diseases": ["gout", "lupus"], "at_least": 2}}
    source = Source(Path("nowhere"), filled, table or rows(), plan)
    return " ".join(str(getattr(block, "text", "")) for block in methods(source).blocks)


def choices():
    for section in SECTIONS:
        for name, item in SCHEMA["properties"][section]["properties"].items():
            values = item.get("enum") or ([False, True] if item.get("type") == "boolean" else [])
            if values:
                yield pytest.param(section, name, values, id=f"{section}.{name}")


@pytest.mark.parametrize(("section", "name", "values"), list(choices()))
def test_each_value_of_the_schema_changes_the_paragraph(section, name, values):
    other = NEEDS.get((section, name), {})
    said = {text_of(other | {section: other.get(section, {}) | {name: v}}) for v in values}
    assert len(said) == len(values)


def test_every_selector_is_named():
    names = SCHEMA["properties"]["panel"]["properties"]["selectors"]["items"]["enum"]
    assert len({text_of({"panel": {"selectors": [name]}}) for name in names}) == len(names)


def test_what_was_not_done_is_not_said():
    expanded = text_of({"prepare": {"ambiguous": "expand"}})
    assert "several genes left out" not in expanded
    assert "hybrid tree cut" not in text_of({"modules": {"cut": "tree"}})
    by_deseq = text_of({"differential": {"counts": "deseq2"}}, rows(["counts"]))
    assert "moderated t " not in by_deseq
    assert "linear model" not in by_deseq
    assert "several samples of one person for different people" in by_deseq
    assert "log2" not in text_of({}, rows(["methylation"])).split("M-values")[0]
    unpermuted = text_of({"shared": {"permutations": 0}, "evaluation": {"permutations": 0}})
    assert "of the labels" not in unpermuted
    assert "against 200 permutations of the labels" in text_of()


def test_numbers_that_are_predicted():
    said = text_of({"panel": {"predict": "outcome"}}, rows(outcome="-t score"))
    assert "Genes were tested against t score in units of its standard deviation" in said
    assert "ridge regression" in said
    assert "jackknife" in said
    for wrong in ("logistic model", "DeLong", "Calls are made", "AUC", "Cases and controls were"):
        assert wrong not in said
    mixed = rows()
    mixed[3]["outcome"] = "bmd"
    assert "in c3 samples were tested against bmd" in text_of({}, mixed)


def test_settings_without_a_list_of_values():
    assert "a log2 fold change of 0.5 " in text_of({"differential": {"fold_change": 0.5}})
    assert "fold change" not in text_of()
    family = text_of({"candidates": {"restrict_to": "sets/a.gmt:FERROPTOSIS,IRON"}})
    assert "Only the genes of FERROPTOSIS and IRON (a.gmt) were tested" in family
    assert "have covariates" not in text_of()
    assert "cohort has them: age and sex." in text_of({}, rows(covariates="sex; age"))
    assert "at least 3 votes" in text_of({"panel": {"vote": "at_least", "votes": 3}})
    weights = {"differential": {"sample_weights": True, "counts": "deseq2"}}
    assert "Noisy samples" not in text_of(weights, rows(["counts"]))


def test_citations_file_has_every_paper_of_the_report():
    """Author and year of each paper stand in CITATIONS.md."""
    cited = (ROOT / "CITATIONS.md").read_text(encoding="utf-8")
    lines = cited.splitlines()
    for short, _ in PAPERS.values():
        author, year = short.split()[0], short.split()[-1]
        author = author if author != "le" else "Cessie"
        assert any(author in line and year in line for line in lines), short
