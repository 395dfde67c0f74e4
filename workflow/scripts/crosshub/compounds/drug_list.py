"""The drug list: the compounds with their structures and what is known of them."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from crosshub.chemistry import add_neighbours
from crosshub.compounds.found import FDR, SHARED
from crosshub.compounds.several import reverse_all
from crosshub.compounds.summary import COLUMNS as SUMMARY
from crosshub.compounds.summary import SCORES, STRENGTHS
from crosshub.compounds.targets import neighbours_of
from crosshub.lists import split_items
from crosshub.tables import whole

log = logging.getLogger(__name__)

_IDENTITY = ("inchikey", "smiles", "reason")
_ANNOTATIONS = ("phase", "mechanism", "targets")
_SEVERAL = ("reversed_in", "p_all_diseases", "fdr_all_diseases")
_SDF_FIELDS = ("rank", "name", "inchikey", "score", "p_value", "fdr", "phase", "mechanism")


def identities(structures: pd.DataFrame) -> dict[str, str]:
    """Return what each name is: name in lower case → InChIKey, for names with a structure.

    Parameters
    ----------
    structures
        name, inchikey (empty where there is none).
    """
    keys = structures["inchikey"].astype(object).fillna("")
    known = structures[keys != ""]
    return dict(zip(known["name"].str.lower(), known["inchikey"], strict=True))


def make_drug_list(
    compounds: pd.DataFrame,
    structures: pd.DataFrame,
    *,
    plan: Mapping[str, Any],
    panel: Sequence[str],
    interactions: pd.DataFrame | None,
    drugs: pd.DataFrame,
    distance: float,
    fdr: float = FDR,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put everything that is known of the compounds beside their answers to all queries.

    Parameters
    ----------
    compounds
        Results of `summarise_compounds` for every query, with the column query.
    structures, panel
        See `annotate_compounds`.
    plan
        Of the comparison: diseases, at_least.
    interactions
        Of `interactions.read_interactions`; None: none are known.
    drugs
        Known drugs of the diseases (`chemistry.of_diseases`).
    distance
        Of a cluster; see `chemistry.cluster`.
    fdr
        See `several.reverse_all`.

    Returns
    -------
    tuple of DataFrame
        The drug list of the shared query (`annotate_compounds`, then cluster, nearest_known and
        similarity_to_known of `chemistry.add_neighbours`), and `several.reverse_all`.
    """
    several = reverse_all(compounds, plan["diseases"], at_least=plan["at_least"], fdr=fdr)
    shared = compounds[compounds["query"] == SHARED].drop(columns="query")
    near = neighbours_of(panel, interactions)["partner"]
    table = annotate_compounds(shared, structures, panel=panel, near_panel=near, several=several)
    return add_neighbours(table, drugs, distance=distance), several


def annotate_compounds(
    compounds: pd.DataFrame,
    structures: pd.DataFrame,
    *,
    panel: Sequence[str] = (),
    near_panel: Sequence[str] = (),
    several: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Give the compounds their structures and what is known of them: the drug list.

    The order is that of `summarise_compounds`: by the p of reversing the shared signature, then by
    the score, then by name. What else is known of a compound moves no row.

    Parameters
    ----------
    compounds
        Result of `summarise_compounds` for the shared query.
    structures
        name, inchikey, smiles; reason (why there is no structure), phase, mechanism, targets and
        any other columns, which are carried along. Compounds are found by their names, in any case.
    panel, near_panel
        Genes of the panel, and their neighbours in known interactions; matched against the targets.
    several
        Result of `several.reverse_all`.

    Returns
    -------
    DataFrame
        rank (from 1 without gaps), name, inchikey, smiles, then the columns of
        `summarise_compounds`, reversed_in, p_all_diseases, fdr_all_diseases, phase, mechanism,
        targets, targets_in_panel, targets_near_panel, synonyms, no_structure (why there is none,
        else empty), reference (the release that was asked), and the other columns of `structures`.
        Compounds without a structure stay.
    """
    table = compounds.rename(columns={"compound": "name"}).sort_values("rank", ignore_index=True)
    table["synonyms"] = table["synonyms"].astype(object).fillna("")
    known, others = _of_names(table, structures)
    for column in (*_IDENTITY, *_ANNOTATIONS, *others):
        table[column] = known[column]
    lacking = "not in the tables of structures"
    reason = table["reason"].where(known["listed"], lacking)
    table["no_structure"] = reason.where(table["inchikey"] == "", "")
    for column, wanted in (
        ("targets_in_panel", set(panel)),
        ("targets_near_panel", set(near_panel) - set(panel)),
    ):
        table[column] = [
            "|".join(target for target in split_items(cell) if target in wanted)
            for cell in table["targets"]
        ]
    several = pd.DataFrame(columns=["compound", *_SEVERAL]) if several is None else several
    by_name = several.set_index("compound")[list(_SEVERAL)]
    table = table.join(by_name, on="name")
    table["rank"] = np.arange(1, len(table) + 1)
    evidence = [name for name in SUMMARY if name not in {"rank", "compound", "synonyms"}]
    evidence += [name for name in (*SCORES, *STRENGTHS) if name in table]
    others = [*(name for name in ("reference",) if name in table), *others]
    return table[
        [
            *("rank", "name", "inchikey", "smiles", *evidence, *_SEVERAL, *_ANNOTATIONS),
            *("targets_in_panel", "targets_near_panel", "synonyms", "no_structure", *others),
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


def _of_names(table: pd.DataFrame, structures: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return what is known of each compound by any of its names, and which other columns are."""
    text = [*_IDENTITY, *_ANNOTATIONS]
    others = [name for name in structures.columns if name not in {"name", *text}]
    known = structures.reindex(columns=["name", *text, *others])
    known = known.assign(key=known.pop("name").astype(str).str.lower()).drop_duplicates("key")
    names = [
        [name.lower(), *split_items(more.lower())]
        for name, more in zip(table["name"].astype(str), table["synonyms"], strict=True)
    ]
    each = pd.Series(names, dtype=object).explode().rename("key").rename_axis("row").reset_index()
    found = each.merge(known, on="key", how="inner", validate="m:1")
    found[text] = found[text].astype(object).replace("", np.nan)
    # The first name with a structure gives it; of the rest the first that is known.
    found = found.sort_values(
        "inchikey", key=lambda values: values.isna(), kind="stable", ignore_index=True
    )
    first = found.drop(columns="key").groupby("row").first().reindex(table.index)
    first["listed"] = first.index.isin(found["row"])
    first[text] = first[text].astype(object).fillna("")
    words = [name for name in others if not is_numeric_dtype(structures[name])]
    first[words] = first[words].astype(object).where(first[words].notna(), "")
    return first, others
