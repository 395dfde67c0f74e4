"""Published panels, tested in each cohort like our own: folds of people, and genes drawn at random.

The genes are given, so nothing is selected; the weights are fitted in every fold. A published panel
may have been found in the very cohort in which it is tested here, and then does too well: that it
does no better than random genes counts all the more.

References
----------
Venet, Dumont and Detours 2011, Most random gene expression signatures are significantly associated
with breast cancer outcome, PLoS Computational Biology 7:e1002240.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort
from crosshub.errors import DataError
from crosshub.evaluation import expression_classes
from crosshub.given_genes import in_force
from crosshub.performance import Z
from crosshub.randomness import generator
from crosshub.resampling import cross_validation
from crosshub.ridge import ridge_logistic
from crosshub.symbols import GeneNames

COLUMNS = ("name", "genes", "disease", "citation")
FOLDS = 5


def read_panels(path: str | Path, names: GeneNames | None = None) -> pd.DataFrame:
    """Read published panels.

    Parameters
    ----------
    path
        TSV with the columns name, genes (separated by blanks or commas), disease and citation.
    names
        Current and former symbols, by which the genes are brought to those in force; None: they
        stay as they are.

    Raises
    ------
    DataError
        If a column is missing, a name occurs twice, or a panel has no genes.
    """
    try:
        table = pd.read_csv(path, sep="\t", keep_default_na=False, quoting=csv.QUOTE_NONE)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table of panels ({reason})") from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError(f"{path}: the column '{missing[0]}' is missing; add it")
    twice = table.loc[table["name"].duplicated(), "name"]
    if len(twice):
        raise DataError(f"{path}: the panel '{twice.iloc[0]}' occurs twice; name each its own way")
    given = table["genes"].str.replace(",", " ").str.split()
    symbols = in_force((gene for genes in given for gene in genes), names, str(path))
    table["genes"] = [list(dict.fromkeys(symbols[gene] for gene in genes)) for genes in given]
    empty = table.loc[table["genes"].map(len) == 0, "name"]
    if len(empty):
        raise DataError(f"{path}: the panel '{empty.iloc[0]}' has no genes; add them")
    return table


def audit_study(
    panels: pd.DataFrame,
    cohorts: Mapping[str, Cohort],
    changes: Mapping[str, pd.DataFrame],
    *,
    seed: int,
    **settings: int,
) -> pd.DataFrame:
    """Test each panel in every cohort of a study.

    Parameters
    ----------
    panels
        Of `read_panels`.
    cohorts, changes
        By name; and their differential.tsv.
    seed
        Of the study; each cohort derives its own numbers from it.
    settings
        repeats, permutations and random_panels of `audit_panels`.

    Returns
    -------
    DataFrame
        Rows of `audit_panels` with same_sign: the share of genes that change the same way in all
        cohorts of the cohort's disease (missing with one).
    """
    parts = []
    for name, cohort in cohorts.items():
        rng = generator(seed, "audit_panels", name)
        found = audit_panels(panels, cohort, rng=rng, **settings)
        alike = [n for n, other in cohorts.items() if other.disease == cohort.disease]
        agreement = sign_agreement(panels, {n: changes[n] for n in alike})
        parts.append(found.assign(same_sign=found["panel"].map(agreement)))
    return pd.concat(parts, ignore_index=True)


def audit_panels(
    panels: pd.DataFrame,
    cohort: Cohort,
    *,
    repeats: int,
    permutations: int,
    random_panels: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Test each panel in one cohort.

    Parameters
    ----------
    panels
        Of `read_panels`.
    cohort
        Cases and controls.
    repeats
        Of the five-fold cross-validation over people.
    permutations
        Of the labels, behind the interval and its p.
    random_panels
        Of the same size and expression class as the panel.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        panel, published_for, cohort, disease, n_cases, n_controls, n_genes, missing (genes that are
        not measured), auc (within folds, averaged), auc_low, auc_high (± 1.96 standard deviations
        under permuted labels, cut at 0 and 1), p_permutation, p_random_panels, percentile (share
        of random panels that do worse), random_low and random_high (where 95 % of them lie),
        citation. A panel of which nothing is measured has no AUC.
    """
    case = cohort.is_case.to_numpy()
    splits = [split for _ in range(repeats) for split in cross_validation([cohort], FOLDS, rng)]
    place = {name: i for i, name in enumerate(cohort.samples.index)}
    folds = [
        tuple(np.array([place[name] for name in side[cohort.name]], int) for side in split)
        for split in splits
    ]
    shuffled = np.array([case[rng.permutation(len(case))] for _ in range(permutations)])
    values = cohort.expression.to_numpy(float)
    row_of = {gene: i for i, gene in enumerate(cohort.expression.index)}
    level, pool = expression_classes([cohort])
    rows = []
    for panel in panels.itertuples():
        genes = [gene for gene in panel.genes if gene in row_of]
        row = {"panel": panel.name, "published_for": panel.disease, "cohort": cohort.name}
        row |= {"disease": cohort.disease, "n_cases": int(case.sum())}
        row |= {"n_controls": int((~case).sum()), "n_genes": len(panel.genes)}
        row["missing"] = ",".join(gene for gene in panel.genes if gene not in row_of)
        if genes:
            drawn = _draw(level.loc[genes], pool, random_panels, rng)
            own = values[[row_of[gene] for gene in genes]]
            others = np.array([[row_of[gene] for gene in part] for part in drawn], int)
            row |= _judge(own, values, others, case, shuffled, folds)
        rows.append(row | {"citation": panel.citation})
    return pd.DataFrame(rows)


