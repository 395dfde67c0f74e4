"""ComBat: location and scale of batches drawn together, for pictures and for nothing else.

No test and no model sees its result: where groups are uneven over batches, values that were
adjusted with the groups in the model make differences out of nothing (Nygaard, Rødland and Hovig
2016, Methods that remove batch effects while retaining group differences may lead to exaggerated
confidence in downstream analyses, Biostatistics 17:29).

References
----------
Johnson, Li and Rabinovic 2007, Adjusting batch effects in microarray expression data using
empirical Bayes methods, Biostatistics 8:118.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crosshub.cohorts import Cohort

TOLERANCE = 1e-4
COMPONENTS = ["adjusted", "pc1", "pc2", "share1", "share2"]


def adjust_batches(
    values: np.ndarray, batches: np.ndarray, covariates: np.ndarray | None = None
) -> np.ndarray:
    """Return the values with the batches brought to one location and scale.

    Parameters
    ----------
    values
        Genes × samples, log2, no gaps.
    batches
        Batch of each sample, each with two samples at least.
    covariates
        Samples × covariates, whose differences are kept; default none.

    Returns
    -------
    ndarray
        Equal to sva's ComBat with its parametric prior. A gene without variance stays as it is.
    """
    names, number = np.unique(batches, return_inverse=True)
    indicator = (number[:, None] == np.arange(len(names))).astype(float)
    kept = np.zeros((len(number), 0)) if covariates is None else np.asarray(covariates, float)
    design = np.column_stack([indicator, kept])
    varying = np.ptp(values, axis=1) > 0
    x = values[varying]
    fitted = np.linalg.lstsq(design, x.T, rcond=None)[0]
    share = indicator.mean(axis=0)
    level = share @ fitted[: len(names)]
    spread = np.sqrt(((x - (design @ fitted).T) ** 2).mean(axis=1))
    stand = level[:, None] + (kept @ fitted[len(names) :]).T
    z = (x - stand) / spread[:, None]
    for batch in range(len(names)):
        own = number == batch
        location, scale = _shrunken(z[:, own])
        z[:, own] = (z[:, own] - location[:, None]) / np.sqrt(scale)[:, None]
    result = values.astype(float).copy()
    result[varying] = z * spread[:, None] + stand
    return result


def _shrunken(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return location and scale of a batch, drawn towards those of all its genes."""
    n = z.shape[1]
    mean, variance = z.mean(axis=1), z.var(axis=1, ddof=1)
    centre, width = mean.mean(), mean.var(ddof=1)
    average, scatter = variance.mean(), variance.var(ddof=1)
    # Moments of the inverse gamma prior of the scale.
    shape = (2 * scatter + average**2) / scatter
    rate = (average * scatter + average**3) / scatter
    location, scale = mean, variance
    while True:
        new_location = (n * width * mean + scale * centre) / (n * width + scale)
        squares = ((z - new_location[:, None]) ** 2).sum(axis=1)
        new_scale = (squares / 2 + rate) / (n / 2 + shape - 1)
        change = max(
            (np.abs(new_location - location) / location).max(),
            (np.abs(new_scale - scale) / scale).max(),
        )
        location, scale = new_location, new_scale
        if change <= TOLERANCE:
            return location, scale


def batch_components(cohorts: Sequence[Cohort], *, genes: int = 2000) -> pd.DataFrame:
    """Return the principal components of all samples together, as they are and adjusted.

    Parameters
    ----------
    cohorts
        Of a comparison; the batch is the accession, and case against control is kept.
    genes
        The most variable genes, this many of those measured in all cohorts.

    Returns
    -------
    DataFrame
        sample, accession, group, adjusted (False, True), pc1, pc2, share1, share2 (of the
        variance); each sample once. Empty with fewer than two accessions of two samples each.
    """
    seen: dict[str, pd.Series] = {}
    labels = []
    for cohort in cohorts:
        for name in cohort.samples.index:
            if name not in seen:
                seen[name] = cohort.expression[name]
                labels.append((name, cohort.accession, cohort.samples.loc[name, "group"]))
    table = pd.DataFrame(labels, columns=["sample", "accession", "group"])
    counts = table["accession"].value_counts()
    if len(counts) < 2 or counts.min() < 2:
        return pd.DataFrame(columns=[*table.columns, *COMPONENTS])
    merged = pd.concat(seen, axis=1, join="inner").to_numpy(float)
    kept = merged[np.argsort(-merged.var(axis=1), kind="stable")[:genes]]
    is_case = (table["group"] == "case").to_numpy(float)[:, None]
    adjusted = adjust_batches(kept, table["accession"].to_numpy(), is_case)
    return pd.concat(
        [table.assign(**_components(kept), adjusted=False),
         table.assign(**_components(adjusted), adjusted=True)],
        ignore_index=True,
    )  # fmt: skip


def _components(values: np.ndarray) -> dict[str, np.ndarray | float]:
    centred = values - values.mean(axis=1, keepdims=True)
    _, size, directions = np.linalg.svd(centred, full_matrices=False)
    share = size**2 / max((size**2).sum(), np.finfo(float).tiny)
    # The sign of a component is arbitrary: the largest loading is made positive.
    signs = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(axis=1)])
    first, second = signs[:, None] * directions[:2] * size[:2, None]
    return {"pc1": first, "pc2": second, "share1": share[0], "share2": share[1]}
