"""Scaffolds, and folds that never part one."""

from collections.abc import Sequence

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

from crosshub.errors import DataError


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


def scaffold_groups(scaffolds: Sequence[str]) -> np.ndarray:
    """Return the number of the group of each compound; one without rings is a group of its own."""
    names = [name if name else f" {place}" for place, name in enumerate(scaffolds)]
    return np.unique(names, return_inverse=True)[1]


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
            "says of a new scaffold cannot be tested; lower qsar.folds or give a larger table"
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
