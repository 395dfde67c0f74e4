import gzip
from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest
from crosshub.candidates import pick_candidates, tied_genes_of, tied_modules
from crosshub.enrichment import enrich
from crosshub.errors import DataError
from crosshub.gene_sets import read_gene_sets
from crosshub.immune import score_cohorts, score_samples
from crosshub.interactions import link_genes, read_interactions
from crosshub.qc import check_cohort
from crosshub.single_cell import locate_genes
from crosshub.subtypes import find_subtypes
from crosshub.tables import write_table
from crosshub.truth import recover_truth
from scipy.sparse import csr_matrix
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
    head = ["planted", "found", "true_positive", "false_discovery_rate"]
    assert table.loc["reversers_at_the_head", head].tolist() == [1, 1, 0, 1]
    # A perfect list has no compound that counts as wrong.
    table = recover_truth(truth, genes, links, compounds.assign(rank=[2, 1])).set_index("what")
    assert table.loc["reversers_at_the_head", head].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("text", ["", "\n\n", "<html><body>Not found</body></html>", "A\tB\n"])
def test_what_is_no_gmt_is_refused(tmp_path, text):
    path = tmp_path / "sets.gmt"
    path.write_text(text)
    with pytest.raises(DataError, match=str(path)):
        read_gene_sets(path)


def test_gmt_with_windows_lines_gaps_and_twins(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_bytes("\ufeffA\tof\u2028two\tTP53\t\tIL6\tTP53\t\r\n".encode())
    assert read_gene_sets(path) == {"A": ["TP53", "IL6"]}


def test_no_set_is_enriched_by_chance():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(40):
        genes = shared_table(500, 0).assign(shared=rng.permutation(np.arange(500) < 50))
        sets = {f"S{i}": list(rng.choice(genes["gene"], 30, replace=False)) for i in range(20)}
        table = enrich(genes, {"mine": sets})
        hits += (table.loc[table["query"] == "all", "fdr"] <= 0.05).any()
    assert hits <= 6


@pytest.mark.parametrize("name", ["edges.tsv", "edges.tsv.gz"])
def test_interactions_that_cannot_be_read(tmp_path, name):
    whole = b"gene_a\tgene_b\tscore\nA\tB\t900\n" * 50
    path = tmp_path / name
    bad = [b"", b"a\tb\n1\t2\t3\t4\n"]
    if name.endswith("gz"):
        bad = [gzip.compress(part) for part in bad] + [whole, gzip.compress(whole)[:-9]]
    for raw in bad:
        path.write_bytes(raw)
        with pytest.raises(DataError, match="edges.tsv") as caught:
            read_interactions(path, 0)
        assert "\n" not in str(caught.value)


def test_interactions_of_odd_names(tmp_path):
    path = tmp_path / "edges.tsv.gz"
    text = 'protein1\tprotein2\tcombined_score\nNA\tTRUE\t900\nNA\t"B\t800\nA\tB\t\n'
    path.write_bytes(gzip.compress(text.encode()))
    table = read_interactions(path, 1)
    assert table.to_numpy().tolist() == [['"B', "NA", 800], ["NA", "TRUE", 900]]


def test_one_cohort_without_the_genes_of_a_set(make_cohort):
    cohort = make_cohort("one")
    other = make_cohort("two")
    other = replace(other, expression=other.expression.rename(index="X{}".format))
    tests, scores = score_cohorts([cohort, other], {"cell": ["G0001", "G0005", "G0009"]})
    assert tests["cohort"].tolist() == ["one"]
    assert scores.shape == (1, 60)
    assert scores.isna().sum(axis=1).tolist() == [30]


def test_a_sample_of_one_value_is_the_outlier_and_the_others_keep_their_numbers(make_cohort):
    cohort = make_cohort(genes=300)
    cohort.expression.iloc[:, 2] = 5.0
    table = check_cohort(cohort.expression, cohort.samples).set_index("sample")
    assert list(table.index[table["outlier"]]) == [cohort.samples.index[2]]
    # Without XIST and the Y genes, what says the sex is missing; the rest is not.
    unsexed = ["xist_rank", "y_rank", "sex_margin"]
    assert table[unsexed].isna().all(axis=None)
    assert np.isfinite(table.drop(columns=unsexed).select_dtypes("number")).all(axis=None)


def test_quality_of_good_samples_flags_few(make_cohort):
    flagged = 0
    for seed in range(10):
        cohort = make_cohort(genes=300, seed=seed)
        flagged += check_cohort(cohort.expression, cohort.samples)["outlier"].sum()
    assert flagged <= 6
    two = make_cohort(n_cases=1, n_controls=1)
    assert not check_cohort(two.expression, two.samples)["outlier"].any()


def test_cases_that_are_all_alike_have_no_subtypes():
    values = pd.DataFrame(1.0, index=["G1", "G2"], columns=[f"s{i}" for i in range(16)])
    table, choice = find_subtypes(values, ["G1", "G2"], np.random.default_rng(0))
    assert (table["subtype"] == 0).all()
    assert choice.empty
    few, _ = find_subtypes(values.iloc[:, :5], ["G1"], np.random.default_rng(0))
    assert len(few) == 5


def cells_file(path, matrix, genes=("G1", "G2")):
    names = [f"c{i}" for i in range(4)]
    obs = pd.DataFrame({"cell_type": pd.Categorical(["B", "T", "T", None])}, index=names)
    anndata.AnnData(matrix, obs=obs, var=pd.DataFrame(index=list(genes))).write_h5ad(path)
    return path


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
@pytest.mark.parametrize("form", [np.asarray, csr_matrix], ids=["dense", "sparse"])
def test_counts_are_normalised_and_logged_values_are_not(tmp_path, form):
    counts = np.array([[1, 3], [0, 4], [2, 2], [9, 1]])
    path = tmp_path / "cells.h5ad"
    for kind in (np.int64, np.float32):
        table = locate_genes(
            cells_file(path, form(counts.astype(kind))), ["G2", "X", "G1"], "cell_type"
        )
        rows = table.set_index(["gene", "cell_type"])
        assert list(rows.index) == [("G2", "B"), ("G1", "B"), ("G2", "T"), ("G1", "T")]
        assert rows.loc[("G1", "B"), "mean"] == pytest.approx(np.log1p(2500), rel=1e-5)
        assert rows.loc[("G1", "T"), "fraction"] == 0.5
        assert rows.loc[("G1", "T"), "cells"] == 2
    logged = np.log1p(counts).astype(np.float32)
    table = locate_genes(cells_file(path, form(logged)), ["G1"], "cell_type")
    assert table["mean"].tolist() == pytest.approx([np.log(2), np.log(3) / 2])
    assert locate_genes(path, [], "cell_type").empty
    with pytest.raises(DataError, match="'G1' occurs twice"):
        locate_genes(cells_file(path, form(logged), ("G1", "G1")), ["G1"], "cell_type")


def test_a_file_that_is_no_h5ad_or_has_no_matrix(tmp_path):
    path = tmp_path / "cells.h5ad"
    for text in ("", "<html>"):
        path.write_text(text)
        with pytest.raises(DataError, match="cannot be read as h5ad") as caught:
            locate_genes(path, ["G1"], "cell_type")
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError):
        locate_genes(tmp_path / "absent.h5ad", ["G1"], "cell_type")
    with pytest.raises(DataError, match="has no matrix X"):
        locate_genes(cells_file(path, None), ["G1"], "cell_type")


