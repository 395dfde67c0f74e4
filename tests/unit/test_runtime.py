import ast
import logging
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import crosshub
import pytest
from crosshub.errors import ConfigError, DataError
from crosshub.provenance import input_hashes, reference_name, source_hash, versions
from crosshub.randomness import derived_seed, generator
from crosshub.runtime import job

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


@pytest.fixture
def snakemake(tmp_path):
    return SimpleNamespace(log=[str(tmp_path / "logs" / "rule.log")], rule="rule")


def test_a_users_error_is_one_line_and_no_traceback(snakemake, capsys, tmp_path):
    with pytest.raises(SystemExit) as caught, job(snakemake):
        raise DataError("GSE1: broken; fetch it again")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "rule: GSE1: broken; fetch it again\n"
    assert "Traceback" not in (tmp_path / "logs" / "rule.log").read_text()


def test_another_error_leaves_its_traceback_in_the_log(snakemake, capsys, tmp_path):
    with pytest.raises(SystemExit), job(snakemake):
        raise ZeroDivisionError("oh")
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: oh (traceback in" in shown
    assert "Traceback" not in shown
    assert "Traceback" in (tmp_path / "logs" / "rule.log").read_text()


def test_modules_of_the_package_log_to_the_file(snakemake, capsys, tmp_path):
    with job(snakemake) as log:
        log.info("counts")
        logging.getLogger("crosshub.some.module").info("from a module")
    text = (tmp_path / "logs" / "rule.log").read_text()
    assert "counts" in text
    assert "from a module" in text
    assert capsys.readouterr().err == ""


def test_random_numbers_belong_to_their_name():
    first, same = (generator(1, "rule", "a").normal(size=3).tolist() for _ in range(2))
    assert first == same
    assert generator(1, "rule", "b").normal(size=3).tolist() != first
    assert generator(2, "rule", "a").normal(size=3).tolist() != first
    assert derived_seed(1, "ab", "c") != derived_seed(1, "a", "bc")


def test_the_hash_follows_imports_and_nothing_else(tmp_path):
    package = tmp_path / "crosshub"
    package.mkdir()
    script = tmp_path / "rule.py"
    script.write_text("from crosshub import one\n")
    (package / "one.py").write_text("from crosshub.two import x\n")
    (package / "two.py").write_text("x = 1\n")
    (package / "three.py").write_text("y = 1\n")
    before = source_hash(script)
    (package / "three.py").write_text("y = 2\n")
    assert source_hash(script) == before
    (package / "two.py").write_text("x = 2\n")
    assert source_hash(script) != before


def test_the_record_names_versions_and_inputs(tmp_path):
    table = versions().set_index("software")["version"]
    assert table["snakemake"] == "9.27.1"
    assert "absent" not in set(table)
    assert {"pydeseq2", "numba", "anndata", "networkx", "joblib"} <= set(table.index)
    (tmp_path / "a").write_text("abc")
    hashes = input_hashes([tmp_path / "a", tmp_path / "none"])
    assert hashes["size"].tolist() == [3]
    assert hashes["sha256"][0].startswith("ba7816bf")


def test_each_mistake_is_a_line_of_its_own(snakemake, capsys):
    with pytest.raises(SystemExit), job(snakemake):
        raise ConfigError("first\nsecond")
    assert capsys.readouterr().err == "rule: first\nrule: second\n"


def test_a_long_message_of_a_library_is_cut_to_its_first_line(snakemake, capsys, tmp_path):
    with pytest.raises(SystemExit), job(snakemake):
        raise ValueError("what\n  and where\n  and more")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert "and more" in (tmp_path / "logs" / "rule.log").read_text()
    with pytest.raises(SystemExit), job(snakemake):
        raise ValueError
    assert "ValueError: no message (traceback in" in capsys.readouterr().err


def test_warnings_go_to_the_log_alone_and_the_job_leaves_nothing_behind(
    snakemake, capsys, tmp_path
):
    with warnings.catch_warnings(), job(snakemake) as log:
        warnings.warn("of a library", UserWarning, stacklevel=1)
        log.warning("for the user")
    assert capsys.readouterr().err == "rule: for the user\n"
    assert "of a library" in (tmp_path / "logs" / "rule.log").read_text()
    assert logging.getLogger("crosshub").handlers == []
    assert logging.getLogger("py.warnings").handlers == []


@pytest.mark.parametrize(
    ("raised", "shown"),
    [("DataError('x: wrong; mend it')", "rule: x: wrong; mend it\n"), ("KeyError('k')", None)],
)
def test_a_script_ends_as_snakemake_sees_it(tmp_path, raised, shown):
    """In a process of its own: the exit code, and nothing but the line on the screen."""
    script = tmp_path / "rule.py"
    script.write_text(
        "from types import SimpleNamespace\nfrom crosshub.errors import DataError\n"
        "from crosshub.runtime import job\n"
        "with job(SimpleNamespace(log=['logs/a.log'], rule='rule')):\n"
        f"    raise {raised}\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (shown or "rule: KeyError: 'k' (traceback in logs/a.log)\n")
    assert ("Traceback" in (tmp_path / "logs" / "a.log").read_text()) == (shown is None)


def test_random_numbers_are_the_same_everywhere():
    """Written down: another platform or version must give the same study."""
    assert derived_seed(1, "evaluate", "all", 3) == derived_seed(1, "evaluate", "all", "3")
    assert generator(1, "a").integers(1000, size=4).tolist() == [115, 462, 436, 336]


@pytest.mark.parametrize(
    ("line", "follows"),
    [
        ("from crosshub import one", True),
        ("from crosshub import three, one", True),
        ("from crosshub import one as other", True),
        ("from crosshub import (\n    three,  # why\n    one,\n)", True),
        ("from crosshub.one import x", True),
        ("import crosshub.one", True),
        ("def f():\n    from crosshub.one import x", True),
        ("from crosshub.part.inner import y", True),
        ("from crosshub import part", True),
        ("from crosshub import three", False),
        ("from crosshub import (\n    three,\n)", False),
        ("from crosshub import __version__", False),
        ("from crosshub.room.other import z", False),
        ("from crosshub import room", True),
        ("import crossbow.one", False),
    ],
)
def test_every_way_to_import_is_followed(tmp_path, line, follows):
    package = tmp_path / "crosshub"
    (package / "part").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "part" / "__init__.py").write_text("")
    (package / "part" / "inner.py").write_text("from crosshub.one import x\n")
    (package / "room").mkdir()
    (package / "room" / "__init__.py").write_text("from crosshub.one import x\n")
    (package / "room" / "other.py").write_text("z = 1\n")
    (package / "three.py").write_text("z = 1\n")
    (package / "one.py").write_text("x = 1\n")
    script = tmp_path / "rule.py"
    script.write_text(line + "\n")
    before = source_hash(script)
    (package / "one.py").write_text("x = 2\n")
    assert (source_hash(script) != before) == follows


def test_the_folder_of_a_module_counts_by_itself(tmp_path):
    room = tmp_path / "crosshub" / "room"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text("scale = 1\n")
    (room / "other.py").write_text("z = 1\n")
    script = tmp_path / "rule.py"
    script.write_text("from crosshub.room.other import z\n")
    before = source_hash(script)
    (room / "__init__.py").write_text("scale = 2\n")
    assert source_hash(script) != before


def test_a_new_version_follows_what_states_it(tmp_path):
    package = tmp_path / "crosshub"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '1'\n")
    (package / "one.py").write_text("from crosshub import __version__\n")
    (package / "two.py").write_text("x = 1\n")
    states, other = tmp_path / "states.py", tmp_path / "other.py"
    states.write_text("from crosshub import one\n")
    other.write_text("from crosshub import two\n")
    before = source_hash(states), source_hash(other)
    (package / "__init__.py").write_text("__version__ = '2'\n")
    assert source_hash(states) != before[0]
    assert source_hash(other) == before[1]


def test_modules_that_import_each_other_end(tmp_path):
    package = tmp_path / "crosshub"
    package.mkdir()
    (package / "one.py").write_text("from crosshub.two import x\n")
    (package / "two.py").write_text("from crosshub.one import y\n")
    (package / "errors.py").write_text("a = 1\n")
    script = tmp_path / "rule.py"
    script.write_text("from crosshub import one, errors\n")
    before = source_hash(script)
    (package / "errors.py").write_text("a = 2\n")
    assert source_hash(script) == before


def test_the_real_scripts_depend_on_what_they_use(tmp_path):
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    label, fit = (tmp_path / "scripts" / f"{name}.py" for name in ("label_samples", "fit_model"))
    before = source_hash(label), source_hash(fit)
    labels = tmp_path / "scripts" / "crosshub" / "labels.py"
    labels.write_text(labels.read_text() + "\n")
    assert source_hash(label) != before[0]
    assert source_hash(fit) == before[1]


def test_the_folder_of_a_reference_is_of_all_that_its_store_depends_on():
    plain = {"reference": "x/My ref.v2.gctx", "genes": None, "signatures": None, "release": None}
    plain |= {"hit_fdr": 0.05}

    def name(gene_names=None, **changes):
        return reference_name({"compounds": plain | changes, "prepare": {"gene_names": gene_names}})

    assert re.fullmatch(r"My_ref_[0-9a-f]{8}", name())
    assert name() == name(hit_fdr=0.2)
    others = [
        name(reference="y/My ref.v2.gctx"), name(genes="g.tsv"), name(signatures="g.tsv"),
        name(signatures=["g.tsv"]), name(release="g.tsv"), name(gene_names="g.tsv"),
    ]  # fmt: skip
    assert len({name(), *others}) == 7
    assert name(reference=None) == ""


def compiled_names(tree):
    """Return the functions of a module that numba compiles."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("jit" in ast.unparse(decorator) for decorator in node.decorator_list)
    }


def test_compiled_functions_use_nothing_of_another_file():
    """The cache of numba sees changes in the file of a function, not in those it imports from."""
    package = Path(crosshub.__file__).parent
    number = 0
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crosshub")
            for alias in node.names
        }
        compiled = compiled_names(tree)
        number += len(compiled)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in compiled:
                used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
                assert not used & imported, f"{path}: {node.name}"
    assert number > 20
