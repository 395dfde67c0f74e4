"""Docking of the drug list into the proteins of genes (optional; needs AutoDock Vina and Meeko).

Needs: compounds/{comparison}/candidates.tsv, docking of the config.
Makes: resources/structures/{id}.pdb, docking/{gene}/{control.json, control.sdf, receptor.pdbqt},
docking/{comparison}/{gene}/{scores.tsv, poses.sdf, scores.svg}.
"""

# With conda the extras are in the environment of the rules, not in this one.
_WITH_CONDA = "conda" in map(str, workflow.deployment_settings.deployment_method)
if STUDY.config["docking"] and not _WITH_CONDA:
    # Here, because RDKit comes with it: a study without docking need not wait for that.
    from crosshub.docking.extras import lacking_extras

    if lacking_extras():
        print(lacking_extras(), file=sys.stderr)
        sys.exit(1)

DOCKING = {item["gene"]: item for item in STUDY.config["docking"]}
# What each rule reads of an item: a change of the number of decoys docks no control again.
SEARCH_KEYS = ["gene", "exhaustiveness", "poses"]
CONTROL_KEYS = [*SEARCH_KEYS, "structure", "ligand", "smiles", "box", "margin"]
SCORE_KEYS = [*SEARCH_KEYS, "top", "decoys"]


wildcard_constraints:
    gene="|".join(map(re.escape, DOCKING)) or "(?!)",
    structure=r"[0-9][A-Z0-9]{3}",


localrules:
    fetch_structure,


rule fetch_structure:
    output:
        structure=update("resources/structures/{structure}.pdb"),
        source=update("resources/structures/{structure}.pdb.source.json"),
    log:
        "<logs>/fetch_structure/{structure}.log",
    benchmark:
        "<benchmarks>/fetch_structure/{structure}.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        mirror=lambda wildcards: {
            "base_url": STUDY.structures[wildcards.structure],
            "slots": "resources/structures/.slots",
        },
    message:
        "Fetching the structure {wildcards.structure}"
    script:
        "../scripts/fetch_structure.py"


rule redock_ligand:
    input:
        structure=lambda wildcards: STUDY.structure_file(DOCKING[wildcards.gene]),
        ligand=lambda wildcards: STUDY.ligand_file(DOCKING[wildcards.gene]),
    output:
        control="<study>/docking/{gene}/control.json",
        poses="<study>/docking/{gene}/control.sdf",
        receptor="<study>/docking/{gene}/receptor.pdbqt",
    log:
        "<logs>/redock_ligand/{gene}.log",
    benchmark:
        "<benchmarks>/redock_ligand/{gene}.tsv"
    conda:
        "../../envs/docking.yaml"
    threads: 4
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        item=lambda wildcards: {k: DOCKING[wildcards.gene][k] for k in CONTROL_KEYS},
        seed=SEED,
        code=source_hash("redock_ligand"),
    message:
        "Docking the ligand of the crystal back into {wildcards.gene}"
    script:
        "../scripts/redock_ligand.py"


rule dock_compounds:
    input:
        candidates="<study>/compounds/{comparison}/candidates.tsv",
        control="<study>/docking/{gene}/control.json",
        receptor="<study>/docking/{gene}/receptor.pdbqt",
    output:
        scores=report(
            "<study>/docking/{comparison}/{gene}/scores.tsv",
            caption="../report/docking.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "docking into {gene}"},
        ),
        poses="<study>/docking/{comparison}/{gene}/poses.sdf",
        figure=report(
            "<study>/docking/{comparison}/{gene}/scores.svg",
            caption="../report/docking.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "docking scores, {gene}"},
        ),
    log:
        "<logs>/dock_compounds/{comparison}/{gene}.log",
    benchmark:
        "<benchmarks>/dock_compounds/{comparison}/{gene}.tsv"
    conda:
        "../../envs/docking.yaml"
    threads: 4
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        item=lambda wildcards: {k: DOCKING[wildcards.gene][k] for k in SCORE_KEYS},
        seed=SEED,
        code=source_hash("dock_compounds"),
    message:
        "Docking the compounds of {wildcards.comparison} into {wildcards.gene}"
    script:
        "../scripts/dock_compounds.py"
