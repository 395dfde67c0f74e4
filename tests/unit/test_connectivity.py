"""The scores: against their definitions on whole profiles, and against R."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.connectivity import (
    SCORES,
    find_genes,
    group_signatures,
    make_query,
    normalise,
    score_agreement,
    score_sets,
    score_signatures,
    tau,
)
from crosshub.connectivity.enrichment import weighted_connectivity
from crosshub.connectivity.query import Query
from crosshub.connectivity.sums import extreme_cosine, extreme_sum, zhang
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, index_signatures
from crosshub.signatures.ranking import tie_order
from scipy.stats import rankdata, spearmanr

GOLDEN = Path(__file__).parents[1] / "golden"


def make_store(folder, frame):
    """Index a frame of genes × signatures."""
    frame.rename_axis("symbol").to_csv(folder / "source.tsv", sep="\t")
    index_signatures(folder / "source.tsv", folder / "store")
    return SignatureStore.open(folder / "store")


def scores_of(store, up, down, name, **options):
    return score_signatures(store, make_query(store, up, down, **options), [name])[name]


def plain_query(signs, n_genes, effects=None):
    signs = np.asarray(signs, np.int8)
    effects = signs.astype(float) if effects is None else np.asarray(effects, float)
    rows, ones = np.arange(len(signs)), np.ones(len(signs))
    return Query(rows, signs, effects, ones, n_genes, rankdata(effects))


def exact_store(folder, genes=300, signatures=12, seed=0):
    """Values are distinct in size and exact in float16, so that the references see the same."""
    rng = np.random.default_rng(seed)
    size = np.stack([rng.permutation(genes) + 1 for _ in range(signatures)], axis=1) / 64
    values = size * rng.choice([-1, 1], size.shape)
    frame = pd.DataFrame(values, index=[f"G{i}" for i in range(genes)])
    return make_store(folder, frame.rename(columns="s{}".format)), values


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


def steps(profile, hits):
    """Return ks of CMap 1 by walking down all genes: the empirical distribution minus uniform."""
    order, n = np.argsort(-profile, kind="stable"), len(profile)
    found, above, below = 0, 0.0, 0.0
    for place, gene in enumerate(order, start=1):
        below = max(below, place / n - found / len(hits)) if gene in set(hits) else below
        found += gene in set(hits)
        above = max(above, found / len(hits) - place / n) if gene in set(hits) else above
    return above if above > below else -below


def definitions(profile, up, down, effects, weights, kept):
    """Return every score of one whole profile, slowly."""
    n, genes = len(profile), np.concatenate([up, down])
    query = np.zeros(n)
    query[genes] = effects
    order = np.argsort(-profile, kind="stable")
    extreme = np.zeros(n, bool)
    extreme[order[:kept]] = extreme[order[-kept:]] = True
    above, below = running_sum(profile, up), running_sum(profile, down)
    ks_up, ks_down = steps(profile, up), steps(profile, down)
    signed = rankdata(np.abs(profile)) * np.sign(profile)
    largest = sum(n - i for i in range(len(genes)))
    inside = extreme & (query != 0)
    outside = np.where(query != 0, profile, 0)

    def cosine(x, y, w=1):
        size = np.sqrt((w * x**2).sum() * (w * y**2).sum())
        return (w * x * y).sum() / size if size else 0.0

    return {
        "wtcs": (above - below) / 2 if np.sign(above) != np.sign(below) else 0.0,
        "ks": 0.0 if ks_up * ks_down > 0 else ks_up - ks_down,
        "zhang": (signed[up].sum() - signed[down].sum()) / largest,
        "xsum": profile[up][extreme[up]].sum() - profile[down][extreme[down]].sum(),
        "xcos": cosine(query * inside, profile * inside),
        "cosine": cosine(query, outside),
        "spearman": spearmanr(effects, profile[genes])[0],
        "sum": profile[up].sum() - profile[down].sum(),
        "ewcos": cosine(query, outside, weights),
    }


@pytest.mark.parametrize("sizes", [(20, 30), (3, 3), (1, 1), (150, 150), (5, 290)])
def test_scores_equal_their_definitions(tmp_path, sizes):
    store, values = exact_store(tmp_path)
    rng = np.random.default_rng(1)
    for _ in range(3):
        picked = rng.permutation(300)[: sum(sizes)]
        up, down = picked[: sizes[0]], picked[sizes[0] :]
        effects = rng.uniform(0.1, 2, sum(sizes)).round(1) * np.repeat([1, -1], sizes)
        weights = rng.uniform(size=300)
        # 5 % of 300 genes
        naive = pd.DataFrame(
            [definitions(profile, up, down, effects, weights, 15) for profile in values.T]
        )
        given = pd.Series(effects, index=store.genes[picked])
        query = make_query(
            store, store.genes[up], store.genes[down], effects=given, weights=weights
        )
        found = score_signatures(store, query)
        assert set(found) == set(SCORES) == set(naive)
        for name, expected in naive.items():
            np.testing.assert_allclose(found[name], expected, rtol=2e-6, atol=1e-6, err_msg=name)


def test_scores_equal_the_definitions_of_rcsm_and_signaturesearch_in_r(tmp_path):
    """Definitions that were written anew in R; neither package was run."""
    folder = GOLDEN / "connectivity_scores"
    profiles = pd.read_csv(folder / "profiles.tsv", sep="\t", index_col="gene")
    queries = pd.read_csv(folder / "queries.tsv", sep="\t").groupby("query", sort=False)
    golden = pd.read_csv(folder / "scores.tsv", sep="\t").groupby("query", sort=False)
    store = make_store(tmp_path, profiles)
    assert len(queries) == 5
    for name, genes in queries:
        expected = golden.get_group(name).set_index("signature").loc[profiles.columns]
        genes = genes.set_index("gene")
        up, down = (list(genes.index[genes["direction"] == side]) for side in ("up", "down"))
        weights = genes["weight"].reindex(store.genes).fillna(0).to_numpy()
        query = make_query(store, up, down, effects=genes["effect"], weights=weights)
        found = score_signatures(store, query)
        assert set(found) <= set(expected)
        for score, values in found.items():
            np.testing.assert_allclose(
                values, expected[score], rtol=1e-6, atol=1e-6, err_msg=f"{name}: {score}"
            )
        # CMap's own normalisation, in however small a group.
        groups = group_signatures(expected["cell"], expected["cell"], fewest=1)
        ncs = normalise(found["wtcs"], groups)
        np.testing.assert_allclose(ncs, expected["ncs"], rtol=1e-6, atol=1e-6)
        # Reference queries: the ends of the first seven signatures.
        orders = [profiles[f"s{i}"].sort_values(ascending=False).index for i in range(7)]
        sets = np.array([store.rows([*order[:12], *order[-9:]]) for order in orders])
        ends = make_query(store, store.genes[sets[0][:12]], store.genes[sets[0][12:]])
        reference = normalise(score_sets(store, ends, sets), groups)
        np.testing.assert_allclose(tau(ncs, reference, fewest=7), expected["tau"], atol=1e-4)
        assert np.isnan(tau(ncs, reference, fewest=8)).all()


# Where the definition averages the ranks of equal values and the store does not: the largest
# difference from it in signatures whose 400 values are in some 28 steps. KS is as close only where
# both are of one sign: elsewhere one of them is zero, for both sets seem to move the same way.
AVERAGED = {"ks": 0.16, "zhang": 0.03, "spearman": 0.12}


def test_scores_of_tied_values_equal_the_definitions_in_r(tmp_path):
    folder = GOLDEN / "connectivity_scores"
    profiles = pd.read_csv(folder / "tied_profiles.tsv", sep="\t", index_col="gene")
    queries = pd.read_csv(folder / "tied_queries.tsv", sep="\t").groupby("query", sort=False)
    golden = pd.read_csv(folder / "tied_scores.tsv", sep="\t").groupby("query", sort=False)
    given = (folder / "tie_order.txt").read_text().split()
    assert list(profiles.index) == given
    assert [given[i] for i in tie_order(given)] == given
    # In another order than R had them.
    store = make_store(tmp_path, profiles.sort_index())
    assert len(queries) == 4
    worst = dict.fromkeys(AVERAGED, 0.0)
    for name, genes in queries:
        expected = golden.get_group(name).set_index("signature").loc[profiles.columns]
        genes = genes.set_index("gene")
        up, down = (list(genes.index[genes["direction"] == side]) for side in ("up", "down"))
        weights = genes["weight"].reindex(store.genes).fillna(0).to_numpy()
        query = make_query(store, up, down, effects=genes["effect"], weights=weights)
        found = score_signatures(store, query)
        assert found["wtcs"][9] == 0
        for score, values in found.items():
            if score in AVERAGED:
                # The last three are zeros for the most part: there average ranks are no order.
                defined = expected[score].to_numpy()[:7]
                alike = (values[:7] * defined > 0) | (score != "ks")
                off = np.abs(values[:7] - defined)[alike]
                worst[score] = max(worst[score], off.max(initial=0))
                continue
            np.testing.assert_allclose(
                values, expected[score], rtol=1e-6, atol=1e-6, err_msg=f"{name}: {score}"
            )
        sets = query.rows[None]
        assert np.array_equal(score_sets(store, query, sets)[0], found["wtcs"])
    for score, most in AVERAGED.items():
        assert 0 < worst[score] <= most, score
        assert "equal values" in SCORES[score].limits


def test_scores_do_not_depend_on_the_order_of_the_rows(tmp_path):
    """Two decimals: hundreds of genes have the same value."""
    rng = np.random.default_rng(4)
    values = rng.normal(0, 0.1, (900, 30)).round(2) + 0.0
    frame = pd.DataFrame(values, index=[f"G{i}" for i in range(900)])
    up, down = list(frame.index[:40]), list(frame.index[40:75])
    effects = pd.Series(rng.uniform(0.5, 2, 75) * np.repeat([1, -1], [40, 35]), index=up + down)
    found = []
    for i, rows in enumerate((frame, frame[::-1], frame.sample(frac=1, random_state=1))):
        folder = tmp_path / str(i)
        folder.mkdir()
        store = make_store(folder, rows)
        found.append(score_signatures(store, make_query(store, up, down, effects=effects)))
    for other in found[1:]:
        for name in SCORES:
            assert np.array_equal(found[0][name], other[name]), name


def test_float16_costs_a_thousandth_of_a_score(tmp_path):
    """What the package's documentation says of z-scores that are kept as float16."""
    rng = np.random.default_rng(6)
    values = rng.normal(0, 2, (2000, 200)).astype(np.float32)
    frame = pd.DataFrame(values, index=[f"G{i}" for i in range(2000)])
    store = make_store(tmp_path, frame.rename(columns="s{}".format))
    rows = rng.permutation(2000)[:200]
    effects = pd.Series(rng.uniform(0.5, 2, 200) * np.repeat([1, -1], 100), store.genes[rows])
    query = make_query(store, store.genes[rows[:100]], store.genes[rows[100:]], effects=effects)
    found = score_signatures(store, query)
    given = {"ranks": store.matrix("ranks")[rows], "magnitudes": store.matrix("magnitudes")[rows]}
    given["values"] = values[rows]
    assert not np.array_equal(store.matrix("values")[rows].astype(np.float32), given["values"])
    for name, score in SCORES.items():
        exact = score.function(query, **{matrix: given[matrix] for matrix in score.matrices})
        off = np.abs(found[name] - exact).max()
        assert off <= 1e-3 * np.abs(exact).max(), name
        if "values" not in score.matrices or name == "zhang":
            assert off == 0, name


