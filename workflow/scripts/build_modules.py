"""Build the co-expression modules of a disease and ask where they are preserved."""

from crosshub import discover, figures
from crosshub.loading import load_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_json, write_matrix, write_table

with job(snakemake) as log:
    params, output, disease = snakemake.params, snakemake.output, snakemake.wildcards.disease
    cohorts = list(load_cohorts(params.rows, snakemake.input).values())
    own = [c for c in cohorts if c.disease == disease and c.role == "discovery"]
    others = [c for c in cohorts if c.name not in {member.name for member in own}]
    found = discover.network_of(own, params.settings)
    traits, significance = discover.ties_of(own, found)
    rng = generator(params.seed, "build_modules", disease)
    preserved = discover.preservation_of(own, others, found, params.settings, rng)
    write_table(found.table, output.modules)
    write_matrix(found.eigengenes.rename_axis("module"), output.eigengenes)
    write_table(found.soft_threshold, output.soft_threshold)
    write_table(traits, output.traits)
    write_table(significance, output.significance)
    write_table(preserved, output.preservation)
    write_json({"power": found.power, "reason": found.reason}, output.summary)
    figure = figures.modules(
        found.soft_threshold, traits, found.table, disease=disease, power=found.power
    )
    figures.save(figure, output.figure)
    log.info("power %s (%s); %d modules", found.power, found.reason, len(found.eigengenes))
