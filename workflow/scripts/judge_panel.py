"""Join the batches, score the validation cohorts, and say what the panel is worth."""

from crosshub import evaluation, figures
from crosshub.added_value import added_value
from crosshub.judgement import judge
from crosshub.loading import load_cohorts
from crosshub.model import from_plain
from crosshub.randomness import derived_seed
from crosshub.runtime import job
from crosshub.tables import read_frame, read_json, write_frame, write_json, write_table

with job(snakemake) as log:
    source, output, params = snakemake.input, snakemake.output, snakemake.params
    cohorts = list(load_cohorts(params.rows, source).values())
    models = map(from_plain, map(read_json, source.models))
    models = dict(zip(params.diseases, models, strict=True))
    done = [*map(read_frame, source.batches), evaluation.validate(models, cohorts)]
    predictions = evaluation.stack(done, evaluation.PREDICTIONS)
    tables = evaluation.TABLES.items()
    joined = [evaluation.stack([*map(read_frame, source[name])], kept) for name, kept in tables]
    found = judge(predictions, *joined, models, cohorts)
    seed = derived_seed(params.seed, "judge_panel", snakemake.wildcards.comparison)
    write_frame(predictions, output[0])
    added = added_value(predictions, cohorts, seed=seed)
    tables = (joined[0], joined[2], found.performance, found.measures, added)
    for table, path in zip(tables, output[1:6], strict=True):
        write_table(table, path)
    write_json(found.verdicts, output.verdict)
    figures.save(figures.performance(found.performance), output.figure)
    log.info(" ".join(verdict["statement"] for verdict in found.verdicts.values()))
