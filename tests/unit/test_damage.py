"""A thousand damaged variants of each kind of file: refused, or read to the very same content.

A flipped bit in a letter or a digit of the text cannot be seen: it may change the one cell that it
lies in, and nothing else.
"""

import gzip
import re
from collections import Counter

import numpy as np
import pandas as pd
from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.platform import read_platform
from crosshub.simulate import geo_files

VARIANTS = 1000
# A real file takes 50 times as long to read.
REAL_VARIANTS = 250
PAGE = b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>\n"
FLIP = "bit of the text flipped"


def pack(text):
    return gzip.compress(bytes(text), 0, mtime=0)


def flip(content, rng):
    place = rng.integers(len(content))
    return content[:place] + bytes([content[place] ^ 1 << rng.integers(8)]) + content[place + 1 :]


def cut(content, rng):
    return content[: rng.integers(len(content))]


def wrong_tail(raw, rng):
    """Return the file with another checksum, or another length."""
    end = len(raw) - (4 if rng.integers(2) else 0)
    return raw[: end - 4] + bytes(255 - byte for byte in raw[end - 4 : end]) + raw[end:]


def table_lines(text, rng, most):
    """Return where some whole lines in the middle of the table begin and end."""
    begin = text.index(b"\n", text.index(b"_table_begin\n") + 20) + 1
    starts = [match.end() for match in re.finditer(rb"\n", text[begin:])][:-2]
    first = rng.integers(len(starts) - most)
    return begin + starts[first], begin + starts[first + rng.integers(1, most + 1)]


def repeated_lines(text, rng):
    start, stop = table_lines(text, rng, 5)
    return text[:stop] + text[start:stop] + text[stop:]


def repeated_block(text, rng):
    """Return the text with a stretch of its table twice that begins within a line."""
    start = table_lines(text, rng, 5)[0] + rng.integers(3, 9)
    stop = start + rng.integers(200, 400)
    return text[:stop] + text[start:stop] + text[stop:]


def deleted_lines(text, rng):
    start, stop = table_lines(text, rng, 3)
    return text[:start] + text[stop:]


def with_nul(text, rng):
    place, length = rng.integers(len(text)), rng.integers(1, 600)
    return text[:place] + bytes(min(length, len(text) - place)) + text[place + length :]


def variants(raw, other, rng, number, without):
    """Yield kinds of damage in turn, and what they make of a file; `other` is another whole one."""
    text = gzip.decompress(raw)
    kinds = {
        "bit of the file flipped": lambda: flip(raw, rng),
        FLIP: lambda: pack(flip(text, rng)),
        "file cut": lambda: cut(raw, rng),
        "text cut": lambda: pack(cut(text, rng)),
        "wrong checksum": lambda: wrong_tail(raw, rng),
        "twice": lambda: raw + raw,
        "garbage behind": lambda: raw + rng.bytes(rng.integers(1, 99)),
        "another file": lambda: other,
        "web page": lambda: PAGE if rng.integers(2) else pack(PAGE),
        "empty": lambda: b"" if rng.integers(2) else pack(b""),
        "lines repeated": lambda: pack(repeated_lines(text, rng)),
        "block repeated": lambda: pack(repeated_block(text, rng)),
        "lines deleted": lambda: pack(deleted_lines(text, rng)),
        "NUL bytes": lambda: pack(with_nul(text, rng)),
    }
    used = [kind for kind in kinds if kind not in without]
    # The kinds that differ from one variant to the next get most of them.
    once = [kind for kind in used if kind in ("twice", "another file", "web page", "empty")]
    often = [kind for kind in used if kind not in once]
    for turn in range(number):
        kind = once[turn % len(once)] if turn < 20 else often[turn % len(often)]
        yield kind, kinds[kind]()


def outcome(read, path, good, same, nearly):
    """Read a variant and say what came of it."""
    try:
        found = read(path)
    except DataError as error:
        assert str(path) in str(error)
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < len(str(path)) + 300
        return "refused"
    if same(found, good):
        return "identical"
    return "one cell" if nearly(found, good) else "partial"


def survey(path, raw, other, read, same, nearly, *, number=VARIANTS, without=()):
    """Return how many variants of each kind came to what: Counter of (kind, outcome)."""
    path.write_bytes(raw)
    good = read(path)
    rng = np.random.default_rng(1)
    seen = Counter()
    for kind, damaged in variants(raw, other, rng, number, without):
        path.write_bytes(damaged)
        seen[kind, outcome(read, path, good, same, nearly)] += 1
    return seen


