"""Speed of the connectivity scores on a simulated store, against sorting every profile.

    python tests/bench/connectivity.py [--full] [--folder FOLDER]

20,000 signatures of 12,328 genes (1.5 GB), with --full 473,647 as in GSE92742 (35 GB). The store is
built first, in FOLDER, where it stays, or in a temporary one. Each race runs in a process of its
own, which tells its peak of resident memory; the first run warms the page cache and compiles.
"""

import argparse
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))
sys.path.insert(0, str(Path(__file__).parent))

from crosshub.connectivity import SCORES, make_query, null_scores, score_signatures  # noqa: E402
from crosshub.connectivity.query import Query  # noqa: E402
from crosshub.signatures import SignatureStore  # noqa: E402
from simulated_store import simulate_store  # noqa: E402

FULL, SOME, EXEMPLARS, SETS, SIDE, RUNS = 473_647, 20_000, 20_000, 1_000, 150, 3
SORTED = 400


def query_of(store: SignatureStore) -> Query:
    """Return a query of 150 + 150 random genes."""
    rows = np.random.default_rng(0).permutation(store.n_genes)[: 2 * SIDE]
    return make_query(store, store.genes[rows[:SIDE]], store.genes[rows[SIDE:]])


def exemplars_of(store: SignatureStore) -> np.ndarray:
    """Return the columns for the null: evenly over the store, as exemplars lie."""
    total = len(store.signatures)
    return np.unique(np.linspace(0, total - 1, min(EXEMPLARS, total)).astype(int))


def measure(work: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Return the median seconds by the clock and of the processors, and the peak GB."""
    clock, processor = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return statistics.median(clock), statistics.median(processor), peak


def race_scores(folder: str, names: list[str], threads: int) -> tuple[float, float, float]:
    """Score one query against all signatures."""
    store = SignatureStore.open(folder)
    query = query_of(store)

    def work() -> None:
        score_signatures(store, query, names, threads=threads)

    work()
    return measure(work, RUNS)


def race_null(folder: str, threads: int) -> tuple[float, float, float]:
    """Score 1,000 random sets of 150 + 150 genes in the exemplar signatures, once."""
    store = SignatureStore.open(folder)
    query, columns = query_of(store), exemplars_of(store)
    rng = np.random.default_rng(1)
    for _ in null_scores(store, query, permutations=2, rng=rng, columns=columns[:100]):
        pass

    def work() -> None:
        given = {"columns": columns, "threads": threads}
        for _ in null_scores(store, query, permutations=SETS, rng=rng, **given):
            pass

    return measure(work, 1)


def race_sorting(folder: str) -> tuple[float, float, float]:
    """Sort the whole profile of each of 400 signatures and walk down it, one core.

    As signatureSearch's lincsEnrich and scripts around cmapPy do; the profiles are in memory as
    float32, signature by signature, so that reading them costs nothing.
    """
    store = SignatureStore.open(folder)
    query = query_of(store)
    profiles = np.ascontiguousarray(store.matrix("values")[:, :SORTED].T, np.float32)
    inside = np.zeros((2, store.n_genes), bool)
    inside[0, query.rows[:SIDE]] = inside[1, query.rows[SIDE:]] = True
    found = np.empty(len(profiles))

    def climb(profile: np.ndarray, order: np.ndarray, members: np.ndarray) -> float:
        hit, weight = members[order], np.abs(profile[order])
        steps = np.where(hit, weight / weight[hit].sum(), -1 / (len(hit) - hit.sum()))
        running = np.cumsum(steps)
        return running[np.argmax(np.abs(running))]

    def work() -> None:
        for j, profile in enumerate(profiles):
            order = np.argsort(-profile)
            above, below = climb(profile, order, inside[0]), climb(profile, order, inside[1])
            found[j] = (above - below) / 2 if np.sign(above) != np.sign(below) else 0

    timed = measure(work, RUNS)
    ours = score_signatures(store, query, ["wtcs"], columns=np.arange(SORTED))["wtcs"]
    # float16 makes ties, which sorting breaks in its own way.
    assert np.abs(ours - found).max() < 1e-3
    return timed


def apart(function: Callable[..., tuple], *arguments: object) -> tuple[float, float, float]:
    """Run in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def run(folder: Path, signatures: int) -> None:
    """Build the store and run all races."""
    store = simulate_store(folder, signatures)
    print(f"{signatures} signatures of {store.n_genes} genes, query of {SIDE} + {SIDE} genes")
    print(f"{'':<44}{'clock':>9}{'processors':>12}{'peak':>9}")

    def show(what: str, timed: tuple[float, float, float]) -> None:
        print(f"{what:<44}{timed[0]:7.2f} s{timed[1]:10.2f} s{timed[2]:6.2f} GB", flush=True)

    one = {}
    for names in (["wtcs"], ["zhang"], ["xsum"], list(SCORES)):
        what = names[0] if len(names) == 1 else f"all {len(names)} scores"
        for threads in (1, 2):
            timed = apart(race_scores, str(folder), names, threads)
            show(f"{what}, {threads} thread{'s' * (threads > 1)}", timed)
            if threads == 1:
                one[what] = timed
    columns = len(exemplars_of(store))
    show(f"{SETS} sets × {columns} exemplars, 2 threads", apart(race_null, str(folder), 2))
    timed = apart(race_sorting, str(folder))
    show(f"wtcs by sorting {SORTED} profiles, 1 thread", timed)
    each = timed[1] / SORTED
    for what in ("wtcs", "zhang", "xsum"):
        ratio = each / (one[what][1] / signatures)
        print(f"a signature by sorting against {what}: {ratio:.0f} times (processors)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    size = FULL if options.full else SOME
    if options.folder:
        run(options.folder, size)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            run(Path(scratch) / "store", size)
