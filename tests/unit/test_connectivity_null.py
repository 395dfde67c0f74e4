"""The null of a query, tau against reference queries, and the whole match."""

import numpy as np
import pandas as pd
import pytest
from crosshub.connectivity import (
    count_reached,
    draw_sets,
    gene_classes,
    group_signatures,
    make_query,
    match_signatures,
    normalise,
    null_scores,
    permutation_p,
    reference_tau,
    score_sets,
    score_signatures,
    tau,
    typical_magnitudes,
)
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, index_signatures
from scipy.stats import binom, binomtest, kstest

MODULES = 30


def make_store(folder, frame):
    """Index a frame of genes × signatures."""
    frame.rename_axis("symbol").to_csv(folder / "source.tsv", sep="\t")
    index_signatures(folder / "source.tsv", folder / "store")
    return SignatureStore.open(folder / "store")


def as_they_are(groups):
    """Normalise each group by itself, however small."""
    return group_signatures(groups, groups, fewest=1)


def whole_null(*arguments, **options):
    return np.concatenate(list(null_scores(*arguments, **options)))


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Return 600 genes × 240 signatures: 40 compounds, 3 cell lines, 2 replicates.

    Signatures of a compound resemble each other, genes of a module move together (r = 0.6 on
    average), and the later genes respond more strongly.
    """
    rng = np.random.default_rng(11)
    genes = [f"G{i}" for i in range(600)]
    scale = np.linspace(0.5, 2, 600)

    def draw():
        return 1.2 * rng.normal(size=MODULES)[np.arange(600) % MODULES] + rng.normal(size=600)

    columns = {}
    for c in range(40):
        own = draw()
        for cell in ("A", "B", "C"):
            for _ in range(2):
                columns[f"c{c}__{cell}__trt_cp", len(columns)] = scale * (own + draw())
    frame = pd.DataFrame(np.column_stack(list(columns.values())), index=genes)
    frame.columns = [name for name, _ in columns]
    return make_store(tmp_path_factory.mktemp("noise"), frame)


def test_null_is_the_score_of_random_sets(noise):
    query = make_query(noise, noise.genes[:12], noise.genes[12:21])
    null = whole_null(noise, query, permutations=7, rng=np.random.default_rng(3))
    assert null.shape == (7, 240)
    assert null.dtype == np.float32
    sets = draw_sets(query.rows, np.zeros(600, int), 7, np.random.default_rng(3))
    assert np.array_equal(null, score_sets(noise, query, sets))
    for row, members in zip(null, sets, strict=True):
        moved = make_query(noise, noise.genes[members[:12]], noise.genes[members[12:]])
        assert np.array_equal(row, score_signatures(noise, moved, ["wtcs"])["wtcs"])


@pytest.mark.parametrize("batch", [1, 3, 7, 50])
def test_batches_of_the_null_do_not_matter(noise, batch):
    query = make_query(noise, noise.genes[:12], noise.genes[12:21])
    options = {"permutations": 7, "classes": np.arange(600) % 4}
    whole = whole_null(noise, query, rng=np.random.default_rng(3), **options)
    parts = list(null_scores(noise, query, rng=np.random.default_rng(3), batch=batch, **options))
    assert [len(part) for part in parts[:-1]] == [batch] * (len(parts) - 1)
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("sizes", [(20, 0), (0, 20), (1, 1), (300, 300)])
def test_the_walk_equals_one_set_after_the_other(noise, sizes):
    query = make_query(noise, noise.genes[: sizes[0]], noise.genes[sizes[0] : sum(sizes)])
    sets = draw_sets(query.rows, np.zeros(600, int), 5, np.random.default_rng(1))
    for row, members in zip(score_sets(noise, query, sets), sets, strict=True):
        up, down = noise.genes[members[: sizes[0]]], noise.genes[members[sizes[0] :]]
        expected = score_signatures(noise, make_query(noise, up, down), ["wtcs"])["wtcs"]
        assert np.array_equal(row, expected)


def test_the_walk_where_a_set_has_no_weight(tmp_path):
    values = np.zeros((40, 2))
    values[20:, 0] = np.linspace(-2, 2, 20)
    store = make_store(tmp_path, pd.DataFrame(values, index=[f"G{i}" for i in range(40)]))
    query = make_query(store, store.genes[:5], store.genes[5:9])
    found = score_sets(store, query, query.rows[None])
    assert np.array_equal(found[0], score_signatures(store, query, ["wtcs"])["wtcs"])
    assert np.isfinite(found).all()


def test_blocks_columns_and_threads_do_not_matter(noise, monkeypatch):
    query = make_query(noise, noise.genes[:9], noise.genes[9:18])
    columns = np.random.default_rng(0).permutation(240)[:100]

    def draw(**options):
        return whole_null(noise, query, permutations=5, rng=np.random.default_rng(2), **options)

    whole = draw()
    monkeypatch.setattr("crosshub.connectivity.scoring._SETS_BLOCK", 37)
    assert np.array_equal(whole, draw(threads=3))
    assert np.array_equal(whole[:, columns], draw(columns=columns, threads=2))


def test_typical_magnitudes(noise):
    strength = typical_magnitudes(noise)
    expected = noise.matrix("magnitudes")[:].mean(axis=1) / 600
    assert strength == pytest.approx(expected)
    assert strength[:200].mean() < strength[400:].mean()
    some = typical_magnitudes(noise, np.array([5, 3, 200]))
    expected = noise.matrix("magnitudes")[:, [3, 5, 200]].mean(axis=1) / 600
    assert some == pytest.approx(expected)


def test_random_sets_have_the_classes_of_the_query():
    rng = np.random.default_rng(0)
    strength = rng.uniform(size=1000)
    space = pd.Series(np.where(np.arange(1000) < 300, "landmark", "inferred"))
    rows = np.concatenate([np.argsort(-strength)[:40], np.arange(30)])
    rows = np.unique(rows)
    classes = gene_classes(rows, strength, space)
    assert len(np.unique(classes)) == 10
    sets = draw_sets(rows, classes, 50, rng)
    for members in sets:
        assert len(set(members)) == len(rows)
        assert (classes[members] == classes[rows]).all()
        assert (space[members].to_numpy() == space[rows].to_numpy()).all()
    assert len(np.unique(sets)) > 2 * len(rows)
    assert abs(strength[sets].mean() - strength[rows].mean()) < 0.05


def test_classes_grow_where_the_query_takes_too_much_of_them(caplog):
    strength = np.arange(100) / 100
    space = pd.Series(["a"] * 20 + ["b"] * 80)
    assert len(np.unique(gene_classes(np.array([1, 30, 60]), strength, space))) == 10
    # Eight of the 20 genes of space a: there are no two quantiles of it with room for them.
    assert len(np.unique(gene_classes(np.arange(8), strength, space))) == 2
    # Eleven of 20: one space.
    classes = gene_classes(np.arange(11), strength, space)
    assert len(np.unique(classes)) == 4
    caplog.set_level("WARNING", logger="crosshub")
    assert len(np.unique(gene_classes(np.arange(60), strength, space))) == 1
    assert "more than half" in caplog.text


def test_permutation_p_is_two_sided():
    null = np.array([[0.5, -0.1], [-0.6, 0], [0.2, 0.1], [-0.7, 0.3]])
    reached = count_reached(np.array([-0.6, 0]), null)
    assert reached.tolist() == [2, 4]
    assert permutation_p(reached, 4) == pytest.approx([3 / 5, 1])


def followed(*arguments, **options):
    """Return the signatures, and the ncs of all random queries that passed."""
    passed = []

    def follow(signatures):
        assert {"compound", "cell", "type", "ncs"} <= set(signatures)
        return lambda random: passed.append(random.copy())

    return match_signatures(*arguments, follow=follow, **options), np.concatenate(passed)


def test_match_signatures(noise):
    up, down = list(noise.genes[:20]), list(noise.genes[20:40])
    effects = pd.Series(np.repeat([2.0, -1.0], 20), index=up + down)
    options = {"effects": effects, "permutations": 50}
    matches, null = followed(noise, up, down, rng=np.random.default_rng(8), **options)
    own = list(noise.signatures)
    scores = ["wtcs", "ncs", "tau", "ks", "zhang", "xsum", "xcos", "cosine", "spearman", "sum"]
    assert list(matches) == [*own, *scores, "ewcos", "p_value", "fdr"]
    assert own[:6] == ["signature", "compound", "cell", "dose", "time", "type"]
    assert matches["signature"].tolist() == noise.signatures["signature"].tolist()
    strength = typical_magnitudes(noise)
    query = make_query(noise, up, down, effects=effects, weights=strength)
    for name, values in score_signatures(noise, query).items():
        assert np.array_equal(matches[name], values)
    classes = gene_classes(query.rows, strength, noise.gene_table["space"])
    raw = whole_null(noise, query, permutations=50, rng=np.random.default_rng(8), classes=classes)
    for j in (0, 77, 239):
        beyond = sum(abs(raw[b, j]) >= abs(matches["wtcs"][j]) for b in range(50))
        assert matches["p_value"][j] == pytest.approx((1 + beyond) / 51)
    groups = group_signatures(noise.signatures["cell"], noise.signatures["type"])
    assert np.array_equal(null[7], normalise(raw[7], groups))
    assert np.array_equal(matches["ncs"], normalise(matches["wtcs"].to_numpy(), groups))
    assert matches["tau"].isna().all()
    for more in ({"threads": 3}, {"batch": 1}, {"batch": 17, "threads": 2}):
        again, same = followed(noise, up, down, rng=np.random.default_rng(8), **options, **more)
        pd.testing.assert_frame_equal(matches, again)
        assert np.array_equal(null, same)
    alone = match_signatures(noise, up, down, rng=np.random.default_rng(8), **options)
    pd.testing.assert_frame_equal(matches, alone)
    columns = np.array([200, 3, 77, 78, 79, 10])
    part, part_null = followed(
        noise, up, down, rng=np.random.default_rng(8), columns=columns, **options
    )
    assert part["signature"].tolist() == noise.signatures["signature"].iloc[columns].tolist()
    for name in ("wtcs", "zhang", "cosine"):
        assert np.array_equal(part[name], matches[name].iloc[columns])
    assert part_null.shape == (50, 6)
    with pytest.raises(DataError, match="no signature is left"):
        match_signatures(
            noise, up, down, rng=np.random.default_rng(8), columns=np.array([], int), **options
        )


def test_tau_against_signatures_of_the_same_cell(noise):
    query = make_query(noise, noise.genes[:15], noise.genes[15:40])
    groups = noise.signatures["cell"].to_numpy()
    ncs = normalise(score_signatures(noise, query, ["wtcs"])["wtcs"], as_they_are(groups))
    given = {"rng": np.random.default_rng(0), "queries": 80, "fewest": 80}
    found = reference_tau(noise, query, ncs, groups, threads=2, **given)
    ranks = noise.matrix("ranks")[:]
    for cell in "ABC":
        places = np.flatnonzero(groups == cell)
        assert len(places) == 80
        rows = []
        for j in places:
            order = noise.genes[np.argsort(ranks[:, j])]
            ends = make_query(noise, order[:15], order[-25:])
            wtcs = score_signatures(noise, ends, ["wtcs"], columns=places)["wtcs"]
            rows.append(normalise(wtcs, as_they_are(np.zeros(80))))
        assert np.array_equal(found[places], tau(ncs[places], np.array(rows), fewest=80))
    few = reference_tau(noise, query, ncs, groups, **given | {"fewest": 81})
    assert np.isnan(few).all()


def test_what_connects_to_everything_has_a_low_tau(tmp_path):
    """A signature that every query hits is no finding; NCS alone cannot tell."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=500)
    values = rng.normal(size=(500, 60)) + 1.5 * common[:, None]
    values[:, 0] = 3 * common + 0.3 * rng.normal(size=500)
    own = rng.normal(size=500)
    values[:, 1] = rng.normal(size=500) + 2 * own
    frame = pd.DataFrame(values, index=[f"G{i}" for i in range(500)])
    frame.columns = [f"c{i}__A__trt_cp" for i in range(60)]
    store = make_store(tmp_path, frame)
    order = store.genes[np.argsort(common + 1.5 * own)]
    query = make_query(store, order[-30:], order[:30])
    groups = store.signatures["cell"].to_numpy()
    ncs = normalise(score_signatures(store, query, ["wtcs"])["wtcs"], as_they_are(groups))
    found = reference_tau(store, query, ncs, groups, rng=rng, queries=60, fewest=60)
    assert ncs[0] > 0.7
    assert found[1] > 90
    assert found[0] < 50


