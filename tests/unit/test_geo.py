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
        (WHOLE.replace('"NA"\t3', '"NA\t3'), "a stray quote"),
        (WHOLE.replace('"one"\t', ""), "2 values for 3 samples"),
        (WHOLE.replace("\t3\t4\t", '\t"3\t4"\t'), "cannot be read"),
        (WHOLE.replace("1234\t5\t6\t7", "1234\t5\t6"), "probe '1234' has 2 values for 3 samples"),
        (WHOLE.replace("1234\t5\t6\t7", "1234\t5\t6\t7\t8"), "has 4 values for 3 samples"),
        (WHOLE.replace('"NA"\t3', '"NA\t3"'), "a stray quote"),
        (WHOLE.replace("\t5\t6\t7\n", "\t5\t6\t7\n\n"), "has 0 values for 3 samples"),
        (WHOLE.replace('"ID_REF"\t"GSM1"\t"GSM2"', '"ID_REF"\t"GSM2"\t"GSM1"'), "not the 3"),
        (
            WHOLE.replace('accession\t"GSM1"\t"GSM2"', 'accession\t"GSM1"\t"GSM1"'),
            "declares 3|twice",
        ),
        (
            WHOLE.replace('!Series_geo_accession\t"GSE1"', "!Series_geo_accession"),
            "no series matrix",
        ),
        (WHOLE.replace('!Sample_geo_accession\t"GSM1"', '!Sample_geo_accession\t""'), "no samples"),
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
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n<!doctype html>" + b" " * 600 + b"<html>", "a web page"),
        (b'<?xml version="1.0"?>', "a web page"),
        (b"PK\x03\x04", "no gzip"),
    ],
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


def test_byte_order_mark_and_lines_of_two_encodings(matrix):
    """A line in another encoding does not spoil the others, in either reader."""
    text = WHOLE.replace("A study", "Häupl").encode().replace(b"bone", "Sjögren".encode("cp1252"))
    matrix.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text))
    for series in (geo.read_series_matrix(matrix), geo.read_series_header(matrix)):
        assert series.tags["title"] == ["Häupl"]
        assert series.fields.loc["GSM3", "source_name_ch1"] == "Sjögren"
    first = WHOLE.removeprefix('!Series_title\t"A study"\n')
    matrix.write_bytes(gzip.compress(b"\xef\xbb\xbf" + first.encode()))
    assert geo.read_series_matrix(matrix).accession == "GSE1"


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\x0b", "\r"])
def test_no_odd_letter_within_a_text_ends_its_line(matrix, odd):
    write(matrix, WHOLE.replace("blood", f"blo{odd}od"))
    for series in (geo.read_series_matrix(matrix), geo.read_series_header(matrix)):
        value = series.fields.loc["GSM1", "source_name_ch1"]
        assert value == f"blo{odd}od".replace("\r", " ")
        assert series.values.shape[1] == 3


def test_order_of_tags_does_not_matter(matrix):
    good = geo.read_series_matrix(write(matrix, WHOLE))
    head, begin, rest = WHOLE.partition("!series_matrix_table_begin")
    lines = head.splitlines(keepends=True)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(lines))
        found = geo.read_series_matrix(
            write(matrix, "".join(lines[i] for i in order) + begin + rest)
        )
        columns = sorted(good.fields)
        pd.testing.assert_frame_equal(found.fields[columns], good.fields[columns])
        pd.testing.assert_frame_equal(found.values, good.values)


@pytest.mark.parametrize("probe", ["007", "1e5", "1.0", "NA", "nan", "null", "TRUE", "1-Mar", "+3"])
def test_probes_are_names_whatever_they_look_like(matrix, probe):
    for written in (probe, f'"{probe}"'):
        text = WHOLE.replace('"NA"', '"other"').replace("1234", written)
        series = geo.read_series_matrix(write(matrix, text))
        assert list(series.values.index) == ["1007_s_at", "other", probe]
    numbers = TABLE.replace('"1007_s_at"', "1").replace('"NA"', "002").replace("1234", "3")
    series = geo.read_series_matrix(write(matrix, WHOLE.replace(TABLE, numbers)))
    assert list(series.values.index) == ["1", "002", "3"]


def test_quotes_in_the_table_are_letters(matrix):
    text = WHOLE.replace("1234\t5\t6", '"5"prime"\t"5.5"\t"null"')
    series = geo.read_series_matrix(write(matrix, text))
    assert list(series.values.index) == ["1007_s_at", "NA", '5"prime']
    np.testing.assert_array_equal(series.values.iloc[2], [5.5, np.nan, 7])


