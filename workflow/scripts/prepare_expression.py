"""Bring a cohort to log2 expression of genes."""

import pandas as pd
from crosshub import geo, prepare
from crosshub.runtime import job
from crosshub.tables import read_table, write_json, write_matrix

with job(snakemake) as log:
    settings = snakemake.params.settings
    samples = read_table(snakemake.input.samples)
    used = samples.loc[samples["group"] != "excluded", "sample"]
    if snakemake.params.kind == "counts":
        raw = prepare.only_samples(geo.read_counts(snakemake.input.counts[0]), used)
        names = geo.read_gene_table(snakemake.input.annotation)
        counts, (expression, done) = prepare.prepare_counts(raw, names)
    else:
        series = geo.read_series_matrix(snakemake.input.matrix)
        names = geo.read_annotation(snakemake.input.annotation)
        values = prepare.only_samples(series.values, used)
        expression, done = prepare.prepare_array(
            values, names, log2=settings["log2"], collapse=settings["collapse"]
        )
        counts = pd.DataFrame(columns=expression.columns, index=pd.Index([], name="gene"))
        done["processing"] = series.processing
    prepare.require_genes(expression, settings["min_genes"], snakemake.wildcards.cohort)
    done["samples"] = {"declared": len(samples), "used": len(used)}
    write_matrix(expression, snakemake.output.expression)
    write_matrix(counts, snakemake.output.counts)
    write_json(done, snakemake.output.preparation)
    log.info("%s", done)
