import gzip
import zlib

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.header import MOST_JOINED, read_header
from crosshub.geo.table import read_values
from crosshub.geo.text import unpack, whole_lines

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
        (WHOLE.replace("\t4\t", "\tfour\t"), "value 'four' of probe 'NA' in sample GSM2 cannot be"),
        (WHOLE.replace('"NA"\t3', '"NA\t3'), "a stray quote"),
        (WHOLE.replace('"one"\t', ""), "2 values for 3 samples"),
        (WHOLE.replace("\t3\t4\t", '\t"3\t4"\t'), "cannot be read"),
        (WHOLE.replace("1234\t5\t6\t7", "1234\t5\t6"), "probe '1234' has 2 values for 3 samples"),
        (WHOLE.replace("1234\t5\t6\t7", "1234\t5\t6\t7\t8"), "has 4 values for 3 samples"),
        (WHOLE.replace('"NA"\t3', '"NA\t3"'), "a stray quote"),
        (WHOLE.replace("\t5\t6\t7\n", "\t5\t6\t7\n\n"), "has 0 values for 3 samples"),
        (WHOLE.replace("1234\t5", "\t5"), "names no probe"),
        (WHOLE.replace('"NA"\t3', '""\t3'), "names no probe"),
        (WHOLE.replace("\t5\t6", "\t5\r\t6"), "a stray carriage return"),
        (WHOLE.replace(TABLE.splitlines()[0], ""), "0 columns that are not the 3 samples"),
        (WHOLE + WHOLE, "goes on after the line '!series_matrix_table_end'"),
        (WHOLE + '"9"\t1\t2\t3\n', "goes on after the line '!series_matrix_table_end'"),
        (WHOLE.replace("table_end", "table_end of it"), "has 0 values for 3 samples"),
        (WHOLE.replace("!Sample_title", "!Samqle_title"), "line 6 of the header"),
        (WHOLE.replace('"A study"', '"A study'), "a stray quote in the line '!Series_title'"),
        (WHOLE.replace('"three"', '"three'), "a stray quote in the line '!Sample_title'"),
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
        (WHOLE.replace("A study", "A\0study"), "NUL bytes"),
        (WHOLE.replace("\t5\t", "\t5\0\t"), "NUL bytes"),
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
p3\t\t\t
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
    same = ANNOTATION.replace("p3\t\t\t\n", "p2\t\tGENE1///GENE2\t1///2\n")
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


def with_lines(*lines, before="!Sample_relation"):
    return WHOLE.replace(before, "".join(f"{line}\n" for line in lines) + before, 1)


def test_a_second_channel_does_not_overwrite_the_first(matrix):
    text = with_lines(
        '!Sample_source_name_ch2\t"reference"\t"reference"\t"reference"',
        '!Sample_characteristics_ch2\t"disease: none"\t"disease: none"\t"disease: none"',
        '!Sample_characteristics_ch2\t"pool"\t""\t""',
    )
    fields = geo.read_series_matrix(write(matrix, text)).fields
    assert fields["disease"].tolist() == ["A", "A", "B"]
    assert fields["disease (ch2)"].tolist() == ["none"] * 3
    assert fields["characteristics (ch2)"].tolist() == ["pool", "", ""]
    assert fields["source_name_ch2"].tolist() == ["reference"] * 3


def test_keys_that_differ_by_case_or_spaces_are_one(matrix):
    text = with_lines(
        '!Sample_characteristics_ch1\t"Cell  type : T"\t"cell type: B"\t" CELL TYPE:NK "',
        '!Sample_characteristics_ch1\t"DISEASE: A"\t"Disease : C"\t"disease: D: late"',
        '!Sample_characteristics_ch1\t"disease: A"\t"disease: A; C"\t"disease: B"',
    )
    fields = geo.read_series_matrix(write(matrix, text)).fields
    assert fields["cell type"].tolist() == ["T", "B", "NK"]
    # Two values of one sample are joined, the same value is told once, a colon in it is kept.
    assert fields["disease"].tolist() == ["A", "A; C; A; C", "B; D: late"]


