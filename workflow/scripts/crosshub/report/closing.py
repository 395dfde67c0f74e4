"""The last sections: methods to paste, where everything came from, and what was recovered."""

from collections.abc import Iterator

from crosshub import __version__
from crosshub.meta.combine import RANDOM_EFFECTS_FROM
from crosshub.report.blocks import (
    Code,
    Column,
    Items,
    Section,
    Text,
    share,
    table,
    whole,
    words,
)
from crosshub.report.numbers import listed, plural
from crosshub.report.papers import cite
from crosshub.report.source import Source, not_made
from crosshub.shared.conjunction import ADAPTIVE, VALID

TESTS = {
    ADAPTIVE: "adaptive filtering [wang]",
    VALID: "the largest p-values with Benjamini–Hochberg, as the diseases share people",
}
COUNTS = {"voom": "a weight each (voom)", "trend": "a variance trend"}
RECOVERED = {
    "shared_all": "genes changed in all diseases",
    "shared_all_direction": "the same genes with the right direction",
    "duplicates": "people under two accessions",
    "reversers_in_first_10": "compounds that reverse, among the first 10",
}


def methods(source: Source) -> Section:
    """Write the methods as a paragraph that can be pasted into a paper."""
    section = Section("Methods")
    section.add(Text("What was done in this study, to be pasted and shortened.", "small"))
    references: set[str] = set()
    for sentences in (_data, _genes, _testing, _use):
        text, cited = cite(" ".join(sentences(source)))
        references.update(cited)
        section.add(Text(text))
    section.add(Text("References", "lead"), Items(sorted(references)))
    return section


def _data(source: Source) -> Iterator[str]:
    config = source.config
    accessions = sorted({row["accession"] for row in source.rows})
    kinds = {row.get("kind") or "array" for row in source.rows}
    origin = "taken from the Gene Expression Omnibus"
    if config["simulation"]["folder"]:
        origin = "simulated in the formats of the Gene Expression Omnibus"
    yield (
        f"{plural(len(source.rows), 'cohort')} of {listed(source.diseases)} were {origin} "
        f"({', '.join(accessions)}) [edgar] and analysed with crosshub {__version__}, a Snakemake "
        "workflow [molder]."
    )
    if "array" in kinds:
        yield (
            "Values of arrays were brought to log2 where they were not, by their numbers in each "
            "sample and by what the submitter says of them [barrett]; probes of "
            "one gene were joined within each sample by their "
            f"{config['prepare']['collapse']}, and probes of several genes left out."
        )
    if "counts" in kinds:
        yield (
            "Read counts were summed by gene, filtered by expression, and tested as log2 counts "
            f"per million with TMM factors and {COUNTS[config['differential']['counts']]} "
            "[robinson, law]."
        )
    yield (
        "Samples were checked by principal components and standardised connectivity [oldham]. "
        "Samples of one person were recognised by accession, BioSample, sequencing run, the "
        "person's field or title, or values (correlation of "
        f"gene-centred ranks of at least {config['identity']['min_correlation']:g}) and kept "
        "together in every split."
    )


def _genes(source: Source) -> Iterator[str]:
    yield (
        "Cases and controls were compared gene by gene with a linear model and a moderated t "
        "[smyth]; false discovery rates are those of Benjamini and Hochberg [benjamini]."
    )
    sizes = [len(source.cohorts_of(disease, "discovery")) for disease in source.diseases]
    if any(1 < size < RANDOM_EFFECTS_FROM for size in sizes):
        yield (
            "Cohorts of a disease were combined by inverse variance from moderated standardised "
            "effects [hedges, marot], and the same sign was required in each."
        )
    if max(sizes, default=0) >= RANDOM_EFFECTS_FROM:
        yield (
            "Diseases with five cohorts or more were combined by random effects (REML, "
            "Hartung–Knapp) [viechtbauer, hartung]."
        )
    network = source.config["modules"]
    yield (
        f"Co-expression networks ({network['network'].replace('_', ' ')}, "
        f"{network['correlation']}) were built from the {network['max_genes']:,} most variable "
        "genes and cut into modules by topological overlap and the dynamic hybrid tree cut "
        "[wgcna, treecut]."
    )
    if network["preservation_permutations"]:
        yield (
            "Their preservation in the other cohorts was tested with "
            f"{plural(network['preservation_permutations'], 'permutation')} [preservation]."
        )
    several = [name for name, item in source.comparisons.items() if len(item["diseases"]) > 1]
    tables = [source.table(f"shared/{name}/genes.tsv") for name in several]
    used = sorted({part["method"].iloc[0] for part in tables if part is not None and len(part)})
    if several:
        named = listed([TESTS.get(method, method) for method in used])
        tested = f"; tested by {named}" if named else ""
        yield (
            "Shared genes are those changed in the same direction in the number of diseases that "
            "the comparison asks for, by directional partial conjunction [heller]"
            f"{tested}, at a false discovery rate of {source.config['shared']['fdr']:g}."
        )


def _testing(source: Source) -> Iterator[str]:
    settings = source.config["evaluation"]
    cited = {
        "lasso": "LASSO [lasso]",
        "svm_rfe": "SVM-RFE [svm_rfe]",
        "random_forest": "a random forest [random_forest]",
    }
    selectors = listed([cited[name] for name in source.config["panel"]["selectors"]])
    yield (
        f"The panel was chosen from the shared genes by the votes of {selectors}; a ridge logistic "
        "model was fitted for each disease on values that were brought to a common scale by the "
        "ranks within each sample."
    )
    yield (
        "The whole procedure was repeated inside "
        f"{plural(settings['repeats'], 'repeat')} of {settings['folds']}-fold cross-validation "
        "over people and with each cohort left out."
    )
    if settings["permutations"]:
        yield (
            "The p-value and interval of the cross-validated AUC come from "
            f"{plural(settings['permutations'], 'permutation')} of the labels, through which the "
            "whole procedure was run."
        )
    if settings["random_panels"]:
        yield (
            f"The panel was compared with {plural(settings['random_panels'], 'random panel')} of "
            "the same size and expression [venet]."
        )
    yield (
        "Whole cohorts that training did not see have the interval of DeLong [delong], or that of "
        "Newcombe where the groups are perfectly apart [newcombe]."
    )


def _use(source: Source) -> Iterator[str]:
    biology = source.config["biology"]
    if source.config["genesets"]:
        yield "Gene sets were tested by the hypergeometric distribution [gseapy]."
    if biology["immune"]:
        yield "Immune cells and functions were scored by ssGSEA [barbie]."
    yield (
        "Subtypes of the cases were sought by k-means on the candidate genes and accepted only if "
        "stable under subsampling [benhur]."
    )
    if source.config["compounds"]["reference"]:
        yield (
            "Compounds were ranked by the normalised weighted connectivity score of their "
            "signatures against up to "
            f"{source.config['compounds']['query_size']} shared genes a side [subramanian], with p "
            f"from {source.config['compounds']['permutations']:,} random queries and with the "
            "limited reproducibility of such lists in mind [lim]."
        )


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
