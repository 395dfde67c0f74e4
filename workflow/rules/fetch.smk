"""Fetching from GEO, a mirror, or a simulated study.

Needs: geo.base_url. Makes: resources/geo/… in NCBI's layout, each file whole, with *.source.json.
The only rules that touch the network; local, because compute nodes often have none.
"""


localrules:
    fetch_series,
    fetch_platform,
    fetch_counts,
    fetch_gene_table,
    simulate_study,


rule fetch_series:
    input:
        simulated_first,
    output:
        matrix="<geo>/series/{stub}/{plain}/matrix/{accession}_series_matrix.txt.gz",
        source="<geo>/series/{stub}/{plain}/matrix/{accession}_series_matrix.txt.gz.source.json",
    log:
        "<logs>/fetch_series/{stub}/{plain}/{accession}.log",
    benchmark:
        "<benchmarks>/fetch_series/{stub}/{plain}/{accession}.tsv"
    retries: 2
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        base_url=STUDY.config["geo"]["base_url"],
    message:
        "Fetching series {wildcards.accession}"
    script:
        "../scripts/fetch_series.py"


rule fetch_platform:
    input:
        simulated_first,
    output:
        annotation="<geo>/platforms/{stub}/{platform}/annot/{platform}.annot.gz",
        source="<geo>/platforms/{stub}/{platform}/annot/{platform}.annot.gz.source.json",
    log:
        "<logs>/fetch_platform/{stub}/{platform}.log",
    benchmark:
        "<benchmarks>/fetch_platform/{stub}/{platform}.tsv"
    retries: 2
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        base_url=STUDY.config["geo"]["base_url"],
    message:
        "Fetching the annotation of {wildcards.platform}"
    script:
        "../scripts/fetch_platform.py"


rule fetch_counts:
    input:
        simulated_first,
    output:
        counts="<geo>/series/{stub}/{plain}/suppl/{plain}_raw_counts.tsv.gz",
        source="<geo>/series/{stub}/{plain}/suppl/{plain}_raw_counts.tsv.gz.source.json",
    log:
        "<logs>/fetch_counts/{stub}/{plain}.log",
    benchmark:
        "<benchmarks>/fetch_counts/{stub}/{plain}.tsv"
    retries: 2
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        base_url=STUDY.config["geo"]["base_url"],
    message:
        "Fetching NCBI's counts of {wildcards.plain}"
    script:
        "../scripts/fetch_counts.py"


rule fetch_gene_table:
    input:
        simulated_first,
    output:
        table="<geo>/annotation/gene_table.tsv.gz",
        source="<geo>/annotation/gene_table.tsv.gz.source.json",
    log:
        "<logs>/fetch_gene_table.log",
    benchmark:
        "<benchmarks>/fetch_gene_table.tsv"
    retries: 2
    conda:
        "../../envs/python.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        base_url=STUDY.config["geo"]["base_url"],
    message:
        "Fetching the gene table of NCBI's counts"
    script:
        "../scripts/fetch_gene_table.py"


if SIMULATED:

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
