"""Every mistake in a config or table ends at once, with one line that says what to do."""

import gzip
import shutil
from pathlib import Path

import pytest
import yaml
from crosshub.config import complete, mistakes, read_schema
from crosshub.errors import ConfigError
from crosshub.geo import folder_of
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

SERIES = """!Series_geo_accession\t"GSE1"

!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"
!Sample_characteristics_ch1\t"disease state: disease_b"\t"disease state: healthy control"\t\
"disease state: healthy control"
!series_matrix_table_begin
"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"
"probe"\t1\t2\t3
!series_matrix_table_end
"""


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


def test_two_files_of_gene_sets_of_one_name_are_refused(read):
    for folder, name in (("a", "go.gmt"), ("b", "go.gmt.gz")):
        Path(folder).mkdir()
        (Path(folder) / name).write_text("")
    found = read(genesets=["a/go.gmt", "b/go.gmt.gz"])
    assert found == ["config.genesets: two files are named 'go'; rename one"]


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
        (
            {"panel": {"vote": "at_least", "votes": 4}},
            "config.panel.votes: 4 votes of 3 selectors; give at most 3",
        ),
        (
            {"evaluation": {"prevalence": [{"disease": "flu", "share": 0.1}] * 2}},
            "config.evaluation.prevalence: the disease 'flu' occurs twice; keep one",
        ),
        (
            {"prepare": {"annotations": [{"platform": "GPL9", "path": "datasets.tsv"}]}},
            "config.prepare.annotations 'GPL9': no cohort has this platform; correct it",
        ),
        ({"compounds": {"reference": "no.gctx"}}, "config.compounds.reference: no file 'no.gctx'"),
        ({"comparisons": [{"name": "x", "diseases": ["pox"]}]}, "unknown disease 'pox'"),
        ({"comparisons": [{"name": "x", "at_least": 3}]}, "at_least is larger than the number"),
        ({"comparisons": [{"name": "x"}, {"name": "x"}]}, "the name 'x' occurs twice"),
        ({"panel": {"selectors": ["magic"]}}, "config.panel.selectors.0: 'magic' is not one of"),
        ({"simulation": "yes"}, "config.simulation: 'yes' is not of type 'object'"),
        ({"evaluation": None}, "config.evaluation: None is not of type 'object'"),
        ({"xyzzy": 1}, "config: unknown key 'xyzzy'; known keys: study, datasets, seed"),
        ({"seed": 5.0}, "config.seed: 5.0 is not of type 'integer'"),
        ({"seed": True}, "config.seed: True is not of type 'integer'"),
        ({"seed": -1}, "config.seed: -1 is less than the minimum of 0"),
        ({"shared": {"fdr": "1e-3"}}, "is not of type 'number'; write it without quotes and with"),
        ({"shared": {"fdr": float("nan")}}, "config.shared.fdr: nan is not of type 'number'"),
        ({"shared": {"fdr": 2}}, "config.shared.fdr: 2 is greater than the maximum of 1"),
        ({"shared": {"fdr": 0}}, "config.shared.fdr: 0 is less than or equal to the minimum of 0"),
        ({"modules": {"network": "magic"}}, "config.modules.network: 'magic' is not one of"),
        ({"study": "Demo"}, "config.study: 'Demo' is not allowed here"),
        ({"study": "a/../../b"}, "config.study: 'a/../../b' is not allowed here"),
        ({"study": ""}, "config.study: '' is not allowed here"),
        ({"datasets": ""}, "config.datasets: '' should be non-empty"),
        ({"datasets": "."}, "config.datasets: '.' cannot be read"),
        ({"genesets": "a.gmt"}, "config.genesets: 'a.gmt' is not of type 'array'"),
        ({"genesets": ["."]}, "config.genesets[0]: no file '.'"),
        ({"biology": {"immune": "no.gmt"}}, "config.biology.immune: no file 'no.gmt'"),
        ({"compounds": {"structures": ["x"]}}, "config.compounds.structures[0]: no file 'x'"),
        ({"comparisons": [{"name": "../x"}]}, "config.comparisons.0.name: '../x' is not allowed"),
        ({"comparisons": [{"diseases": ["flu"]}]}, "config.comparisons.0: 'name' is missing"),
        ({"comparisons": [{"name": "x", "diseases": []}]}, "config.comparisons.0.diseases: [] "),
        (
            {"compounds": {"known": ["a", {"name": "b"}, {"name": "c", "disease": "pox"}]}},
            "config.compounds.known: 'c' is of the unknown disease 'pox'; the table has ",
        ),
        (
            {"compounds": {"cluster_distance": 0.7}},
            "config.compounds.cluster_distance: 0.7 is greater than the maximum of 0.6",
        ),
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
        ({"cohort": "a/b"}, "'a/b' is not allowed here"),
        ({"cohort": ""}, "'' is not allowed here"),
        ({"disease": "../flu"}, "'../flu' is not allowed here"),
        ({"accession": "GSE1/../../x"}, "'GSE1/../../x' is not allowed here"),
        ({"platform": "96"}, "'96' is not allowed here"),
        ({"control": "=well"}, "'=well' is no rule; write field=value"),
        ({"control": ";;;"}, "control: the rule is empty; write field=value"),
        ({"case": "state=a{99999999999}"}, "not a regular expression"),
        ({"cohort": "$(touch x)"}, "'$(touch x)' is not allowed here"),
        ({"cohort": "a;rm"}, "'a;rm' is not allowed here"),
        ({"disease": "flu\x00"}, "is not allowed here"),
        ({"accession": "GSE1`id`"}, "is not allowed here"),
        ({"platform": "GPL1/../GPL2"}, "is not allowed here"),
    ],
)
def test_mistakes_of_the_table(read, cells, line):
    found = read([change(GOOD[0], **cells), GOOD[1]])
    assert any(line in text for text in found)
    assert all(text.startswith("datasets.tsv") for text in found)


