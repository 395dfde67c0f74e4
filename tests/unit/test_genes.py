"""From probes to genes: columns of platforms, current symbols, repaired dates, joined probes."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError
from crosshub.geo.platform import read_mapping, read_platform
from crosshub.probes import join_probes, map_probes, name_genes, require_coverage
from crosshub.symbols import GeneNames, current, is_damaged, read_gene_names, write_gene_names

ROOT = Path(__file__).parents[2]

# The genes that HGNC renamed because spreadsheets made dates of them (Bruford et al. 2020).
RENAMED = {f"SEPT{n}": f"SEPTIN{n}" for n in range(1, 13)} | {"SEPT14": "SEPTIN14"}
RENAMED |= {f"MARCH{n}": f"MARCHF{n}" for n in range(1, 12)}
RENAMED |= {"MARC1": "MTARC1", "MARC2": "MTARC2", "DEC1": "DELEC1"}


@pytest.fixture(scope="module")
def names():
    return read_gene_names(ROOT / "resources" / "gene_names.tsv.gz")


def soft(path, header, rows, **tags):
    """Write a platform's record as GEO has it."""
    lines = [f"^PLATFORM = {path.name.split('.')[0]}", "!Platform_title = an array"]
    lines += [f"!Platform_{tag} = {value}" for tag, value in tags.items()]
    lines += [f"#{name} = {name}" for name in header]
    lines += ["!platform_table_begin", "\t".join(header), *("\t".join(row) for row in rows)]
    path.write_bytes(gzip.compress("\n".join([*lines, "!platform_table_end", ""]).encode()))
    return path


