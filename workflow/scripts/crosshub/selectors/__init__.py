"""Feature selectors as scikit-learn estimators; `registry.SELECTORS` is the list of them."""
