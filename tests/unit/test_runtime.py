import logging
from types import SimpleNamespace

import pytest
from crosshub.errors import DataError
from crosshub.provenance import input_hashes, source_hash, versions
from crosshub.randomness import derived_seed, generator
from crosshub.runtime import job


@pytest.fixture
def snakemake(tmp_path):
    yield SimpleNamespace(log=[str(tmp_path / "logs" / "rule.log")], rule="rule")
    logging.captureWarnings(False)


def test_a_users_error_is_one_line_and_no_traceback(snakemake, capsys, tmp_path):
    with pytest.raises(SystemExit) as caught, job(snakemake):
        raise DataError("GSE1: broken; fetch it again")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "rule: GSE1: broken; fetch it again\n"
    assert "Traceback" not in (tmp_path / "logs" / "rule.log").read_text()


def test_another_error_leaves_its_traceback_in_the_log(snakemake, capsys, tmp_path):
    with pytest.raises(SystemExit), job(snakemake):
        raise ZeroDivisionError("oh")
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: oh (traceback in" in shown
    assert "Traceback" not in shown
    assert "Traceback" in (tmp_path / "logs" / "rule.log").read_text()


def test_modules_of_the_package_log_to_the_file(snakemake, capsys, tmp_path):
    with job(snakemake) as log:
        log.info("counts")
        logging.getLogger("crosshub.some.module").info("from a module")
    text = (tmp_path / "logs" / "rule.log").read_text()
    assert "counts" in text
    assert "from a module" in text
    assert capsys.readouterr().err == ""


def test_random_numbers_belong_to_their_name():
    first, same = (generator(1, "rule", "a").normal(size=3).tolist() for _ in range(2))
    assert first == same
    assert generator(1, "rule", "b").normal(size=3).tolist() != first
    assert generator(2, "rule", "a").normal(size=3).tolist() != first
    assert derived_seed(1, "ab", "c") != derived_seed(1, "a", "bc")


def test_the_hash_follows_imports_and_nothing_else(tmp_path):
    package = tmp_path / "crosshub"
    package.mkdir()
    script = tmp_path / "rule.py"
    script.write_text("from crosshub import one\n")
    (package / "one.py").write_text("from crosshub.two import x\n")
    (package / "two.py").write_text("x = 1\n")
    (package / "three.py").write_text("y = 1\n")
    before = source_hash(script)
    (package / "three.py").write_text("y = 2\n")
    assert source_hash(script) == before
    (package / "two.py").write_text("x = 2\n")
    assert source_hash(script) != before


def test_the_record_names_versions_and_inputs(tmp_path):
    table = versions().set_index("software")["version"]
    assert table["snakemake"] == "9.27.1"
    assert "absent" not in set(table)
    (tmp_path / "a").write_text("abc")
    hashes = input_hashes([tmp_path / "a", tmp_path / "none"])
    assert hashes["size"].tolist() == [3]
    assert hashes["sha256"][0].startswith("ba7816bf")