def _judge(
    own: np.ndarray,
    values: np.ndarray,
    others: np.ndarray,
    case: np.ndarray,
    shuffled: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> dict[str, float]:
    auc = float(_auc(own[None], case[None], folds)[0])
    names = ("auc_low", "auc_high", "p_permutation", "p_random_panels", "percentile")
    names += ("random_low", "random_high")
    result: dict[str, float] = {"auc": auc} | dict.fromkeys(names, np.nan)
    if len(shuffled) > 1:
        null = _auc(np.broadcast_to(own, (len(shuffled), *own.shape)), shuffled, folds)
        width = Z * null.std(ddof=1)
        result |= {"auc_low": max(auc - width, 0.0), "auc_high": min(auc + width, 1.0)}
        result["p_permutation"] = (1 + int((null >= auc).sum())) / (1 + len(null))
    if len(others):
        random = _auc(values[others], np.broadcast_to(case, (len(others), len(case))), folds)
        result["p_random_panels"] = (1 + int((random >= auc).sum())) / (1 + len(random))
        result["percentile"] = float((random < auc).mean())
        result["random_low"], result["random_high"] = np.quantile(random, [0.025, 0.975])
    return result


def _auc(
    values: np.ndarray, case: np.ndarray, folds: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Return the AUC of many panels (panels × genes × samples), each with its own labels."""
    concordant, pairs = np.zeros(len(values)), np.zeros(len(values))
    for train, test in folds:
        x, y = values[:, :, train], case[:, train]
        usable = y.any(axis=1) & ~y.all(axis=1)
        spread = x.std(axis=2, ddof=1, keepdims=True)
        spread[spread == 0] = 1
        center = x.mean(axis=2, keepdims=True)
        z = ((x - center) / spread).transpose(0, 2, 1)
        weights, _ = ridge_logistic(z[usable], y[usable].astype(float))
        tested = ((values[:, :, test] - center) / spread)[usable]
        score = np.einsum("bp,bpn->bn", weights, tested)
        for i, b in enumerate(np.flatnonzero(usable)):
            positive, negative = score[i][case[b, test]], score[i][~case[b, test]]
            difference = positive[:, None] - negative[None, :]
            concordant[b] += (difference > 0).sum() + (difference == 0).sum() / 2
            pairs[b] += difference.size
    return np.divide(concordant, pairs, out=np.full(len(values), np.nan), where=pairs > 0)


def _draw(
    wanted: pd.Series, pool: Mapping[int, list[str]], draws: int, rng: np.random.Generator
) -> list[list[Any]]:
    counts = wanted.value_counts(sort=False)
    return [
        [gene for name, n in counts.items() for gene in rng.choice(pool[name], n, replace=False)]
        for _ in range(draws)
    ]


def sign_agreement(panels: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return, by panel, the share of its genes that change the same way in all cohorts.

    Parameters
    ----------
    panels
        Of `read_panels`.
    tables
        Cohort → differential.tsv, of the cohorts of the disease that the panel was published for.
        With fewer than two cohorts nothing can be said: missing.
    """
    if len(tables) < 2:
        return pd.Series(np.nan, index=panels["name"])
    signs = [np.sign(table.set_index("gene")["log2fc"]) for table in tables.values()]
    joined = pd.concat(signs, axis=1, join="inner")
    alike = joined.eq(joined.iloc[:, 0], axis=0).all(axis=1)
    shares = [alike.reindex(genes).dropna().astype(float).mean() for genes in panels["genes"]]
    return pd.Series(shares, index=panels["name"])
