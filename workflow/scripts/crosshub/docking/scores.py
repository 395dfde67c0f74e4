"""The scores of the compounds, each beside others of its size."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase

from crosshub.docking.engine import Docking
from crosshub.docking.ligand import open_centres
from crosshub.errors import DataError

COLUMNS = (
    *("name", "role", "rank", "inchikey", "affinity", "efficiency", "heavy_atoms"),
    *("size_matched", "size_matched_weaker", "open_stereocentres", "poses", "pose_file"),
    *("first_record", "reason", "smiles"),
)
# Others are as large as a compound if their heavy atoms differ from its by at most this share.
LIKE = 0.15


def choose_compounds(
    candidates: pd.DataFrame, *, top: int, decoys: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Choose what is docked: the head of the drug list, and decoys of the same sizes.

    A decoy comes from the half of the list that reverses the signature least. For one candidate
    after the other, the unused compound that is nearest in heavy atoms is taken, by chance among
    equals.

    Parameters
    ----------
    candidates
        rank, name, inchikey, smiles (empty where none is known).
    top
        Number of candidates, from rank 1.
    decoys
        Number of decoys; fewer where the list is short.
    rng
        Breaks ties.

    Returns
    -------
    DataFrame
        name, role (``candidate``, ``decoy``), rank, inchikey, smiles.
    """
    table = candidates.sort_values("rank", ignore_index=True)
    table = table.assign(
        **{key: table[key].fillna("").astype(str) for key in ("inchikey", "smiles")}
    )
    head = table.head(top)
    sizes = head["smiles"].map(_heavy_atoms)
    pool = table.iloc[max(top, len(table) // 2) :]
    # The skeleton is the first block: an isomer of a candidate is no decoy.
    known = set(head["inchikey"].str[:14])
    pool = pool[(pool["smiles"] != "") & ~pool["inchikey"].str[:14].isin(known)]
    pool = pool.iloc[rng.permutation(len(pool))]
    left = pool["smiles"].map(_heavy_atoms)
    left = left[left > 0]
    chosen: list[int] = []
    wanted = [size for size in sizes if size > 0]
    while wanted and len(left) and len(chosen) < decoys:
        nearest = (left - wanted[len(chosen) % len(wanted)]).abs().idxmin()
        chosen.append(nearest)
        left = left.drop(nearest)
    both = pd.concat(
        [head.assign(role="candidate"), table.loc[chosen].assign(role="decoy")], ignore_index=True
    )
    return both[["name", "role", "rank", "inchikey", "smiles"]]


def dock_compounds(
    compounds: pd.DataFrame, dock: Callable[[str], Docking], *, pose_file: str
) -> tuple[pd.DataFrame, list[tuple[Chem.Mol, dict]]]:
    """Dock compounds one after the other; what cannot be docked is listed with the reason.

    Parameters
    ----------
    compounds
        Result of `choose_compounds`.
    dock
        SMILES → poses; raises `DataError` with the reason.
    pose_file
        The file in which poses will be.

    Returns
    -------
    DataFrame
        A row for each compound, the best affinity first and those without one last: name, role,
        rank (in the drug list), inchikey, affinity (kcal/mol), efficiency (its negative by heavy
        atom), heavy_atoms, open_stereocentres (that the SMILES leaves open: one isomer was
        docked), poses, pose_file, first_record (of its poses in the file, from 1), reason (why it
        was not docked, else empty), smiles; and those of `compare_sizes`.
    list of (Mol, dict)
        Poses and what belongs to them, as `write_poses` takes them, in the order of the table.
    """
    rows, found = [], {}
    for place, row in enumerate(compounds.to_dict("records")):
        size = _heavy_atoms(row["smiles"])
        row |= {"heavy_atoms": size or np.nan, "open_stereocentres": open_centres(row["smiles"])}
        try:
            found[place] = result = dock(row["smiles"])
        except DataError as error:
            rows.append(row | {"place": place, "reason": str(error)})
            continue
        affinity = float(result.affinity[0])
        row |= {"affinity": affinity, "efficiency": round(-affinity / size, 4), "reason": ""}
        rows.append(row | {"place": place, "poses": len(result.affinity), "pose_file": pose_file})
    table = pd.DataFrame(rows, columns=[*COLUMNS, "place"])
    table["affinity"] = table["affinity"].astype(float)
    table = table.sort_values(["affinity", "rank"], na_position="last", ignore_index=True)
    counts = table["poses"].fillna(0).astype(int)
    table["first_record"] = (counts.cumsum() - counts + 1).where(counts > 0)
    for key in ("heavy_atoms", "poses", "first_record"):
        table[key] = table[key].astype("Int64")
    records = []
    for row in table[counts > 0].to_dict("records"):
        result = found[row["place"]]
        values = {key: row[key] for key in ("name", "role", "rank", "inchikey")}
        affinity = [float(value) for value in result.affinity]
        records.append((result.molecule, values | {"affinity": affinity}))
    return compare_sizes(table)[list(COLUMNS)], records


def compare_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Hold each affinity against those of the other docked compounds of like size.

    Scores of docking grow with the size of a compound, whatever it is (Pan et al. 2003), so that
    a large one has to beat others as large.

    Parameters
    ----------
    table
        affinity (kcal/mol), heavy_atoms.

    Returns
    -------
    DataFrame
        The same with size_matched (number of other docked compounds whose heavy atoms differ by
        at most 15 %) and size_matched_weaker (share of them that have a weaker affinity, ties
        counted half; missing where there is none).
    """
    affinity = table["affinity"].to_numpy(float)
    size = table["heavy_atoms"].astype(float).to_numpy()
    docked = np.isfinite(affinity)
    number, weaker = np.zeros(len(table), int), np.full(len(table), np.nan)
    for i in np.flatnonzero(docked):
        alike = docked & (np.abs(size - size[i]) <= LIKE * size[i])
        alike[i] = False
        number[i] = alike.sum()
        if number[i]:
            others = affinity[alike]
            weaker[i] = ((others > affinity[i]) + 0.5 * (others == affinity[i])).mean()
    return table.assign(size_matched=number, size_matched_weaker=np.round(weaker, 4))


def _heavy_atoms(smiles: str) -> int:
    """Return the number of heavy atoms; 0 where there is no valid structure."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles) if smiles else None
    return molecule.GetNumHeavyAtoms() if molecule is not None else 0
