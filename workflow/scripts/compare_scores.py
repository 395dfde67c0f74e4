"""Compare the connectivity scores over the signatures."""

from crosshub import figures
from crosshub.connectivity import score_agreement
from crosshub.runtime import job
from crosshub.tables import read_frame, write_table

with job(snakemake) as log:
    matches = read_frame(snakemake.input.scores)
    table = score_agreement(matches)
    write_table(table.rename_axis("score").reset_index(), snakemake.output.table)
    figure = figures.agreement(
        table, comparison=snakemake.wildcards.comparison, signatures=len(matches)
    )
    figures.save(figure, snakemake.output.figure)
    log.info("\n%s", table.round(2).to_string())
