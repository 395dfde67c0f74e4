"""Show what the genes of a model add, and what its predictions are worth."""

from crosshub import figures
from crosshub.explanation import explain_model, importance
from crosshub.loading import load_cohorts
from crosshub.model import from_plain
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_frame, read_json, write_table

with job(snakemake) as log:
    source, output, disease = snakemake.input, snakemake.output, snakemake.wildcards.disease
    cohorts = list(load_cohorts(snakemake.params.rows, source).values())
    model, predictions = from_plain(read_json(source.model)), read_frame(source.predictions)
    rng = generator(snakemake.params.seed, "explain_model", model.comparison, disease)
    shown = explain_model(model, cohorts, predictions, snakemake.params.prevalence, rng)
    write_table(importance(shown.contributions), output.importance)
    told = dict(zip(("n_cases", "n_controls"), shown.training, strict=True)) | {"disease": disease}
    of = {"disease": disease, "outcome": model.outcome}
    drawn = {
        output.contributions: figures.draw_contributions(shown.contributions, **(told | of)),
        output.nomogram: figures.draw_nomogram(shown.nomogram, **told),
        output.calibration: figures.draw_tested(shown.tested, **of),
        output.benefit: figures.draw_decision_curve(shown.curves, shown.sizes, disease=disease),
    }
    for path, figure in drawn.items():
        figures.save(figure, path)
    log.info("model of %s: %d genes explained", disease, len(model.genes))
