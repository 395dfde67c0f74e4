"""Draw the series of a comparison side by side, as they are and after ComBat."""

from crosshub import figures
from crosshub.combat import batch_components
from crosshub.loading import load_cohorts
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    cohorts = list(load_cohorts(snakemake.params.rows, snakemake.input).values())
    components = batch_components(cohorts)
    write_table(components, snakemake.output.table)
    name = snakemake.wildcards.comparison
    figures.save(figures.batches(components, comparison=name), snakemake.output.figure)
    log.info("%d samples of %d cohorts", components["sample"].nunique(), len(cohorts))
