"""What a run was: versions, hashes of its inputs, and the hash of the code that a rule runs."""

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from crosshub import __version__
from crosshub.tables import sha256

PACKAGES = [
    *("snakemake", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "statsmodels", "numba"),
    *("pydeseq2", "gseapy", "scanpy", "anndata", "networkx", "joblib", "rdkit", "h5py"),
    "matplotlib",
]
# Only some studies need them, so that they are named where they are installed.
OPTIONAL = ["vina", "meeko", "gemmi", "chemprop", "torch"]
# These cannot change a result: a change of theirs re-runs nothing.
SILENT = {"errors", "runtime"}
IMPORT = re.compile(
    r"^\s*(?:from crosshub\.([\w.]+) import"
    r"|from crosshub import ([\w ,]+|\([^)]*\))"
    r"|import crosshub\.([\w.]+))",
    re.MULTILINE,
)


def source_hash(script: str | Path) -> str:
    """Return a hash of a script and of every module of the package that it comes to import.

    Snakemake follows a rule's script but not what the script imports; a rule that carries this
    hash in its params is run again when the science behind it changes. The `__init__` of a folder
    of which one module is imported counts, but not what it imports for others: a docking of hours
    does not depend on how a volcano is drawn. That of the package itself holds no more than the
    version: a new one re-runs what states it.
    """
    script = Path(script)
    package = script.parent / "crosshub"
    digest = hashlib.sha256()
    for path in sorted({script, *_imported(script, package)}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _imported(path: Path, package: Path) -> set[Path]:
    found: set[Path] = set()
    beside: set[Path] = set()
    waiting = [path]
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        for match in IMPORT.finditer(text):
            files, folders = _files(match, package)
            beside |= folders
            new = {file for file in files if file.stem not in SILENT} - found
            found |= new
            waiting += sorted(new)
    return found | beside


def _files(match: re.Match[str], package: Path) -> tuple[set[Path], set[Path]]:
    """Return the modules that an import names, and the `__init__` of the folders around them."""
    names = re.sub(r"#.*|[()]", "", match[1] or match[2] or match[3]).split(",")
    modules = [name.split(" as ")[0].strip() for name in names if name.strip()]
    files, folders = set(), set()
    for module in modules:
        place = package.joinpath(*module.split("."))
        if place.is_dir():
            files |= set(place.rglob("*.py"))
        elif place.with_suffix(".py").is_file():
            files.add(place.with_suffix(".py"))
        elif match[2] and (package / "__init__.py").is_file():
            files.add(package / "__init__.py")
        inner = place.relative_to(package).parents
        folders |= {package / folder / "__init__.py" for folder in inner if folder.name}
    return files, {file for file in folders if file.is_file()}


def reference_name(config: Mapping[str, Any]) -> str:
    """Return a folder for the signature reference of a study; empty if there is none.

    The name of its file, and a mark of all that its store depends on: two studies that name its
    genes or its signatures by other tables must not take turns in making one folder.
    """
    compounds = config["compounds"]
    path = compounds["reference"]
    if not path:
        return ""
    made_of = [compounds[name] for name in ("reference", "genes", "signatures", "release")]
    given = json.dumps([*made_of, config["prepare"]["gene_names"]])
    plain = re.sub(r"[^A-Za-z0-9]+", "_", Path(path).name.split(".")[0])
    return f"{plain}_{hashlib.sha256(given.encode()).hexdigest()[:8]}"


def versions() -> pd.DataFrame:
    """Return the versions of crosshub, Python and the libraries: columns software, version.

    A library that every study needs and that is not there is ``absent``.
    """
    rows = [("crosshub", __version__), ("python", platform.python_version())]
    for name in [*PACKAGES, *OPTIONAL]:
        try:
            rows.append((name, version(name)))
        except PackageNotFoundError:
            rows += [] if name in OPTIONAL else [(name, "absent")]
    return pd.DataFrame(rows, columns=["software", "version"])


def input_hashes(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Return the size and SHA-256 of files: columns file, size, sha256."""
    kept: Sequence[Path] = sorted({Path(path) for path in paths})
    rows = [(str(path), path.stat().st_size, sha256(path)) for path in kept if path.is_file()]
    return pd.DataFrame(rows, columns=["file", "size", "sha256"])