def test_kinds_and_scales_of_cohorts(read):
    header = [*HEADER, "kind", "scale"]
    rows = [[*GOOD[0], "methylation", ""], [*GOOD[1], "array", "rank"]]
    assert read(rows, header) == [
        "comparison 'all': its cohorts measure different things (genes, methylation); list "
        "diseases of one kind in config.comparisons"
    ]
    apart = [{"name": "one", "diseases": ["flu"]}, {"name": "two", "diseases": ["cold"]}]
    assert read(rows, header, comparisons=apart) == []
    assert "counts have no other scale" in read([[*GOOD[0], "counts", "ln"], rows[1]], header)[0]
    assert "'log3' is not one of" in read([[*GOOD[0], "array", "log3"], rows[1]], header)[0]


def test_recipes_and_mappings(read):
    header = [*HEADER, "kind"]
    rows = [[*GOOD[0], "counts"], [*GOOD[1], ""]]
    good = {"accession": "GSE1", "file": "counts.tsv.gz", "pattern": "^(.*)_counts$"}
    assert read(rows, header, geo={"counts": [good]}) == []
    for change_of, line in [
        ({"file": "../../etc/passwd"}, "'../../etc/passwd' is not allowed here"),
        ({"file": "a b"}, "'a b' is not allowed here"),
        ({"pattern": "^.*$"}, "has no group"),
        ({"pattern": "("}, "is not a regular expression"),
        ({"accession": "GSE2"}, "no cohort of kind=counts uses it"),
        ({"separator": ";"}, "is not one of"),
        ({"columns": 1}, "unknown key 'columns'"),
    ]:
        found = read(rows, header, geo={"counts": [good | change_of]})
        assert len(found) == 1, found
        assert line in found[0]
    assert "'GSE1' occurs twice" in read(rows, header, geo={"counts": [good, good]})[0]
    mapping = {"platform": "GPL1", "path": "none.tsv"}
    assert "no file 'none.tsv'" in read(prepare={"annotations": [mapping]})[0]


def test_a_name_is_one_line(read):
    assert "is not allowed here" in read(study="mine\n")[0]
    assert "is not allowed here" in read(study="../../mine")[0]


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
    assert filled["evaluation"]["folds"] == 10
    assert filled["panel"]["votes"] == 3
    assert filled["panel"]["max_genes"] == 10
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
    # The values that are there, with their counts, so that the user can write the rule.
    assert "; 'disease state' has '" in lines[0]
    assert "'disease_a' (1" in lines[0]
    assert "no sample has a field 'diagnoses'" in lines[2]


