import anndata
import numpy as np
import pandas as pd
import pytest
from crosshub.candidates import pick_candidates, tied_modules
from crosshub.enrichment import enrich, read_gene_sets
from crosshub.errors import DataError
from crosshub.immune import score_cohorts, score_samples
from crosshub.interactions import link_genes, read_interactions
from crosshub.qc import check_cohort
from crosshub.single_cell import locate_genes
from crosshub.subtypes import find_subtypes
from crosshub.truth import recover_truth
from scipy.stats import hypergeom


def shared_table(n=200, shared=20):
    genes = [f"G{i:04d}" for i in range(n)]
    up = np.where(np.arange(n) % 2, "up", "down")
    return pd.DataFrame({"gene": genes, "direction": up, "shared": np.arange(n) < shared})


def test_enrichment_is_hypergeometric_against_the_tested_genes():
    genes = shared_table()
    sets = {
        "hit": [f"G{i:04d}" for i in range(10)],
        "miss": [f"G{i:04d}" for i in range(100, 120)],
        "mixed": [f"G{i:04d}" for i in range(15, 35)] + ["ELSEWHERE"],
        "tiny": ["G0001", "G0002"],
    }
    table = enrich(genes, {"mine": sets})
    rows = table[table["query"] == "all"].set_index("gene_set")
    assert set(rows.index) == {"hit", "miss", "mixed"}
    assert rows.loc["mixed", "size"] == 20
    assert rows.loc["mixed", "overlap"] == 5
    expected = hypergeom.sf(4, 200, 20, 20)
    assert rows.loc["mixed", "p_value"] == pytest.approx(expected, rel=1e-6)
    assert rows.loc["miss", "p_value"] == 1
    assert rows.loc["hit", "fdr"] < 1e-8
    assert set(table["query"]) == {"all", "up", "down"}
    assert enrich(genes.assign(shared=False), {"mine": sets}).empty