LAYOUTS = {
    "affymetrix 3'": (
        ["ID", "GB_ACC", "Gene Title", "Gene Symbol", "ENTREZ_GENE_ID"],
        ["1007_s_at", "U48705", "a kinase", "DDR1 /// MIR4640", "780 /// 100616237"],
        {"symbol": "DDR1///MIR4640", "entrez": "780///100616237", "accession": "U48705"},
    ),
    "affymetrix st": (
        ["ID", "GB_LIST", "gene_assignment"],
        ["7892501", "NM_000014",
         "NM_000014 // A2M // alpha-2-macroglobulin // 12p13.3 // 2 /// NR_1 // --- // none"],
        {"symbol": "A2M", "accession": "NM_000014"},
    ),
    "illumina": (
        ["ID", "Transcript", "ILMN_Gene", "Entrez_Gene_ID", "Symbol"],
        ["ILMN_1343291", "ILMN_5311", "EEF1A1", "1915", "EEF1A1"],
        {"symbol": "EEF1A1", "entrez": "1915"},
    ),
    "agilent": (
        ["ID", "CONTROL_TYPE", "REFSEQ", "GB_ACC", "GENE", "GENE_SYMBOL"],
        ["12", "FALSE", "NM_001017967", "NM_001017967", "7157", "TP53"],
        {"symbol": "TP53", "entrez": "7157", "accession": "NM_001017967"},
    ),
    "entrez alone": (["ID", "ENTREZ_GENE_ID"], ["1_at", "7157"], {"entrez": "7157"}),
    "ensembl alone": (
        ["ID", "SPOT_ID"], ["x_at", "ENSG00000141510"], {"ensembl": "ENSG00000141510"}
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


def test_symbols_come_from_ids_where_a_platform_has_no_symbol(tmp_path, names):
    rows = [["a", "7157", "", ""], ["b", "", "ENSG00000146648", ""], ["c", "", "", "OLD"],
            ["d", "0", "", ""]]  # fmt: skip
    header = ["ID", "ENTREZ_GENE_ID", "Ensembl", "Symbol"]
    table = name_genes(read_platform(soft(tmp_path / "GPL1.soft.gz", header, rows)), names)
    assert table["symbol"].to_dict() == {"a": "TP53", "b": "EGFR", "c": "OLD", "d": ""}


def test_accessions_alone_need_hgncs_whole_table(tmp_path, names):
    path = soft(tmp_path / "GPL1.soft.gz", ["ID", "GB_ACC"], [["a", "NM_000546.6"], ["b", ""]])
    with pytest.raises(DataError, match="refresh_gene_names"):
        name_genes(read_platform(path), names)
    whole = GeneNames(frozenset({"TP53"}), {}, {}, by_accession={"NM_000546": "TP53"})
    assert name_genes(read_platform(path), whole)["symbol"].tolist() == ["TP53", ""]


@pytest.mark.parametrize(
    ("header", "rows", "tags", "message"),
    [
        (["ID", "Row"], [["a", "1"]], {}, "no column names genes"),
        (["ID", "Symbol"], [["a", "TP53"], ["a", "EGFR"]], {}, "'a' occurs twice"),
        (["ID", "Symbol"], [["a", "TP53", "x"]], {}, "too many cells"),
        (["ID", "Symbol"], [["a", "TP53"]], {"data_row_count": 2}, "declares 2 probes"),
    ],
)
def test_platforms_that_are_not_whole(tmp_path, header, rows, tags, message):
    with pytest.raises(DataError, match=message):
        read_platform(soft(tmp_path / "GPL1.soft.gz", header, rows, **tags))


def test_the_record_of_another_platform_is_refused(tmp_path):
    path = soft(tmp_path / "GPL7.soft.gz", ["ID", "Symbol"], [["a", "TP53"]])
    path.rename(tmp_path / "GPL8.soft.gz")
    with pytest.raises(DataError, match="holds the platform GPL7, not GPL8"):
        read_platform(tmp_path / "GPL8.soft.gz")


def test_geoparse_reads_the_same_table(tmp_path):
    import GEOparse

    header, row, wanted = LAYOUTS["affymetrix 3'"]
    rows = [[f"{i}_at", *row[1:]] for i in range(50)]
    path = soft(tmp_path / "GPL1.soft.gz", header, rows, geo_accession="GPL1")
    theirs = GEOparse.get_GEO(filepath=str(path), silent=True).table
    ours = read_platform(path)
    assert theirs["ID"].tolist() == ours.index.tolist()
    assert theirs["Gene Symbol"].str.replace(" ", "").tolist() == ours["symbol"].tolist()


@pytest.mark.parametrize(
    "content",
    [
        b"probe\tsymbol\na\tTP53\nb\tM\xfcller1\n",
        b"\xef\xbb\xbfprobe,symbol\r\na,TP53\r\nb,EGFR\r\n",
        b"ID\tENTREZ_GENE_ID\na\t7157\nb\t1956\n",
        gzip.compress(b"symbol\tprobe\nTP53\ta\nEGFR\tb\n"),
    ],
    ids=["latin-1", "windows with a byte order mark", "entrez", "packed"],
)
def test_mapping_files_of_the_user(tmp_path, names, content):
    path = tmp_path / "mine.tsv"
    path.write_bytes(content)
    table = name_genes(read_mapping(path), names)
    assert table.index.tolist() == ["a", "b"]
    assert table.loc["a", "symbol"] == "TP53"
    assert table.attrs == {} or table.attrs["kind"] == "mapping file"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"probe\tsymbol\n", "is empty"),
        (b"probe\tsymbol\na\tTP53\na\tEGFR\n", "'a' occurs twice"),
        (b"probe\tcolour\na\tred\n", "no column names genes"),
        (b"probe\tsymbol\na\tTP53\tx\n", "too many cells"),
        (gzip.compress(b"probe\tsymbol\na\tTP53\n")[:-3], "mine.tsv"),
    ],
)
def test_mapping_files_that_are_none(tmp_path, content, message):
    path = tmp_path / "mine.tsv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_mapping(path)
    assert len(str(caught.value).splitlines()) == 1


def values(probes, seed=0, samples=4):
    rng = np.random.default_rng(seed)
    index = pd.Index([*probes], name="probe")
    return pd.DataFrame(rng.normal(size=(len(index), samples)), index, [*"wxyz"[:samples]])


