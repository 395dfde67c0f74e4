"""Which compounds are alike: fingerprints, clusters, the nearest of the known drugs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from scipy.sparse import csr_array

RADIUS, BITS = 2, 2048
# Compounds of a cluster are at most this far from its centre (1 - Tanimoto).
DISTANCE = 0.35


def fingerprints(smiles: Sequence[str]) -> list[DataStructs.ExplicitBitVect]:
    """Return Morgan fingerprints (radius 2, 2,048 bits) of structures.

    References
    ----------
    Rogers and Hahn 2010, Journal of Chemical Information and Modeling 50:742.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    return [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in smiles]


def cluster(
    prints: Sequence[DataStructs.ExplicitBitVect], *, distance: float = DISTANCE
) -> np.ndarray:
    """Cluster compounds as Butina did: the one with most neighbours and all of these, and again.

    Only the pairs that are neighbours are kept in memory, never the matrix of distances. Of
    compounds with equally many neighbours the first in order becomes the centre.

    Parameters
    ----------
    prints
        Fingerprints, the most important compound first.
    distance
        Largest Tanimoto distance between neighbours.

    Returns
    -------
    ndarray
        Cluster of each compound, numbered from 1 by the first compound of each.

    References
    ----------
    Butina 1999, Journal of Chemical Information and Computer Sciences 39:747.
    """
    near = _neighbours(prints, distance)
    sizes = np.array([len(places) for places in near])
    label = np.full(len(near), -1)
    for centre in np.argsort(-sizes, kind="stable"):
        if label[centre] < 0:
            members = near[centre][label[near[centre]] < 0]
            label[members] = label[centre] = centre
    number = {centre: i for i, centre in enumerate(dict.fromkeys(label), start=1)}
    return np.array([number[centre] for centre in label], dtype=int)


def nearest(
    prints: Sequence[DataStructs.ExplicitBitVect],
    known: Sequence[DataStructs.ExplicitBitVect],
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each compound the place of the most similar known one, and the similarity.

    The similarity is Tanimoto's; of equally similar ones the first is named.
    """
    similar = np.array([DataStructs.BulkTanimotoSimilarity(one, list(known)) for one in prints])
    similar = similar.reshape(len(prints), len(known))
    place = similar.argmax(axis=1)
    return place, similar[np.arange(len(prints)), place]


def of_diseases(known: pd.DataFrame, diseases: Sequence[str]) -> pd.DataFrame:
    """Return the known drugs of these diseases, and those that were named for none.

    Parameters
    ----------
    known
        Result of `find_known`: name, disease (missing where none was named), smiles.
    diseases
        Those wanted.
    """
    return known[known["disease"].isna() | known["disease"].isin(diseases)]


def add_neighbours(
    candidates: pd.DataFrame, known: pd.DataFrame, *, distance: float = DISTANCE
) -> pd.DataFrame:
    """Give the compounds of a drug list their cluster and the nearest known drug of the disease.

    Parameters
    ----------
    candidates
        Column smiles (empty where there is no structure), the best compound first.
    known
        Result of `find_known`: name, smiles.
    distance
        As `cluster`.

    Returns
    -------
    DataFrame
        `candidates` and cluster (number, missing without a structure), nearest_known (name),
        similarity_to_known (Tanimoto, 0 to 1); both missing where no drug is known.
    """
    table = candidates.assign(
        cluster=pd.array([pd.NA] * len(candidates), dtype="Int64"),
        nearest_known="",
        similarity_to_known=np.nan,
    )
    has = table["smiles"].fillna("") != ""
    if has.any():
        prints = fingerprints(table.loc[has, "smiles"])
        table.loc[has, "cluster"] = cluster(prints, distance=distance)
        if len(known):
            place, similarity = nearest(prints, fingerprints(known["smiles"]))
            table.loc[has, "nearest_known"] = known["name"].to_numpy()[place]
            table.loc[has, "similarity_to_known"] = similarity
    return table


def _neighbours(prints: Sequence[DataStructs.ExplicitBitVect], distance: float) -> list[np.ndarray]:
    """Return the places of the neighbours of each compound, ascending."""
    least = 1 - distance
    before = []
    for i in range(len(prints)):
        similar = np.array(DataStructs.BulkTanimotoSimilarity(prints[i], prints[:i]))
        before.append(np.flatnonzero(similar >= least).astype(np.int32))
    if not before:
        return []
    places = np.concatenate(before)
    kind = np.int32 if len(places) <= np.iinfo(np.int32).max else np.int64
    starts = np.cumsum([0, *map(len, before)], dtype=kind)
    pairs = csr_array((np.ones(len(places), bool), places, starts), shape=(len(prints),) * 2)
    # Who comes after a compound is found in the transpose, in order too.
    turned = pairs.T.tocsr()
    after = np.split(turned.indices.astype(np.int32, copy=False), turned.indptr[1:-1])
    return [np.concatenate(both) for both in zip(before, after, strict=True)]
