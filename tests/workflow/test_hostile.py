"""Files and tables by somebody who means harm: clear errors, and nothing outside is touched."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
import yaml
from crosshub.geo import folder_of
from crosshub.simulate.geo_files import write_annotation
from crosshub.tables import read_matrix

HEADER = ["cohort", "accession", "platform", "disease", "role", "case", "control"]
GENES, SAMPLES = 1500, 12
SHELL = "$(touch pwned) `touch pwned`; touch pwned | touch pwned > pwned & {input} {wildcards.x}"
pytestmark = pytest.mark.workflow


@pytest.fixture
def study(tmp_path):
    """Write a study of one cohort; `cells` changes its row, `edit` the text of its series."""

    def write(*, edit=lambda text: text, pack=gzip.compress, table=str.encode, **cells):
        row = {
            "cohort": "one", "accession": "GSE1", "platform": "GPL96", "disease": "flu",
            "role": "discovery", "case": "state=flu", "control": "state=well",
        } | cells  # fmt: skip
        rows = "\t".join(HEADER) + "\n" + "\t".join(row[name] for name in HEADER) + "\n"
        (tmp_path / "datasets.tsv").write_bytes(table(rows))
        config = {"study": "mine", "datasets": "datasets.tsv", "geo": {"base_url": "mirror"}}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        series = tmp_path / "mirror/series" / folder_of("GSE1") / "matrix/GSE1_series_matrix.txt.gz"
        series.parent.mkdir(parents=True)
        series.write_bytes(pack(edit(matrix()).encode("latin-1")))
        probes = pd.DataFrame(
            {"symbol": [f"GENE{i}" for i in range(GENES)], "entrez": ""},
            index=[f"p{i}" for i in range(GENES)],
        )
        place = tmp_path / "mirror/platforms" / folder_of("GPL96") / "annot/GPL96.annot.gz"
        place.parent.mkdir(parents=True)
        write_annotation(probes, place, platform="GPL96", title="HG-U133A")
        return tmp_path / "config.yaml"

    return write


def matrix():
    """Return a series whose titles and fields are full of signs of a shell, of HTML and of HTS."""
    names = [f"GSM{i}" for i in range(SAMPLES)]
    evil = [f"Müller's {SHELL} <script>alert(1)</script> {i}" for i in range(SAMPLES)]
    state = [f"state: {'flu' if i % 2 else 'well'} {SHELL}" for i in range(SAMPLES)]
    fields = {"title": evil, "geo_accession": names, "characteristics_ch1": state}
    same = {"organism_ch1": "Homo sapiens", "platform_id": "GPL96", "data_processing": "RMA, log2"}
    fields |= {name: [value] * SAMPLES for name, value in same.items()}
    lines = ['!Series_geo_accession\t"GSE1"', f'!Series_title\t"{evil[0]}"', ""]
    lines += [
        f"!Sample_{name}\t" + "\t".join(f'"{v}"' for v in values) for name, values in fields.items()
    ]
    lines += ["!series_matrix_table_begin", "\t".join(['"ID_REF"', *(f'"{n}"' for n in names)])]
    values = np.random.default_rng(0).normal(8, 1, (GENES, SAMPLES)).round(3)
    lines += [f'"p{i}"\t' + "\t".join(map(str, row)) for i, row in enumerate(values.tolist())]
    return "\r\n".join([*lines, "!series_matrix_table_end", ""])


def outside(folder):
    """Return what lies beside the study's results, with its content, and the folder above."""
    made = ("results", "resources", "logs", "benchmarks", ".snakemake")
    kept = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).parts[0] not in made:
            kept[path] = path.read_bytes()
    return kept, sorted(path.name for path in folder.parent.iterdir())


