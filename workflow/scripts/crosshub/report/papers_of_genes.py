"""The papers behind what is done to genes: data, tests, modules, and what diseases share."""

OF_GENES = {
    "edgar": (
        "Edgar et al. 2002",
        "Edgar R, Domrachev M, Lash AE. Gene Expression Omnibus: NCBI gene expression and "
        "hybridization array data repository. Nucleic Acids Research 2002;30:207.",
    ),
    "barrett": (
        "Barrett et al. 2013",
        "Barrett T et al. NCBI GEO: archive for functional genomics data sets. Nucleic Acids "
        "Research 2013;41:D991.",
    ),
    "du": (
        "Du et al. 2010",
        "Du P et al. Comparison of Beta-value and M-value methods for quantifying methylation "
        "levels by microarray analysis. BMC Bioinformatics 2010;11:587.",
    ),
    "oldham": (
        "Oldham et al. 2012",
        "Oldham MC, Langfelder P, Horvath S. Network methods for describing sample relationships "
        "in genomic datasets. BMC Systems Biology 2012;6:63.",
    ),
    "smyth": (
        "Smyth 2004",
        "Smyth GK. Linear models and empirical Bayes methods for assessing differential "
        "expression in microarray experiments. Statistical Applications in Genetics and Molecular "
        "Biology 2004;3:3.",
    ),
    "phipson": (
        "Phipson et al. 2016",
        "Phipson B, Lee S, Majewski IJ, Alexander WS, Smyth GK. Robust hyperparameter estimation "
        "protects against hypervariable genes and improves power to detect differential "
        "expression. Annals of Applied Statistics 2016;10:946.",
    ),
    "duplicates": (
        "Smyth et al. 2005",
        "Smyth GK, Michaud J, Scott HS. Use of within-array replicate spots for assessing "
        "differential expression in microarray experiments. Bioinformatics 2005;21:2067.",
    ),
    "weights": (
        "Ritchie et al. 2006",
        "Ritchie ME et al. Empirical array quality weights in the analysis of microarray data. BMC "
        "Bioinformatics 2006;7:261.",
    ),
    "treat": (
        "McCarthy and Smyth 2009",
        "McCarthy DJ, Smyth GK. Testing significance relative to a fold-change threshold is a "
        "TREAT. Bioinformatics 2009;25:765.",
    ),
    "law": (
        "Law et al. 2014",
        "Law CW, Chen Y, Shi W, Smyth GK. voom: precision weights unlock linear model analysis "
        "tools for RNA-seq read counts. Genome Biology 2014;15:R29.",
    ),
    "robinson": (
        "Robinson and Oshlack 2010",
        "Robinson MD, Oshlack A. A scaling normalization method for differential expression "
        "analysis of RNA-seq data. Genome Biology 2010;11:R25.",
    ),
    "benjamini": (
        "Benjamini and Hochberg 1995",
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate. Journal of the Royal "
        "Statistical Society B 1995;57:289.",
    ),
    "hedges": (
        "Hedges 1981",
        "Hedges LV. Distribution theory for Glass's estimator of effect size and related "
        "estimators. Journal of Educational Statistics 1981;6:107.",
    ),
    "marot": (
        "Marot et al. 2009",
        "Marot G, Foulley JL, Mayer CD, Jaffrézic F. Moderated effect size and P-value "
        "combinations for microarray meta-analyses. Bioinformatics 2009;25:2692.",
    ),
    "viechtbauer": (
        "Viechtbauer 2005",
        "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the "
        "random-effects model. Journal of Educational and Behavioral Statistics 2005;30:261.",
    ),
    "hartung": (
        "Hartung and Knapp 2001",
        "Hartung J, Knapp G. A refined method for the meta-analysis of controlled clinical trials "
        "with binary outcome. Statistics in Medicine 2001;20:3875.",
    ),
    "dersimonian": (
        "DerSimonian and Laird 1986",
        "DerSimonian R, Laird N. Meta-analysis in clinical trials. Controlled Clinical Trials "
        "1986;7:177.",
    ),
    "higgins": (
        "Higgins and Thompson 2002",
        "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Statistics in "
        "Medicine 2002;21:1539.",
    ),
    "prediction": (
        "Higgins et al. 2009",
        "Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects "
        "meta-analysis. Journal of the Royal Statistical Society A 2009;172:137.",
    ),
    "love": (
        "Love et al. 2014",
        "Love MI, Huber W, Anders S. Moderated estimation of fold change and dispersion for "
        "RNA-seq data with DESeq2. Genome Biology 2014;15:550.",
    ),
    "muzellec": (
        "Muzellec et al. 2023",
        "Muzellec B, Teleńczuk M, Cabeli V, Andreux M. PyDESeq2: a python package for bulk RNA-seq "
        "differential expression analysis. Bioinformatics 2023;39:btad547.",
    ),
    "plaisier": (
        "Plaisier et al. 2010",
        "Plaisier SB, Taschereau R, Wong JA, Graeber TG. Rank-rank hypergeometric overlap. Nucleic "
        "Acids Research 2010;38:e169.",
    ),
    "cahill": (
        "Cahill et al. 2018",
        "Cahill KM, Huo Z, Tseng GC, Logan RW, Seney ML. Improved identification of concordant and "
        "discordant gene expression signatures using an updated rank-rank hypergeometric overlap "
        "approach. Scientific Reports 2018;8:9588.",
    ),
    "blondel": (
        "Blondel et al. 2008",
        "Blondel VD, Guillaume JL, Lambiotte R, Lefebvre E. Fast unfolding of communities in large "
        "networks. Journal of Statistical Mechanics 2008:P10008.",
    ),
    "crow": (
        "Crow et al. 2019",
        "Crow M, Lim N, Ballouz S, Pavlidis P, Gillis J. Predictability of human differential gene "
        "expression. Proceedings of the National Academy of Sciences 2019;116:6491.",
    ),
    "wgcna": (
        "Langfelder and Horvath 2008",
        "Langfelder P, Horvath S. WGCNA: an R package for weighted correlation network analysis. "
        "BMC Bioinformatics 2008;9:559.",
    ),
    "treecut": (
        "Langfelder et al. 2008",
        "Langfelder P, Zhang B, Horvath S. Defining clusters from a hierarchical cluster tree: the "
        "Dynamic Tree Cut package for R. Bioinformatics 2008;24:719.",
    ),
    "preservation": (
        "Langfelder et al. 2011",
        "Langfelder P, Luo R, Oldham MC, Horvath S. Is my network module preserved and "
        "reproducible? PLoS Computational Biology 2011;7:e1001057.",
    ),
    "heller": (
        "Benjamini and Heller 2008",
        "Benjamini Y, Heller R. Screening for partial conjunction hypotheses. Biometrics "
        "2008;64:1215.",
    ),
    "wang": (
        "Wang et al. 2022",
        "Wang J, Gui L, Su WJ, Sabatti C, Owen AB. Detecting multiple replicating signals using "
        "adaptive filtering procedures. Annals of Statistics 2022;50:1890.",
    ),
}
