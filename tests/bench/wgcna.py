"""Co-expression against WGCNA: `python tests/bench/wgcna.py`. Ratios in one run, sizes stated.

The chain is the soft threshold over 15 powers, adjacency, overlap, tree, hybrid cut and merging;
the memory is the peak of a process that does the chain, less what it has before, in matrices of
genes² numbers of four bytes. Seconds by the clock and, where other work shares the machine, of the
processor. Needs R with WGCNA for the peer's side.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub.coexpression.modules import build_modules  # noqa: E402
from crosshub.coexpression.preservation import module_preservation  # noqa: E402

PEER = Path(__file__).with_suffix(".R")
RUNS = 3
SAMPLES = 80
FASTER = 4
LARGEST, MATRICES = 10_000, 3
PERMUTATIONS = 200

Seconds = tuple[float, float]  # by the clock, and of the processor


def expression(genes: int, samples: int = SAMPLES, seed: int = 0) -> pd.DataFrame:
    """Return genes × samples with twenty modules among half of the genes."""
    rng = np.random.default_rng([seed, genes])
    values = rng.normal(size=(genes, samples))
    member = np.arange(genes // 2) % 20
    values[: genes // 2] += 1.2 * rng.normal(size=(20, samples))[member]
    names = [f"G{place:05d}" for place in range(genes)]
    return pd.DataFrame(values + 8, names, [f"S{place}" for place in range(samples)])


def chain(frame: pd.DataFrame) -> object:
    """Build the modules as the peer does."""
    return build_modules(frame, max_genes=len(frame), correlation="pearson", max_block=len(frame))


def peer(task: str, parts: list[np.ndarray], genes: int) -> Seconds | None:
    """Return the peer's median seconds, or None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.bin"
        with path.open("wb") as file:
            for part in parts:
                part.astype(np.float64).ravel(order="F").tofile(file)
        command = ["Rscript", str(PEER), task, str(path), str(genes), str(SAMPLES)]
        try:
            runs = [
                subprocess.run(command, capture_output=True, text=True, check=True)
                for _ in range(RUNS if task == "chain" else 1)
            ]
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    return median([tuple(map(float, run.stdout.split()[-2:])) for run in runs])


def seconds(function: Callable[[], object]) -> Seconds:
    """Return the median seconds of a call."""
    times = []
    for _ in range(RUNS):
        wall, processor = time.perf_counter(), time.process_time()
        function()
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    return median(times)


def median(times: list[Seconds]) -> Seconds:
    """Return the median by the clock and that of the processor."""
    wall, processor = zip(*times, strict=True)
    return statistics.median(wall), statistics.median(processor)


def show(what: str, ours: Seconds, theirs: Seconds | None) -> None:
    """Print two rows, clock and processor: ours, the peer's, and the ratio."""
    for kind, own, other in zip(("clock", "processor"), ours, theirs or (None, None), strict=True):
        row = f"{what:<52}{kind:<10}{own:8.2f} s"
        if other is not None:
            row += f"{other:9.2f} s{other / own:7.1f} times   at least {FASTER}"
        print(row, flush=True)


def peak() -> float:
    """Return the peak of this process in bytes."""
    unit = 1 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def memory() -> None:
    """Print how many matrices of genes² the chain needs; runs in a process of its own."""
    chain(expression(1000))
    frame = expression(LARGEST)
    before = peak()
    start = time.perf_counter()
    chain(frame)
    matrices = (peak() - before) / (4 * LARGEST**2)
    took = time.perf_counter() - start
    size = f"{LARGEST} genes × {SAMPLES} samples"
    print(f"chain, {size}: {took:.1f} s, {matrices:.2f} matrices of float32; at most {MATRICES}")


def main() -> None:
    """Run all."""
    print(f"{'':<62}{'crosshub':>10}{'WGCNA':>11}   crosshub is faster")
    frame = expression(4000)
    chain(expression(1000))
    ours = seconds(lambda: chain(frame))
    show(f"chain, 4000 genes × {SAMPLES} samples", ours, peer("chain", [frame.to_numpy()], 4000))
    first, second = expression(2000), expression(2000, seed=1)
    label = np.where(np.arange(2000) < 1000, np.arange(2000) % 20 + 1, 0)
    labels = pd.Series([f"M{m}" for m in label], first.index)
    settings = {"power": 6, "network": "signed_hybrid", "correlation": "pearson"}
    ours = seconds(
        lambda: module_preservation(
            first,
            second,
            labels,
            rng=np.random.default_rng(0),
            permutations=PERMUTATIONS,
            **settings,
        )
    )
    parts = [first.to_numpy(), second.to_numpy(), label]
    show(
        f"preservation, 2000 genes, 20 modules, {PERMUTATIONS} permutations",
        ours,
        peer("preservation", parts, 2000),
    )
    subprocess.run([sys.executable, __file__, "memory"], check=True)


if __name__ == "__main__":
    memory() if sys.argv[1:] == ["memory"] else main()
