"""Dynamic hybrid cut: clusters from the shape of the branches of a dendrogram."""

from dataclasses import dataclass, field

import numpy as np

# Largest allowed scatter of a cluster's core for deep_split 0 to 4, on a scale where 0 is the
# reference height and 1 the height of the cut; a cluster's gap has to be 3/4 of what remains.
_CORE_SCATTER = (0.64, 0.73, 0.82, 0.91, 0.95)
_REFERENCE_QUANTILE = 0.05


@dataclass(slots=True)
class _Branch:
    members: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)  # branches kept apart; none in a basic branch
    absorbed: bool = False
    only_small: bool = False
    attached_at: float = np.inf
    home: int = -1  # the branch that it joined


@dataclass(frozen=True)
class _Shape:
    distance: np.ndarray
    min_size: int
    max_scatter: float
    min_gap: float

    def scatter(self, branch: _Branch) -> float:
        """Mean distance within the core: the members that joined first."""
        size = len(branch.members)
        base = self.min_size / 2 + 1
        n_core = int(base + np.sqrt(size - base)) if base < size else size
        if n_core < 2:
            return 0.0
        core = self.distance[np.ix_(branch.members[:n_core], branch.members[:n_core])]
        return float(core.sum(dtype=np.float64) / (n_core * (n_core - 1)))

    def faults(self, branch: _Branch, height: float) -> tuple[bool, bool]:
        """Whether the branch is too small, and whether its shape is wrong, if cut at `height`."""
        scatter = self.scatter(branch)
        wrong = scatter > self.max_scatter or height - scatter < self.min_gap
        return len(branch.members) < self.min_size, wrong


def cut_hybrid(
    linkage: np.ndarray,
    distance: np.ndarray,
    *,
    min_cluster_size: int,
    deep_split: int = 2,
    cut_height: float | None = None,
    pam: bool = True,
    pam_respects_dendro: bool = False,
) -> np.ndarray:
    """Cut a dendrogram into clusters by the shape of its branches.

    A branch is a cluster if it has enough members, if its core (the members that joined first) is
    tight and if it joins the rest well above its core. Branches that are none join their
    neighbour. Objects left over then go to the cluster that is nearest on average, if it is near
    enough; a branch that failed for its size alone goes as a whole.

    Parameters
    ----------
    linkage
        As `scipy.cluster.hierarchy.linkage` returns it, heights rising.
    distance
        Objects × objects, symmetric, zeros on the diagonal: what the linkage was made from.
    min_cluster_size
        Fewest members of a cluster.
    deep_split
        0 (few, large clusters) to 4 (many, small ones).
    cut_height
        Branches that join above it are never joined, objects farther from a cluster than this and
        than the cluster is wide stay unassigned. By default at 99 % of the way from the 5th
        percentile of the heights to the highest.
    pam
        Whether to assign the objects that are left over.
    pam_respects_dendro
        Whether such an object may go only to clusters on the branch that it joined.

    Returns
    -------
    ndarray
        One label an object: 0 unassigned, 1 the largest cluster, and so on.

    Raises
    ------
    ValueError
        If `deep_split` is not 0 to 4.

    References
    ----------
    Langfelder P, Zhang B, Horvath S (2008). Defining clusters from a hierarchical cluster tree: the
    Dynamic Tree Cut package for R. Bioinformatics 24:719-720, with its supplement.
    """
    if deep_split not in range(len(_CORE_SCATTER)):
        raise ValueError(f"deep_split {deep_split}: use 0 to {len(_CORE_SCATTER) - 1}")
    heights = linkage[:, 2]
    reference = heights[max(round(len(heights) * _REFERENCE_QUANTILE), 1) - 1]
    if cut_height is None:
        cut_height = reference + 0.99 * (heights[-1] - reference)
    scatter = _CORE_SCATTER[deep_split]
    shape = _Shape(
        distance,
        min_cluster_size,
        reference + scatter * (cut_height - reference),
        0.75 * (1 - scatter) * (cut_height - reference),
    )
    branches, joined = _grow(linkage, cut_height, shape)
    labels = np.zeros(len(distance), int)
    clusters = [b for b, branch in enumerate(branches) if _is_cluster(branch, cut_height, shape)]
    for label, b in enumerate(clusters, start=1):
        labels[branches[b].members] = label
    if pam and clusters:
        _assign(labels, branches, clusters, joined, distance, cut_height, pam_respects_dendro)
    return number_by_size(labels)


