"""Test a model of activity against a target on scaffolds that it has not seen."""

from crosshub.figures.activity import activity
from crosshub.figures.style import save
from crosshub.qsar.activities import pool_activities, read_activities
from crosshub.qsar.intervals import nearness_bands
from crosshub.qsar.performance import performance
from crosshub.qsar.validation import SCAFFOLD, Settings, validate
from crosshub.qsar.verdict import judge_model
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_frame, write_json, write_table

with job(snakemake) as log:
    output, item, target = snakemake.output, snakemake.params.item, snakemake.wildcards.target
    raw = read_activities(snakemake.input.activities, item["columns"])
    limits = {k: item[k] for k in ("unit", "kind", "largest_spread", "tautomers", "stereo")}
    compounds, left_out, pooled = pool_activities(raw, where=f"qsar '{target}'", **limits)
    rng = generator(snakemake.params.seed, "train_activity", target)
    settings = Settings.of(item, snakemake.threads)
    predictions, scrambled = validate(compounds, settings, rng)
    table = performance(predictions, rng, level=item["level"])
    verdict = judge_model(target, predictions, scrambled, table, pooled, item)
    domain = nearness_bands(predictions[predictions["split"] == SCAFFOLD], item["level"])
    for frame, path in zip((compounds, left_out, table, scrambled, domain), output, strict=False):
        write_table(frame, path)
    write_frame(predictions, output.predictions)
    write_json(verdict, output.verdict)
    save(activity(predictions, scrambled, verdict), output.figure)
    log.info("%s", verdict["statement"])
