"""LASSO path of 100 penalties with ten-fold cross-validation, against cv.glmnet.

Run as `python tests/bench/lasso.py`; prints seconds, their ratio, and how near
both are to the optimum.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from against_r import run_r

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from crosshub.penalized import choose_penalty, duality_gap, fit_path

SAMPLES = 80


def race(genes: int) -> None:
    rng = np.random.default_rng([2026, genes])
    x = rng.normal(size=(SAMPLES, genes))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (rng.random(SAMPLES) < 1 / (1 + np.exp(-0.8 * x[:, :10].sum(axis=1)))).astype(float)
    fold = np.arange(SAMPLES) % 10
    splits = [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(10)]
    fit_path(x[:, :50], y)  # compiles
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        path = fit_path(x, y)
        choose_penalty(x, y, path, splits)
        seconds.append(time.perf_counter() - start)
    solved = [
        duality_gap(x, y, path.coefficients_at(k, genes), path.intercepts[k], penalty)
        for k, penalty in enumerate(path.penalties)
    ]
    with tempfile.TemporaryDirectory() as folder:
        theirs, number = run_r("lasso.R", folder, x, y)
        objective = np.loadtxt(Path(folder) / "objective.txt")
    own = np.median(seconds)
    ours = np.array([value for value, _ in solved])
    shared = min(len(ours), len(objective))
    gap = max(gap / value for value, gap in solved)
    above = ((ours[:shared] - objective[:shared]) / objective[:shared]).max()
    times = f"{own:.2f} s | {theirs:.2f} s | {theirs / own:.1f}"
    print(
        f"| {SAMPLES} × {genes:,} | {times} | {gap:.0e} | {above:.0e} | {len(ours)}, {number:.0f} |"
    )


if __name__ == "__main__":
    print("| | crosshub | glmnet | ratio | largest gap | most above glmnet | penalties |")
    print("|---|---|---|---|---|---|---|")
    for genes in (1_000, 5_000, 12_000):
        race(genes)
