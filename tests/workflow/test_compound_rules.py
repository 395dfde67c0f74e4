"""The rules of compounds: what they make, and what they leave alone."""

import os

import pytest
import yaml


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
