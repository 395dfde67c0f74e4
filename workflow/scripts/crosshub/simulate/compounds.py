"""Simulated signatures of compounds, some planted to reverse or to mimic the shared change."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from crosshub.simulate.biology import Biology
from crosshub.tables import read_table, whole

STRUCTURES = Path(__file__).with_name("structures.tsv")
GENES = 800
PLANTED_COMPOUNDS = 5
CELLS = ("CELL_A", "CELL_B", "CELL_C", "CELL_D", "CELL_E", "CELL_F")
# Dose → share of the full response.
DOSES = {"10 uM": 1.0, "1 uM": 0.6}
HOURS = "24"


@dataclass(frozen=True)
class Signatures:
    """Signatures of compounds.

    Attributes
    ----------
    values
        Signatures × genes (symbols), z.
    details
        Index id; pert_id, pert_iname, cell_id, pert_idose, pert_itime, pert_type.
    reversers, mimickers
        Compounds that are planted to undo, or to do, the change shared by all diseases.
    """

    values: pd.DataFrame
    details: pd.DataFrame
    reversers: list[str]
    mimickers: list[str]


def read_structures() -> pd.DataFrame:
    """Return real approved drugs: name, smiles, formula, mechanism."""
    return read_table(STRUCTURES)


def draw_signatures(
    biology: Biology, rng: np.random.Generator, *, names: list[str], signatures: int
) -> Signatures:
    """Draw signatures of compounds in several cells, doses and replicates.

    A compound has a sparse profile of its own and, in each cell, a further one; it acts in some
    cells more than in others. The planted compounds change in addition every gene that is shared
    by all diseases, against or along its direction.

    Parameters
    ----------
    biology
        All its changed genes are measured, and others until there are `GENES` genes.
    rng
        Random numbers.
    names
        Of the compounds; with few signatures only some are used, so that each has at least five.
    signatures
        Their number.
    """
    measured = _measured_genes(biology, rng)
    direction = _shared_direction(biology).reindex(measured).fillna(0.0).to_numpy()
    used = sorted(rng.permutation(names)[: max(2 * PLANTED_COMPOUNDS, signatures // 5)].tolist())
    planted = rng.permutation(len(used))[: 2 * PLANTED_COMPOUNDS] if direction.any() else []
    against, along = planted[:PLANTED_COMPOUNDS], planted[PLANTED_COMPOUNDS:]

    shape = (len(used), len(measured))
    profile = _sparse(rng, shape, share=0.08, size=2.5)
    strength = direction * rng.uniform(0.8, 1.6, shape)
    profile[against] -= strength[against]
    profile[along] += strength[along]
    in_cell = profile[:, None, :] + _sparse(
        rng, (len(used), len(CELLS), len(measured)), share=0.05, size=2.0
    )
    in_cell *= rng.uniform(0.4, 1.2, (len(used), len(CELLS), 1))

    replicates = range(1, 1 + -(-signatures // (len(DOSES) * len(CELLS) * len(used))))
    plan = list(product(replicates, DOSES, range(len(CELLS)), range(len(used))))[:signatures]
    compound = np.array([row[3] for row in plan])
    cell = np.array([row[2] for row in plan])
    response = np.array([DOSES[row[1]] for row in plan])
    values = response[:, None] * in_cell[compound, cell]
    values += rng.standard_normal(values.shape)
    details = _details([(used[c], CELLS[k], dose, n) for n, dose, k, c in plan], names)
    return Signatures(
        pd.DataFrame(values.astype(np.float32), index=details.index, columns=measured),
        details,
        sorted(used[place] for place in against),
        sorted(used[place] for place in along),
    )


def _measured_genes(biology: Biology, rng: np.random.Generator) -> list[str]:
    changed = biology.changed
    others = biology.genes.index.difference(changed)
    count = int(np.clip(GENES - len(changed), 0, len(others)))
    kept = {*changed, *rng.choice(others, count, replace=False)}
    return [gene for gene in biology.genes.index if gene in kept]


def _shared_direction(biology: Biology) -> pd.Series:
    shared = biology.planted[biology.planted["what"] == "shared_all"].set_index("gene")
    return shared["direction"].map({"up": 1.0, "down": -1.0}).astype(float)


def _sparse(
    rng: np.random.Generator, shape: tuple[int, ...], *, share: float, size: float
) -> np.ndarray:
    return rng.normal(0, size, shape) * (rng.random(shape) < share)


def _details(plan: list[tuple[str, str, str, int]], names: list[str]) -> pd.DataFrame:
    numbers = {name: f"SIMD-{number:04d}" for number, name in enumerate(names, start=1)}
    rows = [
        (
            f"SIM{replicate:03d}_{cell}_{HOURS}H:{numbers[name]}:{dose.removesuffix(' uM')}",
            numbers[name],
            name,
            cell,
            dose,
            f"{HOURS} h",
            "trt_cp",
        )
        for name, cell, dose, replicate in plan
    ]
    columns = ["id", "pert_id", "pert_iname", "cell_id", "pert_idose", "pert_itime", "pert_type"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def write_gctx(signatures: Signatures, biology: Biology, path: str | Path) -> None:
    """Write signatures as GCTX: signatures × genes, row ids Entrez-like, without dates inside."""
    values, details = signatures.values, signatures.details
    genes = {
        "id": biology.genes.loc[values.columns, "entrez"],
        "pr_gene_symbol": values.columns,
    }
    samples = {"id": details.index, **{name: details[name] for name in details.columns}}
    with whole(path) as beside, h5py.File(beside, "w") as file:
        file.attrs["version"] = np.bytes_("GCTX1.0")
        file.create_dataset("0/DATA/0/matrix", data=values.to_numpy(), track_times=False)
        for part, columns in [("ROW", genes), ("COL", samples)]:
            for name, column in columns.items():
                data = np.array([str(text) for text in column], dtype=np.bytes_)
                file.create_dataset(f"0/META/{part}/{name}", data=data, track_times=False)


def draw_compound_table(
    structures: pd.DataFrame, signatures: Signatures, biology: Biology, rng: np.random.Generator
) -> pd.DataFrame:
    """Return name, smiles, mechanism, phase and targets of the compounds.

    Two in three have simulated genes as targets, joined by ``|``; a planted reverser has always
    one that is changed in all diseases.
    """
    shared = biology.planted_genes("shared_all")
    targets = []
    for name in structures["name"]:
        chosen = list(rng.choice(biology.genes.index, rng.choice([0, 1, 2]), replace=False))
        if name in signatures.reversers:
            chosen.append(rng.choice(shared))
        targets.append("|".join(sorted(set(chosen))))
    table = structures[["name", "smiles", "mechanism"]]
    return table.assign(phase="Launched", targets=targets)
