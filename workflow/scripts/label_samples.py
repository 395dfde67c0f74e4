"""Give each sample of a series its group for one cohort, with the reason; and say whose it is."""

from crosshub import geo, labels
from crosshub.identity import marks_of
from crosshub.runtime import job
from crosshub.tables import write_table

with job(snakemake) as log:
    # The whole file, although the header would do: only so is a damaged one refused.
    series = geo.read_series_matrix(snakemake.input.matrix)
    row = snakemake.params.row
    table = labels.label_row(series.fields, row)
    write_table(table, snakemake.output.samples)
    used = series.fields.loc[(table["group"] != "excluded").to_numpy()]
    parts = series.relations["subseries_of"]
    write_table(marks_of(used, block=row["block"], superseries=parts), snakemake.output.people)
    counts = table["group"].value_counts()
    log.info("%d samples declared: %s", len(table), counts.to_dict())
