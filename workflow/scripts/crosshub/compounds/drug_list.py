"""The drug list: the compounds with their structures and what is known of them."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from crosshub.chemistry import DESCRIPTORS
from crosshub.tables import whole

log = logging.getLogger(__name__)

_ANNOTATIONS = ("phase", "mechanism", "targets")
_SDF_FIELDS = ("rank", "name", "inchikey", "score", "p_value", "fdr", "phase", "mechanism")


def annotate_compounds(
    summary: pd.DataFrame,
    structures: pd.DataFrame,
    failures: pd.DataFrame,
    *,
    panel: Sequence[str] = (),
) -> pd.DataFrame:
    """Give the compounds their structures and what is known of them: the drug list.

    Names of one InChIKey become one row, that of the best score, whose p-value is that name's
    own. Compounds without a structure stay.

    Parameters
    ----------
    summary
        Result of `summarise_compounds`.
    structures, failures
        Results of `chemistry.describe_structures`; columns phase, mechanism and targets are used
        where they are there. Compounds are found by name, in any case.
    panel
        Genes of the panel, matched against the targets.

    Returns
    -------
    DataFrame
        rank (from 1 without gaps), name, inchikey, smiles, score, p_value, fdr, n_signatures,
        n_cells, cells_agreeing, wtcs, xsum, zhang, phase, mechanism, targets, targets_in_panel,
        synonyms, no_structure (why there is none, else empty), and the descriptors.
    """
    known = pd.concat([structures, failures.drop(columns="smiles")], ignore_index=True)
    known = known.reindex(columns=["name", "inchikey", "smiles", "reason", *_ANNOTATIONS,
                                   *DESCRIPTORS])  # fmt: skip
    known = known.assign(key=known["name"].str.lower()).drop_duplicates("key")
    table = summary.rename(columns={"compound": "name"}).sort_values("rank", ignore_index=True)
    table["key"] = table["name"].str.lower()
    table = table.merge(known.drop(columns="name"), on="key", how="left", validate="m:1")
    listed = table["key"].isin(known["key"])
    table["no_structure"] = table["reason"].where(listed, "not in the tables of structures")
    text = ["inchikey", "smiles", "no_structure", "scaffold", *_ANNOTATIONS]
    table[text] = table[text].astype(str).mask(table[text].isna(), "")
    table = _merge_names(table)
    wanted = set(panel)
    table["targets_in_panel"] = [
        "|".join(target for target in re.split(r"\s*[|;,]\s*", targets) if target in wanted)
        for targets in table["targets"]
    ]
    table["rank"] = np.arange(1, len(table) + 1)
    return table[
        [
            *("rank", "name", "inchikey", "smiles", "score", "p_value", "fdr"),
            *("n_signatures", "n_cells", "cells_agreeing", "wtcs", "xsum", "zhang"),
            *(*_ANNOTATIONS, "targets_in_panel", "synonyms", "no_structure"),
            *DESCRIPTORS,
        ]
    ]


def write_sdf(candidates: pd.DataFrame, path: str | Path) -> None:
    """Write the candidates that have a structure as an SD file with 2D coordinates.

    Parameters
    ----------
    candidates
        Result of `annotate_compounds`.
    path
        The SD file; each record is titled by the compound and carries its rank, score, p_value,
        fdr and what is known of it.
    """
    with whole(path) as beside, rdBase.BlockLogs():
        writer = Chem.SDWriter(str(beside))
        for row in candidates[candidates["smiles"] != ""].to_dict("records"):
            molecule = Chem.MolFromSmiles(row["smiles"])
            rdDepictor.Compute2DCoords(molecule)
            molecule.SetProp("_Name", row["name"])
            for field in _SDF_FIELDS:
                value = row[field]
                molecule.SetProp(field, f"{value:.6g}" if isinstance(value, float) else str(value))
            writer.write(molecule)
        writer.close()


def _merge_names(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the best row of each InChIKey; the other names become its synonyms."""
    table = table.assign(synonyms="")
    twice = table["inchikey"].duplicated(keep=False) & (table["inchikey"] != "")
    dropped = []
    for _, rows in table[twice].groupby("inchikey", sort=False):
        best, rest = rows.index[0], rows.index[1:]
        table.loc[best, "synonyms"] = "|".join(rows["name"].iloc[1:])
        for column in _ANNOTATIONS:
            table.loc[best, column] = next(filter(None, rows[column]), "")
        dropped.extend(rest)
    if dropped:
        log.info("%d names are synonyms of a better compound by InChIKey", len(dropped))
    return table.drop(index=dropped).reset_index(drop=True)
