"""The query: which genes stand for a disease, or for what several diseases share."""

from typing import Any

import pandas as pd

from crosshub.errors import DataError


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
