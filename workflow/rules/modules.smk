"""Co-expression modules of each disease, what they are tied to, and whether they are preserved.

Needs: the discovery cohorts of a disease; all other cohorts for preservation.
Makes: diseases/{disease}/{modules.tsv, eigengenes.parquet, soft_threshold.tsv, module_traits.tsv,
preservation.tsv}.
"""


rule build_modules:
    input:
        unpack(lambda wildcards: cohort_files(STUDY.cohorts)),
    output:
        modules="<study>/diseases/{disease}/modules.tsv",
        eigengenes="<study>/diseases/{disease}/eigengenes.parquet",
        soft_threshold="<study>/diseases/{disease}/soft_threshold.tsv",
        traits="<study>/diseases/{disease}/module_traits.tsv",
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
