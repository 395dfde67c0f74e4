"""Simulated activities of invented compounds: the activity is a sum of what is attached."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.tables import whole

# Two places each, so that substituents are known from other scaffolds than the held-out one.
CORES = (
    "c1cc({})ccc1C(=O)Nc1cccc({})c1", "c1cc({})ccc1S(=O)(=O)N1CCC({})CC1",
    "c1nc({})cnc1Nc1ccc({})cc1", "c1cc2c(cc1{})ncn2C1CCC({})CC1", "O=C1CC({})c2cc({})ccc2N1",
    "c1cc({})oc1C1CCN({})CC1", "c1sc({})nc1C1CC({})C1", "c1cc({})ccc1OC1CCCC1{}",
    "c1cc2cc({})ccc2nc1{}", "c1ccc2c(c1)c({})cn2CC1CC1{}", "n1cc({})cc2c1CCCC2{}",
    "O=C1N({})C(=O)c2ccc({})cc12", "c1cc({})ccc1-c1ccc({})nn1", "C1CC({})OC1n1ccc({})n1",
    "c1cc({})ccc1C1=NCCC({})S1", "O=c1[nH]c({})nc2ccc({})cc12", "c1cc({})ccc1N1CCN({})C1=O",
    "c1c({})noc1C1CCCCC1{}", "C1C({})Cc2ccc({})cc21", "c1cc({})ccc1CCC1CCC({})O1",
)  # fmt: skip
SUBSTITUENTS = {
    "F": 0.2, "Cl": 0.9, "OC": -0.2, "CC": 0.3, "C(F)(F)F": 1.2, "CCO": -0.6, "C#N": 0.1,
    "C(=O)N": -1.0, "S(=O)(=O)C": -1.3, "CN9CCOCC9": -0.4, "c9ccccc9": 1.5, "C(=O)O": -1.8,
    "CN(C)C": 0.6, "C(C)(C)C": 0.8,
}  # fmt: skip


def draw_activities(
    rng: np.random.Generator, *, compounds: int = 200, effect: float = 1.0, noise: float = 0.4
) -> pd.DataFrame:
    """Draw compounds and their activities.

    Parameters
    ----------
    rng
        Random numbers.
    compounds
        Their number, at most 3,920.
    effect
        Factor on what the substituents do; 0 leaves noise alone.
    noise
        Standard deviation (log units).

    Returns
    -------
    DataFrame
        name, smiles, activity (−log10 mol/l).
    """
    plan = [*product(CORES, SUBSTITUENTS, SUBSTITUENTS)]
    places = rng.choice(len(plan), compounds, replace=False)
    rows = []
    for number, place in enumerate(sorted(places), start=1):
        core, one, two = plan[place]
        added = effect * (SUBSTITUENTS[one] + SUBSTITUENTS[two])
        rows.append((f"SIM-{number:04d}", core.format(one, two), 6 + added))
    table = pd.DataFrame(rows, columns=["name", "smiles", "activity"])
    return table.assign(activity=table["activity"] + rng.normal(0, noise, len(table)))


def write_chembl(table: pd.DataFrame, path: str | Path) -> None:
    """Write activities as ChEMBL exports them: nM, cells in quotes, separated by semicolons."""
    exported = pd.DataFrame(
        {
            "Molecule ChEMBL ID": table["name"],
            "Molecule Name": table["name"],
            "Smiles": table["smiles"],
            "Standard Type": "IC50",
            "Standard Relation": "'='",
            "Standard Value": [f"{10 ** (9 - value):.6g}" for value in table["activity"]],
            "Standard Units": "nM",
            "pChEMBL Value": [f"{value:.2f}" for value in table["activity"]],
            "Data Validity Comment": "",
            "Potential Duplicate": "0",
        }
    )
    with whole(path) as beside:
        exported.to_csv(beside, sep=";", index=False, quoting=1, lineterminator="\n")
