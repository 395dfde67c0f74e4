"""One identity for each compound of a library, whatever its names, and what is known of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from rdkit import Chem

from crosshub.chemistry.descriptors import DESCRIPTORS, describe
from crosshub.chemistry.library import ANNOTATIONS, GENES, ITEMS
from crosshub.chemistry.structure import parse
from crosshub.errors import DataError
from crosshub.lists import unite

_CHUNK = 256
_NAMELESS = "the row has no name"
_IDENTITY = ["name", "inchikey", "connectivity", "smiles", "reason", "removed"]


@dataclass(frozen=True)
class Library:
    """A library of compounds, standardised.

    Attributes
    ----------
    structures
        One row a name: name, inchikey, connectivity (first block of the key), smiles, reason (why
        there is no structure, else empty), removed (salts), phase, mechanism, targets, indication,
        disease_area, and the descriptors. Names of one InChIKey have the same values; names without
        a structure come last.
    unreadable
        What has no structure: name, smiles (as given), reason, table, row, used_instead (InChIKey
        of another row of the name) and the annotations.
    identities
        One row an InChIKey: inchikey, connectivity, name (the first), names (all, joined by
        ``|``), n_names, n_rows.
    conflicts
        Names whose rows give different structures, one row for each of these: name, inchikey,
        smiles, rows, tables, used (true for the one chosen), differs_in (connectivity or
        stereochemistry).
    summary
        Counts.
    """

    structures: pd.DataFrame
    unreadable: pd.DataFrame
    identities: pd.DataFrame
    conflicts: pd.DataFrame
    summary: dict[str, Any]


def standardise_library(
    rows: pd.DataFrame, *, tautomers: bool = False, stereo: str = "keep", processes: int = 1
) -> Library:
    """Give each compound of a library one identity, by the InChIKey of its standardised structure.

    Names are compared in lower case. Where the rows of a name give different structures, the name
    has the one that most rows of its first table give (the first table with a structure that can
    be read), of equally many the first. What is known of a compound is joined over all names of
    its InChIKey: the values of the first table that has any, united.

    Parameters
    ----------
    rows
        Result of `read_library`.
    tautomers, stereo
        As `structure.parse`.
    processes
        Number of processes; the result is the same for any.

    Raises
    ------
    DataError
        If there are rows and not one of them has a structure that can be read.
    """
    rows = rows.assign(key=rows["name"].str.lower())
    asked = list(dict.fromkeys(rows.loc[rows["fault"] == "", "smiles"]))
    parsed = dict(
        zip(asked, _in_parallel(_parse, asked, processes, tautomers, stereo), strict=True)
    )
    rows["reason"] = [
        fault or parsed[smiles][3] or ("" if key else _NAMELESS)
        for fault, smiles, key in rows[["fault", "smiles", "key"]].itertuples(index=False)
    ]
    read = rows[rows["reason"] == ""].copy()
    if len(rows) and read.empty:
        raise DataError(
            f"{rows['table'].iloc[0]}: none of {len(rows)} rows of the tables of structures has a "
            f"structure (the first: {rows['reason'].iloc[0]}): give a column of SMILES"
        )
    for place, column in enumerate(["parent", "inchikey", "removed"]):
        cells = [parsed[smiles][place] for smiles in read["smiles"]]
        read[column] = pd.Series(cells, index=read.index, dtype=object)
    first = read.drop_duplicates("inchikey").set_index("inchikey")["parent"]
    values = pd.DataFrame(
        _in_parallel(_describe, list(first), processes), index=first.index, columns=DESCRIPTORS
    )
    chosen, conflicts = _choose(read)
    structures = _structures(rows, chosen, first, values)
    unreadable = _unreadable(rows, chosen)
    identities = _identities(structures, read, chosen)
    summary = {
        **_count(rows, read, parsed, identities, conflicts),
        **_compare(read),
        "stereo": stereo,
        "tautomers": tautomers,
    }
    table = _with_lacking(structures, unreadable)
    return Library(table, unreadable, identities, conflicts, summary)


def _in_parallel(function: Any, items: list[str], processes: int, *arguments: Any) -> list[Any]:
    chunks = [items[i : i + _CHUNK] for i in range(0, len(items), _CHUNK)]
    if processes == 1 or len(chunks) < 2:
        done = [function(chunk, *arguments) for chunk in chunks]
    else:
        work = (delayed(function)(chunk, *arguments) for chunk in chunks)
        done = Parallel(n_jobs=processes, backend="loky")(work)
    return [item for chunk in done for item in chunk]


def _parse(chunk: list[str], tautomers: bool, stereo: str) -> list[tuple[str, str, str, str]]:
    """Return parent, InChIKey, what was removed, and the reason where there is none."""
    found = []
    for smiles in chunk:
        try:
            structure = parse(smiles, tautomers=tautomers, stereo=stereo)
        except ValueError as error:
            found.append(("", "", "", str(error)))
        else:
            found.append((structure.smiles, structure.inchikey, structure.removed, ""))
    return found


def _describe(chunk: list[str]) -> list[tuple[Any, ...]]:
    return [tuple(describe(Chem.MolFromSmiles(smiles)).values()) for smiles in chunk]


def _choose(read: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return for each name the row that gives its structure, and the names with several."""
    chosen, conflicts = [], []
    for _, group in read.groupby("key", sort=False):
        if group["inchikey"].nunique() == 1:
            chosen.append(group.index[0])
            continue
        best = group[group["order"] == group["order"].min()]
        often = Counter(best["inchikey"])
        used = max(often, key=often.__getitem__)
        chosen.append(best.index[best["inchikey"] == used][0])
        whole = group["inchikey"].str[:14].nunique() > 1
        for key, same in group.groupby("inchikey", sort=False):
            conflicts.append(
                {
                    "name": group["name"].iloc[0],
                    "inchikey": key,
                    "smiles": same["parent"].iloc[0],
                    "rows": len(same),
                    "tables": "|".join(dict.fromkeys(same["table"])),
                    "used": key == used,
                    "differs_in": "connectivity" if whole else "stereochemistry",
                }
            )
    columns = ["name", "inchikey", "smiles", "rows", "tables", "used", "differs_in"]
    return read.loc[chosen], pd.DataFrame(conflicts, columns=columns)


