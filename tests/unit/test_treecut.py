import numpy as np
import pytest
from crosshub.coexpression.dynamic_tree import cut_tree
from crosshub.coexpression.network import adjacency, correlation, topological_overlap
from crosshub.coexpression.treecut import cut_hybrid
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics import adjusted_rand_score

SETS = [(name, method) for name in ("easy", "hard") for method in ("pearson", "bicor")]


def tree_of(distance):
    return linkage(squareform(distance, checks=False), "average")


def overlap_distance(values, method="pearson", power=6):
    r = correlation(values, method)
    return 1 - topological_overlap(adjacency(r, power, "signed_hybrid"))


def blocks(rng, sizes, n_samples=60, noise=0.4, left_over=0):
    """Return samples × variables of independent blocks, and the block of each (0: none)."""
    factors = rng.normal(size=(n_samples, len(sizes)))
    truth = np.r_[np.repeat(np.arange(1, len(sizes) + 1), sizes), np.zeros(left_over, int)]
    values = rng.normal(size=(n_samples, len(truth)))
    for block in range(1, len(sizes) + 1):
        own = truth == block
        values[:, own] = factors[:, [block - 1]] + noise * values[:, own]
    return values, truth


@pytest.mark.parametrize(("name", "method"), SETS)
def test_labels_equal_dynamic_tree_cut(golden, name, method):
    values = golden(f"wgcna/{name}", index_col=0).to_numpy().T
    theirs = golden("wgcna/cuts").filter(regex=f"^{name}.{method}")
    assert theirs.shape[1] == 9
    distance = overlap_distance(values, method)
    tree = tree_of(distance)
    for column in theirs:
        deep_split, size, pam = column.split(".")[2:]
        ours = cut_hybrid(
            tree,
            distance,
            min_cluster_size=int(size),
            deep_split=int(deep_split),
            pam=pam != "none",
            pam_respects_dendro=pam == "dendro",
        )
        # R breaks ties of size in its own way: the partition and what is left over have to agree.
        assert adjusted_rand_score(theirs[column], ours) == 1, column
        np.testing.assert_array_equal(theirs[column] == 0, ours == 0)


@pytest.mark.parametrize(("name", "method"), SETS)
def test_labels_of_the_tree_alone_equal_dynamic_tree_cut(golden, name, method):
    values = golden(f"wgcna/{name}", index_col=0).to_numpy().T
    theirs = golden("wgcna/trees").filter(regex=f"^{name}.{method}")
    assert theirs.shape[1] == 12
    tree = tree_of(overlap_distance(values, method))
    for column in theirs:
        deep, size, top = column.split(".", 4)[2:5]
        ours = cut_tree(
            tree, min_cluster_size=int(size), deep_split=deep == "TRUE", cut_height=float(top)
        )
        expected = theirs[column].fillna(0)
        assert adjusted_rand_score(expected, ours) == 1, column
        np.testing.assert_array_equal(expected == 0, ours == 0)


def test_the_tree_alone_finds_planted_blocks_and_none_where_all_are_small():
    values, truth = blocks(np.random.default_rng(8), [80, 60, 40], left_over=60)
    tree = tree_of(overlap_distance(values))
    labels = cut_tree(tree, min_cluster_size=30, cut_height=0.99)
    assert adjusted_rand_score(truth[truth > 0], labels[truth > 0]) > 0.9
    assert not cut_tree(tree, min_cluster_size=200, cut_height=0.99).any()


@pytest.mark.parametrize("deep_split", range(5))
def test_planted_blocks_are_found(deep_split):
    values, truth = blocks(np.random.default_rng(1), [80, 60, 40, 35], left_over=60)
    distance = overlap_distance(values)
    tree = tree_of(distance)
    labels = cut_hybrid(tree, distance, min_cluster_size=30, deep_split=deep_split)
    np.testing.assert_array_equal(labels[truth > 0], truth[truth > 0])
    assert (labels[truth == 0] > 0).mean() < 0.1


