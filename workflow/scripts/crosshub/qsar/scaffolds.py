"""Scaffolds, and folds that never part one."""

from collections.abc import Sequence

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

from crosshub.chemistry.neighbours import cluster, fingerprints
from crosshub.errors import DataError

# Largest Tanimoto distance from the centre of a group without rings. Small molecules have few
# fragments: at 0.35, where drugs are clustered, homologues of glycine are not alike.
DISTANCE = 0.65


def scaffold_of(smiles: str) -> str:
    """Return the Murcko scaffold as SMILES, without stereochemistry; empty without rings.

    Enantiomers have one scaffold, so that no fold parts them.

    References
    ----------
    Bemis and Murcko 1996, Journal of Medicinal Chemistry 39:2887.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        # Before and not after: a scaffold can lose the substituent that made a centre.
        Chem.RemoveStereochemistry(molecule)
        return Chem.MolToSmiles(MurckoScaffold.GetScaffoldForMol(molecule))


def scaffold_groups(scaffolds: Sequence[str], smiles: Sequence[str]) -> np.ndarray:
    """Return the number of the group of each compound: its scaffold, or that of its likes.

    Compounds without rings have no scaffold; they are grouped by similarity (`cluster`), so that
    a series of them is not split by chance.

    Parameters
    ----------
    scaffolds
        Of `scaffold_of`.
    smiles
        Valid SMILES.

    Returns
    -------
    ndarray of int
        Numbers from 0.
    """
    names = np.array(scaffolds, object)
    ringless = np.flatnonzero(names == "")
    if len(ringless):
        # By SMILES, so that the order of the table tells nothing.
        order = ringless[np.argsort(np.array(smiles, object)[ringless], kind="stable")]
        labels = cluster(fingerprints(np.array(smiles, object)[order]), distance=DISTANCE)
        names[order] = [f" {label:06d}" for label in labels]
    return np.unique(names.astype(str), return_inverse=True)[1]


def scaffold_folds(groups: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Divide compounds into folds that hold whole scaffolds.

    The largest scaffold comes first, each into the fold with the fewest compounds; what is equal
    is drawn.

    Parameters
    ----------
    groups
        Group of each compound.
    folds
        Number of folds.
    rng
        Random numbers.

    Returns
    -------
    ndarray of int
        Fold of each compound.

    Raises
    ------
    DataError
        If there are fewer groups than folds.

    References
    ----------
    Wu et al. 2018, Chemical Science 9:513 (why scaffolds are split).
    """
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < folds:
        raise DataError(
            f"the compounds have {len(names)} scaffolds, fewer than {folds} folds: what a model "
            "says of a new scaffold cannot be tested; lower qsar.folds, or give a table of more "
            "scaffolds"
        )
    filled = np.zeros(folds, int)
    fold_of = {}
    for place in np.lexsort([rng.random(len(names)), -sizes]):
        emptiest = np.flatnonzero(filled == filled.min())
        chosen = rng.choice(emptiest)
        filled[chosen] += sizes[place]
        fold_of[names[place]] = chosen
    return np.array([fold_of[name] for name in groups])


def random_folds(number: int, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Divide compounds into folds of equal size by chance, whatever their scaffolds."""
    return rng.permutation(np.arange(number) % folds)
