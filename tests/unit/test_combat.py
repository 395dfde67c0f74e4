"""ComBat against sva, on a planted batch, and where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from crosshub.combat import adjust_batches, batch_components


@pytest.mark.parametrize("name", ["plain", "covariate"])
def test_equals_sva(golden, name):
    values = golden("combat/expression", index_col="gene").to_numpy(float)
    samples = golden("combat/samples")
    covariates = samples[["group"]].to_numpy(float) if name == "covariate" else None
    ours = adjust_batches(values, samples["batch"].to_numpy(), covariates)
    theirs = golden(f"combat/{name}", index_col="gene").to_numpy(float)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_a_planted_batch_is_gone_and_the_groups_stay():
    rng = np.random.default_rng(0)
    batches, group = np.repeat(["a", "b"], 20), np.tile([0.0, 1.0], 20)
    values = rng.normal(8, 1, (300, 40)) + 2 * (batches == "b")
    values[:50] += group
    adjusted = adjust_batches(values, batches, group[:, None])
    apart = adjusted[:, batches == "b"].mean(axis=1) - adjusted[:, batches == "a"].mean(axis=1)
    assert abs(apart.mean()) < 0.05
    assert np.abs(apart).mean() < 0.4
    changed = adjusted[:50, group == 1].mean(axis=1) - adjusted[:50, group == 0].mean(axis=1)
    assert changed.mean() == pytest.approx(1, abs=0.1)


def test_a_gene_without_variance_stays():
    values = np.random.default_rng(1).normal(size=(20, 8))
    values[3] = 5.0
    assert (adjust_batches(values, np.repeat([0, 1], 4))[3] == 5.0).all()


def test_components_show_the_series_before_and_not_after(make_cohort):
    first, second = (make_cohort(name, genes=400) for name in ("GSE1", "GSE2"))
    shift = np.random.default_rng(2).normal(0, 2, (400, 1))
    second = replace(second, expression=second.expression + shift)
    table = batch_components([first, second, first])
    assert len(table) == 120
    for adjusted, apart in [(False, True), (True, False)]:
        part = table[table["adjusted"] == adjusted]
        means = part.groupby("accession")["pc1"].mean()
        assert (abs(means.iloc[0] - means.iloc[1]) > 2 * part["pc2"].std()) == apart
    assert batch_components([first, first]).empty
