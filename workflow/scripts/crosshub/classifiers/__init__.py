"""Classifiers of a gene panel: fitted (`registry`), frozen to JSON (`freeze`), scored (`frozen`).

This file imports nothing, so that `frozen` can be used without scikit-learn.
"""