def test_mistakes_do_not_hide_each_other(read):
    """A wrong key beside it, in the same section or the same list, spares no other mistake."""
    found = read(
        evaluation={"folds": 1, "repeat": 3, "repeats": "x"},
        compounds={"permutations": 3, "reference": "no.gctx", "structures": ["no.tsv"]},
        comparisons=[{"name": "A B"}, {"name": "x", "diseases": ["pox"]}, {"name": "x"}, 7],
        panel=[],
    )
    for part in ("folds", "'repeat'", "evaluation.repeats", "compounds.permutations", "no.gctx",
                 "no.tsv", "'A B'", "'pox'", "the name 'x' occurs twice", "comparisons.3",
                 "config.panel"):  # fmt: skip
        assert sum(part in line for line in found) == 1, (part, found)
    assert len(found) == 11


def test_what_is_missing_is_told_once(read):
    config = {"datasets": "datasets.tsv", "seeds": 1}
    read()
    with pytest.raises(ConfigError) as caught:
        read_study(config, CONFIG, ROWS)
    assert str(caught.value).splitlines() == [
        "config: 'study' is missing; add it",
        "config: unknown key 'seeds'; did you mean 'seed'?",
    ]
    with pytest.raises(ConfigError) as caught:
        read_study({}, CONFIG, ROWS)
    assert sorted(str(caught.value).splitlines()) == [
        "config: 'datasets' is missing; add it",
        "config: 'study' is missing; add it",
    ]


def test_a_wrong_role_is_one_mistake(read):
    assert read([change(GOOD[0], role="discover"), GOOD[1]]) == [
        "datasets.tsv line 2.role: 'discover' is not one of ['discovery', 'validation']"
    ]


def test_lines_are_counted_as_an_editor_does(read):
    comment = ["# two lines", *[""] * 6]
    assert read([comment, [""], GOOD[0], change(GOOD[1], role="test")])[0].startswith(
        "datasets.tsv line 5.role:"
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\xff\xfec\x00o\x00", "is not UTF-8; save it as UTF-8"),
        ("cohört".encode("latin-1"), "is not UTF-8; save it as UTF-8"),
        (b"x" * 10_000_001, "is too large to be a table of cohorts"),
        (b"", "is empty"),
        (b"a\t" * 1_000_000, "twice"),
        (b"cohort\x00\taccession", "missing"),
    ],
    ids=["utf-16", "latin-1", "large", "empty", "a million columns", "zero byte"],
)
def test_files_that_are_no_table(tmp_path, monkeypatch, content, line):
    monkeypatch.chdir(tmp_path)
    Path("datasets.tsv").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read_study({"study": "mine", "datasets": "datasets.tsv"}, CONFIG, ROWS)
    assert line in str(error.value)
    assert len(str(error.value)) < 5000


def test_a_table_from_a_spreadsheet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ["\t".join(HEADER), *("\t".join(f" {cell} " for cell in row) for row in GOOD), ""]
    Path("datasets.tsv").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    study = read_study({"study": "mine", "datasets": "datasets.tsv"}, CONFIG, ROWS)
    assert study.cohorts["one"]["control"] == "state=well"
    assert study.cohorts["two"]["kind"] == "array"
    Path("datasets.tsv").write_bytes("größer".encode("cp1252"))
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_study({"study": "mine", "datasets": "datasets.tsv"}, CONFIG, ROWS)


def test_what_follows_from_a_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [HEADER, GOOD[0], change(GOOD[0], cohort="three", role="validation"), GOOD[1]]
    Path("datasets.tsv").write_text("\n".join("\t".join(row) for row in rows))
    config = {"study": "mine", "datasets": "datasets.tsv",
              "evaluation": {"repeats": 2, "permutations": 3, "batch_size": 4},
              "comparisons": [{"name": "both"}, {"name": "own", "diseases": ["cold"]}]}  # fmt: skip
    study = read_study(config, CONFIG, ROWS)
    assert study.diseases == ["flu", "cold"]
    assert study.cohorts_of("flu") == ["one", "three"]
    assert study.cohorts_of("flu", "cold", role="discovery") == ["one", "two"]
    assert study.comparisons == {
        "both": {"diseases": ["flu", "cold"], "at_least": 2},
        "own": {"diseases": ["cold"], "at_least": 1},
    }
    units = study.evaluation_units("both")
    assert [kind for kind, _ in units].count("permutation") == 3
    assert ("leave_one_cohort_out", "three") in units
    assert len(units) == 8
    assert study.evaluation_batches("both") == ["000", "001"]
    assert study.evaluation_batches("own") == ["000", "001"]


