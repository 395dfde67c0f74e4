"""Classifiers of a gene panel: fitted (`registry`), frozen to JSON (`freeze`), scored (`frozen`).

This file imports nothing, so that `frozen` can be used without scikit-learn.
"""

# Those that can predict an outcome of numbers, then as ridge and LASSO regression.
FOR_NUMBERS = ("ridge_logistic", "lasso_logistic")
