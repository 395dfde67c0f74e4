"""Running the workflow in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def command_of(folder, *configs, cores):
    """Return the command without its targets, and the environment."""
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
    command += ["--cores", str(cores), "--directory", str(folder)]
    command += ["--configfile", *map(str, configs)]
    # The threads of a job come from the workflow, not from who runs the tests.
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    return command, environment


@pytest.fixture(scope="session")
def kill_run():
    """Start Snakemake and kill it, all of it at once, when a file has come to be."""

    def run(folder, *configs, pattern, cores=1, patience=900):
        command, environment = command_of(folder, *configs, cores=cores)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
        end = time.monotonic() + patience
        while not list(folder.glob(pattern)):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    return run


@pytest.fixture(scope="session")
def snakemake():
    """Run Snakemake in a folder: snakemake(folder, *configs, targets=…, cores=…)."""

    def run(folder, *configs, cores=2, targets=(), dry=False, options=()):
        command, environment = command_of(folder, *configs, cores=cores)
        command += [*options, *(["-n"] if dry else []), "--", *targets]
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
        few = {"selectors": ["lasso", "univariate"], "classifiers": ["lda", "knn"]}
        config["evaluation"]["combinations"] = few
        config["shared"]["permutations"] = 20
        config["compounds"]["permutations"] = 200
        for section, values in changes.items():
            config[section] = (config.get(section) or {}) | values
        path = folder / "study.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    return write
