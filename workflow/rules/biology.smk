"""What the shared genes do: gene sets, interactions, immune cells, cell types, subtypes.

Needs: shared/{comparison}/genes.tsv, panel, discovery cohorts; genesets, biology.* of the config.
Makes: biology/{comparison}/{enrichment,interactions,cell_types}.tsv,
biology/{disease}/{immune,subtypes}.tsv. What the config does not give is not made; the report says
what would enable it.
"""


rule enrich_genes:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
        genesets=STUDY.config["genesets"],
        names=GENE_NAMES,
    output:
        table=report(
            "<study>/biology/{comparison}/enrichment.tsv",
            caption="../report/enrichment.rst",
            category="7 Biology",
            labels={"cohort": "{comparison}", "item": "enrichment"},
        ),
    log:
        "<logs>/enrich_genes/{comparison}.log",
    benchmark:
        "<benchmarks>/enrich_genes/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        family=STUDY.config["candidates"]["restrict_to"],
        code=source_hash("enrich_genes"),
    message:
        "Asking which gene sets the shared genes of {wildcards.comparison} belong to"
    script:
        "../scripts/enrich_genes.py"


rule link_genes:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
        panel="<study>/panel/{comparison}/panel.tsv",
        interactions=lambda wildcards: STUDY.config["biology"]["interactions"] or [],
        names=GENE_NAMES,
    output:
        edges="<study>/biology/{comparison}/interactions.tsv",
        nodes="<study>/biology/{comparison}/network.tsv",
        figure=report(
            "<study>/biology/{comparison}/network.svg",
            caption="../report/network.rst",
            category="7 Biology",
            labels={"cohort": "{comparison}", "item": "interactions"},
        ),
    log:
        "<logs>/link_genes/{comparison}.log",
    benchmark:
        "<benchmarks>/link_genes/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        min_score=STUDY.config["biology"]["min_score"],
        seed=SEED,
        code=source_hash("link_genes"),
    message:
        "Linking the shared genes of {wildcards.comparison} by known interactions"
    script:
        "../scripts/link_genes.py"


rule score_immune:
    input:
        unpack(lambda wildcards: cohort_files(of_disease(wildcards))),
        genesets=lambda wildcards: STUDY.config["biology"]["immune"] or [],
        names=GENE_NAMES,
    output:
        table=report(
            "<study>/biology/{disease}/immune.tsv",
            caption="../report/immune.rst",
            category="7 Biology",
            labels={"cohort": "{disease}", "item": "immune cells"},
        ),
        scores="<study>/biology/{disease}/immune_scores.parquet",
    log:
        "<logs>/score_immune/{disease}.log",
    benchmark:
        "<benchmarks>/score_immune/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        rows=lambda wildcards: rows_of(of_disease(wildcards)),
        code=source_hash("score_immune"),
    message:
        "Scoring immune cells in {wildcards.disease}"
    script:
        "../scripts/score_immune.py"


rule find_subtypes:
    input:
        unpack(lambda wildcards: cohort_files(of_disease(wildcards))),
        candidates="<study>/diseases/{disease}/candidates.tsv",
    output:
        table="<study>/biology/{disease}/subtypes.tsv",
        choice="<study>/biology/{disease}/subtype_choice.tsv",
    log:
        "<logs>/find_subtypes/{disease}.log",
    benchmark:
        "<benchmarks>/find_subtypes/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        rows=lambda wildcards: rows_of(of_disease(wildcards)),
        seed=SEED,
        code=source_hash("find_subtypes"),
    message:
        "Looking for subtypes of {wildcards.disease}"
    script:
        "../scripts/find_subtypes.py"


rule locate_genes:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
        cells=lambda wildcards: STUDY.config["biology"]["single_cell"] or [],
    output:
        table="<study>/biology/{comparison}/cell_types.tsv",
    log:
        "<logs>/locate_genes/{comparison}.log",
    benchmark:
        "<benchmarks>/locate_genes/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=16000,
        runtime=60,
    params:
        cell_type=STUDY.config["biology"]["cell_type"],
        code=source_hash("locate_genes"),
    message:
        "Locating the shared genes of {wildcards.comparison} in single cells"
    script:
        "../scripts/locate_genes.py"
