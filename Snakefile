# crosshub: from GEO accessions to an honestly tested gene panel and the compounds that reverse it.
# Outputs: results/<study>/{cohorts,diseases,shared,panel,evaluation,biology,compounds,docking,qsar}/…
# and report.html; downloads: resources/. `snakemake --cores all` runs the demo; for another study add
# `--configfile config/studies/<name>/config.yaml`.
from snakemake.utils import min_version

min_version("9.20")

# The demo's config is read only when no other config names a study, so that no key of it leaks.
if "study" not in config:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    geo=GEO,
    study=f"results/{STUDY.config['study']}",
    logs=f"logs/{STUDY.config['study']}",
    benchmarks=f"benchmarks/{STUDY.config['study']}",


include: "workflow/rules/fetch.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/differential.smk"
include: "workflow/rules/modules.smk"
include: "workflow/rules/shared.smk"
include: "workflow/rules/panel.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/combinations.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/biology.smk"
include: "workflow/rules/chemistry.smk"
include: "workflow/rules/compounds.smk"
include: "workflow/rules/docking.smk"
include: "workflow/rules/qsar.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/targets.smk"


# The default target has to stand in this file: one that is included builds nothing.
rule all:
    default_target: True
    input:
        "<study>/report.html",
    localrule: True
