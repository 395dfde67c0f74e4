"""Writing a whole simulated study to a folder."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.simulate import activities, compounds, knowledge
from crosshub.simulate.biology import Biology, plant_biology, truth_of
from crosshub.simulate.series import ORIGINAL, PLANS, draw_people, write_geo
from crosshub.tables import sha256, write_json, write_table

MANIFEST = "simulation.json"
COHORTS = (
    ("a_discovery", "GSE99000001", "disease_a", "discovery"),
    ("a_validation", "GSE99000002", "disease_a", "validation"),
    ("b_discovery", "GSE99000001", "disease_b", "discovery"),
    ("b_validation", "GSE99000003", "disease_b", "validation"),
    ("c_discovery", "GSE99000004", "disease_c", "discovery"),
    ("c_validation", "GSE99000005", "disease_c", "validation"),
)


def simulate_study(
    folder: str | Path,
    *,
    seed: int,
    genes: int = 2400,
    samples_per_group: int = 30,
    signatures: int = 2000,
    effect: float = 1.5,
    shared_all: int = 40,
    shared_two: int = 20,
    own: int = 60,
) -> None:
    """Write a simulated study of three diseases whose truth is known.

    Five series in GEO's formats and layout (``geo/``) with six cohorts (``datasets.tsv``), gene
    sets, protein interactions, compound signatures and structures, activities against a target
    (``activities.csv``), and what was planted (``truth.tsv``). One control is in two series under
    two accessions. ``simulation.json`` is written last, so that its presence says that the folder
    is whole.

    Parameters
    ----------
    folder
        Where to write; files of an earlier simulation there are replaced.
    seed
        Same seed and same sizes give the same bytes.
    genes
        Number of genes.
    samples_per_group
        Cases, and controls, of each series.
    signatures
        Number of compound signatures.
    effect
        Mean size of the planted changes in standard deviations; 0 plants nothing.
    shared_all, shared_two, own
        Genes changed alike in all three diseases; in two (for each of two pairs); in one (for
        each disease). The genes of one module come to those of disease_a.

    Raises
    ------
    DataError
        If the planted genes and the modules do not fit into `genes`.
    """
    sizes = {
        "genes": genes,
        "samples_per_group": samples_per_group,
        "signatures": signatures,
        "effect": effect,
        "shared_all": shared_all,
        "shared_two": shared_two,
        "own": own,
    }
    # Each part has its own random numbers, so that the size of one leaves the others alone.
    rngs = iter(np.random.default_rng(seed).spawn(6))
    biology = plant_biology(
        next(rngs),
        genes=genes,
        effect=effect,
        shared_all=shared_all,
        shared_two=shared_two,
        own=own,
    )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)

    people = draw_people(samples_per_group, next(rngs))
    written = write_geo(folder / "geo", biology, people, next(rngs))
    write_table(_cohort_table(), folder / "datasets.tsv")
    rng = next(rngs)
    knowledge.write_gmt(knowledge.draw_gene_sets(biology, rng), folder / "genesets.gmt")
    knowledge.write_gmt(knowledge.draw_immune_sets(biology, rng), folder / "immune.gmt")
    write_table(knowledge.draw_interactions(biology, rng), folder / "interactions.tsv")
    drawn = _write_compounds(folder, biology, next(rngs), signatures)
    _write_activities(folder, next(rngs), effect)
    write_table(_truth(biology, people, drawn), folder / "truth.tsv")
    tables = ("datasets", "structures", "interactions", "truth")
    written += [folder / f"{name}.tsv" for name in tables]
    others = ("genesets.gmt", "immune.gmt", "signatures.gctx", "activities.csv")
    written += [folder / name for name in others]
    hashes = {path.relative_to(folder).as_posix(): sha256(path) for path in written}
    write_json({"seed": seed, "parameters": sizes, "files": hashes}, folder / MANIFEST)


def _cohort_table() -> pd.DataFrame:
    plans = {plan.accession: plan for plan in PLANS}
    rows: list[Iterable[str]] = []
    for cohort, accession, disease, role in COHORTS:
        plan = plans[accession]
        case, control = f"{plan.key}={disease}", f"{plan.key}={plan.healthy}"
        kind = "counts" if plan.counts else "array"
        rows.append((cohort, accession, plan.platform, disease, role, case, control, kind))
    columns = ["cohort", "accession", "platform", "disease", "role", "case", "control", "kind"]
    return pd.DataFrame(rows, columns=columns)


def _write_compounds(
    folder: Path, biology: Biology, rng: np.random.Generator, signatures: int
) -> compounds.Signatures:
    structures = compounds.read_structures()
    names = list(structures["name"])
    drawn = compounds.draw_signatures(biology, rng, names=names, signatures=signatures)
    compounds.write_gctx(drawn, biology, folder / "signatures.gctx")
    table = compounds.draw_compound_table(structures, drawn, biology, rng)
    write_table(table, folder / "structures.tsv")
    return drawn


def _write_activities(folder: Path, rng: np.random.Generator, effect: float) -> None:
    """Write invented compounds with planted activities, and every third drug as a weak one."""
    planted = float(effect > 0)
    table = activities.draw_activities(rng, compounds=120, effect=planted)
    drugs = compounds.read_structures().iloc[::3][["name", "smiles"]]
    drugs = drugs.assign(activity=rng.normal(6 - planted, 0.5, len(drugs)))
    activities.write_chembl(pd.concat([table, drugs]), folder / "activities.csv")


def _truth(biology: Biology, people: pd.DataFrame, drawn: compounds.Signatures) -> pd.DataFrame:
    original = people.index[(people["twin"] != "") & (people["accession"] == ORIGINAL)][0]
    rows = [("duplicate", original, people.loc[original, "twin"])]
    rows += [("reverser", name, "shared_all") for name in drawn.reversers]
    rows += [("mimicker", name, "shared_all") for name in drawn.mimickers]
    table = truth_of(biology)
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
