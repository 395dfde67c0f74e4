"""Activity against a target, predicted from structure, and tested on scaffolds it has not seen.

From a table of measured compounds (`activities`) to fingerprints (`fingerprints`), folds of
scaffolds (`scaffolds`), models (`models`), held-out predictions (`validation`), how good they are
(`performance`, `verdict`), where they hold (`domain`) and how far they can be off (`intervals`), to
the candidates (`scoring`).
"""
