"""Structures of compounds: one identity for each, descriptors, drawings, and their tables."""

import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.Chem.Scaffolds import MurckoScaffold

from crosshub.errors import DataError

DESCRIPTORS = (
    "molecular_weight",
    "logp",
    "tpsa",
    "h_bond_donors",
    "h_bond_acceptors",
    "rotatable_bonds",
    "qed",
    "lipinski_violations",
    "pains",
    "scaffold",
)
_COLUMNS = {
    "name": ("name", "pert_iname", "compound", "compound_name"),
    "smiles": ("smiles", "canonical_smiles"),
    "phase": ("clinical_phase", "phase", "max_phase"),
    "mechanism": ("moa", "mechanism"),
    "targets": ("target", "targets"),
}
_MISSING = ("-666", "restricted")


@dataclass(frozen=True)
class Structure:
    """The standardised parent of a compound: without salt and charge.

    Attributes
    ----------
    molecule
        RDKit molecule.
    smiles
        Canonical SMILES.
    inchikey
        Standard InChIKey.
    """

    molecule: Chem.Mol
    smiles: str
    inchikey: str


def standardise(smiles: str) -> Structure | None:
    """Return the parent structure: cleaned up, largest fragment, uncharged.

    Tautomers are not made one: RDKit's canonical tautomer takes up to seconds a molecule. Two
    tautomers that the standard InChI does not merge stay two compounds.

    Parameters
    ----------
    smiles
        SMILES; of an extension after a blank (CXSMILES), what RDKit knows is used.

    Returns
    -------
    Structure or None
        None where the SMILES is no valid structure or has no InChIKey.

    References
    ----------
    Bento et al. 2020, Journal of Cheminformatics 12:51 (why salts and charges are removed).
    """
    try:
        return _parse(smiles)
    except ValueError:
        return None


