"""What a model sees of a structure: circular fingerprints and a few descriptors."""

from collections.abc import Sequence

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors

RADIUS, SIZE = 2, 2048
_MOST = np.iinfo(np.uint8).max


def structure_features(smiles: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return features for a model and bits for similarities.

    Parameters
    ----------
    smiles
        Valid SMILES.

    Returns
    -------
    ndarray of float32
        Compounds × 2,054: counts of the circular fragments of radius 2 (ECFP4, folded to 2,048),
        then weight (g/mol), logP, polar surface (Å²), donors, acceptors, rotatable bonds.
    ndarray of float32
        Compounds × 2,048: 1 where a fragment is there.

    References
    ----------
    Rogers and Hahn 2010, Journal of Chemical Information and Modeling 50:742.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=SIZE)
    counts = np.zeros((len(smiles), SIZE), np.float32)
    described = np.zeros((len(smiles), 6), np.float32)
    with rdBase.BlockLogs():
        for place, text in enumerate(smiles):
            molecule = Chem.MolFromSmiles(text)
            found = generator.GetCountFingerprintAsNumPy(molecule)
            counts[place] = np.minimum(found, _MOST)
            described[place] = (
                Descriptors.MolWt(molecule),
                Crippen.MolLogP(molecule),
                rdMolDescriptors.CalcTPSA(molecule),
                rdMolDescriptors.CalcNumHBD(molecule),
                rdMolDescriptors.CalcNumHBA(molecule),
                rdMolDescriptors.CalcNumRotatableBonds(molecule),
            )
    return np.hstack([counts, described]), (counts > 0).astype(np.float32)


def tanimoto(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the Tanimoto similarity of each row of `left` with each of `right`, 0 to 1.

    Two rows without any bit have the similarity 0.
    """
    # Sums of zeros and ones are exact in float32, in any order and on any number of cores.
    shared = left @ right.T
    either = left.sum(axis=1)[:, None] + right.sum(axis=1)[None] - shared
    return np.divide(shared, either, out=np.zeros_like(shared), where=either > 0)
