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
    source, output, diseases = snakemake.input, snakemake.output, snakemake.params.diseases
    cohorts = list(load_cohorts(snakemake.params.rows, snakemake.input).values())
    models = {d: from_plain(read_json(p)) for d, p in zip(diseases, source.models, strict=True)}
    batches = [*map(read_frame, source.batches), evaluation.validate(models, cohorts)]
    predictions = evaluation.stack(batches, evaluation.PREDICTIONS)
    selection = evaluation.stack([*map(read_frame, source.selections)], evaluation.SELECTION)
    drawn = evaluation.stack([*map(read_frame, source.random_panels)], evaluation.RANDOM_PANELS)
    found = judge(predictions, selection, drawn, models, cohorts)
    write_frame(predictions, output.predictions)
    write_table(selection, output.selection)
    write_table(found.performance, output.performance)
    write_table(found.measures, output.measures)
    own = derived_seed(snakemake.params.seed, "judge_panel", snakemake.wildcards.comparison)
    write_table(added_value(predictions, cohorts, seed=own), output.added_value)
    write_json(found.verdicts, output.verdict)
    figures.save(figures.performance(found.performance, of_numbers=found.of_numbers), output.figure)
    for disease in diseases:
        log.info(found.verdicts[disease]["statement"])