def _structures(
    rows: pd.DataFrame, chosen: pd.DataFrame, parent: pd.Series, values: pd.DataFrame
) -> pd.DataFrame:
    identity = dict(zip(chosen["key"], chosen["inchikey"], strict=True))
    named = rows[rows["key"].isin(identity)]
    known = _annotate(named, named["key"].map(identity))
    table = chosen[["name", "inchikey", "removed"]].reset_index(drop=True)
    table["connectivity"] = table["inchikey"].str[:14]
    table["smiles"] = table["inchikey"].map(parent)
    table = table.join(known, on="inchikey").join(values, on="inchikey")
    return table.assign(reason="")[[*_IDENTITY, *ANNOTATIONS, *DESCRIPTORS]]


def _with_lacking(structures: pd.DataFrame, unreadable: pd.DataFrame) -> pd.DataFrame:
    """Append the names that have no structure in any row."""
    lacking = unreadable[(unreadable["name"] != "") & (unreadable["used_instead"] == "")]
    lacking = lacking[~lacking["name"].str.lower().duplicated()]
    lacking = lacking[["name", "reason", *ANNOTATIONS]].reindex(columns=structures.columns)
    text = ["inchikey", "connectivity", "smiles", "removed", "alerts", "scaffold"]
    lacking[text] = ""
    return pd.concat([structures.astype(object), lacking], ignore_index=True).infer_objects()


