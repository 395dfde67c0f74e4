"""Activity against targets, predicted from structure.

Needs: tables of measured compounds (`qsar` of the config); compounds/{comparison}/candidates.tsv
for the scores. Makes: qsar/{target}/{compounds,left_out,performance,scrambled,domain}.tsv,
predictions.parquet, verdict.json and a figure; qsar/{target}/{comparison}/candidates.tsv.
"""


rule train_activity:
    input:
        activities=lambda wildcards: STUDY.activities[wildcards.target]["activities"],
    output:
        compounds="<study>/qsar/{target}/compounds.tsv",
        left_out="<study>/qsar/{target}/left_out.tsv",
        performance="<study>/qsar/{target}/performance.tsv",
        scrambled="<study>/qsar/{target}/scrambled.tsv",
        domain="<study>/qsar/{target}/domain.tsv",
        predictions="<study>/qsar/{target}/predictions.parquet",
        verdict="<study>/qsar/{target}/verdict.json",
        figure=report(
            "<study>/qsar/{target}/activity.svg",
            caption="../report/activity.rst",
            category="8 Compounds",
            labels={"cohort": "{target}", "item": "predicted activity"},
        ),
    log:
        "<logs>/train_activity/{target}.log",
    benchmark:
        "<benchmarks>/train_activity/{target}.tsv"
    wildcard_constraints:
        target=r"[a-z][a-z0-9_]*",
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        # A compound is 2,054 numbers, copied for each fit, and some hundred bytes of the table.
        mem_mb=lambda wildcards, input: 4000 + round(100 * input.size_mb),
        runtime=480,
    params:
        # A measured compound and a candidate are one by the same rules.
        item=lambda wildcards: STUDY.activities[wildcards.target]
        | {key: STUDY.config["compounds"][key] for key in ("tautomers", "stereo")},
        seed=SEED,
        code=source_hash("train_activity"),
    message:
        "Testing a model of activity against {wildcards.target}"
    script:
        "../scripts/train_activity.py"


rule score_activity:
    input:
        candidates="<study>/compounds/{comparison}/candidates.tsv",
        compounds="<study>/qsar/{target}/compounds.tsv",
        left_out="<study>/qsar/{target}/left_out.tsv",
        domain="<study>/qsar/{target}/domain.tsv",
    output:
        table=report(
            "<study>/qsar/{target}/{comparison}/candidates.tsv",
            caption="../report/activity.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "activity against {target}"},
        ),
    log:
        "<logs>/score_activity/{target}/{comparison}.log",
    benchmark:
        "<benchmarks>/score_activity/{target}/{comparison}.tsv"
    wildcard_constraints:
        target=r"[a-z][a-z0-9_]*",
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        model=lambda wildcards: STUDY.activities[wildcards.target]["model"],
        seed=SEED,
        code=source_hash("score_activity"),
    message:
        "Predicting the activity of the candidates of {wildcards.comparison} against {wildcards.target}"
    script:
        "../scripts/score_activity.py"
