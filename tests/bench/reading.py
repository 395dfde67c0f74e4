"""Speed and memory of reading a series: `make bench`. Medians of several runs, sizes stated.

Ours is reading the series matrix, and then also reading the annotation, finding the scale and
joining the probes to genes. GEOparse only reads the family SOFT file of the same data and makes
the matrix of it; GEOquery (R) only reads the same series matrix. Whoever is not installed is left
out. Memory is the peak of the whole process, with what it imports.
"""

import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

LARGEST = (54_675, 150)
GRID = [(22_283, 50), (22_283, 150), (54_675, 50), LARGEST, (54_675, 300)]
WITH_PEERS = [(22_283, 50), LARGEST]
OUR_RUNS, RUNS_OF_R, RUNS_OF_GEOPARSE = 5, 3, 2
GOALS = {"GEOparse": 10, "GEOquery": 3}
MEGABYTES = 700


class Data(NamedTuple):
    """A simulated series, log2 as RMA gives it: 5 to 7 significant digits."""

    values: np.ndarray
    digits: np.ndarray
    probes: list[str]
    samples: list[str]

    def row(self, place: int) -> list[str]:
        """Return the values of a probe as text."""
        digits = int(self.digits[place])
        return [repr(round(value, digits)) for value in self.values[place].tolist()]

    def column(self, place: int) -> list[str]:
        """Return the values of a sample as text."""
        pairs = zip(self.values[:, place].tolist(), self.digits.tolist(), strict=True)
        return [repr(round(value, digits)) for value, digits in pairs]


class Files(NamedTuple):
    """The same series in GEO's formats."""

    matrix: Path
    annotation: Path
    family: Path


class Measured(NamedTuple):
    """Median seconds of a reader, for reading and with the genes, and its peak in MB."""

    reading: float
    all: float
    megabytes: float


def simulate(probes: int, samples: int) -> Data:
    """Draw a series."""
    rng = np.random.default_rng([probes, samples])
    values = rng.normal(0, 0.4, (probes, samples)) + rng.uniform(3, 14, (probes, 1))
    return Data(
        values,
        rng.integers(4, 7, probes),
        [f"{200_000 + place}_s_at" for place in range(probes)],
        [f"GSM{990_001 + place}" for place in range(samples)],
    )


def matrix_lines(data: Data) -> Iterator[str]:
    """Yield the lines of the series matrix."""

    def quoted(texts: list[str]) -> str:
        return "\t".join(f'"{text}"' for text in texts)

    n = len(data.samples)
    yield '!Series_title\t"simulated"'
    yield '!Series_geo_accession\t"GSE990"'
    yield f'!Series_sample_id\t"{" ".join(data.samples)} "'
    yield '!Series_platform_id\t"GPL990"'
    yield f"!Sample_title\t{quoted(data.samples)}"
    yield f"!Sample_geo_accession\t{quoted(data.samples)}"
    for key in range(10):
        texts = [f"key {key}: {place % (key + 2)}" for place in range(n)]
        yield f"!Sample_characteristics_ch1\t{quoted(texts)}"
    yield f"!Sample_platform_id\t{quoted(['GPL990'] * n)}"
    yield f"!Sample_data_row_count\t{quoted([str(len(data.probes))] * n)}"
    yield "!series_matrix_table_begin"
    yield f'"ID_REF"\t{quoted(data.samples)}'
    for place, probe in enumerate(data.probes):
        yield "\t".join([f'"{probe}"', *data.row(place)])
    yield "!series_matrix_table_end"


