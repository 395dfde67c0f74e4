"""Compare the combinations and correct the best for having been chosen."""

from crosshub import figures
from crosshub.combinations import PREDICTIONS, judge_combinations
from crosshub.evaluation import stack
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_frame, write_json, write_table

with job(snakemake) as log:
    output, comparison = snakemake.output, snakemake.wildcards.comparison
    predictions = stack([*map(read_frame, snakemake.input)], PREDICTIONS)
    rng = generator(snakemake.params.seed, "judge_combinations", comparison)
    table, winners = judge_combinations(predictions, rng)
    write_table(table, output.table)
    write_json(winners, output.winners)
    figures.save(figures.combinations(table, winners), output.figure)
    for disease, found in winners.items():
        log.info(
            "%s: best of %d is %s with %s: AUC %.2f, corrected %.2f",
            disease, found["combinations"], found["selector"], found["classifier"],
            found["uncorrected"], found["corrected"],
        )  # fmt: skip
