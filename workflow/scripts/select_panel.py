"""Let the selectors vote on the shared genes."""

from crosshub import figures
from crosshub.discover import delivered_seed
from crosshub.loading import load_cohorts
from crosshub.panel import select_panel
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source, plan = snakemake.input, snakemake.params.procedure
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    panel = select_panel(
        list(cohorts.values()),
        read_table(source.genes),
        plan["diseases"],
        plan["panel"],
        seed=delivered_seed(snakemake.params.seed, plan["comparison"]),
    )
    write_table(panel.votes, snakemake.output.votes)
    write_table(panel.table, snakemake.output.panel)
    figures.save(figures.votes(panel.votes, panel.table), snakemake.output.figure)
    log.info("panel of %d: %s", len(panel.genes), panel.genes)
