"""Genes that answer to nearly everything, and so say little of any one disease.

References
----------
Crow, Lim, Ballouz, Pavlidis and Gillis 2019, Predictability of human differential gene expression,
Proceedings of the National Academy of Sciences 116:6491.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.given_genes import in_force
from crosshub.symbols import GeneNames, read_gene_names
from crosshub.tables import read_table

# A gene above nine tenths of all genes answers to most things that are done to a tissue.
COMMON = 0.9
SMALLEST_BACKGROUND = 2
GENE_COLUMNS = ("gene", "symbol", "Gene_Name")
PRIOR_COLUMNS = ("prior", "DE_Prior_Rank")


def read_prior(path: str | Path, names: GeneNames | None = None) -> pd.Series:
    """Read how often each gene is differential over many studies, as a rank from 0 to 1.

    Parameters
    ----------
    path
        TSV with a column ``gene`` (or ``symbol``, ``Gene_Name``) and a column ``prior`` (or
        ``DE_Prior_Rank``, as Crow et al. give it); 1 is the most often.
    names
        Current and former symbols, by which the genes are brought to those in force; None: they
        stay as they are.

    Raises
    ------
    DataError
        If the columns are not there or the prior is not between 0 and 1.
    """
    try:
        table = pd.read_csv(path, sep="\t", keep_default_na=False, quoting=csv.QUOTE_MINIMAL)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table of priors ({reason})") from error
    gene = next((name for name in GENE_COLUMNS if name in table), None)
    prior = next((name for name in PRIOR_COLUMNS if name in table), None)
    if gene is None or prior is None:
        raise DataError(f"{path}: needs the columns gene and prior (0 to 1)")
    values = pd.to_numeric(table[prior], errors="coerce")
    if not values.between(0, 1).all():
        raise DataError(f"{path}: '{prior}' must lie between 0 and 1 in every line")
    given = table[gene].astype(str)
    symbols = in_force(given, names, str(path))
    found = pd.Series(values.to_numpy(), index=given.map(symbols))
    return found.groupby(level=0).max()


def prior_from(
    path: str | Path | None, background: Sequence[str | Path], names: str | Path
) -> pd.Series | None:
    """Return the prior of the user's table, else that of the other diseases of the study.

    Parameters
    ----------
    path
        As in `read_prior`, or None.
    background
        diseases/{disease}/differential.tsv of the diseases outside the comparison.
    names
        Table of current and former symbols.
    """
    if path:
        return read_prior(path, read_gene_names(names))
    return background_prior([read_table(file) for file in background])


def background_prior(tables: Sequence[pd.DataFrame]) -> pd.Series | None:
    """Return the mean rank of the evidence of each gene over diseases outside the comparison.

    Parameters
    ----------
    tables
        Of `meta.combine.combine_cohorts`, one a disease, none of them in the comparison.

    Returns
    -------
    Series or None
        From 0 to 1, 1 the most often differential; None with fewer than two diseases, which say
        nothing of what is common.
    """
    if len(tables) < SMALLEST_BACKGROUND:
        return None
    ranks = [table.set_index("gene")["p_value"].rank(ascending=False, pct=True) for table in tables]
    return pd.concat(ranks, axis=1, join="inner").mean(axis=1).rank(pct=True)


def flag(genes: pd.DataFrame, prior: pd.Series | None) -> pd.DataFrame:
    """Add common_response (0 to 1, missing where nothing is known) and responds_commonly."""
    known = np.nan if prior is None else genes["gene"].map(prior)
    table = genes.assign(common_response=known)
    return table.assign(responds_commonly=table["common_response"] >= COMMON)
