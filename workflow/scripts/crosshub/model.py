"""The frozen model of a disease: JSON of a classifier and reference quantiles; scores one sample.

A sample is brought to the scale of the training samples by itself alone: the rank of a gene among
the reference genes of the sample is replaced by the training samples' value at that rank. So the
platform's scale drops out, no other sample is needed, and one sample scores as in its cohort.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from crosshub.classifiers.frozen import LARGEST, Classifier, check, log_odds, numbers
from crosshub.errors import DataError

FORMAT = 2
REFERENCE_SIZE = 1000
PROBABILITIES = np.linspace(0, 1, 201)
LARGEST_MISSING_SHARE = 0.2
# Means of quantiles fall by rounding at most.
LARGEST_FALL = 1e-9
NAMED = 5


@dataclass(frozen=True)
class Reference:
    """The scale of the training samples.

    Attributes
    ----------
    genes
        Genes measured in every training cohort, spread evenly over the range of expression.
    quantiles
        Mean quantiles (log2) of those genes in the training samples, at `PROBABILITIES`.
    """

    genes: tuple[str, ...]
    quantiles: tuple[float, ...]

    def transform(self, expression: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
        """Return the genes of each sample on the reference scale.

        Parameters
        ----------
        expression
            Genes × samples, any scale that keeps the order of the genes within a sample.
        genes
            The genes wanted; what `expression` lacks of a sample is missing in the result. A gap of
            one sample changes no other.

        Returns
        -------
        DataFrame
            Samples × genes, log2.

        Raises
        ------
        DataError
            If fewer than half of the reference genes are measured in a sample.
        """
        present = expression.index.intersection(self.genes)
        # Sorting puts gaps last, so that those before them are the known values.
        background = np.sort(expression.loc[present].to_numpy(float), axis=0)
        measured = len(present) - np.isnan(background).sum(axis=0)
        poor = measured < len(self.genes) / 2
        if poor.any():
            raise DataError(
                f"only {measured[poor].min()} of {len(self.genes)} reference genes of the model "
                f"are measured in {_those(expression.columns, poor)}; {_advice(poor)}"
            )
        wanted = expression.reindex(list(genes)).to_numpy(float)
        scaled = np.full(wanted.shape, np.nan)
        for j in range(wanted.shape[1]):
            known = ~np.isnan(wanted[:, j])
            values, own = wanted[known, j], background[: measured[j], j]
            below = np.searchsorted(own, values, side="left")
            upto = np.searchsorted(own, values, side="right")
            share = (below + upto) / (2 * measured[j])
            scaled[known, j] = np.interp(share, PROBABILITIES, self.quantiles)
        return pd.DataFrame(scaled.T, index=expression.columns, columns=list(genes))


def fit_reference(matrices: Sequence[pd.DataFrame]) -> Reference:
    """Fit the scale of the training samples.

    Parameters
    ----------
    matrices
        Genes × samples, log2, one a training cohort.
    """
    common = sorted(set.intersection(*(set(matrix.index) for matrix in matrices)))
    level = np.mean([m.loc[common].rank().mean(axis=1).to_numpy() for m in matrices], axis=0)
    order = np.argsort(level, kind="stable")
    places = np.linspace(0, len(common) - 1, min(REFERENCE_SIZE, len(common))).round().astype(int)
    genes = [common[i] for i in np.sort(order[np.unique(places)])]
    quantiles = [
        np.quantile(matrix.loc[genes].to_numpy(float), PROBABILITIES, axis=0).mean(axis=1)
        for matrix in matrices
    ]
    return Reference(tuple(genes), tuple(np.mean(quantiles, axis=0).tolist()))


@dataclass(frozen=True)
class Model:
    """The model of a disease.

    Attributes
    ----------
    disease, comparison
        What it is for.
    genes
        The panel.
    center, scale
        For each gene: reference value and spread (log2).
    classifier
        From standardised values to log odds of a case, as `classifiers.frozen` scores it. Without
        genes it says the log odds of the training prevalence.
    prevalence
        Share of cases in training; probabilities hold for this prevalence alone.
    reference
        Scale of the training samples.
    outcome
        Field of numbers that the score predicts, in standard deviations from their mean in
        training, with a ``-`` before it where they were turned; empty: the score is the log odds
        of a case.
    """

    disease: str
    comparison: str
    genes: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    classifier: Classifier
    prevalence: float
    reference: Reference
    outcome: str = ""

    @property
    def is_linear(self) -> bool:
        """Whether the log odds are a weighted sum of the genes."""
        return self.classifier["kind"] == "linear"

    @property
    def coefficient(self) -> np.ndarray:
        """Weights of the standardised genes; `DataError` if the classifier is not linear."""
        return np.array(self._linear("coefficients"), float)

    @property
    def intercept(self) -> float:
        """Log odds at the reference values; `DataError` if the classifier is not linear."""
        return float(self._linear("intercept"))

    def _linear(self, part: str) -> Any:
        if not self.is_linear:
            raise DataError(
                f"the classifier of this model ({self.classifier['kind']}) has no weights of genes"
            )
        return self.classifier[part]

    def predict(self, values: np.ndarray) -> np.ndarray:
        """Return log odds of a case of samples × genes (log2, reference scale).

        A gene that is missing counts as its reference value.
        """
        z = (np.asarray(values, float) - np.array(self.center)) / np.array(self.scale)
        return log_odds(self.classifier, np.nan_to_num(z))

    def score(self, expression: pd.DataFrame) -> pd.DataFrame:
        """Score samples, each by itself.

        Parameters
        ----------
        expression
            Genes × samples, any scale that keeps the order of the genes within a sample.

        Returns
        -------
        DataFrame
            sample, score (log odds of a case, or the outcome in standard deviations), probability
            (missing where numbers are predicted), missing (panel genes that are not measured in it
            and count as the reference value).

        Raises
        ------
        DataError
            If more than a fifth of the panel is not measured in a sample.
        """
        gaps = expression.reindex(list(self.genes)).isna().to_numpy()
        lacking = [[g for g, gap in zip(self.genes, own, strict=True) if gap] for own in gaps.T]
        poor = gaps.sum(axis=0) > LARGEST_MISSING_SHARE * len(self.genes)
        if poor.any():
            most = max(lacking, key=len)
            raise DataError(
                f"{len(most)} of {len(self.genes)} genes of the panel are not measured in "
                f"{_those(expression.columns, poor)} ({', '.join(most[:NAMED])}); {_advice(poor)}"
            )
        values = np.zeros((expression.shape[1], 0))
        if self.genes:
            values = self.reference.transform(expression, self.genes).to_numpy(float)
        score = self.predict(values)
        return pd.DataFrame(
            {
                "sample": expression.columns,
                "score": score,
                "probability": np.nan if self.outcome else 1 / (1 + np.exp(-score)),
                "missing": [",".join(own) for own in lacking],
            }
        )


def _those(samples: pd.Index, poor: np.ndarray) -> str:
    names = [f"'{name}'" for name in samples[poor]]
    if len(names) == 1:
        return f"the sample {names[0]}"
    if poor.all():
        return "any sample"
    more = ", …" if len(names) > NAMED else ""
    return f"{len(names)} of {len(samples)} samples: {', '.join(names[:NAMED])}{more}"


def _advice(poor: np.ndarray) -> str:
    if poor.all():
        return "give the whole array or transcriptome, genes in rows by the symbols in force"
    return "leave these samples out, or give their other genes"


def of_genes(model: Model, values: pd.Series, what: str) -> np.ndarray:
    """Return the values of the genes of a model; raise `DataError` if one is missing."""
    found = values.reindex(list(model.genes)).to_numpy(float)
    if not np.isfinite(found).all():
        lacking = [g for g, v in zip(model.genes, found, strict=True) if not np.isfinite(v)]
        raise DataError(f"{what}: no value for {', '.join(lacking[:5])}; give every panel gene")
    return found


def to_plain(model: Model) -> dict[str, Any]:
    """Return a model in the types of JSON."""
    return {"format": FORMAT, "kind": "crosshub model", **asdict(model)}


def from_plain(value: dict[str, Any]) -> Model:
    """Read a model from what `to_plain` gave.

    Raises
    ------
    DataError
        If it is no such model, its lists do not fit each other, or a number cannot be: a spread
        that is not above 0, a prevalence outside of 0 and 1, quantiles that fall.
    """
    try:
        if value["format"] != FORMAT:
            raise DataError(
                f"model of format {value['format']!r:.40}; this crosshub reads {FORMAT}"
            )
        genes = _gene_names(value, "genes")
        size = (len(genes),)
        model = Model(
            disease=_text(value, "disease"),
            comparison=_text(value, "comparison"),
            genes=genes,
            center=tuple(map(float, numbers(value, "center", size, owner="model"))),
            scale=tuple(map(float, numbers(value, "scale", size, 1 / LARGEST, owner="model"))),
            classifier=value["classifier"],
            prevalence=float(numbers(value, "prevalence", (), 0, 1, "model")),
            reference=_read_reference(value["reference"]),
            outcome=_text(value, "outcome") if "outcome" in value else "",
        )
        check(model.classifier, len(genes))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"this is no crosshub model ({type(error).__name__}: {error})") from error
    if model.prevalence in (0, 1):
        raise DataError("the prevalence of this model is not between 0 and 1; it is damaged")
    return model


def _read_reference(value: dict[str, Any]) -> Reference:
    genes = _gene_names(value, "genes")
    if not genes:
        raise DataError("the reference of this model has no genes; it is damaged")
    quantiles = numbers(value, "quantiles", (len(PROBABILITIES),), owner="reference")
    if (np.diff(quantiles) < -LARGEST_FALL).any():
        raise DataError("the quantiles of this model fall; it is damaged")
    return Reference(genes, tuple(map(float, quantiles)))


def _gene_names(value: dict[str, Any], name: str) -> tuple[str, ...]:
    genes = value[name]
    if not isinstance(genes, list | tuple) or not all(isinstance(g, str) and g for g in genes):
        raise DataError(f"{name} of this model is no list of gene symbols; it is damaged")
    if len(set(genes)) < len(genes):
        raise DataError(f"a gene of this model occurs twice in {name}; it is damaged")
    return tuple(genes)


def _text(value: dict[str, Any], name: str) -> str:
    if not isinstance(value[name], str):
        raise DataError(f"{name} of this model is no text; it is damaged")
    return value[name]