def test_values_are_those_that_were_submitted(matrix):
    series = geo.read_series_matrix(write(matrix, WHOLE.replace("\t5\t6\t7", "\t7.1e-3\t0.1\t-8")))
    assert series.values.loc["1234"].tolist() == [0.0071, 0.1, -8]


def test_a_table_without_even_a_header_carries_no_values(matrix):
    series = geo.read_series_matrix(write(matrix, WHOLE.replace(TABLE, "")))
    assert series.values.shape == (0, 3)


def test_matrix_of_one_platform_of_several(matrix):
    """Its header may declare the samples of the other platforms too, but none may be unknown."""
    several = WHOLE.replace('"GPL1"', '"GPL1"\n!Series_platform_id\t"GPL2"')
    more = several.replace("GSM1 GSM2 GSM3", "GSM1 GSM2 GSM3 GSM4 GSM5")
    assert list(geo.read_series_matrix(write(matrix, more)).fields.index) == [
        "GSM1",
        "GSM2",
        "GSM3",
    ]
    with pytest.raises(DataError, match="declares 2 samples"):
        geo.read_series_matrix(write(matrix, several.replace("GSM1 GSM2 GSM3", "GSM1 GSM2")))


def test_characteristics_without_a_key(matrix):
    odd = WHOLE.replace('"age: 5"', '": smoker"').replace('"age: 7"', '"http"')
    fields = geo.read_series_matrix(write(matrix, odd)).fields
    assert fields["characteristics"].tolist() == ["smoker", "http", ""]
    assert "" not in fields


def test_wrong_checksum_and_cut_tail(matrix):
    raw = write(matrix, WHOLE).read_bytes()
    for damaged in (raw[:-8] + bytes(4) + raw[-4:], raw[:-4], raw[:-1], raw + b"more"):
        matrix.write_bytes(damaged)
        with pytest.raises(DataError, match="damaged"):
            geo.read_series_matrix(matrix)


def test_the_processing_of_the_submitter_is_told_once(matrix):
    line = '!Sample_data_processing\t"RMA"\t"RMA"\t"MAS5"\n!Sample_geo_accession'
    series = geo.read_series_matrix(write(matrix, WHOLE.replace("!Sample_geo_accession", line)))
    assert series.processing == "RMA | MAS5"


def test_a_probe_with_two_answers_is_refused(tmp_path):
    path = tmp_path / "GPL1.annot.gz"
    same = ANNOTATION.replace("p3\t\t\n", "p2\t\tGENE1///GENE2\t1///2\n")
    assert list(geo.read_annotation(write(path, same)).index) == ["p1", "p2", "NA"]
    with pytest.raises(DataError, match="'p2' occurs twice with different genes"):
        geo.read_annotation(write(path, same.replace("1///2\nNA", "9\nNA")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GeneID\tGSM1\tGSM1\n1\t2\t3\n", "sample occurs twice"),
        ("GeneID\tGSM1\n1\t2\n1\t3\n", "gene id occurs twice"),
        ("GeneID\tGSM1\n1\tmany\n", "cannot be read as counts"),
        ("GeneID\tGSM1\tGSM2\n1\t2\n", "no counts"),
        ("GeneID\tGSM1\n", "holds no counts"),
        ("<html><p>Sorry</p></html>\n", "holds no counts"),
        ("", "cannot be read as counts"),
    ],
)
def test_bad_counts(tmp_path, text, message):
    with pytest.raises(DataError, match=message) as caught:
        geo.read_counts(write(tmp_path / "counts.tsv.gz", text))
    assert "\n" not in str(caught.value)


def test_gene_table_loses_no_line_to_a_quote(tmp_path):
    path = tmp_path / "genes.tsv.gz"
    text = 'GeneID\tSymbol\tDescription\n1\tA1BG\t"stray\n2\tNA\tplain\n3\tTRUE\t5" end"\n'
    table = geo.read_gene_table(write(path, text))
    assert table["symbol"].to_dict() == {"1": "A1BG", "2": "NA", "3": "TRUE"}
    for bad in ("", "GeneID\tName\n1\tx\n", "GeneID\tSymbol\n1\tA\tB\tC\n2\tA\tB\tC\tD\n"):
        with pytest.raises(DataError):
            geo.read_gene_table(write(path, bad))
