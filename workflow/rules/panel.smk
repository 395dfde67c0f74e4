"""The panel of a comparison and the frozen model of each of its diseases.

Needs: shared/{comparison}/genes.tsv, discovery cohorts.
Makes: panel/{comparison}/{votes,panel}.tsv, panel/{comparison}/{disease}/model.json.
"""


rule select_panel:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
        genes="<study>/shared/{comparison}/genes.tsv",
    output:
        votes="<study>/panel/{comparison}/votes.tsv",
        panel=report(
            "<study>/panel/{comparison}/panel.tsv",
            caption="../report/panel.rst",
            category="5 Panel",
            labels={"cohort": "{comparison}", "item": "panel"},
        ),
        figure=report(
            "<study>/panel/{comparison}/votes.svg",
            caption="../report/panel.rst",
            category="5 Panel",
            labels={"cohort": "{comparison}", "item": "votes"},
        ),
    log:
        "<logs>/select_panel/{comparison}.log",
    benchmark:
        "<benchmarks>/select_panel/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        seed=SEED,
        code=source_hash("select_panel"),
    message:
        "Selecting the panel of comparison {wildcards.comparison}"
    script:
        "../scripts/select_panel.py"


rule fit_model:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
        panel="<study>/panel/{comparison}/panel.tsv",
    output:
        model="<study>/panel/{comparison}/{disease}/model.json",
    log:
        "<logs>/fit_model/{comparison}/{disease}.log",
    benchmark:
        "<benchmarks>/fit_model/{comparison}/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        seed=SEED,
        code=source_hash("fit_model"),
    message:
        "Fitting the model of {wildcards.disease} for comparison {wildcards.comparison}"
    script:
        "../scripts/fit_model.py"
