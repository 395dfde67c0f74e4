"""Score samples with the model of a panel.

The table has a row a gene (symbols in the first column) and a column a sample, tab-separated, plain
or gzip, on any scale that keeps the order of the genes within a sample: log2 or not, arrays or
counts per million. Give the whole array or transcriptome: the panel is read against the other genes
of the same sample. Each sample is scored by itself, so one alone gets the score that it has in its
cohort. The score is the log odds of a case, and the probability holds for the share of cases in
training; or, where the model predicts numbers, these in standard deviations. Which it is stands
above the table, with what was missing.

  python -m crosshub score results/STUDY/panel/all/DISEASE/model.json expression.tsv > scores.tsv
"""

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.model import Model, from_plain
from crosshub.tables import whole

UNREADABLE = (ValueError, EOFError, zlib.error, gzip.BadGzipFile)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("model", help="model.json of a panel")
    parser.add_argument("expression", help="table of genes by samples")
    parser.add_argument("-o", "--output", help="write the scores here instead of to the terminal")


def run(options: argparse.Namespace) -> int:
    """Score the samples and write a table."""
    model = read_model(options.model)
    scores = model.score(read_expression(options.expression))
    lines = [*remarks(model, scores), scores.to_csv(sep="\t", index=False, float_format="%.6g")]
    text = "\n".join(lines)
    if options.output:
        with whole(options.output) as beside:
            beside.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def read_model(path: str | Path) -> Model:
    """Read model.json.

    Raises
    ------
    DataError
        If it is no model of crosshub.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is no JSON ({error}); give model.json of a panel") from error
    if not isinstance(value, dict):
        raise DataError(f"{path}: is no model; give model.json of a panel")
    try:
        return from_plain(value)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def read_expression(path: str | Path) -> pd.DataFrame:
    """Read genes × samples.

    Raises
    ------
    DataError
        If it is no such table, a gene or a sample stands in it twice, or a value is no number.
    """
    how = {"sep": "\t", "encoding": "utf-8-sig"}
    try:
        header = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, **how)
        # A gene may be called NA; a value of that name is missing.
        table = pd.read_csv(path, converters={0: str}, low_memory=False, **how)
    except UNREADABLE as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as a table ({reason})") from error
    if isinstance(table.index, pd.RangeIndex):
        table = table.set_index(table.columns[0])
    names = header.iloc[0]
    if names.duplicated().any():
        sample = names[names.duplicated()].iloc[0]
        raise DataError(f"{path}: the sample '{sample}' occurs twice; give each its own name")
    if not table.shape[1]:
        raise DataError(f"{path}: has one column; it needs genes and samples, tab-separated")
    table.index = table.index.astype(str)
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise DataError(f"{path}: the gene '{twice[0]}' occurs twice; join its rows")
    numbers = table.apply(pd.to_numeric, errors="coerce")
    odd = numbers.isna() & table.notna()
    if odd.to_numpy().any():
        row, column = np.argwhere(odd.to_numpy())[0]
        raise DataError(
            f"{path}: '{table.iloc[row, column]}' of gene '{table.index[row]}' in sample "
            f"'{table.columns[column]}' is no number"
        )
    return numbers.dropna(how="all")


def remarks(model: Model, scores: pd.DataFrame) -> Sequence[str]:
    """Return what a reader of the scores must know, a comment line each."""
    meaning = f"probabilities hold where {model.prevalence:.0%} are cases, as in training"
    if model.outcome:
        meaning = f"scores are {model.outcome} in standard deviations from its mean in training"
    lines = [f"# {model.disease}: panel of {len(model.genes)} genes; {meaning}"]
    named = {gene for cell in scores["missing"] for gene in cell.split(",") if gene}
    missing = ", ".join(sorted(named))
    if missing:
        lines.append(
            f"# not measured: {missing}; where that is so (column missing) they count as the "
            "reference value of the training samples"
        )
    return lines
