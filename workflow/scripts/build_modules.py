"""Build the co-expression modules of a disease and ask where they are preserved."""

from crosshub import discover, figures
from crosshub.loading import load_cohorts
from crosshub.modules import module_traits
from crosshub.preservation import preserve_in_cohorts
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import write_json, write_matrix, write_table

with job(snakemake) as log:
    source, output, disease = snakemake.input, snakemake.output, snakemake.wildcards.disease
    cohorts = load_cohorts(snakemake.params.rows, snakemake.input).values()
    own = [c for c in cohorts if c.disease == disease and c.role == "discovery"]
    found = discover.network_of(own, snakemake.params.settings)
    traits = module_traits(found.eigengenes, discover.traits_of(own))
    rng = generator(snakemake.params.seed, "build_modules", disease)
    others = {c.name: c.expression for c in cohorts if c not in own}
    preserved = preserve_in_cohorts(
        discover.merge_expression(own), others, found, snakemake.params.settings, rng
    )
    write_table(found.table, output.modules)
    write_matrix(found.eigengenes.rename_axis("module"), output.eigengenes)
    write_table(found.soft_threshold, output.soft_threshold)
    write_table(traits, output.traits)
    write_table(preserved, output.preservation)
    write_json({"power": found.power, "reason": found.reason}, output.summary)
    figure = figures.modules(
        found.soft_threshold, traits, found.table, disease=disease, power=found.power
    )
    figures.save(figure, output.figure)
    log.info("power %s (%s); %d modules", found.power, found.reason, len(found.eigengenes))