def describe_structures(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return identity and descriptors of each structure, and what could not be read.

    Parameters
    ----------
    table
        Columns name and smiles; others are carried along.

    Returns
    -------
    DataFrame
        name, smiles (of the parent), inchikey, molecular_weight (g/mol), logp (Crippen), tpsa
        (Å²), h_bond_donors, h_bond_acceptors, rotatable_bonds, qed, lipinski_violations (0 to 4),
        pains (true where a PAINS filter matches), scaffold (Murcko, SMILES; empty without rings),
        and the other columns of `table`.
    DataFrame
        name, smiles (as given), reason, and the other columns of `table`.

    References
    ----------
    Bickerton et al. 2012, Nature Chemistry 4:90 (QED); Lipinski et al. 1997, Advanced Drug
    Delivery Reviews 23:3; Baell and Holloway 2010, Journal of Medicinal Chemistry 53:2719
    (PAINS); Bemis and Murcko 1996, Journal of Medicinal Chemistry 39:2887 (scaffolds).
    """
    others = [name for name in table.columns if name not in {"name", "smiles"}]
    described, failed = [], []
    smiles = table["smiles"].astype(str).mask(table["smiles"].isna(), "")
    for row in table.assign(smiles=smiles).to_dict("records"):
        extra = {name: row[name] for name in others}
        try:
            structure = _parse(row["smiles"])
        except ValueError as error:
            reason = str(error)
            failed.append({"name": row["name"], "smiles": row["smiles"], "reason": reason, **extra})
            continue
        identity = {"smiles": structure.smiles, "inchikey": structure.inchikey}
        described.append({"name": row["name"], **identity, **_describe(structure), **extra})
    return (
        pd.DataFrame(described, columns=["name", "smiles", "inchikey", *DESCRIPTORS, *others]),
        pd.DataFrame(failed, columns=["name", "smiles", "reason", *others]),
    )


def draw(smiles: str, *, size: tuple[int, int] = (220, 160)) -> str:
    """Return a drawing of the structure as an ``<svg>`` element, the same bytes at each run.

    Parameters
    ----------
    smiles
        SMILES.
    size
        Width and height in pixels.

    Raises
    ------
    DataError
        If the SMILES is no valid structure.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None:
            raise DataError(f"SMILES '{smiles}': no valid structure, so no drawing: correct it")
        drawer = rdMolDraw2D.MolDraw2DSVG(*size)
        drawer.drawOptions().clearBackground = False
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
        drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    return text[text.index("<svg") :].strip()


def read_structures(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read tables of compounds and join them by the name in lower case.

    Parameters
    ----------
    paths
        TSV or CSV (``.csv``), plain or ``.gz``. Lines that start with ``!`` are skipped (Drug
        Repurposing Hub). Columns, in any case: name, pert_iname, compound or compound_name;
        smiles or canonical_smiles; clinical_phase, phase or max_phase; moa or mechanism; target
        or targets.

    Returns
    -------
    DataFrame
        One row a compound, in the order of first appearance: name, smiles, phase, mechanism,
        targets (joined by ``|``); the first non-empty value of each wins; empty where unknown.

    Raises
    ------
    DataError
        If a table cannot be read or has no column of names.
    """
    if not paths:
        return pd.DataFrame(columns=list(_COLUMNS), dtype=str)
    table = pd.concat([_read_compounds(Path(path)) for path in paths], ignore_index=True)
    table = table[table["name"] != ""]
    grouped = table.where(table != "").groupby(table["name"].str.lower(), sort=False)
    # "first" takes the first value that is not missing.
    joined = grouped.first().reset_index(drop=True)
    joined = joined.astype(str).mask(joined.isna(), "")
    joined["targets"] = ["|".join(filter(None, re.split(r"\s*[|;,]\s*", targets.strip())))
                         for targets in joined["targets"]]  # fmt: skip
    return joined


def _read_compounds(path: Path) -> pd.DataFrame:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = [line for line in file if not line.startswith("!")]
        separator = "," if ".csv" in path.suffixes else "\t"
        frame = pd.read_csv(
            io.StringIO("".join(lines)),
            sep=separator,
            dtype=str,
            keep_default_na=False,
        )
    except (OSError, EOFError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as a table ({' '.join(str(error).split())})"
        ) from error
    frame.columns = frame.columns.str.strip().str.lower()
    found = pd.DataFrame("", index=frame.index, columns=list(_COLUMNS), dtype=str)
    for column, names in _COLUMNS.items():
        for name in names:
            if name in frame:
                values = frame[name].str.strip().replace(list(_MISSING), "")
                found[column] = found[column].where(found[column] != "", values)
    if not set(_COLUMNS["name"]) & set(frame.columns):
        raise DataError(f"{path}: has no column of names: call it one of {_COLUMNS['name']}")
    return found


def _parse(smiles: str) -> Structure:
    """Return the parent structure; ValueError with the reason where there is none."""
    if not smiles.strip():
        raise ValueError("no SMILES is given")
    with rdBase.BlockLogs():
        parameters = Chem.SmilesParserParams()
        # The Drug Repurposing Hub has extensions that RDKit does not know ("THB:…").
        parameters.strictCXSMILES = False
        molecule = Chem.MolFromSmiles(smiles, parameters)
        if molecule is None:
            raise ValueError(f"not a valid structure: {_fault(smiles)}")
        try:
            molecule = rdMolStandardize.Cleanup(molecule)
            molecule = rdMolStandardize.FragmentParent(molecule, skipStandardize=True)
            molecule = rdMolStandardize.Uncharger().uncharge(molecule)
            Chem.SanitizeMol(molecule)
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"not a valid structure: {' '.join(str(error).split())}") from error
        inchikey = Chem.MolToInchiKey(molecule)
        if not inchikey:
            raise ValueError("no InChIKey: the structure has a wildcard or an unknown atom")
        return Structure(molecule, Chem.MolToSmiles(molecule), inchikey)


def _fault(smiles: str) -> str:
    molecule = Chem.MolFromSmiles(smiles.split()[0], sanitize=False)
    if molecule is None:
        return "the SMILES cannot be parsed"
    problems = Chem.DetectChemistryProblems(molecule)
    return " ".join(problems[0].Message().split()) if problems else "it cannot be sanitised"


def _describe(structure: Structure) -> dict[str, float | int | bool | str]:
    molecule = structure.molecule
    with rdBase.BlockLogs():
        weight, logp = Descriptors.MolWt(molecule), Crippen.MolLogP(molecule)
        donors, acceptors = Lipinski.NumHDonors(molecule), Lipinski.NumHAcceptors(molecule)
        scaffold = MurckoScaffold.GetScaffoldForMol(molecule)
        values = (
            weight,
            logp,
            rdMolDescriptors.CalcTPSA(molecule),
            donors,
            acceptors,
            rdMolDescriptors.CalcNumRotatableBonds(molecule),
            QED.qed(molecule),
            sum([weight > 500, logp > 5, donors > 5, acceptors > 10]),
            _pains().HasMatch(molecule),
            Chem.MolToSmiles(scaffold),
        )
    return dict(zip(DESCRIPTORS, values, strict=True))


@cache
def _pains() -> FilterCatalog:
    return FilterCatalog(FilterCatalogParams(FilterCatalogParams.FilterCatalogs.PAINS))
