"""Compounds that would reverse the shared signature.

Needs: shared/{comparison}/genes.tsv, compounds.* of the config.
Makes: resources/signatures/{reference}/…, compounds/{comparison}/{scores.parquet,
candidates.tsv, candidates.sdf, mechanisms.tsv}.
"""


rule index_signatures:
    input:
        reference=lambda wildcards: STUDY.config["compounds"]["reference"] or [],
        genes=lambda wildcards: STUDY.config["compounds"]["genes"] or [],
        signatures=lambda wildcards: STUDY.config["compounds"]["signatures"] or [],
        names=GENE_NAMES,
    output:
        folder=directory("resources/signatures/{reference}"),
    log:
        "<logs>/index_signatures/{reference}.log",
    benchmark:
        "<benchmarks>/index_signatures/{reference}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 4
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        release=STUDY.config["compounds"]["release"],
        code=source_hash("index_signatures"),
    message:
        "Indexing the signatures of {wildcards.reference}"
    script:
        "../scripts/index_signatures.py"


rule match_compounds:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
        store=f"resources/signatures/{REFERENCE}",
    output:
        scores="<study>/compounds/{comparison}/scores.parquet",
        compounds="<study>/compounds/{comparison}/compounds.tsv",
        query="<study>/compounds/{comparison}/query.json",
    log:
        "<logs>/match_compounds/{comparison}.log",
    benchmark:
        "<benchmarks>/match_compounds/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        settings=STUDY.config["compounds"],
        seed=SEED,
        code=source_hash("match_compounds"),
    message:
        "Matching compounds to the shared signature of {wildcards.comparison}"
    script:
        "../scripts/match_compounds.py"


rule annotate_compounds:
    input:
        compounds="<study>/compounds/{comparison}/compounds.tsv",
        panel="<study>/panel/{comparison}/panel.tsv",
        structures=STUDY.config["compounds"]["structures"],
    output:
        table=report(
            "<study>/compounds/{comparison}/candidates.tsv",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "candidates"},
        ),
        unreadable="<study>/compounds/{comparison}/unreadable_structures.tsv",
        structures="<study>/compounds/{comparison}/candidates.sdf",
        mechanisms="<study>/compounds/{comparison}/mechanisms.tsv",
        figure=report(
            "<study>/compounds/{comparison}/candidates.svg",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "scores"},
        ),
    log:
        "<logs>/annotate_compounds/{comparison}.log",
    benchmark:
        "<benchmarks>/annotate_compounds/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=SEED,
        code=source_hash("annotate_compounds"),
    message:
        "Annotating the compounds of {wildcards.comparison}"
    script:
        "../scripts/annotate_compounds.py"
