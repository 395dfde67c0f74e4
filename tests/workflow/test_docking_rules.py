"""Docking in the workflow: what it asks of the config, and its rules on a small protein."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from crosshub import docking
from crosshub.config import complete, read_schema
from crosshub.docking import lacking_extras
from crosshub.errors import ConfigError
from crosshub.study import read_study
from crosshub.tables import read_json, read_table, write_table
from rdkit import Chem
from rdkit.Chem import AllChem

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "workflow" / "schemas"
RULES = ["fetch_structure", "redock_ligand", "dock_compounds"]
BOX = {"center": [0, 0, 0], "size": [20, 20, 20]}
GOOD = {"gene": "ABL1", "structure": "1iep", "box": BOX}


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """Read a study with these items of docking; return the lines of its mistakes."""
    monkeypatch.chdir(tmp_path)
    Path("x.pdb").write_text("x")
    Path("datasets.tsv").write_text(
        "cohort\taccession\tplatform\tdisease\trole\tcase\tcontrol\n"
        "one\tGSE1\tGPL1\tflu\tdiscovery\tstate=flu\tstate=well\n"
    )

    def run(*items, reference="x.pdb"):
        config = {"study": "mine", "datasets": "datasets.tsv", "docking": list(items)}
        config["compounds"] = {"reference": reference}
        try:
            read_study(config, *(read_schema(SCHEMAS / f"{n}.schema.yaml") for n in
                                 ("config", "datasets")))  # fmt: skip
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return run


@pytest.mark.parametrize(
    "item",
    [
        GOOD,
        GOOD | {"structure": "x.pdb"},
        GOOD | {"ligand": "x.pdb", "box": None},
        GOOD | {"ligand": "STI", "smiles": "CCO", "box": None, "exhaustiveness": 32},
    ],
)
def test_good_items(lines, item):
    assert lines(item) == []


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (GOOD | {"structure": "no.pdb"}, "config.docking[0].structure: no file 'no.pdb'"),
        (GOOD | {"ligand": "no.sdf"}, "config.docking[0].ligand: no file 'no.sdf'"),
        (GOOD | {"box": None}, "config.docking 'ABL1': give a ligand or a box"),
        (GOOD | {"ligand": "STI"}, "config.docking 'ABL1': a residue does not tell its bonds"),
        (GOOD | {"smiles": "CCO"}, "config.docking 'ABL1': smiles goes with a residue name"),
        (GOOD | {"gene": "../ABL1"}, "config.docking.0.gene: '../ABL1' is not allowed here"),
        (
            GOOD | {"ligand": "x.pdb", "box": {"center": [1, 2], "size": [9, 9, 9]}},
            "config.docking.0.box.center",
        ),
        (GOOD | {"structure": "x{1}.pdb"}, "'x{1}.pdb' has one of { } < >"),
        (GOOD | {"ligand": "<x>.sdf"}, "docking[0].ligand: '<x>.sdf' has one of { } < >"),
        (GOOD | {"exhaustivness": 3}, "did you mean 'exhaustiveness'?"),
        ({"gene": "ABL1"}, "config.docking.0: 'structure' is missing; add it"),
    ],
)
def test_mistakes(lines, item, line):
    found = lines(item)
    assert len(found) == 1
    assert line in found[0]


def test_mistakes_of_all_items(lines):
    assert "the gene 'ABL1' occurs twice" in lines(GOOD, GOOD)[0]
    assert "give compounds.reference" in lines(GOOD, reference=None)[0]
    other = GOOD | {"gene": "SRC", "structure": "1IEP"}
    assert lines(GOOD, other) == []
    found = lines(GOOD, other | {"url": "https://elsewhere.org"})
    assert len(found) == 1
    assert "config.docking 'SRC': 1IEP has another url" in found[0]


def test_items_are_filled_in():
    schema = read_schema(SCHEMAS / "config.schema.yaml")
    item = complete({"study": "x", "datasets": "x", "docking": [GOOD]}, schema)["docking"][0]
    assert item["top"] == 20
    assert item["box"] == BOX
    assert item["ligand"] == item["smiles"] == ""


def peptide():
    """Return a small protein as PDB text, with the last line of an entry."""
    molecule = Chem.AddHs(Chem.MolFromSequence("GAWSGAG"))
    AllChem.EmbedMolecule(molecule, randomSeed=4)
    return Chem.MolToPDBBlock(Chem.RemoveHs(molecule), flavor=4 | 8)


@pytest.fixture
def study(tmp_path, small_study):
    """A study whose drug list is there, and a mirror of one structure."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "1ABC.pdb").write_text(peptide())
    item = {
        "gene": "ABL1",
        "structure": "1abc",
        "url": f"file://{tmp_path}/mirror",
        "box": {"center": [0, 0, 0], "size": [16, 16, 16]},
        "exhaustiveness": 1,
        "poses": 2,
        "top": 3,
        "decoys": 1,
    }
    path = small_study(tmp_path)
    config = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(config | {"docking": [item]}))
    smiles = ["CCO", "", "c1ccccc1O", "CC(=O)N", "CCCO", "c1ccccc1N"]
    table = pd.DataFrame({"rank": range(1, 7), "name": list("abcdef"), "smiles": smiles})
    table["inchikey"] = [f"{name}{'X' * 13}-{name}" for name in "abcdef"]
    write_table(table, tmp_path / "results" / "small" / "compounds" / "all" / "candidates.tsv")
    return path


