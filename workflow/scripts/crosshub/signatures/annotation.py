"""What the signatures of a source are, in one vocabulary for all releases."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError

log = logging.getLogger(__name__)

SIGNATURE_COLUMNS = ("signature", "compound", "cell", "dose", "time", "type")
TEXTS = (*SIGNATURE_COLUMNS, "compound_id", "quality")
NUMBERS = ("tas", "replicate_correlation")
# The names in GSE92742 and GSE70138, in LINCS2020, in CMap build 02.
SIGNATURE_NAMES = {
    "signature": ("sig_id", "signature", "instance_id", "id"),
    "compound": ("pert_iname", "cmap_name", "compound"),
    "cell": ("cell_id", "cell_iname", "cell_mfc_name", "cell", "cell2"),
    "dose": ("pert_idose", "dose", "concentration (M)"),
    "time": ("pert_itime", "time", "duration (h)"),
    "type": ("pert_type", "type"),
    "compound_id": ("pert_id", "compound_id"),
    "quality": ("is_hiq", "quality"),
    "tas": ("tas",),
    "replicate_correlation": ("distil_cc_q75", "cc_q75", "replicate_correlation"),
}
# What stands in where none of the tables says it in one of the names above: an id for a name, a
# number for one with its unit, a weaker verdict.
WEAKER_NAMES = {
    "compound": ("pert_id",),
    "dose": ("pert_dose",),
    "time": ("pert_time",),
    "quality": ("qc_pass",),
}
_WITH_UNIT = {"concentration (M)", "duration (h)"}
_MISSING = ("-666", "-666.0", "-666.000000", "nan", "NaN", "NA", "N/A")
_VERDICTS = dict.fromkeys(("1", "1.0", "true", "good", "yes", "pass"), "true")
_VERDICTS |= dict.fromkeys(("0", "0.0", "false", "bad", "no", "fail"), "false")


def text(values: Any) -> Any:
    """Return a Series or DataFrame as text, what is missing as an empty string."""
    return values.astype(str).mask(values.isna(), "")


def first_named(
    frame: pd.DataFrame, names: Sequence[str], missing: Sequence[str] = _MISSING
) -> pd.Series:
    """Return the first non-empty value of these columns in each row, as text.

    Raises
    ------
    DataError
        If one of the columns occurs twice.
    """
    found = pd.Series("", index=frame.index, dtype=str)
    for name in names:
        if name in frame:
            if isinstance(frame[name], pd.DataFrame):
                raise DataError(f"a table of signatures or genes: {occurs_twice(name)}")
            values = text(frame[name]).str.strip()
            found = found.where(found != "", values.mask(values.isin(missing), ""))
    return found


def occurs_twice(name: str) -> str:
    """Return what is said of a column of metadata that is there twice."""
    return f"the column '{name}' occurs twice: remove one"


def describe_signatures(
    found: pd.DataFrame, tables: Sequence[pd.DataFrame], name: str
) -> pd.DataFrame:
    """Return what the signatures are, from the file itself and from the tables of its release.

    Parameters
    ----------
    found
        Columns of the source, one row a signature.
    tables
        Tables of the release with a column ``sig_id`` (``instance_id`` in CMap build 02); the
        first that says something wins, the file before all; `WEAKER_NAMES` come after all.
    name
        The source, for messages.

    Returns
    -------
    DataFrame
        `TEXTS` (text) and `NUMBERS` (float, NaN where unknown).

    Raises
    ------
    DataError
        If there is no signature, one occurs twice, a table knows none of them, or a number is none.
    """
    if found.empty:
        raise DataError(f"{name}: holds no signature: fetch it again")
    described = _in_our_words(found)
    twice = described["signature"][described["signature"].duplicated()]
    if len(twice):
        raise DataError(
            f"{name}: {twice.nunique()} signatures occur more than once, first "
            f"'{twice.iloc[0]}': keep one of each"
        )
    for table in tables:
        given = _in_our_words(table).drop_duplicates("signature").set_index("signature")
        known = described["signature"].isin(given.index)
        if not known.any():
            raise DataError(
                f"{name}: none of its {len(described)} signatures (first "
                f"'{described['signature'].iloc[0]}') is in the table of signatures (first "
                f"'{next(iter(given.index), '')}'): is it of another release?"
            )
        log.info("%s: %d of %d signatures are in the table", name, known.sum(), len(known))
        given = text(given.reindex(described["signature"])).reset_index(drop=True)
        for column in described.columns[1:]:
            described[column] = described[column].where(described[column] != "", given[column])
    for column in WEAKER_NAMES:
        weaker = described.pop(_weaker(column))
        described[column] = described[column].where(described[column] != "", weaker)
    described["quality"] = described["quality"].str.lower().map(_VERDICTS).fillna("")
    for column in NUMBERS:
        described[column] = _numbers(described[column], name)
    return described


def compounds_of(signatures: pd.DataFrame) -> pd.DataFrame:
    """Return one row a compound: ``compound``, ``compound_ids``, ``signatures``, ``cells``."""
    named = signatures[signatures["compound"] != ""]
    groups = named.groupby("compound", sort=True)
    ids = named.loc[named["compound_id"] != ""].groupby("compound")["compound_id"]
    cells = named.loc[named["cell"] != ""].groupby("compound")["cell"].nunique()
    table = pd.DataFrame({"signatures": groups.size()})
    table["cells"] = cells.reindex(table.index, fill_value=0)
    table.insert(0, "compound_ids", ids.agg(lambda some: ",".join(sorted(set(some))))
                 .reindex(table.index).fillna("") if len(ids) else "")  # fmt: skip
    return table.rename_axis("compound").reset_index()


def cells_of(signatures: pd.DataFrame) -> pd.DataFrame:
    """Return one row a cell line: ``cell``, ``signatures``, ``compounds``."""
    named = signatures[signatures["cell"] != ""]
    groups = named.replace({"compound": {"": np.nan}}).groupby("cell", sort=True)
    compounds = groups["compound"].nunique()
    table = pd.DataFrame({"signatures": groups.size(), "compounds": compounds})
    return table.rename_axis("cell").reset_index()


def _in_our_words(frame: pd.DataFrame) -> pd.DataFrame:
    # The other releases write the unit with the number.
    for name in _WITH_UNIT & set(frame.columns):
        values, unit = first_named(frame, (name,)), name.split("(")[1].rstrip(")")
        frame = frame.assign(**{name: values.where(values == "", values + f" {unit}")})
    names = SIGNATURE_NAMES | {_weaker(ours): theirs for ours, theirs in WEAKER_NAMES.items()}
    return pd.DataFrame({ours: first_named(frame, theirs) for ours, theirs in names.items()})


def _weaker(column: str) -> str:
    return f"weaker {column}"


def _numbers(values: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(values.where(values != ""), errors="coerce")
    wrong = values[(values != "") & numbers.isna()]
    if len(wrong):
        raise DataError(
            f"{name}: column '{values.name}' has '{wrong.iloc[0]}': it must be a number"
        )
    return numbers.astype(np.float64)
