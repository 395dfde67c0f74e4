"""Write the report: one HTML file that opens from disk."""

from pathlib import Path

from crosshub.report import build_report
from crosshub.runtime import job
from crosshub.tables import whole

with job(snakemake) as log:
    report = Path(snakemake.output.report)
    page = build_report(
        report.parent,
        Path(snakemake.input.template),
        config=snakemake.params.config,
        rows=snakemake.params.rows,
        comparisons=snakemake.params.comparisons,
    )
    with whole(report) as path:
        path.write_text(page, encoding="utf-8")
    log.info("wrote %s (%d kB)", report, len(page) // 1000)
