"""Subtypes of a disease: clusters of its cases, with the stability that they have (or lack)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples

MOST_CLUSTERS = 5
RESAMPLES = 30
SHARE = 0.8
STABLE = 0.6


def find_subtypes(
    expression: pd.DataFrame, genes: Sequence[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cluster the cases of a disease on its candidate genes by k-means.

    Parameters
    ----------
    expression
        Genes × cases, log2, centred within cohorts.
    genes
        Genes to cluster on; the others are left out.
    rng
        Random numbers.

    Returns
    -------
    tuple of DataFrame
        Samples: sample, subtype (1 … k; 0 where no number of clusters is stable), silhouette.
        Choice: k, silhouette (mean), stability (mean adjusted Rand index between the clusters of
        all cases and those of random 80 %), chosen. A number is taken if its stability is at least
        0.6, the one of largest silhouette among those; none may be.

    References
    ----------
    Ben-Hur, Elisseeff and Guyon 2002, Pacific Symposium on Biocomputing 7:6. Rousseeuw 1987,
    Journal of Computational and Applied Mathematics 20:53.
    """
    kept = [gene for gene in genes if gene in expression.index]
    values = expression.loc[kept].to_numpy(float).T
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1) if kept else values
    samples = list(expression.columns)
    nothing = pd.DataFrame({"sample": samples, "subtype": 0, "silhouette": np.nan})
    rows, clusters = [], {}
    different = len(np.unique(values, axis=0)) if kept else 0
    largest = min(MOST_CLUSTERS, len(samples) // 4, different)
    for k in range(2, largest + 1):
        labels = _cluster(values, k, rng)
        clusters[k] = labels
        silhouette = silhouette_samples(values, labels).mean()
        rows.append((k, float(silhouette), _stability(values, labels, k, rng)))
    choice = pd.DataFrame(rows, columns=["k", "silhouette", "stability"])
    choice["chosen"] = False
    stable = choice[choice["stability"] >= STABLE]
    if stable.empty:
        return nothing, choice
    best = stable["silhouette"].idxmax()
    choice.loc[best, "chosen"] = True
    labels = clusters[int(choice.loc[best, "k"])]
    order = np.argsort(-np.bincount(labels), kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(1, len(order) + 1)
    found = {"sample": samples, "subtype": rank[labels]}
    return pd.DataFrame(found | {"silhouette": silhouette_samples(values, labels)}), choice


def _cluster(values: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    return KMeans(k, n_init=10, random_state=int(rng.integers(2**31))).fit_predict(values)


def _stability(values: np.ndarray, labels: np.ndarray, k: int, rng: np.random.Generator) -> float:
    size = max(k + 1, int(SHARE * len(values)))
    scores = []
    for _ in range(RESAMPLES):
        drawn = rng.choice(len(values), size, replace=False)
        scores.append(adjusted_rand_score(labels[drawn], _cluster(values[drawn], k, rng)))
    return float(np.mean(scores))
