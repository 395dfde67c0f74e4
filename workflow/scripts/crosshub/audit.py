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
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.assessment import Z
from crosshub.cohorts import Cohort
from crosshub.errors import DataError
from crosshub.geo.text import as_text
from crosshub.given_genes import in_force
from crosshub.random_panels import expression_classes
from crosshub.randomness import generator
from crosshub.resampling import cross_validation
from crosshub.ridge import ridge_logistic
from crosshub.shared.overlap import permute_people
from crosshub.symbols import GeneNames

COLUMNS = ("name", "genes", "disease", "citation")
AUDIT = [
    *("panel", "published_for", "cohort", "disease", "n_cases", "n_controls", "n_genes", "missing"),
    *("auc", "auc_low", "auc_high", "p_permutation", "p_random_panels", "percentile"),
    *("random_low", "random_high", "citation"),
]
# Models that are fitted at once: a thousand of 200 genes in 500 samples would take gigabytes.
BLOCK = 50


def read_panels(path: str | Path) -> pd.DataFrame:
    """Read published panels.

    Parameters
    ----------
    path
        TSV with the columns name, genes (separated by blanks, commas or semicolons), disease and
        citation; cells may stand in quotes.

    Returns
    -------
    DataFrame
        The columns of the table as text, genes as lists without repeats.

    Raises
    ------
    DataError
        If a column or a name is missing or occurs twice, a row has more or fewer cells than there
        are columns, a panel has no genes, or there is no panel.
    """
    table = _read_text(path)
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError(f"{path}: the column '{missing[0]}' is missing; add it")
    if table.empty:
        raise DataError(f"{path}: has no panel; add a row for each")
    if (table["name"] == "").any():
        raise DataError(f"{path}: a panel has no name; name each its own way")
    twice = table.loc[table["name"].duplicated(), "name"]
    if len(twice):
        raise DataError(f"{path}: the panel '{twice.iloc[0]}' occurs twice; name each its own way")
    table["genes"] = [
        list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", cell)))) for cell in table["genes"]
    ]
    empty = table.loc[table["genes"].map(len) == 0, "name"]
    if len(empty):
        raise DataError(f"{path}: the panel '{empty.iloc[0]}' has no genes; add them")
    return table


def _read_text(path: str | Path) -> pd.DataFrame:
    try:
        raw = Path(path).read_bytes()
        if b"\0" in raw:
            raise DataError(f"{path}: is not UTF-8; save it as text with tabs, in UTF-8")
        text = io.StringIO(as_text(raw), newline="")
        # Otherwise a quote that is not closed swallows the rows after it.
        lines = list(csv.reader(text, delimiter="\t", strict=True))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except csv.Error as error:
        raise DataError(f"{path}: is no table ({error}); correct its quotes") from error
    rows = [
        (number, [cell.strip() for cell in cells])
        for number, cells in enumerate(lines, start=1)
        if any(map(str.strip, cells))
    ]
    header = rows[0][1] if rows else []
    for name in header:
        if name and header.count(name) > 1:
            raise DataError(f"{path}: the column '{name}' occurs twice; keep one")
    for number, cells in rows[1:]:
        if len(cells) < len(header) or any(cells[len(header) :]):
            raise DataError(
                f"{path}: row {number} has {len(cells)} cells for {len(header)} columns; "
                "separate the columns by one tab each"
            )
    cut = [cells[: len(header)] for _, cells in rows[1:]]
    return pd.DataFrame(cut, columns=pd.Index(header, dtype=str), dtype=str)


def with_current_symbols(panels: pd.DataFrame, names: GeneNames) -> pd.DataFrame:
    """Bring the genes of published panels to the symbols in force, as those of the cohorts are.

    Parameters
    ----------
    panels
        Of `read_panels`.
    names
        Of `symbols.read_gene_names`.

    Returns
    -------
    DataFrame
        The panels with their genes in force, each once, and renamed: ``published=current``, joined
        by commas.
    """
    symbol = in_force((gene for genes in panels["genes"] for gene in genes), names, "panels")
    return panels.assign(
        genes=[list(dict.fromkeys(symbol[gene] for gene in genes)) for genes in panels["genes"]],
        renamed=[
            ",".join(f"{gene}={symbol[gene]}" for gene in genes if gene != symbol[gene])
            for genes in panels["genes"]
        ],
    )


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
        Of `with_current_symbols`.
    cohorts, changes
        By name; and their differential.tsv.
    seed
        Of the study; each cohort derives its own numbers from it.
    settings
        folds, repeats, permutations and random_panels of `audit_panels`.

    Returns
    -------
    DataFrame
        Rows of `audit_panels` with same_sign, the share of genes that change the same way in all
        cohorts of the cohort's disease (missing with one), and the renamed of `panels`.
    """
    parts = []
    renamed = panels.set_index("name")["renamed"]
    for name, cohort in cohorts.items():
        rng = generator(seed, "audit_panels", name)
        found = audit_panels(panels, cohort, rng=rng, **settings)
        alike = [n for n, other in cohorts.items() if other.disease == cohort.disease]
        agreement = sign_agreement(panels, {n: changes[n] for n in alike})
        noted = {"same_sign": agreement, "renamed": renamed}
        parts.append(found.assign(**{key: found["panel"].map(of) for key, of in noted.items()}))
    return pd.concat(parts, ignore_index=True)


def audit_panels(
    panels: pd.DataFrame,
    cohort: Cohort,
    *,
    folds: int,
    repeats: int,
    permutations: int,
    random_panels: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Test each panel in one cohort.

    Several samples of a person in one group are averaged first: a person counts once in a group.

    Parameters
    ----------
    panels
        Of `read_panels`.
    cohort
        Cases and controls.
    folds, repeats
        Of the cross-validation over people.
    permutations
        Of the labels between people, behind the interval and its p; who is in both groups keeps
        both labels.
    random_panels
        Of the same size and expression class as the panel.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        panel, published_for, cohort, disease, n_cases, n_controls (people), n_genes, missing (genes
        that are not measured), auc (within folds, averaged), auc_low, auc_high (± 1.96 standard
        deviations under permuted labels, cut at 0 and 1), p_permutation, p_random_panels,
        percentile (share of random panels that do worse), random_low and random_high (where 95 % of
        them lie), citation. A panel of which nothing is measured has no AUC.
    """
    cohort = _averaged(cohort)
    case = cohort.is_case.to_numpy()
    splits = [split for _ in range(repeats) for split in cross_validation([cohort], folds, rng)]
    place = {name: i for i, name in enumerate(cohort.samples.index)}
    tested = [
        tuple(np.array([place[name] for name in side[cohort.name]], int) for side in split)
        for split in splits
    ]
    people = cohort.samples["identity"].to_numpy()
    # Whose values stand where, under fixed labels: folds are stratified by the labels, and so the
    # permuted cohort is split just like the observed one.
    orders = np.array([permute_people(case, people, rng) for _ in range(permutations)], int)
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
            own = np.array([row_of[gene] for gene in genes])
            others = np.array([[row_of[gene] for gene in part] for part in drawn], int)
            row |= _judge(values, own, others, orders, case, tested)
        rows.append(row | {"citation": panel.citation})
    return pd.DataFrame(rows, columns=AUDIT)


