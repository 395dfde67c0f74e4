"""What a series is, and whether a cohort of a given kind can be made of it.

Said from the header alone, before anything runs.
"""

import pandas as pd

from crosshub import geo, labels
from crosshub.errors import DataError
from crosshub.study import Row

HUMAN = "9606"


def kind_mistakes(series: geo.Series, row: Row, *, has_values: bool) -> list[str]:
    """List what speaks against making a cohort of this kind of the series, one line each.

    Parameters
    ----------
    series
        Read by `geo.read_series_header`; its values are not needed.
    row
        A row of datasets.tsv.
    has_values
        From `geo.has_values`.

    Returns
    -------
    list of str
        Empty where nothing speaks against it.
    """
    where = f"cohort '{row['cohort']}': {row['accession']}"
    wrong = [] if has_values else _without_values(series, row, where)
    used = _used(series, row)
    if used is None:
        return wrong
    return wrong + _strangers(used, row, where) + _other_platform(used, row, where)


def _without_values(series: geo.Series, row: Row, where: str) -> list[str]:
    if row["kind"] == "counts":
        return []
    parts = series.relations.get("superseries_of", [])
    if parts:
        return [
            f"{where} is a superseries without values of its own: use its series "
            f"({', '.join(parts)})"
        ]
    return [
        f"{where} carries no values, as RNA-seq series do: set kind=counts (NCBI's counts, or the "
        "authors' by a recipe in geo.counts), or leave the series out"
    ]


def _used(series: geo.Series, row: Row) -> pd.DataFrame | None:
    """Return the fields of the samples that the rules claim; None where the rules are wrong."""
    try:
        table = labels.label_row(series.fields, row)
    except DataError:
        return None
    return series.fields.loc[table.loc[table["group"] != "excluded", "sample"]]


def _strangers(used: pd.DataFrame, row: Row, where: str) -> list[str]:
    wrong = []
    channels = used.get("channel_count", pd.Series("", index=used.index))
    if channels.isin(["2", "3", "4"]).any():
        wrong.append(
            f"{where} is a two-channel array, whose values are ratios of two samples: "
            "such series cannot be used; leave it out"
        )
    organism = used.get("organism_ch1", pd.Series("", index=used.index))
    taxon = used.get("taxid_ch1", pd.Series("", index=used.index))
    other = used.index[((taxon != "") & (taxon != HUMAN)) | _not_human(organism)]
    if len(other):
        names = ", ".join(sorted(set(organism[other]) - {""})) or "another organism"
        wrong.append(
            f"{where}: {len(other)} samples are not human ({names}): leave the series out, or "
            "those samples with filter organism_ch1=Homo sapiens"
        )
    kinds = used.get("type", pd.Series("", index=used.index))
    if row["kind"] == "counts" and (kinds != "").all() and not kinds.isin(["SRA"]).any():
        wrong.append(f"{where} is no sequencing series (its samples are {kinds.iloc[0]}): set kind")
    return wrong


def _not_human(organism: pd.Series) -> pd.Series:
    return (organism != "") & (organism.str.strip().str.lower() != "homo sapiens")


def _other_platform(used: pd.DataFrame, row: Row, where: str) -> list[str]:
    if "platform_id" not in used or not row["platform"]:
        return []
    found = sorted(set(used["platform_id"]) - {row["platform"], ""})
    if not found:
        return []
    return [
        f"{where} was measured on {', '.join(found)}, the table says {row['platform']}: correct "
        "the column platform"
    ]
