"""What is one compound: salts, charges, metals, tautomers, stereochemistry."""

import pytest
from crosshub.chemistry import parse, standardise

IMATINIB = "Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1"
WARFARIN = "CC(=O)C[{}H](c1ccccc1)c1c(O)c2ccccc2oc1=O"
PAMOATE = "OC(=O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O"
OXANTEL = "CN1CCCN=C1/C=C/c1cccc(O)c1"


def key(smiles, **policy):
    return parse(smiles, **policy).inchikey


@pytest.mark.parametrize(
    ("smiles", "inchikey", "removed"),
    [
        # Keys of the free compounds, as published by PubChem.
        (IMATINIB + ".CS(=O)(=O)O", "KTUFNOKKBVMGRW-UHFFFAOYSA-N", "CS(=O)(=O)O"),
        ("CC(=O)Oc1ccccc1C(=O)[O-].[Na+]", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N", "[Na+]"),
        ("CN(C)C(=N)NC(=N)N.Cl", "XZWYZXLIPXDOLR-UHFFFAOYSA-N", "Cl"),
        ("[Na+].CC(C)Cc1ccc(cc1)C(C)C([O-])=O.O.O", "HEFNNWSXXWATRW-UHFFFAOYSA-N", "O.[Na+]"),
    ],
)
def test_salts_of_known_drugs(smiles, inchikey, removed):
    found = parse(smiles)
    assert found.inchikey == inchikey
    assert found.removed == removed


def test_a_counter_ion_larger_than_the_drug_is_not_the_drug():
    # The largest component of oxantel pamoate is pamoic acid.
    found = parse(f"{OXANTEL}.{PAMOATE}")
    assert found.inchikey == key(OXANTEL)
    assert key(f"{PAMOATE}.{OXANTEL}") == found.inchikey
    # Alone, or with a metal, it is what was given.
    assert key(PAMOATE + ".[Na+].[Na+]") == key(PAMOATE)


@pytest.mark.parametrize(
    ("smiles", "wrong"),
    [
        ("N[Pt](N)(Cl)Cl", "N"),
        ("N[Pt]1(N)OC(=O)C2(CCC2)C(=O)O1", "O=C(O)C1(C(=O)O)CCC1"),
        ("CCP(CC)(CC)=[Au]S[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O",
         "OC[C@H]1O[C@@H](S)[C@H](O)[C@@H](O)[C@@H]1O"),
        ("[Li+].[Cl-]", "Cl"),
    ],
)  # fmt: skip
def test_a_compound_whose_metal_acts_is_kept_whole(smiles, wrong):
    found = parse(smiles)
    assert found.removed == ""
    assert found.inchikey != key(wrong)


def test_metals_that_are_counter_ions_go_even_when_drawn_bonded():
    assert key("CC(=O)Oc1ccccc1C(=O)O[Na]") == key("CC(=O)Oc1ccccc1C(=O)O")
    assert key("CC(=O)O[Ca]OC(C)=O") == key("CC(=O)O")


def test_stereoisomers_given_together_are_of_unstated_stereochemistry():
    left, right = WARFARIN.format("C@"), WARFARIN.format("C@@")
    assert key(f"{left}.{right}") == key(WARFARIN.format("C"))
    assert key(f"{left}.{left}") == key(left)
    # Two charge states of one enantiomer are one compound that keeps its stereochemistry.
    acid = "C[C@H](N)C(=O)O"
    assert key(f"{acid}.C[C@H]([NH3+])C(=O)[O-]") == key(acid)


def test_enantiomers_by_policy():
    left, right, flat = (WARFARIN.format(mark) for mark in ("C@", "C@@", "C"))
    assert len({key(left), key(right), key(flat)}) == 3
    assert {key(one)[:14] for one in (left, right, flat)} == {"PJVWKTKQMONHTI"}
    assert key(flat) == "PJVWKTKQMONHTI-UHFFFAOYSA-N"
    assert {key(one, stereo="ignore") for one in (left, right, flat)} == {key(flat)}
    assert "@" not in parse(left, stereo="ignore").smiles
    assert key("C/C=C/C", stereo="ignore") == key(r"C/C=C\C", stereo="ignore")


def test_tautomers_by_policy():
    # Hydroxypyridine and pyridone are one by the standard InChI, in two spellings.
    hydroxy, pyridone = parse("Oc1ccccn1"), parse("O=c1cccc[nH]1")
    assert hydroxy.inchikey == pyridone.inchikey == "UBQKCCHYAOITMY-UHFFFAOYSA-N"
    assert hydroxy.smiles != pyridone.smiles
    one, two = (parse(s, tautomers=True) for s in ("Oc1ccccn1", "O=c1cccc[nH]1"))
    assert one.smiles == two.smiles
    # A ketone and its enol are two by the standard InChI.
    ketone, enol = "CC(=O)CC(C)=O", "CC(O)=CC(C)=O"
    assert key(ketone) != key(enol)
    assert key(ketone, tautomers=True) == key(enol, tautomers=True)


def test_canonical_tautomers_keep_enantiomers_apart():
    left, right = (key(WARFARIN.format(mark), tautomers=True) for mark in ("C@", "C@@"))
    assert left != right
    alanine = [key(f"C[C{mark}H](N)C(=O)O", tautomers=True) for mark in ("@", "@@")]
    assert alanine[0] != alanine[1]
    ignored = [key(WARFARIN.format(m), tautomers=True, stereo="ignore") for m in ("C@", "C@@")]
    assert ignored[0] == ignored[1]


def test_the_parent_is_its_own_parent():
    for smiles in (IMATINIB + ".CS(=O)(=O)O", f"{OXANTEL}.{PAMOATE}", "C[N+](C)(C)CCO.[Cl-]"):
        found = parse(smiles)
        again = parse(found.smiles)
        assert (again.smiles, again.inchikey, again.removed) == (found.smiles, found.inchikey, "")


def test_reasons():
    for smiles, reason in [
        ("", "no SMILES is given"),
        ("C" * 1024, "more than 1,023 atoms"),
        ("|$;$|", "not a valid structure"),
        ("CC*", "wildcard"),
        # RDKit alone reads methane, iodine and ethanol here.
        ("C\ufffd", "no SMILES"),
        ("I am text", "no SMILES"),
        ("CCO ethanol", "no SMILES"),
    ]:
        with pytest.raises(ValueError, match=reason) as caught:
            parse(smiles)
        assert "\n" not in str(caught.value)
    assert standardise("C" * 1023).inchikey
