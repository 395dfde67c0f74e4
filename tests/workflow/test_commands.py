"""The commands: what they print, what they write, and how they fail."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from crosshub.commands import main
from crosshub.config import read_schema
from crosshub.geo import folder_of
from crosshub.simulate import simulate_study
from crosshub.simulate.geo_files import write_gzip, write_series_matrix
from crosshub.study import read_study

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "workflow" / "schemas"
HEALTHY = {"healthy": 5, "gout": 5}


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """A simulated mirror."""
    folder = tmp_path_factory.mktemp("simulated")
    sizes = {"shared_all": 6, "shared_two": 3, "own": 6}
    simulate_study(folder, seed=1, genes=600, samples_per_group=8, signatures=100, **sizes)
    return folder / "geo"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command in a folder of its own: code, stdout, stderr = run("describe", "GSE1")."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        code = main([str(argument) for argument in arguments])
        output, errors = capsys.readouterr()
        return code, output, errors

    return command


@pytest.fixture
def shelf(tmp_path):
    """A mirror to which a test adds series: shelf("GSE1", state={"well": 5, "ill": 5})."""
    base = tmp_path / "mirror"
    base.mkdir()

    def put(accession, *, values=3, tags=(), name=None, platform="GPL1", **columns):
        listed = {
            key: [value for value, number in given.items() for _ in range(number)]
            if isinstance(given, dict)
            else list(given)
            for key, given in columns.items()
        }
        number = len(next(iter(listed.values())))
        plain = accession.split("-")[0]
        offset = 1000 * int(plain[3:])
        gsm = [f"GSM{offset + i}" for i in range(number)]
        fields = [
            ("title", listed.pop("title", [f"sample {i}" for i in range(number)])),
            ("geo_accession", gsm),
            ("organism_ch1", listed.pop("organism", ["Homo sapiens"] * number)),
            ("type", listed.pop("type", ["RNA"] * number)),
            ("platform_id", [platform] * number),
            ("data_row_count", [str(values)] * number),
        ]
        for key, texts in listed.items():
            fields.append(("characteristics_ch1", [f"{key}: {text}" for text in texts]))
        table = pd.DataFrame(1.5, index=[f"p{i}" for i in range(values)], columns=gsm)
        header = [("title", name or f"Series {plain}"), ("geo_accession", plain), *tags]
        path = base / f"series/{folder_of(plain)}/matrix/{accession}_series_matrix.txt.gz"
        write_series_matrix(table, path, tags=header, fields=fields, decimals=1)
        return gsm

    put.base = base
    return put


def suppl(base, accession, name, text):
    path = base / "series" / folder_of(accession) / "suppl" / name
    write_gzip(text, path)


def table_of(output):
    """Return the rows of the table that describe prints, and its comments."""
    _, _, rest = output.partition("# ----- datasets.tsv")
    lines = rest.partition("# ----- end -----")[0].split("\n")[1:-1]
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    comments = [line for line in lines if line.startswith("#")]
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]], comments


def read(config_path):
    schemas = [read_schema(SCHEMAS / f"{name}.schema.yaml") for name in ("config", "datasets")]
    return read_study(yaml.safe_load(Path(config_path).read_text()), *schemas)


# ---------------------------------------------------------------- describe


def test_describe_shows_fields_guess_and_table(run, shelf):
    shelf("GSE1", state=HEALTHY, sex=list("mf" * 5), tissue={"toe": 10}, name="Gout in toes")
    code, output, errors = run("describe", "GSE1", "--base-url", shelf.base)
    assert code == 0
    assert errors.startswith("fetching ")
    for part in (
        "title     Gout in toes",
        "samples   10",
        "organism  Homo sapiens",
        "platform  GPL1",
        "array with values (3 probes)",
        "5  healthy",
        "alike in all: tissue (toe)",
        "covariates  sex",
        "gout: 5 cases, 5 controls, 0 excluded",
        "check these rules",
    ):
        assert part in output, part
    (row,), comments = table_of(output)
    assert comments == []
    assert row == {
        "cohort": "gout_gse1",
        "accession": "GSE1",
        "platform": "GPL1",
        "disease": "gout",
        "role": "discovery",
        "case": "state=^gout$",
        "control": "state=^healthy$",
    }


def test_what_is_there_is_not_fetched_again(run, shelf):
    shelf("GSE1", state=HEALTHY)
    assert run("describe", "GSE1", "--base-url", shelf.base)[0] == 0
    path = Path(f"resources/geo/series/{folder_of('GSE1')}/matrix/GSE1_series_matrix.txt.gz")
    note = Path(f"{path}.source.json")
    assert json.loads(note.read_text())["size"] == path.stat().st_size
    before = path.stat().st_mtime_ns, note.read_text()
    code, _, errors = run("describe", "gse1", "--base-url", "http://127.0.0.1:9/geo")
    assert (code, errors) == (0, "")
    assert (path.stat().st_mtime_ns, note.read_text()) == before


def test_lines_fit_the_terminal_and_hold_no_orders_for_it(run, shelf):
    strange = "a\x1b[31mred\x07 " + "very long text " * 30
    columns = {f"{'long name ' * 4}{i}": [f"{strange}{j}" for j in range(10)] for i in range(3)}
    shelf("GSE1", state=HEALTHY, name=strange, colour={f"c{i}": 2 for i in range(5)}, **columns)
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    text = output.partition("# ----- datasets.tsv")[0]
    assert max(map(len, text.split("\n"))) <= 100
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_many_values_are_cut_and_summed(run, shelf):
    values = {f"v{i}": 2 for i in range(20)}
    shelf("GSE1", stage=values)
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert "18  of 9 further values" in output
    assert sum(int(number) for number in re.findall(r"(\d+)  (?:v\d|of 9)", output)) == 40


def test_where_nothing_can_be_guessed_there_is_a_row_to_fill_in(run, shelf):
    shelf("GSE1", stage={"one": 5, "two": 5})
    code, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert code == 0
    assert "could not be guessed" in output
    rows, comments = table_of(output)
    assert rows == []
    assert comments == ["# NAME_gse1\tGSE1\tGPL1\tDISEASE\tdiscovery\tFIELD=VALUE\tFIELD=VALUE"]


def test_a_row_that_cannot_be_used_is_a_comment_with_the_reason(run, shelf):
    shelf("GSE1", state=HEALTHY, organism={"Mus musculus": 10})
    shelf("GSE2", state=HEALTHY, values=0)
    code, output, _ = run("describe", "GSE1", "GSE2", "--base-url", shelf.base)
    assert code == 0
    rows, comments = table_of(output)
    assert rows == []
    assert any("not human (Mus musculus)" in line for line in comments)
    assert any("GSE2 carries no values" in line for line in comments)
    assert sum("state=^gout$" in line for line in comments) == 2


def test_a_row_that_cannot_be_used_is_no_discovery_cohort(run, shelf):
    shelf("GSE1", state=HEALTHY, organism={"Mus musculus": 10})
    shelf("GSE2", state=HEALTHY)
    arguments = ("GSE1", "GSE2", "--base-url", shelf.base)
    (row,), _ = table_of(run("describe", *arguments, "--table", "table.tsv")[1])
    assert (row["accession"], row["role"]) == ("GSE2", "discovery")
    Path("config.yaml").write_text("study: x\ndatasets: table.tsv\n")
    assert len(read("config.yaml").rows) == 1


def test_several_series_are_one_table(run, shelf):
    shelf("GSE1", state={"healthy": 5, "rheumatoid arthritis": 5})
    shelf("GSE2", group={"CTRL": 4, "RA": 6})
    _, output, _ = run("describe", "GSE1", "GSE2", "--base-url", shelf.base)
    rows, _ = table_of(output)
    assert [(row["cohort"], row["disease"], row["role"]) for row in rows] == [
        ("ra_gse1", "rheumatoid_arthritis", "discovery"),
        ("ra_gse2", "rheumatoid_arthritis", "validation"),
    ]


def test_one_bad_series_does_not_hide_the_others(run, shelf):
    shelf("GSE1", state=HEALTHY)
    code, output, errors = run("describe", "GSE9", "GSE1", "--base-url", shelf.base)
    assert code == 1
    assert len(table_of(output)[0]) == 1
    (line,) = [line for line in errors.splitlines() if line.startswith("crosshub: ")]
    assert "GSE9" in line


def test_several_platforms_are_listed(run, shelf):
    for platform in ("GPL97", "GPL570"):
        shelf(f"GSE1-{platform}", state=HEALTHY, platform=platform)
    code, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert code == 0
    assert "GSE1-GPL97, GSE1-GPL570" in output
    code, output, _ = run("describe", "GSE1-GPL570", "--base-url", shelf.base)
    assert table_of(output)[0][0]["cohort"] == "gout_gse1_gpl570"
    # Offline, what was fetched says the same.
    _, output, _ = run("describe", "GSE1", "--base-url", "http://127.0.0.1:9/geo")
    assert "GSE1-GPL570" in output


def superseries(shelf, accession, *parts):
    tags = [("relation", f"SuperSeries of: {part}") for part in parts]
    shelf(accession, state={"healthy": 5, "gout": 5}, tags=tags)


def test_a_superseries_names_its_series(run, shelf):
    superseries(shelf, "GSE9", "GSE1", "GSE2")
    code, output, _ = run("describe", "GSE9", "--base-url", shelf.base)
    assert code == 0
    assert "a superseries of GSE1, GSE2" in output
    assert ".venv/bin/python -m crosshub describe GSE1 GSE2" in output
    assert "datasets.tsv" not in output


def test_rna_seq_says_where_its_counts_are(run, shelf):
    samples = shelf("GSE1", state=HEALTHY, type={"SRA": 10}, values=0)
    code, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert code == 0
    assert "the matrix carries no values" in output
    assert "none in this mirror" in output
    (row,), _ = table_of(output)
    assert row["kind"] == "counts"
    counts = "\t".join(["ens", "symbol", *samples]) + "\n"
    counts += "\t".join(["ENSG00000000001", "A", *["70"] * 10]) + "\n"
    suppl(shelf.base, "GSE1", "GSE1_counts.tsv.gz", counts)
    suppl(shelf.base, "GSE1", "GSE1_other.txt.gz", "nothing of that kind\n")
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    recipe = yaml.safe_load(re.search(r"recipe\s+(\{.*\})", output)[1])
    assert recipe == {
        "accession": "GSE1",
        "file": "GSE1_counts.tsv.gz",
        "gene": "ens",
        "skip": ["symbol"],
    }


def test_a_file_that_is_no_table_of_counts_gives_no_recipe(run, shelf):
    samples = shelf("GSE1", state=HEALTHY, type={"SRA": 10}, values=0)
    header = "\t".join(["gene", *samples]) + "\n"
    suppl(shelf.base, "GSE1", "GSE1_fpkm.tsv.gz", header + "\t".join(["A", *["0.5"] * 10]) + "\n")
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert "recipe" not in output
    assert "the authors deposited GSE1_fpkm.tsv.gz" in output


def test_a_treatment_is_said_to_be_one(run, shelf):
    shelf("GSE1", treatment={"untreated": 4, "dexamethasone": 4})
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base)
    assert "! this is a treatment, not a disease" in output


def test_a_disease_can_be_chosen_and_named(run, shelf):
    shelf("GSE1", state={"healthy": 5, "osteoarthritis": 5, "gout": 4})
    _, output, _ = run("describe", "GSE1", "--base-url", shelf.base, "--disease", "oa")
    (row,), _ = table_of(output)
    assert (row["cohort"], row["disease"]) == ("oa_gse1", "oa")
    code, _, errors = run("describe", "GSE1", "--base-url", shelf.base, "--disease", "lupus")
    assert code == 1
    assert errors == "crosshub: GSE1: no group is called 'lupus'; found: osteoarthritis, gout\n"


def test_rows_are_added_to_a_table_and_none_is_replaced(run, shelf):
    shelf("GSE1", state=HEALTHY)
    shelf("GSE2", group={"CTRL": 5, "gout": 5})
    arguments = ("--base-url", shelf.base, "--table", "new/table.tsv")
    code, output, _ = run("describe", "GSE1", *arguments)
    assert code == 0
    assert output.endswith("1 row added to new/table.tsv\n")
    first = Path("new/table.tsv").read_text()
    assert run("describe", "GSE2", *arguments)[0] == 0
    text = Path("new/table.tsv").read_text()
    assert text.startswith(first)
    assert [line.split("\t")[4] for line in text.splitlines()] == [
        "role",
        "discovery",
        "validation",
    ]
    code, _, errors = run("describe", "GSE1", *arguments)
    assert code == 1
    assert "has the cohort 'gout_gse1' already" in errors
    assert Path("new/table.tsv").read_text() == text
    Path("config.yaml").write_text("study: x\ndatasets: new/table.tsv\n")
    assert len(read("config.yaml").rows) == 2


def test_a_table_keeps_its_columns_and_comments(run, shelf):
    shelf("GSE1", state=HEALTHY)
    text = "# mine\nrole\tcohort\tdisease\taccession\tcase\tcontrol\tplatform\tscale"
    Path("table.tsv").write_text(text)
    assert run("describe", "GSE1", "--base-url", shelf.base, "--table", "table.tsv")[0] == 0
    lines = Path("table.tsv").read_text().splitlines()
    assert "\n".join(lines[:2]) == text
    assert lines[2].split("\t")[:4] == ["discovery", "gout_gse1", "gout", "GSE1"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"cohort\taccession\n", "has no column 'platform'"),
        (b"cohort\taccession\tplatform\tdisease\trole\tcase\tcontrol\n", "has no column 'kind'"),
        (b"\xff\xfe\x00", "is not UTF-8"),
    ],
)
def test_a_table_that_does_not_fit_is_left_as_it_is(run, shelf, text, reason):
    shelf("GSE1", state=HEALTHY, type={"SRA": 10}, values=0)
    Path("table.tsv").write_bytes(text)
    code, _, errors = run("describe", "GSE1", "--base-url", shelf.base, "--table", "table.tsv")
    assert code == 1
    assert reason in errors
    assert Path("table.tsv").read_bytes() == text


def test_no_unusable_row_reaches_a_table(run, shelf):
    shelf("GSE1", state=HEALTHY, organism={"Mus musculus": 10})
    code, _, errors = run("describe", "GSE1", "--base-url", shelf.base, "--table", "table.tsv")
    assert code == 1
    assert "there is no row to add" in errors
    assert not Path("table.tsv").exists()


# ---------------------------------------------------------------- new


def test_new_writes_a_study_that_the_workflow_reads(run, simulated):
    accessions = [f"GSE9900000{i}" for i in range(1, 6)]
    code, output, _ = run("new", "mine", *accessions, "--base-url", simulated)
    assert code == 0
    study = read("config/studies/mine/config.yaml")
    truth = pd.read_csv(simulated.parent / "datasets.tsv", sep="\t").sort_values(
        ["accession", "disease"]
    )
    rows = pd.DataFrame(study.rows).sort_values(["accession", "disease"])
    for column in ("accession", "platform", "disease", "kind"):
        assert list(rows[column]) == list(truth[column]), column
    assert study.config["geo"]["base_url"] == str(simulated)
    for disease in study.diseases:
        assert [row["role"] for row in study.rows if row["disease"] == disease] == [
            "discovery",
            "validation",
        ]
    assert "first series of a disease is its discovery" in output
    assert ".venv/bin/snakemake --cores all --configfile config/studies/mine/config.yaml" in output
    assert "16 cases" not in output
    assert output.count("8 cases, 8 controls") == 6


def test_the_config_has_comments_and_no_mirror_unless_one_was_given(run, shelf):
    shelf("GSE1", state={"healthy": 5, "gout": 5, "lupus": 4})
    assert run("describe", "GSE1", "--base-url", shelf.base)[0] == 0
    assert run("new", "mine", "GSE1")[0] == 0
    text = Path("config/studies/mine/config.yaml").read_text()
    assert "base_url" not in text
    assert "share its controls" in text
    assert "# genesets:" in text
    assert max(map(len, text.splitlines())) <= 100
    assert yaml.safe_load(text) == {
        "study": "mine",
        "datasets": "config/studies/mine/datasets.tsv",
        "seed": 1,
    }


def test_a_superseries_is_replaced_by_its_series(run, shelf):
    shelf("GSE1", state=HEALTHY)
    shelf("GSE2", state={"healthy": 5, "lupus": 5})
    superseries(shelf, "GSE8", "GSE2")
    superseries(shelf, "GSE9", "GSE1", "GSE8")
    code, output, _ = run("new", "mine", "GSE9", "GSE1", "--base-url", shelf.base)
    assert code == 0
    assert "GSE9 is a superseries: GSE1, GSE8 in its place" in output
    rows = read("config/studies/mine/config.yaml").rows
    assert sorted(row["accession"] for row in rows) == ["GSE1", "GSE2"]


def test_a_superseries_of_itself_ends(run, shelf):
    superseries(shelf, "GSE9", "GSE8")
    superseries(shelf, "GSE8", "GSE9")
    code, _, errors = run("new", "mine", "GSE9", "--base-url", shelf.base)
    assert code == 1
    assert "no cohort could be guessed" in errors


def test_what_gives_no_row_stays_as_a_comment(run, shelf):
    shelf("GSE1", state=HEALTHY)
    shelf("GSE2", stage={"one": 5, "two": 5})
    shelf("GSE3", treatment={"untreated": 5, "dexamethasone": 5}, donor=list("abcde") * 2)
    shelf("GSE4", state=HEALTHY, organism={"Mus musculus": 10})
    shelf("GSE5", state=HEALTHY, type={"SRA": 10}, values=0)
    for platform in ("GPL96", "GPL97"):
        shelf(f"GSE6-{platform}", state=HEALTHY, platform=platform)
    accessions = [f"GSE{i}" for i in range(1, 7)]
    code, output, _ = run("new", "mine", *accessions, "--base-url", shelf.base)
    assert code == 0
    text = Path("config/studies/mine/datasets.tsv").read_text()
    for part in (
        "# GSE2: no field has a value for controls; the samples differ in stage",
        "# NAME_gse2\tGSE2",
        "# GSE3: this is a treatment, not a disease; to use it, delete the #",
        "# dexamethasone_gse3\tGSE3",
        "not human (Mus musculus)",
        "# GSE5: RNA-seq whose counts are not in this mirror",
        "# GSE6: several platforms; name one of GSE6-GPL96, GSE6-GPL97",
    ):
        assert part in text, part
    for accession in accessions[1:]:
        assert f"{accession} is left out" in output
    assert [row["accession"] for row in read("config/studies/mine/config.yaml").rows] == ["GSE1"]
    # A comment turned into a row has its cells under the right columns.
    path = Path("config/studies/mine/datasets.tsv")
    path.write_text(text.replace("# dexamethasone_gse3", "dexamethasone_gse3"))
    row = read("config/studies/mine/config.yaml").cohorts["dexamethasone_gse3"]
    assert row["block"] == "donor"


def test_a_study_of_treatments_alone_is_one(run, shelf):
    shelf("GSE3", treatment={"untreated": 5, "dexamethasone": 5})
    assert run("new", "mine", "GSE3", "--base-url", shelf.base)[0] == 0
    assert read("config/studies/mine/config.yaml").diseases == ["dexamethasone"]


def test_the_recipe_for_counts_is_written_into_the_config(run, shelf):
    samples = shelf("GSE1", state=HEALTHY, type={"SRA": 10}, values=0)
    counts = "\t".join(["gene", *samples]) + "\n" + "\t".join(["A", *["70"] * 10]) + "\n"
    suppl(shelf.base, "GSE1", "c.tsv.gz", counts)
    assert run("new", "mine", "GSE1", "--base-url", shelf.base)[0] == 0
    (recipe,) = read("config/studies/mine/config.yaml").config["geo"]["counts"]
    assert (recipe["file"], recipe["gene"]) == ("c.tsv.gz", "gene")


def test_what_cannot_be_compared_is_left_out(run, shelf):
    shelf("GSE1", state=HEALTHY)
    kind = [("type", "Methylation profiling by array")]
    shelf("GSE2", state=HEALTHY, tags=kind)
    code, output, _ = run("new", "mine", "GSE1", "GSE2", "--base-url", shelf.base)
    assert code == 0
    assert "GSE2 is left out" in output
    assert "measures methylation" in output


def test_without_a_single_row_nothing_is_written(run, shelf):
    shelf("GSE2", stage={"one": 5, "two": 5})
    code, _, errors = run("new", "mine", "GSE2", "--base-url", shelf.base)
    assert code == 1
    (line,) = [line for line in errors.splitlines() if line.startswith("crosshub")]
    assert "no cohort could be guessed" in line
    assert not Path("config").exists()


def test_a_study_that_is_there_is_never_touched(run, shelf):
    shelf("GSE1", state=HEALTHY)
    assert run("new", "mine", "GSE1", "--base-url", shelf.base)[0] == 0
    path = Path("config/studies/mine/datasets.tsv")
    path.write_text("edited")
    code, _, errors = run("new", "mine", "GSE1", "--base-url", shelf.base)
    assert code == 1
    assert "config/studies/mine: is there already" in errors
    assert path.read_text() == "edited"
    assert sorted(p.name for p in Path("config/studies").iterdir()) == ["mine"]


def test_a_dangling_link_is_there_already(run, shelf):
    shelf("GSE1", state=HEALTHY)
    Path("config/studies").mkdir(parents=True)
    Path("config/studies/mine").symlink_to("/nowhere/at/all")
    assert run("new", "mine", "GSE1", "--base-url", shelf.base)[0] == 1


@pytest.mark.parametrize("name", ["../x", "a/b", "Big", "1st", "", ".", "a b", "-x", "x" * 200])
def test_a_name_never_leaves_the_folder(run, shelf, name):
    shelf("GSE1", state=HEALTHY)
    code, _, errors = run("new", name, "GSE1", "--base-url", shelf.base)
    assert code == 2
    assert "usage" in errors
    assert not Path("config").exists()


def test_one_unknown_series_stops_a_new_study(run, shelf):
    shelf("GSE1", state=HEALTHY)
    code, _, errors = run("new", "mine", "GSE1", "GSE9", "--base-url", shelf.base)
    assert code == 1
    assert "GSE9" in errors
    assert not Path("config").exists()


# ---------------------------------------------------------------- failures and the command line


@pytest.mark.parametrize(
    "arguments",
    [(), ("describe",), ("describe", "GSX1"), ("describe", "GSE1;ls"), ("bogus",), ("new", "x")],
)
def test_a_wrong_command_line_ends_with_two(run, arguments):
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert "usage: crosshub" in errors


@pytest.mark.parametrize("name", ["describe", "new"])
def test_help_has_an_example(run, name):
    code, output, _ = run(name, "--help")
    assert code == 0
    assert f"  python -m crosshub {name} " in output
    assert name in run("--help")[1]


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("/nowhere/at/all", "no such folder"),
        ("ftp://ftp.ncbi.nlm.nih.gov/geo", "ftp is not supported"),
        ("file://host/geo", "three slashes"),
    ],
)
def test_a_source_that_cannot_be_is_one_line(run, base, reason):
    code, output, errors = run("describe", "GSE1", "--base-url", base)
    assert (code, output) == (1, "")
    assert reason in errors
    assert len(errors.splitlines()) == 1


def test_a_network_that_is_down_is_one_line(run, monkeypatch):
    monkeypatch.setattr("crosshub.fetch.download.time.sleep", lambda seconds: None)
    code, output, errors = run("describe", "GSE1", "--base-url", "http://127.0.0.1:9/geo")
    assert (code, output) == (1, "")
    assert [line[:9] for line in errors.splitlines()] == ["fetching ", "crosshub:"]


@pytest.mark.parametrize("content", [b"", b"<html>", gzip.compress(b"no matrix"), b"\x1f\x8bxx"])
def test_a_damaged_file_is_one_line(run, content):
    path = Path(f"resources/geo/series/{folder_of('GSE1')}/matrix/GSE1_series_matrix.txt.gz")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    code, output, errors = run("describe", "GSE1")
    assert (code, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert str(path) in errors


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(run, shelf):
    shelf("GSE1", state=HEALTHY)
    Path("locked").mkdir(mode=0o500)
    for options in (("--folder", "locked/geo"), ("--table", "locked/x/table.tsv")):
        code, _, errors = run("describe", "GSE1", "--base-url", shelf.base, *options)
        assert code == 1
        assert "Traceback" not in errors


def test_a_path_that_is_no_folder_is_one_line(run, shelf):
    shelf("GSE1", state=HEALTHY)
    Path("file").write_text("x")
    base = ("--base-url", shelf.base)
    for command in (
        ("describe", "GSE1", *base, "--folder", "file"),
        ("describe", "GSE1", *base, "--table", "file/table.tsv"),
        ("describe", "GSE1", *base, "--table", "."),
        ("new", "mine", "GSE1", *base, "--directory", "file"),
    ):
        code, _, errors = run(*command)
        assert code == 1, command
        lines = [line for line in errors.splitlines() if not line.startswith("fetching")]
        assert len(lines) == 1, lines


def process(folder, *arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONIOENCODING"}
    clean |= {"PYTHONPATH": str(ROOT / "workflow" / "scripts")} | environment
    command = [sys.executable, "-m", "crosshub", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, env=clean, timeout=120)


def test_the_package_runs_as_a_command(shelf, tmp_path):
    shelf("GSE1", state=HEALTHY, name="Sjögren – gout")
    done = process(tmp_path, "describe", "GSE1", "--base-url", shelf.base, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"Sj?gren" in done.stdout
    assert process(tmp_path, "describe").returncode == 2


def test_a_reader_that_stops_early_is_no_error(shelf, tmp_path):
    shelf("GSE1", state=HEALTHY)
    command = f"{sys.executable} -m crosshub describe GSE1 --base-url {shelf.base} | true"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow" / "scripts")},
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


# ---------------------------------------------------------------- real series


REAL = [
    ("GSE55235", {"rheumatoid_arthritis": (10, 10), "osteoarthritis": (10, 10)}, "array"),
    ("GSE55457", {"rheumatoid_arthritis": (13, 10), "osteoarthritis": (10, 10)}, "array"),
    ("GSE30528", {"diabetic_kidney_disease": (9, 13)}, "array"),
    ("GSE19420", {"type_2_diabetes": (12, 12)}, "array"),
    ("GSE35958", {"osteoporosis": (5, 4)}, "array"),
    ("GSE184951", {"myotonic_dystrophy_type_1": (11, 10)}, "counts"),
]


@pytest.mark.parametrize(("accession", "expected", "kind"), REAL)
def test_real_series_are_guessed_right(run, mirror, accession, expected, kind):
    code, output, _ = run("describe", accession, "--base-url", mirror)
    assert code == 0
    rows, comments = table_of(output)
    assert comments == []
    assert {row["disease"] for row in rows} == set(expected)
    assert {row.get("kind") or "array" for row in rows} == {kind}
    for disease, (cases, controls) in expected.items():
        assert f"{disease}: {cases} cases, {controls} controls" in output
    text = output.partition("# ----- datasets.tsv")[0]
    assert max(map(len, text.split("\n"))) <= 100


def test_the_consistent_field_of_gse55235_is_taken(run, mirror):
    _, output, _ = run("describe", "GSE55235", "--base-url", mirror)
    rows, _ = table_of(output)
    assert all(row["case"].startswith("source_name_ch1=") for row in rows)


def test_people_before_and_after_training_are_noticed(run, mirror):
    _, output, _ = run("describe", "GSE184951", "--base-url", mirror)
    assert "11 people gave several samples at different times" in output
    assert "GSE184951_gene_counts.tsv.gz" in output
    (row,), _ = table_of(output)
    assert row["filter"] == "treatment=^untreated$"


def test_a_treatment_of_cell_lines_without_values_is_told_so(run, mirror):
    _, output, _ = run("describe", "GSE52778", "--base-url", mirror)
    assert "carries no values" in output
    assert "a treatment, not a disease" in output
    rows, _ = table_of(output)
    assert {row["case"] for row in rows} >= {"treatment=^Dexamethasone$"}
    assert {row["control"] for row in rows} == {"treatment=^Untreated$"}
    assert {row["block"] for row in rows} == {"cell line"}


def test_a_study_of_real_series_is_read(run, mirror):
    accessions = [accession for accession, _, _ in REAL] + ["GSE52778"]
    assert run("new", "real", *accessions, "--base-url", mirror)[0] == 0
    study = read("config/studies/real/config.yaml")
    assert len(study.rows) == 8
    assert study.cohorts_of("rheumatoid_arthritis") == ["ra_gse55235", "ra_gse55457"]
    assert study.config["geo"]["counts"][0]["accession"] == "GSE184951"
