"""The audit of published panels.

Needs: a table of panels; all cohorts. Makes: audit/panels.tsv and its figure.
"""


rule audit_panels:
    input:
        unpack(lambda wildcards: cohort_files(STUDY.cohorts)),
        differential=collect(
            "<study>/cohorts/{cohort}/differential.tsv", cohort=STUDY.cohorts
        ),
        panels=STUDY.config["audit"]["panels"]
        or f"{ROOT}/resources/published_panels.tsv",
        names=GENE_NAMES,
    output:
        table=report(
            "<study>/audit/panels.tsv",
            caption="../report/audit.rst",
            category="6 Evaluation",
            labels={"cohort": "all", "item": "audit of published panels"},
        ),
        figure=report(
            "<study>/audit/panels.svg",
            caption="../report/audit.rst",
            category="6 Evaluation",
            labels={"cohort": "all", "item": "audit of published panels"},
        ),
    log:
        "<logs>/audit_panels.log",
    benchmark:
        "<benchmarks>/audit_panels.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        rows=rows_of(STUDY.cohorts),
        settings={"folds": STUDY.config["evaluation"]["folds"]}
        | {
            key: value
            for key, value in STUDY.config["audit"].items()
            if key != "panels"
        },
        seed=SEED,
        code=source_hash("audit_panels"),
    message:
        "Auditing published panels"
    script:
        "../scripts/audit_panels.py"
