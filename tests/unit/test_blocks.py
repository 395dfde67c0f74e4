import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.blocks import gene_blocks
from crosshub.coexpression.modules import build_modules
from sklearn.metrics import adjusted_rand_score

SIZES = (90, 80, 70, 60, 50, 50)


def simulate(seed, sign=False):
    """Return samples × genes in mixed order, and the module of each gene."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(SIZES)), SIZES))
    values = rng.normal(size=(40, len(SIZES)))[:, truth]
    if sign:
        values *= np.where(rng.uniform(size=len(truth)) < 0.5, -1, 1)
    return values + rng.normal(size=values.shape) * 0.5, truth


def divided(blocks, truth):
    """Count the modules of which more than a tenth lies outside the block of the most."""
    count = 0
    for module in np.unique(truth):
        shares = [np.isin(np.flatnonzero(truth == module), own).mean() for own in blocks]
        count += max(shares) < 0.9
    return count


@pytest.mark.parametrize("network", ["signed_hybrid", "unsigned"])
@pytest.mark.parametrize("max_block", [100, 150, 250])
def test_blocks_hold_each_gene_once_and_modules_together(network, max_block):
    for seed in range(4):
        values, truth = simulate(seed, sign=network == "unsigned")
        blocks = gene_blocks(values, max_block, network)
        assert sorted(np.concatenate(blocks)) == list(range(len(truth)))
        assert max(len(own) for own in blocks) <= max_block
        assert len(blocks) < 2.5 * len(truth) / max_block
        assert divided(blocks, truth) <= 1


def test_blocks_cut_in_order_would_divide_all_modules():
    values, truth = simulate(0)
    assert divided(np.array_split(np.arange(len(truth)), 4), truth) == len(SIZES)


def test_genes_that_fit_are_one_block():
    values, truth = simulate(1)
    (block,) = gene_blocks(values, len(truth), "signed")
    assert block.tolist() == list(range(len(truth)))


def test_genes_that_nothing_tells_apart_are_divided_all_the_same():
    values = np.tile(np.arange(6.0)[:, None], (1, 50))
    blocks = gene_blocks(values, 20, "signed_hybrid")
    assert max(len(own) for own in blocks) <= 20
    assert sorted(np.concatenate(blocks)) == list(range(50))


@pytest.mark.parametrize("cut", ["hybrid", "tree"])
def test_modules_from_blocks_are_those_from_one_block(cut):
    values, truth = simulate(2)
    expression = pd.DataFrame(values.T, [f"G{i:03d}" for i in range(len(truth))])
    settings = {"powers": (6,), "scale_free_fit": -1, "cut": cut}
    whole = build_modules(expression, **settings).table.set_index("gene")
    parts = build_modules(expression, max_block=150, **settings).table.set_index("gene")
    parts = parts.loc[whole.index]
    assert adjusted_rand_score(whole["module"], parts["module"]) > 0.9
    assert adjusted_rand_score(truth, parts["module"].loc[expression.index]) > 0.9
    # The connections to all genes do not stop at the border of a block.
    np.testing.assert_allclose(whole["total_connectivity"], parts["total_connectivity"])
