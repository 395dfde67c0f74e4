"""The chain on two real cohorts against what WGCNA says of them; needs the mirror."""

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.coexpression.consensus import build_consensus, judge_consensus
from crosshub.coexpression.dynamic_tree import cut_tree
from crosshub.coexpression.modules import build_modules, overlap_tree
from crosshub.coexpression.network import NETWORKS, unit_columns
from crosshub.coexpression.preservation import module_preservation
from crosshub.coexpression.scale_free import choose_power, soft_threshold
from sklearn.metrics import adjusted_rand_score

CASES = [(method, network) for method in ("bicor", "pearson") for network in NETWORKS]
PRESERVED = [("bicor", "signed_hybrid"), *(("pearson", network) for network in NETWORKS)]
OBSERVED = [
    "mean_correlation",
    "mean_adjacency",
    "proportion_variance_explained",
    "mean_kme",
    "mean_mar",
    "cor_kim",
    "cor_kme",
    "cor_cor",
    "cor_mar",
    "separability",
]


@pytest.fixture(scope="module")
def read(mirror, golden):
    """Read a cohort: the 4,000 probe sets of the golden tables, log2 from 1 upwards."""
    probes = golden("wgcna_real/genes")["probe"]

    def read_cohort(name):
        folder = mirror / "series" / geo.folder_of(name) / "matrix"
        values = geo.read_series_matrix(folder / f"{name}_series_matrix.txt.gz").values
        return np.log2(values.loc[probes].astype(float).clip(lower=1))

    return read_cohort


@pytest.fixture(scope="module")
def reference(read):
    return read("GSE55457")


@pytest.fixture(scope="module")
def second(read):
    return read("GSE55235")


def labels_of(golden, method, network):
    genes = golden("wgcna_real/genes", index_col=0)
    return genes[f"{method}.{network}.merged"]


@pytest.mark.parametrize(("method", "network"), CASES)
def test_network_and_modules_of_a_real_cohort_equal_wgcna(golden, reference, method, network):
    name = f"{method}.{network}"
    values = reference.to_numpy().T
    table = soft_threshold(values, network=network, method=method)
    theirs = golden("wgcna_real/soft_threshold").query("method == @method and network == @network")
    np.testing.assert_allclose(table, theirs.iloc[:, 3:], rtol=1e-6, atol=1e-6)
    power = int(theirs["chosen"].iloc[0])
    assert choose_power(table, len(values), network=network)[0] == power

    pairs = golden("wgcna_real/overlap")
    i, j = pairs["i"] - 1, pairs["j"] - 1
    unit = unit_columns(values, method)
    tree, distance = overlap_tree(unit, power, network)
    np.testing.assert_allclose(1 - distance[i, j], pairs[name], atol=1e-6)
    genes = golden("wgcna_real/genes", index_col=0)
    cut = cut_tree(tree, min_cluster_size=30)
    assert adjusted_rand_score(genes[f"{name}.tree"], cut) == 1
    if network == "unsigned":
        _, distance = overlap_tree(unit, power, network, overlap="signed")
        np.testing.assert_allclose(1 - distance[i, j], pairs[f"{name}.signed"], atol=1e-6)

    built = build_modules(
        reference, network=network, correlation=method, powers=(power,), scale_free_fit=-1
    )
    ours = built.table.set_index("gene").loc[genes.index]
    merged = labels_of(golden, method, network)
    assert adjusted_rand_score(merged, ours["module"]) >= 0.98
    assert merged[merged > 0].nunique() == len(built.eigengenes)
    profiles = golden("wgcna_real/eigengenes").query("method == @method and network == @network")
    for row in profiles.itertuples(index=False):
        module = ours.loc[merged == row.module, "module"].mode()[0]
        profile = built.eigengenes.loc[module].to_numpy()
        expected = np.array(row[3:], float)
        np.testing.assert_allclose(profile * np.sign(profile @ expected), expected, atol=1e-6)
    if network == "signed_hybrid":
        np.testing.assert_allclose(ours["kme"], genes[f"{name}.kme"], atol=1e-6)
        inside = genes[f"{name}.k_within"].where(merged > 0)
        np.testing.assert_allclose(ours["connectivity"], inside, rtol=1e-6)
        np.testing.assert_allclose(ours["total_connectivity"], genes[f"{name}.k_total"], rtol=1e-6)


@pytest.mark.parametrize(("method", "network"), PRESERVED)
def test_preservation_in_a_real_cohort_equals_wgcna(golden, reference, second, method, network):
    theirs = golden("wgcna_real/preservation").query("method == @method and network == @network")
    ours = module_preservation(
        reference,
        second,
        "M" + labels_of(golden, method, network).astype(str),
        power=12 if network == "signed" else 6,
        network=network,
        correlation=method,
        rng=np.random.default_rng(1),
        permutations=40,
        max_module_size=4000,
    ).set_index("module")
    theirs = theirs.set_index("M" + theirs["label"].astype(str))
    ours = ours.loc[theirs.index]
    # The reference forgets the absolute value for unsigned networks in the separability.
    same = [name for name in OBSERVED if (name, network) != ("separability", "unsigned")]
    np.testing.assert_allclose(ours[same], theirs[same], rtol=1e-5, atol=1e-6)
    # The reference counts three more genes.
    np.testing.assert_allclose(ours["cor_kme_all"], theirs["cor_kme_all"], atol=5e-3)
    ranks = ["median_rank", "median_rank_density", "median_rank_connectivity"]
    np.testing.assert_allclose(ours[ranks], theirs[ranks])
    # Forty permutations here, for time: a Z is known to a tenth of itself.
    apart = (ours["z_summary"] - theirs["z_summary"]).abs() / theirs["z_summary"].abs().clip(2)
    assert apart.median() < 0.15
    classes = [
        pd.cut(z["z_summary"], [-np.inf, 2, 10, np.inf], labels=False) for z in (ours, theirs)
    ]
    assert (classes[0] == classes[1]).mean() >= 0.8


def test_the_large_consensus_modules_of_two_real_cohorts_are_beyond_chance(reference, second):
    cohorts = {"a": reference, "b": second}
    settings = {"max_genes": 1500, "powers": (4,), "scale_free_fit": -1}
    built = build_consensus(cohorts, **settings)
    table = judge_consensus(
        cohorts, built, rng=np.random.default_rng(0), permutations=9, **settings
    )
    assert len(table) >= 3
    assert table["p_value"].iloc[0] == 0.1
    # By chance there are modules as well, which is why they are judged.
    assert (table["p_value"] > 0.1).any()
