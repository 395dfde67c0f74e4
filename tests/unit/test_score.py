"""The scorer: one sample as in its cohort, what is missing, and tables that are none."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.commands import main
from crosshub.commands.score import read_expression
from crosshub.model import Model, Reference, to_plain

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
GENES = [f"G{i:03d}" for i in range(200)]


@pytest.fixture
def files(tmp_path):
    """Write a model and a table of six samples; return their paths and the table."""
    reference = Reference(tuple(GENES), tuple(np.linspace(2, 14, 201)))
    panel = ("G010", "G050", "G120", "G150", "G199")
    classifier = {"kind": "linear", "coefficients": [0.7, -0.4, 0.3, 0.2, -0.1], "intercept": 0.2}
    model = Model("gout", "all", panel, (8.0,) * 5, (2.0,) * 5, classifier, 0.4, reference)
    (tmp_path / "model.json").write_text(json.dumps(to_plain(model)))
    values = np.random.default_rng(0).normal(8, 2, (200, 6))
    table = pd.DataFrame(values, pd.Index(GENES, name="gene"), [f"S{i}" for i in range(6)])
    table.to_csv(tmp_path / "expression.tsv", sep="\t")
    return tmp_path / "model.json", tmp_path / "expression.tsv", table


def scored(capsys, *arguments):
    code = main(["score", *map(str, arguments)])
    out, err = capsys.readouterr()
    rows = [line.split("\t") for line in out.splitlines() if line and not line.startswith("#")]
    return code, rows, out, err


def test_one_sample_scores_as_in_its_cohort_whatever_the_scale(files, capsys, tmp_path):
    model, path, table = files
    code, rows, out, _ = scored(capsys, model, path)
    assert code == 0
    assert len(rows) == 7
    assert "# gout: panel of 5 genes; probabilities hold where 40% are cases" in out
    alone = tmp_path / "alone.tsv.gz"
    (2 ** table[["S3"]]).to_csv(alone, sep="\t")
    assert scored(capsys, model, alone)[1][1][1] == rows[4][1]


def test_a_missing_gene_is_told_and_too_many_stop(files, capsys, tmp_path):
    model, _, table = files
    fewer = tmp_path / "fewer.tsv"
    table.drop(index="G010").to_csv(fewer, sep="\t")
    assert "# not measured: G010;" in scored(capsys, model, fewer)[2]
    table.drop(index=["G010", "G050"]).to_csv(fewer, sep="\t")
    code, _, out, err = scored(capsys, model, fewer)
    assert code == 1
    assert out == ""
    assert "2 of 5 genes of the panel are not measured" in err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("\t", ","), "has one column"),
        (lambda text: text.replace("G001\t", "G000\t"), "the gene 'G000' occurs twice"),
        (lambda text: text.replace("S0", "S0").replace("G007\t", "G007\thigh"), "is no number"),
        (lambda text: text.replace("S1\t", "S0\t"), "the sample 'S0' occurs twice"),
        (lambda _: "", "cannot be read as a table"),
    ],
)
def test_a_table_that_is_none_is_refused(files, capsys, change, message):
    model, path, _ = files
    path.write_text(change(path.read_text()))
    code, _, out, err = scored(capsys, model, path)
    assert (code, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_damaged_archive_is_refused_in_one_line(files, capsys, tmp_path):
    model, path, _ = files
    packed = bytearray(gzip.compress(path.read_bytes()))
    damaged = tmp_path / "damaged.tsv.gz"
    for place, cut in ((len(packed) // 2, len(packed)), (0, len(packed) // 2), (0, 0)):
        raw = bytearray(packed[: cut or None])
        raw[place : place + 40 * bool(place)] = bytes(40 * bool(place))
        damaged.write_bytes(raw if cut else b"no archive")
        code, _, out, err = scored(capsys, model, damaged, "-o", tmp_path / "scores.tsv")
        assert (code, out) == (1, "")
        assert str(damaged) in err
        assert len(err.splitlines()) == 1
        assert not (tmp_path / "scores.tsv").exists()


@pytest.mark.parametrize("corner", ["gene\t", ""])
def test_a_gene_may_be_called_na(files, corner):
    _, path, _ = files
    path.write_text(f"{corner}S0\tS1\nNA\t1\tNA\nG001\t3\t\n")
    table = read_expression(path)
    assert table.index.tolist() == ["NA", "G001"]
    assert table.columns.tolist() == ["S0", "S1"]
    assert table["S0"].tolist() == [1, 3]
    assert table["S1"].isna().all()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": 99}'])
def test_a_model_that_is_none_is_refused(files, capsys, text):
    model, path, _ = files
    model.write_text(text)
    code, _, _, err = scored(capsys, model, path)
    assert code == 1
    assert str(model) in err


def test_the_output_goes_to_a_file(files, capsys, tmp_path):
    model, path, _ = files
    assert scored(capsys, model, path, "-o", tmp_path / "scores.tsv")[2] == ""
    assert len(pd.read_csv(tmp_path / "scores.tsv", sep="\t", comment="#")) == 6


def test_it_needs_neither_scikit_learn_nor_a_study(files):
    model, path, _ = files
    code = (
        "import sys; sys.modules['sklearn'] = None; from crosshub.commands import main; "
        f"sys.exit(main(['score', r'{model}', r'{path}']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=SCRIPTS, check=False
    )
    assert done.returncode == 0, done.stderr
