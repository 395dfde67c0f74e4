"""How a simulated platform sees expression: probes of an array, reads of a sequencer."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from crosshub.simulate.biology import Biology, entrez_ids, symbols

BACKGROUND = 6.0


def design_array(
    biology: Biology,
    rng: np.random.Generator,
    *,
    probe_name: Callable[[int], str],
    absent: float = 0.0,
    repeated: float,
    ambiguous: float,
    unnamed: float,
) -> pd.DataFrame:
    """Decide the probes of an array.

    Parameters
    ----------
    biology
        The genes.
    rng
        Random numbers.
    probe_name
        Makes the id of a probe from its number.
    absent
        Share of the background genes that the array lacks; changed genes and those of modules are
        always there.
    repeated, ambiguous, unnamed
        Further probes per gene: a second one that is weaker and noisier; one that sees two genes;
        one without a gene.

    Returns
    -------
    DataFrame
        Index probe; first, second (positions of genes, equal for a probe of one gene, -1 for one
        without a gene), offset (log2), noise (standard deviation, log2), symbol, entrez (several
        genes joined by ``///``).
    """
    genes = biology.genes
    count = len(genes)
    plain = genes.index.get_indexer(biology.background)
    lacking = rng.choice(plain, int(absent * len(plain)), replace=False)
    present = np.setdiff1d(np.arange(count), lacking)
    offset_of_gene = rng.normal(0, 0.7, count)

    again = rng.choice(present, int(repeated * count), replace=False)
    pairs = rng.permutation(present)[: 2 * int(ambiguous * count)].reshape(-1, 2)
    orphans = np.full(int(unnamed * count), -1)
    first = np.concatenate([present, again, pairs[:, 0], orphans])
    second = np.concatenate([present, again, pairs[:, 1], orphans])
    extra = np.arange(len(first)) >= len(present)
    weaker = np.where(extra & (first >= 0), rng.uniform(0.5, 2.0, len(first)), 0.0)
    named = first >= 0
    probes = pd.DataFrame(
        {
            "first": first,
            "second": second,
            "offset": np.where(named, offset_of_gene[first], BACKGROUND) - weaker,
            "noise": np.where(extra, rng.uniform(0.5, 1.0, len(first)), 0.0),
            "symbol": _joined(genes.index.to_numpy(), first, second),
            "entrez": _joined(genes["entrez"].to_numpy(), first, second),
        }
    )
    probes = probes.iloc[rng.permutation(len(probes))]
    names = [probe_name(number) for number in range(1, len(probes) + 1)]
    return probes.set_axis(pd.Index(names, name="probe"))


def _joined(names: np.ndarray, first: np.ndarray, second: np.ndarray) -> list[str]:
    def one(a: int, b: int) -> str:
        if a < 0:
            return ""
        return names[a] if a == b else f"{names[a]}///{names[b]}"

    return [one(a, b) for a, b in zip(first, second, strict=True)]


def measure_array(
    expression: pd.DataFrame, probes: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return what the probes of an array see: probes × samples, log2."""
    values = expression.to_numpy()
    seen = (values[probes["first"]] + values[probes["second"]]) / 2
    seen[(probes["first"] < 0).to_numpy()] = 0.0
    noise = rng.standard_normal(seen.shape) * probes["noise"].to_numpy()[:, None]
    seen = seen + probes["offset"].to_numpy()[:, None] + noise
    return pd.DataFrame(seen, index=probes.index, columns=expression.columns)


def gene_table(biology: Biology) -> pd.DataFrame:
    """Return the genes that a sequencer can count: those of the biology and some silent ones.

    Returns
    -------
    DataFrame
        Index entrez; symbol and type (GeneType).
    """
    count = len(biology.genes)
    silent = count // 20
    return pd.DataFrame(
        {
            "symbol": symbols(1, count + silent),
            "type": ["protein-coding"] * count + ["pseudo"] * silent,
        },
        index=pd.Index(entrez_ids(1, count + silent), name="entrez"),
    )


def count_reads(
    expression: pd.DataFrame, entrez: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Return read counts: all genes of `entrez` × samples, negative binomial.

    The first genes are those of `expression`, in its order; the others have next to no reads. The
    dispersion falls with the mean from about 0.1 to 0.02; library sizes differ by some 20 %.
    """
    genes, people = expression.shape
    offset = rng.normal(1.0, 0.7, genes)
    level = np.full((len(entrez), people), -6.0)
    level[:genes] = np.maximum(expression.to_numpy() + offset[:, None], 0.0)
    mean = 2.0**level * np.exp(rng.normal(0, 0.2, people))
    size = 1 / (0.02 + 2 / np.maximum(mean, 25.0))
    counts = rng.negative_binomial(size, size / (size + mean))
    return pd.DataFrame(counts, index=pd.Index(entrez, name="GeneID"), columns=expression.columns)
