"""The rules of compounds: what they make, and what they leave alone."""

import ast
import os
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plan(snakemake, small_study, tmp_path):
    """Return what a dry run would do with these settings of compounds: text and exit code."""
    for name in ("reference.tsv", "structures.tsv", "sig_info.tsv"):
        path = tmp_path / "resources" / "signatures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("name\tsmiles\nethanol\tCCO\n")

    def run(target, **compounds):
        config = small_study(tmp_path)
        settings = yaml.safe_load(config.read_text())
        reference = "resources/signatures/reference.tsv"
        settings["compounds"] |= {"reference": reference} | compounds
        config.write_text(yaml.safe_dump(settings))
        done = snakemake(tmp_path, config, targets=[target], dry=True, options=["--quiet", "host"])
        return done.stdout + done.stderr, done.returncode

    return run


def test_a_table_of_the_user_beside_the_store_is_no_store(plan, tmp_path):
    """Once Snakemake would have deleted it and written a folder in its place."""
    folder = tmp_path / "resources" / "signatures"
    # Older than what a store is made of: an output like this one would be made again.
    os.utime(folder / "structures.tsv", (0, 0))
    table = "resources/signatures/structures.tsv"
    text, code = plan("results/small/compounds/structures.tsv", structures=[table])
    assert code == 0, text
    assert "index_signatures" not in text
    assert "structures.tsv" in text


def test_the_null_is_run_again_only_for_settings_that_it_reads():
    """With the whole section in their params, a new hit_fdr would run every random query again."""
    rules = (ROOT / "workflow" / "rules" / "compounds.smk").read_text()
    given = {
        name: set(ast.literal_eval(re.search(rf"^{name} = (\(.*\))$", rules, re.MULTILINE)[1]))
        for name in ("CHOICE", "QUESTION")
    }
    assert 'settings=STUDY.config["compounds"],' not in rules
    scripts = ROOT / "workflow" / "scripts"

    def read(path):
        return set(re.findall(r'settings(?:\.get\(|\[)"(\w+)"', (scripts / path).read_text()))

    assert read("crosshub/compounds/choice.py") == given["CHOICE"]
    assert read("match_compounds.py") == given["QUESTION"]
    assert read("measure_recall.py") == {"recall_queries"}
