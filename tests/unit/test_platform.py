"""The genes of a platform's probes: the makers' tables, whole or refused, and the user's own."""

import csv
import gzip
import io
from pathlib import Path

import GEOparse
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.platform import read_mapping, read_platform
from crosshub.probes import map_probes, name_genes
from crosshub.symbols import GeneNames, read_gene_names

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names():
    return read_gene_names(ROOT / "resources" / "gene_names.tsv.gz")


def soft(path, header, rows, **tags):
    """Write a platform's record as GEO has it."""
    lines = [f"^PLATFORM = {path.name.split('.')[0]}", "!Platform_title = an array"]
    lines += [f"!Platform_{tag} = {value}" for tag, value in tags.items()]
    lines += [f"#{name} = {name}" for name in header]
    lines += ["!platform_table_begin", "\t".join(header), *("\t".join(row) for row in rows)]
    path.write_bytes(gzip.compress("\n".join([*lines, "!platform_table_end", ""]).encode(), 1))
    return path


LAYOUTS = {
    "affymetrix 3'": (
        ["ID", "GB_ACC", "SPOT_ID", "Gene Title", "Gene Symbol", "ENTREZ_GENE_ID"],
        ["1007_s_at", "U48705", "", "a kinase", "DDR1 /// MIR4640", "780 /// 100616237"],
        {"symbol": "DDR1///MIR4640", "entrez": "780///100616237", "accession": "U48705"},
    ),
    "affymetrix st": (
        ["ID", "GB_LIST", "SPOT_ID", "gene_assignment", "mrna_assignment"],
        ["7892501", "NM_000014,NR_1", "chr12:1-2",
         "NM_000014 // A2M // alpha-2-macroglobulin // 12p13.3 // 2 /// NR_1 // --- // none /// "
         "ENST00000318602 // A2M // alpha-2-macroglobulin // 12p13.3 // 2", "NM_000014 // RefSeq"],
        {"symbol": "A2M", "entrez": "2", "accession": "NM_000014"},
    ),
    "affymetrix st, several genes": (
        ["ID", "gene_assignment"],
        ["7896736", "NM_1 // OR4F29 // a // 1p36 // 729759 /// NM_2 // OR4F3 // b // 5q // 26683"],
        {"symbol": "OR4F29///OR4F3", "entrez": "729759///26683"},
    ),
    "clariom, with two columns of one name": (
        ["ID", "probeset_id", "SPOT_ID", "SPOT_ID"],
        ["TC0100006437.hg.1", "TC0100006437.hg.1", "Coding",
         "NM_001005484 // RefSeq // Homo sapiens receptor (putative), family 4 (OR4F5), mRNA. // "
         "chr1 // 100 /// ENST00000335137 // ENSEMBL // cdna gene:ENSG00000186092 // chr1"],
        {"symbol": "OR4F5", "ensembl": "ENSG00000186092"},
    ),
    "illumina": (
        ["ID", "Transcript", "ILMN_Gene", "RefSeq_ID", "Entrez_Gene_ID", "Symbol"],
        ["ILMN_1343291", "ILMN_5311", "EEF1A1", "NM_001402.5", "1915", "EEF1A1"],
        {"symbol": "EEF1A1", "entrez": "1915", "accession": "NM_001402.5"},
    ),
    "illumina without symbols": (
        ["ID", "ILMN_Gene"], ["ILMN_1", "EEF1A1"], {"symbol": "EEF1A1"}
    ),
    "agilent": (
        ["ID", "CONTROL_TYPE", "REFSEQ", "GB_ACC", "GENE", "GENE_SYMBOL", "GENE_NAME",
         "ENSEMBL_ID"],
        ["12", "FALSE", "NM_001017967", "NM_001017967", "7157", "TP53", "tumor protein p53",
         "ENST00000269305"],
        {"symbol": "TP53", "entrez": "7157", "accession": "NM_001017967"},
    ),
    "agilent, older": (
        ["ID", "REFSEQ", "GB_ACC", "LOCUSLINK_ID", "GENE_SYMBOL", "GENE_NAME"],
        ["12", "NM_000546", "NM_000546", "7157", "TP53", "tumor protein p53"],
        {"symbol": "TP53", "entrez": "7157", "accession": "NM_000546"},
    ),
    "entrez alone": (["ID", "ENTREZ_GENE_ID"], ["1_at", "7157"], {"entrez": "7157"}),
    "ensembl alone": (
        ["ID", "SPOT_ID"], ["x_at", "ENSG00000141510"], {"ensembl": "ENSG00000141510"}
    ),
    "ensembl as the name of the probe": (
        ["ID", "Description"], ["ENSG00000141510_at", "p53"], {"ensembl": "ENSG00000141510"}
    ),
    "a title is no symbol": (
        ["ID", "Gene Name", "GB_ACC"], ["1", "kinase, alpha", "NM_000546"],
        {"accession": "NM_000546"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_of_the_makers(tmp_path, layout):
    header, row, wanted = LAYOUTS[layout]
    # A control, whose cells say nothing.
    control = ["AFFX-1", *["---"] * (len(header) - 1)]
    path = soft(tmp_path / "GPL1.soft.gz", header, [row, control], data_row_count=2)
    table = read_platform(path)
    assert table.attrs["kind"] == "submitter's table"
    found = table.loc[row[0]]
    assert {name: cell for name, cell in found.items() if cell} == wanted
    assert (table.loc["AFFX-1"] == "").all()


def test_cells_without_a_gene_and_cut_lines_name_none(tmp_path):
    nothing = ["", "NA", "NaN", "nan", "null", "NULL", "N/A", "--", "---", "None"]
    rows = [[f"p{n}", cell] for n, cell in enumerate(nothing)] + [["last"], ["real", "TP53"]]
    table = read_platform(soft(tmp_path / "GPL1.soft.gz", ["ID", "Gene Symbol"], rows))
    assert table.index[table["symbol"] != ""].tolist() == ["real"]


def test_dates_in_a_column_of_symbols_are_kept_for_repair(tmp_path, names):
    cells = ["7-Sep", "Sep-07", "2001-09-07", "7. Sep", "9/3/2001", "44075", "2.31E+13", "7A5"]
    rows = [[f"p{n}", cell] for n, cell in enumerate(cells)]
    table = read_platform(soft(tmp_path / "GPL1.soft.gz", ["ID", "Symbol"], rows))
    assert table["symbol"].tolist() == cells
    mapped, counts = map_probes(pd.DataFrame(index=table.index), table, names)
    assert mapped.to_dict() == {f"p{n}": "SEPTIN7" for n in range(4)} | {"p7": "MACC1"}
    assert counts["lost_to_spreadsheet"] == sorted(cells[4:7])
    assert counts["without_gene"] == 3


def test_an_id_tells_what_a_date_or_an_unknown_symbol_was(tmp_path, names):
    # MTARC1 and MARCHF1 have both been 1-Mar; two ids do not tell which gene a name meant.
    rows = [
        ["a", "1-Mar", "64757"], ["b", "1-Mar", "55016"], ["c", "1-Mar", "64757 /// 55016"],
        ["d", "NOGENE99", "7157"], ["e", "TP53", "1956"], ["f", "NOGENE98", ""],
        ["g", "QARS", "5859"],
    ]  # fmt: skip
    header = ["ID", "Gene Symbol", "ENTREZ_GENE_ID"]
    table = name_genes(read_platform(soft(tmp_path / "GPL1.soft.gz", header, rows)), names)
    mapped, counts = map_probes(pd.DataFrame(index=table.index), table, names)
    assert mapped.to_dict() == {
        "a": "MTARC1", "b": "MARCHF1", "d": "TP53", "e": "TP53", "f": "NOGENE98", "g": "QARS1"
    }  # fmt: skip
    assert counts["excel_dates"] == [
        {"from": "1-Mar", "to": "MTARC1"},
        {"from": "1-Mar", "to": "MARCHF1"},
    ]
    assert (counts["lost_to_spreadsheet"], counts["unknown_symbols"]) == (["1-Mar"], 1)


def test_symbols_come_from_ids_where_a_platform_has_no_symbol(tmp_path, names):
    rows = [["a", "7157", "", ""], ["b", "", "ENSG00000146648", ""], ["c", "", "", "OLD"],
            ["d", "0", "", ""], ["e", "7157 /// 1956", "", ""]]  # fmt: skip
    header = ["ID", "ENTREZ_GENE_ID", "Ensembl", "Symbol"]
    table = name_genes(read_platform(soft(tmp_path / "GPL1.soft.gz", header, rows)), names)
    assert table["symbol"].to_dict() == {
        "a": "TP53", "b": "EGFR", "c": "OLD", "d": "", "e": "TP53///EGFR"
    }  # fmt: skip


def test_accessions_alone_need_hgncs_whole_table(tmp_path, names):
    path = soft(tmp_path / "GPL1.soft.gz", ["ID", "GB_ACC"], [["a", "NM_000546.6"], ["b", ""]])
    with pytest.raises(DataError, match="refresh_gene_names"):
        name_genes(read_platform(path), names)
    whole = GeneNames(frozenset({"TP53"}), {}, {}, by_accession={"NM_000546": "TP53"})
    assert name_genes(read_platform(path), whole)["symbol"].tolist() == ["TP53", ""]


@pytest.mark.parametrize(
    ("header", "rows", "tags", "message"),
    [
        (["ID", "Row"], [["a", "1"]], {}, r"no column names genes \(it has id, row\)"),
        (["ID", "Symbol"], [], {}, "no column names genes"),
        (["ID", "Symbol"], [["a", "TP53"], ["a", "EGFR"]], {}, "'a' occurs twice"),
        (["ID", "Symbol"], [["a", "TP53"], ['"a"', "EGFR"]], {}, "'a' occurs twice"),
        (["ID", "Symbol"], [["a", "TP53", "x"]], {}, "too many cells"),
        (["ID", "Symbol"], [["a", "TP53"]], {"data_row_count": 2}, "declares 2 probes"),
    ],
)
def test_platforms_that_are_not_whole(tmp_path, header, rows, tags, message):
    with pytest.raises(DataError, match=message) as caught:
        read_platform(soft(tmp_path / "GPL1.soft.gz", header, rows, **tags))
    assert len(str(caught.value).splitlines()) == 1


def curated(path, platform):
    header = f"^Annotation\n!Annotation_platform = {platform}\n!platform_table_begin\n"
    table = "ID\tGene symbol\tGene ID\na\tTP53\t7157\n!platform_table_end\n"
    path.write_bytes(gzip.compress((header + table).encode()))
    return path


def test_the_record_of_another_platform_is_refused(tmp_path):
    path = soft(tmp_path / "GPL7.soft.gz", ["ID", "Symbol"], [["a", "TP53"]])
    path.rename(tmp_path / "GPL8.soft.gz")
    with pytest.raises(DataError, match="holds the platform GPL7, not GPL8"):
        read_platform(tmp_path / "GPL8.soft.gz")
    path = soft(tmp_path / "GPL8.soft.gz", ["ID", "Symbol"], [["a", "TP53"]], geo_accession="GPL7")
    with pytest.raises(DataError, match="holds the platform GPL7, not GPL8"):
        read_platform(path)
    # GPL70 is no GPL7; and a name that says nothing is none to compare with.
    for read in (read_platform, geo.read_annotation):
        with pytest.raises(DataError, match="holds the platform GPL70, not GPL7"):
            read(curated(tmp_path / "GPL7.annot.gz", "GPL70"))
        assert read(curated(tmp_path / "GPL70.annot.gz", "GPL70")).index.tolist() == ["a"]
        assert read(curated(tmp_path / "mine.annot.gz", "GPL70")).index.tolist() == ["a"]


def test_what_is_no_platform_is_refused(tmp_path):
    path = tmp_path / "GPL1.annot.gz"
    texts = (
        b"<html></html>",
        b'!Series_title\t"x"\n!series_matrix_table_begin\n',
        b"^PLATFORM = GPL1\n!platform_table_begin\nID\tSymbol\n",
    )
    for content in (b"", texts[0], *map(gzip.compress, texts)):
        path.write_bytes(content)
        with pytest.raises(DataError):
            read_platform(path)


def test_geoparse_reads_the_same_table(tmp_path):
    header, row, _ = LAYOUTS["affymetrix 3'"]
    rows = [[f"{i}_at", *row[1:]] for i in range(50)]
    path = soft(tmp_path / "GPL1.soft.gz", header, rows, geo_accession="GPL1")
    theirs = GEOparse.get_GEO(filepath=str(path), silent=True).table
    ours = read_platform(path)
    assert theirs["ID"].tolist() == ours.index.tolist()
    assert theirs["Gene Symbol"].str.replace(" ", "").tolist() == ours["symbol"].tolist()
    assert theirs["ENTREZ_GENE_ID"].str.replace(" ", "").tolist() == ours["entrez"].tolist()


def test_geoparse_reads_the_same_table_of_a_real_platform(tmp_path, mirror):
    """The real probes and genes of GPL571 as a submitter's table, with quotes in their titles."""
    known = geo.read_annotation(
        mirror / "platforms" / geo.folder_of("GPL571") / "annot" / "GPL571.annot.gz"
    )
    cells = [column.str.replace("///", " /// ") for _, column in known.items()]
    rows = [[*row, 'the 3" end'] for row in zip(known.index, *cells, strict=True)]
    header = ["ID", "Gene Symbol", "ENTREZ_GENE_ID", "Gene Title"]
    path = soft(tmp_path / "GPL571.soft.gz", header, rows, geo_accession="GPL571")
    ours = read_platform(path)
    theirs = GEOparse.get_GEO(filepath=str(path), silent=True).table.fillna("").set_index("ID")
    assert theirs.index.tolist() == ours.index.tolist()
    assert len(ours) == 22277
    for column, target in (("Gene Symbol", "symbol"), ("ENTREZ_GENE_ID", "entrez")):
        # We leave out what is no symbol ("Ig alpha 1-[alpha]2m"), and a gene given twice.
        pairs = zip(theirs[column].map(genes_of), ours[target].map(genes_of), strict=True)
        different = [(their, our) for their, our in pairs if their != our]
        assert len(different) <= 3
        assert all(our < their for their, our in different)


def genes_of(cell):
    return {part.strip() for part in cell.split("///")} - {""}


MAPPINGS = {
    "latin-1": b"probe\tsymbol\na\tTP53\nb\tM\xfcller1\n",
    "windows with a byte order mark": b"\xef\xbb\xbfprobe,symbol\r\na,TP53\r\nb,EGFR\r\n",
    "old mac's line ends within a text": b"probe\tsymbol\ttext\na\tTP53\tx\ry\nb\tEGFR\t\n",
    "entrez": b"ID\tENTREZ_GENE_ID\na\t7157\nb\t1956\n",
    "entrez as numbers of pandas": b"ID,entrez\na,7157.0\nb,\n",
    "semicolons of a spreadsheet": b"probe;symbol\na;TP53\nb;EGFR\n",
    "quoted": b'"probe","symbol"\n"a","TP53"\n"b","EGFR"\n',
    "blanks and empty lines": b"probe\tsymbol\n\n a \tTP53 \n\nb\t\n\t\n",
    "a line twice": b"probe\tsymbol\na\tTP53\na\tTP53\nb\tEGFR\n",
    "former symbols": b"probe\tsymbol\na\tp53\nb\tERBB\n",
    "the probe is not first": b"symbol,chromosome,probe\nTP53,17,a\nEGFR,7,b\n",
    "packed": gzip.compress(b"symbol\tprobe\nTP53\ta\nEGFR\tb\n"),
    "nothing for a probe": b"probe\tsymbol\na\tTP53\nb\tNaN\n",
}


@pytest.mark.parametrize("layout", MAPPINGS)
def test_mapping_files_of_the_user(tmp_path, names, layout):
    path = tmp_path / "mine.tsv"
    path.write_bytes(MAPPINGS[layout])
    table = read_mapping(path)
    assert table.attrs["kind"] == "mapping file"
    assert table.index.tolist() == ["a", "b"]
    mapped, _ = map_probes(pd.DataFrame(index=table.index), name_genes(table, names), names)
    assert mapped["a"] == "TP53"
    assert mapped.get("b", "EGFR") in ("EGFR", "Müller1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"probe\tsymbol\n", "is empty"),
        (b"probe\tsymbol\na\tTP53\na\tEGFR\n", "'a' occurs twice; correct the file"),
        (b"probe\tcolour\na\tred\n", "no column names genes"),
        (b"symbol\nTP53\n", "no column names genes"),
        (b"probe\tsymbol\na\tNaN\nb\tNA\n", "no column names genes"),
        (b"probe\tsymbol\na\tTP53\tx\n", "too many cells; correct the file"),
        (b'probe\tsymbol\ttext\na\tTP53\t"open\nb\tEGFR\t\n', "is no whole table"),
        (b'probe\tsymbol\ttext\na\tTP53\t"open\nb\tEGFR\tto"\n', "a quote is not closed"),
        (b"probe\tsymbol\na\t" + b"x" * 200_000 + b"\n", "is no whole table"),
        ("probe\tsymbol\na\tTP53\n".encode("utf-16"), "save the table as TSV"),
        (b"PK\3\4\0\0\0\0", "save the table as TSV"),
        (b"<!DOCTYPE html>\n<html></html>\n", "no column names genes"),
        (gzip.compress(b"probe\tsymbol\na\tTP53\n")[:-3], "damaged"),
    ],
)
def test_mapping_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "mine.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_mapping(path)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < len(str(path)) + 300


def test_a_mapping_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(DataError, match="correct the path"):
        read_mapping(tmp_path / "none.tsv")


def test_a_planted_map_is_recovered_from_every_layout(tmp_path, names):
    """The same genes, named by symbol, assignment, Entrez id or Ensembl id, give the same map."""
    genes = sorted(set(names.by_entrez.values()) & set(names.by_ensembl.values()))[::70]
    entrez = {gene: name for name, gene in names.by_entrez.items()}
    ensembl = {gene: name for name, gene in names.by_ensembl.items()}
    layouts = {
        "Gene Symbol": [*genes],
        "gene_assignment": [f"NM_{n} // {gene} // text" for n, gene in enumerate(genes)],
        "ENTREZ_GENE_ID": [entrez[gene] for gene in genes],
        "SPOT_ID": [f"x {ensembl[gene]} y" for gene in genes],
    }
    probes = [f"p{n}" for n in range(len(genes))]
    assert len(probes) > 500
    for column, cells in layouts.items():
        rows = zip(probes, cells, strict=True)
        table = read_platform(soft(tmp_path / "GPL1.soft.gz", ["ID", column], rows))
        text = io.StringIO()
        csv.writer(text).writerows([["probe", column], *zip(probes, cells, strict=True)])
        (tmp_path / "mine.csv").write_text(text.getvalue())
        for found in (table, read_mapping(tmp_path / "mine.csv")):
            mapped, counts = map_probes(
                pd.DataFrame(index=found.index), name_genes(found, names), names
            )
            assert mapped.to_dict() == dict(zip(probes, genes, strict=True)), column
            assert counts["coverage"] == 1


COVERAGE = {
    "GPL96": 0.94, "GPL97": 0.55, "GPL570": 0.82, "GPL571": 0.94, "GPL6244": 0.75,
    "GPL6947": 0.7, "GPL10558": 0.9,
}  # fmt: skip


@pytest.mark.parametrize("platform", COVERAGE)
def test_platforms_of_the_mirror(mirror, names, platform):
    folder = mirror / "platforms" / geo.folder_of(platform)
    files = [path for path in sorted(folder.rglob("*.gz")) if "family" not in path.name]
    assert files
    for path in files:
        table = name_genes(read_platform(path), names)
        mapped, counts = map_probes(pd.DataFrame(index=table.index), table, names)
        assert counts["coverage"] >= COVERAGE[platform], path
        parts = ("not_in_annotation", "without_gene", "ambiguous", "mapped")
        assert sum(counts[part] for part in parts) == counts["in"] == len(table)
        assert counts["renamed"] > 100
        # What is left are loci that NCBI gave up since the array was made (LOC649546).
        assert mapped.isin(names.approved).mean() > 0.75
