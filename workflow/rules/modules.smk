"""Co-expression modules of each disease, what they are tied to, and whether they are preserved.

Needs: the discovery cohorts of a disease; all other cohorts for preservation.
Makes: diseases/{disease}/{modules.tsv, eigengenes.parquet, soft_threshold.tsv, module_traits.tsv,
gene_significance.tsv, preservation.tsv}; shared/{comparison}/consensus{,_modules,_powers}.tsv.
"""


rule build_modules:
    input:
        unpack(lambda wildcards: cohort_files(STUDY.cohorts)),
    output:
        modules="<study>/diseases/{disease}/modules.tsv",
        eigengenes="<study>/diseases/{disease}/eigengenes.parquet",
        soft_threshold="<study>/diseases/{disease}/soft_threshold.tsv",
        traits="<study>/diseases/{disease}/module_traits.tsv",
        significance="<study>/diseases/{disease}/gene_significance.tsv",
        preservation="<study>/diseases/{disease}/preservation.tsv",
        summary="<study>/diseases/{disease}/modules.json",
        figure=report(
            "<study>/diseases/{disease}/modules.svg",
            caption="../report/modules.rst",
            category="3 Modules",
            labels={"cohort": "{disease}", "item": "modules"},
        ),
    log:
        "<logs>/build_modules/{disease}.log",
    benchmark:
        "<benchmarks>/build_modules/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=120,
    params:
        rows=rows_of(STUDY.cohorts),
        settings=STUDY.config["modules"],
        seed=SEED,
        code=source_hash("build_modules"),
    message:
        "Building the modules of {wildcards.disease}"
    script:
        "../scripts/build_modules.py"


rule build_consensus:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
    output:
        genes="<study>/shared/{comparison}/consensus.tsv",
        modules="<study>/shared/{comparison}/consensus_modules.tsv",
        powers="<study>/shared/{comparison}/consensus_powers.tsv",
    log:
        "<logs>/build_consensus/{comparison}.log",
    benchmark:
        "<benchmarks>/build_consensus/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 6000 * attempt,
        runtime=240,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        settings=STUDY.config["modules"],
        seed=SEED,
        code=source_hash("build_consensus"),
    message:
        "Building the consensus modules of comparison {wildcards.comparison}"
    script:
        "../scripts/build_consensus.py"
