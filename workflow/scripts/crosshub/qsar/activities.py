"""Reading a table of measured activities: units, bounds, replicates; nothing is lost unsaid."""

import csv
import gzip
import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosshub.chemistry.structure import standardise
from crosshub.errors import DataError
from crosshub.qsar.scaffolds import scaffold_of

# What ChEMBL calls its columns.
COLUMNS = {
    "smiles": "Smiles",
    "value": "Standard Value",
    "unit": "Standard Units",
    "relation": "Standard Relation",
    "type": "Standard Type",
    "p_chembl": "pChEMBL Value",
    "name": "Molecule Name",
    "id": "Molecule ChEMBL ID",
    "remark": "Data Validity Comment",
    "duplicate": "Potential Duplicate",
}
# Logarithms of what a unit is in mol/l.
_UNITS = {"m": 0, "mol/l": 0, "mm": -3, "mmol/l": -3, "um": -6, "umol/l": -6, "nm": -9,
          "nmol/l": -9, "pm": -12, "pmol/l": -12, "fm": -15}  # fmt: skip
# In capitals the small m of milli is gone, and some write it for micro.
_AMBIGUOUS = ("MM", "Mm")
_LOGARITHMS = ("log", "-log", "-log10", "-log(m)", "p")
_EXACT = ("", "=", "==")
_LEAST, _MOST = 0.0, 15.0
_LARGEST_DISAGREEMENT = 0.1
LEAST_COMPOUNDS = 30
OTHER_TYPE = "another type of activity than"
RAW = ("row", *COLUMNS)
COMPOUNDS = ("inchikey", "name", "smiles", "activity", "measurements", "spread", "scaffold")
LEFT_OUT = (*RAW, "inchikey", "activity", "reason")


