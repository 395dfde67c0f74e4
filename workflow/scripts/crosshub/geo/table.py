"""The table of values of a series matrix."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, MISSING, cells
from crosshub.tables import EXACT


def read_values(table: str, samples: list[str], path: str | Path) -> pd.DataFrame:
    """Return probes × samples, as submitted, of the text between the tags of the table."""
    nothing = pd.DataFrame(index=pd.Index([], name="probe"), columns=samples, dtype=float)
    if not table.strip():
        return nothing
    header, _, body = table.partition("\n")
    columns = cells(header)[1:]
    if columns != samples:
        raise DataError(
            f"{path}: the table has {len(columns)} columns that are not the {len(samples)} samples "
            f"of the header; {AGAIN}"
        )
    if not body.strip():
        return nothing
    if '\t"' in body:
        body = re.sub(r'(?<=\t)"([^"\t\n]*)"(?=[\t\n])', r"\1", body)
    # pandas fills a short line with gaps, and joins lines and cells after a stray quote, without
    # a word; so the probes are counted here, and a quote is no more than a letter.
    probes = []
    for line in body.removesuffix("\n").split("\n"):
        probe, number = line.partition("\t")[0], line.count("\t")
        if number != len(samples):
            raise DataError(
                f"{path}: the line of probe '{probe}' has {number} values for {len(samples)} "
                f"samples; {AGAIN}"
            )
        if probe.startswith('"') != probe.endswith('"'):
            raise DataError(f"{path}: a stray quote in the line of probe '{probe}'; {AGAIN}")
        probes += cells(probe)
    try:
        frame = pd.read_csv(
            io.StringIO(body),
            sep="\t",
            header=None,
            names=["probe", *samples],
            usecols=samples,
            keep_default_na=False,
            na_values=MISSING,
            quoting=csv.QUOTE_NONE,
            **EXACT,
        )
        values = frame[samples].to_numpy(float)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: the table of values cannot be read ({reason}); {AGAIN}"
        ) from error
    if len(frame) != len(probes):
        raise DataError(f"{path}: {len(probes)} lines gave {len(frame)} probes; {AGAIN}")
    index = pd.Index(np.array(probes, object), name="probe")
    if not index.is_unique:
        raise DataError(f"{path}: the probe '{index[index.duplicated()][0]}' occurs twice; {AGAIN}")
    return pd.DataFrame(values, index=index, columns=samples)
