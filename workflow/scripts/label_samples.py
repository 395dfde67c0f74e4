"""Give each sample of a series its group for one cohort, with the reason."""

from crosshub import geo, labels
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    # The whole file, although the header would do: only so is a damaged one refused.
    series = geo.read_series_matrix(snakemake.input.matrix)
    table = labels.label_row(series.fields, snakemake.params.row)
    write_table(table, snakemake.output.samples)
    counts = table["group"].value_counts()
    log.info("%d samples declared: %s", len(table), counts.to_dict())