def test_defaults_are_not_shared():
    first, second = (complete({"study": "a", "datasets": "b"}, CONFIG) for _ in range(2))
    first["genesets"].append("x")
    first["panel"]["selectors"].clear()
    assert second["genesets"] == []
    assert second["panel"]["selectors"]


def offline(config):
    """Give the study the mirror in its own folder in place of a simulation."""
    settings = yaml.safe_load(config.read_text())
    for section in ("simulation", "compounds", "biology", "genesets", "qsar"):
        del settings[section]
    config.write_text(yaml.safe_dump(settings | {"geo": {"base_url": "mirror"}}))
    return config


@pytest.mark.workflow
def test_rules_that_match_nothing_in_a_mirror_end_the_dry_run(tmp_path, snakemake, small_study):
    """Several mistakes, a line each, with the cohort, the rule and the values that were seen."""
    config = offline(small_study(tmp_path))
    header, *rows = (tmp_path / "config" / "datasets.tsv").read_text().splitlines()
    kept = [header + "\tcovariates", rows[0].replace("=disease_a", "=gout") + "\tage", rows[1]]
    (tmp_path / "config" / "datasets.tsv").write_text("\n".join(kept) + "\n")
    for row in kept[1:]:
        name = row.split("\t")[1]
        file = tmp_path / "mirror/series" / folder_of(name) / f"matrix/{name}_series_matrix.txt.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(gzip.compress(SERIES.replace("GSE1", name).encode()))
    done = snakemake(tmp_path, config, dry=True)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
    assert lines == [
        "cohort 'a_discovery' case rule 'disease state=gout': matches no sample; 'disease state' "
        "has 'healthy control' (2), 'disease_b' (1)",
        "cohort 'a_discovery' covariate 'age': no such field; fields in which the samples differ: "
        "geo_accession, disease state",
        "cohort 'a_validation' case rule 'disease state=disease_a': matches no sample; 'disease "
        "state' has 'healthy control' (2), 'disease_b' (1)",
    ]
    assert "Traceback" not in done.stdout + done.stderr
    for row in kept[1:]:
        (tmp_path / "mirror/series" / folder_of(row.split("\t")[1])).rename(tmp_path / row[:3])
        break
    done = snakemake(tmp_path, config, dry=True)
    assert "cohort 'a_discovery': no file 'mirror/series/" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_family_of_genes_needs_its_file_and_its_set(read, tmp_path):
    (tmp_path / "sets.gmt").write_text("NETS\tabout it\tPADI4\tELANE\n")
    assert read(candidates={"restrict_to": "sets.gmt:NETS"}) == []
    assert "has no set 'M6A'; it has NETS" in read(candidates={"restrict_to": "sets.gmt:M6A"})[0]
    assert "no file 'none.gmt'" in read(candidates={"restrict_to": "none.gmt:NETS"})[0]
    assert "restrict_to" in read(candidates={"restrict_to": "sets.gmt"})[0]


def test_a_panel_of_numbers_needs_an_outcome_in_every_cohort(read):
    header = [*HEADER, "outcome"]
    rows = [[*GOOD[0], "age"], [*GOOD[1], ""]]
    panel = {"predict": "outcome", "classifier": "lda"}
    tried = {"combinations": {"selectors": ["all"], "classifiers": ["all"]}}
    assert read(rows, header, panel=panel, evaluation=tried) == [
        "datasets.tsv cohort 'two': has no outcome, which config.panel.predict asks for; fill the "
        "column outcome or predict groups",
        "config.panel.classifier: lda cannot predict an outcome; choose ridge_logistic or "
        "lasso_logistic",
        "config.evaluation.combinations: its classifiers predict groups; leave it out where "
        "config.panel.predict is outcome",
    ]
    rows[1][-1] = "-age"
    assert read(rows, header, panel={"predict": "outcome"}) == []