def check(seen):
    """Nothing partial; what always harms is always refused; only flips of the text are unseen."""
    assert seen.total() in (VARIANTS, REAL_VARIANTS)
    assert not [kind for kind, result in seen if result == "partial"]
    assert {kind for kind, result in seen if result == "one cell"} <= {FLIP}
    for kind in ("wrong checksum", "another file", "web page", "empty", "NUL bytes", "file cut"):
        assert {result for name, result in seen if name == kind} <= {"refused"}
    assert seen[FLIP, "one cell"] > 5, "the flips hit nothing that is read"


def same_series(found, good):
    return (
        found.accession == good.accession
        and found.tags == good.tags
        and found.fields.equals(good.fields)
        and found.values.equals(good.values)
    )


def nearly_same_series(found, good):
    """Whether one value, one name of a probe, or one line of the header differs, and no more."""
    if found.values.shape != good.values.shape or not found.fields.index.equals(good.fields.index):
        return False
    if list(found.values.columns) != list(good.values.columns):
        return False
    ours, theirs = found.values.to_numpy(), good.values.to_numpy()
    cells = int(((ours != theirs) & ~(np.isnan(ours) & np.isnan(theirs))).sum())
    probes = int((found.values.index != good.values.index).sum())
    tags = [tag for tag in good.tags if tag in found.tags and found.tags[tag] != good.tags[tag]]
    header = len(tags) or found.tags.keys() != good.tags.keys()
    return cells + probes + header + nearly_same_fields(found.fields, good.fields) <= 1


def nearly_same_fields(found, good):
    """Return 0 for the same, 1 if a cell or the name of a line differs, 2 for more."""
    if found.equals(good):
        return 0
    columns = found.columns.union(good.columns)
    wide = [frame.reindex(columns=columns, fill_value="") for frame in (found, good)]
    samples = (wide[0] != wide[1]).any(axis=1).sum()
    common = found.columns.intersection(good.columns)
    lines = (found[common] != good[common]).any(axis=0).sum()
    return 1 if samples <= 1 or lines <= 1 else 2


def simulated_matrix(path, accession="GSE990", probes=300, samples=10, seed=0):
    rng = np.random.default_rng(seed)
    names = [f"GSM{990001 + place}" for place in range(samples)]
    values = pd.DataFrame(rng.normal(size=(probes, samples)), columns=names)
    values.index = [f"{200000 + place}_s_at" for place in range(probes)]
    relation = [
        f"BioSample: https://www.ncbi.nlm.nih.gov/biosample/SAMN{n}" for n in range(samples)
    ]
    geo_files.write_series_matrix(
        values,
        path,
        tags=[
            ("title", "Sjögren's, a study"),
            ("geo_accession", accession),
            ("summary", "What was done."),
            ("sample_id", " ".join(names) + " "),
            ("platform_id", "GPL990"),
            ("relation", "SubSeries of: GSE991"),
        ],
        fields=[
            ("title", [f"{name}, one" for name in names]),
            ("geo_accession", names),
            ("characteristics_ch1", [f"disease state: {'AB'[n % 2]}" for n in range(samples)]),
            ("characteristics_ch1", [f"age: {30 + n}" for n in range(samples)]),
            ("data_processing", ["RMA"] * samples),
            ("platform_id", ["GPL990"] * samples),
            ("relation", relation),
            ("data_row_count", [str(probes)] * samples),
        ],
        decimals=6,
    )
    return path.read_bytes()


def test_no_damage_to_a_simulated_matrix_gives_a_part_of_it(tmp_path):
    raw = simulated_matrix(tmp_path / "GSE990_series_matrix.txt.gz")
    other = simulated_matrix(tmp_path / "GSE992_series_matrix.txt.gz", "GSE992", seed=1)
    path = tmp_path / "GSE990_series_matrix.txt.gz"
    seen = survey(path, raw, other, geo.read_series_matrix, same_series, nearly_same_series)
    check(seen)
    assert seen["lines deleted", "identical"] == seen["lines repeated", "identical"] == 0


