"""Hand samples × genes and what is known of the samples to a script of R, and read its numbers."""

import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def run_r(script: str, folder: str, x: np.ndarray, y: np.ndarray) -> list[float]:
    """Write x.bin (samples × genes, by column), n.txt and y.txt; return what the script prints."""
    place = Path(folder)
    x.T.tofile(place / "x.bin")
    np.savetxt(place / "y.txt", y)
    (place / "n.txt").write_text(" ".join(map(str, x.shape)))
    command = ["Rscript", str(HERE / script), folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [float(number) for number in done.stdout.split()]
