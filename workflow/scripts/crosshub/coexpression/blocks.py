"""Blocks of genes, for networks that are larger than the memory."""

import numpy as np

from crosshub.coexpression.eigengenes import first_component
from crosshub.coexpression.network import unit_columns

_ROUNDS = 50
_GENES_A_CENTRE = 20


def gene_blocks(values: np.ndarray, max_block: int, network: str) -> list[np.ndarray]:
    """Divide genes into blocks such that genes of one module fall, mostly, into one block.

    Projective k-means: the centre of a group is the first component of its genes and a gene goes to
    the centre that it correlates with most. Groups whose centres are close are then put together as
    long as they fit into a block; a group that does not fit is divided again.

    Parameters
    ----------
    values
        Samples × genes, log2, no constant gene.
    max_block
        Most genes of a block.
    network
        Of ``unsigned`` ones, genes that go the other way are close as well.

    Returns
    -------
    list of ndarray
        The columns of each block, rising; one block if all genes fit. The result depends on the
        order of the genes alone, not on chance.

    References
    ----------
    Langfelder P, Horvath S (2008). WGCNA: an R package for weighted correlation network analysis.
    BMC Bioinformatics 9:559 (function projectiveKMeans).
    """
    everything = np.arange(values.shape[1])
    if len(everything) <= max_block:
        return [everything]
    groups = _fitting_groups(unit_columns(values, "pearson"), everything, max_block, network)
    return sorted(_put_together(values, groups, max_block, network), key=lambda genes: genes[0])


def _fitting_groups(
    unit: np.ndarray, genes: np.ndarray, max_block: int, network: str
) -> list[np.ndarray]:
    if len(genes) <= max_block:
        return [genes]
    n_centres = min(len(genes) // _GENES_A_CENTRE, max_block**2 // len(genes))
    member = _projective_means(unit[:, genes], max(n_centres, 2), network)
    parts = [genes[member == m] for m in np.unique(member)]
    if len(parts) == 1:
        # Genes that nothing tells apart are divided in their order.
        parts = np.array_split(genes, 2)
    return [group for part in parts for group in _fitting_groups(unit, part, max_block, network)]


def _projective_means(unit: np.ndarray, n_centres: int, network: str) -> np.ndarray:
    member = np.arange(unit.shape[1]) % n_centres
    for _ in range(_ROUNDS):
        names = np.unique(member)
        centres = np.column_stack([first_component(unit[:, member == m]) for m in names])
        nearest = names[np.argmax(_closeness(centres, unit, network), axis=0)]
        if np.array_equal(nearest, member):
            break
        member = nearest
    return member


def _closeness(centres: np.ndarray, unit: np.ndarray, network: str) -> np.ndarray:
    r = unit_columns(centres, "pearson").T @ unit
    return np.abs(r) if network == "unsigned" else r


def _put_together(
    values: np.ndarray, groups: list[np.ndarray], max_block: int, network: str
) -> list[np.ndarray]:
    """Join the two groups whose centres are closest, as long as two fit into a block."""
    groups = list(groups)
    centres = np.column_stack([first_component(values[:, genes]) for genes in groups])
    close = _closeness(centres, unit_columns(centres, "pearson"), network)
    sizes = np.array([len(genes) for genes in groups])
    alive = np.ones(len(groups), bool)
    while True:
        allowed = np.add.outer(sizes, sizes) <= max_block
        allowed &= np.logical_and.outer(alive, alive)
        np.fill_diagonal(allowed, False)
        if not allowed.any():
            return [np.sort(genes) for genes, kept in zip(groups, alive, strict=True) if kept]
        best = int(np.argmax(np.where(allowed, close, -np.inf)))
        first, second = sorted(divmod(best, len(groups)))
        groups[first] = np.concatenate([groups[first], groups[second]])
        sizes[first] += sizes[second]
        alive[second] = False
        centres[:, first] = first_component(values[:, groups[first]])
        r = _closeness(centres[:, [first]], unit_columns(centres, "pearson"), network)[0]
        close[first] = close[:, first] = r