def test_probes_of_several_genes_are_dropped_and_counted_or_expanded():
    genes = {"a": "G1", "b": "G1///G2", "c": " /// ".join(f"G{i}" for i in range(3, 10)), "d": ""}
    annotation = pd.DataFrame({"symbol": genes})
    table = values([*genes, "e"])
    mapped, counts = map_probes(table, annotation)
    assert mapped.to_dict() == {"a": "G1"}
    assert (counts["ambiguous"], counts["without_gene"], counts["not_in_annotation"]) == (2, 1, 1)
    assert counts["in"] == counts["mapped"] + 2 + 1 + 1
    mapped, counts = map_probes(table, annotation, ambiguous="expand")
    assert list(zip(mapped.index, mapped, strict=True)) == [("a", "G1"), ("b", "G1"), ("b", "G2")]
    joined, _ = join_probes(table, mapped)
    np.testing.assert_allclose(joined.loc["G2"], table.loc["b"])
    np.testing.assert_allclose(joined.loc["G1"], table.loc[["a", "b"]].mean())


def test_two_names_of_one_gene_are_one_gene(names):
    annotation = pd.DataFrame({"symbol": {"a": "SEPT9///SEPTIN9", "b": "SEPT9", "c": "SEPTIN9"}})
    mapped, counts = map_probes(values("abc"), annotation, names)
    assert set(mapped) == {"SEPTIN9"}
    assert (counts["ambiguous"], counts["renamed"]) == (0, 1)


def test_joining_knows_nothing_but_the_sample():
    """A sample alone, and samples in another order, give the same values to the last bit."""
    table = values([f"p{i}" for i in range(60)])
    genes = pd.Series([f"G{i % 7}" for i in range(60)], index=table.index)
    for how in ("mean", "median"):
        joined, _ = join_probes(table, genes, how=how)
        turned, _ = join_probes(table[["z", "x", "w", "y"]], genes, how=how)
        pd.testing.assert_frame_equal(turned[[*"wxyz"]], joined)
        alone, _ = join_probes(table[["y"]], genes, how=how)
        np.testing.assert_array_equal(alone["y"], joined["y"])
        expected = table.groupby(genes).agg(how)
        np.testing.assert_allclose(joined, expected, rtol=1e-12)


def test_spikes_are_no_genes():
    symbols = {"a": "TP53", "b": "ERCC-00163", "c": "permuted_negative", "d": "ERCC1"}
    mapped, _ = map_probes(values(symbols), pd.DataFrame({"symbol": symbols}))
    assert mapped.to_dict() == {"a": "TP53", "d": "ERCC1"}


def test_too_small_a_coverage_says_what_to_do():
    annotation = pd.DataFrame({"symbol": {"a": "G1", "b": "", "AFFX-1": ""}})
    _, counts = map_probes(values(["a", "b", "c", "AFFX-1"]), annotation)
    assert counts["coverage"] == pytest.approx(1 / 3, abs=1e-4)
    require_coverage(counts, 0.3, "GPL1")
    with pytest.raises(DataError, match="GPL1 names a gene for 33% of the probes, less than"):
        require_coverage(counts, 0.4, "GPL1")


def test_all_symbols_in_force_stay(names):
    table = current(pd.Index(sorted(names.approved)), names)
    assert (table["how"] == "").all()
    assert (table["symbol"] == table.index).all()


def test_the_genes_that_spreadsheets_damaged(names):
    table = current(pd.Index(RENAMED), names)
    assert table["symbol"].to_dict() == RENAMED
    assert set(table["how"]) == {"previous symbol"}


