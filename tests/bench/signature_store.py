"""Build a signature store from a simulated GCTX: `python tests/bench/signature_store.py [N]`.

N signatures (4,000) of 12,328 genes. Signatures a second by the clock, and a second of processor
and core (user and system time of all threads; where other work shares the machine, the fairer
figure), sha256 of the source included; peak memory of the process. In pieces (256 × 1,000, as
cmapR writes) and in one; on one thread and on two, whose bytes must be the same.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub.signatures import index_signatures  # noqa: E402
from simulated_store import simulated_source  # noqa: E402

RUNS = 3
GENES = 12_328
BLOCK = 256
CHUNKS = {"in one": None, "256 × 1,000": (256, 1000)}


def write_gctx(path: Path, signatures: int, chunks: tuple[int, int] | None) -> None:
    """Write the simulated signatures as a GCTX whose genes bear their symbols."""
    source = simulated_source(signatures, GENES)
    with h5py.File(path, "w") as file:
        matrix = file.create_dataset("0/DATA/0/matrix", (signatures, GENES), "f4", chunks=chunks)
        for start in range(0, signatures, BLOCK):
            stop = min(start + BLOCK, signatures)
            matrix[start:stop] = source.read(start, stop)
        for name in source.signatures:
            file[f"0/META/COL/{name}"] = source.signatures[name].to_numpy().astype("S")
        file["0/META/ROW/id"] = source.genes["gene"].to_numpy().astype("S")


def build(path: str, folder: str, threads: str) -> None:
    """Index one file and print what it cost; in a process of its own, for its peak memory."""
    small = np.random.default_rng(0).normal(size=(2, 50)).astype(np.float32)
    with tempfile.TemporaryDirectory() as warm:
        # Compiling is no part of the figure.
        (Path(warm) / "t.tsv").write_text(
            "symbol\ta\tb\n" + "".join(f"G{i}\t{a}\t{b}\n" for i, (a, b) in enumerate(small.T))
        )
        index_signatures(Path(warm) / "t.tsv", Path(warm) / "store")
    clock, processor = time.perf_counter(), time.process_time()
    index_signatures(path, folder, threads=int(threads))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps([time.perf_counter() - clock, time.process_time() - processor, peak]))


def main(signatures: int) -> None:
    """Print a line for each kind of file and each number of threads."""
    print("file\tthreads\tsignatures/s\tsignatures/s/core\tpeak GB")
    for name, chunks in CHUNKS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "source.gctx"
            write_gctx(path, signatures, chunks)
            records = set()
            for threads in ("1", "2"):
                runs = []
                for _ in range(RUNS):
                    store = str(Path(folder) / "store")
                    command = [sys.executable, __file__, "build", str(path), store, threads]
                    ran = subprocess.run(command, check=True, capture_output=True, text=True)
                    runs.append(json.loads(ran.stdout))
                records.add((Path(store) / "source.json").read_bytes())
                clock, processor, peak = map(statistics.median, zip(*runs, strict=True))
                rate, per_core = signatures / clock, signatures / processor
                print(f"{name}\t{threads}\t{rate:.0f}\t{per_core:.0f}\t{peak:.2f}", flush=True)
            if len(records) != 1:
                raise SystemExit("the bytes depend on the threads")


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
