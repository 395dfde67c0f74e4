"""The whole workflow on a small simulated study: the planted truth, and the same bytes again."""

import hashlib
import json
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from crosshub.discover import Procedure, delivered_rng, discover
from crosshub.loading import load_cohorts
from crosshub.model import from_plain
from crosshub.tables import read_json, read_table

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def folder(tmp_path_factory, snakemake, small_study):
    """Run the small study once, on two cores."""
    path = tmp_path_factory.mktemp("small")
    done = snakemake(path, small_study(path))
    assert done.returncode == 0, done.stdout + done.stderr
    return path


@pytest.fixture(scope="module")
def results(folder):
    return folder / "results" / "small"


def test_planted_truth_is_recovered(results):
    table = read_table(results / "truth_recovery.tsv").set_index("what")
    assert table.loc["shared_all", "recall"] >= 0.8
    assert table.loc["shared_all", "false_discovery_rate"] <= 0.1
    assert table.loc["shared_all_direction", "recall"] >= 0.8
    assert table.loc["duplicates", "recall"] == 1
    assert table.loc["duplicates", "false_positive"] == 0
    assert table.loc["reversers_at_the_head", "true_positive"] >= 3


def test_planted_validation_signal_is_seen(results):
    verdicts = read_json(results / "evaluation" / "all" / "verdict.json")
    assert set(verdicts) == {"disease_a", "disease_b", "disease_c"}
    for disease, verdict in verdicts.items():
        assert verdict["beats_chance"] is True
        assert "beats chance" in verdict["statement"]
        # Somebody of disease_a was planted in both of its cohorts.
        shared = {"a_validation": 1} if disease == "disease_a" else {}
        assert verdict["cohorts_not_independent"] == shared
        assert verdict["cohorts_validated"] == verdict["cohorts_tested"] == 1 - len(shared)


def test_planted_activity_is_predicted_in_new_scaffolds(results):
    verdict = read_json(results / "qsar" / "simulated_target" / "verdict.json")
    assert verdict["beats_scrambled"] is True
    assert verdict["q2_low"] > 0.4
    folder = results / "qsar" / "simulated_target" / "all"
    scored = read_table(folder / "candidates.tsv")
    listed = read_table(results / "compounds" / "all" / "candidates.tsv")
    assert scored["name"].tolist() == listed["name"].tolist()
    assert set(scored["source"]) == {"measured", "predicted"}
    assert scored["activity"].notna().all()


def test_performance_has_every_way_of_testing(results):
    table = read_table(results / "evaluation" / "all" / "performance.tsv")
    assert set(table["resampling"]) == {"cv", "leave_one_cohort_out", "validation"}
    assert len(table) == 3 * (1 + 2 + 1)
    assert table[["auc", "auc_low", "auc_high"]].notna().all(axis=None)
    assert (table["auc_low"] <= table["auc"]).all()
    assert (table["auc"] <= table["auc_high"]).all()


def test_the_duplicate_is_not_validated_on(results):
    table = read_table(results / "evaluation" / "all" / "performance.tsv")
    row = table[(table["cohort"] == "a_validation") & (table["resampling"] == "validation")]
    assert row["n_controls"].item() == 13


def test_shared_controls_choose_the_valid_method(results):
    genes = read_table(results / "shared" / "all" / "genes.tsv")
    assert set(genes["method"]) == {"largest_p_value"}


