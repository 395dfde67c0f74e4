"""GEO's text formats: series matrix, platform annotation, NCBI's RNA-seq counts.

Everything is found by its tag, never by its line. A file that is not whole is refused.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.errors import DataError
from crosshub.tables import EXACT

MISSING = ["", "NA", "NaN", "nan", "null", "NULL", "N/A", "n/a", "--"]
TABLE_BEGIN = "!series_matrix_table_begin"
TABLE_END = "!series_matrix_table_end"


@dataclass(frozen=True)
class Series:
    """A series matrix.

    Attributes
    ----------
    accession
        GSE….
    tags
        Lines of the header that begin with ``!Series_``, without that: tag → values.
    fields
        Samples × fields, text: the characteristics by their key, and the tags of the samples
        (title, source_name_ch1, platform_id, relation …); absent = empty string.
    values
        Probes × samples, float64, as submitted; no rows where the series carries no values.
    """

    accession: str
    tags: dict[str, list[str]]
    fields: pd.DataFrame
    values: pd.DataFrame

    @property
    def processing(self) -> str:
        """What the submitter says of the data processing, all different lines joined."""
        if "data_processing" not in self.fields:
            return ""
        return " | ".join(dict.fromkeys(value for value in self.fields["data_processing"] if value))


def read_series_matrix(path: str | Path) -> Series:
    """Read a series matrix (``…_series_matrix.txt.gz``).

    Raises
    ------
    DataError
        If the file is damaged or cut, is no series matrix, or declares other samples than its
        table has.
    """
    text = read_gzip(path)
    begin, end = text.find("\n" + TABLE_BEGIN), text.rfind("\n" + TABLE_END)
    if begin < 0 or end < begin:
        missing = TABLE_END if begin >= 0 else TABLE_BEGIN
        raise DataError(f"{path}: no line '{missing}', so it is cut or no series matrix; {_AGAIN}")
    # str.splitlines would also split within a text, at a vertical tab or a Unicode separator.
    series = _read_header(text[:begin].split("\n"), path)
    table = text[text.index("\n", begin + 1) + 1 : end + 1]
    return Series(series.accession, series.tags, series.fields, _read_values(table, series, path))


def read_series_header(path: str | Path) -> Series:
    """Read the header of a series matrix and leave its table alone (values has no rows)."""
    lines = []
    try:
        with gzip.open(path, "rb") as file:
            for raw in file:
                line = _text(raw).rstrip("\n")
                if line.startswith(TABLE_BEGIN):
                    break
                lines.append(line)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {_AGAIN}") from error
    return _read_header(lines, path)


def read_gzip(path: str | Path) -> str:
    """Return the text of a gzip file, read to its end with its checksum.

    Raises
    ------
    DataError
        If the file is empty, no gzip, cut, or its checksum is wrong.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if raw[:2] != b"\x1f\x8b":
        page = re.match(rb"\s*<(!doctype|html|\?xml)", raw[:500], re.IGNORECASE)
        kind = "empty" if not raw else "a web page" if page else "no gzip"
        raise DataError(f"{path}: the file is {kind}; {_AGAIN}")
    try:
        return _text(gzip.decompress(raw))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged ({error}); {_AGAIN}") from error


_AGAIN = "delete it and fetch it again"


def _text(raw: bytes) -> str:
    # A carriage return within a text would end a line of every table that it comes to stand in.
    return _decode(raw).replace("\r\n", "\n").replace("\r", " ")


