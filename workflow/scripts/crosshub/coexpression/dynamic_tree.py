"""Dynamic tree cut: clusters from the heights at which objects join, in the order of the tree.

The older of the two methods of the R package dynamicTreeCut. It sees the dendrogram alone; the
hybrid of `treecut` sees the distances as well.
"""

import numpy as np
from scipy.cluster.hierarchy import fcluster, leaves_list

from crosshub.coexpression.treecut import number_by_size

_TOP = 0.99

Span = tuple[int, int]  # first and last place in the order of the tree


def cut_tree(
    linkage: np.ndarray,
    *,
    min_cluster_size: int,
    deep_split: bool = True,
    cut_height: float = 1.0,
) -> np.ndarray:
    """Cut a dendrogram into clusters by how the heights rise and fall along it.

    The tree is cut at a height; each large part is then divided where the heights, read in the
    order of the tree, go from a long run below their mean to above it.

    Parameters
    ----------
    linkage
        As `scipy.cluster.hierarchy.linkage` returns it, heights rising.
    min_cluster_size
        Fewest members of a cluster.
    deep_split
        Whether parts are divided again until nothing changes.
    cut_height
        Of the first cut; 99 % of the highest if it is above that.

    Returns
    -------
    ndarray
        One label an object: 0 unassigned, 1 the largest cluster, and so on.

    References
    ----------
    Langfelder P, Zhang B, Horvath S (2008). Defining clusters from a hierarchical cluster tree: the
    Dynamic Tree Cut package for R. Bioinformatics 24:719-720; the algorithm is that of the function
    cutreeDynamicTree.
    """
    order = leaves_list(linkage)
    heights = _joining_heights(linkage)[order]
    if cut_height > linkage[-1, 2]:
        cut_height = _TOP * linkage[-1, 2]
    parts = fcluster(linkage, cut_height, "distance")
    sizes = np.bincount(parts)
    parts = np.where(sizes[parts] >= min_cluster_size, parts, -1)
    spans = _spans(parts[order])
    while spans:
        divided = [
            (first + start, first + stop)
            for first, last in spans
            for start, stop in _divide(heights[first : last + 1], min_cluster_size)
        ]
        done = not deep_split or len(divided) == len(spans)
        spans = divided
        if done:
            break
    labels = np.zeros(len(order), int)
    kept = [span for span in spans if span[1] - span[0] + 1 >= min_cluster_size]
    for label, (first, last) in enumerate(kept, start=1):
        labels[order[first : last + 1]] = label
    return number_by_size(labels)


def _joining_heights(linkage: np.ndarray) -> np.ndarray:
    """Return the height at which each object first joins another."""
    n = len(linkage) + 1
    heights = np.empty(n)
    for left, right, height, _ in linkage:
        for node in (int(left), int(right)):
            if node < n:
                heights[node] = height
    return heights


def _spans(labels: np.ndarray) -> list[Span]:
    """Return the runs of equal labels that are not -1."""
    change = np.r_[labels[0] > 0, labels[1:] != labels[:-1]]
    change[-1] |= labels[-1] > 0
    marks = np.flatnonzero(change)
    spans = []
    for first, following in zip(marks[:-1], marks[1:], strict=True):
        if labels[first] < 0:
            continue
        # As in the reference, a run goes to the end if the next mark is there.
        at_end = following == len(labels) - 1
        spans.append((int(first), int(following if at_end else following - 1)))
        if at_end:
            break
    return spans


def _divide(heights: np.ndarray, min_size: int) -> list[Span]:
    """Divide one run by the mean height; if that does nothing, by a higher and a lower line."""
    mean = heights.mean()
    for line in (mean, (mean + heights.max()) / 2, (mean + heights.min()) / 2):
        spans = _divide_at(heights - line, heights, min_size)
        if len(spans) > 1:
            return spans
    return [(0, len(heights) - 1)]


def _divide_at(above: np.ndarray, heights: np.ndarray, min_size: int) -> list[Span]:
    n = len(above)
    crosses = (above < 0) & (np.r_[above[1:], above[-1]] > 0)
    crosses[[0, -1]] = True
    ends = np.flatnonzero(crosses).tolist()
    if len(ends) == 2:
        return [(0, n - 1)]
    shortest = int(min_size / 3) + 1
    inner = [
        end
        for before, end in zip(ends[:-2], ends[1:-1], strict=True)
        if _run_below(above[before + 1 : end + 1]) >= shortest
    ]
    ends = [0, *inner, n - 1]
    if len(ends) > 3:
        ends = _attach_small(ends, heights, 2 * min_size)
    if len(ends) > 2 and ends[-1] - ends[-2] + 1 < min_size:
        del ends[-2]
    starts = [0, *(end + 1 for end in ends[1:-1])]
    return list(zip(starts, ends[1:], strict=True))


def _run_below(above: np.ndarray) -> int:
    """Return the length of the run at the end that is not above the line; 0 if all of it is not."""
    positive = np.flatnonzero(above[::-1] > 0)
    return int(positive[0]) if positive.size else 0


def _attach_small(ends: list[int], heights: np.ndarray, small: int) -> list[int]:
    """Give a small run that is lower than the run before it to that run."""
    ends, place = list(ends), 1
    while place < len(ends) - 1:
        before = heights[ends[place - 1] + 1 : ends[place] + 1]
        current = heights[ends[place] + 1 : ends[place + 1] + 1]
        if current.mean() < before.mean() and len(current) < small:
            del ends[place]
        else:
            place += 1
    return ends