def _is_cluster(branch: _Branch, cut_height: float, shape: _Shape) -> bool:
    if branch.parts or branch.absorbed:
        return False
    scatter = shape.scatter(branch)
    gap = min(branch.attached_at, cut_height) - scatter
    # A branch on the limits is no cluster: else objects at equal distances would be one.
    return (
        len(branch.members) >= shape.min_size
        and scatter < shape.max_scatter
        and gap > shape.min_gap
    )


def _grow(
    linkage: np.ndarray, cut_height: float, shape: _Shape
) -> tuple[list[_Branch], np.ndarray]:
    """Follow the merges upwards; return the branches and the branch that each object joined."""
    n = len(linkage) + 1
    branches: list[_Branch] = []
    joined = np.full(n, -1)
    branch_of = np.full(n + len(linkage), -1)  # by node of the tree; objects have none
    for step, (left, right, height, _) in enumerate(linkage):
        if height > cut_height:
            break
        nodes = sorted((int(left), int(right)))
        objects = [node for node in nodes if node < n]
        if len(objects) == 2:
            branches.append(_Branch())
            into = len(branches) - 1
        elif objects:
            into = branch_of[nodes[1]]
        else:
            into = _join(branches, branch_of[nodes[0]], branch_of[nodes[1]], height, shape)
        branches[into].members += objects
        joined[objects] = into
        branch_of[n + step] = into
    return branches, joined


def _join(branches: list[_Branch], first: int, second: int, height: float, shape: _Shape) -> int:
    """Join two branches at `height`; return the branch that goes on."""
    by_size = sorted((first, second), key=lambda b: len(branches[b].members))
    for small, large in (by_size, by_size[::-1]):
        branch = branches[small]
        if branch.parts:
            continue
        too_small, wrong = shape.faults(branch, height)
        if too_small or wrong:
            branch.absorbed, branch.only_small = True, not wrong
            branch.attached_at, branch.home = height, large
            branches[large].members += branch.members
            return large
    branches.append(_Branch())
    for b in (first, second):
        branches[-1].parts += branches[b].parts or [b]
        branches[b].attached_at, branches[b].home = height, len(branches) - 1
    return len(branches) - 1


def _assign(
    labels: np.ndarray,
    branches: list[_Branch],
    clusters: list[int],
    joined: np.ndarray,
    distance: np.ndarray,
    cut_height: float,
    respects_dendro: bool,
) -> None:
    """Give the objects that are left over to the nearest cluster, in place."""
    proper = [np.flatnonzero(labels == label) for label in range(1, len(clusters) + 1)]
    to_cluster = np.column_stack(
        [distance[:, own].mean(axis=1, dtype=np.float64) for own in proper]
    )
    reach = np.empty(len(proper))
    for c, own in enumerate(proper):
        width = to_cluster[own, c].max() * len(own) / max(len(own) - 1, 1)
        reach[c] = max(width, cut_height)
    group = np.full(len(labels), -1)
    for b, branch in enumerate(branches):
        if branch.only_small:
            group[branch.members] = b
    left = np.flatnonzero(labels == 0)
    together = [left[group[left] == b] for b in np.unique(group[left]) if b >= 0]
    label_of = {b: c for c, b in enumerate(clusters)}

    def place(members: np.ndarray) -> None:
        near = np.arange(len(clusters))
        if respects_dendro:
            near = np.array(_below(branches, joined[members[0]], label_of), int)
        if not near.size:
            return
        mean = to_cluster[np.ix_(members, near)].mean(axis=0)
        nearest = near[np.argmin(mean)]
        if mean.min() < reach[nearest]:
            labels[members] = nearest + 1

    for members in together:
        place(members)
    for i in left[group[left] < 0]:
        place(np.array([i]))


def _below(branches: list[_Branch], b: int, label_of: dict[int, int]) -> list[int]:
    """Clusters on the branch that an object joined."""
    while b >= 0 and not branches[b].parts:
        b = branches[b].home
    return [label_of[part] for part in branches[b].parts if part in label_of] if b >= 0 else []


def number_by_size(labels: np.ndarray) -> np.ndarray:
    """Return the labels numbered anew by falling size; 0 stays 0."""
    sizes = np.bincount(labels)[1:]
    order = np.argsort(-sizes, kind="stable")
    rank = np.zeros(len(sizes) + 1, int)
    rank[order + 1] = np.arange(1, len(sizes) + 1)
    return rank[labels]
