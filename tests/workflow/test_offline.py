"""After `fetch` the rest runs without a network; and what fetching does when a source changes."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from crosshub.tables import read_json

ROOT = Path(__file__).parents[2]
PLATFORM = "platforms/GPL99000nnn/GPL99000001/annot/GPL99000001.annot.gz"
NO_NETWORK = ["unshare", "--map-root-user", "--net"]
pytestmark = pytest.mark.workflow


class Quiet(SimpleHTTPRequestHandler):
    def log_request(self, *args):
        self.server.paths.append(self.path)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def mirror(tmp_path_factory, snakemake, small_study):
    """A simulated mirror in a folder, with its table of cohorts beside it."""
    folder = tmp_path_factory.mktemp("mirror")
    config = small_study(folder)
    done = snakemake(folder, config, targets=["resources/demo/simulation.json"])
    assert done.returncode == 0, done.stderr
    return folder / "resources" / "demo"


@pytest.fixture(scope="module")
def server(mirror):
    """Serve the mirror until the fixture ends, or until a test stops it."""
    handler = partial(Quiet, directory=str(mirror / "geo"))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    httpd.paths = []
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture(scope="module")
def study(tmp_path_factory, mirror, server):
    """A study that knows nothing of a simulation and gets its files from the server."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copy(mirror / "datasets.tsv", folder / "datasets.tsv")
    config = {
        "study": "offline",
        "datasets": "datasets.tsv",
        "geo": {"base_url": server.url},
        "prepare": {"min_genes": 500},
        "shared": {"permutations": 20},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(config))
    done = run(folder, "fetch")
    assert done.returncode == 0, done.stderr
    return folder


