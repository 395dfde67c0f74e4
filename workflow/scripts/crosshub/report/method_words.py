"""The words that the section on methods has for the values of the config, with their papers."""

from crosshub.shared.conjunction import ADAPTIVE, VALID

TESTS = {
    ADAPTIVE: "adaptive filtering [wang]",
    VALID: "the largest p-values with Benjamini–Hochberg, as the diseases share people",
}
COUNTS = {
    "voom": "as log2 counts per million with TMM factors and a weight each (voom) [robinson, law]",
    "trend": "as log2 counts per million with TMM factors and a variance trend [robinson, law]",
    "deseq2": "by DESeq2's Wald test of a negative binomial model [love, muzellec]",
}
POOLED = {
    "common_effect": "Cohorts of a disease were combined by inverse variance from moderated "
    "standardised effects [hedges, marot].",
    "dersimonian_laird": "Cohorts of a disease were combined by random effects from moderated "
    "standardised effects [marot, dersimonian].",
    "random_effects": "Diseases with several cohorts were combined by random effects (REML, "
    "Hartung–Knapp) from moderated standardised effects [marot, viechtbauer, hartung].",
}
AMBIGUOUS = {
    "drop": "and probes of several genes left out",
    "expand": "and probes of several genes taken for each of their genes",
}
REPEATED = {
    "correlation": "Where a person gave several samples, their correlation entered the model "
    "[duplicates].",
    "factor": "Where a person gave several samples, each person was a level of the model, so that "
    "the comparison is within people.",
    "none": "Where a person gave several samples, these were tested as if they were of different "
    "people.",
}
CUTS = {
    "hybrid": "the dynamic hybrid tree cut [wgcna, treecut]",
    "tree": "the dynamic tree cut [wgcna, treecut]",
}
VOTES = {
    "rank": "those of the best mean rank over selectors and diseases",
    "at_least": "those with at least {votes} on average over the diseases",
    "intersection": "those that every selector chose in every disease",
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

# A panel of numbers has linear models; see `classifiers.FOR_NUMBERS`.
REGRESSION_WORDS = {
    "ridge_logistic": "ridge regression [hoerl]",
    "lasso_logistic": "LASSO regression [lasso]",
}
