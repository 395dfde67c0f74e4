"""The header of a series matrix: its tags, and the fields of its samples by their key."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, cells


def read_header(
    lines: Iterable[str], path: str | Path
) -> tuple[dict[str, list[str]], pd.DataFrame]:
    """Return the tags of the series and the fields of its samples; see `series.Series`."""
    tags: dict[str, list[str]] = {}
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        name, *values = cells(line)
        if name.startswith("!Series_"):
            tags.setdefault(name.removeprefix("!Series_"), []).extend(values)
        elif name.startswith("!Sample_"):
            rows.append((name.removeprefix("!Sample_"), values))
    samples = next((values for name, values in rows if name == "geo_accession"), [])
    if not samples or not all(samples) or not tags.get("geo_accession"):
        raise DataError(f"{path}: names no samples, so it is no series matrix; {AGAIN}")
    declared = " ".join(tags.get("sample_id", [])).split()
    # The matrix of one platform may declare the samples of all platforms of the series.
    one_of_several = len(tags.get("platform_id", [])) > 1 and set(samples) < set(declared)
    if declared and sorted(declared) != sorted(samples) and not one_of_several:
        raise DataError(
            f"{path}: the series declares {len(declared)} samples, the header has {len(samples)}; "
            f"{AGAIN}"
        )
    if len(set(samples)) != len(samples):
        raise DataError(f"{path}: a sample occurs twice in the header; {AGAIN}")
    fields = _fields(rows, samples, path)
    fields.attrs["accession"] = tags["geo_accession"][0]
    return tags, fields


def _fields(
    rows: list[tuple[str, list[str]]], samples: list[str], path: str | Path
) -> pd.DataFrame:
    """Return samples × fields; a characteristic goes by its key, whatever line it stands on."""
    found: dict[str, list[list[str]]] = {}
    for name, values in rows:
        if len(values) != len(samples):
            raise DataError(
                f"{path}: '!Sample_{name}' has {len(values)} values for {len(samples)} samples; "
                f"{AGAIN}"
            )
        for i, value in enumerate(values):
            key, text = name, value.strip()
            if name.startswith("characteristics"):
                before, _, after = text.partition(":") if ":" in text else ("", "", text)
                key, text = before.strip().lower() or "characteristics", after.strip()
            if not text:
                continue
            column = found.setdefault(key, [[] for _ in samples])
            if text not in column[i]:
                column[i].append(text)
    table = {key: ["; ".join(texts) for texts in column] for key, column in found.items()}
    fields = pd.DataFrame(table, index=pd.Index(samples, name="sample"), dtype=object)
    if "relation" in fields:
        biosample = fields["relation"].str.extract(r"biosample/(SAM[A-Z]*\d+)")[0].fillna("")
        if (biosample != "").any():
            fields["biosample"] = biosample
    return fields
