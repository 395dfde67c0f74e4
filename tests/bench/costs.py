"""How cost grows with genes and samples: `python tests/bench/costs.py`; draws costs.svg beside it.

The arithmetic limit beside each line is the time that the matrix products of the method take as
calls of GEMM on this machine: nothing that computes them can be faster.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub.coexpression.modules import build_modules  # noqa: E402
from crosshub.differential import benjamini_hochberg, moderated_t  # noqa: E402
from crosshub.figures import save  # noqa: E402
from crosshub.figures.style import BLUE, GREY, WIDTH, styled  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

RUNS = 3
GENES = {"t": (2500, 5000, 10_000, 20_000, 40_000), "chain": (500, 1000, 2000, 4000, 8000)}
SAMPLES = {"t": (25, 50, 100, 200, 400), "chain": (20, 40, 80, 160, 320)}
FIXED = {"t": (20_000, 100), "chain": (2000, 80)}
POWERS = 15


def seconds(function: Callable[[], object]) -> float:
    """Return the median time of a call, the first one left out."""
    function()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def gemm(rows: int, inner: int, columns: int, dtype: type) -> float:
    """Return the time of one matrix product on this machine."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(rows, inner)).astype(dtype)
    b = rng.normal(size=(inner, columns)).astype(dtype)
    return seconds(lambda: a @ b)


def expression(genes: int, samples: int) -> np.ndarray:
    """Return genes × samples with twenty modules among half of the genes."""
    rng = np.random.default_rng([genes, samples])
    values = rng.normal(8, 1, (genes, samples))
    values[: genes // 2] += 1.2 * rng.normal(size=(20, samples))[np.arange(genes // 2) % 20]
    return values


def cost_of_t(genes: int, samples: int) -> tuple[float, float]:
    """Return the time of the moderated t with its adjustment, and that of its products."""
    values = expression(genes, samples)
    design = np.column_stack([np.ones(samples), np.arange(samples) % 2])
    ours = seconds(lambda: benjamini_hochberg(moderated_t(values, design, 1).p_value))
    # Effects and fitted values: two products of genes × samples × coefficients.
    return ours, 2 * gemm(genes, samples, 2, np.float64)


def cost_of_chain(genes: int, samples: int) -> tuple[float, float]:
    """Return the time of the WGCNA chain, and that of correlation and topological overlap."""
    names = [f"G{i}" for i in range(genes)]
    frame = pd.DataFrame(expression(genes, samples), names, [f"S{i}" for i in range(samples)])
    ours = seconds(lambda: build_modules(frame, max_genes=genes, correlation="pearson"))
    limit = gemm(genes, samples, genes, np.float32) + gemm(genes, genes, genes, np.float32)
    return ours, limit


def measure() -> pd.DataFrame:
    """Return method, varied (genes, samples), size, seconds, limit."""
    rows = []
    for method, cost in [("t", cost_of_t), ("chain", cost_of_chain)]:
        genes, samples = FIXED[method]
        for size in GENES[method]:
            rows.append((method, "genes", size, *cost(size, samples)))
        for size in SAMPLES[method]:
            rows.append((method, "samples", size, *cost(genes, size)))
        print(pd.DataFrame(rows).tail(10).to_string(), flush=True)
    return pd.DataFrame(rows, columns=["method", "varied", "size", "seconds", "limit"])


@styled
def draw(costs: pd.DataFrame) -> Figure:
    """Draw the time against the size, both on logarithmic axes, with the limit."""
    figure = Figure(figsize=(WIDTH, 6.2), layout="constrained")
    panels = figure.subplots(2, 2)
    names = {"t": "Moderated t", "chain": "WGCNA chain"}
    for row, method in zip(panels, names, strict=True):
        genes, samples = FIXED[method]
        for axes, varied in zip(row, ("genes", "samples"), strict=True):
            part = costs[(costs["method"] == method) & (costs["varied"] == varied)]
            axes.loglog(part["size"], part["seconds"], "o-", color=BLUE, label="crosshub")
            axes.loglog(part["size"], part["limit"], "s--", color=GREY, label="its products (GEMM)")
            last = part.iloc[-2:]
            growth = np.diff(np.log(last["seconds"]))[0] / np.diff(np.log(last["size"]))[0]
            fixed = f"{samples} samples" if varied == "genes" else f"{genes:,} genes"
            axes.set_title(f"{names[method]}, {fixed}", fontsize=9)
            axes.text(
                0.03, 0.9, f"time ~ {varied}^{growth:.1f} at the end", transform=axes.transAxes
            )
            axes.set_xticks(part["size"], [f"{size:,}" for size in part["size"]], minor=False)
            axes.set_xticks([], minor=True)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.set_ylim(part["limit"].min() / 2, part["seconds"].max() * 4)
            axes.set_xlabel(varied.capitalize())
            axes.set_ylabel("Seconds")
            axes.legend(loc="lower right")
    return figure


if __name__ == "__main__":
    found = measure()
    found.to_csv(Path(__file__).with_suffix(".tsv"), sep="\t", index=False, float_format="%.4g")
    save(draw(found), Path(__file__).with_suffix(".svg"))
