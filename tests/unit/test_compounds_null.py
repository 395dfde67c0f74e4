"""The random queries behind the compounds: in batches, and where a compound stands alone."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from crosshub.compounds.asking import ask
from crosshub.compounds.summary import CompoundTally, summarise_compounds
from crosshub.connectivity import null as null_module
from crosshub.signatures import SignatureStore, index_signatures


def store_of(folder, columns, genes=400):
    """Index a dictionary of name__cell__type → profile."""
    frame = pd.DataFrame(columns, index=[f"G{i}" for i in range(genes)])
    frame.rename_axis("symbol").to_csv(folder / "source.tsv", sep="\t")
    index_signatures(folder / "source.tsv", folder / "store")
    return SignatureStore.open(folder / "store")


@pytest.fixture
def planted(tmp_path):
    """Twenty compounds in three cell lines, and one more alone in a fourth; lone reverses."""
    rng = np.random.default_rng(2)
    effect = np.zeros(400)
    effect[:40], effect[40:80] = 1, -1
    columns = {
        f"d{c}__{cell}__trt_cp": rng.normal(size=400) for c in range(20) for cell in ("A", "B", "C")
    }
    columns["lone__D__trt_cp"] = rng.normal(size=400) - 2 * effect
    store = store_of(tmp_path, columns)
    return store, list(store.genes[:40]), list(store.genes[40:80])


def test_a_compound_alone_in_its_cell_line_can_be_found(planted):
    """By the mean of its own group its ncs would be -1 for every query that it reverses."""
    found, matches = ask(*planted, permutations=499, rng=np.random.default_rng(0))
    assert found["compound"].iloc[0] == "lone"
    assert found["p_value"].iloc[0] == pytest.approx(1 / 500)
    assert matches.set_index("compound").loc["lone", "ncs"] < -2


def test_batches_and_threads_change_no_byte(planted):
    whole, matches = ask(*planted, permutations=60, rng=np.random.default_rng(5), batch=60)
    for options in ({"batch": 1}, {"batch": 7, "threads": 2}, {"batch": 1000}, {}):
        found, again = ask(*planted, permutations=60, rng=np.random.default_rng(5), **options)
        pd.testing.assert_frame_equal(whole, found, check_exact=True)
        pd.testing.assert_frame_equal(matches, again, check_exact=True)


@pytest.mark.parametrize("replicates", [1, 9, 300])
def test_a_tally_of_batches_is_that_of_all_at_once(replicates):
    """However numpy adds up: with many replicates sums could hang on the number of rows."""
    rng = np.random.default_rng(replicates)
    shape = np.repeat(np.arange(8), replicates)
    matches = pd.DataFrame({"signature": np.arange(len(shape)), "type": "trt_cp"})
    matches["compound"], matches["cell"] = [f"c{i // 4}" for i in shape], [f"k{i}" for i in shape]
    null = rng.normal(size=(50, len(shape))).astype(np.float32)
    # Ties with the null are the hardest: the last random query is what was observed.
    matches["ncs"] = null[-1]
    whole = summarise_compounds(matches, null)
    assert (whole["p_value"] >= 2 / 51).all()
    for size in (1, 3, 49):
        tally = CompoundTally(matches)
        for start in range(0, 50, size):
            tally.add(null[start : start + size].copy())
        found = summarise_compounds(matches, tally)
        pd.testing.assert_frame_equal(whole, found, check_exact=True)


def test_memory_does_not_grow_with_the_random_queries(planted, monkeypatch):
    monkeypatch.setattr(null_module, "_BATCH_BYTES", 4 * 61 * 20)
    peaks = []
    for permutations in (40, 40, 4000):
        tracemalloc.start()
        ask(*planted, permutations=permutations, rng=np.random.default_rng(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # All at once the last would take 4000 × 61 × 4 bytes more.
    assert peaks[2] < peaks[1] + 4000 * 61
