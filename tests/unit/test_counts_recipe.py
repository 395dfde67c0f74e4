"""Counts that authors deposited: read by a recipe, or refused in one line."""

import gzip

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.counts import gene_ids, read_author_counts

FIELDS = pd.DataFrame(
    {
        "title": ["Pre-S1", "Post-S1", "Control 3"],
        "description": ["counts.tsv; S1a", "counts.tsv; S1b", "counts.tsv; S3"],
        "tissue": ["muscle", "muscle", "muscle"],
    },
    index=pd.Index(["GSM11", "GSM12", "GSM13"], name="sample"),
)
TABLE = """gene\tlength\tGSM13\tGSM11\tGSM12
ENSG00000000003.15\t100\t1\t2\t3
ENSG00000000005.6\t200\t0\t500\t6
"""


@pytest.fixture
def read(tmp_path):
    def read(text, *, packed=True, fields=FIELDS, **recipe):
        path = tmp_path / ("counts.tsv" + ".gz" * packed)
        raw = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(gzip.compress(raw) if packed else raw)
        return read_author_counts(path, recipe, fields)

    return read


def refused(read, text, remedy, **recipe):
    with pytest.raises(DataError, match=remedy) as caught:
        read(text, **recipe)
    assert "\n" not in str(caught.value)


def test_columns_become_samples_in_the_order_of_the_series(read):
    for packed in (True, False):
        counts = read(TABLE, packed=packed, skip=["length"])
        assert list(counts.columns) == ["GSM11", "GSM12", "GSM13"]
        assert counts.loc["ENSG00000000003"].tolist() == [2, 3, 1]
        assert counts.index.name == "gene_id"
        assert counts.attrs == {"notes": [], "without_counts": []}


def test_a_comma_and_the_id_column_are_found_or_named(read):
    text = TABLE.replace("\t", ",").replace("gene,length", "length,gene")
    text = text.replace(".15,100", ".15").replace(".6,200", ".6")
    text = text.replace("\nENSG", "\n100,ENSG")
    for separator in ("auto", "comma"):
        counts = read(text, gene="gene", skip=["length"], separator=separator)
        assert counts.loc["ENSG00000000005"].tolist() == [500, 6, 0]
    refused(read, text, "its header is one cell", separator="tab")


def test_names_of_rows_without_a_name_of_their_own(read):
    text = "\n".join(line.removeprefix("gene\t") for line in TABLE.split("\n"))
    counts = read(text, skip=["length"])
    assert counts.shape == (2, 3)


def test_columns_are_found_by_another_field_and_by_a_pattern(read):
    text = TABLE.replace("GSM13", "Control 3").replace("GSM11", "Pre-S1")
    text = text.replace("GSM12", "Post-S1")
    counts = read(text, skip=["length"], sample="title")
    assert counts.loc["ENSG00000000003"].tolist() == [2, 3, 1]
    text = TABLE.replace("GSM13", "bam/S3.bam").replace("GSM11", "bam/S1a.bam")
    text = text.replace("GSM12", "bam/S1b.bam")
    counts = read(text, skip=["length"], sample="description", pattern=r"bam/(\w+)\.bam")
    assert counts.loc["ENSG00000000003"].tolist() == [2, 3, 1]


def test_the_comment_of_featurecounts_and_the_sums_of_htseq_are_no_genes(read):
    text = "# Program:featureCounts v2.0; Command: a,b\n" + TABLE
    text += "__no_feature\t\t7\t7\t7\nN_unmapped\t\t7\t7\t7\n"
    counts = read(text, skip=["length"])
    assert len(counts) == 2
    assert counts.attrs["notes"] == ["2 lines of reads that count for no gene were left out"]
    assert read("#" + TABLE, skip=["length"]).shape == (2, 3)


def test_a_sample_without_a_column_is_noted(read):
    text = "gene\tGSM11\tGSM13\nA\t1\t2\n"
    counts = read(text)
    assert list(counts.columns) == ["GSM11", "GSM13"]
    assert counts.attrs["without_counts"] == ["GSM12"]


def test_recipes_that_do_not_fit_are_refused(read):
    refused(read, TABLE, r"no column 'id' \(gene, length, GSM13", gene="id")
    refused(read, TABLE, "no column 'strand'", skip=["length", "strand"])
    refused(read, TABLE, r"1 columns are the geo_accession of no sample \(length\)")
    refused(read, TABLE, r"the title of no sample \(GSM13", skip=["length"], sample="title")
    refused(read, TABLE, "no field 'name'", skip=["length"], sample="name")
    text = TABLE.replace("GSM13", "muscle")
    refused(
        read, text, "the tissue of 3 samples", skip=["length", "GSM11", "GSM12"], sample="tissue"
    )
    text = TABLE.replace("GSM13", "GSM11_rep2")
    refused(
        read,
        text,
        r"2 columns are the sample GSM11 \(GSM11_rep2, GSM11\)",
        skip=["length"],
        pattern=r"(GSM\d+)",
    )
    refused(read, "gene\tlength\nA\t1\n", "no column is left", skip=["length"])


