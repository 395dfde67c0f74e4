"""The targets of compounds by the gene symbols in force."""

import logging

import pandas as pd

from crosshub.chemistry.library import GENES
from crosshub.lists import JOINED, split_items
from crosshub.symbols import GeneNames, current

log = logging.getLogger(__name__)


def up_to_date_targets(rows: pd.DataFrame, names: GeneNames) -> pd.DataFrame:
    """Return a library whose targets are called by the symbols in force, as the cohorts' genes are.

    A library keeps the symbols of its year: GBA, the target of ambroxol, is GBA1 today.

    Parameters
    ----------
    rows
        Result of `read_library`.
    names
        From `crosshub.symbols.read_gene_names`.

    Returns
    -------
    DataFrame
        The same with targets joined by ``|``. A symbol that is unknown, or was one of several
        genes, stays as it was (`crosshub.symbols.current`).
    """
    listed = [split_items(cell, GENES) for cell in rows["targets"]]
    known = pd.Index(dict.fromkeys(gene for genes in listed for gene in genes), dtype=object)
    found = current(known, names)["symbol"].to_dict()
    changed = sum(old != new for old, new in found.items())
    log.info("%d of %d targets have another symbol today", changed, len(known))
    return rows.assign(
        targets=[JOINED.join(dict.fromkeys(found[gene] for gene in genes)) for genes in listed]
    )
