"""What every kind of file gives: its genes, its signatures and their values, block by block."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Source:
    """An opened file of signatures.

    Attributes
    ----------
    name
        The file, for messages.
    genes
        One row a gene of the file: ``id`` as the file has it, ``gene`` (symbol) and ``entrez``
        where the file names them, ``space``; empty strings where it does not.
    signatures
        One row a signature, text, with the file's own column names; ``id`` is there.
    read
        Maps (start, stop) to these signatures × genes, float32.
    step
        Signatures that are read best at once.
    probes
        Whether the rows are probe sets, of which a gene may have several.
    values
        What the values are, for the record of the store.
    """

    name: str
    genes: pd.DataFrame
    signatures: pd.DataFrame
    read: Callable[[int, int], np.ndarray]
    step: int = 1
    values: str = "z-scores as in the source"
    probes: bool = False
