"""Structural alerts: PAINS (which disturb assays) and Brenk (unwanted in a screening library)."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from rdkit import Chem, DataStructs, RDConfig
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams


def pains(molecule: Chem.Mol) -> list[str]:
    """Return the names of the PAINS filters that a molecule matches.

    The same as RDKit's filter catalogue in a fourth of its time: a filter is tried only where the
    molecule has all bits of the filter's pattern fingerprint.

    References
    ----------
    Baell and Holloway 2010, Journal of Medicinal Chemistry 53:2719.
    """
    names, patterns, bits = _pains()
    here = _bits(molecule)
    tried = np.flatnonzero(~(bits & ~here).any(axis=1))
    return [names[i] for i in tried if molecule.HasSubstructMatch(patterns[i])]


def brenk(molecule: Chem.Mol) -> list[str]:
    """Return the names of the Brenk filters that a molecule matches.

    References
    ----------
    Brenk et al. 2008, ChemMedChem 3:435.
    """
    return [match.GetDescription() for match in _brenk().GetMatches(molecule)]


def _bits(molecule: Chem.Mol) -> np.ndarray:
    text = DataStructs.BitVectToBinaryText(Chem.PatternFingerprint(molecule))
    return np.frombuffer(text, np.uint64)


@cache
def _pains() -> tuple[list[str], list[Chem.Mol], np.ndarray]:
    path = Path(RDConfig.RDDataDir) / "Pains" / "wehi_pains.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    patterns = [Chem.MergeQueryHs(Chem.MolFromSmarts(row[0])) for row in rows]
    names = [row[1].removeprefix("<regId=").removesuffix(">") for row in rows]
    return names, patterns, np.array([_bits(pattern) for pattern in patterns])


@cache
def _brenk() -> FilterCatalog:
    return FilterCatalog(FilterCatalogParams(FilterCatalogParams.FilterCatalogs.BRENK))
