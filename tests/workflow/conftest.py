"""Running the workflow in a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def snakemake():
    """Run Snakemake in a folder: snakemake(folder, *configs, targets=…, cores=…)."""

    def run(folder, *configs, cores=2, targets=(), dry=False):
        command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
        command += ["--cores", str(cores), "--directory", str(folder)]
        command += ["--configfile", *map(str, configs)] + (["-n"] if dry else [])
        command += ["--", *targets]
        # The threads of a job come from the workflow, not from who runs the tests.
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    return run


@pytest.fixture(scope="session")
def small_study():
    """Write a small simulated study into a folder and return its config: small_study(folder)."""

    def write(folder, **changes):
        shutil.copytree(ROOT / "config", folder / "config", dirs_exist_ok=True)
        config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
        config["study"] = "small"
        config["simulation"] |= {
            "genes": 900,
            "samples_per_group": 14,
            "signatures": 300,
            "effect": 2.0,
            "shared_all": 24,
            "shared_two": 10,
            "own": 25,
        }
        config["prepare"] = {"min_genes": 500}
        config["modules"] = {"preservation_permutations": 10, "consensus_permutations": 3}
        config["evaluation"] |= {"repeats": 2, "folds": 3, "permutations": 20, "batch_size": 8}
        config["shared"]["permutations"] = 20
        config["compounds"]["permutations"] = 200
        for section, values in changes.items():
            config[section] = (config.get(section) or {}) | values
        path = folder / "study.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    return write
