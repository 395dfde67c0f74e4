"""The targets of compounds by the gene symbols in force."""

import pandas as pd

from crosshub.chemistry.library import GENES
from crosshub.given_genes import in_force
from crosshub.lists import JOINED, split_items
from crosshub.symbols import GeneNames


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
    found = in_force((gene for genes in listed for gene in genes), names, "targets")
    return rows.assign(
        targets=[JOINED.join(dict.fromkeys(found[gene] for gene in genes)) for genes in listed]
    )
