"""Rheumatoid arthritis and osteoarthritis from a mirror of GEO."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from crosshub.tables import read_json, read_table

ROOT = Path(__file__).parents[2]
STUDY = "config/studies/ra_oa_synovium/config.yaml"
pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def results(tmp_path_factory, mirror, snakemake):
    """Run the study from the mirror, with few resamples."""
    data = mirror.parent
    folder = tmp_path_factory.mktemp("ra_oa")
    shutil.copytree(ROOT / "config", folder / "config")
    overlay = {
        "geo": {"base_url": mirror.as_uri()},
        "genesets": [str(data / "genesets" / "h.all.v7.0.symbols.gmt")],
        "biology": {
            "interactions": str(data / "networks" / "string_v12_human_ge700.tsv.gz"),
            "immune": str(data / "genesets" / "immune_cells_23.gmt"),
        },
        "compounds": {
            "reference": str(data / "signatures" / "l1000_level5_SKB_5000x100.tsv.gz"),
            "structures": [
                str(data / "compounds" / "compoundinfo_lincs2020.tsv.gz"),
                str(data / "compounds" / "repurposing_drugs_20200324.txt"),
            ],
        },
        "modules": {"max_genes": 2000, "preservation_permutations": 10},
        "shared": {"permutations": 39},
        "evaluation": {"repeats": 1, "permutations": 4, "random_panels": 19},
    }
    (folder / "mirror.yaml").write_text(yaml.safe_dump(overlay))
    done = snakemake(folder, folder / STUDY, folder / "mirror.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "results" / "ra_oa_synovium"


def test_both_spellings_of_osteoarthritis_are_cases(results):
    samples = read_table(results / "cohorts" / "oa_gse55235" / "samples.tsv")
    assert samples["group"].value_counts().to_dict() == {"case": 10, "control": 10, "excluded": 10}


def test_t_equals_limma(results, golden):
    ours = read_table(results / "cohorts" / "ra_gse55235" / "differential.tsv").set_index("gene")
    theirs = golden("limma/gse55235_ra", index_col="gene", keep_default_na=False)
    assert len(theirs) > 300
    for column in ("t", "log2fc"):
        np.testing.assert_allclose(ours.loc[theirs.index, column], theirs[column], atol=1e-6)
    np.testing.assert_allclose(ours.loc[theirs.index, "p_value"], theirs["p_value"], rtol=1e-5)


def test_shared_controls_are_one_person_and_real_cohorts_are_not_linked(results):
    links = read_table(results / "identity.tsv")
    assert set(links["evidence"]) == {"same_sample"}
    assert len(links) == 20


def test_a_panel_a_verdict_and_intervals_in_the_validation_cohort(results):
    panel = read_table(results / "panel" / "all" / "panel.tsv")
    assert panel["in_panel"].any()
    table = read_table(results / "evaluation" / "all" / "performance.tsv")
    outside = table[table["resampling"] == "validation"].set_index("cohort")
    assert list(outside.index) == ["oa_gse55457", "ra_gse55457"]
    assert (outside["auc_low"] > 0.5).all()
    assert outside["n_cases"].to_dict() == {"oa_gse55457": 10, "ra_gse55457": 13}
    for verdict in read_json(results / "evaluation" / "all" / "verdict.json").values():
        assert verdict["cohorts_tested"] == 1


def test_the_warning_of_shared_controls_stands_beside_the_result(results):
    genes = read_table(results / "shared" / "all" / "genes.tsv")
    assert set(genes["method"]) == {"largest_p_value"}
    page = (results / "report.html").read_text()
    warnings = re.findall(r'<p class="warning">(.*?)</p>', page, flags=re.DOTALL)
    assert sum("property of those controls" in text for text in warnings) == 2


def test_a_drug_list(results):
    compounds = read_table(results / "compounds" / "all" / "candidates.tsv")
    assert len(compounds) > 90
    assert compounds["rank"].tolist() == list(range(1, len(compounds) + 1))
    assert compounds["inchikey"].str.len().eq(27).mean() > 0.8
    assert compounds["p_value"].between(0, 1).all()


def test_no_section_of_the_report_is_empty(results):
    page = (results / "report.html").read_text()
    for part in page.split("<section")[1:]:
        assert len(part.partition("</h2>")[2]) > 200