def test_relations_of_samples_and_of_the_series(matrix):
    text = with_lines(
        '!Sample_relation\t"SRA: https://www.ncbi.nlm.nih.gov/sra?term=SRX12"\t""\t"SRA: x"',
        '!Sample_relation\t"Reanalysis of: GSM77"\t"Reanalyzed by: GSM90"\t"Alternative to: GSM78"',
        '!Sample_relation\t"Alternative to: GSM79"\t""\t"Reanalysis of: GSM78"',
    )
    text = text.replace(
        "!Series_platform_id",
        '!Series_relation\t"SubSeries of: GSE10"\n!Series_relation\t"Affiliated with: GSE11"\n'
        '!Series_relation\t"SubSeries of: GSE12"\n!Series_relation\t"SuperSeries of: GSE13"\n'
        '!Series_relation\t"BioProject: https://x/PRJNA1"\n!Series_platform_id',
    )
    found = geo.read_series_matrix(write(matrix, text))
    assert found.fields["sra"].tolist() == ["SRX12", "", ""]
    assert found.fields["biosample"].tolist() == ["SAMN1", "", ""]
    assert found.fields["reanalysis_of"].tolist() == ["GSM77; GSM79", "", "GSM78"]
    assert found.fields["reanalyzed_by"].tolist() == ["", "GSM90", ""]
    assert found.relations == {
        "superseries_of": ["GSE13"],
        "subseries_of": ["GSE10", "GSE12"],
        "affiliated_with": ["GSE11"],
    }
    none = geo.read_series_matrix(write(matrix, WHOLE))
    assert none.relations == {"superseries_of": [], "subseries_of": [], "affiliated_with": []}
    assert "sra" not in none.fields


def test_a_characteristic_is_not_lost_to_a_relation_of_that_name(matrix):
    text = with_lines('!Sample_characteristics_ch1\t"biosample: own"\t"biosample: two"\t""')
    fields = geo.read_series_matrix(write(matrix, text)).fields
    assert fields["biosample"].tolist() == ["SAMN1", "two", ""]


@pytest.mark.parametrize(
    ("counts", "expected"), [(("3", "3", "3"), 3), (("2", "", "3"), 3), (("0", "0", "0"), 0)]
)
def test_rows_that_the_header_declares(matrix, counts, expected):
    cells = "\t".join(f'"{count}"' for count in counts)
    text = with_lines(f"!Sample_data_row_count\t{cells}")
    if expected == 0:
        text = text.replace(TABLE, TABLE.splitlines()[0] + "\n")
    elif "2" in counts:
        text = text.replace("1234\t5\t", "1234\t\t")
    assert geo.read_series_matrix(write(matrix, text)).row_count == expected
    assert geo.read_series_header(matrix).row_count == expected


def test_rows_are_not_declared_by_what_is_no_number(matrix):
    assert geo.read_series_matrix(write(matrix, WHOLE)).row_count is None
    text = with_lines('!Sample_data_row_count\t"many"\t""\t"-4"')
    assert geo.read_series_matrix(write(matrix, text)).row_count is None


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ('"4"\t"4"\t"4"', "declares 4 rows of values, the table has 3"),
        ('"3"\t"3"\t"5"', "declares 5 rows of values, the table has 3"),
        ('"2"\t"3"\t"3"', "sample GSM1 declares 2 rows of values, the table has 3"),
    ],
)
def test_a_table_that_contradicts_its_header_is_refused(matrix, counts, message):
    with pytest.raises(DataError, match=message):
        geo.read_series_matrix(write(matrix, with_lines(f"!Sample_data_row_count\t{counts}")))


