"""From fetched files to labelled samples and log2 expression of genes, with quality and identity.

Needs: series matrices, annotations, counts; the rules of the table of cohorts.
Makes: cohorts/{cohort}/{samples.tsv, genes.parquet, counts.parquet, preparation.json, qc.tsv},
identity.tsv.
"""


rule label_samples:
    input:
        matrix=series_of,
    output:
        samples="<study>/cohorts/{cohort}/samples.tsv",
    log:
        "<logs>/label_samples/{cohort}.log",
    benchmark:
        "<benchmarks>/label_samples/{cohort}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        row=lambda wildcards: STUDY.cohorts[wildcards.cohort],
        code=source_hash("label_samples"),
    message:
        "Labelling the samples of {wildcards.cohort}"
    script:
        "../scripts/label_samples.py"


rule prepare_expression:
    input:
        matrix=series_of,
        annotation=annotation_of,
        counts=counts_of,
        samples="<study>/cohorts/{cohort}/samples.tsv",
    output:
        expression="<study>/cohorts/{cohort}/genes.parquet",
        counts="<study>/cohorts/{cohort}/counts.parquet",
        preparation="<study>/cohorts/{cohort}/preparation.json",
    log:
        "<logs>/prepare_expression/{cohort}.log",
    benchmark:
        "<benchmarks>/prepare_expression/{cohort}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=STUDY.config["prepare"],
        kind=lambda wildcards: STUDY.cohorts[wildcards.cohort]["kind"],
        code=source_hash("prepare_expression"),
    message:
        "Preparing the expression of {wildcards.cohort}"
    script:
        "../scripts/prepare_expression.py"


rule check_cohort:
    input:
        expression="<study>/cohorts/{cohort}/genes.parquet",
        samples="<study>/cohorts/{cohort}/samples.tsv",
    output:
        table="<study>/cohorts/{cohort}/qc.tsv",
        figure=report(
            "<study>/cohorts/{cohort}/qc.svg",
            caption="../report/qc.rst",
            category="1 Data and quality",
            labels={"cohort": "{cohort}", "item": "quality"},
        ),
    log:
        "<logs>/check_cohort/{cohort}.log",
    benchmark:
        "<benchmarks>/check_cohort/{cohort}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        code=source_hash("check_cohort"),
    message:
        "Checking the quality of {wildcards.cohort}"
    script:
        "../scripts/check_cohort.py"


rule find_identity:
    input:
        expression=collect(
            "<study>/cohorts/{cohort}/genes.parquet", cohort=STUDY.cohorts
        ),
        samples=collect("<study>/cohorts/{cohort}/samples.tsv", cohort=STUDY.cohorts),
    output:
        table="<study>/identity.tsv",
    log:
        "<logs>/find_identity.log",
    benchmark:
        "<benchmarks>/find_identity.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        cohorts=list(STUDY.cohorts),
        settings=STUDY.config["identity"],
        code=source_hash("find_identity"),
    message:
        "Looking for samples that are the same person"
    script:
        "../scripts/find_identity.py"