def test_enrichment_equals_gseapy(tmp_path):
    folder = GOLDEN / "connectivity"
    profiles = pd.read_csv(folder / "profiles.tsv", sep="\t", index_col="gene")
    sets = pd.read_csv(folder / "sets.tsv", sep="\t").groupby("set")["gene"].apply(list)
    golden = pd.read_csv(folder / "enrichment.tsv", sep="\t").set_index(["set", "signature"])["es"]
    store = make_store(tmp_path, profiles)
    for name, genes in sets.items():
        expected = golden[name].loc[profiles.columns]
        assert np.allclose(scores_of(store, genes, [], "wtcs"), expected, atol=1e-6)
        assert np.allclose(scores_of(store, [], genes, "wtcs"), -expected, atol=1e-6)


def test_wtcs_is_zero_where_both_sets_move_together():
    # One signature: all six genes of the query are at its top.
    ranks = np.arange(1, 7, dtype=np.uint16)[:, None]
    values = np.linspace(3, 2, 6, dtype=np.float16)[:, None]
    query = plain_query([1, -1, 1, -1, 1, -1], 100)
    assert weighted_connectivity(query, ranks=ranks, values=values) == [0]


def test_wtcs_without_weights():
    """Genes that do not move are no finding, wherever the ranks of equal values put them."""
    ranks = np.array([[1], [2], [3]], np.uint16)
    values = np.zeros((3, 1), np.float16)
    assert weighted_connectivity(plain_query(np.ones(3), 10), ranks=ranks, values=values) == [0]
    # The other set alone counts, by half.
    values[1:] = 1
    query = plain_query([-1, 1, 1], 10)
    expected = (1 - 1 / 8) / 2
    assert weighted_connectivity(query, ranks=ranks, values=values) == pytest.approx([expected])


