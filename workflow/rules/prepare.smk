"""From fetched files to labelled samples and log2 expression of genes, with quality and identity.

Needs: series matrices, annotations, counts; the rules of the table of cohorts.
Makes: inputs.tsv, cohorts/{cohort}/{samples.tsv, people.tsv, genes.parquet, counts.parquet,
preparation.json, qc.tsv, confounding.tsv}, identity.tsv.
"""


localrules:
    check_inputs,


# No cohort waits for it, since then another row of the table would make every cohort anew (and an
# `ancient` input would hide changes of the code); but it comes first, and the report needs it.
rule check_inputs:
    input:
        matrices=[FILES.series(row) for row in STUDY.rows],
    output:
        table="<study>/inputs.tsv",
    log:
        "<logs>/check_inputs.log",
    benchmark:
        "<benchmarks>/check_inputs.tsv"
    priority: 100
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        rows=list(STUDY.rows),
        code=source_hash("check_inputs"),
    message:
        "Trying the table of cohorts on what was fetched"
    script:
        "../scripts/check_inputs.py"


rule label_samples:
    input:
        matrix=series_of,
    output:
        samples="<study>/cohorts/{cohort}/samples.tsv",
        people="<study>/cohorts/{cohort}/people.tsv",
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
        names=GENE_NAMES,
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
        row=matrix_of,
        code=source_hash("prepare_expression"),
    message:
        "Preparing the expression of {wildcards.cohort}"
    script:
        "../scripts/prepare_expression.py"


rule check_cohort:
    input:
        matrix=series_of,
        expression="<study>/cohorts/{cohort}/genes.parquet",
        samples="<study>/cohorts/{cohort}/samples.tsv",
    output:
        table="<study>/cohorts/{cohort}/qc.tsv",
        confounding="<study>/cohorts/{cohort}/confounding.tsv",
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
        row=lambda wildcards: {
            "covariates": STUDY.cohorts[wildcards.cohort]["covariates"]
        },
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
        people=collect("<study>/cohorts/{cohort}/people.tsv", cohort=STUDY.cohorts),
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