@pytest.mark.workflow
@pytest.mark.skipif(bool(lacking_extras()), reason=lacking_extras() or "all there")
def test_the_rules_on_a_small_protein(tmp_path, snakemake, study):
    options = ["--allowed-rules", *RULES]
    target = "results/small/docking/all/ABL1/scores.tsv"
    folder, own = (tmp_path / target).parent, tmp_path / "results/small/docking/ABL1"
    made = {}
    for cores in (1, 2):
        done = snakemake(tmp_path, study, cores=cores, targets=[target], options=options)
        assert done.returncode == 0, done.stdout + done.stderr
        files = [own / name for name in ("control.json", "receptor.pdbqt")]
        files += [folder / name for name in ("scores.tsv", "poses.sdf", "scores.svg")]
        made[cores] = {file: file.read_bytes() for file in files}
        for file in files:
            file.unlink()
    assert made[1] == made[2]
    for file, content in made[1].items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    assert (tmp_path / "resources" / "structures" / "1ABC.pdb.source.json").is_file()
    control = read_json(own / "control.json")
    assert control["control_passed"] is None
    assert control["hydrogens"] == "added"
    table = read_table(folder / "scores.tsv").set_index("name")
    assert sorted(table.index[table["role"] == "candidate"]) == ["a", "b", "c"]
    # The nearest in size to ethanol.
    assert table.loc[table["role"] == "decoy", "heavy_atoms"].tolist() == [4]
    assert table.loc["b", "reason"] == "no structure is known"
    assert (table["affinity"].dropna() < 0).all()
    assert table["affinity"].notna().sum() == 3


@pytest.mark.workflow
@pytest.mark.skipif(bool(lacking_extras()), reason=lacking_extras() or "all there")
def test_a_ligand_is_docked_back_to_where_it_was(tmp_path, snakemake, study):
    """The pose that Vina finds is given as that of the crystal: then it has to be found again."""
    crystal, own = tmp_path / "crystal.sdf", tmp_path / "results/small/docking/ABL1"
    start = docking.fresh_conformer("Cc1ccc(O)cc1", 5)
    docking.write_poses([(start, {"name": "cresol"})], crystal)
    config = yaml.safe_load(study.read_text())
    config["docking"][0]["ligand"] = str(crystal)
    study.write_text(yaml.safe_dump(config))
    found = []
    for _ in range(2):
        done = snakemake(
            tmp_path,
            study,
            targets=["results/small/docking/ABL1/control.json"],
            options=["--allowed-rules", *RULES],
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found.append(read_json(own / "control.json"))
        pose = next(iter(Chem.SDMolSupplier(str(own / "control.sdf"))))
        assert float(pose.GetProp("rmsd")) == found[-1]["rmsd"]
        docking.write_poses([(pose, {"name": "cresol"})], crystal)
    assert found[0]["ligand"] == found[1]["ligand"] == "cresol"
    assert found[0]["control_passed"] is (found[0]["rmsd"] <= docking.LIMIT)
    assert found[1]["control_passed"] is True
    assert found[1]["rmsd"] < 0.5
    assert "The control passed" in found[1]["statement"]


@pytest.mark.workflow
@pytest.mark.skipif(bool(lacking_extras()), reason=lacking_extras() or "all there")
def test_the_control_is_docked_once_for_all_comparisons(tmp_path, snakemake, study):
    config = yaml.safe_load(study.read_text())
    config["comparisons"] = [{"name": "all"}, {"name": "again"}]
    study.write_text(yaml.safe_dump(config))
    done = snakemake(tmp_path, study, dry=True, targets=["docking"])
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
    assert (jobs["redock_ligand"], jobs["dock_compounds"]) == ("1", "2")


@pytest.mark.workflow
@pytest.mark.skipif(not lacking_extras(), reason="the extras are installed")
def test_without_the_extras_the_run_ends_at_its_start_with_one_line(tmp_path, snakemake, study):
    done = snakemake(tmp_path, study, dry=True, targets=["docking"])
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len([line for line in lines if "make docking" in line]) == 1
    assert "Traceback" not in done.stderr
