"""The study and what rules ask of it. The only rule file with functions.

Needs: the config and the table of cohorts. Makes: STUDY, wildcard constraints, input functions.
"""

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub import config as crosshub_config
from crosshub import provenance
from crosshub.errors import ConfigError, CrosshubError
from crosshub.inputs import GeoFiles
from crosshub.study import read_study
from crosshub.study_checks import study_files

_simulation = config.get("simulation")
SIMULATED = _simulation.get("folder") if isinstance(_simulation, dict) else None
# What is fetched from a simulated mirror is kept apart from what GEO itself gave.
GEO = f"{SIMULATED}/fetched" if SIMULATED else "resources/geo"


def _read_study():
    """Check config, table and label rules; end with one line for each mistake."""
    schemas = ROOT / "workflow" / "schemas"
    try:
        found = read_study(
            config,
            crosshub_config.read_schema(schemas / "config.schema.yaml"),
            crosshub_config.read_schema(schemas / "datasets.schema.yaml"),
        )
        files = GeoFiles(
            GEO,
            found.config["geo"]["base_url"],
            {item["accession"]: item for item in found.config["geo"]["counts"]},
            {
                item["platform"]: item["path"]
                for item in found.config["prepare"]["annotations"]
            },
        )
        wrong = files.mistakes(found.rows, mirror_is_there=not SIMULATED)
        if wrong:
            raise ConfigError("\n".join(wrong))
    except CrosshubError as error:
        # A raised error would come with lines about this file, which is not where the mistake is.
        print(error, file=sys.stderr)
        sys.exit(1)
    return found, files


STUDY, FILES = _read_study()
SEED = STUDY.config["seed"]
GENE_NAMES = (
    STUDY.config["prepare"]["gene_names"] or f"{ROOT}/resources/gene_names.tsv.gz"
)
REFERENCE = provenance.reference_name(STUDY.config)


wildcard_constraints:
    accession=r"GSE\d+(-GPL\d+)?",
    platform=r"GPL\d+",
    stub=r"G(SE|PL)\d*nnn",
    plain=r"GSE\d+",
    cohort=r"[A-Za-z][A-Za-z0-9_]*",
    disease=r"[a-z][a-z0-9_]*",
    comparison=r"[a-z][a-z0-9_]*",
    batch=r"\d+",


def source_hash(rule):
    """Hash of a rule's script and of the package behind it; see provenance.source_hash."""
    return provenance.source_hash(ROOT / "workflow" / "scripts" / f"{rule}.py")


def simulated_first(wildcards):
    """Files that are fetched from a simulated mirror wait for the simulation."""
    return [f"{SIMULATED}/simulation.json"] if SIMULATED else []


def series_of(wildcards):
    return FILES.series(STUDY.cohorts[wildcards.cohort])


def annotation_of(wildcards):
    return FILES.annotation(STUDY.cohorts[wildcards.cohort])


def counts_of(wildcards):
    return FILES.counts(STUDY.cohorts[wildcards.cohort])


def matrix_of(wildcards):
    """What of a row decides how the values of its series are read."""
    row = STUDY.cohorts[wildcards.cohort]
    kept = {
        key: row[key] for key in ("cohort", "accession", "platform", "kind", "scale")
    }
    return kept | {"recipe": FILES.recipe(row)}


def cohort_files(names):
    """Inputs from which loading.load_cohorts reads these cohorts."""
    return {
        "expression": [f"<study>/cohorts/{name}/genes.parquet" for name in names],
        "counts": [f"<study>/cohorts/{name}/counts.parquet" for name in names],
        "samples": [f"<study>/cohorts/{name}/samples.tsv" for name in names],
        "identity": "<study>/identity.tsv",
    }


def rows_of(names):
    """Rows of datasets.tsv, as params: a change of a row re-runs what uses it."""
    return [STUDY.cohorts[n] | STUDY.treatment for n in names]


def of_disease(wildcards):
    return STUDY.cohorts_of(wildcards.disease, role="discovery")


def of_comparison(wildcards, role=None):
    return STUDY.cohorts_of(
        *STUDY.comparisons[wildcards.comparison]["diseases"], role=role
    )


def background_of(wildcards):
    """Tables of the diseases outside a comparison, which tell what is common to all."""
    names = STUDY.outside(wildcards.comparison)
    return [f"<study>/diseases/{name}/differential.tsv" for name in names]


def procedure_of(wildcards):
    """What discover.Procedure is made of."""
    sections = {
        name: STUDY.config[name]
        for name in ("combine", "candidates", "modules", "shared", "panel")
    }
    return (
        {"comparison": wildcards.comparison, "family": STUDY.family}
        | STUDY.comparisons[wildcards.comparison]
        | sections
    )


def batch_units(wildcards):
    """The (kind, name) that one batch of the evaluation has to do."""
    size = STUDY.config["evaluation"]["batch_size"]
    start = int(wildcards.batch) * size
    return STUDY.evaluation_units(wildcards.comparison)[start : start + size]


def batch_files(wildcards):
    folder = f"<study>/evaluation/{wildcards.comparison}/batches"
    batches = STUDY.evaluation_batches(wildcards.comparison)
    return {
        "batches": [f"{folder}/{batch}.predictions.parquet" for batch in batches],
        "selections": [f"{folder}/{batch}.selection.parquet" for batch in batches],
        "random_panels": [f"{folder}/{batch}.random.parquet" for batch in batches],
        "skipped": [f"{folder}/{batch}.skipped.parquet" for batch in batches],
    }


def biology_files():
    """End points of the biology stage, as far as the config gives what they need."""
    settings = STUDY.config["biology"]
    files = [f"<study>/biology/{name}/subtypes.tsv" for name in STUDY.diseases]
    if settings["immune"]:
        files += [f"<study>/biology/{name}/immune.tsv" for name in STUDY.diseases]
    for comparison in STUDY.comparisons:
        folder = f"<study>/biology/{comparison}"
        if STUDY.config["genesets"]:
            files.append(f"{folder}/enrichment.tsv")
        if settings["interactions"]:
            files.append(f"{folder}/network.tsv")
        if settings["single_cell"]:
            files.append(f"{folder}/cell_types.tsv")
    return files


def compound_files():
    return STUDY.compounds_found if REFERENCE else []


def report_files():
    """Everything that the report shows."""
    files = [f"<study>/cohorts/{name}/qc.tsv" for name in STUDY.cohorts]
    files += [f"<study>/cohorts/{name}/differential.tsv" for name in STUDY.cohorts]
    files += [f"<study>/diseases/{name}/candidates.tsv" for name in STUDY.diseases]
    for name in STUDY.comparisons:
        made = ("overlap.tsv", "network_genes.tsv", "batches.svg")
        files += [f"<study>/shared/{name}/{file}" for file in made]
        files += STUDY.evaluated(name)
    files += [f"<study>/shared/{name}/consensus.tsv" for name in STUDY.with_consensus]
    files += ["<study>/inputs.tsv", "<study>/identity.tsv", "<study>/run/versions.tsv"]
    if SIMULATED and "all" in STUDY.comparisons:
        files.append("<study>/truth_recovery.tsv")
    return files + biology_files() + compound_files() + STUDY.docked + STUDY.predicted
