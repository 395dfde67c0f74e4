"""A guess of how the counts that authors deposited are read, from the header of their file."""

from typing import Any

import pandas as pd

from crosshub.geo.text import cells

# What names a sample in the columns of a file of counts, in this order.
_SAMPLE_FIELDS = ("geo_accession", "title", "description", "source_name_ch1")


def draft_recipe(
    accession: str, file: str, header: str, table: pd.DataFrame
) -> dict[str, Any] | None:
    """Guess an item of ``geo.counts``.

    Parameters
    ----------
    accession
        GSE….
    file
        Name of the file in the ``suppl`` folder of the series.
    header
        Its first line.
    table
        Samples × fields, text, as `geo.Series.fields`.

    Returns
    -------
    dict or None
        None where no field of the samples names columns for all of them.
    """
    separator = "tab" if "\t" in header else "comma"
    line = header.rstrip("\r\n")
    columns = cells(line if separator == "tab" else line.replace(",", "\t"))
    for field in _SAMPLE_FIELDS:
        names = table[field] if field in table else pd.Series(table.index)
        if not names.isin(columns).all() or not names.is_unique:
            continue
        if columns[0] in set(names):
            return None
        recipe: dict[str, Any] = {"accession": accession.split("-")[0], "file": file}
        if columns[0]:
            recipe["gene"] = columns[0]
        skip = [column for column in columns[1:] if column not in set(names)]
        if skip:
            recipe["skip"] = skip
        if field != "geo_accession":
            recipe["sample"] = field
        if separator == "comma":
            recipe["separator"] = separator
        return recipe
    return None
