"""Testing the whole procedure on samples that it has not seen.

Needs: all cohorts of a comparison; its models. Makes: evaluation/{comparison}/{predictions.parquet,
selection.tsv, skipped.tsv, performance.tsv, measures.tsv, added_value.tsv, verdict.json}, and for each disease importance.tsv and
figures. `evaluate` fans out over batches of resamples.
"""


rule evaluate:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards))),
    output:
        predictions=temp(
            "<study>/evaluation/{comparison}/batches/{batch}.predictions.parquet"
        ),
        selection=temp(
            "<study>/evaluation/{comparison}/batches/{batch}.selection.parquet"
        ),
        random_panels=temp(
            "<study>/evaluation/{comparison}/batches/{batch}.random.parquet"
        ),
        skipped=temp("<study>/evaluation/{comparison}/batches/{batch}.skipped.parquet"),
    log:
        "<logs>/evaluate/{comparison}/{batch}.log",
    benchmark:
        "<benchmarks>/evaluate/{comparison}/{batch}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=240,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards)),
        procedure=procedure_of,
        units=batch_units,
        folds=STUDY.config["evaluation"]["folds"],
        random_panels=STUDY.config["evaluation"]["random_panels"],
        seed=SEED,
        code=source_hash("evaluate"),
    message:
        "Evaluating comparison {wildcards.comparison}, batch {wildcards.batch}"
    script:
        "../scripts/evaluate.py"


rule judge_panel:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards))),
        unpack(batch_files),
        models=lambda wildcards: collect(
            "<study>/panel/{comparison}/{disease}/model.json",
            comparison=wildcards.comparison,
            disease=STUDY.comparisons[wildcards.comparison]["diseases"],
        ),
    output:
        predictions="<study>/evaluation/{comparison}/predictions.parquet",
        selection="<study>/evaluation/{comparison}/selection.tsv",
        skipped="<study>/evaluation/{comparison}/skipped.tsv",
        performance=report(
            "<study>/evaluation/{comparison}/performance.tsv",
            caption="../report/performance.rst",
            category="6 Evaluation",
            labels={"cohort": "{comparison}", "item": "performance"},
        ),
        measures="<study>/evaluation/{comparison}/measures.tsv",
        added_value="<study>/evaluation/{comparison}/added_value.tsv",
        verdict="<study>/evaluation/{comparison}/verdict.json",
        figure=report(
            "<study>/evaluation/{comparison}/performance.svg",
            caption="../report/performance.rst",
            category="6 Evaluation",
            labels={"cohort": "{comparison}", "item": "AUC"},
        ),
    log:
        "<logs>/judge_panel/{comparison}.log",
    benchmark:
        "<benchmarks>/judge_panel/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards)),
        diseases=lambda wildcards: STUDY.comparisons[wildcards.comparison]["diseases"],
        seed=SEED,
        code=source_hash("judge_panel"),
    message:
        "Judging the panel of comparison {wildcards.comparison}"
    script:
        "../scripts/judge_panel.py"


rule explain_model:
    input:
        unpack(lambda wildcards: cohort_files(of_disease(wildcards))),
        model="<study>/panel/{comparison}/{disease}/model.json",
        predictions="<study>/evaluation/{comparison}/predictions.parquet",
    output:
        importance="<study>/evaluation/{comparison}/{disease}/importance.tsv",
        contributions=report(
            "<study>/evaluation/{comparison}/{disease}/contributions.svg",
            caption="../report/explain.rst",
            category="6 Evaluation",
            labels={"cohort": "{disease}", "item": "contributions"},
        ),
        nomogram=report(
            "<study>/evaluation/{comparison}/{disease}/nomogram.svg",
            caption="../report/explain.rst",
            category="6 Evaluation",
            labels={"cohort": "{disease}", "item": "nomogram"},
        ),
        calibration=report(
            "<study>/evaluation/{comparison}/{disease}/calibration.svg",
            caption="../report/explain.rst",
            category="6 Evaluation",
            labels={"cohort": "{disease}", "item": "calibration"},
        ),
        benefit=report(
            "<study>/evaluation/{comparison}/{disease}/benefit.svg",
            caption="../report/explain.rst",
            category="6 Evaluation",
            labels={"cohort": "{disease}", "item": "decision curve"},
        ),
    log:
        "<logs>/explain_model/{comparison}/{disease}.log",
    benchmark:
        "<benchmarks>/explain_model/{comparison}/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        rows=lambda wildcards: rows_of(of_disease(wildcards)),
        prevalence=lambda wildcards: STUDY.prevalence.get(wildcards.disease),
        seed=SEED,
        code=source_hash("explain_model"),
    message:
        "Explaining the model of {wildcards.disease} for comparison {wildcards.comparison}"
    script:
        "../scripts/explain_model.py"
