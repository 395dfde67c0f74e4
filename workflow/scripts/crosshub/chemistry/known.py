"""The known drugs of the diseases of a study."""

from collections.abc import Mapping, Sequence

import pandas as pd

from crosshub.errors import DataError

_COLUMNS = ["name", "disease", "inchikey", "smiles"]


def find_known(items: Sequence[str | Mapping[str, str]], structures: pd.DataFrame) -> pd.DataFrame:
    """Return the structures of the known drugs that a config names.

    Parameters
    ----------
    items
        ``compounds.known``: names, or mappings of name and disease; a drug without a disease is
        one of all diseases.
    structures
        Of a standardised library: name, inchikey, smiles, reason.

    Returns
    -------
    DataFrame
        name, disease (empty: all), inchikey, smiles; one row an item.

    Raises
    ------
    DataError
        If a drug has no structure: one line for each.
    """
    table = structures.assign(key=structures["name"].str.lower()).drop_duplicates("key")
    table = table.set_index("key")
    rows, wrong = [], []
    for item in items:
        name, disease = (item, "") if isinstance(item, str) else (item["name"], item.get("disease"))
        key = name.strip().lower()
        if key in table.index and table.at[key, "inchikey"]:
            rows.append((name, disease or "", *table.loc[key, ["inchikey", "smiles"]]))
            continue
        why = (
            f"has no structure ({table.at[key, 'reason']}): give its SMILES"
            if key in table.index
            else "is in none of the tables: correct the name, or add a row with its SMILES"
        )
        wrong.append(f"config.compounds.known: '{name}' {why} (compounds.structures)")
    if wrong:
        raise DataError("\n".join(wrong))
    return pd.DataFrame(rows, columns=_COLUMNS)
