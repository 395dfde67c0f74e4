import gzip
import zlib

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError

HEADER = """!Series_title\t"A study"
!Series_geo_accession\t"GSE1"
!Series_sample_id\t"GSM1 GSM2 GSM3 "
!Series_platform_id\t"GPL1"

!Sample_title\t"one"\t"two, \"quoted\""\t"three"
!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"
!Sample_source_name_ch1\t"blood"\t"blood"\t"bone"
!Sample_characteristics_ch1\t"disease: A"\t"age: 7"\t"disease: B"
!Sample_characteristics_ch1\t"age: 5"\t"disease: A"\t""
!Sample_relation\t"BioSample: https://www.ncbi.nlm.nih.gov/biosample/SAMN1"\t""\t""
!series_matrix_table_begin
"""
TABLE = """"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"
"1007_s_at"\t1.5\t2\t
"NA"\t3\t4\tnull
1234\t5\t6\t7
"""
WHOLE = HEADER + TABLE + "!series_matrix_table_end\n"


def write(path, text, encoding="utf-8"):
    path.write_bytes(gzip.compress(text.encode(encoding), mtime=0))
    return path


@pytest.fixture
def matrix(tmp_path):
    return tmp_path / "GSE1_series_matrix.txt.gz"


def test_fields_go_by_key_and_values_by_sample(matrix):
    series = geo.read_series_matrix(write(matrix, WHOLE))
    assert series.accession == "GSE1"
    assert series.fields["disease"].tolist() == ["A", "A", "B"]
    assert series.fields["age"].tolist() == ["5", "7", ""]
    assert series.fields["biosample"].tolist() == ["SAMN1", "", ""]
    assert series.fields.loc["GSM3", "source_name_ch1"] == "bone"
    assert list(series.values.index) == ["1007_s_at", "NA", "1234"]
    assert np.isnan(series.values.loc["NA", "GSM3"])
    assert series.values.loc["1234"].tolist() == [5, 6, 7]


def test_header_alone_gives_the_same_fields(matrix):
    write(matrix, WHOLE)
    pd.testing.assert_frame_equal(
        geo.read_series_header(matrix).fields, geo.read_series_matrix(matrix).fields
    )


def test_windows_lines_latin_letters_and_no_values(matrix):
    windows = geo.read_series_matrix(write(matrix, WHOLE.replace("\n", "\r\n")))
    assert windows.values.shape == (3, 3)
    latin = WHOLE.replace("blood", "Sjögren")
    series = geo.read_series_matrix(write(matrix, latin, "cp1252"))
    assert series.fields.loc["GSM1", "source_name_ch1"] == "Sjögren"
    empty = HEADER + TABLE.splitlines()[0] + "\n!series_matrix_table_end\n"
    assert geo.read_series_matrix(write(matrix, empty)).values.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("!series_matrix_table_end\n", ""), "no line '!series_matrix_table_end'"),
        (WHOLE.replace("!series_matrix_table_begin\n", ""), "no line '!series_matrix_table_begin'"),
        (WHOLE.replace("GSM1 GSM2 GSM3 ", "GSM1 GSM2 GSM3 GSM4"), "declares 4 samples"),
        (WHOLE.replace('"ID_REF"\t"GSM1"', '"ID_REF"\t"GSM9"'), "not the 3 samples"),
        (WHOLE.replace('"NA"', '"1007_s_at"'), "occurs twice"),
        (WHOLE.replace("\t4\t", "\tfour\t"), "cannot be read"),
        (WHOLE.replace('"NA"\t3', '"NA\t3'), "cannot be read|lines gave"),
        (WHOLE.replace('"one"\t', ""), "2 values for 3 samples"),
        ("<html><body>Not found</body></html>", "no series matrix"),
    ],
)
def test_what_is_not_whole_is_refused(matrix, text, message):
    with pytest.raises(DataError, match=message) as caught:
        geo.read_series_matrix(write(matrix, text))
    assert str(matrix) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"", "empty"), (b"<!DOCTYPE html><html>", "a web page"), (b"PK\x03\x04", "no gzip")],
)
def test_what_is_no_gzip_is_named(matrix, raw, message):
    matrix.write_bytes(raw)
    with pytest.raises(DataError, match=message):
        geo.read_series_matrix(matrix)


