"""Candidates of each disease, and the genes that the diseases of a comparison share.

Needs: diseases/{disease}/{differential,modules,module_traits}.tsv.
Makes: diseases/{disease}/candidates.tsv, shared/{comparison}/{genes,overlap,rank_overlap,
rank_map,network_edges,network_genes,batches}.tsv.
"""


rule pick_candidates:
    input:
        differential="<study>/diseases/{disease}/differential.tsv",
        modules="<study>/diseases/{disease}/modules.tsv",
        traits="<study>/diseases/{disease}/module_traits.tsv",
    output:
        table=report(
            "<study>/diseases/{disease}/candidates.tsv",
            caption="../report/candidates.rst",
            category="3 Modules",
            labels={"cohort": "{disease}", "item": "candidates"},
        ),
    log:
        "<logs>/pick_candidates/{disease}.log",
    benchmark:
        "<benchmarks>/pick_candidates/{disease}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=STUDY.config["candidates"],
        trait_fdr=STUDY.config["modules"]["trait_fdr"],
        code=source_hash("pick_candidates"),
    message:
        "Picking the candidates of {wildcards.disease}"
    script:
        "../scripts/pick_candidates.py"


rule find_shared:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
        differential=lambda wildcards: collect(
            "<study>/diseases/{disease}/differential.tsv",
            disease=STUDY.comparisons[wildcards.comparison]["diseases"],
        ),
        modules=lambda wildcards: collect(
            "<study>/diseases/{disease}/modules.tsv",
            disease=STUDY.comparisons[wildcards.comparison]["diseases"],
        ),
        traits=lambda wildcards: collect(
            "<study>/diseases/{disease}/module_traits.tsv",
            disease=STUDY.comparisons[wildcards.comparison]["diseases"],
        ),
        background=background_of,
        prior=STUDY.config["shared"]["common_response"] or [],
        names=GENE_NAMES,
    output:
        genes=report(
            "<study>/shared/{comparison}/genes.tsv",
            caption="../report/shared.rst",
            category="4 Shared genes",
            labels={"cohort": "{comparison}", "item": "genes"},
        ),
        figure=report(
            "<study>/shared/{comparison}/shared.svg",
            caption="../report/shared.rst",
            category="4 Shared genes",
            labels={"cohort": "{comparison}", "item": "effects"},
        ),
    log:
        "<logs>/find_shared/{comparison}.log",
    benchmark:
        "<benchmarks>/find_shared/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        code=source_hash("find_shared"),
    message:
        "Finding the genes shared in comparison {wildcards.comparison}"
    script:
        "../scripts/find_shared.py"


rule compare_overlap:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
    output:
        sizes="<study>/shared/{comparison}/overlap.tsv",
        ranks="<study>/shared/{comparison}/rank_overlap.tsv",
        maps="<study>/shared/{comparison}/rank_map.tsv",
        figure=report(
            "<study>/shared/{comparison}/rank_overlap.svg",
            caption="../report/rank_overlap.rst",
            category="4 Shared genes",
            labels={"cohort": "{comparison}", "item": "rank overlap"},
        ),
    log:
        "<logs>/compare_overlap/{comparison}.log",
    benchmark:
        "<benchmarks>/compare_overlap/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        seed=SEED,
        code=source_hash("compare_overlap"),
    message:
        "Comparing the overlap of {wildcards.comparison} with permuted labels"
    script:
        "../scripts/compare_overlap.py"


rule build_gene_network:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards, "discovery"))),
        genes="<study>/shared/{comparison}/genes.tsv",
    output:
        edges="<study>/shared/{comparison}/network_edges.tsv",
        nodes="<study>/shared/{comparison}/network_genes.tsv",
        figure=report(
            "<study>/shared/{comparison}/network.svg",
            caption="../report/conserved_network.rst",
            category="4 Shared genes",
            labels={"cohort": "{comparison}", "item": "conserved network"},
        ),
    log:
        "<logs>/build_gene_network/{comparison}.log",
    benchmark:
        "<benchmarks>/build_gene_network/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards, "discovery")),
        procedure=procedure_of,
        seed=SEED,
        code=source_hash("build_gene_network"),
    message:
        "Joining the genes that move together in comparison {wildcards.comparison}"
    script:
        "../scripts/build_gene_network.py"


rule draw_batches:
    input:
        unpack(lambda wildcards: cohort_files(of_comparison(wildcards))),
    output:
        table="<study>/shared/{comparison}/batches.tsv",
        figure=report(
            "<study>/shared/{comparison}/batches.svg",
            caption="../report/batches.rst",
            category="1 Data and quality",
            labels={"cohort": "{comparison}", "item": "batches"},
        ),
    log:
        "<logs>/draw_batches/{comparison}.log",
    benchmark:
        "<benchmarks>/draw_batches/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        rows=lambda wildcards: rows_of(of_comparison(wildcards)),
        code=source_hash("draw_batches"),
    message:
        "Drawing the batches of comparison {wildcards.comparison}"
    script:
        "../scripts/draw_batches.py"