def test_no_damage_to_a_real_matrix_gives_a_part_of_it(tmp_path, mirror):
    files = {}
    for name in ("GSE30528", "GSE55235"):
        place = mirror / "series" / geo.folder_of(name) / "matrix"
        files[name] = (place / f"{name}_series_matrix.txt.gz").read_bytes()
    path = tmp_path / "GSE30528_series_matrix.txt.gz"
    raw, other = files["GSE30528"], files["GSE55235"]
    seen = survey(
        path,
        raw,
        other,
        geo.read_series_matrix,
        same_series,
        nearly_same_series,
        number=REAL_VARIANTS,
    )
    check(seen)


def same_table(found, good):
    return found.equals(good)


def nearly_same_table(found, good):
    """Whether one line differs in one cell, or in the name of its probe."""
    if found.shape != good.shape or list(found.columns) != list(good.columns):
        return False
    changed = int((found.to_numpy() != good.to_numpy()).sum())
    return changed + int((found.index != good.index).sum()) <= 1


# GEO does not say how many lines an annotation has: one less, or one more that was joined of two,
# is still a whole one.
UNSEEN = ("lines deleted", "block repeated")


def test_no_damage_to_a_simulated_annotation_gives_a_part_of_it(tmp_path):
    files = []
    for first, platform in enumerate(("GPL991", "GPL990")):
        probes = pd.DataFrame(
            {
                "symbol": [f"GENE{first + n}" if n % 7 else "" for n in range(300)],
                "entrez": [str(n) if n % 7 else "" for n in range(300)],
            },
            index=[f"{200000 + n}_s_at" for n in range(300)],
        )
        path = tmp_path / f"{platform}.annot.gz"
        geo_files.write_annotation(probes, path, platform=platform, title="an array")
        files.append(path.read_bytes())
    other, raw = files
    seen = survey(
        path, raw, other, geo.read_annotation, same_table, nearly_same_table, without=UNSEEN
    )
    check(seen)


def test_no_damage_to_a_real_annotation_gives_a_part_of_it(tmp_path, mirror):
    files = [
        (mirror / "platforms" / geo.folder_of(name) / "annot" / f"{name}.annot.gz").read_bytes()
        for name in ("GPL571", "GPL570")
    ]
    raw, other = files
    path = tmp_path / "GPL571.annot.gz"
    seen = survey(
        path,
        raw,
        other,
        geo.read_annotation,
        same_table,
        nearly_same_table,
        number=REAL_VARIANTS,
        without=UNSEEN,
    )
    check(seen)


def test_no_damage_to_a_simulated_record_of_a_platform_gives_a_part_of_it(tmp_path):
    files = [platform_record(name, first) for first, name in enumerate(("GPL991", "GPL990"))]
    other, raw = files
    path = tmp_path / "GPL990.soft.gz"
    seen = survey(path, raw, other, read_platform, same_table, nearly_same_record)
    check(seen)
    # A record declares its lines: none can be lost or added unseen.
    assert seen["lines deleted", "identical"] == seen["lines repeated", "identical"] == 0


def platform_record(name, first):
    """Return a submitter's record of a platform of 300 probes, with all that a header declares."""
    rows = [
        f"{200000 + n}_s_at\ta gene\tGENE{first + n}\t{n + 1}\tNM_{n + 100000}" for n in range(300)
    ]
    header = ["ID", "Gene Title", "Gene Symbol", "ENTREZ_GENE_ID", "GB_ACC"]
    lines = [
        f"^PLATFORM = {name}",
        "!Platform_title = an array",
        f"!Platform_geo_accession = {name}",
        f"!Platform_data_row_count = {len(rows)}",
        *(f"#{column} = {column}" for column in header),
        "!platform_table_begin",
        "\t".join(header),
        *rows,
        "!platform_table_end",
    ]
    return pack("\n".join([*lines, ""]).encode())


def nearly_same_record(found, good):
    """Whether one line differs, or one column: its name was hit, and another took its place.

    A line of a submitter's table may have fewer cells than its header, so that a flipped tab moves
    the cells of that line, and of no other.
    """
    if found.shape != good.shape or list(found.columns) != list(good.columns):
        return False
    different = found.to_numpy() != good.to_numpy()
    lines = different.any(axis=1) | (found.index != good.index)
    return lines.sum() <= 1 or (found.index.equals(good.index) and different.any(axis=0).sum() <= 1)
