"""The section on methods: a paragraph that can be pasted into a paper, with its references."""

from collections.abc import Iterator

from crosshub import __version__
from crosshub.compounds.found import SHARED
from crosshub.connectivity.normalise import FEWEST_IN_GROUP
from crosshub.gene_sets import split_place
from crosshub.meta.combine import method_for
from crosshub.report.blocks import Items, Section, Text
from crosshub.report.method_words import (
    AMBIGUOUS,
    CLASSIFIER_WORDS,
    COUNTS,
    CUTS,
    POOLED,
    REGRESSION_WORDS,
    REPEATED,
    SELECTOR_WORDS,
    TESTS,
    VOTES,
)
from crosshub.report.numbers import listed, plural
from crosshub.report.papers import cite
from crosshub.report.source import Source

MODEL_WORDS = {
    "random_forest": "a random forest on circular fingerprints [svetnik, rogers]",
    "gradient_boosting": "gradient boosting on circular fingerprints [boosted_trees, rogers]",
    "chemprop": "a directed message-passing network (chemprop) [heid]",
}


def methods(source: Source) -> Section:
    """Write the methods as a paragraph that can be pasted into a paper."""
    section = Section("Methods")
    section.add(Text("What was done in this study, to be pasted and shortened.", "small"))
    references: set[str] = set()
    parts = (_data, _differential, _modules, _shared, _panel, _testing, _use)
    for sentences in parts:
        text, cited = cite(" ".join(sentences(source)))
        references.update(cited)
        section.add(Text(text))
    section.add(Text("References", "lead"), Items(sorted(references)))
    return section


def _data(source: Source) -> Iterator[str]:
    config = source.config
    accessions = sorted({row["accession"] for row in source.rows})
    kinds = _kinds(source)
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
            f"{config['prepare']['collapse']}, {AMBIGUOUS[config['prepare']['ambiguous']]}."
        )
    if "methylation" in kinds:
        yield "Methylation was taken as M-values, probe by probe [du]."
    if "mirna" in kinds:
        yield "miRNA was taken as log2 of its probes."
    if "counts" in kinds:
        yield (
            "Read counts were summed by gene, filtered by expression, and tested "
            f"{COUNTS[config['differential']['counts']]}."
        )
    yield (
        "Samples were checked by principal components and standardised connectivity [oldham]. "
        "Samples of one person were recognised by accession, BioSample, sequencing run, the "
        "person's field or title, or values (correlation of "
        f"gene-centred ranks of at least {config['identity']['min_correlation']:g}) and kept "
        "together in every split."
    )


def _kinds(source: Source) -> set[str]:
    return {row.get("kind") or "array" for row in source.rows}


def _differential(source: Source) -> Iterator[str]:
    testing = source.config["differential"]
    by_deseq = "counts" in _kinds(source) and testing["counts"] == "deseq2"
    linear = not by_deseq or len(_kinds(source)) > 1
    test = "with a linear model and a moderated t [smyth]" if linear else "by that test"
    if by_deseq and linear:
        test += ", read counts by that of DESeq2"
    yield (
        f"{_compared(source)} gene by gene {test}; false discovery rates are those of Benjamini "
        "and Hochberg [benjamini]."
    )
    covariates = {
        name.strip()
        for row in source.rows
        for name in row.get("covariates", "").split(";")
        if name.strip()
    }
    if covariates:
        yield f"Covariates of the model, where a cohort has them: {listed(sorted(covariates))}."
    if linear and testing["trend"]:
        yield "The prior variance followed the mean expression [law]."
    if linear and testing["robust"]:
        yield "The prior variance was estimated so that outlying genes do not disturb it [phipson]."
    if testing["sample_weights"] and _weighed(source):
        yield "Noisy samples counted less, by weights that were estimated from all genes [weights]."
    if testing["fold_change"]:
        yield (
            "Tested was whether a change is beyond a log2 fold change of "
            f"{testing['fold_change']:g} [treat]."
        )
    if linear:
        yield REPEATED[testing["repeated"]]
    if by_deseq and testing["repeated"] == "correlation":
        yield "The model of DESeq2 takes several samples of one person for different people."
    numbers = {len(source.cohorts_of(name, "discovery")) for name in source.diseases} - {1}
    ways = {method_for(number, source.config["combine"]["method"]) for number in numbers}
    for way in sorted(ways):
        yield POOLED[way]
    if ways:
        yield (
            "The same sign was required in each cohort; heterogeneity is given as Q, I² and τ² "
            "[higgins], with a prediction interval from three cohorts on [prediction]."
        )


