"""Every selector with every classifier, and what choosing the best of them costs.

Needs: discovery cohorts. Makes: evaluation/{comparison}/combinations.{tsv,json,svg}, if the config
asks for it. `try_combinations` fans out over the repeats of the cross-validation.
"""


rule try_combinations:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
    output:
        temp("<study>/evaluation/{comparison}/combinations/{batch}.parquet"),
    log:
        "<logs>/try_combinations/{comparison}/{batch}.log",
    benchmark:
        "<benchmarks>/try_combinations/{comparison}/{batch}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=480,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        combinations=STUDY.config["evaluation"]["combinations"],
        folds=STUDY.config["evaluation"]["folds"],
        seed=SEED,
        code=source_hash("try_combinations"),
    message:
        "Trying combinations in comparison {wildcards.comparison}, repeat {wildcards.batch}"
    script:
        "../scripts/try_combinations.py"


rule judge_combinations:
    input:
        lambda wildcards: collect(
            "<study>/evaluation/{comparison}/combinations/{batch}.parquet",
            comparison=wildcards.comparison,
            batch=range(STUDY.config["evaluation"]["repeats"]),
        ),
    output:
        table="<study>/evaluation/{comparison}/combinations.tsv",
        winners="<study>/evaluation/{comparison}/combinations.json",
        figure=report(
            "<study>/evaluation/{comparison}/combinations.svg",
            caption="../report/combinations.rst",
            category="6 Evaluation",
            labels={"cohort": "{comparison}", "item": "combinations"},
        ),
    log:
        "<logs>/judge_combinations/{comparison}.log",
    benchmark:
        "<benchmarks>/judge_combinations/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        seed=SEED,
        code=source_hash("judge_combinations"),
    message:
        "Judging the combinations of comparison {wildcards.comparison}"
    script:
        "../scripts/judge_combinations.py"
