"""The biology behind a simulated study: genes, modules, planted changes, and expression."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crosshub.errors import DataError

DISEASES = ("disease_a", "disease_b", "disease_c")
CONTROL = "control"
PAIRS = (("disease_a", "disease_b"), ("disease_b", "disease_c"))
TIED_DISEASE = "disease_a"

# The product of two loadings, which is the correlation of two genes, lies between 0.3 and 0.7.
LOADINGS = (0.3**0.5, 0.7**0.5)
MODULE_SIZES = (60, 120)
MOST_MODULES = 8


@dataclass(frozen=True)
class Biology:
    """What is true in every cohort.

    Attributes
    ----------
    genes
        Index gene; entrez, mean (log2), module (1, 2, …; 0 is none), loading on its factor.
    planted
        Changed genes but those of the tied module: gene, what, diseases (joined by ``,``),
        direction.
    effects
        Genes × diseases: change in the cases, in standard deviations, the tied module left out.
    tied_module
        Number of the module whose factor is shifted in the cases of `TIED_DISEASE`; 0 is none.
    shift
        Of that factor, in standard deviations.
    """

    genes: pd.DataFrame
    planted: pd.DataFrame
    effects: pd.DataFrame
    tied_module: int
    shift: float

    def members(self, module: int) -> list[str]:
        """Genes of a module, in order."""
        return list(self.genes.index[self.genes["module"] == module])

    def planted_genes(self, what: str) -> list[str]:
        """Genes of the planted lists of one kind: shared_all, shared_two or own."""
        return list(self.planted.loc[self.planted["what"] == what, "gene"])

    @property
    def modules(self) -> range:
        """Numbers of the modules."""
        return range(1, int(self.genes["module"].max()) + 1)

    @property
    def changed(self) -> list[str]:
        """All genes that are changed in some disease, in the order of `genes`."""
        tied = self.genes["module"].eq(self.tied_module) & (self.tied_module > 0)
        return list(self.genes.index[tied | self.genes.index.isin(self.planted["gene"])])

    @property
    def background(self) -> list[str]:
        """Genes that belong to no module and are changed in no disease."""
        plain = self.genes["module"].eq(0) & ~self.genes.index.isin(self.planted["gene"])
        return list(self.genes.index[plain])


def symbols(first: int, last: int) -> list[str]:
    """Return the names of genes by their number, `last` included."""
    return [f"SIM{number:04d}" for number in range(first, last + 1)]


def entrez_ids(first: int, last: int) -> list[str]:
    """Return the Entrez-like ids of genes by their number, `last` included."""
    return [str(9_000_000 + number) for number in range(first, last + 1)]


def plant_biology(
    rng: np.random.Generator,
    *,
    genes: int,
    effect: float,
    shared_all: int,
    shared_two: int,
    own: int,
) -> Biology:
    """Decide the modules and the changes of a simulated study.

    Of each planted list a tenth lies in modules that are tied to no disease, the rest in none.

    Parameters
    ----------
    rng
        Random numbers.
    genes
        Number of genes.
    effect
        Mean size of the changes in standard deviations; 0 plants nothing.
    shared_all, shared_two, own
        Genes changed in all diseases; in each of the `PAIRS`; in each disease alone. Of each list
        every second gene goes down.

    Raises
    ------
    DataError
        If the lists and the modules do not fit into the genes.
    """
    number = int(np.clip(round(0.35 * genes / np.mean(MODULE_SIZES)), 3, MOST_MODULES))
    sizes = np.linspace(*MODULE_SIZES, number).round().astype(int)
    order = rng.permutation(genes)
    module = np.zeros(genes, int)
    module[order[: sizes.sum()]] = np.repeat(np.arange(1, number + 1), sizes)
    loading = np.where(module > 0, rng.uniform(*LOADINGS, genes), 0.0)
    mean = np.clip(rng.normal(7.5, 1.4, genes), 5.0, 12.0)
    tied = int(rng.integers(1, number + 1)) if effect else 0

    lists = [
        ("shared_all", DISEASES, shared_all),
        *(("shared_two", pair, shared_two) for pair in PAIRS),
        *(("own", (disease,), own) for disease in DISEASES),
    ]
    if not effect:
        lists = []
    names = np.array(symbols(1, genes))
    inside = iter(rng.permutation(np.flatnonzero((module > 0) & (module != tied))))
    outside = iter(order[sizes.sum() :])
    effects = pd.DataFrame(0.0, index=pd.Index(names, name="gene"), columns=list(DISEASES))
    rows = []
    for what, diseases, count in lists:
        places = _take(inside, count // 10, genes) + _take(outside, count - count // 10, genes)
        signs = np.where(np.arange(count) % 2 == 0, 1, -1)
        sizes_of_change = effect * rng.uniform(0.8, 1.2, count)
        effects.loc[names[places], list(diseases)] = (signs * sizes_of_change)[:, None]
        for place, sign in zip(places, signs, strict=True):
            direction = "up" if sign > 0 else "down"
            rows.append((names[place], what, ",".join(diseases), direction))
    table = pd.DataFrame(
        {"entrez": entrez_ids(1, genes), "mean": mean, "module": module, "loading": loading},
        index=effects.index,
    )
    planted = pd.DataFrame(rows, columns=["gene", "what", "diseases", "direction"], dtype=object)
    return Biology(table, planted, effects, tied, float(effect))


def _take(pool: Iterator[int], count: int, genes: int) -> list[int]:
    taken = [place for _, place in zip(range(count), pool, strict=False)]
    if len(taken) < count:
        raise DataError(
            f"simulation: the planted genes and the modules do not fit into {genes} genes; "
            "raise genes or lower shared_all, shared_two or own"
        )
    return taken


def draw_expression(
    biology: Biology, groups: Sequence[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the expression of people.

    Parameters
    ----------
    biology
        As `plant_biology` makes it.
    groups
        For each person a disease or `CONTROL`.
    rng
        Random numbers.

    Returns
    -------
    DataFrame
        Genes × people, log2; within a group each gene has standard deviation 1.
    """
    people = len(groups)
    factors = rng.standard_normal((len(biology.modules) + 1, people))
    if biology.tied_module:
        factors[biology.tied_module] += biology.shift * np.equal(groups, TIED_DISEASE)
    loading = biology.genes["loading"].to_numpy()[:, None]
    noise = rng.standard_normal((len(biology.genes), people))
    change = biology.effects.assign(**{CONTROL: 0.0})[list(groups)].to_numpy()
    values = (
        biology.genes["mean"].to_numpy()[:, None]
        + loading * factors[biology.genes["module"].to_numpy()]
        + np.sqrt(1 - loading**2) * noise
        + change
    )
    return pd.DataFrame(values, index=biology.genes.index)


def truth_of(biology: Biology) -> pd.DataFrame:
    """Return what is planted in the genes as a table: what, item, detail.

    The genes of the tied module count as changed in its disease alone.
    """
    rows = []
    for gene, what, diseases, direction in biology.planted.itertuples(index=False):
        detail = direction if what == "shared_all" else f"{diseases}:{direction}"
        rows.append((what, gene, detail))
    if biology.tied_module:
        tied = biology.members(biology.tied_module)
        rows += [("own", gene, f"{TIED_DISEASE}:up") for gene in tied]
    for number in biology.modules:
        rows += [("module", gene, str(number)) for gene in biology.members(number)]
    if biology.tied_module:
        rows.append(("tied_module", str(biology.tied_module), TIED_DISEASE))
    return pd.DataFrame(rows, columns=["what", "item", "detail"], dtype=object)