def _compared(source: Source) -> str:
    """Say what the genes were tested against: the two groups, or the numbers of an outcome."""
    numbers = [row for row in source.rows if row.get("outcome")]
    if not numbers:
        return "Cases and controls were compared"
    fields = listed(sorted({row["outcome"].removeprefix("-").strip() for row in numbers}))
    against = f"against {fields} in units of its standard deviation"
    if len(numbers) == len(source.rows):
        return f"Genes were tested {against}, in place of the two groups,"
    where = listed([row["cohort"] for row in numbers])
    return f"Cases and controls were compared, and in {where} samples were tested {against},"


def _weighed(source: Source) -> bool:
    """Say whether weights of samples were asked of a test that has them."""
    by_voom = source.config["differential"]["counts"] == "voom"
    return by_voom or bool(_kinds(source) - {"counts"})


def _modules(source: Source) -> Iterator[str]:
    network = source.config["modules"]
    signed = network["overlap"] == "signed" and network["network"] == "unsigned"
    overlap = "signed topological overlap" if signed else "topological overlap"
    yield (
        f"Co-expression networks ({network['network'].replace('_', ' ')}, "
        f"{network['correlation']}) were built from the {network['max_genes']:,} most variable "
        f"genes and cut into modules by {overlap} and {CUTS[network['cut']]}."
    )
    if network["preservation_permutations"]:
        yield (
            "Their preservation in the other cohorts was tested with "
            f"{plural(network['preservation_permutations'], 'permutation')} [preservation]."
        )


def _shared(source: Source) -> Iterator[str]:
    candidates, settings = source.config["candidates"], source.config["shared"]
    several = [name for name, item in source.comparisons.items() if len(item["diseases"]) > 1]
    tables = [source.table(f"shared/{name}/genes.tsv") for name in several]
    used = sorted({part["method"].iloc[0] for part in tables if part is not None and len(part)})
    if several:
        named = listed([TESTS.get(method, method) for method in used])
        tested = f"; tested by {named}" if named else ""
        yield (
            "Shared genes are those changed in the same direction in the number of diseases that "
            "the comparison asks for, by directional partial conjunction [heller]"
            f"{tested}, at a false discovery rate of {settings['fdr']:g}."
        )
    if candidates["restrict_to"]:
        path, sets = split_place(candidates["restrict_to"])
        yield (
            f"Only the genes of {listed(sets)} ({path.rpartition('/')[2]}) were tested for being "
            "shared and could enter the panel."
        )
    if candidates["modules"] == "require":
        yield "Of these, only genes of modules that are tied to the disease were kept."
    if several:
        permuted = ""
        if settings["permutations"]:
            permuted = f" against {plural(settings['permutations'], 'permutation')} of the labels"
        yield (
            "Pairs of diseases were compared along all genes by rank–rank hypergeometric overlap"
            f"{permuted} [plaisier, cahill], and conserved co-expression was parted into "
            "communities by the Louvain method [blondel]."
        )
    if settings["common_response"]:
        yield (
            "Genes that answer to nearly everything were marked by a table of how often each is "
            "differential over many studies [crow]."
        )


def _panel(source: Source) -> Iterator[str]:
    panel = source.config["panel"]
    selectors = listed([SELECTOR_WORDS[name] for name in panel["selectors"]])
    of_numbers = panel["predict"] == "outcome"
    words = REGRESSION_WORDS if of_numbers else CLASSIFIER_WORDS
    target = " of the outcome" if of_numbers else ""
    rule = VOTES[panel["vote"]].format(votes=plural(panel["votes"], "vote"))
    yield (
        f"The panel was chosen from the shared genes by the votes of {selectors}: {rule}, "
        f"{plural(panel['max_genes'], 'gene')} at most; for each disease a "
        f"{words[panel['classifier']]}{target} was fitted, on values that were brought to a common "
        "scale by the ranks within each sample."
    )


