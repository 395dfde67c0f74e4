"""Bring a cohort to log2 expression of genes, or to the features of its kind."""

from crosshub.prepare import prepare
from crosshub.runtime import job
from crosshub.submitted import read_submitted
from crosshub.symbols import read_gene_names
from crosshub.tables import read_table, write_json, write_matrix

with job(snakemake) as log:
    row, settings = snakemake.params.row, snakemake.params.settings
    samples = read_table(snakemake.input.samples)
    used = samples.loc[samples["group"] != "excluded", "sample"]
    given = read_submitted(snakemake.input, row, used, settings["annotations"])
    expression, counts, done = prepare(
        given.values,
        row,
        settings,
        annotation=given.annotation,
        names=read_gene_names(snakemake.input.names),
        processing=given.processing,
    )
    done["samples"] = {"declared": len(samples), "used": len(used)}
    write_matrix(expression, snakemake.output.expression)
    write_matrix(counts, snakemake.output.counts)
    write_json(done, snakemake.output.preparation)
    log.info("%s", done)
