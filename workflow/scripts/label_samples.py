"""Give each sample of a series its group for one cohort, with the reason."""

from crosshub import geo, labels
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    series = geo.read_series_header(snakemake.input.matrix)
    table = labels.label_row(series.fields, snakemake.params.row)
    write_table(table, snakemake.output.samples)
    counts = table["group"].value_counts()
    log.info("%d samples declared: %s", len(table), counts.to_dict())
