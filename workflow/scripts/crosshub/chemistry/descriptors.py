"""Descriptors of a structure: size, polarity, rules of thumb for drugs, alerts, scaffold."""

from rdkit import Chem, rdBase
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors
from rdkit.Chem.Scaffolds import MurckoScaffold

from crosshub.chemistry import alerts

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
