"""SVM-RFE with step 1 against a loop over R's e1071, and how its cost grows with the genes.

Run as `python tests/bench/svm_rfe.py`; prints seconds, their ratio, and how many
genes both eliminate in the same step (e1071 once more with a tolerance of 1e-7).
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from against_r import run_r

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from crosshub.elimination import eliminate

SAMPLES, RUNS = 80, 3
AGAINST_R, ALONE = 1_000, (2_000, 4_000, 8_000, 12_000)


def study(genes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([2026, genes])
    y = (np.arange(SAMPLES) < SAMPLES // 2).astype(int)
    x = rng.normal(size=(SAMPLES, genes))
    x[:, :20] += 0.8 * y[:, None]
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def own(genes: int) -> tuple[float, np.ndarray]:
    x, y = study(genes)
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        steps = eliminate(x, y)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), steps


def peer(genes: int) -> tuple[float, np.ndarray]:
    x, y = study(genes)
    with tempfile.TemporaryDirectory() as folder:
        seconds = run_r("svm_rfe.R", folder, x, y)
        return statistics.median(seconds), np.loadtxt(Path(folder) / "step.txt")


if __name__ == "__main__":
    own(50)  # compiles
    print("| | crosshub | e1071 | ratio | genes eliminated in the same step |")
    print("|---|---|---|---|---|")
    seconds, steps = own(AGAINST_R)
    theirs, their_steps = peer(AGAINST_R)
    same = f"{(steps == their_steps).sum():,} of {AGAINST_R:,}"
    print(
        f"| {SAMPLES} × {AGAINST_R:,} | {seconds:.2f} s | {theirs:.1f} s "
        f"| {theirs / seconds:.0f} | {same} |"
    )
    for genes in ALONE:
        print(f"| {SAMPLES} × {genes:,} | {own(genes)[0]:.2f} s | | | |")
