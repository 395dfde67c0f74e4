"""Studies in which there is nothing to find run through to a report that says so."""

import json

import pytest
import yaml
from test_hostile import study  # noqa: F401

pytestmark = pytest.mark.workflow


def test_one_cohort_of_noise_ends_in_a_report_that_says_so(tmp_path, snakemake, study):  # noqa: F811
    """One disease, one cohort, no gene changed, no module."""
    config = study()
    settings = yaml.safe_load(config.read_text())
    settings["modules"] = {"max_genes": 300, "min_module_size": 100}
    settings["evaluation"] = {"repeats": 1, "folds": 3, "permutations": 19, "random_panels": 20}
    settings["shared"] = {"permutations": 20}
    config.write_text(yaml.safe_dump(settings))
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results/mine"
    text = (results / "report.html").read_text()
    for sentence in [
        "0 of 1,500 genes at a false discovery rate of 0.05",
        "One cohort says nothing of how the effects differ between cohorts",
        "No module was found",
        "No gene is shared",
        "flu has no candidate gene",
    ]:
        assert sentence in text, sentence
    verdict = json.loads((results / "evaluation/all/verdict.json").read_text())["flu"]
    assert verdict["beats_chance"] is False
    assert verdict["cohorts_tested"] == 0
    assert verdict["statement"] in text
