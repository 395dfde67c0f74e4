"""Do one repeat of the cross-validation with every selector and every classifier."""

from crosshub.combinations import try_combinations
from crosshub.discover import Procedure
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_frame

with job(snakemake) as log:
    params, unit = snakemake.params, snakemake.wildcards.batch
    procedure = Procedure(**params.procedure)
    predictions = try_combinations(
        unit,
        list(load_cohorts(params.rows, snakemake.input).values()),
        procedure,
        **params.combinations,
        folds=params.folds,
        rng=generator(params.seed, "try_combinations", procedure.comparison, unit),
    )
    write_frame(predictions, snakemake.output[0])
