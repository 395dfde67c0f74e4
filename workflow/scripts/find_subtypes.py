"""Look for subtypes among the cases of a disease."""

from crosshub.discover import merge_expression
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.subtypes import find_subtypes
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    source = snakemake.input
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input).values()
    cases = [cohort.only(cohort.samples.index[cohort.is_case]) for cohort in cohorts]
    table, choice = find_subtypes(
        merge_expression(cases),
        list(read_table(source.candidates)["gene"]),
        generator(snakemake.params.seed, "find_subtypes", snakemake.wildcards.disease),
    )
    write_table(table, snakemake.output.table)
    write_table(choice, snakemake.output.choice)
    log.info("%d cases, %d subtypes", len(table), table["subtype"].max())
