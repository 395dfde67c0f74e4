"""Fetching from GEO, a mirror, or a simulated study.

Needs: geo.base_url. Makes: resources/geo/… in NCBI's layout, each file whole, with *.source.json;
on demand (`snakemake -f refresh_gene_names`) resources/hgnc/hgnc_complete_set.txt.
The only rules that touch the network; local, because compute nodes often have none. They try again
by themselves, so that the retries of a profile would only repeat what is not there. `update` keeps
the file of before until the job has compared it with the one that comes.
"""


localrules:
    fetch_series,
    fetch_platform,
    fetch_counts,
    fetch_author_counts,
    fetch_gene_table,
    refresh_gene_names,


# As fetch.Mirror takes it. What is simulated anew is another file, as it should be.
MIRROR = {
    "base_url": STUDY.config["geo"]["base_url"],
    "slots": f"{GEO}/.slots",
    "may_change": bool(SIMULATED),
}


# Authors may have given their file the name under which NCBI's is kept.
ruleorder: fetch_author_counts > fetch_counts


rule fetch_series:
    input:
        simulated_first,
    output:
        matrix=update(
            "<geo>/series/{stub}/{plain}/matrix/{accession}_series_matrix.txt.gz"
        ),
        source=update(
            "<geo>/series/{stub}/{plain}/matrix/{accession}_series_matrix.txt.gz.source.json"
        ),
    log:
        "<logs>/fetch_series/{stub}/{plain}/{accession}.log",
    benchmark:
        "<benchmarks>/fetch_series/{stub}/{plain}/{accession}.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        geo=1,
    params:
        mirror=MIRROR,
    message:
        "Fetching series {wildcards.accession}"
    script:
        "../scripts/fetch_series.py"


rule fetch_platform:
    input:
        simulated_first,
    output:
        annotation=update("<geo>/platforms/{stub}/{platform}/annot/{platform}.annot.gz"),
        source=update(
            "<geo>/platforms/{stub}/{platform}/annot/{platform}.annot.gz.source.json"
        ),
    log:
        "<logs>/fetch_platform/{stub}/{platform}.log",
    benchmark:
        "<benchmarks>/fetch_platform/{stub}/{platform}.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        geo=1,
    params:
        mirror=MIRROR,
    message:
        "Fetching the annotation of {wildcards.platform}"
    script:
        "../scripts/fetch_platform.py"


rule fetch_counts:
    input:
        simulated_first,
    output:
        counts=update("<geo>/series/{stub}/{plain}/suppl/{plain}_raw_counts.tsv.gz"),
        source=update(
            "<geo>/series/{stub}/{plain}/suppl/{plain}_raw_counts.tsv.gz.source.json"
        ),
    log:
        "<logs>/fetch_counts/{stub}/{plain}.log",
    benchmark:
        "<benchmarks>/fetch_counts/{stub}/{plain}.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
        geo=1,
    params:
        mirror=MIRROR,
    message:
        "Fetching NCBI's counts of {wildcards.plain}"
    script:
        "../scripts/fetch_counts.py"


rule fetch_author_counts:
    input:
        simulated_first,
    output:
        counts=update("<geo>/series/{stub}/{plain}/suppl/{file}"),
        source=update("<geo>/series/{stub}/{plain}/suppl/{file}.source.json"),
    log:
        "<logs>/fetch_author_counts/{stub}/{plain}/{file}.log",
    benchmark:
        "<benchmarks>/fetch_author_counts/{stub}/{plain}/{file}.tsv"
    wildcard_constraints:
        file="|".join(
            re.escape(recipe["file"])
            for recipe in STUDY.config["geo"].get("counts", [])
        )
        or "(?!)",
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        geo=1,
    params:
        mirror=MIRROR,
    message:
        "Fetching {wildcards.file} of {wildcards.plain}"
    script:
        "../scripts/fetch_author_counts.py"


rule fetch_gene_table:
    input:
        simulated_first,
    output:
        table=update("<geo>/annotation/gene_table.tsv.gz"),
        source=update("<geo>/annotation/gene_table.tsv.gz.source.json"),
    log:
        "<logs>/fetch_gene_table.log",
    benchmark:
        "<benchmarks>/fetch_gene_table.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        geo=1,
    params:
        mirror=MIRROR,
    message:
        "Fetching the gene table of NCBI's counts"
    script:
        "../scripts/fetch_gene_table.py"


rule refresh_gene_names:
    output:
        names=update("resources/hgnc/hgnc_complete_set.txt"),
        source=update("resources/hgnc/hgnc_complete_set.txt.source.json"),
    log:
        "<logs>/refresh_gene_names.log",
    benchmark:
        "<benchmarks>/refresh_gene_names.tsv"
    retries: 0
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    message:
        "Fetching HGNC's table of gene names"
    script:
        "../scripts/refresh_gene_names.py"


if SIMULATED:

    localrules:
        simulate_study,

    rule simulate_study:
        output:
            manifest=f"{SIMULATED}/simulation.json",
            truth=f"{SIMULATED}/truth.tsv",
            files=[
                path
                for path in study_files(STUDY.config).values()
                if Path(path).is_relative_to(SIMULATED)
            ],
        log:
            "<logs>/simulate_study.log",
        benchmark:
            "<benchmarks>/simulate_study.tsv"
        conda:
            "../../envs/python.yaml"
        resources:
            mem_mb=4000,
            runtime=20,
        params:
            settings=STUDY.config["simulation"],
            seed=SEED,
            code=source_hash("simulate_study"),
        message:
            "Simulating a study in GEO's formats"
        script:
            "../scripts/simulate_study.py"
