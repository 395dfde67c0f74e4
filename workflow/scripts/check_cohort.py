"""Describe the quality of each sample of a cohort, and what cannot be told from its groups."""

from crosshub import figures, geo, qc
from crosshub.loading import covariate_names
from crosshub.runtime import job
from crosshub.tables import read_matrix, read_table, write_table

with job(snakemake) as log:
    name, covariates = snakemake.wildcards.cohort, covariate_names(snakemake.params.row)
    expression = read_matrix(snakemake.input.expression)
    samples = read_table(snakemake.input.samples, key="sample").loc[expression.columns]
    fields = geo.read_series_header(snakemake.input.matrix).fields.loc[expression.columns]
    qc.refuse_confounded(samples, covariates, name)
    table = qc.check_cohort(expression, samples, fields)
    sex = table.set_index("sample")["sex_inferred"]
    checked = qc.fields_to_check(samples, fields, covariates, sex)
    confounding = qc.confounding(samples["group"], checked)
    write_table(table, snakemake.output.table)
    write_table(confounding, snakemake.output.confounding)
    figures.save(figures.quality(table, cohort=name), snakemake.output.figure)
    for what, flag in [("outliers", "outlier"), ("annotated as the other sex", "sex_conflict")]:
        log.info("%s: %s", what, list(table.loc[table[flag], "sample"]))
    told = confounding.loc[confounding["confounded"].isin(["yes", "partly"]), "field"]
    log.info("cannot, or not well, be told from the groups: %s", list(told))