def test_perfect_mimic_and_reversal(tmp_path):
    store, values = exact_store(tmp_path)
    order = np.argsort(values[:, 4])
    top, bottom = store.genes[order[-20:]], store.genes[order[:20]]
    effects = pd.Series(values[:, 4], index=store.genes)
    for name in SCORES:
        given = effects if name == "xcos" else None
        mimic = scores_of(store, top, bottom, name, effects=given)
        reversal = scores_of(store, bottom, top, name, effects=None if given is None else -given)
        # One extreme gene of the right sign in another signature gives XCos 1 as well.
        assert mimic[4] == pytest.approx(mimic.max(), abs=1e-6), name
        assert (mimic.argmax() == 4) or name == "xcos"
        assert np.allclose(mimic, -reversal, atol=1e-5), name
    assert scores_of(store, top, bottom, "wtcs")[4] == pytest.approx(1)
    strongest = np.argsort(-np.abs(values[:, 4]))[:40]
    up = store.genes[[i for i in strongest if values[i, 4] > 0]]
    down = store.genes[[i for i in strongest if values[i, 4] < 0]]
    assert scores_of(store, up, down, "zhang")[4] == pytest.approx(1)
    for name in ("cosine", "spearman", "xcos", "ewcos"):
        assert scores_of(store, up, down, name, effects=effects)[4] == pytest.approx(1)


