"""Five diseases from a mirror of GEO, three of which have one cohort alone."""

import shutil
from pathlib import Path

import pytest
import yaml
from crosshub.tables import read_json, read_table

ROOT = Path(__file__).parents[2]
STUDY = "config/studies/five_diseases/config.yaml"
ALONE = ("osteoporosis", "type_2_diabetes", "diabetic_kidney_disease")
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def results(tmp_path_factory, mirror, snakemake):
    """Run the study from the mirror, with hardly a resample."""
    folder = tmp_path_factory.mktemp("five")
    shutil.copytree(ROOT / "config", folder / "config")
    overlay = {
        "geo": {"base_url": mirror.as_uri()},
        "modules": {"max_genes": 1000, "preservation_permutations": 0},
        "shared": {"permutations": 19},
        "evaluation": {"repeats": 1, "folds": 3, "permutations": 0, "random_panels": 0},
    }
    (folder / "mirror.yaml").write_text(yaml.safe_dump(overlay))
    done = snakemake(folder, folder / STUDY, folder / "mirror.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "results" / "five_diseases"


def test_every_cohort_has_its_groups(results):
    table = read_table(results / "inputs.tsv").set_index("cohort")
    assert table.loc["op_gse35958", ["cases", "controls"]].tolist() == [5, 4]
    assert table.loc["t2d_gse19420", ["cases", "controls"]].tolist() == [12, 12]
    assert table.loc["dkd_gse30528", ["cases", "controls"]].tolist() == [9, 13]
    assert table.loc["ra_gse55457", ["cases", "controls"]].tolist() == [13, 10]


def test_the_scale_of_each_series_is_recognised(results):
    linear = {"op_gse35958", "ra_gse55235", "oa_gse55235", "ra_gse55457", "oa_gse55457"}
    for folder in (results / "cohorts").iterdir():
        values = read_json(folder / "preparation.json")["values"]
        assert values["scale"] == ("linear" if folder.name in linear else "log2"), folder.name


def test_nobody_but_the_shared_controls_is_linked(results):
    links = read_table(results / "identity.tsv")
    assert set(links["evidence"]) == {"same_sample"}
    assert len(links) == 20


def test_diseases_with_one_cohort_are_marked_so(results):
    for disease in ALONE:
        table = read_table(results / "diseases" / disease / "differential.tsv")
        assert (table["n_cohorts"] == 1).all()
    verdict = read_json(results / "evaluation" / "all" / "verdict.json")
    assert {verdict[disease]["cohorts_tested"] for disease in ALONE} == {0}
    assert set(verdict) == {*ALONE, "rheumatoid_arthritis", "osteoarthritis"}


def test_a_gene_is_shared_by_at_least_three(results):
    genes = read_table(results / "shared" / "all" / "genes.tsv")
    assert (genes.loc[genes["shared"], "n_diseases"] >= 3).all()
