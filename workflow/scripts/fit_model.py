"""Fit the frozen model of one disease on the panel."""

from crosshub.discover import delivered_seed
from crosshub.loading import load_cohorts
from crosshub.model import to_plain
from crosshub.panel import fit_models, panel_genes
from crosshub.runtime import job
from crosshub.tables import read_table, write_json

with job(snakemake) as log:
    source, disease = snakemake.input, snakemake.wildcards.disease
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    comparison = snakemake.wildcards.comparison
    model = fit_models(
        list(cohorts.values()),
        panel_genes(read_table(source.panel)),
        [disease],
        comparison=comparison,
        seed=delivered_seed(snakemake.params.seed, comparison),
        classifier=snakemake.params.procedure["panel"]["classifier"],
    )[disease]
    write_json(to_plain(model), snakemake.output.model)
    log.info("model of %s with %d genes", disease, len(model.genes))
