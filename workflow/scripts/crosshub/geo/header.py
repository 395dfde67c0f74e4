"""The header of a series matrix: its tags, and the fields of its samples by their key."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from crosshub.errors import DataError
from crosshub.geo.text import AGAIN, cells, shown

# Far beyond any series, and small enough that no header can fill the memory.
MOST_SAMPLES = 100_000
MOST_CELLS = 20_000_000
MOST_JOINED = 100
SERIES, SAMPLE = "!Series_", "!Sample_"
_RELATIONS = {
    "biosample": r"biosample/(SAM[A-Z]*\d+)",
    "sra": r"SRA: \S*term=([SED]RX\d+)",
    "reanalysis_of": r"(?:Reanalysis of|Alternative to): (GSM\d+)",
    "reanalyzed_by": r"Reanaly[sz]ed by: (GSM\d+)",
}


def read_header(
    lines: Iterable[str], path: str | Path
) -> tuple[dict[str, list[str]], pd.DataFrame]:
    """Return the tags of the series and the fields of its samples; see `series.Series`.

    Raises
    ------
    DataError
        If a line is neither of the series nor of its samples, has another number of values than
        there are samples, or the samples are not those that the series declares.
    """
    tags: dict[str, list[str]] = {}
    rows: list[tuple[str, list[str]]] = []
    for line in _joined(lines, path):
        if line.count("\t") > MOST_SAMPLES:
            raise DataError(
                f"{path}: more than {MOST_SAMPLES} samples in the line '{_name_of(line)}'; {AGAIN}"
            )
        name, *values = cells(line)
        if name.startswith(SERIES):
            tags.setdefault(name.removeprefix(SERIES), []).extend(values)
        else:
            rows.append((name.removeprefix(SAMPLE), values))
    samples = next((values for name, values in rows if name == "geo_accession"), [])
    if not samples or not all(samples) or not tags.get("geo_accession"):
        raise DataError(f"{path}: names no samples, so it is no series matrix; {AGAIN}")
    _check_samples(samples, tags, path)
    fields = _fields(rows, samples, path)
    fields.attrs["accession"] = tags["geo_accession"][0]
    return tags, fields


def _joined(lines: Iterable[str], path: str | Path) -> Iterator[str]:
    """Yield the lines; one that ends within a quote is joined to those that follow it."""
    last, added = "", 0
    for number, line in enumerate(lines, start=1):
        if line.startswith((SERIES, SAMPLE)):
            yield from _closed(last, path)
            last, added = line, 0
        elif added < MOST_JOINED and _is_open(last):
            last, added = f"{last} {line}", added + 1
        elif line.strip():
            raise DataError(
                f"{path}: line {number} of the header ('{shown(line)}') is neither of the series "
                f"nor of its samples, so it is damaged or no series matrix; {AGAIN}"
            )
    yield from _closed(last, path)


def _is_open(line: str) -> bool:
    cell = line.rpartition("\t")[2]
    return cell.startswith('"') and not (len(cell) > 1 and cell.endswith('"'))


def _closed(line: str, path: str | Path) -> Iterator[str]:
    if _is_open(line):
        raise DataError(f"{path}: a stray quote in the line '{_name_of(line)}'; {AGAIN}")
    if line:
        yield line


def _name_of(line: str) -> str:
    return shown(line[:50].partition("\t")[0])


def _check_samples(samples: list[str], tags: dict[str, list[str]], path: str | Path) -> None:
    declared = " ".join(tags.get("sample_id", [])).split()
    # The matrix of one platform may declare the samples of all platforms of the series.
    one_of_several = len(tags.get("platform_id", [])) > 1 and set(samples) < set(declared)
    if declared and sorted(declared) != sorted(samples) and not one_of_several:
        raise DataError(
            f"{path}: the series declares {len(declared)} samples, the header has {len(samples)}; "
            f"{AGAIN}"
        )
    if len(set(samples)) != len(samples):
        twice = pd.Index(samples)[pd.Index(samples).duplicated()][0]
        raise DataError(f"{path}: sample {shown(twice)} occurs twice in the header; {AGAIN}")


def _fields(
    rows: list[tuple[str, list[str]]], samples: list[str], path: str | Path
) -> pd.DataFrame:
    """Return samples × fields; a characteristic goes by its key, whatever line it stands on."""
    columns: dict[str, list[str]] = {}
    several: dict[tuple[str, int], dict[str, None]] = {}
    for name, values in rows:
        if len(values) != len(samples):
            raise DataError(
                f"{path}: '!Sample_{shown(name)}' has {len(values)} values for {len(samples)} "
                f"samples; {AGAIN}"
            )
        parsed = {value: _key_and_text(name, value) for value in set(values)}
        for place, value in enumerate(values):
            key, text = parsed[value]
            if not text:
                continue
            column = columns.get(key)
            if column is None:
                column = columns[key] = [""] * len(samples)
                _check_size(columns, samples, path)
            if not column[place]:
                column[place] = text
            elif column[place] != text:
                several.setdefault((key, place), {column[place]: None})[text] = None
    for (key, place), texts in several.items():
        columns[key][place] = "; ".join(texts)
    fields = pd.DataFrame(columns, index=pd.Index(samples, name="sample"), dtype=object)
    return _with_relations(fields)


def _key_and_text(name: str, value: str) -> tuple[str, str]:
    """Return the field that a value belongs to, and its text."""
    text = value.strip()
    if not name.startswith("characteristics"):
        return name, text
    before, _, after = text.partition(":") if ":" in text else ("", "", text)
    key = " ".join(before.split()).lower() or "characteristics"
    # The second channel is another sample on the same array, as a rule the reference.
    channel = re.search(r"_ch([2-9]|\d\d+)$", name)
    return key + (f" (ch{channel[1]})" if channel else ""), after.strip()


def _check_size(columns: dict[str, list[str]], samples: list[str], path: str | Path) -> None:
    if len(columns) * len(samples) > MOST_CELLS:
        raise DataError(
            f"{path}: the {len(samples)} samples have more than {len(columns) - 1} different "
            f"characteristics, which cannot be; {AGAIN}"
        )


def _with_relations(fields: pd.DataFrame) -> pd.DataFrame:
    """Add what the samples' relations name: BioSample, SRA experiment, other samples."""
    if "relation" not in fields:
        return fields
    found = {}
    for name, pattern in _RELATIONS.items():
        named = fields["relation"].str.findall(pattern)
        texts = named.map(lambda ids: "; ".join(dict.fromkeys(ids)))
        if (texts != "").any():
            own = fields.get(name, "")
            found[name] = texts.where(texts != "", own).astype(object)
    return fields.assign(**found)
