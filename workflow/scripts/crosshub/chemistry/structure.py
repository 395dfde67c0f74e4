"""One structure for each compound: without salt and charge, by a stated policy."""

from dataclasses import dataclass
from functools import cache

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

STEREO = ("keep", "ignore")
# The standard InChI knows no larger molecule.
MOST_ATOMS = 1023
CARBON = 6
# The canonical tautomer takes up to minutes where nothing bounds the search.
MOST_TRANSFORMS, MOST_TAUTOMERS = 200, 200
# What is counter-ion though it may have more atoms than the drug beside it. Smaller ones are told
# by their size.
COUNTER_IONS = {
    "pamoic acid": "OC(=O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O",
    "xinafoic acid": "OC(=O)c1ccc2ccccc2c1O",
    "trifenatic acid": "OC(=O)C(c1ccccc1)(c1ccccc1)c1ccccc1",
    "ditoluoyl tartaric acid": "Cc1ccc(cc1)C(=O)OC(C(=O)O)C(OC(=O)c1ccc(C)cc1)C(=O)O",
    "dibenzoyl tartaric acid": "OC(=O)C(OC(=O)c1ccccc1)C(OC(=O)c1ccccc1)C(=O)O",
    "tosylic acid": "Cc1ccc(cc1)S(=O)(=O)O",
    "besylic acid": "OS(=O)(=O)c1ccccc1",
    "napsylic acid": "OS(=O)(=O)c1ccc2ccccc2c1",
    "napadisylic acid": "OS(=O)(=O)c1cccc2c(S(=O)(=O)O)cccc12",
    "camsylic acid": "CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2",
    "tartaric acid": "OC(=O)C(O)C(O)C(=O)O",
    "citric acid": "OC(=O)CC(O)(CC(=O)O)C(=O)O",
    "gluconic acid": "OCC(O)C(O)C(O)C(O)C(=O)O",
    "glucoheptonic acid": "OCC(O)C(O)C(O)C(O)C(O)C(=O)O",
    "lactobionic acid": "OCC1OC(OC(C(O)CO)C(O)C(O)C(=O)O)C(O)C(O)C1O",
    "mucic acid": "OC(=O)C(O)C(O)C(O)C(O)C(=O)O",
    "laurylsulfuric acid": "CCCCCCCCCCCCOS(=O)(=O)O",
    "stearic acid": "CCCCCCCCCCCCCCCCCC(=O)O",
    "palmitic acid": "CCCCCCCCCCCCCCCC(=O)O",
    "lysine": "NCCCCC(N)C(=O)O",
    "arginine": "NC(=N)NCCCC(N)C(=O)O",
    "meglumine": "CNCC(O)C(O)C(O)C(O)CO",
    "benzathine": "C(CNCc1ccccc1)NCc1ccccc1",
    "dicyclohexylamine": "C1CCC(CC1)NC1CCCCC1",
    "hexafluorophosphate": "F[P-](F)(F)(F)(F)F",
}
# Atomic numbers of the metals outside groups 1 and 2: Al, Sc to Ge, Y to Sb, La to Po, Ac to Lr.
_METALS = frozenset({13, *range(21, 33), *range(39, 52), *range(57, 85), *range(89, 104)})


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
    removed
        SMILES of what was taken away (salts, solvents, other components), joined by a dot.
    """

    molecule: Chem.Mol
    smiles: str
    inchikey: str
    removed: str = ""


def standardise(smiles: str, *, tautomers: bool = False, stereo: str = "keep") -> Structure | None:
    """Return the parent structure; None where `parse` finds none.

    Parameters
    ----------
    smiles, tautomers, stereo
        As `parse`.

    References
    ----------
    Bento et al. 2020, Journal of Cheminformatics 12:51 (why salts and charges are removed).
    """
    try:
        return parse(smiles, tautomers=tautomers, stereo=stereo)
    except ValueError:
        return None


def parse(smiles: str, *, tautomers: bool = False, stereo: str = "keep") -> Structure:
    """Return the parent structure: cleaned up, the drug without its salt, uncharged.

    Of several components the largest that is no known counter-ion is kept; stereoisomers that are
    given together are one compound of unstated stereochemistry. Metals of the groups 1 and 2 go;
    a compound of another metal is kept whole, and so is one without carbon, for there is no drug
    in it beside the salt.

    Parameters
    ----------
    smiles
        SMILES; of an extension after a blank (CXSMILES), what RDKit knows is used.
    tautomers
        Make the canonical tautomer (milliseconds to seconds a molecule). Otherwise two tautomers
        that the standard InChI does not merge stay two compounds.
    stereo
        ``keep``: enantiomers are different compounds; ``ignore``: stereochemistry is removed.

    Raises
    ------
    ValueError
        If there is no structure or no InChIKey of it, with the reason.
    """
    if not smiles.strip():
        raise ValueError("no SMILES is given")
    with rdBase.BlockLogs():
        molecule = _read(smiles)
        try:
            molecule, removed = _parent(molecule)
            if tautomers:
                molecule = _tautomers(stereo).Canonicalize(molecule)
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"not a valid structure: {_line(error)}") from error
        if stereo == "ignore":
            Chem.RemoveStereochemistry(molecule)
        inchikey = Chem.MolToInchiKey(molecule)
        if not inchikey:
            raise ValueError("no InChIKey: the structure has a wildcard or an unknown atom")
        text = Chem.MolToSmiles(molecule)
        # What is written has to be read again, by the descriptors and by others.
        if Chem.MolFromSmiles(text) is None:
            raise ValueError("not a valid structure: its standardised form cannot be read")
        return Structure(molecule, text, inchikey, removed)


def _read(smiles: str) -> Chem.Mol:
    text, _, extension = smiles.strip().partition(" ")
    # RDKit reads up to the first sign that it does not know: "C is carbon" would be methane.
    if not text.isascii() or (extension and not extension.strip().startswith("|")):
        raise ValueError("not a valid structure: text that is no SMILES")
    parameters = Chem.SmilesParserParams()
    # The Drug Repurposing Hub has extensions that RDKit does not know ("THB:…").
    parameters.strictCXSMILES = False
    molecule = Chem.MolFromSmiles(smiles, parameters)
    if molecule is None:
        raise ValueError(f"not a valid structure: {_fault(smiles)}")
    if molecule.GetNumAtoms() > MOST_ATOMS:
        raise ValueError(f"no InChIKey: more than {MOST_ATOMS:,} atoms")
    if not molecule.GetNumAtoms():
        raise ValueError("not a valid structure: it has no atoms")
    return molecule


def _parent(molecule: Chem.Mol) -> tuple[Chem.Mol, str]:
    elements = {atom.GetAtomicNum() for atom in molecule.GetAtoms()}
    if elements & _METALS or CARBON not in elements:
        return molecule, ""
    molecule = rdMolStandardize.Cleanup(molecule)
    removed = ""
    if len(Chem.GetMolFrags(molecule)) > 1:
        molecule, removed = _without_salt(molecule)
    molecule = _uncharger().uncharge(molecule)
    Chem.SanitizeMol(molecule)
    return molecule, removed


def _without_salt(molecule: Chem.Mol) -> tuple[Chem.Mol, str]:
    fragments = list(Chem.GetMolFrags(molecule, asMols=True))
    smiles = [Chem.MolToSmiles(fragment) for fragment in fragments]
    flat = [_flat(fragment) for fragment in fragments]
    # By what makes a drug: carbon, no counter-ion, size; then by text, so that order tells nothing.
    ranked = sorted(
        range(len(fragments)),
        key=lambda i: (
            any(atom.GetAtomicNum() == CARBON for atom in fragments[i].GetAtoms()),
            flat[i] not in _counter_ions(),
            fragments[i].GetNumAtoms(),
            Chem.rdMolDescriptors.CalcExactMolWt(fragments[i]),
            smiles[i],
        ),
        reverse=True,
    )
    kept = fragments[ranked[0]]
    isomers = {smiles[i] for i in ranked if flat[i] == flat[ranked[0]]}
    # Two charge states of one compound are no isomers; flat structures are uncharged.
    if len({_uncharged(text) for text in isomers}) > 1:
        Chem.RemoveStereochemistry(kept)
    others = sorted({smiles[i] for i in ranked if flat[i] != flat[ranked[0]]})
    return kept, ".".join(others)


def _flat(fragment: Chem.Mol) -> str:
    """Return the SMILES of a component without charge and stereochemistry."""
    flat = _uncharger().uncharge(fragment)
    Chem.RemoveStereochemistry(flat)
    return Chem.MolToSmiles(flat)


def _uncharged(smiles: str) -> str:
    return Chem.MolToSmiles(_uncharger().uncharge(Chem.MolFromSmiles(smiles)))


@cache
def _counter_ions() -> frozenset[str]:
    return frozenset(_flat(Chem.MolFromSmiles(smiles)) for smiles in COUNTER_IONS.values())


@cache
def _uncharger() -> rdMolStandardize.Uncharger:
    return rdMolStandardize.Uncharger()


@cache
def _tautomers(stereo: str) -> rdMolStandardize.TautomerEnumerator:
    enumerator = rdMolStandardize.TautomerEnumerator()
    enumerator.SetMaxTransforms(MOST_TRANSFORMS)
    enumerator.SetMaxTautomers(MOST_TAUTOMERS)
    # By default a centre beside a carbonyl loses its stereochemistry: warfarin's enantiomers would
    # be one compound, whatever the policy says.
    enumerator.SetRemoveSp3Stereo(stereo == "ignore")
    enumerator.SetRemoveBondStereo(stereo == "ignore")
    return enumerator


def _fault(smiles: str) -> str:
    molecule = Chem.MolFromSmiles(smiles.split()[0], sanitize=False)
    if molecule is None:
        return "the SMILES cannot be parsed"
    problems = Chem.DetectChemistryProblems(molecule)
    return " ".join(problems[0].Message().split()) if problems else "it cannot be sanitised"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
