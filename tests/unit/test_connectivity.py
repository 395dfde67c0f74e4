import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.compounds.summary import summarise_compounds
from crosshub.connectivity import (
    SCORES,
    extreme_sum,
    find_genes,
    match_signatures,
    normalise,
    null_scores,
    score_signatures,
    weighted_connectivity,
    zhang,
)
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, index_signatures
from scipy.stats import binomtest, kstest, rankdata

GOLDEN = Path(__file__).parents[1] / "golden" / "connectivity"


def real(name):
    mirror = os.environ.get("CROSSHUB_GEO_MIRROR")
    if not mirror:
        pytest.skip("CROSSHUB_GEO_MIRROR is not set")
    path = Path(mirror.removeprefix("file://")) / ".." / "signatures" / name
    if not path.exists():
        pytest.skip(f"the mirror has no {name}")
    return path


def make_store(folder, frame):
    """Index a frame of genes × signatures."""
    frame.rename_axis("symbol").to_csv(folder / "source.tsv", sep="\t")
    index_signatures(folder / "source.tsv", folder / "store")
    return SignatureStore.open(folder / "store")


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Return 600 genes × 240 signatures: 40 compounds in 3 cell lines, 2 replicates, correlated."""
    rng = np.random.default_rng(11)
    genes = [f"G{i}" for i in range(600)]
    columns = {}
    for c in range(40):
        own = rng.normal(size=600)
        for cell in ("A", "B", "C"):
            for _ in range(2):
                columns[f"c{c}__{cell}__trt_cp", len(columns)] = own + rng.normal(size=600)
    frame = pd.DataFrame(np.column_stack(list(columns.values())), index=genes)
    frame.columns = [name for name, _ in columns]
    return make_store(tmp_path_factory.mktemp("noise"), frame)


def running_sum(profile, hits):
    """Return the enrichment score by walking down all genes (Subramanian 2005, weight 1)."""
    order = np.argsort(-profile, kind="stable")
    inside = np.isin(order, hits)
    total = np.abs(profile[hits]).sum()
    position, best = 0.0, 0.0
    for gene, hit in zip(order, inside, strict=True):
        position += abs(profile[gene]) / total if hit else -1 / (len(profile) - len(hits))
        if abs(position) > abs(best):
            best = position
    return best


def naive_wtcs(profile, up, down):
    above, below = running_sum(profile, up), running_sum(profile, down)
    return (above - below) / 2 if np.sign(above) != np.sign(below) else 0.0


def naive_xsum(profile, up, down, kept):
    order = np.argsort(-profile, kind="stable")
    extreme = set(order[:kept]) | set(order[-kept:])
    return sum(profile[i] for i in up if i in extreme) - sum(
        profile[i] for i in down if i in extreme
    )


def naive_zhang(profile, up, down):
    signed = rankdata(np.abs(profile)) * np.sign(profile)
    size, n = len(up) + len(down), len(profile)
    largest = sum(n - i + 1 for i in range(1, size + 1))
    return (signed[up].sum() - signed[down].sum()) / largest


def exact_store(folder, genes=300, signatures=12, seed=0):
    """Values are distinct in size and exact in float16, so that the references see the same."""
    rng = np.random.default_rng(seed)
    size = np.stack([rng.permutation(genes) + 1 for _ in range(signatures)], axis=1) / 64
    values = size * rng.choice([-1, 1], size.shape)
    frame = pd.DataFrame(values, index=[f"G{i}" for i in range(genes)])
    return make_store(folder, frame.rename(columns="s{}".format)), values


@pytest.mark.parametrize("sizes", [(20, 30), (3, 3), (1, 1), (150, 150), (5, 290)])
def test_scores_equal_their_definitions(tmp_path, sizes):
    store, values = exact_store(tmp_path)
    rng = np.random.default_rng(1)
    for _ in range(5):
        picked = rng.permutation(300)[: sum(sizes)]
        up, down = picked[: sizes[0]], picked[sizes[0] :]
        names = [store.genes[up], store.genes[down]]
        naive = {
            "wtcs": [naive_wtcs(profile, up, down) for profile in values.T],
            # 5 % of 300 genes
            "xsum": [naive_xsum(profile, up, down, 15) for profile in values.T],
            "zhang": [naive_zhang(profile, up, down) for profile in values.T],
        }
        for name, expected in naive.items():
            found = score_signatures(store, *names, score=name)
            assert np.allclose(found, expected, rtol=2e-6, atol=2e-6), name


def test_enrichment_equals_gseapy(tmp_path):
    profiles = pd.read_csv(GOLDEN / "profiles.tsv", sep="\t", index_col="gene")
    sets = pd.read_csv(GOLDEN / "sets.tsv", sep="\t").groupby("set")["gene"].apply(list)
    golden = pd.read_csv(GOLDEN / "enrichment.tsv", sep="\t").set_index(["set", "signature"])["es"]
    store = make_store(tmp_path, profiles)
    for name, genes in sets.items():
        expected = golden[name].loc[profiles.columns]
        found = score_signatures(store, genes, [], score="wtcs")
        assert np.allclose(found, expected, atol=1e-6)
        assert np.allclose(score_signatures(store, [], genes, score="wtcs"), -expected, atol=1e-6)


def test_wtcs_is_zero_where_both_sets_move_together():
    # One signature: all six genes of the query are at its top.
    ranks = np.arange(1, 7, dtype=np.uint16)[:, None]
    values = np.linspace(3, 2, 6, dtype=np.float16)[:, None]
    signs = np.array([1, -1, 1, -1, 1, -1])
    assert weighted_connectivity(signs, 100, ranks=ranks, values=values) == [0]


def test_wtcs_without_weights():
    """Hits of value zero count alike instead of dividing by zero."""
    ranks = np.array([[1], [2], [3]], np.uint16)
    score = weighted_connectivity(np.ones(3), 10, ranks=ranks, values=np.zeros((3, 1), np.float16))
    assert score == pytest.approx([1.0])


def test_perfect_mimic_and_reversal(tmp_path):
    store, values = exact_store(tmp_path)
    order = np.argsort(values[:, 4])
    top, bottom = store.genes[order[-20:]], store.genes[order[:20]]
    for name in SCORES:
        mimic = score_signatures(store, top, bottom, score=name)
        reversal = score_signatures(store, bottom, top, score=name)
        assert mimic.argmax() == 4
        assert np.allclose(mimic, -reversal, atol=1e-5)
    assert score_signatures(store, top, bottom, score="wtcs")[4] == pytest.approx(1)
    strongest = np.argsort(-np.abs(values[:, 4]))[:40]
    up = store.genes[[i for i in strongest if values[i, 4] > 0]]
    down = store.genes[[i for i in strongest if values[i, 4] < 0]]
    assert score_signatures(store, up, down, score="zhang")[4] == pytest.approx(1)


def test_xsum_keeps_500_of_a_large_space():
    ranks = np.array([[500], [501], [11500], [11501]], np.uint16)
    values = np.array([[4], [3], [-3], [-4]], np.float16)
    for sign, expected in (([1, 1, 1, 1], 0), ([1, 1, -1, -1], 8)):
        assert extreme_sum(np.array(sign), 12000, ranks=ranks, values=values) == [expected]


def test_zhang_ignores_zero():
    score = zhang(
        np.array([1, -1]),
        10,
        values=np.array([[0], [-2]], np.float16),
        magnitudes=np.array([[1], [10]], np.uint16),
    )
    assert score == pytest.approx([10 / 19])


def test_every_score_says_whose_it_is_and_where_it_fails():
    for name, score in SCORES.items():
        assert name == score.name
        assert score.citation
        assert score.limits


def test_normalise():
    scores = np.array([2.0, 4.0, -1.0, 0.0, -3.0, 5.0])
    groups = ["a", "a", "a", "a", "a", "b"]
    found = normalise(scores, groups)
    assert found == pytest.approx([2 / 3, 4 / 3, -0.5, 0, -1.5, 1])
    both = normalise(np.stack([scores, -scores * 7]).astype(np.float32), groups)
    assert both.dtype == np.float32
    assert both == pytest.approx(np.stack([found, -found]), rel=1e-6)
    assert (normalise(np.zeros(3), ["a", "a", "b"]) == 0).all()


def test_null_is_the_score_of_random_sets(noise):
    null = null_scores(noise, (12, 9), permutations=7, rng=np.random.default_rng(3))
    assert null.shape == (7, 240)
    assert null.dtype == np.float32
    rng = np.random.default_rng(3)
    for row in null:
        picked = noise.genes[rng.choice(600, 21, replace=False)]
        assert np.array_equal(row, score_signatures(noise, picked[:12], picked[12:], score="wtcs"))
    for name in SCORES:
        once, twice = (
            null_scores(noise, (5, 5), score=name, permutations=3, rng=np.random.default_rng(1))
            for _ in range(2)
        )
        assert np.array_equal(once, twice)


def test_blocks_do_not_matter(noise, monkeypatch):
    genes = list(noise.genes[:30])
    whole = null_scores(noise, (9, 9), permutations=5, rng=np.random.default_rng(2))
    scored = score_signatures(noise, genes[:15], genes[15:], score="zhang")
    monkeypatch.setattr("crosshub.connectivity._NULL_BLOCK", 37)
    monkeypatch.setattr("crosshub.connectivity._QUERY_BLOCK", 41)
    again = null_scores(noise, (9, 9), permutations=5, rng=np.random.default_rng(2))
    assert np.array_equal(whole, again)
    assert np.array_equal(scored, score_signatures(noise, genes[:15], genes[15:], score="zhang"))


def test_genes_that_are_absent(noise, caplog):
    caplog.set_level("INFO", logger="crosshub")
    up, down = find_genes(noise, ["G1", "G2", "G3", "no", "G1"], [])
    assert (up, down) == (["G1", "G2", "G3"], [])
    assert "3 of 4 up genes are in the store" in caplog.text
    with pytest.raises(DataError, match="2 of 3 down genes are in .* 3 are needed"):
        find_genes(noise, ["G1", "G2", "G3"], ["G4", "G5", "no"])
    with pytest.raises(DataError, match="0 of 2 up genes"):
        find_genes(noise, ["no", "neither"], [])
    with pytest.raises(DataError, match="no genes"):
        find_genes(noise, [], [])
    with pytest.raises(DataError, match="1 genes are up and down, first 'G2'"):
        find_genes(noise, ["G1", "G2", "G3"], ["G2", "G4", "G5"])


def test_match_signatures(noise):
    genes = list(noise.genes[:40])
    up, down = genes[:20], genes[20:]
    matches, null = match_signatures(noise, up, down, permutations=50, rng=np.random.default_rng(8))
    assert list(matches.columns) == [
        "signature", "compound", "cell", "dose", "time", "type",
        "wtcs", "ncs", "zhang", "xsum", "p_value", "fdr",
    ]  # fmt: skip
    assert matches["signature"].tolist() == noise.signatures["signature"].tolist()
    raw = null_scores(noise, (20, 20), permutations=50, rng=np.random.default_rng(8))
    for j in (0, 77, 239):
        beyond = sum(abs(raw[b, j]) >= abs(matches["wtcs"][j]) for b in range(50))
        assert matches["p_value"][j] == pytest.approx((1 + beyond) / 51)
    groups = (noise.signatures["cell"] + noise.signatures["type"]).to_numpy()
    assert np.allclose(null[7], normalise(raw[7], groups), atol=1e-6)
    again, _ = match_signatures(noise, up, down, permutations=50, rng=np.random.default_rng(8))
    pd.testing.assert_frame_equal(matches, again)


def test_one_sided_query(noise):
    genes = list(noise.genes[:25])
    rng = np.random.default_rng(4)
    up_only, null = match_signatures(noise, genes, [], permutations=20, rng=rng)
    down_only, _ = match_signatures(noise, [], genes, permutations=20, rng=rng)
    for name in SCORES:
        assert np.allclose(up_only[name], -down_only[name], atol=1e-6)
    assert np.isfinite(null).all()


def test_p_values_are_uniform_for_random_queries(noise):
    """Queries of random genes: the signatures' p-values, and those of the compounds."""
    rng = np.random.default_rng(20)
    of_signature, of_compound = [], []
    for _ in range(60):
        genes = list(noise.genes[rng.permutation(600)[:60]])
        matches, null = match_signatures(noise, genes[:30], genes[30:], permutations=99, rng=rng)
        summary = summarise_compounds(matches, null)
        # One of each query: they are independent.
        nonzero = matches.loc[matches["wtcs"] != 0, "p_value"]
        of_signature.append(nonzero.iloc[0])
        of_compound.append(summary.loc[summary["compound"] == "c7", "p_value"].item())
        assert (summary["fdr"] < 0.05).sum() <= 2
    # A score of zero is the rest of the mass, so the others lie below its share.
    share = np.mean(np.array(of_compound) <= 0.1)
    assert binomtest(round(share * 60), 60, 0.1).pvalue > 0.001
    assert kstest(of_compound, "uniform").pvalue > 0.001
    assert max(of_signature) < 0.75
    assert kstest(np.array(of_signature) / max(of_signature), "uniform").pvalue > 0.001