def p_of_queries(store, draw, count, matched):
    """Return p-values of queries that `draw` makes, and the same with ties broken by chance.

    A score of zero has p = 1, for many random queries have it too; with the ties broken, p is
    uniform to the last digit where the query is like those of the null.
    """
    found, broken = [], []
    strength = typical_magnitudes(store)
    for i in range(count):
        rows = draw(i)
        query = make_query(store, store.genes[rows[:20]], store.genes[rows[20:]])
        classes = gene_classes(rows, strength) if matched else None
        rng = np.random.default_rng(i)
        # One signature of each query: they are independent.
        place = np.array([i % 240])
        null = whole_null(store, query, permutations=99, rng=rng, classes=classes, columns=place)
        wtcs = score_signatures(store, query, ["wtcs"], columns=place)["wtcs"]
        found.append(permutation_p(count_reached(wtcs, null), 99)[0])
        size, other = abs(wtcs[0]), np.abs(null[:, 0])
        broken.append(((other > size).sum() + rng.uniform() * (1 + (other == size).sum())) / 100)
    return np.array(found), np.array(broken)


@pytest.mark.parametrize("matched", [False, True])
def test_p_values_are_uniform_for_random_queries(noise, matched):
    """Genes of the store are correlated; a query of random ones is like those of the null."""
    rng = np.random.default_rng(20)
    found, broken = p_of_queries(noise, lambda _: rng.permutation(600)[:40], 200, matched)
    assert kstest(broken, "uniform").pvalue > 0.01
    for level in (0.05, 0.2):
        assert binomtest(int((found <= level).sum()), 200, level).pvalue > 0.01
    assert (found >= broken - 1e-9).all()


