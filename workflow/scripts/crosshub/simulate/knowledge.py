"""Simulated prior knowledge: gene sets, immune cell sets and protein interactions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.simulate.biology import DISEASES, PAIRS, Biology
from crosshub.tables import whole

Sets = list[tuple[str, list[str]]]

SETS = 60
IMMUNE_CELLS = ("T", "B", "NK", "MONOCYTE", "NEUTROPHIL", "MAST")
IMMUNE_SIZE = 20


def draw_gene_sets(biology: Biology, rng: np.random.Generator) -> Sets:
    """Return the modules and, under plain names, random sets of which some hide planted genes.

    Three sets hide genes changed in all diseases; one set each hides genes of a list changed in
    two diseases or in one. What is hidden makes up at most half of a set.
    """
    planted = biology.planted
    hidden = [biology.planted_genes("shared_all")] * 3
    groups = [",".join(pair) for pair in PAIRS] + list(DISEASES)
    hidden += [list(planted.loc[planted["diseases"] == group, "gene"]) for group in groups]
    sets = [(f"SIM_MODULE_{number}", biology.members(number)) for number in biology.modules]
    pathways = SETS - len(sets)
    places = rng.permutation(pathways)[: len(hidden)]
    cores: dict[int, list[str]] = dict(zip(places.tolist(), hidden, strict=True))
    for place in range(pathways):
        size = int(rng.integers(16, 81))
        core = cores.get(place, [])
        kept = list(rng.permutation(core)[: size // 2])
        sets.append((f"SIM_PATHWAY_{place + 1:02d}", _filled(kept, size, biology, rng)))
    return sets


def draw_immune_sets(biology: Biology, rng: np.random.Generator) -> Sets:
    """Return small sets of marker genes.

    The first is made of genes of the module that is tied to a disease (or the first module where
    none is), the second of another module's; the others are random.
    """
    tied = biology.tied_module or 1
    other = next(number for number in biology.modules if number != tied)
    sets = []
    for place, cell in enumerate(IMMUNE_CELLS):
        core = biology.members((tied, other)[place]) if place < 2 else []
        kept = list(rng.permutation(core)[: IMMUNE_SIZE - 4])
        sets.append((f"SIM_CELL_{cell}", _filled(kept, IMMUNE_SIZE, biology, rng)))
    return sets


def _filled(kept: list[str], size: int, biology: Biology, rng: np.random.Generator) -> list[str]:
    rest = biology.genes.index.difference(kept)
    return sorted([*kept, *rng.choice(rest, size - len(kept), replace=False)])


def draw_interactions(biology: Biology, rng: np.random.Generator) -> pd.DataFrame:
    """Return protein interactions, denser inside modules and among the genes shared by all.

    Returns
    -------
    DataFrame
        gene_a, gene_b (each pair once, in alphabetical order) and score, 0 to 1000; five for
        every eight genes. Scores inside modules and among shared genes are 600 and more, those of
        the random pairs 150 and more.
    """
    number = round(0.625 * len(biology.genes))
    shared = biology.planted_genes("shared_all")
    scores: dict[tuple[str, str], int] = {}
    inside = [biology.members(module) for module in biology.modules]
    for members in inside:
        _connect(scores, members, round(0.5 * number / len(inside)), 600, rng)
    _connect(scores, shared, min(number // 10, len(shared) * (len(shared) - 1) // 4), 600, rng)
    _connect(scores, list(biology.genes.index), number - len(scores), 150, rng)
    rows = [(a, b, score) for (a, b), score in sorted(scores.items())]
    return pd.DataFrame(rows, columns=["gene_a", "gene_b", "score"])


def _connect(
    scores: dict[tuple[str, str], int],
    genes: Sequence[str],
    number: int,
    lowest: int,
    rng: np.random.Generator,
) -> None:
    wanted = len(scores) + number
    while len(scores) < wanted:
        a, b = sorted(str(gene) for gene in rng.choice(genes, 2, replace=False))
        score = int(rng.integers(lowest, 1000))
        scores.setdefault((a, b), score)


def write_gmt(sets: Sets, path: str | Path) -> None:
    """Write gene sets as GMT."""
    lines = ["\t".join([name, "simulated", *genes]) for name, genes in sets]
    with whole(path) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
