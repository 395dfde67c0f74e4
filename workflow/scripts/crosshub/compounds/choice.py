"""Which signatures of the reference count: cell lines of the tissue, strength, quality, exemplars.

Nothing here looks at a score, so a choice cannot favour a compound.
"""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crosshub.compounds.summary import keys_of
from crosshub.errors import DataError
from crosshub.signatures.names import is_compound, named

log = logging.getLogger(__name__)

NO_COMPOUND = "of a control or a gene, not of a compound"
OTHER_CELL = "in a cell line that compounds.cells does not name"
POOR = "of poor quality by the release (compounds.quality)"
WEAK = "weaker than compounds.min_tas, or of unknown strength"
NOT_EXEMPLAR = "not the strongest of its compound and cell line (compounds.exemplars)"


def choose_signatures(
    signatures: pd.DataFrame,
    settings: Mapping[str, Any],
    *,
    identity: Mapping[str, str] | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Choose the signatures that count, and say what was left out.

    Parameters
    ----------
    signatures
        One row a signature, in the order of the store: signature, compound, cell, type; tas and
        quality where the release has them (TAS; is_hiq, qc_pass or the like).
    settings
        cells (empty: all), min_tas (0: any), quality (``any``, ``good``), exemplars (whether only
        the signature of the largest TAS of each compound and cell line counts, as in CMap's own
        queries; without TAS it asks for nothing). What is missing asks for nothing.
    identity
        See `summary.summarise_compounds`: names of one identity are one compound here too.

    Returns
    -------
    ndarray
        Columns of the store, ascending.
    DataFrame
        reason, compound, signatures, whether nothing of the compound is left under any of its
        names (all_left_out; false for what is no compound); one row for each reason and name; the
        reasons in the order in which they were applied.

    Raises
    ------
    DataError
        If a cell line is asked for that the reference does not have, if strength or quality is
        asked for that the release does not say, if the reference has no signature of a compound,
        or if none is left.

    References
    ----------
    Subramanian et al. 2017, Cell 171:1437 (TAS, the transcriptional activity score, from the
    strength of a signature and the correlation of its replicates).
    """
    table = signatures.reset_index(drop=True)
    names, wanted = named(table), is_compound(table["type"])
    keys = keys_of(names, identity)
    if not wanted.any():
        types = ", ".join(sorted(set(table["type"]))[:5])
        raise DataError(
            "compounds.reference: the reference holds no signature of a compound (types "
            f"{types}): give one of compounds"
        )
    reason = pd.Series("", index=table.index, dtype=object)
    for text, fails in _conditions(table, settings):
        reason = reason.where((reason != "") | ~fails, text)
    if settings.get("exemplars", True) and _known(table, "tas"):
        left = table[reason == ""].assign(key=keys[reason == ""])
        order = left.sort_values(["tas", "signature"], ascending=[False, True], kind="stable")
        weaker = order.index[order.duplicated(["key", "cell"])]
        reason.loc[weaker] = NOT_EXEMPLAR
    kept = np.flatnonzero((reason == "").to_numpy())
    if not len(kept):
        raise DataError(
            "compounds.cells, compounds.min_tas, compounds.quality: no signature of a compound is "
            "left: relax them"
        )
    gone = wanted & ~keys.isin(set(keys[kept]))
    out = pd.DataFrame({"reason": reason, "compound": names, "gone": gone})[reason != ""]
    order = dict.fromkeys([NO_COMPOUND, OTHER_CELL, POOR, WEAK, NOT_EXEMPLAR])
    counts = out.groupby(["reason", "compound"], sort=True)["gone"]
    left_out = counts.agg(signatures="size", all_left_out="all").reset_index()
    left_out = left_out.astype({"reason": object, "compound": object, "all_left_out": bool})
    place = left_out["reason"].map({text: i for i, text in enumerate(order)})
    left_out = left_out.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    for text, number in left_out.groupby("reason", sort=False)["signatures"].sum().items():
        log.info("%d signatures left out: %s", number, text)
    return kept, left_out


def _conditions(table: pd.DataFrame, settings: Mapping[str, Any]) -> list[tuple[str, pd.Series]]:
    """Return the reasons, and which signatures each leaves out."""
    found = [(NO_COMPOUND, ~is_compound(table["type"]))]
    cells = settings.get("cells") or []
    absent = sorted(set(cells) - set(table["cell"]))
    if absent:
        some = ", ".join(sorted(set(table["cell"]))[:5])
        raise DataError(
            f"compounds.cells: '{absent[0]}' is no cell line of the reference (it has {some}, …): "
            "correct it"
        )
    if cells:
        found.append((OTHER_CELL, ~table["cell"].isin(cells)))
    if settings.get("quality", "any") == "good":
        if not _known(table, "quality"):
            raise DataError(
                "compounds.quality: the reference does not say which signatures are good: write "
                "'any', or give the table of signatures of the release (compounds.signatures)"
            )
        # The store has one vocabulary for all releases: true, false, empty.
        found.append((POOR, table["quality"] != "true"))
    least = settings.get("min_tas") or 0
    if least > 0:
        if not _known(table, "tas"):
            raise DataError(
                "compounds.min_tas: the reference has no TAS: write 0, or give the table of "
                "signatures of the release (compounds.signatures)"
            )
        found.append((WEAK, ~(table["tas"].astype(float) >= least)))
    return found


def _known(table: pd.DataFrame, column: str) -> bool:
    """Whether the release says this of any signature."""
    if column not in table:
        return False
    values = table[column]
    return bool((values.notna() & (values.astype(str).str.strip() != "")).any())