def test_discover_on_all_samples_is_what_the_stage_rules_wrote(results):
    """The evaluated procedure is the delivered procedure."""
    rows = read_table(results / "run" / "datasets.tsv").fillna("")
    assert "testing" not in rows
    rows = rows[rows["role"] == "discovery"].to_dict("records")
    names = [row["cohort"] for row in rows]
    files = SimpleNamespace(identity=results / "identity.tsv")
    for field, name in [("expression", "genes.parquet"), ("counts", "counts.parquet"),
                        ("samples", "samples.tsv")]:  # fmt: skip
        setattr(files, field, [results / "cohorts" / cohort / name for cohort in names])
    config = yaml.safe_load((results / "run" / "config.yaml").read_text())
    cohorts = load_cohorts([row | {"testing": config["differential"]} for row in rows], files)
    diseases = ("disease_a", "disease_b", "disease_c")
    sections = {
        name: config[name] for name in ("combine", "candidates", "modules", "shared", "panel")
    }
    found = discover(
        cohorts,
        {name: cohort.samples.index for name, cohort in cohorts.items()},
        Procedure("all", diseases, 3, **sections),
        delivered_rng(config["seed"], "all"),
    )
    for name in names:
        written = read_table(results / "cohorts" / name / "differential.tsv")
        pd.testing.assert_frame_equal(found.differential[name], written, check_dtype=False)
    for disease in diseases:
        written = read_table(results / "diseases" / disease / "differential.tsv")
        pd.testing.assert_frame_equal(found.combined[disease], written, check_dtype=False)
        model = from_plain(read_json(results / "panel" / "all" / disease / "model.json"))
        assert found.models[disease] == model
    shared = read_table(results / "shared" / "all" / "genes.tsv")
    # What is noted beside the shared genes afterwards narrows nothing and is not part of the test.
    noted = ["common_response", "responds_commonly"]
    pd.testing.assert_frame_equal(found.shared, shared.drop(columns=noted), check_dtype=False)
    panel = read_table(results / "panel" / "all" / "panel.tsv")
    pd.testing.assert_frame_equal(found.panel.table, panel, check_dtype=False)


def test_the_report_stands_alone_and_has_no_empty_section(results):
    page = (results / "report.html").read_text()
    assert "truth" in page.lower()
    assert 'src="http' not in page
    assert "<link" not in page
    assert ">nan<" not in page.lower()
    for part in page.split("<section")[1:]:
        assert len(part.partition("</h2>")[2]) > 200


def test_a_second_run_has_nothing_to_do(folder, snakemake):
    done = snakemake(folder, folder / "study.yaml", dry=True)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def digests(folder):
    """Hash each result, the report too: it has neither a date nor the path of the machine."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_core_killed_and_resumed_writes_the_bytes_of_two_cores(
    folder, results, tmp_path, snakemake, small_study, kill_run
):
    study = small_study(tmp_path)
    kill_run(tmp_path, study, pattern="results/small/evaluation/all/batches/*.parquet")
    assert not list(tmp_path.glob("results/small/evaluation/all/verdict.json"))
    assert snakemake(tmp_path, study, cores=1, options=["--unlock"]).returncode == 0
    done = snakemake(tmp_path, study, cores=1, options=["--rerun-incomplete"])
    assert done.returncode == 0, done.stdout + done.stderr
    one, two = digests(tmp_path / "results" / "small"), digests(results)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert len(one) > 80


def test_a_study_without_effect_claims_nothing(tmp_path, snakemake, small_study):
    config = small_study(tmp_path, simulation={"effect": 0}, modules={"max_genes": 200})
    done = snakemake(tmp_path, config)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results" / "small"
    assert not read_table(results / "shared" / "all" / "genes.tsv")["shared"].any()
    for verdict in read_json(results / "evaluation" / "all" / "verdict.json").values():
        assert verdict["beats_chance"] is not True
        assert "no panel" in verdict["statement"]
    compounds = read_table(results / "compounds" / "all" / "candidates.tsv")
    # No gene is shared: the reference is not asked, since any answer would be about noise.
    assert compounds.empty
    asked = read_table(results / "compounds" / "all" / "asked.tsv").set_index("query")
    assert asked.loc["shared", "reason"] == "no gene is shared"
    activity = read_json(results / "qsar" / "simulated_target" / "verdict.json")
    assert activity["beats_scrambled"] is False
    several = read_table(results / "compounds" / "all" / "multi_disease.tsv")
    assert (several["fdr_all_diseases"] > 0.1).all()
    page = (results / "report.html").read_text()
    assert "no panel" in page
    assert "does not beat scrambled activities" in page
    model = json.loads((results / "panel" / "all" / "disease_a" / "model.json").read_text())
    assert model["genes"] == []