def test_matching_in_class_keeps_the_null_of_responsive_genes(noise):
    """Random genes out of the responsive third alone: unmatched, the null is another one."""
    rng = np.random.default_rng(7)

    def responsive(_):
        return 400 + rng.permutation(200)[:40]

    _, matched = p_of_queries(noise, responsive, 200, True)
    assert kstest(matched, "uniform").pvalue > 0.01
    _, unmatched = p_of_queries(noise, responsive, 200, False)
    assert kstest(unmatched, "uniform").pvalue < 0.01


def test_co_regulated_genes_make_the_null_lenient(noise):
    """What the documentation says of real queries: p-values of modules are too small."""
    rng = np.random.default_rng(9)

    def module(_):
        genes = np.arange(600)
        kinds = rng.permutation(MODULES)[:4]
        return np.concatenate([rng.permutation(genes[genes % MODULES == k])[:10] for k in kinds])

    found, _ = p_of_queries(noise, module, 100, True)
    assert (found <= 0.05).mean() > 0.1


def test_as_many_random_queries_find_a_signature_as_the_fdr_allows(noise):
    """At FDR 0.1 without any effect, one query in ten may find one: of 20, at most 5.

    With 20 queries at 0.1 there are more than 5 in 1.1 % of runs (binomial).
    """
    assert binom.sf(5, 20, 0.1) < 0.012
    found = 0
    for i in range(20):
        genes = list(noise.genes[np.random.default_rng(i).permutation(600)[:40]])
        matches = match_signatures(
            noise, genes[:20], genes[20:], permutations=200, rng=np.random.default_rng(100 + i)
        )
        found += (matches["fdr"] <= 0.1).any()
    # Signatures of a compound go together, so a query that finds one finds several.
    assert found <= 5
