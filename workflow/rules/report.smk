"""The record of the run and the report.

Needs: the end points of every stage. Makes: run/{config.yaml, datasets.tsv, versions.tsv,
inputs.tsv}, truth_recovery.tsv (simulated studies), report.html.
"""


rule record_run:
    input:
        FILES.all(STUDY.rows),
        collect("resources/structures/{structure}.pdb", structure=STUDY.structures),
        list(study_files(STUDY.config).values()),
    output:
        config="<study>/run/config.yaml",
        datasets="<study>/run/datasets.tsv",
        versions="<study>/run/versions.tsv",
        inputs="<study>/run/inputs.tsv",
    log:
        "<logs>/record_run.log",
    benchmark:
        "<benchmarks>/record_run.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=STUDY.config,
        rows=list(STUDY.cohorts.values()),
        versions=provenance.versions().to_dict("list"),
        code=source_hash("record_run"),
    message:
        "Recording the run"
    script:
        "../scripts/record_run.py"


rule recover_truth:
    input:
        truth=f"{SIMULATED}/truth.tsv" if SIMULATED else [],
        genes="<study>/shared/all/genes.tsv",
        identity="<study>/identity.tsv",
        compounds=lambda wildcards: (
            "<study>/compounds/all/candidates.tsv" if REFERENCE else []
        ),
    output:
        table="<study>/truth_recovery.tsv",
    log:
        "<logs>/recover_truth.log",
    benchmark:
        "<benchmarks>/recover_truth.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=source_hash("recover_truth"),
    message:
        "Comparing what was found with what was planted"
    script:
        "../scripts/recover_truth.py"


rule write_report:
    input:
        report_files(),
        template=workflow.source_path("../report/report.html.jinja"),
    output:
        report="<study>/report.html",
    log:
        "<logs>/write_report.log",
    benchmark:
        "<benchmarks>/write_report.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        config=STUDY.config,
        rows=list(STUDY.cohorts.values()),
        comparisons=STUDY.comparisons,
        code=source_hash("write_report"),
    message:
        "Writing the report"
    script:
        "../scripts/write_report.py"