def test_no_damage_gives_a_partial_matrix(matrix):
    """Flipped bits and cuts anywhere: an error, or the very same content."""
    raw = write(matrix, WHOLE).read_bytes()
    good = geo.read_series_matrix(matrix)
    rng = np.random.default_rng(0)
    refused = 0
    for i in range(600):
        damaged = bytearray(raw)
        if i % 3:
            damaged[rng.integers(len(raw))] ^= 1 << rng.integers(8)
        else:
            damaged = damaged[: rng.integers(len(raw))]
        matrix.write_bytes(bytes(damaged))
        try:
            found = geo.read_series_matrix(matrix)
        except DataError:
            refused += 1
            continue
        pd.testing.assert_frame_equal(found.values, good.values)
        pd.testing.assert_frame_equal(found.fields, good.fields)
    assert refused > 500


ANNOTATION = """^Annotation
!Annotation_platform = GPL1
#ID = ID
!platform_table_begin
ID\tGene title\tGene symbol\tGene ID
p1\ta "stray quote\tGENE1\t1
p2\t\tGENE1///GENE2\t1///2
p3\t\t
NA\tx\tNA\t3
!platform_table_end
"""


def test_annotation_loses_no_line_to_a_quote(tmp_path):
    table = geo.read_annotation(write(tmp_path / "GPL1.annot.gz", ANNOTATION))
    assert list(table.index) == ["p1", "p2", "p3", "NA"]
    assert table["symbol"].tolist() == ["GENE1", "GENE1///GENE2", "", "NA"]
    assert table.loc["p2", "entrez"] == "1///2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ANNOTATION.replace("!platform_table_end\n", ""), "no whole platform table"),
        (ANNOTATION.replace("Gene symbol", "Symbol"), "no column 'Gene symbol'"),
    ],
)
def test_bad_annotation(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        geo.read_annotation(write(tmp_path / "GPL1.annot.gz", text))


def test_counts_must_be_counts(tmp_path):
    path = tmp_path / "counts.tsv.gz"
    table = geo.read_counts(write(path, "GeneID\tGSM1\tGSM2\n100\t5\t0\n200\t7\t9\n"))
    assert table.loc["200"].tolist() == [7, 9]
    for bad in ("GeneID\tGSM1\n100\t-5\n", "GeneID\tGSM1\n100\t\n", "GeneID\tGSM1\n1\t2\n1\t3\n"):
        with pytest.raises(DataError):
            geo.read_counts(write(path, bad))


def test_folders_are_those_of_ncbi():
    assert geo.folder_of("GSE1") == "GSEnnn/GSE1"
    assert geo.folder_of("GSE2193") == "GSE2nnn/GSE2193"
    assert geo.folder_of("GSE144702-GPL570") == "GSE144nnn/GSE144702"
    assert geo.folder_of("GPL96") == "GPLnnn/GPL96"


def test_real_series(mirror):
    path = mirror / "series" / geo.folder_of("GSE55235") / "matrix"
    series = geo.read_series_matrix(path / "GSE55235_series_matrix.txt.gz")
    assert series.values.shape == (22283, 30)
    assert series.fields["disease state"].value_counts().to_dict() == {
        "healthy control": 10,
        "rheumatoid arthritis": 10,
        "synovial tissue isolated from osteoarthritic joint": 9,
        "osteoarthritis": 1,
    }
    raw = (path / "GSE55235_series_matrix.txt.gz").read_bytes()
    with pytest.raises((zlib.error, EOFError)):
        gzip.decompress(raw[: len(raw) // 2])