def _annotate(rows: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """Return for each group what the first table that knows anything says, united."""
    found: dict[str, dict[str, str]] = defaultdict(lambda: dict.fromkeys(ANNOTATIONS, ""))
    for column in ANNOTATIONS:
        cells: dict[str, tuple[int, list[str]]] = {}
        stated = rows[column] != ""
        listed = zip(
            group[stated], rows.loc[stated, "order"], rows.loc[stated, column], strict=True
        )
        for key, order, cell in listed:
            first, texts = cells.setdefault(key, (order, []))
            if order == first:
                texts.append(cell)
        for key, (_, texts) in cells.items():
            # A compound has one phase: the first that is stated.
            one = texts[:1] if column == "phase" else texts
            found[key][column] = unite(one, GENES if column == "targets" else ITEMS)
    return pd.DataFrame([found[key] for key in dict.fromkeys(group)], columns=list(ANNOTATIONS),
                        index=list(dict.fromkeys(group)))  # fmt: skip


def _unreadable(rows: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    instead = dict(zip(chosen["key"], chosen["inchikey"], strict=True))
    failed = rows[rows["reason"] != ""].copy()
    failed["used_instead"] = [instead.get(key, "") if key else "" for key in failed["key"]]
    # A row without SMILES is nothing lost where the name has a structure in another row, or a
    # SMILES that is listed.
    tried = set(failed.loc[(failed["smiles"] != "") & (failed["key"] != ""), "key"])
    empty = (failed["smiles"] == "") & (failed["fault"] == "") & (failed["key"] != "")
    known = failed["key"].isin(tried) | (failed["used_instead"] != "")
    failed = failed[~(empty & known)]
    failed = failed[(failed["key"] == "") | ~failed.duplicated(["key", "smiles", "reason"])]
    joined = _annotate(rows, rows["key"])
    named = failed[["name", "key", "smiles", "reason", "table", "row", "used_instead"]]
    found = named.join(joined, on="key").drop(columns="key").reset_index(drop=True)
    nameless = found["name"] == ""
    found.loc[nameless, list(ANNOTATIONS)] = ""
    return found


def _identities(structures: pd.DataFrame, read: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    used = read[read["inchikey"].eq(read["key"].map(chosen.set_index("key")["inchikey"]))]
    grouped = structures.groupby("inchikey", sort=False)
    table = pd.DataFrame(
        {
            "connectivity": grouped["connectivity"].first(),
            "name": grouped["name"].first(),
            "names": grouped["name"].agg("|".join),
            "n_names": grouped.size(),
            "n_rows": used.groupby("inchikey").size(),
        }
    )
    table = table.loc[list(dict.fromkeys(structures["inchikey"]))]
    return table.rename_axis("inchikey").reset_index()


def _count(
    rows: pd.DataFrame,
    read: pd.DataFrame,
    parsed: dict[str, Any],
    identities: pd.DataFrame,
    conflicts: pd.DataFrame,
) -> dict[str, int]:
    merged = identities["n_names"] > 1
    distinct = conflicts.drop_duplicates("name")["differs_in"]
    without = (rows["smiles"] == "") & (rows["fault"] == "")
    nameless = rows["reason"] == _NAMELESS
    bad = (rows["reason"] != "") & ~without & ~nameless
    return {
        "rows": len(rows),
        "rows_without_smiles": int(without.sum()),
        "rows_without_name": int((rows["key"] == "").sum()),
        "rows_unreadable": int(bad.sum()),
        "rows_readable_without_name": int(nameless.sum()),
        "rows_with_structure": len(read),
        "names": int(rows.loc[rows["key"] != "", "key"].nunique()),
        "names_with_structure": int(identities["n_names"].sum()),
        "distinct_smiles": len([smiles for smiles in parsed if smiles]),
        "identities": len(identities),
        "identities_with_several_names": int(merged.sum()),
        "names_merged": int((identities["n_names"] - 1).sum()),
        "names_in_conflict": len(distinct),
        "names_in_conflict_of_connectivity": int((distinct == "connectivity").sum()),
    }


def _compare(read: pd.DataFrame) -> dict[str, int]:
    """Count the InChIKeys that the tables give and that are ours: the whole, the first block."""
    given = read[read["given_inchikey"].str.fullmatch(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")]
    same = given["given_inchikey"].str
    return {
        "inchikeys_given": len(given),
        "inchikeys_same": int((given["given_inchikey"] == given["inchikey"]).sum()),
        "connectivity_same": int((same[:14] == given["inchikey"].str[:14]).sum()),
    }