def test_signs_of_a_shell_in_a_rule_and_in_a_series_are_letters(tmp_path, snakemake, study):
    """Windows lines, Latin letters, a table with a byte order mark: read like any other."""
    rule = r"state=flu \$\(touch pwned\) `touch pwned`"
    config = study(case=rule, table=lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"))
    before = outside(tmp_path)
    done = snakemake(tmp_path, config, targets=["cohorts"])
    assert done.returncode == 0, done.stderr
    assert outside(tmp_path) == before
    assert list(tmp_path.rglob("pwned")) == []
    samples = pd.read_csv(tmp_path / "results/mine/cohorts/one/samples.tsv", sep="\t")
    assert samples["group"].value_counts().to_dict() == {"case": 6, "control": 6}
    assert samples["title"][0].startswith("Müller's $(touch pwned)")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"cohort": "../../up"}, "'../../up' is not allowed here"),
        ({"disease": "/tmp/flu"}, "'/tmp/flu' is not allowed here"),
        ({"cohort": "one; touch pwned"}, "'one; touch pwned' is not allowed here"),
        ({"accession": "GSE1$(touch pwned)"}, "is not allowed here"),
        ({"case": "state=(a+)+$" + "x" * 5000}, "is longer than 200 characters"),
        ({"case": "state=(", "control": "state=[a"}, "is not a regular expression"),
    ],
)
def test_names_and_rules_that_mean_harm(tmp_path, snakemake, study, cells, message):
    config = study(**cells)
    before = outside(tmp_path)
    done = snakemake(tmp_path, config, targets=["cohorts"])
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert outside(tmp_path) == before
    assert not (tmp_path / "results").exists()


def replaced(old, new):
    def edit(text):
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replaced('"p7"\t', '"p7"\tInf\t'), "p7"),
        (replaced('"p7"\t', '"p8"\t'), "p8"),
        (replaced('"GSM3"\t', '"GSM2"\t'), "GSM2"),
        (replaced('!series_matrix_table_begin\r\n"ID_REF"',
                  '!series_matrix_table_begin\r\n"ID_REF"' + "\t\"x\"" * 1_000_000), "samples"),
        (replaced("!series_matrix_table_end\r\n", ""), "end"),
    ],
    ids=["one cell more", "probe twice", "sample twice", "a million columns", "cut"],
)  # fmt: skip
def test_series_that_mean_harm(tmp_path, snakemake, study, edit, message):
    config = study(edit=edit)
    before = outside(tmp_path)
    done = snakemake(tmp_path, config, targets=["cohorts"])
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if "GSE1_series_matrix" in line]
    assert any(message in line for line in lines), done.stderr
    assert "Traceback" not in done.stderr
    assert outside(tmp_path) == before
    assert list(tmp_path.glob("results/mine/cohorts/*/*")) == []


def test_numbers_without_end_are_gaps_that_are_counted(tmp_path, snakemake, study):
    def infinite(text):
        lines = text.split("\r\n")
        at = next(i for i, line in enumerate(lines) if line.startswith('"p9"'))
        lines[at] = "\t".join(['"p9"', "Inf", "-Inf", "NaN", "1e999", *["8"] * (SAMPLES - 4)])
        return "\r\n".join(lines)

    done = snakemake(tmp_path, study(edit=infinite), targets=["cohorts"])
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results/mine/cohorts/one/preparation.json").read_text())
    assert found["probes"]["genes_lost_to_missing_values"] == 1
    genes = read_matrix(tmp_path / "results/mine/cohorts/one/genes.parquet")
    assert "GENE9" not in genes.index
    assert np.isfinite(genes.to_numpy()).all()


def test_a_bomb(tmp_path, snakemake, study):
    """A file of a few megabytes that unpacks to many gigabytes is refused before it does."""
    bomb = gzip.compress(bytes(1 << 20)) * 9000
    config = study(pack=lambda content: gzip.compress(content) + bomb)
    done = snakemake(tmp_path, config, targets=["cohorts"])
    assert done.returncode != 0
    assert "GSE1_series_matrix" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("results/mine/cohorts/*/*")) == []