def read_activities(path: str | Path, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Read a table of activities, such as ChEMBL exports it.

    Parameters
    ----------
    path
        Text with a header, plain or ``.gz``; cells are separated by ``;``, a comma or a tab and
        may stand in quotes.
    columns
        Names of the columns, where they are not ChEMBL's (`COLUMNS`).

    Returns
    -------
    DataFrame
        row (line of the record, the header being 1, where no cell has a line break), smiles, value,
        unit, relation, type, p_chembl, name, id, remark and duplicate, as text; empty where the
        table has no such column.

    Raises
    ------
    DataError
        If the table cannot be read, has a column twice, or lacks one that is needed or was named.
    """
    wanted = {**COLUMNS, **(columns or {})}
    header, records = _read_records(Path(path))
    for key, name in wanted.items():
        needed = key == "smiles" or (key == "value" and wanted["p_chembl"] not in header)
        if name not in header and (needed or name != COLUMNS[key]):
            raise DataError(
                f"{path}: has no column '{name}' ({key}); name it in qsar.columns: "
                f"the table has {', '.join(header)}"
            )
        if header.count(name) > 1:
            raise DataError(f"{path}: the column '{name}' occurs twice; keep one")
    places = {key: header.index(name) for key, name in wanted.items() if name in header}
    rows = [
        {"row": number, **{key: record[place].strip() for key, place in places.items()}}
        for number, record in records
    ]
    return pd.DataFrame(rows, columns=list(RAW)).fillna("")


def _read_records(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); save it again") from error
    first = text.split("\n", 1)[0]
    separator = max(";\t,", key=lambda sign: first.count(sign))
    try:
        lines = [*csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); save it again") from error
    if not lines:
        raise DataError(f"{path}: is empty; it needs a header and a row for each measurement")
    header = [cell.strip() for cell in lines[0]]
    records = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        # ChEMBL ends each line with a separator, so that a row may have one empty cell more.
        if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
            raise DataError(
                f"{path}: row {number} has {len(cells)} cells for {len(header)} columns; export it "
                "again"
            )
        records.append((number, cells))
    return header, records


def pool_activities(
    raw: pd.DataFrame,
    *,
    where: str,
    unit: str = "",
    kind: str = "",
    largest_spread: float = 1.0,
    tautomers: bool = False,
    stereo: str = "keep",
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Pool the measurements of each compound, and list what is left out with the reason.

    Activities are −log10 of a concentration in mol/l (pIC50, pKi). Bounds (``>``, ``<``) are no
    measured values and are left out of the regression; they are listed with their number.

    Parameters
    ----------
    raw
        Result of `read_activities`.
    where
        What an error calls the table.
    unit
        Unit of every value, ``log`` for values that are −log10 of mol/l; empty: as the table says.
    kind
        Type of activity (IC50, Ki …); empty: the one with the most usable compounds.
    largest_spread
        Two measurements of a compound may differ by so much (log units); of more, half must lie
        within half of it around the median. Else the compound is left out.
    tautomers, stereo
        What makes two structures one compound; see `chemistry.parse`.

    Returns
    -------
    DataFrame
        A row for each compound: inchikey, name, smiles (of the parent), activity (median),
        measurements, spread (largest less smallest), scaffold (Murcko, without stereochemistry;
        empty without rings); sorted by inchikey.
    DataFrame
        A row for each measurement that is left out: the columns of `raw`, inchikey, activity (as
        far as there are any) and reason.
    dict
        type, unit_from (the table or the config), rows, compounds, left_out (reason → rows),
        replicate_sd (of one measurement, from compounds with several, those that do not agree
        among them; None without).

    Raises
    ------
    DataError
        If there is nothing to learn from: fewer than 30 compounds, or no differences.
    """
    table = raw.copy()
    _state_units(table, unit, where)
    structures = {
        smiles: standardise(smiles, tautomers=tautomers, stereo=stereo)
        for smiles in table["smiles"].unique()
    }
    found = table["smiles"].map(structures)
    table["inchikey"] = [part.inchikey if part else "" for part in found]
    table["parent"] = [part.smiles if part else "" for part in found]
    values = [_activity(row) for row in table.to_dict("records")]
    table["activity"] = [value for value, _ in values]
    table["reason"] = [
        "no valid structure" if part is None else reason
        for part, (_, reason) in zip(found, values, strict=True)
    ]
    kind = kind or _commonest(table)
    other = (table["type"] != kind) & (table["reason"] == "")
    table.loc[other, "reason"] = f"{OTHER_TYPE} {kind or 'none'}"
    usable = table["reason"] == ""
    # With what does not agree: measurements that stand alone are as often wrong, and stay.
    scatter = replicate_sd(table.loc[usable, "activity"], table.loc[usable, "inchikey"])
    table.loc[usable, "reason"] = _conflicts(table[usable], largest_spread)
    used = table[table["reason"] == ""]
    compounds = _compounds(used)
    left_out = table.loc[table["reason"] != "", list(LEFT_OUT)].reset_index(drop=True)
    _check_enough(compounds, table, where, kind)
    return (
        compounds,
        left_out,
        {
            "type": kind,
            "unit_from": "config" if unit else "table",
            "rows": len(table),
            "measurements": len(used),
            "compounds": len(compounds),
            "left_out": left_out["reason"].value_counts().sort_index().to_dict(),
            "replicate_sd": scatter,
        },
    )


def replicate_sd(activity: pd.Series, compound: pd.Series) -> float | None:
    """Return the standard deviation of one measurement, pooled over compounds with several.

    No model can be expected to be closer to a measurement than this.
    """
    groups = activity.groupby(compound)
    freedom = int((groups.size() - 1).sum())
    squares = float(((activity - groups.transform("mean")) ** 2).sum())
    return (squares / freedom) ** 0.5 if freedom else None


def _state_units(table: pd.DataFrame, unit: str, where: str) -> None:
    if unit:
        table["unit"] = unit
    given = (table["value"] != "") & (table["p_chembl"] == "")
    if given.any() and (table["unit"] == "").all() and not table["type"].map(_is_log_type).all():
        raise DataError(
            f"{where}: says nowhere in which unit its values are; name the column in "
            "qsar.columns.unit, or state the unit in qsar.unit"
        )


def _activity(row: Mapping[str, str]) -> tuple[float, str]:
    """Return −log10 mol/l of a row and why it cannot be used; NaN where it says none."""
    stated = _number(row["p_chembl"])
    value, reason = _from_value(row)
    if not np.isfinite(value):
        value, reason = (stated, "") if np.isfinite(stated) else (value, reason)
    elif np.isfinite(stated) and abs(value - stated) > _LARGEST_DISAGREEMENT:
        return value, "value and unit do not agree with the pChEMBL value"
    if reason:
        return value, reason
    relation = row["relation"].strip("'\" ")
    if relation not in _EXACT:
        return value, f"no exact value ({relation})"
    if not _LEAST <= value <= _MOST:
        return value, "not plausible: outside 1 mol/l to 1 fmol/l"
    if row["remark"] and row["remark"].lower() != "manually validated":
        return value, f"remark of the table: {row['remark']}"
    if row["duplicate"].lower() in ("1", "true", "yes"):
        return value, "repeats the value of another publication"
    return value, ""


def _from_value(row: Mapping[str, str]) -> tuple[float, str]:
    value = _number(row["value"])
    if not np.isfinite(value):
        return np.nan, "no number is given"
    unit = row["unit"].replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    unit = unit.strip().replace(" ", "")
    if unit.lower() in _LOGARITHMS or (not unit and _is_log_type(row["type"])):
        return value, ""
    if unit in _AMBIGUOUS:
        return np.nan, f"unit '{row['unit']}' may be mM or µM"
    if unit.lower() not in _UNITS:
        return np.nan, f"unit '{row['unit']}' is no concentration in mol/l"
    if value <= 0:
        return np.nan, "not a positive number"
    return -(np.log10(value) + _UNITS[unit.lower()]), ""


def _is_log_type(kind: str) -> bool:
    return kind.startswith(("pIC", "pK", "pEC", "pAC", "pXC", "-Log ", "-log "))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _commonest(table: pd.DataFrame) -> str:
    """Return the type with the most usable compounds; of several, the first by the alphabet."""
    usable = table[table["reason"] == ""]
    counts = usable.groupby("type")["inchikey"].nunique()
    return str(counts.idxmax()) if len(counts) else ""


def _conflicts(usable: pd.DataFrame, largest_spread: float) -> pd.Series:
    groups = usable.groupby("inchikey")["activity"]
    away = (usable["activity"] - groups.transform("median")).abs()
    typical = away.groupby(usable["inchikey"]).transform("median")
    # Twice the median distance is the difference of two measurements, and robust for more; the
    # small number lets a difference of exactly the limit pass.
    wrong = 2 * typical > largest_spread + 1e-9
    reason = (
        f"its measurements do not agree (they differ by more than {largest_spread:g} log units)"
    )
    return wrong.map({True: reason, False: ""})


def _compounds(used: pd.DataFrame) -> pd.DataFrame:
    groups = used.assign(name=used["name"].where(used["name"] != "", used["id"])).groupby(
        "inchikey", sort=True
    )
    table = groups.agg(
        name=("name", lambda names: next(filter(None, sorted(names)), "")),
        smiles=("parent", "min"),
        activity=("activity", "median"),
        measurements=("activity", "size"),
        spread=("activity", lambda values: values.max() - values.min()),
    ).reset_index()
    table["scaffold"] = [scaffold_of(smiles) for smiles in table["smiles"]]
    return table[list(COMPOUNDS)]


def _check_enough(compounds: pd.DataFrame, table: pd.DataFrame, where: str, kind: str) -> None:
    if len(compounds) < LEAST_COMPOUNDS:
        counts = table.loc[table["reason"] != "", "reason"].value_counts()
        why = f"; most rows were left out: {counts.index[0]}" if len(counts) else ""
        raise DataError(
            f"{where}: {len(compounds)} compounds with a usable {kind or 'activity'}, "
            f"{LEAST_COMPOUNDS} are needed{why}; give a larger table"
        )
    if compounds["activity"].max() - compounds["activity"].min() < 1e-9:
        raise DataError(
            f"{where}: all compounds have the activity {compounds['activity'].iloc[0]:.3g}, so "
            "there is nothing to learn; check qsar.columns.value"
        )
