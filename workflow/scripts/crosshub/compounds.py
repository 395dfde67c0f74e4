"""From the shared genes to the drug list: the query, the evidence for each compound, its names."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from scipy.stats import false_discovery_control

from crosshub.chemistry import DESCRIPTORS
from crosshub.errors import DataError
from crosshub.tables import whole

log = logging.getLogger(__name__)

_SUMMARY_VALUES = 8_000_000
_ANNOTATIONS = ("phase", "mechanism", "targets")
_SDF_FIELDS = ("rank", "name", "inchikey", "score", "p_value", "fdr", "phase", "mechanism")


def build_query(genes: pd.DataFrame, *, size: int = 150, minimum: int = 10) -> dict[str, Any]:
    """Choose the genes of the query: those that the diseases share, the best of each direction.

    Parameters
    ----------
    genes
        ``shared/{comparison}/genes.tsv``: gene, direction (``up`` or ``down``), p_value, shared.
    size
        Most genes on a side, by p_value.
    minimum
        A side with fewer shared genes is filled up to this number with the next best genes of
        its direction, shared or not.

    Returns
    -------
    dict
        up, down: lists of genes, best first; filled_up, filled_down: how many of them are not
        shared.

    Raises
    ------
    DataError
        If a column is missing, or neither side has a gene.
    """
    absent = sorted({"gene", "direction", "p_value", "shared"} - set(genes.columns))
    if absent:
        raise DataError(f"shared genes: no column '{absent[0]}': run find_shared again")
    query: dict[str, Any] = {}
    tested = genes[genes["p_value"].notna()].sort_values(["p_value", "gene"])
    # A table that was read as text has "true" and "false".
    is_shared = tested["shared"].astype(str).str.lower() == "true"
    for side in ("up", "down"):
        same = tested["direction"] == side
        shared = tested.loc[same & is_shared, "gene"].tolist()[:size]
        missing = max(0, min(minimum, size) - len(shared))
        filled = tested.loc[same & ~is_shared, "gene"].tolist()[:missing]
        query[side] = shared + filled
        query[f"filled_{side}"] = len(filled)
    if not query["up"] and not query["down"]:
        raise DataError("shared genes: none is up or down in the diseases: no query can be made")
    return query


def summarise_compounds(matches: pd.DataFrame, null: np.ndarray) -> pd.DataFrame:
    """Summarise the signatures of each compound over cell lines, doses and replicates.

    Signatures of controls and of genes (types ``ctl_…`` and ``trt_…`` other than ``trt_cp``) are
    left out.

    Parameters
    ----------
    matches, null
        The two results of `match_signatures`.

    Returns
    -------
    DataFrame
        One row a compound, the most reversing first: rank, compound, n_signatures, n_cells,
        score (of the 67th and the 33rd percentile of ncs, the one further from zero),
        cells_agreeing (share of cell lines whose median ncs is negative), wtcs, xsum, zhang
        (medians), p_value (one-sided, for reversal: the same summary of the same signatures in
        the random queries, so that correlated replicates do not count twice), fdr
        (Benjamini–Hochberg over compounds).

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437.
    """
    other = matches["type"].str.match(r"ctl|trt_(?!cp)").to_numpy(bool)
    if other.any():
        log.info("%d signatures of controls and genes are no compounds", other.sum())
    columns = np.flatnonzero(~other)
    used = matches.iloc[columns]
    grouped = used.groupby("compound", sort=True)
    members = {name: columns[rows] for name, rows in grouped.indices.items()}
    table = pd.DataFrame({"n_signatures": grouped.size(), "n_cells": grouped["cell"].nunique()})
    cells = used.groupby(["compound", "cell"])["ncs"].median() < 0
    table["cells_agreeing"] = cells.groupby("compound").mean()
    for name in ("wtcs", "xsum", "zhang"):
        table[name] = grouped[name].median()
    ncs = matches["ncs"].to_numpy(np.float32)[None]
    score = np.empty(len(table), np.float32)
    p_value = np.empty(len(table))
    for size, places in table.reset_index().groupby("n_signatures").indices.items():
        step = max(1, _SUMMARY_VALUES // (size * max(1, len(null))))
        for start in range(0, len(places), step):
            part = places[start : start + step]
            at = np.array([members[name] for name in table.index[part]])
            score[part] = _max_quantile(ncs[:, at])[0]
            reversing = (_max_quantile(null[:, at]) <= score[part]).sum(axis=0)
            p_value[part] = (1 + reversing) / (len(null) + 1)
    table["score"], table["p_value"] = score, p_value
    table["fdr"] = false_discovery_control(p_value) if len(table) else p_value
    table = table.reset_index().sort_values(["score", "p_value", "compound"], ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    order = ["rank", "compound", "n_signatures", "n_cells", "score", "cells_agreeing"]
    return table[[*order, "wtcs", "xsum", "zhang", "p_value", "fdr"]]


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


def _max_quantile(values: np.ndarray) -> np.ndarray:
    """Return, over the last axis, the 67th or the 33rd percentile, whichever is further from 0."""
    high, low = np.quantile(values, [0.67, 0.33], axis=-1)
    return np.where(np.abs(high) >= np.abs(low), high, low).astype(np.float32)
