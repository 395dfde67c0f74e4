"""Compounds that would reverse the shared signature, each disease's own, and that of each module.

Needs: shared/{comparison}/genes.tsv, diseases/{disease}/{differential,modules,module_traits,
candidates}.tsv, panel/{comparison}/panel.tsv, compounds/{structures,known}.tsv; compounds.* and
biology.{interactions,min_score} of the config, the gene names of prepare.
Makes: resources/signatures/{reference}/…, compounds/recall.tsv,
compounds/{comparison}/{queries,asked,left_out,compounds,agreement,multi_disease,mechanisms,
target_matches,candidates}.tsv, {scores,cells}.parquet, candidates.sdf,
{agreement,candidates,cells}.svg.
"""

import re

# Which signatures count, and what they are asked: of the rest of the section the random queries
# know nothing, and a change of it must not run them again.
CHOICE = ("cells", "min_tas", "quality", "exemplars")
QUESTION = ("query_size", "queries", "permutations")


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
    # The folder of this reference and nothing else: a table of the user may lie beside it.
    wildcard_constraints:
        reference=re.escape(REFERENCE) or "(?!)",
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


rule measure_recall:
    input:
        store=f"resources/signatures/{REFERENCE}",
        structures="<study>/compounds/structures.tsv",
    output:
        table="<study>/compounds/recall.tsv",
    log:
        "<logs>/measure_recall.log",
    benchmark:
        "<benchmarks>/measure_recall.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings={
            name: STUDY.config["compounds"][name]
            for name in (*CHOICE, "recall_queries")
        },
        seed=SEED,
        code=source_hash("measure_recall"),
    message:
        "Measuring how often compounds find themselves again in the reference"
    script:
        "../scripts/measure_recall.py"


rule match_compounds:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
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
        structures="<study>/compounds/structures.tsv",
        store=f"resources/signatures/{REFERENCE}",
    output:
        scores="<study>/compounds/{comparison}/scores.parquet",
        cells="<study>/compounds/{comparison}/cells.parquet",
        compounds="<study>/compounds/{comparison}/compounds.tsv",
        queries="<study>/compounds/{comparison}/queries.tsv",
        asked="<study>/compounds/{comparison}/asked.tsv",
        left_out="<study>/compounds/{comparison}/left_out.tsv",
    log:
        "<logs>/match_compounds/{comparison}.log",
    benchmark:
        "<benchmarks>/match_compounds/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=480,
    params:
        settings={name: STUDY.config["compounds"][name] for name in CHOICE + QUESTION},
        diseases=lambda wildcards: STUDY.comparisons[wildcards.comparison]["diseases"],
        fdr=STUDY.config["candidates"]["fdr"],
        trait_fdr=STUDY.config["modules"]["trait_fdr"],
        seed=SEED,
        code=source_hash("match_compounds"),
    message:
        "Matching compounds to the signatures of {wildcards.comparison}"
    script:
        "../scripts/match_compounds.py"


rule compare_scores:
    input:
        scores="<study>/compounds/{comparison}/scores.parquet",
    output:
        table="<study>/compounds/{comparison}/agreement.tsv",
        figure=report(
            "<study>/compounds/{comparison}/agreement.svg",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "agreement of scores"},
        ),
    log:
        "<logs>/compare_scores/{comparison}.log",
    benchmark:
        "<benchmarks>/compare_scores/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=source_hash("compare_scores"),
    message:
        "Comparing the connectivity scores of {wildcards.comparison}"
    script:
        "../scripts/compare_scores.py"


rule match_targets:
    input:
        genes="<study>/shared/{comparison}/genes.tsv",
        candidates=lambda wildcards: collect(
            "<study>/diseases/{disease}/candidates.tsv",
            disease=STUDY.comparisons[wildcards.comparison]["diseases"],
        ),
        panel="<study>/panel/{comparison}/panel.tsv",
        interactions=STUDY.config["biology"]["interactions"] or [],
        structures="<study>/compounds/structures.tsv",
        table="<study>/compounds/{comparison}/candidates.tsv",
    output:
        table="<study>/compounds/{comparison}/target_matches.tsv",
    log:
        "<logs>/match_targets/{comparison}.log",
    benchmark:
        "<benchmarks>/match_targets/{comparison}.tsv"
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        min_score=STUDY.config["biology"]["min_score"],
        code=source_hash("match_targets"),
    message:
        "Matching panel and hub genes of {wildcards.comparison} to the targets of compounds"
    script:
        "../scripts/match_targets.py"


rule annotate_compounds:
    input:
        compounds="<study>/compounds/{comparison}/compounds.tsv",
        cells="<study>/compounds/{comparison}/cells.parquet",
        panel="<study>/panel/{comparison}/panel.tsv",
        interactions=STUDY.config["biology"]["interactions"] or [],
        structures="<study>/compounds/structures.tsv",
        drugs="<study>/compounds/known.tsv",
    output:
        table=report(
            "<study>/compounds/{comparison}/candidates.tsv",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "candidates"},
        ),
        several="<study>/compounds/{comparison}/multi_disease.tsv",
        structures="<study>/compounds/{comparison}/candidates.sdf",
        mechanisms="<study>/compounds/{comparison}/mechanisms.tsv",
        figure=report(
            "<study>/compounds/{comparison}/candidates.svg",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "scores"},
        ),
        cells=report(
            "<study>/compounds/{comparison}/cells.svg",
            caption="../report/compounds.rst",
            category="8 Compounds",
            labels={"cohort": "{comparison}", "item": "cell lines"},
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
        plan=lambda wildcards: STUDY.comparisons[wildcards.comparison],
        min_score=STUDY.config["biology"]["min_score"],
        distance=STUDY.config["compounds"]["cluster_distance"],
        fdr=STUDY.config["compounds"]["hit_fdr"],
        seed=SEED,
        code=source_hash("annotate_compounds"),
    message:
        "Annotating the compounds of {wildcards.comparison}"
    script:
        "../scripts/annotate_compounds.py"