def run(folder, *targets, options=(), config="study.yaml", before=()):
    command = [*before, sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
    command += ["--cores", "2", "--directory", str(folder)]
    command += ["--configfile", str(folder / config), *options, "--", *targets]
    kept = {name: text for name, text in os.environ.items() if not name.endswith("_NUM_THREADS")}
    return subprocess.run(command, capture_output=True, text=True, env=kept | {"NO_PROXY": "*"})


def lines_of(done, rule):
    """What the job of a rule told the user."""
    return [line for line in done.stderr.splitlines() if line.startswith(f"{rule}: ")]


def take_the_new(path):
    path.unlink()
    Path(f"{path}.source.json").unlink()


def contents(folder):
    """Every fetched file and its note."""
    return {
        path: path.read_bytes()
        for path in sorted((folder / "resources" / "geo").rglob("*.gz*"))
        if ".slots" not in path.parts
    }


def test_what_was_fetched_is_what_the_server_has(study, mirror, server):
    fetched = study / "resources" / "geo"
    notes = sorted(fetched.rglob("*.source.json"))
    assert len(notes) >= 6
    for note in notes:
        content = read_json(note)
        assert content["url"] == content["came_from"]
        source = mirror / "geo" / content["url"].removeprefix(f"{server.url}/")
        assert Path(str(note).removesuffix(".source.json")).read_bytes() == source.read_bytes()
    assert not list(fetched.rglob(".*.part*"))


def test_what_is_not_there_is_asked_for_once_and_told_once(study, server):
    path = "series/GSE1nnn/GSE1234/matrix/GSE1234_series_matrix.txt.gz"
    done = run(study, f"resources/geo/{path}")
    assert done.returncode != 0
    assert lines_of(done, "fetch_series") == [
        f"fetch_series: {server.url}/{path}: not found; check the accession and geo.base_url"
    ]
    assert server.paths.count(f"/{path}") == 1
    assert not (study / "resources" / "geo" / path).exists()


def test_a_source_that_has_changed_is_told_and_the_old_file_stays(study, mirror):
    """Snakemake deletes what a job is to make, unless the job updates it."""
    path, source = f"resources/geo/{PLATFORM}", mirror / "geo" / PLATFORM
    before = contents(study)
    assert study / path in before
    done = run(study, path, options=["-f"])
    assert done.returncode == 0, done.stderr
    assert (study / path).read_bytes() == before[study / path]

    before, old = contents(study), source.read_bytes()
    source.write_bytes(gzip.compress(gzip.decompress(old).replace(b"!platform_table_begin",
        b"#changed\n!platform_table_begin"), mtime=0))  # fmt: skip
    try:
        done = run(study, path, options=["-f"])
        assert done.returncode != 0
        (line,) = lines_of(done, "fetch_platform")
        assert ": is not what was fetched on 20" in line
        assert line.endswith(f"delete it and {Path(path).name}.source.json to take the new one")
        assert contents(study) == before

        # As the line says.
        take_the_new(study / path)
        done = run(study, path)
        assert done.returncode == 0, done.stderr
        assert (study / path).read_bytes() == source.read_bytes()
    finally:
        source.write_bytes(old)
    take_the_new(study / path)
    assert run(study, path).returncode == 0
    assert (study / path).read_bytes() == old


@pytest.mark.parametrize("name", ["GSE99000004_raw_counts.tsv.gz", "a.b+c_counts.csv"])
def test_a_file_of_authors_may_have_any_name(study, mirror, tmp_path, name):
    """Also the one under which NCBI's counts are kept."""
    text = b"gene\ts1\nTP53\t3\n"
    content = gzip.compress(text) if name.endswith(".gz") else text
    path = f"series/GSE99000nnn/GSE99000004/suppl/{name}"
    (mirror / "geo" / path).write_bytes(content)
    shutil.copy(mirror / "datasets.tsv", tmp_path / "datasets.tsv")
    config = yaml.safe_load((study / "study.yaml").read_text())
    config["geo"]["counts"] = [{"accession": "GSE99000004", "file": name}]
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config))
    done = run(tmp_path, f"resources/geo/{path}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "resources" / "geo" / path).read_bytes() == content
    other = "resources/geo/series/GSE1nnn/GSE1234/suppl/GSE1234_raw_counts.tsv.gz"
    plan = run(tmp_path, other, options=["-n"])
    assert re.search(r"^fetch_counts +1$", plan.stdout, re.MULTILINE)
    plan = run(tmp_path, f"{other}.csv", options=["-n"])
    assert "MissingRule" in plan.stdout + plan.stderr


def test_both_profiles_keep_downloads_few():
    for name in ("default", "slurm"):
        profile = yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())
        assert "geo=3" in profile["resources"]


def test_after_fetching_nothing_needs_a_network(study, server):
    """The last test of this file: it stops the server."""
    allowed = subprocess.run([*NO_NETWORK, "true"], capture_output=True, text=True)
    if allowed.returncode != 0:
        pytest.skip(f"no namespace without a network here ({allowed.stderr.strip()})")
    # First that there is none inside: the same download works outside.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from crosshub import fetch\n"
        "fetch.fetch(sys.argv[2], 'probe.gz', print, limits=fetch.Limits(retries=0))\n"
    )
    probe = [sys.executable, "-c", code, str(ROOT / "workflow/scripts"), f"{server.url}/{PLATFORM}"]
    assert subprocess.run(probe, cwd=study, capture_output=True).returncode == 0
    inside = subprocess.run([*NO_NETWORK, *probe], cwd=study, capture_output=True, text=True)
    assert inside.returncode != 0
    assert "check the network" in inside.stderr

    server.shutdown()
    server.server_close()
    done = run(study, "cohorts", "differential", before=NO_NETWORK)
    assert done.returncode == 0, done.stdout + done.stderr
    results = study / "results" / "offline"
    assert len(list(results.glob("cohorts/*/differential.tsv"))) == 6
    assert len(list(results.glob("diseases/*/differential.tsv"))) == 3
    assert (results / "identity.tsv").stat().st_size > 0
