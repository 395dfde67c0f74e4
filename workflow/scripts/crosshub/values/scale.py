"""On what scale the values of a series are: told from their numbers, or chosen by the user."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.values.features import (
    QUANTILES,
    ProbeFeatures,
    probe_features,
    quantile_normalised,
    sample_features,
)
from crosshub.values.text import claims, named_bases

# A scanner tells 2^16 levels apart, and MAS 5.0 scales its signals up to 2^18: that is 18 on log2,
# 12.5 on ln, 5.4 on log10. What reaches higher is on a scale that reaches higher.
HIGHEST_LOG2, HIGHEST_LN, HIGHEST_LOG10 = 30.0, 12.5, 5.4
# The lowest 99th percentile of an array in log2 is about 11, the highest in ln 10.4.
HIGHEST_Q99_LN = 10.7
LOGARITHMS = ("log2", "ln", "log10")
CHOICES = ("linear", *LOGARITHMS, "scaled", "rank")
BY_NUMBERS = "vote of the samples"
BY_TEXT = "vote of the samples and the submitter's text"
BY_USER = "the table of cohorts (scale)"


@dataclass(frozen=True)
class Scale:
    """The scale of a matrix.

    Attributes
    ----------
    name
        linear, log2, ln, log10 can be brought to log2. What cannot is told as standardised,
        counts, beta, signed (linear, much of it negative), constant, mixed (samples on different
        scales) or ambiguous. A user may choose scaled and rank.
    evidence
        decided_by, samples, votes (scale → samples whose numbers allow it), quantiles (of the
        median sample; min and max of all), negative_values, zeros (share), centred,
        quantile_normalised, processing, text (what it speaks of); possible (of an ambiguous or
        mixed scale) and odd_samples (of a mixed or constant one).
    warnings
        What a reader should know, a sentence each.
    """

    name: str
    evidence: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def recognise(values: pd.DataFrame, processing: str = "") -> Scale:
    """Tell the scale of a matrix from its numbers, with the submitter's text as a witness.

    Each sample votes for every scale that its own numbers allow. The cohort has the scale that all
    allow; a sample that does not allow what the others do makes the matrix ``mixed``. The text
    decides only between what the numbers leave open.

    Parameters
    ----------
    values
        Probes × samples, as submitted, at least one finite value in each sample.
    processing
        What the submitter says of the data processing (`geo.Series.processing`).

    Returns
    -------
    Scale
        With every figure that the decision rests on. Nothing is raised: `to_log2` refuses what
        cannot be used.

    References
    ----------
    The limit between linear values and logarithms is the 99th percentile of GEO2R (Barrett et al.
    2013, NCBI GEO: archive for functional genomics data sets, NAR 41:D991), with room for reads
    per kilobase; the others follow from the range of a scanner.
    """
    features = sample_features(values)
    probes = probe_features(values)
    claimed = claims(processing)
    evidence = _evidence(values, features, probes, processing) | {"text": sorted(claimed)}
    constant = features.index[features["min"] == features["max"]]
    if len(constant):
        return Scale("constant", evidence | {"odd_samples": list(constant)})
    if _ratios(features, probes):
        warning = "ratios to the middle of each probe: differences between probes are lost"
        return Scale("linear", evidence | {"votes": {"linear": len(features)}}, (warning,))
    allowed = {name: possible_scales(row) for name, row in features.iterrows()}
    evidence["votes"] = votes = _count(allowed.values())
    if "signed" in votes and set(votes) <= {"signed", "linear", "counts"}:
        return Scale("signed", evidence)
    most = max(votes.values())
    # Where no scale suits all, the samples that allow the first of the best are the majority.
    agreed = {scale for scale, number in votes.items() if number == most}
    if most < len(allowed):
        agreed = {min(agreed)}
    odd = [name for name, found in allowed.items() if not agreed & found]
    if not odd and agreed & set(LOGARITHMS):
        odd = _far_off(features)
    if odd:
        return Scale("mixed", evidence | {"odd_samples": odd, "possible": sorted(agreed)})
    if agreed & set(LOGARITHMS):
        return _logarithm(agreed, features, probes, claimed, evidence)
    return _no_logarithm(agreed, claimed, evidence)


def _count(allowed: Iterable[frozenset[str]]) -> dict[str, int]:
    counted = Counter(scale for found in allowed for scale in found)
    return {scale: counted[scale] for scale in sorted(counted)}


def possible_scales(features: Mapping[str, float]) -> frozenset[str]:
    """Return the scales that the numbers of one sample allow.

    Parameters
    ----------
    features
        A row of `features.sample_features`.
    """
    top, highest = features["q999"], features["max"]
    if features["min"] >= 0 and highest <= 1:
        return frozenset({"beta"})
    if top > HIGHEST_LOG2:
        if features["negative"] > 0.25:
            return frozenset({"signed"})
        whole = features["whole"] > 0.999 and features["min"] >= 0
        if whole and features["zero"] > 0.01:
            return frozenset({"counts"})
        return frozenset({"linear", "counts"}) if whole else frozenset({"linear"})
    if features["negative"] > 0.2:
        # Logarithms about a baseline: only their extent tells of the base.
        extent = top - features["q001"]
        limits = (HIGHEST_LN, HIGHEST_LOG10)
        return frozenset(("log2", "ln", "log10")[: 1 + sum(extent <= limit for limit in limits)])
    # A single value beyond reach may be a slip; one far beyond is not.
    beyond = top > HIGHEST_LN or highest > HIGHEST_LN + 1
    if beyond or features["q99"] > HIGHEST_Q99_LN:
        return frozenset({"log2"})
    if top > HIGHEST_LOG10:
        return frozenset({"log2", "ln"})
    like_an_array = 3.2 < features["q99"] < 4.8 and features["median"] > 1.1
    if like_an_array and features["zero"] < 0.01:
        return frozenset({"log10"})
    return frozenset(LOGARITHMS)


def choose(values: pd.DataFrame, choice: str = "", processing: str = "") -> Scale:
    """Return the scale that the user chose, or the one that the numbers show.

    Parameters
    ----------
    values, processing
        As in `recognise`.
    choice
        Of the table of cohorts: empty or ``auto``, or one of `CHOICES`.

    Raises
    ------
    DataError
        If the choice is none of these.
    """
    if choice not in ("", "auto", *CHOICES):
        raise DataError(f"scale={choice} is no scale: choose one of {', '.join(CHOICES)}")
    seen = recognise(values, processing)
    if choice in ("", "auto") or seen.name == "constant":
        return seen
    warnings = [text for text in seen.warnings if seen.name == choice]
    contradicts = {"linear", *LOGARITHMS, "standardised", "counts", "beta"} - {choice}
    if seen.name in contradicts and choice not in ("scaled", "rank"):
        warnings.append(f"the table of cohorts says {choice}, the numbers look like {seen.name}")
    if seen.name == "mixed":
        odd = ", ".join(seen.evidence["odd_samples"])
        warnings.append(f"samples that are on another scale than the others: {odd}")
    if choice == "scaled":
        warnings.append("the differences between groups are in units of the submitter, not log2")
    return Scale(choice, seen.evidence | {"decided_by": BY_USER}, tuple(warnings))


def _evidence(
    values: pd.DataFrame, features: pd.DataFrame, probes: ProbeFeatures | None, processing: str
) -> dict[str, Any]:
    shown = [name for name in QUANTILES if name not in ("q001", "q999")]
    # Of the sample in the middle; the ends are those of all samples.
    levels = features[shown].median()
    levels["min"], levels["max"] = features["min"].min(), features["max"].max()
    array = values.to_numpy(float)
    return {
        "decided_by": BY_NUMBERS,
        "samples": len(features),
        "votes": {},
        "quantiles": levels.round(4).to_dict(),
        "negative_values": int(((array < 0) & (array > -np.inf)).sum()),
        "zeros": float(features["zero"].median()),
        "centred": bool(probes and probes.centred),
        "quantile_normalised": quantile_normalised(values),
        "processing": processing,
    }


def _ratios(features: pd.DataFrame, probes: ProbeFeatures | None) -> bool:
    """Whether the probes lie about one and no value is negative, as no logarithms do."""
    if probes is None or features["min"].min() < 0 or features["zero"].median() > 0.01:
        return False
    return probes.centred and 0.8 < probes.centre < 1.25 and features["max"].max() > 1


def _far_off(features: pd.DataFrame) -> list[str]:
    """List samples that lie far from the others: a baseline was taken from some alone."""
    places = features[["median", "q99"]]
    # The lower median is a sample's own, so that two halves lie away from each other.
    away = (places - places.quantile(0.5, interpolation="lower")).abs()
    return list(features.index[(away > 3).all(axis=1)])


def _logarithm(
    agreed: set[str],
    features: pd.DataFrame,
    probes: ProbeFeatures | None,
    claimed: frozenset[str],
    evidence: dict[str, Any],
) -> Scale:
    """Decide on the base of logarithms, once it is sure that they are some."""
    if _standardised(features, probes, claimed):
        return Scale("standardised", evidence)
    vouched = named_bases(claimed)
    decided = agreed & vouched or agreed | vouched
    if len(decided) > 1:
        return Scale("ambiguous", evidence | {"possible": sorted(decided)})
    (name,) = decided
    if len(agreed) > 1:
        evidence = evidence | {"decided_by": BY_TEXT}
    centred = ("the probes are centred: differences between probes are lost",)
    return Scale(name, evidence, centred if evidence["centred"] else ())


def _standardised(
    features: pd.DataFrame, probes: ProbeFeatures | None, claimed: frozenset[str]
) -> bool:
    if not (features["negative"] > 0.2).mean() > 0.5:
        return False
    robust = (features["q75"] - features["q25"]) / 1.349
    by_mean = (features["mean"].abs() < 0.02) & ((features["sd"] - 1).abs() < 0.02)
    by_median = (features["median"].abs() < 0.02) & ((robust - 1).abs() < 0.02)
    if by_mean.all() or by_median.all() or (probes and probes.standardised):
        return True
    about_one = features["sd"].median() < 1.5 and features["mean"].abs().median() < 0.3
    return "standardised" in claimed and bool(about_one)


def _no_logarithm(agreed: set[str], claimed: frozenset[str], evidence: dict[str, Any]) -> Scale:
    """Decide between linear values, counts, and what cannot be used."""
    warnings = []
    if len(agreed) > 1:
        # Whole numbers without zeros: counts without their silent genes, or rounded intensities.
        if ("counts" in claimed) == ("linear_method" in claimed):
            return Scale("ambiguous", evidence | {"possible": sorted(agreed)})
        agreed = {"counts" if "counts" in claimed else "linear"}
        evidence = evidence | {"decided_by": BY_TEXT}
    (name,) = agreed
    if name == "linear":
        if evidence["zeros"] > 0.05:
            warnings.append(
                f"{evidence['zeros']:.0%} of the values are zero, as in reads per kilobase (FPKM, "
                "TPM): counts would be better (kind=counts)"
            )
        bases = claimed & set(LOGARITHMS)
        if bases:
            spoken = " and ".join(sorted(bases))
            warnings.append(f"the submitter's text speaks of {spoken}, the numbers are linear")
    return Scale(name, evidence, tuple(warnings))


def refuse(scale: Scale) -> None:
    """Raise `DataError`, with the remedy, for a scale that cannot be brought to log2."""
    odd = scale.evidence.get("odd_samples", [])
    named = ", ".join(odd[:5]) + (" …" if len(odd) > 5 else "")
    possible = " or ".join(scale.evidence.get("possible", []))
    column = "the column scale of the table of cohorts"
    filtered = "exclude them with the column filter of the table of cohorts"
    remedy = {
        "standardised": "the values are standardised (z-scores), so they carry no effect sizes: "
        f"leave the series out, or set {column} to rank to use the order of the genes in each "
        "sample",
        "counts": "the values are raw counts: set kind=counts in the table of cohorts; or, if they "
        f"are intensities of an array, set {column} to linear",
        "beta": "the values lie between 0 and 1, as the beta values of methylation do: set "
        "kind=methylation in the table of cohorts, or leave the series out",
        "signed": "the values look linear, but more than a quarter of them are negative: leave the "
        f"series out, or set {column} to linear to take the negative ones for zero",
        "constant": f"{len(odd)} samples have one value for all probes ({named}): {filtered}",
        "mixed": f"{len(odd)} samples are on another scale than the others ({named}; the others: "
        f"{possible}): {filtered}, or set {column}",
        "ambiguous": f"the values may be {possible}, and their numbers and the submitter's text do "
        f"not decide: set {column} to what the paper says (kind=counts for counts), or leave the "
        "series out",
    }.get(scale.name)
    if remedy:
        raise DataError(remedy)
