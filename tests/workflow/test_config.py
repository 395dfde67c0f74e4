"""Every mistake in a config or table ends at once, with one line that says what to do."""

import shutil
from pathlib import Path

import pytest
import yaml
from crosshub.config import complete, mistakes, read_schema
from crosshub.errors import ConfigError
from crosshub.study import read_study

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "workflow" / "schemas"
CONFIG = read_schema(SCHEMAS / "config.schema.yaml")
ROWS = read_schema(SCHEMAS / "datasets.schema.yaml")
HEADER = ["cohort", "accession", "platform", "disease", "role", "case", "control"]
GOOD = [
    ["one", "GSE1", "GPL1", "flu", "discovery", "state=flu", "state=well"],
    ["two", "GSE2", "GPL1", "cold", "discovery", "state=cold", "state=well"],
]


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a study of these rows and config keys; return the lines of its mistakes."""
    monkeypatch.chdir(tmp_path)

    def run(rows=GOOD, header=HEADER, **config):
        lines = ["\t".join(header), *("\t".join(row) for row in rows)]
        Path("datasets.tsv").write_text("\n".join(lines) + "\n")
        try:
            read_study({"study": "mine", "datasets": "datasets.tsv"} | config, CONFIG, ROWS)
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return run


def change(row, **cells):
    return [cells.get(name, cell) for name, cell in zip(HEADER, row, strict=True)]


def test_a_good_study_has_no_mistake(read):
    assert read() == []


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"seeds": 1}, "config: unknown key 'seeds'; did you mean 'seed'?"),
        ({"evaluation": {"fold": 3}}, "config.evaluation: unknown key 'fold'; did you mean"),
        ({"seed": "x"}, "config.seed: 'x' is not of type 'integer'"),
        ({"evaluation": {"folds": 1}}, "config.evaluation.folds: 1 is less than the minimum of 2"),
        ({"study": "../x"}, "config.study: '../x' is not allowed here"),
        ({"study": "a b"}, "config.study: 'a b' is not allowed here"),
        ({"datasets": "no.tsv"}, "config.datasets: no file 'no.tsv'"),
        ({"genesets": ["no.gmt"]}, "config.genesets[0]: no file 'no.gmt'"),
        ({"compounds": {"reference": "no.gctx"}}, "config.compounds.reference: no file 'no.gctx'"),
        ({"comparisons": [{"name": "x", "diseases": ["pox"]}]}, "unknown disease 'pox'"),
        ({"comparisons": [{"name": "x", "at_least": 3}]}, "at_least is larger than the number"),
        ({"comparisons": [{"name": "x"}, {"name": "x"}]}, "the name 'x' occurs twice"),
        ({"panel": {"selectors": ["magic"]}}, "config.panel.selectors.0: 'magic' is not one of"),
        ({"simulation": "yes"}, "config.simulation: 'yes' is not of type 'object'"),
    ],
)
def test_mistakes_of_the_config(read, config, line):
    found = read(**config)
    assert len(found) == 1
    assert line in found[0]


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ({"role": "validation"}, "disease 'flu' has no discovery cohort"),
        ({"cohort": "../up"}, "'../up' is not allowed here"),
        ({"cohort": "two"}, "the cohort 'two' occurs twice"),
        ({"accession": "GDS1"}, "'GDS1' is not allowed here"),
        ({"platform": ""}, "an array needs its platform"),
        ({"case": "state"}, "'state' is no rule; write field=value"),
        ({"case": "state=("}, "not a regular expression"),
        ({"role": "test"}, "'test' is not one of"),
    ],
)
def test_mistakes_of_the_table(read, cells, line):
    found = read([change(GOOD[0], **cells), GOOD[1]])
    assert any(line in text for text in found)
    assert all(text.startswith("datasets.tsv") for text in found)


def test_structure_of_the_table(read):
    assert read(header=[*HEADER[:3], "diseases", *HEADER[4:]]) == [
        "datasets.tsv header: 'disease' is missing; add it",
        "datasets.tsv header: unknown key 'diseases'; did you mean 'disease'?",
    ]
    assert "occurs twice" in read(header=[*HEADER[:6], "case"])[0]
    assert "8 cells for 7 columns" in read([[*GOOD[0], "more"], GOOD[1]])[0]
    assert "has no row" in read([])[0]


def test_all_mistakes_come_at_once(read):
    rows = [change(GOOD[0], role="validation", case="x"), change(GOOD[1], platform="")]
    found = read(rows, seeds=1, evaluation={"folds": 1}, genesets=["no.gmt"])
    for part in ("'seeds'", "folds", "no.gmt", "no discovery cohort", "platform", "no rule"):
        assert any(part in line for line in found), part


def test_defaults_are_filled_at_every_depth_and_overlays_win():
    filled = complete({"study": "a", "datasets": "b", "panel": {"votes": 3}}, CONFIG)
    assert filled["evaluation"]["folds"] == 5
    assert filled["panel"]["votes"] == 3
    assert filled["panel"]["max_genes"] == 20
    assert mistakes(filled, CONFIG, "config") == []


def test_every_key_has_a_description_and_a_default():
    def check(schema, path):
        for key, part in schema["properties"].items():
            assert part.get("description"), f"{path}.{key}"
            assert "default" in part or key in schema.get("required", []), f"{path}.{key}"
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
                check(part, f"{path}.{key}")

    check(CONFIG, "config")


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("config.yaml")), ids=str)
def test_shipped_configs_are_valid(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    study = read_study(yaml.safe_load(path.read_text()), CONFIG, ROWS)
    assert study.comparisons["all"]["diseases"] == study.diseases


@pytest.mark.workflow
def test_the_command_shows_the_lines_and_no_traceback(tmp_path, snakemake):
    (tmp_path / "bad.yaml").write_text("study: bad\ndatasets: bad.tsv\nseeds: 3\n")
    rows = [HEADER, change(GOOD[0], role="validation")]
    (tmp_path / "bad.tsv").write_text("\n".join("\t".join(row) for row in rows) + "\n")
    done = snakemake(tmp_path, tmp_path / "bad.yaml", dry=True)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
    assert lines == [
        "config: unknown key 'seeds'; did you mean 'seed'?",
        "bad.tsv: disease 'flu' has no discovery cohort; give one role=discovery",
    ]
    assert list(tmp_path.glob("results")) == []


@pytest.mark.workflow
def test_rules_that_match_nothing_end_before_anything_runs(tmp_path, snakemake, small_study):
    """All of them at once, as soon as the series are within reach."""
    config = small_study(tmp_path)
    shutil.rmtree(tmp_path / "config")
    shutil.copytree(ROOT / "config", tmp_path / "config")
    done = snakemake(tmp_path, config, targets=["fetch"])
    assert done.returncode == 0, done.stderr
    table = tmp_path / "config" / "datasets.tsv"
    text = table.read_text().replace("disease state=disease_a", "disease state=gout")
    table.write_text(text.replace("diagnosis=normal", "diagnoses=normal"))
    done = snakemake(tmp_path, config, dry=True)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
    assert len(lines) == 3
    assert lines[0].startswith("cohort 'a_discovery' case rule 'disease state=gout': matches no")
    assert "'disease state' has 'disease_a' (30)" in lines[0] or "has" in lines[0]
    assert "no sample has a field 'diagnoses'" in lines[2]