def _averaged(cohort: Cohort) -> Cohort:
    """Return one sample for each person and group: the mean of the person's samples there."""
    keys = [cohort.samples["identity"], cohort.samples["group"]]
    group = cohort.samples.groupby(keys, sort=False).ngroup().to_numpy()
    if len(np.unique(group)) == len(group):
        return cohort
    samples = cohort.samples[~pd.Series(group, cohort.samples.index).duplicated()]
    means = cohort.expression.T.astype(float).groupby(group).mean().T
    means.columns = samples.index
    return replace(cohort, expression=means, samples=samples, counts=None)


def _judge(
    values: np.ndarray,
    own: np.ndarray,
    others: np.ndarray,
    orders: np.ndarray,
    case: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> dict[str, float]:
    auc = float(_auc(values[own][None], case, folds)[0])
    names = ("auc_low", "auc_high", "p_permutation", "p_random_panels", "percentile")
    names += ("random_low", "random_high")
    result: dict[str, float] = {"auc": auc} | dict.fromkeys(names, np.nan)
    if len(orders) > 1:
        null = np.concatenate(
            [_auc(values[own][:, part].swapaxes(0, 1), case, folds) for part in _blocks(orders)]
        )
        width = Z * null.std(ddof=1)
        result |= {"auc_low": max(auc - width, 0.0), "auc_high": min(auc + width, 1.0)}
        result["p_permutation"] = (1 + int((null >= auc).sum())) / (1 + len(null))
    if len(others):
        random = np.concatenate([_auc(values[part], case, folds) for part in _blocks(others)])
        result["p_random_panels"] = (1 + int((random >= auc).sum())) / (1 + len(random))
        result["percentile"] = float((random < auc).mean())
        result["random_low"], result["random_high"] = np.quantile(random, [0.025, 0.975])
    return result


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def _auc(
    values: np.ndarray, case: np.ndarray, folds: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Return the AUC of many panels (panels × genes × samples)."""
    concordant, pairs = np.zeros(len(values)), 0
    for train, test in folds:
        if case[train].all() or not case[train].any():
            continue
        x, y = values[:, :, train], np.broadcast_to(case[train], (len(values), len(train)))
        spread = x.std(axis=2, ddof=1, keepdims=True)
        spread[spread == 0] = 1
        center = x.mean(axis=2, keepdims=True)
        z = ((x - center) / spread).transpose(0, 2, 1)
        weights, _ = ridge_logistic(z, y.astype(float))
        score = np.einsum("bp,bpn->bn", weights, (values[:, :, test] - center) / spread)
        positive, negative = score[:, case[test]], score[:, ~case[test]]
        difference = positive[:, :, None] - negative[:, None, :]
        concordant += ((difference > 0) + (difference == 0) / 2).sum(axis=(1, 2))
        pairs += difference[0].size
    return concordant / pairs if pairs else np.full(len(values), np.nan)


def _draw(
    wanted: pd.Series, pool: Mapping[int, list[str]], draws: int, rng: np.random.Generator
) -> list[list[str]]:
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
        Cohort → differential.tsv, of all cohorts of one disease: `audit_study` gives those of the
        disease of the cohort that is tested. With fewer than two nothing can be said: missing.
    """
    if len(tables) < 2:
        return pd.Series(np.nan, index=panels["name"])
    signs = [np.sign(table.set_index("gene")["log2fc"]) for table in tables.values()]
    joined = pd.concat(signs, axis=1, join="inner")
    alike = joined.eq(joined.iloc[:, 0], axis=0).all(axis=1)
    shares = [alike.reindex(genes).dropna().astype(float).mean() for genes in panels["genes"]]
    return pd.Series(shares, index=panels["name"])