def _decode(raw: bytes) -> str:
    """Decode UTF-8; a line that is none is taken for cp1252, and no other line with it."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\n" in raw:
            return "\n".join(map(_decode, raw.split(b"\n")))
        return raw.decode("cp1252", errors="replace")


def _cells(line: str) -> list[str]:
    cells = line.split("\t")
    return [
        cell[1:-1] if cell[:1] == cell[-1:] == '"' and len(cell) > 1 else cell for cell in cells
    ]


def _read_header(lines: Iterable[str], path: str | Path) -> Series:
    tags: dict[str, list[str]] = {}
    rows: list[tuple[str, list[str]]] = []
    for line in lines:
        name, *values = _cells(line)
        if name.startswith("!Series_"):
            tags.setdefault(name.removeprefix("!Series_"), []).extend(values)
        elif name.startswith("!Sample_"):
            rows.append((name.removeprefix("!Sample_"), values))
    samples = next((values for name, values in rows if name == "geo_accession"), [])
    if not samples or not all(samples) or not tags.get("geo_accession"):
        raise DataError(f"{path}: names no samples, so it is no series matrix; {_AGAIN}")
    declared = " ".join(tags.get("sample_id", [])).split()
    # The matrix of one platform may declare the samples of all platforms of the series.
    one_of_several = len(tags.get("platform_id", [])) > 1 and set(samples) < set(declared)
    if declared and sorted(declared) != sorted(samples) and not one_of_several:
        raise DataError(
            f"{path}: the series declares {len(declared)} samples, the header has {len(samples)}; "
            f"{_AGAIN}"
        )
    if len(set(samples)) != len(samples):
        raise DataError(f"{path}: a sample occurs twice in the header; {_AGAIN}")
    fields = _fields(rows, samples, path)
    fields.attrs["accession"] = tags["geo_accession"][0]
    empty = pd.DataFrame(index=pd.Index([], name="probe"), columns=samples, dtype=float)
    return Series(tags["geo_accession"][0], tags, fields, empty)


def _fields(
    rows: list[tuple[str, list[str]]], samples: list[str], path: str | Path
) -> pd.DataFrame:
    """Return samples × fields; a characteristic goes by its key, whatever line it stands on."""
    found: dict[str, list[list[str]]] = {}
    for name, values in rows:
        if len(values) != len(samples):
            raise DataError(
                f"{path}: '!Sample_{name}' has {len(values)} values for {len(samples)} samples; "
                f"{_AGAIN}"
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


def _read_values(table: str, series: Series, path: str | Path) -> pd.DataFrame:
    samples = list(series.fields.index)
    if not table.strip():
        return series.values
    header, _, body = table.partition("\n")
    columns = _cells(header)[1:]
    if columns != samples:
        raise DataError(
            f"{path}: the table has {len(columns)} columns that are not the {len(samples)} samples "
            f"of the header; {_AGAIN}"
        )
    if not body.strip():
        return series.values
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
                f"samples; {_AGAIN}"
            )
        if probe.startswith('"') != probe.endswith('"'):
            raise DataError(f"{path}: a stray quote in the line of probe '{probe}'; {_AGAIN}")
        probes += _cells(probe)
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
            f"{path}: the table of values cannot be read ({reason}); {_AGAIN}"
        ) from error
    if len(frame) != len(probes):
        raise DataError(f"{path}: {len(probes)} lines gave {len(frame)} probes; {_AGAIN}")
    index = pd.Index(np.array(probes, object), name="probe")
    if not index.is_unique:
        raise DataError(
            f"{path}: the probe '{index[index.duplicated()][0]}' occurs twice; {_AGAIN}"
        )
    return pd.DataFrame(values, index=index, columns=samples)


def read_annotation(path: str | Path) -> pd.DataFrame:
    """Read a platform's curated annotation (``GPL….annot.gz``).

    Returns
    -------
    DataFrame
        Index probe; columns symbol and entrez, text; several genes of a probe joined by ``///``.

    Raises
    ------
    DataError
        If the file is damaged or cut, lacks the columns, or gives a probe different genes.
    """
    lines = read_gzip(path).split("\n")
    try:
        begin = lines.index("!platform_table_begin")
        end = lines.index("!platform_table_end", begin)
    except ValueError:
        raise DataError(f"{path}: has no whole platform table; {_AGAIN}") from None
    header = lines[begin + 1].split("\t")
    wanted = {"ID": "probe", "Gene symbol": "symbol", "Gene ID": "entrez"}
    lacking = [name for name in wanted if name not in header]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; it is no curated annotation")
    # Quotes in gene titles are text: split by hand, so that none can swallow a line.
    places = [header.index(name) for name in wanted]
    rows = [line.split("\t") for line in lines[begin + 2 : end]]
    cells = [[row[i].strip('"') if i < len(row) else "" for i in places] for row in rows]
    table = pd.DataFrame(cells, columns=list(wanted.values()), dtype=object).drop_duplicates()
    twice = table.loc[table["probe"].duplicated(), "probe"]
    if len(twice):
        raise DataError(
            f"{path}: the probe '{twice.iloc[0]}' occurs twice with different genes; {_AGAIN}"
        )
    return table.set_index("probe")


def read_counts(path: str | Path) -> pd.DataFrame:
    """Read NCBI's RNA-seq counts of a series: Entrez gene id × samples, non-negative.

    Raises
    ------
    DataError
        If the file is damaged, an id occurs twice, or a value is no count.
    """
    text = read_gzip(path)
    try:
        frame = pd.read_csv(io.StringIO(text), sep="\t", index_col=0, dtype={0: str})
        values = frame.to_numpy(float)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as counts ({reason}); {_AGAIN}") from error
    if not values.size:
        raise DataError(f"{path}: holds no counts; {_AGAIN}")
    # pandas gives the second of two columns of one name another name.
    samples = _cells(text.partition("\n")[0])[1:]
    if len(set(samples)) != len(samples):
        raise DataError(f"{path}: a sample occurs twice in the header; {_AGAIN}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise DataError(f"{path}: has values that are no counts (missing or negative); {_AGAIN}")
    if not frame.index.is_unique:
        raise DataError(f"{path}: a gene id occurs twice; {_AGAIN}")
    return pd.DataFrame(values, index=frame.index.rename("entrez"), columns=frame.columns)


def read_gene_table(path: str | Path) -> pd.DataFrame:
    """Read NCBI's gene table of the counts (``Human.GRCh38.p13.annot.tsv.gz``).

    Returns
    -------
    DataFrame
        Index probe (the Entrez id); columns symbol and entrez.

    Raises
    ------
    DataError
        If the file is damaged or lacks the columns.
    """
    text = read_gzip(path)
    try:
        # Quotes in descriptions are text, as in an annotation.
        frame = pd.read_csv(
            io.StringIO(text),
            sep="\t",
            dtype=str,
            keep_default_na=False,
            quoting=csv.QUOTE_NONE,
        )
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is no table of genes ({reason}); {_AGAIN}") from error
    lacking = [name for name in ("GeneID", "Symbol") if name not in frame]
    if lacking:
        raise DataError(f"{path}: has no column '{lacking[0]}'; {_AGAIN}")
    table = pd.DataFrame({"symbol": frame["Symbol"], "entrez": frame["GeneID"]}, dtype=object)
    index = pd.Index(frame["GeneID"], name="probe")
    return table.set_axis(index).loc[~index.duplicated()]


def folder_of(accession: str) -> str:
    """Return the folder of an accession in GEO's layout, such as ``GSE55nnn/GSE55235``."""
    plain = accession.split("-")[0]
    stub = re.sub(r"\d{1,3}$", "nnn", plain)
    return f"{stub}/{plain}"
