"""Join the batches, score the validation cohorts, and say what the panel is worth."""

from crosshub import evaluation, figures, performance, verdict
from crosshub.loading import load_cohorts
from crosshub.model import from_plain
from crosshub.runtime import job
from crosshub.tables import read_frame, read_json, write_frame, write_json, write_table

with job(snakemake) as log:
    source, output, diseases = snakemake.input, snakemake.output, snakemake.params.diseases
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input)
    models = {d: from_plain(read_json(p)) for d, p in zip(diseases, source.models, strict=True)}
    outside = evaluation.validate(models, list(cohorts.values()))
    batches = [*map(read_frame, source.batches), outside]
    predictions = evaluation.stack(batches, evaluation.PREDICTIONS)
    selection = evaluation.stack([*map(read_frame, source.selections)], evaluation.SELECTION)
    drawn = evaluation.stack([*map(read_frame, source.random_panels)], evaluation.RANDOM_PANELS)
    cross = performance.cross_validated(predictions)
    table = performance.performance_table(
        predictions, cross, evaluation.shared_people(list(cohorts.values()))
    )
    sizes = {disease: len(model.genes) for disease, model in models.items()}
    verdicts = verdict.verdicts(sizes, cross, table, drawn)
    write_frame(predictions, output.predictions)
    write_table(selection, output.selection)
    write_table(table, output.performance)
    write_json(verdicts, output.verdict)
    figures.save(figures.performance(table), output.figure)
    for disease in diseases:
        log.info(verdicts[disease]["statement"])