def _testing(source: Source) -> Iterator[str]:
    settings = source.config["evaluation"]
    of_numbers = source.config["panel"]["predict"] == "outcome"
    measure = "concordance" if of_numbers else "AUC"
    yield (
        "The whole procedure was repeated inside "
        f"{plural(settings['repeats'], 'repeat')} of {settings['folds']}-fold cross-validation "
        "over people and with each cohort left out."
    )
    if of_numbers:
        yield (
            "Performance is the concordance: the share of pairs of samples whose outcomes are put "
            "in the right order [harrell]."
        )
    if settings["permutations"]:
        yield (
            f"The p-value and interval of the cross-validated {measure} come from "
            f"{plural(settings['permutations'], 'permutation')} of the labels, through which the "
            "whole procedure was run."
        )
    if settings["random_panels"]:
        yield (
            f"The panel was compared with {plural(settings['random_panels'], 'random panel')} of "
            "the same size and expression [venet]."
        )
    if source.tried:
        yield (
            "Combinations of selector and classifier were compared in the same folds, and the "
            "performance of the best of them was corrected for having been chosen by bootstrapping "
            "its held-out predictions [tsamardinos]."
        )
    calls = "Calls are made at the share of cases in training; calibration is given as slope and "
    calls += "intercept [calster]"
    if of_numbers:
        calls = "Predicted outcomes are held against the real ones by Spearman's and Pearson's "
        calls += "correlation and by slope and intercept"
    yield (
        f"{calls}, the stability of the selection after Nogueira [nogueira], and what "
        f"the panel is worth in a new cohort as a prediction interval of the {measure} pooled on "
        "the logit scale [debray]."
    )
    interval = "the interval of DeLong [delong], or that of Newcombe where the groups are "
    interval += "perfectly apart [newcombe]"
    if of_numbers:
        interval = "the interval of the infinitesimal jackknife [therneau]"
    yield f"Whole cohorts that training did not see have {interval}."


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
            "Compounds were matched by the normalised weighted connectivity score of their "
            "signatures against up to "
            f"{source.config['compounds']['query_size']} shared genes a side{_filled(source)} "
            "[subramanian], normalised within cell line and type of perturbation (over all cell "
            f"lines where a cell line has fewer than {FEWEST_IN_GROUP} signatures), "
            "averaged within cell lines and summarised over them by the further of the 33rd and "
            "67th percentiles and by random effects [hartung], with p from "
            f"{source.config['compounds']['permutations']:,} random queries, ranked by p, and with "
            "the limited reproducibility of such lists in mind [lim]."
        )
        if any(len(plan["diseases"]) > 1 for plan in source.comparisons.values()):
            yield (
                "Compounds that reverse every disease were sought by partial conjunction, the "
                "largest p over the diseases with the false discovery rate of Benjamini and "
                "Hochberg [heller, benjamini]."
            )
    if source.config["docking"]:
        genes = listed([item["gene"] for item in source.config["docking"]])
        yield (
            f"The head of that list was docked into {genes} with AutoDock Vina [trott, eberhardt] "
            "after preparation with RDKit and Meeko [meeko], beside decoys of like size [pan]; the "
            "ligand of the crystal, docked back from a fresh conformer, was the control."
        )
    for item in source.config["qsar"]:
        yield (
            f"Activity against {item['target']} was predicted by {MODEL_WORDS[item['model']]} and "
            "judged by "
            f"{plural(item['repeats'], 'repeat')} of {item['folds']}-fold cross-validation over "
            f"Murcko scaffolds [bemis, wu] and {plural(item['scramblings'], 'scrambled table')} "
            "[rucker], in which scaffolds exchange what is common to their compounds and compounds "
            "the rest [carpenter]; the domain is the mean similarity to the five nearest training "
            "compounds [sheridan], and prediction intervals are conformal [vovk]."
        )


def _filled(source: Source) -> str:
    """Say where shared genes did not suffice for the query."""
    parts, without = [], []
    for name in source.comparisons:
        asked = source.table(f"compounds/{name}/asked.tsv")
        if asked is None:
            continue
        shared = asked[asked["query"] == SHARED].iloc[0]
        filled = int(shared["filled_up"] + shared["filled_down"])
        if not shared["asked"]:
            without.append(f"not in {name}, where {shared['reason']}")
        elif filled:
            parts.append(f"{filled} of {int(shared['up'] + shared['down'])} in {name}")
    filled_up = f"filled up with the next best genes that are not shared ({listed(parts)})"
    said = [*([filled_up] if parts else []), *without]
    return f", {'; '.join(said)}," if said else ""