def test_one_sided_query(tmp_path):
    store, _ = exact_store(tmp_path)
    genes = list(store.genes[:25])
    for name in set(SCORES) - {"spearman"}:
        up, down = scores_of(store, genes, [], name), scores_of(store, [], genes, name)
        assert np.allclose(up, -down, atol=1e-6), name
        assert np.isfinite(up).all()
    assert np.isnan(scores_of(store, genes, [], "spearman")).all()


def test_xsum_keeps_500_of_a_large_space():
    ranks = np.array([[500], [501], [11500], [11501]], np.uint16)
    values = np.array([[4], [3], [-3], [-4]], np.float16)
    for sign, expected in (([1, 1, 1, 1], 0), ([1, 1, -1, -1], 8)):
        query = plain_query(sign, 12000)
        assert extreme_sum(query, ranks=ranks, values=values) == [expected]
    assert extreme_cosine(query, ranks=ranks, values=values) == [1]


def test_xcos_without_an_extreme_gene_is_zero():
    ranks = np.array([[600], [700]], np.uint16)
    values = np.array([[1], [0.5]], np.float16)
    assert extreme_cosine(plain_query([1, 1], 12000), ranks=ranks, values=values) == [0]


def test_zhang_ignores_zero():
    score = zhang(
        plain_query([1, -1], 10),
        values=np.array([[0], [-2]], np.float16),
        magnitudes=np.array([[1], [10]], np.uint16),
    )
    assert score == pytest.approx([10 / 19])


def test_every_score_says_whose_it_is_and_where_it_fails():
    for name, score in SCORES.items():
        assert name == score.name
        assert score.citation
        assert score.limits


def test_effects_must_fit_the_directions(tmp_path):
    store, _ = exact_store(tmp_path)
    effects = pd.Series({"G1": 2.0, "G2": 1.0, "G3": -0.5})
    make_query(store, ["G1", "G2"], ["G3"], effects=effects)
    for up, down in ((["G1", "G3"], ["G2"]), (["G1", "G4"], ["G3"])):
        with pytest.raises(DataError, match="first '(G3|G4)'"):
            make_query(store, up, down, effects=effects)


def test_genes_that_are_absent(tmp_path, caplog):
    store, _ = exact_store(tmp_path)
    caplog.set_level("INFO", logger="crosshub")
    up, down = find_genes(store, ["G1", "G2", "G3", "no", "G1"], [])
    assert (up, down) == (["G1", "G2", "G3"], [])
    assert "3 of 4 up genes are in the store" in caplog.text
    with pytest.raises(DataError, match="2 of 3 down genes are in .* 3 are needed"):
        find_genes(store, ["G1", "G2", "G3"], ["G4", "G5", "no"])
    with pytest.raises(DataError, match="0 of 2 up genes"):
        find_genes(store, ["no", "neither"], [])
    with pytest.raises(DataError, match="no genes"):
        find_genes(store, [], [])
    with pytest.raises(DataError, match="1 genes are up and down, first 'G2'"):
        find_genes(store, ["G1", "G2", "G3"], ["G2", "G4", "G5"])