def test_real_headers_declare_the_rows_of_their_tables(mirror):
    declared = {}
    for path in sorted(mirror.glob("series/*/*/matrix/*_series_matrix.txt.gz")):
        found = geo.read_series_matrix(path)
        declared[found.accession] = found.row_count
        assert found.row_count in (None, len(found.values))
    assert declared["GSE30528"] == 22277
    assert declared["GSE52778"] == 0


def test_real_relations(mirror):
    place = mirror / "series" / geo.folder_of("GSE30528") / "matrix"
    found = geo.read_series_header(place / "GSE30528_series_matrix.txt.gz")
    assert found.relations["subseries_of"] == ["GSE30122"]
    assert (found.fields["reanalyzed_by"] != "").sum() == 13
    place = mirror / "series" / geo.folder_of("GSE55457") / "matrix"
    found = geo.read_series_header(place / "GSE55457_series_matrix.txt.gz")
    assert found.relations["affiliated_with"] == ["GSE55235"]
    place = mirror / "series" / geo.folder_of("GSE52778") / "matrix"
    found = geo.read_series_header(place / "GSE52778_series_matrix.txt.gz")
    assert found.fields["sra"].str.fullmatch(r"SRX\d+").all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("GSE2_series_matrix.txt.gz", "holds the series GSE1, not GSE2"),
        (".GSE11_series_matrix.txt.gz.77.part", "holds the series GSE1, not GSE11"),
        ("GSE1-GPL2_series_matrix.txt.gz", "holds samples of GPL1, not of GPL2"),
        ("GSE1-GPL1_series_matrix.txt.gz", None),
        ("GSE1-GPL1-2_series_matrix.txt.gz", None),
        ("mine.txt.gz", None),
    ],
)
def test_a_file_holds_what_its_name_says(tmp_path, name, message):
    path = write(tmp_path / name, with_lines('!Sample_platform_id\t"GPL1"\t"GPL1"\t"GPL1"'))
    for read in (geo.read_series_matrix, geo.read_series_header):
        if message:
            with pytest.raises(DataError, match=message):
                read(path)
        else:
            assert read(path).accession == "GSE1"


def test_a_value_that_goes_on_in_the_next_line_is_whole(matrix):
    broken = WHOLE.replace('"A study"', '"A study\nof two\n\nlines"').replace("blood", "blo\nod", 1)
    found = geo.read_series_matrix(write(matrix, broken))
    assert found.tags["title"] == ["A study of two  lines"]
    assert found.fields["source_name_ch1"].tolist() == ["blo od", "blood", "bone"]
    endless = WHOLE.replace('"A study"', '"A' + "\nx" * (MOST_JOINED + 1) + '"')
    with pytest.raises(DataError, match="line 102 of the header"):
        geo.read_series_matrix(write(matrix, endless))


def test_a_header_without_its_table_is_cut(matrix):
    for part in (HEADER.removesuffix("!series_matrix_table_begin\n"), HEADER[:200], HEADER[:-9]):
        with pytest.raises(DataError, match="no line '!series_matrix_table_begin'"):
            geo.read_series_header(write(matrix, part))


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_the_header_is_found_wherever_a_block_ends(matrix, monkeypatch, piece):
    monkeypatch.setattr("crosshub.geo.text._BLOCK", piece)
    write(matrix, WHOLE.replace("A study", "A Sjögren study"))
    whole = geo.read_series_matrix(matrix)
    pd.testing.assert_frame_equal(geo.read_series_header(matrix).fields, whole.fields)


def test_members_and_padding_of_a_gzip_file_are_no_damage(matrix):
    middle = len(WHOLE) // 2
    parts = [gzip.compress(part.encode()) for part in (WHOLE[:middle], WHOLE[middle:])]
    good = geo.read_series_matrix(write(matrix, WHOLE))
    matrix.write_bytes(b"".join(parts) + bytes(64))
    pd.testing.assert_frame_equal(geo.read_series_matrix(matrix).values, good.values)


