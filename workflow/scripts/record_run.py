"""Record the merged config, the table of cohorts, versions and hashes of a run."""

import pandas as pd
import yaml
from crosshub import provenance
from crosshub.runtime import job
from crosshub.tables import plain, whole, write_table

with job(snakemake) as log:
    config, output = plain(snakemake.params.config), snakemake.output
    with whole(output.config) as path:
        path.write_text(yaml.safe_dump(config, sort_keys=True), encoding="utf-8")
    write_table(pd.DataFrame(snakemake.params.rows), output.datasets)
    # The versions in params re-run this rule; with conda those of this job may be others.
    write_table(provenance.versions(), output.versions)
    hashes = provenance.input_hashes(snakemake.input)
    write_table(hashes, output.inputs)
    log.info("%d input files", len(hashes))
