"""The scores on real L1000 signatures: who is found first, and who is found beside."""

import numpy as np
import pandas as pd
import pytest
from crosshub.compounds.asking import ask
from crosshub.connectivity import SCORES, make_query, match_signatures, score_signatures
from crosshub.signatures import SignatureStore, index_signatures

INHIBITORS = {"vorinostat", "trichostatin-a", "pyroxamide", "HC-toxin"}
# It inhibits histone deacetylases as well, more weakly.
ALL_INHIBITORS = INHIBITORS | {"APHA-compound-8"}
# These grow with the strength of a signature.
SUMS = ["sum", "xsum"]


@pytest.fixture(scope="module")
def store(tmp_path_factory, real_signatures):
    folder = tmp_path_factory.mktemp("real") / "store"
    index_signatures(real_signatures("l1000_level5_SKB_5000x100.tsv.gz"), folder)
    store = SignatureStore.open(folder)
    assert (store.n_genes, len(store.signatures)) == (4996, 100)
    return store


def ranks_of_self(store, profiles, size, with_effects):
    """Return, for each score and signature, the rank of the signature that made the query."""
    found = {name: [] for name in SCORES}
    for j in range(profiles.shape[1]):
        order = np.argsort(-profiles[:, j], kind="stable")
        up, down = store.genes[order[:size]], store.genes[order[-size:]]
        effects = pd.Series(profiles[:, j], index=store.genes) if with_effects else None
        query = make_query(store, up, down, effects=effects)
        for name, scores in score_signatures(store, query).items():
            found[name].append(1 + (scores > scores[j] + 1e-6).sum())
    return pd.DataFrame(found)


def test_a_signature_finds_itself_first(store):
    """In 100 of 100 compounds; by the sums in 99: HC-toxin, like vorinostat but stronger, leads."""
    profiles = store.matrix("values")[:].astype(float)
    found = ranks_of_self(store, profiles, 50, True)
    assert (found.drop(columns=SUMS) == 1).all(axis=None)
    assert (found[SUMS] > 1).any(axis=1).sum() == 1
    assert found.loc[store.signatures["compound"] == "vorinostat", SUMS].max(axis=None) == 2
    # Without effects XCos is how many extreme genes agree, and one of one does.
    found = ranks_of_self(store, profiles, 50, False)
    assert (found.drop(columns=[*SUMS, "xcos"]) == 1).all(axis=None)
    assert (found[SUMS] == 1).mean().min() >= 0.99


def test_a_noisy_replicate_finds_its_compound(store):
    """Noise as large as the signature: a replicate that correlates with it at 0.7."""
    rng = np.random.default_rng(0)
    profiles = store.matrix("values")[:].astype(float)
    noisy = profiles + profiles.std(axis=0) * rng.normal(size=profiles.shape)
    found = (ranks_of_self(store, noisy, 50, True) == 1).mean()
    assert (found.drop([*SUMS, "xcos"]) == 1).all()
    assert (found[SUMS] >= 0.98).all()
    # Few of the query's genes are extreme in it: XCos is the weakest here (0.5).
    assert found["xcos"] == found.min()


def vorinostat(store):
    names = store.signatures["compound"]
    order = np.argsort(store.matrix("ranks")[:, names.tolist().index("vorinostat")])
    return list(store.genes[order[:100]]), list(store.genes[order[-100:]])


def test_vorinostat_finds_its_class(store):
    top, bottom = vorinostat(store)
    matches = match_signatures(store, top, bottom, permutations=1000, rng=np.random.default_rng(0))
    for name in SCORES:
        best = matches.sort_values(name, ascending=False)["compound"]
        # By the sum HC-toxin, the stronger one, leads.
        assert best.iloc[0] == "vorinostat" or name == "sum"
        assert set(best.iloc[:4]) <= ALL_INHIBITORS, name
    neighbours = matches[(matches["fdr"] < 0.05) & (matches["ncs"] > 0)]
    best = neighbours.sort_values("ncs", ascending=False)["compound"]
    assert set(best.iloc[:4]) == INHIBITORS
    assert set(best.iloc[:5]) == ALL_INHIBITORS


def test_a_null_study_finds_nothing(store):
    """Random genes, real signatures: no signature at FDR 0.1, p at its level."""
    found, low = 0, []
    for i in range(15):
        genes = list(store.genes[np.random.default_rng(i).permutation(store.n_genes)[:100]])
        compounds, matches = ask(
            store, genes[:50], genes[50:], permutations=300, rng=np.random.default_rng(50 + i)
        )
        found += (matches["fdr"] <= 0.1).any() + (compounds["fdr"] <= 0.1).any()
        low.append((matches["p_value"] <= 0.05).mean())
    assert found <= 1
    assert 0.02 < np.mean(low) < 0.08


def test_the_opposite_query_is_reversed_by_the_class(store):
    top, bottom = vorinostat(store)
    summary, _ = ask(store, bottom, top, permutations=500, rng=np.random.default_rng(0))
    assert set(summary["compound"].iloc[:4]) == INHIBITORS
    assert summary["rank"].tolist() == list(range(1, 101))
    assert (summary["fdr"].iloc[:4] < 0.1).all()