WRITTEN = {
    "%d-Sep": None, "Sep-%02d": None, "%02d-Sep": None, "2001-09-%02d": None,
    "2001-09-%02d 00:00:00": None, "%d. Sep": None, "%d-September": None,
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_dates_are_the_genes_that_they_were(names, written):
    for number in (3, 5, 7, 8, 10, 11):
        table = current(pd.Index([written % number]), names)
        assert table["symbol"].tolist() == [f"SEPTIN{number}"], written % number
        assert table["how"].tolist() == ["excel date"]


def test_a_date_that_can_be_two_genes_is_not_guessed(names):
    for text in ("1-Mar", "Mar-02", "2015-03-01", "36951"):
        table = current(pd.Index([text]), names)
        assert table.iloc[0].tolist() == [text, "ambiguous"]


def test_each_repair_is_listed(names):
    annotation = pd.DataFrame({"symbol": {"a": "3-Mar", "b": "7-Sep", "c": "1-Mar", "d": "TP53"}})
    mapped, counts = map_probes(values("abcd"), annotation, names)
    assert mapped.to_dict() == {"a": "MARCHF3", "b": "SEPTIN7", "c": "1-Mar", "d": "TP53"}
    assert counts["excel_dates"] == [
        {"from": "3-Mar", "to": "MARCHF3"},
        {"from": "7-Sep", "to": "SEPTIN7"},
    ]
    assert counts["unknown_symbols"] == 1


def test_what_only_looks_like_a_date_is_left_alone(names):
    for text in ("12-Lip", "3-Foo", "99999", "2.5", "HLA-A", "2001-13-45", "40-Sep", "NKX3-1"):
        assert current(pd.Index([text]), names)["how"].iloc[0] != "excel date"
    assert is_damaged("2.31E+13", names)
    assert not any(is_damaged(text, names) for text in ("TP53", "7157", "12345"))


def test_a_name_of_several_genes_is_not_guessed():
    small = GeneNames(
        frozenset({"A", "B", "C"}), {"OLD": ("A",), "TWO": ("A", "B")}, {"OLD": ("C",), "A": ("B",)}
    )
    table = current(pd.Index(["OLD", "TWO", "A", "old", "NEW", ""]), small)
    assert table["symbol"].tolist() == ["A", "TWO", "A", "A", "NEW", ""]
    assert table["how"].tolist() == [
        "previous symbol", "ambiguous", "", "previous symbol", "unknown", ""
    ]  # fmt: skip


def test_the_snapshot_is_made_of_hgncs_table(tmp_path):
    header = ["hgnc_id", "symbol", "status", "prev_symbol", "alias_symbol", "entrez_id",
              "ensembl_gene_id", "refseq_accession"]  # fmt: skip
    rows = [
        ["HGNC:2", "B", "Approved", '"OLD|OLDER"', "", "2", "ENSG2", "NM_2"],
        ["HGNC:1", "A", "Approved", "", "X", "1", "ENSG1", "NM_1"],
        ["HGNC:3", "C~withdrawn", "Entry Withdrawn", "", "", "", "", ""],
    ]
    source = tmp_path / "hgnc_complete_set.txt"
    source.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n")
    first, second = tmp_path / "one.tsv.gz", tmp_path / "two.tsv.gz"
    write_gene_names(source, first)
    write_gene_names(source, second)
    assert first.read_bytes() == second.read_bytes()
    small, whole = read_gene_names(first), read_gene_names(source)
    assert small.approved == whole.approved == {"A", "B"}
    assert small.previous == whole.previous == {"OLD": ("B",), "OLDER": ("B",)}
    assert whole.by_accession == {"NM_1": "A", "NM_2": "B"}


COVERAGE = {
    "GPL96": 0.94, "GPL97": 0.55, "GPL570": 0.82, "GPL571": 0.94, "GPL6244": 0.7, "GPL6947": 0.7,
    "GPL10558": 0.9,
}  # fmt: skip


@pytest.mark.parametrize("platform", COVERAGE)
def test_platforms_of_the_mirror(mirror, names, platform):
    folder = mirror / "platforms" / geo.folder_of(platform)
    files = [path for path in sorted(folder.rglob("*.gz")) if "family" not in path.name]
    assert files
    for path in files:
        table = name_genes(read_platform(path), names)
        empty = pd.DataFrame(index=table.index)
        mapped, counts = map_probes(empty, table, names)
        assert counts["coverage"] >= COVERAGE[platform], path
        assert counts["renamed"] > 100
        # What is left are loci that NCBI gave up since the array was made (LOC649546).
        known = mapped.isin(names.approved).mean()
        assert known > 0.75, (path, known)
