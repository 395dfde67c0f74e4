"""Speed against the peer: `make bench`. Ratios in one run, medians of several, sizes stated.

Needs R with limma for the peer's side; without them only our own seconds are printed.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub.differential import benjamini_hochberg, moderated_t  # noqa: E402

RUNS = 5
PEER = Path(__file__).with_name("peer.R")


def seconds(function: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median time of a call, the first one left out."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peer(values: np.ndarray) -> float | None:
    """Return the peer's median seconds for the same matrix, or None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.bin"
        values.astype(np.float64).ravel(order="F").tofile(path)
        shape = map(str, values.shape)
        try:
            done = subprocess.run(
                ["Rscript", str(PEER), str(path), *shape, str(RUNS)],
                capture_output=True,
                text=True,
                check=True,
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    return float(done.stdout.split()[-1])


def expression(genes: int, samples: int, seed: int = 0) -> np.ndarray:
    """Return genes × samples with ten modules among half of the genes."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(10, samples))
    values = rng.normal(size=(genes, samples))
    member = np.arange(genes // 2) % 10
    values[: genes // 2] += 1.2 * factors[member]
    return values + rng.uniform(4, 12, (genes, 1))


def show(what: str, ours: float, theirs: float | None) -> None:
    """Print a row: ours, the peer's, and the ratio."""
    other = "not installed" if theirs is None else f"{theirs:8.3f} s   {theirs / ours:5.1f} times"
    print(f"{what:<52}{ours:8.3f} s   {other}", flush=True)


def main() -> None:
    """Run all."""
    print(f"{'median of ' + str(RUNS):<52}{'crosshub':>10}   {'R':>10}   crosshub is faster")
    for genes, samples in [(5000, 100), (20000, 50), (20000, 100), (20000, 200)]:
        values = expression(genes, samples)
        group = np.arange(samples) % 2
        design = np.column_stack([np.ones(samples), group])
        ours = seconds(lambda v=values, d=design: benjamini_hochberg(moderated_t(v, d, 1).p_value))
        show(f"moderated t, {genes} genes × {samples} samples", ours, peer(values))


if __name__ == "__main__":
    main()
