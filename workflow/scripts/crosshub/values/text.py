"""What a submitter says of the data processing, as far as it bears on the scale of the values."""

import re

# A threshold on fold changes tells nothing of the matrix.
_FOLD_CHANGES = re.compile(r"log[\s_-]*\(?(?:2|10)?\)?[\s_-]*(?:fold|fc\b)")

_WORDS = {
    # The base of the logarithm.
    "log2": r"\blog[\s_-]*\(?\s*(?:base[\s_-]*)?2\s*\)?(?!\d)|\bbase[\s_-]*(?:2\b|two\b)"
    r"|binary log",
    "ln": r"natural[\s-]*log|\bln\b|\blog[\s_-]*\(?e\)?\b|\bbase[\s_-]*e\b|\blog1p\b",
    "log10": r"\blog[\s_-]*\(?\s*(?:base[\s_-]*)?10\s*\)?(?!\d)|\bbase[\s_-]*(?:10\b|ten\b)",
    # Methods whose output is log2, if it is a logarithm at all.
    "log2_method": r"\b(?:gc|fr|i)?rma(?:16|express)?\b|robust multi|\bvsn\b|variance[\s-]*stabili"
    r"|\bneqc\b|\blumi\b|genespring|\brlog\b|\bvst\b|\blimma\b",
    # Methods whose output is linear, unless its logarithm was taken afterwards.
    "linear_method": r"\bmas[\s_-]*v?5|\bgcos\b|microarray suite|expression console|\bdchip\b"
    r"|\bmbei\b|\bplier\b|beadstudio|genomestudio",
    "standardised": r"\bz[\s-]*(?:scor|transform|norm)"
    r"|standardi[sz]ed (?:to|values|expression|data)|unit variance",
    "centred": r"(?:median|mean)[\s-]*cent|\bcent(?:ered|red)\b|\bbaseline\b",
    "quantile": r"\bquantile",
    "counts": r"\b(?:raw |read |expected |gene )?counts?\b|htseq|featurecounts",
    "normalised_reads": r"\b[fr]pkm\b|\btpm\b|\bcpm\b|per million",
    "beta": r"\bbeta[\s-]*values?\b|\bbetas\b|\bmethylation levels?\b",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _WORDS.items()}


def claims(processing: str) -> frozenset[str]:
    """Return what a text on data processing speaks of.

    Parameters
    ----------
    processing
        `geo.Series.processing`.

    Returns
    -------
    frozenset of str
        Of log2, ln, log10 (the base is named); log2_method (such as RMA), linear_method (such as
        MAS 5.0); standardised, centred, quantile, counts, normalised_reads, beta.
    """
    text = _FOLD_CHANGES.sub(" ", processing.lower())
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(text))


def named_bases(claimed: frozenset[str]) -> frozenset[str]:
    """Return the logarithms that a text vouches for: by the base, or else by the method."""
    named = claimed & {"log2", "ln", "log10"}
    if named:
        return named
    return frozenset({"log2"}) if "log2_method" in claimed else frozenset()