def test_gmt_with_and_without_description(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("A\thttp://x\tTP53\tIL6\nB\tADAM28\tCD180\tBLK\nC\tC\tTP53\tIL6\n\n")
    sets = read_gene_sets(path)
    assert sets == {"A": ["TP53", "IL6"], "B": ["ADAM28", "CD180", "BLK"], "C": ["TP53", "IL6"]}
    for bad in ("A\tx\n", "A\tx\tB\nA\tx\tC\n"):
        path.write_text(bad)
        with pytest.raises(DataError):
            read_gene_sets(path)


def test_interactions_among_shared_genes(tmp_path):
    path = tmp_path / "edges.tsv"
    path.write_text(
        "gene_a\tgene_b\tscore\nG0001\tG0000\t900\nG0000\tG0001\t950\nG0000\tG0002\t800\n"
        "G0000\tG0150\t999\nG0003\tG0004\t10\nG0005\tG0005\t999\n"
    )
    table = read_interactions(path, 700)
    assert len(table) == 3
    nodes, edges = link_genes(shared_table(shared=10), table, ["G0000"], seed=1)
    assert edges.to_numpy().tolist() == [["G0000", "G0001", 950], ["G0000", "G0002", 800]]
    top = nodes.iloc[0]
    assert (top["gene"], top["degree"], top["known_partners"], top["in_panel"]) == (
        "G0000",
        2,
        3,
        True,
    )
    again, _ = link_genes(shared_table(shared=10), table, ["G0000"], seed=1)
    pd.testing.assert_frame_equal(nodes, again)
    empty, none = link_genes(shared_table(shared=0), table, [], seed=1)
    assert empty.empty
    assert none.empty
    path.write_text("a\tb\n1\t2\n")
    with pytest.raises(DataError, match="needs the columns"):
        read_interactions(path, 0)


def test_immune_scores_find_a_planted_cell_and_are_of_one_sample(make_cohort):
    cells = {
        "T cell": [f"G{i:04d}" for i in range(0, 40, 4)],
        "B cell": ["G0001", "G0005", "G0009"],
    }
    cohort = make_cohort(effects=dict.fromkeys(cells["T cell"], 1.5))
    tests, scores = score_cohorts([cohort], cells | {"tiny": ["G0001", "XX"]})
    assert list(scores.index) == ["B cell", "T cell"]
    rows = tests.set_index("gene_set")
    assert rows.loc["T cell", "fdr"] < 1e-4
    assert rows.loc["T cell", "difference"] > 0
    assert rows.loc["B cell", "p_value"] > 0.001
    name = cohort.samples.index[3]
    alone = score_samples(cohort.expression[[name]], cells)
    np.testing.assert_allclose(alone[name], scores[name])
    assert score_cohorts([cohort], {"none": ["XX"]})[0].empty


def test_subtypes_are_found_where_they_are_and_only_there(make_cohort):
    rng = np.random.default_rng(0)
    genes = [f"G{i}" for i in range(40)]
    values = pd.DataFrame(rng.normal(size=(40, 40)), index=genes)
    noise, choice = find_subtypes(values, genes, np.random.default_rng(1))
    assert (noise["subtype"] == 0).all()
    assert not choice["chosen"].any()
    values.iloc[:20, 24:] += 4
    table, choice = find_subtypes(values, genes, np.random.default_rng(1))
    assert choice.loc[choice["chosen"], "k"].tolist() == [2]
    assert table["subtype"].tolist() == [1] * 24 + [2] * 16
    assert find_subtypes(values, ["absent"], rng)[0]["subtype"].eq(0).all()


def test_cell_types_that_express_a_gene(tmp_path):
    counts = np.zeros((20, 3), np.float32)
    counts[:10, 0], counts[:, 1] = 5, 1
    cells = anndata.AnnData(
        counts,
        obs=pd.DataFrame(
            {"cell_type": ["T"] * 10 + ["B"] * 10}, index=[f"c{i}" for i in range(20)]
        ),
        var=pd.DataFrame(index=["G1", "G2", "G3"]),
    )
    cells.write_h5ad(tmp_path / "cells.h5ad")
    table = locate_genes(tmp_path / "cells.h5ad", ["G1", "ABSENT"], "cell_type")
    rows = table.set_index("cell_type")
    assert rows.loc["T", "fraction"] == 1
    assert rows.loc["B", "mean"] == 0
    assert rows.loc["T", "mean"] == pytest.approx(np.log1p(1e4 * 5 / 6), rel=1e-4)
    with pytest.raises(DataError, match="biology.cell_type"):
        locate_genes(tmp_path / "cells.h5ad", ["G1"], "kind")
    (tmp_path / "bad.h5ad").write_text("no")
    with pytest.raises(DataError, match="cannot be read"):
        locate_genes(tmp_path / "bad.h5ad", ["G1"], "cell_type")


def test_candidates_carry_their_module():
    differential = pd.DataFrame(
        {
            "gene": ["A", "B", "C", "D"],
            "effect": [2.0, -1.5, 0.1, 3.0],
            "p_value": [0.001, 0.002, 0.0001, 0.00001],
            "fdr": [0.01, 0.01, 0.01, 0.001],
            "i2": 0.0,
            "same_sign": [True, True, True, False],
        }
    )
    modules = pd.DataFrame(
        {"gene": ["A", "B"], "module": ["M1", "M2"], "kme": [0.9, 0.5], "hub": [True, False]}
    )
    traits = pd.DataFrame({"module": ["M1", "M2"], "trait": "case", "fdr": [0.01, 0.5]})
    table = pick_candidates(differential, modules, traits, effect=0.5)
    assert table["gene"].tolist() == ["A", "B"]
    assert table["direction"].tolist() == ["up", "down"]
    assert table["module_tied"].tolist() == [True, False]
    assert table["hub"].tolist() == [True, False]
    only = pick_candidates(differential, modules, traits, require_module=True)
    assert only["gene"].tolist() == ["A"]
    assert tied_modules(traits, 0.6) == ["M1", "M2"]


def test_quality_finds_the_sample_that_is_no_sample(make_cohort):
    cohort = make_cohort(genes=300)
    cohort.expression.iloc[:, 4] = np.random.default_rng(0).permutation(
        cohort.expression.iloc[:, 4]
    )
    table = check_cohort(cohort.expression, cohort.samples).set_index("sample")
    assert list(table.index[table["outlier"]]) == [cohort.samples.index[4]]
    assert table["pc1_variance"].iloc[0] > table["pc2_variance"].iloc[0]


def test_truth_counts_hits_and_misses():
    truth = pd.DataFrame(
        [("shared_all", "A", "up"), ("shared_all", "B", "down"), ("duplicate", "GSM1", "GSM9"),
         ("reverser", "x", "")],
        columns=["what", "item", "detail"],
    )  # fmt: skip
    genes = pd.DataFrame({"gene": ["A", "B", "C"], "direction": ["up", "up", "up"],
                          "shared": [True, True, True]})  # fmt: skip
    links = pd.DataFrame({"sample_a": ["GSM9", "GSM4"], "sample_b": ["GSM1", "GSM4"]})
    compounds = pd.DataFrame({"name": ["y", "x"], "rank": [1, 2]})
    table = recover_truth(truth, genes, links, compounds).set_index("what")
    assert table.loc["shared_all", "recall"] == 1
    assert table.loc["shared_all", "false_discovery_rate"] == pytest.approx(1 / 3)
    assert table.loc["shared_all_direction", "true_positive"] == 1
    assert table.loc["duplicates", ["found", "true_positive"]].tolist() == [1, 1]
    assert table.loc["reversers_in_first_10", "true_positive"] == 1