def test_blocks_columns_and_threads_do_not_matter(tmp_path, monkeypatch):
    store, _ = exact_store(tmp_path, signatures=50)
    query = make_query(store, store.genes[:20], store.genes[20:50])
    whole = score_signatures(store, query)
    columns = np.random.default_rng(0).permutation(50)[:31]
    monkeypatch.setattr("crosshub.connectivity.scoring._QUERY_BLOCK", 7)
    for threads in (1, 3):
        again = score_signatures(store, query, threads=threads)
        part = score_signatures(store, query, columns=columns, threads=threads)
        for name in SCORES:
            assert np.array_equal(whole[name], again[name])
            assert np.array_equal(whole[name][columns], part[name])


def test_normalise():
    scores = np.array([2.0, 4.0, -1.0, 0.0, -3.0, 5.0])
    cells = ["a", "a", "a", "a", "a", "b"]
    groups = group_signatures(cells, ["t"] * 6, fewest=1)
    found = normalise(scores, groups)
    assert found == pytest.approx([2 / 3, 4 / 3, -0.5, 0, -1.5, 1])
    both = normalise(np.stack([scores, -scores * 7]).astype(np.float32), groups)
    assert both.dtype == np.float32
    assert both == pytest.approx(np.stack([found, -found]), rel=1e-6)
    assert (normalise(np.zeros(3), group_signatures(["a", "a", "b"], ["t"] * 3)) == 0).all()
    none = normalise(np.zeros((0, 6), np.float32), groups)
    assert none.shape == (0, 6)


def test_small_groups_are_normalised_by_their_type_or_by_all():
    rng = np.random.default_rng(1)
    cells = np.array(["A"] * 12 + ["B"] * 3 + ["C"] * 2 + ["A"] * 4)
    types = np.array(["cp"] * 15 + ["sh"] * 6)
    scores = rng.normal(size=21)
    # A with cp stands by itself; B with cp is by the 15 of cp; the 6 of sh are by all 21.
    expected = np.empty(21)
    for own, by in ((slice(0, 12), slice(0, 12)), (slice(12, 15), slice(0, 15)),
                    (slice(15, 21), slice(0, 21))):  # fmt: skip
        for i in range(*own.indices(21)):
            pool = scores[by]
            expected[i] = scores[i] / np.abs(pool[np.sign(pool) == np.sign(scores[i])]).mean()
    found = normalise(scores, group_signatures(cells, types))
    assert found == pytest.approx(expected)
    shuffled = rng.permutation(21)
    again = normalise(scores[shuffled], group_signatures(cells[shuffled], types[shuffled]))
    assert again == pytest.approx(expected[shuffled])


def test_tau_counts_weaker_reference_queries():
    reference = np.array([[1.0, -2], [-3, 0.5], [0, 0.1], [2, -0.2]])
    assert tau(np.array([-2.5, 0.2]), reference, fewest=4) == pytest.approx([-75, 25])


def test_agreement_of_the_scores():
    rng = np.random.default_rng(0)
    wtcs = rng.normal(size=200)
    matches = pd.DataFrame({"signature": range(200), "wtcs": wtcs, "ncs": wtcs**3,
                            "tau": np.nan, "zhang": -wtcs, "xsum": rng.normal(size=200),
                            "sum": 1.0, "p_value": 0.5})  # fmt: skip
    table = score_agreement(matches)
    assert list(table) == list(table.index) == ["wtcs", "ncs", "tau", "zhang", "xsum", "sum"]
    assert table.loc["wtcs", ["ncs", "zhang"]].tolist() == pytest.approx([1, -1])
    expected = spearmanr(wtcs, matches["xsum"])[0]
    assert table.loc["xsum", "wtcs"] == pytest.approx(expected)
    assert table.loc["tau"].isna().all()
    assert table.loc["sum", "wtcs"] != table.loc["sum", "wtcs"]


def test_figure_of_the_agreement(tmp_path):
    rng = np.random.default_rng(0)
    matches = pd.DataFrame(rng.normal(size=(1200, 11)), columns=["ncs", "tau", *SCORES])
    matches["ncs"], matches["xsum"] = matches["wtcs"], -matches["zhang"]
    matches["tau"] = np.nan
    for name in ("a", "b"):
        drawn = figures.agreement(score_agreement(matches), comparison="all", signatures=1200)
        figures.save(drawn, tmp_path / f"{name}.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    assert "n = 1,200 signatures" in text
    assert "no values: tau" in text
    assert "−1.00" in text
    nothing = score_agreement(matches[["tau"]])
    figures.save(figures.agreement(nothing, comparison="all", signatures=3), tmp_path / "c.svg")
    assert "No two scores" in (tmp_path / "c.svg").read_text()
