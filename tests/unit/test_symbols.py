"""Symbols brought to those in force: renamed genes, spreadsheets' dates, names of several genes."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.symbols import GeneNames, current, is_damaged, read_gene_names, write_gene_names

ROOT = Path(__file__).parents[2]

# The genes that HGNC renamed because spreadsheets made dates of them (Bruford et al. 2020).
RENAMED = {f"SEPT{n}": f"SEPTIN{n}" for n in range(1, 13)} | {"SEPT14": "SEPTIN14"}
RENAMED |= {f"MARCH{n}": f"MARCHF{n}" for n in range(1, 12)}
RENAMED |= {"MARC1": "MTARC1", "MARC2": "MTARC2", "DEC1": "DELEC1"}

# Renamed for other reasons.
KNOWN = {
    "C10orf11": "LRMDA", "C9orf72": "C9orf72", "FAM46C": "TENT5C", "FAM129A": "NIBAN1",
    "FAM134B": "RETREG1", "KIAA0101": "PCLAF", "KIAA1524": "CIP2A", "GNB2L1": "RACK1",
    "H3F3A": "H3-3A", "H2AFZ": "H2AZ1", "HIST1H4C": "H4C3", "GPR56": "ADGRG1", "EMR1": "ADGRE1",
    "MLL": "KMT2A", "MLL2": "KMT2D", "PARK2": "PRKN", "WISP1": "CCN4", "CYR61": "CCN1",
    "CTGF": "CCN2", "IL8": "CXCL8", "TMEM173": "STING1", "SEPP1": "SELENOP", "NARS": "NARS1",
    "CASC5": "KNL1", "NOV": "CCN3", "VARS": "VARS1", "GARS": "GARS1", "WARS": "WARS1",
    "TMEM173 ": "STING1", "tmem173": "STING1", "ATP5B": "ATP5F1B", "TCEB1": "ELOC",
    "FIGF": "VEGFD", "CD97": "ADGRE5", "ENSG00000141510.17": "TP53", "LOC7157": "TP53",
}  # fmt: skip


@pytest.fixture(scope="module")
def names():
    return read_gene_names(ROOT / "resources" / "gene_names.tsv.gz")


def test_all_symbols_in_force_stay(names):
    table = current(pd.Index(sorted(names.approved)), names)
    assert len(table) > 40_000
    assert (table["how"] == "").all()
    assert (table["symbol"] == table.index).all()
    assert not any(is_damaged(symbol, names) for symbol in names.approved)


def test_what_comes_out_goes_in_unchanged(names):
    """A second pass changes nothing: whatever leads to a gene leads to a symbol in force."""
    former = pd.Index(sorted({*names.previous, *names.alias}))
    once = current(former, names)
    led = once[~once["how"].isin(["unknown", "ambiguous"])]
    assert len(led) > 50_000
    assert led["symbol"].isin(names.approved).all()
    assert (current(pd.Index(led["symbol"].unique()), names)["how"] == "").all()


def test_the_genes_that_spreadsheets_damaged(names):
    table = current(pd.Index(RENAMED), names)
    assert table["symbol"].to_dict() == RENAMED
    assert set(table["how"]) == {"previous symbol"}


def test_genes_that_were_renamed(names):
    assert current(pd.Index(KNOWN), names)["symbol"].to_dict() == KNOWN


# Every way of writing a day that a spreadsheet shows or stores; the number is the gene's.
WRITTEN = [
    "{n}-Sep", "{n:02d}-Sep", "Sep-{n:02d}", "Sep-{n}", "{n}.Sep", "{n}. Sep", "{n} Sep", "{n}/Sep",
    "{n}-September", "September {n}", "{n}-sep", "{n}-SEP", "{n}-Sept", "{n}-Sep-20",
    "{n}-Sep-2020", "2020-09-{n:02d}", "2020/09/{n:02d}", "2020-09-{n:02d} 00:00:00",
    "2020-09-{n:02d}T00:00:00",
]  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_dates_are_the_genes_that_they_were(names, written):
    texts = [written.format(n=n) for n in range(2, 13)]
    table = current(pd.Index(texts), names)
    assert table["symbol"].tolist() == [f"SEPTIN{n}" for n in range(2, 13)]
    assert set(table["how"]) == {"excel date"}
    assert all(is_damaged(text, names) for text in texts)


@pytest.mark.parametrize(
    ("system", "zero"), [("1900", date(1899, 12, 30)), ("1904", date(1904, 1, 1))]
)
def test_counts_of_days_are_dates_in_the_system_of_the_spreadsheet(names, system, zero):
    for year in (2000, 2010, 2024):
        for month, old, new in ((3, 5, "MARCHF5"), (9, 7, "SEPTIN7"), (12, 1, "DELEC1")):
            number = str((date(year, month, old) - zero).days)
            for text in (number, f"{number}.0"):
                table = current(pd.Index([text]), names, date_system=system)
                assert table.iloc[0].tolist() == [new, "excel date"], (text, year)
    assert current(pd.Index(["44075"]), names).iloc[0].tolist() == ["44075", "ambiguous"]
    with pytest.raises(DataError, match="give 1900 or 1904"):
        current(pd.Index(["44075"]), names, date_system="1910")


def test_a_date_that_can_be_two_genes_is_not_guessed(names):
    # MARCH1 or MARC1; SEPT3 or MARCH9, by the side of the ocean; the two counts of days.
    for text in ("1-Mar", "Mar-02", "2015-03-01", "3/9/2015", "9/3/2015", "36951", "44075"):
        assert current(pd.Index([text]), names).iloc[0].tolist() == [text, "ambiguous"]
        assert is_damaged(text, names)
    # The day cannot be a month, or no gene has had that name.
    table = current(pd.Index(["9/15/2015", "15/9/2015", "9/7/2015"]), names)
    assert table["symbol"].tolist() == ["SELENOF", "SELENOF", "SEPTIN7"]


def test_what_only_looks_like_a_date_is_left_alone(names):
    texts = ["12-Lip", "3-Foo", "99999", "2.5", "HLA-A", "2001-13-45", "40-Sep", "NKX3-1", "",
             "7157", "0-Sep", "DEC-205", "MAR-X", "10000", "S100A8"]  # fmt: skip
    assert "excel date" not in set(current(pd.Index(texts), names)["how"])
    assert is_damaged("2.31E+13", names)
    assert is_damaged("5.00E+02", names)
    assert not any(is_damaged(text, names) for text in ("TP53", "7157", "12345", "E2F1", ""))


def test_a_name_of_several_genes_is_not_guessed():
    small = GeneNames(
        frozenset({"A", "B", "C"}), {"OLD": ("A",), "TWO": ("A", "B")}, {"OLD": ("C",), "A": ("B",)}
    )
    table = current(pd.Index(["OLD", "TWO", "A", "old", "NEW", ""]), small)
    assert table["symbol"].tolist() == ["A", "TWO", "A", "A", "NEW", ""]
    assert table["how"].tolist() == [
        "previous symbol", "ambiguous", "", "previous symbol", "unknown", ""
    ]  # fmt: skip


def test_a_former_symbol_of_two_genes_is_not_guessed(names):
    """QARS was EPRS1 before it was QARS1; MUM1 was IRF4 and PWWP3A."""
    table = current(pd.Index(["QARS", "MUM1"]), names)
    assert table["symbol"].tolist() == ["QARS", "MUM1"]
    assert set(table["how"]) == {"ambiguous"}


def test_no_alias_of_several_genes_in_the_snapshot_is_guessed(names):
    several = [name for name, genes in names.alias.items() if len(genes) > 1]
    free = [name for name in several if name not in names.approved and name not in names.previous]
    assert len(free) > 500
    table = current(pd.Index(free), names)
    assert (table["how"] == "ambiguous").all()
    assert (table["symbol"] == table.index).all()


def test_letter_case_is_tried_last():
    small = GeneNames(frozenset({"AB"}), {"ab": ("CD",)}, {})
    assert current(pd.Index(["ab", "aB"]), small)["symbol"].tolist() == ["CD", "AB"]


def test_an_index_and_repeated_symbols_are_kept():
    small = GeneNames(frozenset({"A"}), {"OLD": ("A",)}, {})
    symbols = pd.Series(["OLD", " A ", "OLD", ""], index=["p1", "p2", "p3", "p4"])
    table = current(symbols, small)
    assert table["symbol"].to_dict() == {"p1": "A", "p2": "A", "p3": "A", "p4": ""}


def hgnc(path):
    header = ["hgnc_id", "symbol", "status", "prev_symbol", "alias_symbol", "entrez_id",
              "ensembl_gene_id", "refseq_accession"]  # fmt: skip
    rows = [
        ["HGNC:2", "B", "Approved", '"OLD|OLDER"', "", "2", "ENSG2", "NM_2"],
        ["HGNC:1", "A", "Approved", "", "X", "1", "ENSG1", "NM_1"],
        ["HGNC:3", "C~withdrawn", "Entry Withdrawn", "", "", "", "", ""],
    ]
    path.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n")
    return path


def test_the_snapshot_is_made_of_hgncs_table(tmp_path):
    source = hgnc(tmp_path / "hgnc_complete_set.txt")
    first, second = tmp_path / "one.tsv.gz", tmp_path / "two.tsv.gz"
    write_gene_names(source, first)
    write_gene_names(source, second)
    assert first.read_bytes() == second.read_bytes()
    small, whole = read_gene_names(first), read_gene_names(source)
    assert small.approved == whole.approved == {"A", "B"}
    assert small.previous == whole.previous == {"OLD": ("B",), "OLDER": ("B",)}
    assert small.by_entrez == whole.by_entrez == {"1": "A", "2": "B"}
    assert whole.by_accession == {"NM_1": "A", "NM_2": "B"}
    assert small.by_accession == {}


def test_the_shipped_snapshot_is_as_its_page_says(names, tmp_path):
    page = (ROOT / "resources" / "README.md").read_text()
    assert f"{len(names.approved):,} genes" in page
    # Made again of itself, it is the same to the last byte.
    shipped = ROOT / "resources" / "gene_names.tsv.gz"
    write_gene_names(shipped, tmp_path / "again.tsv.gz")
    assert read_gene_names(tmp_path / "again.tsv.gz") == names


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: b"", "is no table of gene names"),
        (lambda raw: b"<html></html>", "has no column 'symbol'"),
        (lambda raw: raw.replace(b"prev_symbol", b"other"), "has no column 'previous'"),
        (lambda raw: raw.replace(b"\tB\t", b"\tA\t"), "missing or not unique"),
        (lambda raw: raw.replace(b"Approved", b"Reserved"), "missing or not unique"),
    ],
)
def test_damaged_tables_of_gene_names_are_refused(tmp_path, damage, message):
    path = hgnc(tmp_path / "hgnc_complete_set.txt")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message) as caught:
        read_gene_names(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_cut_snapshot_is_refused(tmp_path):
    raw = (ROOT / "resources" / "gene_names.tsv.gz").read_bytes()
    for size in (1, 100, len(raw) // 2, len(raw) - 1):
        (tmp_path / "cut.tsv.gz").write_bytes(raw[:size])
        with pytest.raises(DataError):
            read_gene_names(tmp_path / "cut.tsv.gz")