def test_real_vorinostat_finds_its_class(tmp_path):
    index_signatures(real("l1000_level5_SKB_5000x100.tsv.gz"), tmp_path / "store")
    store = SignatureStore.open(tmp_path / "store")
    assert (store.n_genes, len(store.signatures)) == (4996, 100)
    names = store.signatures["compound"]
    order = np.argsort(store.matrix("ranks")[:, names.tolist().index("vorinostat")])
    top, bottom = list(store.genes[order[:100]]), list(store.genes[order[-100:]])
    inhibitors = {"vorinostat", "trichostatin-a", "pyroxamide", "HC-toxin"}
    matches, _ = match_signatures(
        store, top, bottom, permutations=100, rng=np.random.default_rng(0)
    )
    for name in SCORES:
        best = matches.sort_values(name, ascending=False)["compound"]
        assert best.iloc[0] == "vorinostat"
        assert set(best.iloc[:4]) == inhibitors
    # The opposite query is a disease that they reverse.
    summary = summarise_compounds(
        *match_signatures(store, bottom, top, permutations=500, rng=np.random.default_rng(0))
    )
    assert set(summary["compound"].iloc[:4]) == inhibitors
    assert summary["rank"].tolist() == list(range(1, 101))
    assert (summary["fdr"].iloc[:4] < 0.1).all()
