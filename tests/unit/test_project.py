"""The files around the code say the same as the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from crosshub.documentation import PAGE, config_page

ROOT = Path(__file__).parents[2]


def names(lines):
    found = set()
    for line in lines:
        text = line.split("#")[0].strip()
        if text:
            found.add(text)
    return found


def test_the_config_page_is_current():
    assert PAGE.read_text() == config_page(), "run `make docs`"


def test_conda_and_pip_name_the_same_packages():
    asked = names((ROOT / "envs" / "requirements.in").read_text().splitlines())
    conda = yaml.safe_load((ROOT / "envs" / "python.yaml").read_text())["dependencies"]
    assert set(conda[-1]["pip"]) == asked


def test_every_package_is_locked_with_hashes():
    lock = (ROOT / "envs" / "requirements.lock").read_text()
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    for line in names((ROOT / "envs" / "requirements.in").read_text().splitlines()):
        assert re.split(r"[=<>]", line)[0].lower() in pinned
    entries = re.split(r"^(?=[A-Za-z0-9_.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "http" not in lock


def test_rule_script_log_and_benchmark_share_one_name():
    scripts = {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    rules = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for name, body in re.findall(
            r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", path.read_text(), re.MULTILINE | re.DOTALL
        ):
            if "script:" not in body:
                continue
            rules.add(name)
            assert f"scripts/{name}.py" in body, name
            assert re.search(rf"<logs>/{name}[/.]", body), name
            assert re.search(rf"<benchmarks>/{name}[/.]", body), name
            for directive in ("resources:", "conda:", "message:"):
                assert directive in body, f"{name} has no {directive}"
    assert rules == scripts


def test_modules_and_adapters_keep_their_size():
    for path in (ROOT / "workflow" / "scripts").rglob("*.py"):
        lines = len(path.read_text().splitlines())
        limit = 30 if path.parent.name == "scripts" else 400
        assert lines <= limit, f"{path} has {lines} lines"
    assert len((ROOT / "workflow" / "rules" / "common.smk").read_text().splitlines()) <= 200


def test_every_caption_that_a_rule_names_is_there():
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for name in re.findall(r'caption="\.\./report/([\w.]+)"', path.read_text()):
            assert (ROOT / "workflow" / "report" / name).is_file(), name


def test_the_package_neither_configures_logging_nor_takes_all_cores():
    for path in (ROOT / "workflow" / "scripts").rglob("*.py"):
        text = path.read_text()
        assert "basicConfig" not in text, path
        assert "n_jobs=-1" not in text, path
        assert "matplotlib.use" not in text, path


@pytest.mark.parametrize(
    ("pretend", "stops"),
    [
        ("sys.version_info = (3, 10, 4)", True),
        ("sys.version_info = (3, 14, 0)", True),
        ("sys.platform = 'win32'", True),
        ("sys.platform = 'darwin'; platform.machine = lambda: 'x86_64'", True),
        ("sys.platform = 'darwin'; platform.machine = lambda: 'arm64'", False),
    ],
)
def test_make_says_where_the_lock_has_nothing(tmp_path, pretend, stops):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "requirements.lock").write_text("")
    program = f"import platform, sys; {pretend}; exec(sys.argv[1])"
    python = tmp_path / "python"
    # It makes no environment: the recipe ends after the check, with another error.
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -c ] || exit 3\nexec {sys.executable} -c "{program}" "$2"\n'
    )
    python.chmod(0o755)
    command = ["make", "-C", str(tmp_path), ".venv/installed", f"PYTHON={python}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert ("crosshub needs Python 3.11 to 3.13 on Linux or Apple" in done.stderr) == stops
    assert ("Error 3" in done.stderr) != stops


def test_every_bench_finds_the_package_by_itself():
    """As a user calls it, without PYTHONPATH, and as `make bench` does."""
    scripts = sorted((ROOT / "tests" / "bench").glob("*.py"))
    assert len(scripts) > 10
    code = (
        "import runpy, sys\n"
        "for script in sys.argv[1:]:\n"
        "    before = sys.path.copy()\n"
        "    sys.path.insert(0, script.rpartition('/')[0])\n"
        "    runpy.run_path(script, run_name='imported')\n"
        "    sys.path[:] = before\n"
        "    for name in [n for n in sys.modules if n.partition('.')[0] == 'crosshub']:\n"
        "        del sys.modules[name]\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, scripts)],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stderr
