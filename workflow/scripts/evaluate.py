"""Do one batch of the evaluation: run the whole procedure on resamples and score the rest."""

from crosshub.discover import Procedure
from crosshub.evaluation import evaluate, join
from crosshub.loading import load_cohorts
from crosshub.randomness import derived_seed, generator
from crosshub.runtime import job
from crosshub.tables import write_frame

with job(snakemake) as log:
    params, output, done = snakemake.params, snakemake.output, []
    cohorts = list(load_cohorts(params.rows, snakemake.input).values())
    procedure = Procedure(**params.procedure)
    panel_seed = derived_seed(params.seed, "random_panels", procedure.comparison)
    for kind, unit in params.units:
        log.info("%s %s", kind, unit)
        rng = generator(params.seed, "evaluate", procedure.comparison, kind, unit)
        options = {"folds": params.folds, "random_panels": params.random_panels}
        options |= {"rng": rng, "panel_seed": panel_seed}
        done.append(evaluate(kind, unit, cohorts, procedure, **options))
    paths = (output.predictions, output.selection, output.random_panels, output.skipped)
    for table, path in zip(join(done), paths, strict=True):
        write_frame(table, path)
