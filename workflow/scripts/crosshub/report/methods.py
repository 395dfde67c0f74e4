"""The section on methods: a paragraph that can be pasted into a paper, with its references."""

from collections.abc import Iterator

from crosshub import __version__
from crosshub.compounds.query import SHARED
from crosshub.connectivity.normalise import FEWEST_IN_GROUP
from crosshub.meta.combine import method_for
from crosshub.report.blocks import Items, Section, Text
from crosshub.report.numbers import listed, plural
from crosshub.report.papers import cite
from crosshub.report.source import Source
from crosshub.shared.conjunction import ADAPTIVE, VALID

TESTS = {
    ADAPTIVE: "adaptive filtering [wang]",
    VALID: "the largest p-values with Benjamini–Hochberg, as the diseases share people",
}
COUNTS = {
    "voom": "as log2 counts per million with TMM factors and a weight each (voom) [robinson, law]",
    "trend": "as log2 counts per million with TMM factors and a variance trend [robinson, law]",
    "deseq2": "by the negative binomial model of DESeq2 [love, muzellec]",
}
POOLED = {
    "common_effect": "Cohorts of a disease were combined by inverse variance from moderated "
    "standardised effects [hedges, marot].",
    "dersimonian_laird": "Cohorts of a disease were combined by random effects from moderated "
    "standardised effects [marot, dersimonian].",
    "random_effects": "Diseases with several cohorts were combined by random effects (REML, "
    "Hartung–Knapp) from moderated standardised effects [marot, viechtbauer, hartung].",
}


SELECTOR_WORDS = {
    "lasso": "LASSO [lasso]",
    "lasso_sparse": "LASSO by the one-standard-error rule [lasso, lasso_sparse]",
    "elastic_net": "elastic net [elastic_net]",
    "svm_rfe": "SVM-RFE [svm_rfe]",
    "multiple_svm_rfe": "multiple SVM-RFE [multiple_svm_rfe]",
    "random_forest": "a random forest [random_forest]",
    "boruta": "Boruta [boruta]",
    "gradient_boosting": "gradient boosting [gradient_boosting]",
    "stability": "stability selection [stability]",
    "artificial_genes": "selection against shuffled genes [artificial_genes]",
    "mrmr": "mRMR [mrmr]",
    "univariate": "t tests at a false discovery rate of 0.05 [benjamini]",
    "best_subset": "the best of all small subsets [best_subset]",
}

CLASSIFIER_WORDS = {
    "ridge_logistic": "ridge logistic model [ridge]",
    "lasso_logistic": "LASSO logistic model [lasso]",
    "linear_svm": "linear support vector machine with Platt's sigmoid [machine, platt]",
    "rbf_svm": "support vector machine with a Gaussian kernel and Platt's sigmoid [machine, platt]",
    "random_forest": "random forest [random_forest]",
    "gradient_boosting": "stochastic gradient boosting machine [boosting]",
    "lda": "linear discriminant analysis with shrunken covariance [shrinkage]",
    "naive_bayes": "Gaussian naive Bayes classifier [naive_bayes]",
    "knn": "vote of the nearest neighbours [neighbours]",
    "mlp": "network of one small hidden layer [network]",
}

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


def _genes(source: Source) -> Iterator[str]:
    yield (
        "Cases and controls were compared gene by gene with a linear model and a moderated t "
        "[smyth]; false discovery rates are those of Benjamini and Hochberg [benjamini]."
    )
    numbers = {len(source.cohorts_of(name, "discovery")) for name in source.diseases} - {1}
    ways = {method_for(number, source.config["combine"]["method"]) for number in numbers}
    for way in sorted(ways):
        yield POOLED[way]
    if ways:
        yield (
            "The same sign was required in each cohort; heterogeneity is given as Q, I² and τ² "
            "[higgins], with a prediction interval from three cohorts on [prediction]."
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
            f"{tested}, at a false discovery rate of {source.config['shared']['fdr']:g}. Pairs of "
            "diseases were compared along all genes by rank–rank hypergeometric overlap against "
            "permuted labels [plaisier, cahill], and conserved co-expression was parted into "
            "communities by the Louvain method [blondel]."
        )


def _testing(source: Source) -> Iterator[str]:
    settings = source.config["evaluation"]
    selectors = listed([SELECTOR_WORDS[name] for name in source.config["panel"]["selectors"]])
    classifier = CLASSIFIER_WORDS[source.config["panel"]["classifier"]]
    yield (
        f"The panel was chosen from the shared genes by the votes of {selectors}; for each disease "
        f"a {classifier} was fitted, on values that were brought to a common scale by the ranks "
        "within each sample."
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
    if source.tried:
        yield (
            "Combinations of selector and classifier were compared in the same folds, and the "
            "performance of the best of them was corrected for having been chosen by bootstrapping "
            "its held-out predictions [tsamardinos]."
        )
    yield (
        "Calls are made at the share of cases in training; calibration is given as slope and "
        "intercept [calster], the stability of the selection after Nogueira [nogueira], and what "
        "the panel is worth in a new cohort as a prediction interval of the AUC pooled on the "
        "logit scale [debray]."
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
            "[rucker]; the domain is the mean similarity to the five nearest training compounds "
            "[sheridan], and prediction intervals are conformal [vovk]."
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