def annotation_rows(data: Data) -> Iterator[str]:
    """Yield a line for each probe: two probes to a gene, each tenth probe without one."""
    for place, probe in enumerate(data.probes):
        symbol, entrez = ("", "") if place % 10 == 0 else (f"GENE{place // 2}", str(place // 2))
        yield f"{probe}\t{symbol}\t{entrez}"


def annotation_lines(data: Data) -> Iterator[str]:
    """Yield the lines of the platform's annotation."""
    yield from ("^Annotation", "!Annotation_platform = GPL990", "!platform_table_begin")
    yield "ID\tGene symbol\tGene ID"
    yield from annotation_rows(data)
    yield "!platform_table_end"


def family_lines(data: Data) -> Iterator[str]:
    """Yield the lines of the family SOFT file."""
    yield from ("^DATABASE = GeoMiame", "!Database_name = Gene Expression Omnibus (GEO)")
    yield from ("^SERIES = GSE990", "!Series_title = simulated", "!Series_geo_accession = GSE990")
    yield from (f"!Series_sample_id = {name}" for name in data.samples)
    yield from ("^PLATFORM = GPL990", "!Platform_title = simulated")
    yield from ("!Platform_geo_accession = GPL990", "#ID = probe", "#Gene symbol = symbol")
    yield from ("#Gene ID = gene", "!platform_table_begin", "ID\tGene symbol\tGene ID")
    yield from annotation_rows(data)
    yield "!platform_table_end"
    for place, name in enumerate(data.samples):
        yield from (f"^SAMPLE = {name}", f"!Sample_title = {name}")
        yield f"!Sample_geo_accession = {name}"
        for key in range(10):
            yield f"!Sample_characteristics_ch1 = key {key}: {place % (key + 2)}"
        yield "!Sample_platform_id = GPL990"
        yield f"!Sample_data_row_count = {len(data.probes)}"
        yield from ("#ID_REF = probe", "#VALUE = log2 RMA signal", "!sample_table_begin")
        yield "ID_REF\tVALUE"
        for probe, text in zip(data.probes, data.column(place), strict=True):
            yield f"{probe}\t{text}"
        yield "!sample_table_end"


def write(path: Path, lines: Iterator[str]) -> Path:
    """Write lines as GEO does, packed."""
    with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def write_files(data: Data, folder: Path, *, family: bool) -> Files:
    """Write a series in all formats; the family only where it is needed, for it takes long."""
    return Files(
        write(folder / "GSE990_series_matrix.txt.gz", matrix_lines(data)),
        write(folder / "GPL990.annot.gz", annotation_lines(data)),
        write(folder / "GSE990_family.soft.gz", family_lines(data) if family else iter(())),
    )


def read_ours(files: Files) -> Iterator[tuple[int, int]]:
    """Read, and join the probes to genes."""
    from crosshub import geo, prepare

    yield 0, 0
    series = geo.read_series_matrix(files.matrix)
    yield series.values.shape
    prepare.prepare_array(series.values, geo.read_annotation(files.annotation))


def read_with_geoparse(files: Files) -> Iterator[tuple[int, int]]:
    """Read the family and make a matrix of it."""
    import GEOparse

    yield 0, 0
    series = GEOparse.get_GEO(filepath=str(files.family), silent=True)
    yield series.pivot_samples("VALUE").shape


READERS = {"crosshub": read_ours, "GEOparse": read_with_geoparse}


def child(reader: str, runs: int, files: Files) -> None:
    """Print the seconds and the shape of each run; what comes before the first yield is free."""
    for _ in range(runs):
        steps = READERS[reader](files)
        next(steps)
        start = time.perf_counter()
        shape = next(steps)
        read = time.perf_counter() - start
        next(steps, None)
        print("run", read, time.perf_counter() - start, *shape, flush=True)


def measure(command: list[str], shape: tuple[int, int]) -> Measured | None:
    """Run a reader in a process of its own; None if it is not installed."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except FileNotFoundError:
        return None
    with process.stdout as output:
        runs = [line.split()[1:] for line in output if line.startswith("run ")]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not runs:
        return None
    wrong = [run[2:] for run in runs if tuple(map(int, run[2:])) != shape]
    if wrong:
        raise SystemExit(f"{' '.join(command[:3])} read {wrong[0]} instead of {shape}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    reading, everything = (statistics.median(float(run[i]) for run in runs) for i in (0, 1))
    return Measured(reading, everything, usage.ru_maxrss / unit)


def python(reader: str, runs: int) -> list[str]:
    """Return the command for a reader in Python."""
    return [sys.executable, str(Path(__file__).resolve()), reader, str(runs)]


def show(size: str, reader: str, found: Measured | None, ours: Measured) -> None:
    """Print a row: seconds, peak, and how many times as long as ours it took."""
    if found is None:
        print(f"{size:<16}  {reader:<10}not installed", flush=True)
        return
    figures = f"{found.reading:9.2f}{found.all:10.2f}{found.megabytes:9.0f}"
    if reader in GOALS:
        figures += f"{found.reading / ours.reading:9.1f}{found.all / ours.all:10.1f}"
        figures += f"   at least {GOALS[reader]}"
    print(f"{size:<16}  {reader:<10}{figures}", flush=True)


def main() -> None:
    """Run all."""
    heads = f"{'reading':>9}{'to genes':>10}{'peak MB':>9}{'reading':>9}{'to genes':>10}"
    print(f"{'':<28}{'seconds':>19}{'':>9}{'times as long as ours':>19}")
    print(f"{'probes × samples':<16}  {'reader':<10}{heads}   goal")
    for probes, samples in GRID:
        peers = (probes, samples) in WITH_PEERS
        size, shape = f"{probes} × {samples}", (probes, samples)
        with tempfile.TemporaryDirectory() as folder:
            files = write_files(simulate(probes, samples), Path(folder), family=peers)
            paths = [str(path) for path in files]
            ours = measure([*python("crosshub", OUR_RUNS), *paths], shape)
            if ours is None:
                raise SystemExit("crosshub could not read its own file")
            show(size, "crosshub", ours, ours)
            if peers:
                theirs = measure([*python("GEOparse", RUNS_OF_GEOPARSE), *paths], shape)
                show(size, "GEOparse", theirs, ours)
                script = str(Path(__file__).with_suffix(".R"))
                theirs = measure(["Rscript", script, paths[0], str(RUNS_OF_R)], shape)
                show(size, "GEOquery", theirs, ours)
            if shape == LARGEST and ours.megabytes > MEGABYTES:
                print(f"crosshub needs more than {MEGABYTES} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1], int(sys.argv[2]), Files(*map(Path, sys.argv[3:6])))
    else:
        main()
