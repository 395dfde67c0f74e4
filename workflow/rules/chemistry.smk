"""Compounds as chemistry: one identity for each, neighbours, scaffolds of the hits.

Needs: compounds.structures and prepare.gene_names of the config; compounds/{comparison}/candidates.tsv.
Makes: compounds/{structures.tsv, unreadable_structures.tsv, identities.tsv,
structure_conflicts.tsv, known.tsv, structures.json}, compounds/{comparison}/{neighbours.tsv,
scaffolds.tsv, scaffolds.svg}.
"""


rule standardise_structures:
    input:
        tables=STUDY.config["compounds"]["structures"],
        names=GENE_NAMES,
    output:
        table="<study>/compounds/structures.tsv",
        unreadable="<study>/compounds/unreadable_structures.tsv",
        identities="<study>/compounds/identities.tsv",
        conflicts="<study>/compounds/structure_conflicts.tsv",
        known="<study>/compounds/known.tsv",
        summary="<study>/compounds/structures.json",
    log:
        "<logs>/standardise_structures.log",
    benchmark:
        "<benchmarks>/standardise_structures.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 4
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        tautomers=STUDY.config["compounds"]["tautomers"],
        stereo=STUDY.config["compounds"]["stereo"],
        known=STUDY.config["compounds"]["known"],
        code=source_hash("standardise_structures"),
    message:
        "Standardising the structures of the compounds"
    script:
        "../scripts/standardise_structures.py"


rule compare_structures:
    input:
        candidates="<study>/compounds/{comparison}/candidates.tsv",
    output:
        neighbours="<study>/compounds/{comparison}/neighbours.tsv",
        scaffolds="<study>/compounds/{comparison}/scaffolds.tsv",
        figure=report(
            "<study>/compounds/{comparison}/scaffolds.svg",
            caption="../report/scaffolds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "scaffolds"},
        ),
    log:
        "<logs>/compare_structures/{comparison}.log",
    benchmark:
        "<benchmarks>/compare_structures/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        fdr=STUDY.config["compounds"]["hit_fdr"],
        code=source_hash("compare_structures"),
    message:
        "Comparing the structures of the compounds of {wildcards.comparison}"
    script:
        "../scripts/compare_structures.py"