def test_a_bomb_is_not_unpacked(matrix, monkeypatch):
    raw = gzip.compress(WHOLE.encode() + bytes(1) * (100 << 20))
    matrix.write_bytes(raw)
    with pytest.raises(DataError, match="unpacks to more than 20 MB"):
        geo.read_gzip(matrix, largest=20 << 20)
    with pytest.raises(DataError, match="unpacks to more than"):
        geo.read_gzip(matrix, suspect=1 << 20)
    seen = 0
    with pytest.raises(DataError, match="unpacks to more than 5 MB"):
        for block in unpack(matrix, largest=5 << 20):
            seen += len(block)
    assert seen <= 5 << 20
    monkeypatch.setattr("crosshub.geo.series.LONGEST_HEADER", 3 << 20)
    matrix.write_bytes(gzip.compress(b"!Series_title\t" + b"x" * (9 << 20)))
    with pytest.raises(DataError, match="unpacks to more than 3 MB"):
        geo.read_series_header(matrix)


def test_what_packs_well_is_no_bomb(matrix):
    matrix.write_bytes(gzip.compress(b"0\t0\t0\n" * (1 << 20)))
    assert len(geo.read_gzip(matrix)) == 6 << 20
    with pytest.raises(DataError):
        geo.read_gzip(matrix, suspect=1 << 20)


def test_a_header_of_a_million_samples_is_refused(matrix):
    many = "\t".join(['"GSM1"'] * 1_000_000)
    with pytest.raises(DataError, match="more than 100000 samples in the line '!Sample_title'"):
        geo.read_series_matrix(write(matrix, with_lines(f"!Sample_title\t{many}")))


def test_a_key_for_each_sample_is_refused(matrix, monkeypatch):
    monkeypatch.setattr("crosshub.geo.header.MOST_CELLS", 30)
    text = with_lines(*(f'!Sample_characteristics_ch1\t"k{n}: x"\t""\t""' for n in range(9)))
    with pytest.raises(DataError, match="more than 10 different characteristics"):
        geo.read_series_matrix(write(matrix, text))


def test_text_in_utf_16_is_named(matrix):
    with pytest.raises(DataError, match="UTF-16"):
        geo.read_series_matrix(write(matrix, WHOLE, "utf-16"))
    with pytest.raises(DataError, match="NUL bytes"):
        geo.read_series_header(write(matrix, WHOLE, "utf-16-le"))


@pytest.mark.parametrize(
    "value", ["1,5", "#DIV/0!", "1_000", "0x10", "1d5", "nan(1)", "٣", "1 000"]
)
def test_what_is_no_number_is_named_with_its_probe(matrix, value):
    text = WHOLE.replace("\t4\t", f"\t{value}\t")
    with pytest.raises(DataError) as caught:
        geo.read_series_matrix(write(matrix, text))
    assert f"the value '{value}' of probe 'NA' in sample GSM2 cannot be" in str(caught.value)


def test_a_message_stays_on_one_short_line_whatever_the_file_says(matrix):
    for odd in ("x" * 5000, "a\u2028b", "a\x0bb", "\x85"):
        for change in (("\t4\t", f"\t{odd}\t"), ("1234\t5", f"{odd}\t5\t5")):
            with pytest.raises(DataError) as caught:
                geo.read_series_matrix(write(matrix, WHOLE.replace(*change)))
            assert len(str(caught.value).splitlines()) == 1
            assert len(str(caught.value)) < len(str(matrix)) + 200


@pytest.mark.parametrize(
    "value", ["", "NA", "NaN", "nan", "null", "NULL", "N/A", "--", " NA ", "-nan"]
)
def test_what_is_missing_is_nan(matrix, value):
    values = geo.read_series_matrix(write(matrix, WHOLE.replace("\t4\t", f"\t{value}\t"))).values
    assert np.isnan(values.loc["NA", "GSM2"])
    assert values.loc["NA", "GSM1"] == 3


