"""Descriptors of a structure: size, polarity, rules of thumb for drugs, alerts, scaffold."""

import pandas as pd
from rdkit import Chem, rdBase
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors
from rdkit.Chem.Scaffolds import MurckoScaffold

from crosshub.chemistry import alerts
from crosshub.chemistry.structure import parse

DESCRIPTORS = (
    "molecular_weight",
    "logp",
    "tpsa",
    "h_bond_donors",
    "h_bond_acceptors",
    "rotatable_bonds",
    "fraction_sp3",
    "qed",
    "lipinski_violations",
    "veber_violations",
    "pains",
    "brenk",
    "alerts",
    "scaffold",
)


def describe(molecule: Chem.Mol) -> dict[str, float | int | bool | str]:
    """Return the descriptors of a standardised molecule.

    Returns
    -------
    dict
        molecular_weight (g/mol), logp (Crippen), tpsa (Å²), h_bond_donors, h_bond_acceptors,
        rotatable_bonds, fraction_sp3 (of the carbon atoms), qed, lipinski_violations (0 to 4),
        veber_violations (0 to 2: more than 10 rotatable bonds, TPSA above 140 Å²), pains and
        brenk (true where a filter matches), alerts (the filters, joined by ``|``), scaffold
        (Murcko, SMILES without stereochemistry; empty without rings).

    References
    ----------
    Bickerton et al. 2012, Nature Chemistry 4:90 (QED); Lipinski et al. 1997, Advanced Drug
    Delivery Reviews 23:3; Veber et al. 2002, Journal of Medicinal Chemistry 45:2615; Bemis and
    Murcko 1996, Journal of Medicinal Chemistry 39:2887 (scaffolds).
    """
    with rdBase.BlockLogs():
        weight, logp = Descriptors.MolWt(molecule), Crippen.MolLogP(molecule)
        donors, acceptors = Lipinski.NumHDonors(molecule), Lipinski.NumHAcceptors(molecule)
        tpsa = rdMolDescriptors.CalcTPSA(molecule)
        rotatable = rdMolDescriptors.CalcNumRotatableBonds(molecule)
        disturbing, unwanted = alerts.pains(molecule), alerts.brenk(molecule)
        values = (
            weight,
            logp,
            tpsa,
            donors,
            acceptors,
            rotatable,
            rdMolDescriptors.CalcFractionCSP3(molecule),
            QED.qed(molecule),
            sum([weight > 500, logp > 5, donors > 5, acceptors > 10]),
            sum([rotatable > 10, tpsa > 140]),
            bool(disturbing),
            bool(unwanted),
            "|".join(disturbing + unwanted),
            scaffold(molecule),
        )
    return dict(zip(DESCRIPTORS, values, strict=True))


def scaffold(molecule: Chem.Mol) -> str:
    """Return the Murcko scaffold as SMILES without stereochemistry; empty without rings."""
    found = MurckoScaffold.GetScaffoldForMol(molecule)
    Chem.RemoveStereochemistry(found)
    return Chem.MolToSmiles(found)


def describe_structures(
    table: pd.DataFrame, *, tautomers: bool = False, stereo: str = "keep"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return identity and descriptors of each structure, and what could not be read.

    Parameters
    ----------
    table
        Columns name and smiles; others are carried along.
    tautomers, stereo
        As `structure.parse`.

    Returns
    -------
    DataFrame
        name, smiles (of the parent), inchikey, the columns of `describe`, and the other columns of
        `table`.
    DataFrame
        name, smiles (as given), reason, and the other columns of `table`.
    """
    others = [name for name in table.columns if name not in {"name", "smiles"}]
    described, failed = [], []
    smiles = table["smiles"].astype(str).mask(table["smiles"].isna(), "")
    for row in table.assign(smiles=smiles).to_dict("records"):
        extra = {name: row[name] for name in others}
        try:
            structure = parse(row["smiles"], tautomers=tautomers, stereo=stereo)
        except ValueError as error:
            reason = str(error)
            failed.append({"name": row["name"], "smiles": row["smiles"], "reason": reason, **extra})
            continue
        identity = {"smiles": structure.smiles, "inchikey": structure.inchikey}
        values = describe(structure.molecule)
        described.append({"name": row["name"], **identity, **values, **extra})
    return (
        pd.DataFrame(described, columns=["name", "smiles", "inchikey", *DESCRIPTORS, *others]),
        pd.DataFrame(failed, columns=["name", "smiles", "reason", *others]),
    )
