"""What the tests share: where golden values and the mirror of real data are, and small cohorts."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.cohorts import Cohort

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden():
    """Read a golden table: golden("limma/two_groups")."""

    def read(name, **options):
        return pd.read_csv(GOLDEN / f"{name}.tsv", sep="\t", **options)

    return read


@pytest.fixture(scope="session")
def mirror():
    """Folder of real data in GEO's layout; tests that need it skip without it."""
    path = os.environ.get("CROSSHUB_GEO_MIRROR")
    if not path:
        pytest.skip("CROSSHUB_GEO_MIRROR names no mirror of GEO")
    return Path(path).resolve()


@pytest.fixture(scope="session")
def real_signatures(mirror):
    """Find a file of real signatures: real_signatures("l1000_level5_12328x2.gctx")."""

    def find(name):
        path = mirror.parent / "signatures" / name
        if not path.exists():
            pytest.skip(f"the mirror has no {name}")
        return path

    return find


@pytest.fixture(scope="session")
def make_cohort():
    """Make a cohort of noise with effects (in SD) on named genes."""

    def make(
        name="cohort",
        *,
        disease="disease",
        accession=None,
        role="discovery",
        n_cases=15,
        n_controls=15,
        genes=200,
        effects=None,
        seed=0,
        people=None,
    ):
        rng = np.random.default_rng([seed, *name.encode()])
        index = pd.Index([f"G{i:04d}" for i in range(genes)], name="gene")
        n = n_cases + n_controls
        samples = [f"{name}_{i}" for i in range(n)]
        level = np.linspace(4, 12, genes)[:, None]
        values = pd.DataFrame(rng.normal(size=(genes, n)) + level, index=index, columns=samples)
        group = np.array(["case"] * n_cases + ["control"] * n_controls)
        for gene, effect in (effects or {}).items():
            values.loc[gene, group == "case"] += effect
        table = pd.DataFrame({"group": group, "identity": people or samples}, index=samples)
        return Cohort(name, accession or name, disease, role, values, table)

    return make


@pytest.fixture(scope="session")
def library_of():
    """Return a function that standardises compounds, given column by column."""
    from crosshub.chemistry import standardise_library
    from crosshub.chemistry.library import COLUMNS

    def made(**columns):
        rows = pd.DataFrame(columns, columns=[*COLUMNS, "table", "fault"]).astype(object).fillna("")
        rows = rows.astype(str)
        return standardise_library(rows.assign(row=range(1, len(rows) + 1), order=0))

    return made
