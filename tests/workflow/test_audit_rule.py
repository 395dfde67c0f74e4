"""The target `audit`: planned for the demo, and run on a study of one cohort."""

import shutil
from pathlib import Path

import pytest
import yaml
from crosshub.audit import read_panels, with_current_symbols
from crosshub.symbols import read_gene_names
from crosshub.tables import read_table
from test_hostile import study  # noqa: F401

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "resources"


def test_the_panels_that_come_with_crosshub_are_panels_of_genes():
    names = read_gene_names(RESOURCES / "gene_names.tsv.gz")
    panels = with_current_symbols(read_panels(RESOURCES / "published_panels.tsv"), names)
    assert len(panels) >= 10
    assert (panels["citation"] != "").all()
    genes = {gene for part in panels["genes"] for gene in part}
    assert genes <= names.approved


@pytest.mark.workflow
def test_the_audit_of_the_demo_is_planned(tmp_path, snakemake):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    done = snakemake(tmp_path, tmp_path / "config/config.yaml", targets=["audit"], dry=True)
    assert done.returncode == 0, done.stdout + done.stderr
    plan = done.stdout + done.stderr
    assert "audit_panels" in plan
    assert "select_panel" not in plan, "the audit waits for no panel of our own"


@pytest.mark.workflow
def test_the_audit_runs_and_says_what_is_missing(tmp_path, snakemake, study):  # noqa: F811
    config = study()
    (tmp_path / "panels.tsv").write_text(
        "name\tgenes\tdisease\tcitation\nknown\tGENE1, GENE2;GENE3 IL8\tflu\tA paper\n"
        'elsewhere\t"SEPT9, NOVEL"\tflu\tA paper\n'
    )
    few = {"panels": "panels.tsv", "repeats": 1, "permutations": 19, "random_panels": 20}
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | {"audit": few}))
    done = snakemake(tmp_path, config, targets=["audit"])
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "results/mine/audit"
    table = read_table(folder / "panels.tsv").set_index("panel")
    assert (folder / "panels.svg").exists()
    assert table["renamed"].to_dict() == {"known": "IL8=CXCL8", "elsewhere": "SEPT9=SEPTIN9"}
    assert table["missing"].to_dict() == {"known": "CXCL8", "elsewhere": "SEPTIN9,NOVEL"}
    assert table.loc["known", "auc_low":"percentile"].between(0, 1).all()
    assert table.loc["elsewhere", "auc":"random_high"].isna().all()
    assert (table[["n_cases", "n_controls"]] == 6).all(axis=None)
