"""The last sections: where everything came from, and what was recovered."""

from crosshub.report.blocks import (
    Code,
    Column,
    Section,
    Text,
    share,
    table,
    whole,
    words,
)
from crosshub.report.source import Source, not_made

RECOVERED = {
    "shared_all": "genes changed in all diseases",
    "shared_all_direction": "the same genes with the right direction",
    "duplicates": "people under two accessions",
    "reversers_at_the_head": "compounds that reverse, among as many at the head of the list",
}


def provenance(source: Source) -> Section:
    """Show versions, inputs and the config."""
    section = Section("Provenance")
    seed = source.config["seed"]
    section.add(
        Text(f"The seed is {seed}: the same inputs, config and versions give the same bytes.")
    )
    versions = source.table("run/versions.tsv")
    if versions is None:
        section.add(not_made("The record of versions", "report"))
    else:
        columns = [words("Software", "software"), words("Version", "version")]
        section.add(table(versions, columns, caption="Versions", file="run/versions.tsv"))
    inputs = source.table("run/inputs.tsv")
    if inputs is None:
        section.add(not_made("The record of inputs", "report"))
    else:
        columns = [words("File", "file"), whole("Bytes", "size")]
        columns.append(Column("SHA-256", lambda row: f"{str(row['sha256'])[:16]}…", right=False))
        file = "run/inputs.tsv"
        section.add(table(inputs, columns, caption="Input files", limit=30, file=file))
    config = source.text("run/config.yaml")
    if config is None:
        section.add(not_made("The record of the config", "report"))
    else:
        section.add(Text("The config with every default (`run/config.yaml`):"), Code(config))
    return section


def recovery(source: Source) -> Section | None:
    """Show what was recovered of the planted truth; None in studies of real data."""
    found = source.table("truth_recovery.tsv")
    if found is None:
        return None
    section = Section("Recovery of the planted truth")
    columns = [
        Column("What", lambda row: RECOVERED.get(row["what"], str(row["what"])), right=False),
        whole("Planted", "planted"),
        whole("Found", "found"),
        whole("Right", "true_positive"),
        whole("Wrong", "false_positive"),
        share("Recall", "recall"),
        share("False discovery rate", "false_discovery_rate"),
    ]
    section.add(
        Text("The data of this study are simulated, so that what should be found is known."),
        table(found, columns, file="truth_recovery.tsv"),
    )
    return section