@pytest.mark.parametrize(
    "value", ["Inf", "-inf", "1e999", "-1E+999", "1e-999", "+5", ".5", "5.", " 7"]
)
def test_values_at_the_edge_are_what_float_makes_of_them(matrix, value):
    found = geo.read_series_matrix(write(matrix, WHOLE.replace("\t4\t", f"\t{value}\t")))
    assert found.values.loc["NA", "GSM2"] == float(value)


def read_table(content, names, block=1 << 20):
    blocks = (content[start : start + block] for start in range(0, len(content), block))
    return read_values(whole_lines(blocks, "x"), names, "x")


def table_of(texts, width):
    names = [f"GSM{place}" for place in range(width)]
    lines = ["\t".join(["ID_REF", *names])]
    lines += [
        "\t".join([f"p{start}", *texts[start : start + width]])
        for start in range(0, len(texts), width)
    ]
    return ("\n".join(lines) + "\n").encode(), names


@pytest.mark.parametrize("slow", [False, True])
def test_every_number_is_that_of_float(slow):
    """Random doubles as repr, %g and with many digits; and those that are hard to round."""
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2**64, 3000, dtype=np.uint64).view(np.float64)
    numbers = [*bits[np.isfinite(bits)].tolist(), *rng.normal(8, 2, 3000).tolist()]
    texts = [form(n) for n in numbers for form in (repr, "{:.5g}".format, "{:.25e}".format)]
    texts += ["9007199254740993", "2.2250738585072011e-308", "5e-324", "2.4703282292062327e-324"]
    texts += ["1.7976931348623158e308", "0.1" + "0" * 400 + "1", "-0", "1" + "0" * 400]
    texts += ["1"] * (-len(texts) % 20)
    expected = np.array([float(text) for text in texts])
    if slow:
        # A gap that arrow does not know makes the block go the other way.
        texts[0], expected[0] = " NA", np.nan
    content, names = table_of(texts, 20)
    values = read_table(content, names, len(content) if slow else 4096)
    np.testing.assert_array_equal(values.to_numpy().ravel(), expected)
    assert (np.signbit(values.to_numpy().ravel()) == np.signbit(expected))[1:].all()


def test_the_size_of_the_blocks_does_not_matter():
    rng = np.random.default_rng(4)
    texts = ["" if n % 11 == 0 else repr(x) for n, x in enumerate(rng.normal(size=700).tolist())]
    content, names = table_of(texts, 7)
    whole = read_table(content, names)
    for block in (1, 50, 137, 1000, 10**6):
        pd.testing.assert_frame_equal(read_table(content, names, block), whole)


def test_a_table_of_blank_lines_has_no_values():
    names = ["GSM1", "GSM2"]
    for content in (b"", b"\n", b" \n\n", b"ID_REF\tGSM1\tGSM2\n" + b"\n" * 20):
        assert read_table(content, names).shape == (0, 2)


def test_probes_of_another_encoding_are_read(matrix):
    text = WHOLE.replace("1234\t", "1µ4\t")
    for encoding in ("utf-8", "cp1252"):
        found = geo.read_series_matrix(write(matrix, text, encoding))
        assert list(found.values.index) == ["1007_s_at", "NA", "1µ4"]


def test_a_header_of_many_samples_is_read():
    """Ten thousand samples with shifted characteristics: a cell goes to its sample and key."""
    samples = [f"GSM{place}" for place in range(10_000)]
    lines = ['!Series_geo_accession\t"GSE1"', "\t".join(["!Sample_geo_accession", *samples])]
    for line in range(10):
        cells = "\t".join(f'"key {(line + n) % 10}: {n}"' for n in range(len(samples)))
        lines.append(f"!Sample_characteristics_ch1\t{cells}")
    _, fields = read_header(lines, "x")
    expected = [str(place) for place in range(len(samples))]
    assert all(fields[f"key {key}"].tolist() == expected for key in range(10))
