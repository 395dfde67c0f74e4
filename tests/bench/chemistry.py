"""How long a library takes to be standardised: `python tests/bench/chemistry.py TABLE [processes]`.

Prints the time by the clock, the time of the processors, and the counts. A third argument repeats
the run on a random sample of that many rows. Times are those of the machine and of what else runs
on it: the time of the processors is the one to compare.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from crosshub.chemistry import read_library, standardise_library  # noqa: E402
from joblib.externals.loky import get_reusable_executor  # noqa: E402


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(path: str, processes: int, sample: int | None) -> None:
    """Standardise the library and print what it took."""
    start, before = time.perf_counter(), processor_seconds()
    rows = read_library([path])
    if sample:
        places = np.random.default_rng(0).choice(len(rows), sample, replace=False)
        rows = rows.iloc[np.sort(places)].reset_index(drop=True)
    library = standardise_library(rows, processes=processes)
    clock = time.perf_counter() - start
    if processes > 1:
        get_reusable_executor().shutdown(wait=True)
    print(json.dumps(library.summary, indent=1))
    print(f"{len(rows):,} rows, {processes} processes: {clock:.0f} s by the clock, "
          f"{processor_seconds() - before:.0f} s of the processors")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int((sys.argv[2:] or ["2"])[0]), int((sys.argv[3:] or ["0"])[0]) or None)