def test_values_that_are_no_counts_are_refused(read):
    for bad in ("-1", "", "NA", "inf", "nan", "x", "1,5"):
        refused(
            read, TABLE.replace("500", bad), f"first '{bad}' in the column 'GSM11'", skip=["length"]
        )
    refused(read, TABLE.replace("\t500", ""), "has 4 cells, the header 5", skip=["length"])
    refused(read, TABLE.replace("GSM12", "GSM11"), "'GSM11' occurs twice", skip=["length"])
    refused(read, "gene\tGSM11\n", "holds no counts")
    refused(read, "", "holds no counts")
    refused(read, b"PK\x03\x04\0\0", "no text", packed=False)


def test_expected_counts_stay_and_normalised_values_are_refused(read):
    rng = np.random.default_rng(0)
    whole = rng.poisson(rng.gamma(0.4, 4000, (3000, 3)))
    expected = np.where(rng.random(whole.shape) < 0.4, whole + 0.37, whole)

    def text(values):
        rows = [f"G{i}\t" + "\t".join(map(repr, row)) for i, row in enumerate(values.tolist())]
        return "\n".join(["gene\tGSM11\tGSM12\tGSM13", *rows])

    assert read(text(whole)).attrs["notes"] == []
    counts = read(text(expected))
    np.testing.assert_array_equal(counts, expected)
    assert "have fractions" in counts.attrs["notes"][0]
    for normalised in (
        expected / expected.sum(axis=0) * 1e6,
        expected / expected.sum(axis=0) * 3e5,
        np.log2(expected + 1),
    ):
        refused(read, text(normalised), "no counts: name the file")


def test_both_copies_of_a_gene_on_x_and_y_are_one_gene(read):
    text = "gene\tGSM11\nENSG00000002586.20\t10\nENSG00000000003.1\t5\n"
    text += "ENSG00000002586.20_PAR_Y\t2\nENSGR0000002586.3\t1\n"
    counts = read(text)
    assert counts["GSM11"].to_dict() == {"ENSG00000002586": 13, "ENSG00000000003": 5}
    assert counts.attrs["notes"] == ["2 genes on X and Y: the counts of both copies were summed"]


def test_a_gene_written_twice_counts_once_and_two_different_lines_are_refused(read):
    same = "gene\tGSM11\nA\t10\nB\t5\nA\t10\n\t3\n"
    counts = read(same)
    assert counts["GSM11"].to_dict() == {"A": 10, "B": 5}
    assert counts.attrs["notes"] == [
        "1 lines without a gene id were left out",
        "1 lines that repeat another were left out",
    ]
    different = "gene\tGSM11\nENSG00000000003.1\t10\nENSG00000000003.2\t5\n"
    refused(read, different, r"several lines with different counts \(ENSG00000000003\)")


def test_ids_are_recognised_by_their_shape():
    found = gene_ids(["ENSG00000000003.15", "7157", "TP53", "ENSG00000002586.20_PAR_Y", "1-Mar"])
    assert found.loc["7157", "entrez"] == "7157"
    assert found.loc["TP53", "symbol"] == "TP53"
    assert found.loc["ENSG00000000003.15", "ensembl"] == "ENSG00000000003"
    assert found.loc["ENSG00000002586.20_PAR_Y", "ensembl"] == "ENSG00000002586"
    assert (found != "").sum(axis=1).eq(1).all()


def test_the_counts_of_a_real_series_are_read_whole(mirror):
    place = mirror / "series" / "GSE184nnn" / "GSE184951"
    series = geo.read_series_matrix(place / "matrix" / "GSE184951_series_matrix.txt.gz")
    path = place / "suppl" / "GSE184951_gene_counts.tsv.gz"
    recipe = {"accession": "GSE184951", "file": path.name, "gene": "ensembl", "skip": ["symbol"]}
    counts = read_author_counts(path, recipe, series.fields)
    assert counts.shape == (63677, 32)
    assert list(counts.columns) == list(series.fields.index)
    assert counts.loc["ENSG00000000003", "GSM5602348"] == 104
    assert counts.attrs["notes"] == ["5 lines of reads that count for no gene were left out"]
    with pytest.raises(DataError, match="several lines with different counts"):
        read_author_counts(path, recipe | {"gene": "symbol", "skip": ["ensembl"]}, series.fields)
