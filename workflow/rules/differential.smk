"""Differential expression of each cohort, and of each disease over its discovery cohorts.

Needs: expression, samples, identity. Makes: cohorts/{cohort}/differential.tsv,
diseases/{disease}/differential.tsv.
"""


rule fit_differential:
    input:
        unpack(lambda wildcards: cohort_files([wildcards.cohort])),
    output:
        table="<study>/cohorts/{cohort}/differential.tsv",
        figure=report(
            "<study>/cohorts/{cohort}/volcano.svg",
            caption="../report/volcano.rst",
            category="2 Differential expression",
            labels={"cohort": "{cohort}", "item": "volcano"},
        ),
    log:
        "<logs>/fit_differential/{cohort}.log",
    benchmark:
        "<benchmarks>/fit_differential/{cohort}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        rows=lambda wildcards: rows_of([wildcards.cohort]),
        fdr=STUDY.config["candidates"]["fdr"],
        code=source_hash("fit_differential"),
    message:
        "Testing the genes of {wildcards.cohort}"
    script:
        "../scripts/fit_differential.py"


rule combine_cohorts:
    input:
        unpack(lambda wildcards: cohort_files(of_disease(wildcards))),
        tables=lambda wildcards: collect(
            "<study>/cohorts/{cohort}/differential.tsv", cohort=of_disease(wildcards)
        ),
    output:
        table=report(
            "<study>/diseases/{disease}/differential.tsv",
            caption="../report/differential.rst",
            category="2 Differential expression",
            labels={"cohort": "{disease}", "item": "combined"},
        ),
        figure=report(
            "<study>/diseases/{disease}/forest.svg",
            caption="../report/forest.rst",
            category="2 Differential expression",
            labels={"cohort": "{disease}", "item": "forest plot"},
        ),
    log:
        "<logs>/combine_cohorts/{disease}.log",
    benchmark:
        "<benchmarks>/combine_cohorts/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        cohorts=of_disease,
        rows=lambda wildcards: rows_of(of_disease(wildcards)),
        method=STUDY.config["combine"]["method"],
        drawn=16,
        code=source_hash("combine_cohorts"),
    message:
        "Combining the cohorts of {wildcards.disease}"
    script:
        "../scripts/combine_cohorts.py"