def test_truth_of_a_study_in_which_nothing_was_planted_or_found():
    truth = pd.DataFrame(columns=["what", "item", "detail"])
    genes = pd.DataFrame({"gene": ["A"], "direction": ["up"], "shared": [False]})
    links = pd.DataFrame({"sample_a": ["GSM1"], "sample_b": ["GSM1"]})
    table = recover_truth(truth, genes, links, None).set_index("what")
    assert list(table.index) == ["shared_all", "shared_all_direction", "duplicates"]
    assert table["recall"].isna().all()
    assert table["false_discovery_rate"].tolist() == [0, 0, 0]


def test_tied_genes_come_from_the_files_of_each_disease(tmp_path):
    paths = []
    for name, module in (("modules", "M1"), ("traits", "M1"), ("grey", "M0")):
        table = pd.DataFrame({"gene": ["NA", "B"], "module": [module, "M2"], "trait": "case",
                              "fdr": [0.01, 0.5]})  # fmt: skip
        write_table(table, tmp_path / name)
        paths.append(tmp_path / name)
    plan = {"diseases": ["d", "e"], "candidates": {"modules": "require"},
            "modules": {"trait_fdr": 0.05}}  # fmt: skip
    found = tied_genes_of(plan, [paths[0], paths[2]], [paths[1], paths[2]])
    assert found == {"d": {"NA"}, "e": set()}
    plan["candidates"] = {"modules": "annotate"}
    assert tied_genes_of(plan, [], []) is None