def test_noise_has_no_clusters():
    for seed in range(10):
        values = np.random.default_rng(seed).normal(size=(40, 300))
        distance = overlap_distance(values)
        labels = cut_hybrid(tree_of(distance), distance, min_cluster_size=30)
        assert (labels > 0).mean() < 0.15


def test_points_in_the_plane_in_any_order():
    rng = np.random.default_rng(3)
    truth = np.repeat([1, 2, 3], [50, 40, 30])
    points = np.array([[0, 0], [0, 0], [12, 0], [0, 15]])[truth] + rng.normal(size=(120, 2))
    distance = squareform(pdist(points))
    labels = cut_hybrid(tree_of(distance), distance, min_cluster_size=10)
    assert adjusted_rand_score(truth, labels) == 1
    assert np.bincount(labels)[1:].tolist() == [50, 40, 30]
    order = rng.permutation(120)
    moved = distance[np.ix_(order, order)]
    np.testing.assert_array_equal(
        cut_hybrid(tree_of(moved), moved, min_cluster_size=10), labels[order]
    )


def test_second_stage_only_adds():
    values, _ = blocks(np.random.default_rng(4), [70, 50], noise=1.0, left_over=40)
    distance = overlap_distance(values, power=3)
    tree = tree_of(distance)
    core = cut_hybrid(tree, distance, min_cluster_size=20, pam=False)
    full = cut_hybrid(tree, distance, min_cluster_size=20)
    near = cut_hybrid(tree, distance, min_cluster_size=20, pam_respects_dendro=True)
    assert core.max() == 2
    for more in (full, near):
        assert adjusted_rand_score(core[core > 0], more[core > 0]) == 1
    assert (core == 0).sum() >= (near == 0).sum() >= (full == 0).sum()
    assert (core == 0).sum() > (full == 0).sum()


def test_small_branch_goes_as_a_whole_to_the_nearest_cluster():
    # Two large groups, and five points beside the first that are too few for a cluster.
    rng = np.random.default_rng(5)
    centres = np.repeat([[0, 0], [40, 0], [6, 0]], [40, 30, 5], axis=0)
    points = centres + rng.normal(size=(75, 2)) * 0.5
    distance = squareform(pdist(points))
    tree = tree_of(distance)
    alone = cut_hybrid(tree, distance, min_cluster_size=5, deep_split=4)
    assert alone.max() == 3
    joined = cut_hybrid(tree, distance, min_cluster_size=10)
    assert joined.max() == 2
    assert set(joined[70:]) == set(joined[:40])


def test_a_lower_cut_leaves_more_unassigned():
    values, truth = blocks(np.random.default_rng(6), [60, 40], left_over=30)
    distance = overlap_distance(values)
    tree = tree_of(distance)
    low = cut_hybrid(tree, distance, min_cluster_size=20, cut_height=tree[:, 2].min() / 2)
    assert not low.any()
    high = cut_hybrid(tree, distance, min_cluster_size=20, cut_height=0.9)
    np.testing.assert_array_equal(high > 0, truth > 0)


def test_too_few_objects_are_left_unassigned():
    pair = np.array([[0, 0.5], [0.5, 0]])
    assert cut_hybrid(tree_of(pair), pair, min_cluster_size=2).tolist() == [0, 0]
    values, _ = blocks(np.random.default_rng(7), [20, 20])
    distance = overlap_distance(values)
    assert not cut_hybrid(tree_of(distance), distance, min_cluster_size=50).any()


def test_equal_distances_have_no_clusters():
    distance = 1 - np.eye(50)
    assert not cut_hybrid(tree_of(distance), distance, min_cluster_size=5).any()


def test_deep_split_beyond_its_range_is_refused():
    with pytest.raises(ValueError, match="deep_split 5: use 0 to 4"):
        cut_hybrid(np.ones((1, 4)), np.zeros((2, 2)), min_cluster_size=2, deep_split=5)
