"""The papers behind the methods, by the key under which the report cites them."""

import re

from crosshub.report.papers_of_genes import OF_GENES

PAPERS = OF_GENES | {
    "lasso": (
        "Tibshirani 1996",
        "Tibshirani R. Regression shrinkage and selection via the lasso. Journal of the Royal "
        "Statistical Society B 1996;58:267.",
    ),
    "svm_rfe": (
        "Guyon et al. 2002",
        "Guyon I, Weston J, Barnhill S, Vapnik V. Gene selection for cancer classification using "
        "support vector machines. Machine Learning 2002;46:389.",
    ),
    "lasso_sparse": (
        "Friedman et al. 2010",
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models "
        "via coordinate descent. Journal of Statistical Software 2010;33(1).",
    ),
    "elastic_net": (
        "Zou and Hastie 2005",
        "Zou H, Hastie T. Regularization and variable selection via the elastic net. Journal of "
        "the Royal Statistical Society B 2005;67:301.",
    ),
    "multiple_svm_rfe": (
        "Duan et al. 2005",
        "Duan KB, Rajapakse JC, Wang H, Azuaje F. Multiple SVM-RFE for gene selection in cancer "
        "classification with expression data. IEEE Transactions on NanoBioscience 2005;4:228.",
    ),
    "boruta": (
        "Kursa and Rudnicki 2010",
        "Kursa MB, Rudnicki WR. Feature selection with the Boruta package. Journal of Statistical "
        "Software 2010;36(11).",
    ),
    "gradient_boosting": (
        "Friedman 2002",
        "Friedman JH. Stochastic gradient boosting. Computational Statistics and Data Analysis "
        "2002;38:367.",
    ),
    "stability": (
        "Shah and Samworth 2013",
        "Shah RD, Samworth RJ. Variable selection with error control: another look at stability "
        "selection. Journal of the Royal Statistical Society B 2013;75:55.",
    ),
    "artificial_genes": (
        "Hédou et al. 2024",
        "Hédou J, Marić I, Bellan G, et al. Discovery of sparse, reliable omic biomarkers with "
        "Stabl. Nature Biotechnology 2024;42:1581.",
    ),
    "mrmr": (
        "Ding and Peng 2005",
        "Ding C, Peng H. Minimum redundancy feature selection from microarray gene expression "
        "data. Journal of Bioinformatics and Computational Biology 2005;3:185.",
    ),
    "best_subset": (
        "Hocking and Leslie 1967",
        "Hocking RR, Leslie RN. Selection of the best subset in regression analysis. "
        "Technometrics 1967;9:531.",
    ),
    "ridge": (
        "le Cessie and van Houwelingen 1992",
        "le Cessie S, van Houwelingen JC. Ridge estimators in logistic regression. Journal of the "
        "Royal Statistical Society C 1992;41:191.",
    ),
    "hoerl": (
        "Hoerl and Kennard 1970",
        "Hoerl AE, Kennard RW. Ridge regression: biased estimation for nonorthogonal problems. "
        "Technometrics 1970;12:55.",
    ),
    "machine": (
        "Cortes and Vapnik 1995",
        "Cortes C, Vapnik V. Support-vector networks. Machine Learning 1995;20:273.",
    ),
    "platt": (
        "Lin et al. 2007",
        "Lin HT, Lin CJ, Weng RC. A note on Platt's probabilistic outputs for support vector "
        "machines. Machine Learning 2007;68:267.",
    ),
    "boosting": (
        "Friedman 2002",
        "Friedman JH. Stochastic gradient boosting. Computational Statistics and Data Analysis "
        "2002;38:367.",
    ),
    "shrinkage": (
        "Ledoit and Wolf 2004",
        "Ledoit O, Wolf M. A well-conditioned estimator for large-dimensional covariance matrices. "
        "Journal of Multivariate Analysis 2004;88:365.",
    ),
    "naive_bayes": (
        "Hand and Yu 2001",
        "Hand DJ, Yu K. Idiot's Bayes: not so stupid after all? International Statistical Review "
        "2001;69:385.",
    ),
    "neighbours": (
        "Cover and Hart 1967",
        "Cover TM, Hart PE. Nearest neighbor pattern classification. IEEE Transactions on "
        "Information Theory 1967;13:21.",
    ),
    "network": (
        "Rumelhart et al. 1986",
        "Rumelhart DE, Hinton GE, Williams RJ. Learning representations by back-propagating "
        "errors. Nature 1986;323:533.",
    ),
    "tsamardinos": (
        "Tsamardinos et al. 2018",
        "Tsamardinos I, Greasidou E, Borboudakis G. Bootstrapping the out-of-sample predictions "
        "for efficient and accurate cross-validation. Machine Learning 2018;107:1895.",
    ),
    "random_forest": ("Breiman 2001", "Breiman L. Random forests. Machine Learning 2001;45:5."),
    "delong": (
        "DeLong et al. 1988",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated "
        "receiver operating characteristic curves. Biometrics 1988;44:837.",
    ),
    "harrell": (
        "Harrell et al. 1996",
        "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models: issues in developing "
        "models, evaluating assumptions and adequacy, and measuring and reducing errors. "
        "Statistics in Medicine 1996;15:361.",
    ),
    "therneau": (
        "Therneau and Watson 2015",
        "Therneau TM, Watson DA. The concordance statistic and the Cox model. Mayo Clinic, "
        "technical report 85, 2015.",
    ),
    "newcombe": (
        "Newcombe 2006",
        "Newcombe RG. Confidence intervals for an effect size measure based on the Mann-Whitney "
        "statistic, part 2. Statistics in Medicine 2006;25:559.",
    ),
    "calster": (
        "Van Calster et al. 2016",
        "Van Calster B, Nieboer D, Vergouwe Y, De Cock B, Pencina MJ, Steyerberg EW. A calibration "
        "hierarchy for risk models was defined. Journal of Clinical Epidemiology 2016;74:167.",
    ),
    "nogueira": (
        "Nogueira et al. 2018",
        "Nogueira S, Sechidis K, Brown G. On the stability of feature selection algorithms. "
        "Journal of Machine Learning Research 2018;18:174.",
    ),
    "debray": (
        "Debray et al. 2017",
        "Debray TPA et al. A guide to systematic review and meta-analysis of prediction model "
        "performance. BMJ 2017;356:i6460.",
    ),
    "venet": (
        "Venet et al. 2011",
        "Venet D, Dumont JE, Detours V. Most random gene expression signatures are significantly "
        "associated with breast cancer outcome. PLoS Computational Biology 2011;7:e1002240.",
    ),
    "gseapy": (
        "Fang et al. 2023",
        "Fang Z, Liu X, Peltz G. GSEApy: a comprehensive package for performing gene set "
        "enrichment analysis in Python. Bioinformatics 2023;39:btac757.",
    ),
    "barbie": (
        "Barbie et al. 2009",
        "Barbie DA et al. Systematic RNA interference reveals that oncogenic KRAS-driven cancers "
        "require TBK1. Nature 2009;462:108.",
    ),
    "benhur": (
        "Ben-Hur et al. 2002",
        "Ben-Hur A, Elisseeff A, Guyon I. A stability based method for discovering structure in "
        "clustered data. Pacific Symposium on Biocomputing 2002;7:6.",
    ),
    "subramanian": (
        "Subramanian et al. 2017",
        "Subramanian A et al. A next generation Connectivity Map: L1000 platform and the first "
        "1,000,000 profiles. Cell 2017;171:1437.",
    ),
    "lim": (
        "Lim and Pavlidis 2021",
        "Lim N, Pavlidis P. Evaluation of Connectivity Map shows limited reproducibility in drug "
        "repositioning. Scientific Reports 2021;11:17624.",
    ),
    "trott": (
        "Trott and Olson 2010",
        "Trott O, Olson AJ. AutoDock Vina: improving the speed and accuracy of docking with a new "
        "scoring function, efficient optimization, and multithreading. Journal of Computational "
        "Chemistry 2010;31:455.",
    ),
    "eberhardt": (
        "Eberhardt et al. 2021",
        "Eberhardt J, Santos-Martins D, Tillack AF, Forli S. AutoDock Vina 1.2.0: new docking "
        "methods, expanded force field, and Python bindings. Journal of Chemical Information and "
        "Modeling 2021;61:3891.",
    ),
    "meeko": (
        "Santos-Martins et al. 2025",
        "Santos-Martins D et al. Meeko: molecule parameterization and software interoperability "
        "for docking and beyond. Journal of Chemical Information and Modeling 2025.",
    ),
    "pan": (
        "Pan et al. 2003",
        "Pan Y, Huang N, Cho S, MacKerell AD. Consideration of molecular weight during compound "
        "selection in virtual target-based database screening. Journal of Chemical Information "
        "and Computer Sciences 2003;43:267.",
    ),
    "rogers": (
        "Rogers and Hahn 2010",
        "Rogers D, Hahn M. Extended-connectivity fingerprints. Journal of Chemical Information and "
        "Modeling 2010;50:742.",
    ),
    "bemis": (
        "Bemis and Murcko 1996",
        "Bemis GW, Murcko MA. The properties of known drugs. 1. Molecular frameworks. Journal of "
        "Medicinal Chemistry 1996;39:2887.",
    ),
    "wu": (
        "Wu et al. 2018",
        "Wu Z et al. MoleculeNet: a benchmark for molecular machine learning. Chemical Science "
        "2018;9:513.",
    ),
    "rucker": (
        "Rücker et al. 2007",
        "Rücker C, Rücker G, Meringer M. y-Randomization and its variants in QSPR/QSAR. Journal of "
        "Chemical Information and Modeling 2007;47:2345.",
    ),
    "carpenter": (
        "Carpenter et al. 2003",
        "Carpenter JR, Goldstein H, Rasbash J. A novel bootstrap procedure for assessing the "
        "relationship between class size and achievement. Journal of the Royal Statistical Society "
        "C 2003;52:431.",
    ),
    "sheridan": (
        "Sheridan et al. 2004",
        "Sheridan RP, Feuston BP, Maiorov VN, Kearsley SK. Similarity to molecules in the training "
        "set is a good discriminator for prediction accuracy in QSAR. Journal of Chemical "
        "Information and Computer Sciences 2004;44:1912.",
    ),
    "svetnik": (
        "Svetnik et al. 2003",
        "Svetnik V et al. Random forest: a classification and regression tool for compound "
        "classification and QSAR modeling. Journal of Chemical Information and Computer Sciences "
        "2003;43:1947.",
    ),
    "boosted_trees": (
        "Sheridan et al. 2016",
        "Sheridan RP, Wang WM, Liaw A, Ma J, Gifford EM. Extreme gradient boosting as a method for "
        "quantitative structure-activity relationships. Journal of Chemical Information and "
        "Modeling 2016;56:2353.",
    ),
    "heid": (
        "Heid et al. 2024",
        "Heid E et al. Chemprop: a machine learning package for chemical property prediction. "
        "Journal of Chemical Information and Modeling 2024;64:9.",
    ),
    "vovk": (
        "Vovk et al. 2005",
        "Vovk V, Gammerman A, Shafer G. Algorithmic learning in a random world. Springer 2005.",
    ),
    "molder": (
        "Mölder et al. 2021",
        "Mölder F et al. Sustainable data analysis with Snakemake. F1000Research 2021;10:33.",
    ),
}
_KEYS = re.compile(r"\[([a-z_, ]+)\]")


def cite(text: str) -> tuple[str, list[str]]:
    """Put the papers in place of their keys: ``[smyth, law]`` becomes ``(Smyth 2004; Law …)``.

    Returns
    -------
    tuple of str and list of str
        The text, and the references in alphabetical order.
    """
    used: set[str] = set()

    def names(match: re.Match[str]) -> str:
        keys = [key.strip() for key in match[1].split(",")]
        used.update(keys)
        return f"({'; '.join(PAPERS[key][0] for key in keys)})"

    return _KEYS.sub(names, text), sorted(PAPERS[key][1] for key in used)
