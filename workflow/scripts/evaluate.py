"""Do one batch of the evaluation: run the whole procedure on resamples and score the rest."""

from crosshub.discover import Procedure
from crosshub.evaluation import evaluate, join
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_frame

with job(snakemake) as log:
    params, output, done = snakemake.params, snakemake.output, []
    cohorts = list(load_cohorts(params.rows, snakemake.input).values())
    procedure = Procedure(**params.procedure)
    for kind, unit in params.units:
        log.info("%s %s", kind, unit)
        rng = generator(params.seed, "evaluate", procedure.comparison, kind, unit)
        done.append(
            evaluate(
                kind,
                unit,
                cohorts,
                procedure,
                folds=params.folds,
                random_panels=params.random_panels,
                rng=rng,
            )
        )
    paths = (output.predictions, output.selection, output.random_panels)
    for table, path in zip(join(done), paths, strict=True):
        write_frame(table, path)
