import gzip
import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, index_signatures, read_release_table
from crosshub.signatures import text as matrix_text
from crosshub.signatures.annotation import describe_signatures
from crosshub.symbols import GeneNames, read_gene_names
from crosshub.tables import read_json, read_table

GOLDEN = Path(__file__).parents[1] / "golden" / "gctx" / "cmappy.json"
CELLS = ["MCF7", "PC3", "A375", "HT29"]


def text(path, content):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write(content)
    return path


def gctx(path, values, genes, signatures, **datasets):
    with h5py.File(path, "w") as file:
        file.create_dataset("0/DATA/0/matrix", data=values, **datasets)
        file["0/META/ROW/id"] = np.asarray(genes).astype("S")
        file["0/META/COL/id"] = np.asarray(signatures).astype("S")
    return path


def built(source, folder, **options):
    index_signatures(source, folder, **options)
    return SignatureStore.open(folder)


def refused(source, folder, message, **options):
    """The error is one line that names the file, and nothing is left beside it."""
    with pytest.raises(DataError, match=message) as caught:
        index_signatures(source, folder / "store", **options)
    assert str(source) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in folder.iterdir()] == [source.name]


@pytest.fixture
def values():
    return np.random.default_rng(5).normal(size=(23, 61)).astype(np.float32)


def checksum(content):
    return hashlib.sha256(content).hexdigest()[:16]


@pytest.mark.parametrize("name", sorted(json.loads(GOLDEN.read_text())))
def test_equal_to_cmappy_on_the_same_file(tmp_path, name, real_signatures):
    golden = json.loads(GOLDEN.read_text())[name]
    ids = None
    if "level5" in name:
        ids = pd.read_csv(
            real_signatures("GSE92742_Broad_LINCS_gene_info.txt"), sep="\t", dtype=str
        )
    store = built(real_signatures(name), tmp_path / "store", genes=ids, width=128)
    # The plate's rows are named by probe sets, which the store does not keep.
    if "level5" in name:
        assert checksum("\n".join(store.gene_table["entrez"]).encode()) == golden["genes"]
    names = store.signatures["signature"]
    assert checksum("\n".join(names).encode()) == golden["signatures"]
    for matrix in ("values", "ranks", "magnitudes"):
        found = store.matrix(matrix)
        assert list(found.shape) == golden["shape"]
        assert checksum(found[:].tobytes()) == golden[matrix], matrix
    if "compounds" in golden:
        compounds = store.signatures["compound"].replace("", "-666")
        assert checksum("\n".join(compounds).encode()) == golden["compounds"]


def gct_lines(values, version="#1.3"):
    """A GCT of values (signatures × genes); 1.3 with metadata of both."""
    names = [f"s{i}" for i in range(len(values))]
    genes = [f"{100 + j}_at" for j in range(values.shape[1])]
    rows = [[f"{value:.9g}" for value in column] for column in values.T]
    if version == "#1.2":
        head = [[str(values.shape[1]), str(len(values))], ["Name", "Description", *names]]
        body = [[f"GENE{j}", f"gene {j}", *row] for j, row in enumerate(rows)]
        return [[version], *head, *body]
    head = [
        [str(values.shape[1]), str(len(values)), "3", "3"],
        ["id", "pr_gene_symbol", "pr_gene_id", "pr_is_lm", *names],
        ["pert_iname", *["na"] * 3, *[f"drug {i // 2}" for i in range(len(names))]],
        ["cell_id", *["na"] * 3, *[CELLS[i % 4] for i in range(len(names))]],
        ["tas", *["na"] * 3, *[f"{i / 100:.2f}" for i in range(len(names))]],
    ]
    body = [[gene, f"GENE{j}", str(j + 1), str(j % 2), *row] for j, (gene, row) in
            enumerate(zip(genes, rows, strict=True))]  # fmt: skip
    return [[version], *head, *body]


def joined(lines):
    return "".join("\t".join(line) + "\n" for line in lines)


@pytest.mark.parametrize("name", ["x.gct", "x.gct.gz"])
@pytest.mark.parametrize("version", ["#1.2", "#1.3"])
def test_gct(tmp_path, values, name, version):
    source = text(tmp_path / name, joined(gct_lines(values, version)))
    store = built(source, tmp_path / "store", width=8)
    assert store.genes.tolist() == [f"GENE{j}" for j in range(61)]
    assert np.array_equal(store.matrix("values")[:], values.T.astype(np.float16))
    assert np.array_equal(
        store.matrix("ranks")[:], np.argsort(np.argsort(-values, axis=1), axis=1).T + 1
    )
    if version == "#1.3":
        assert store.signatures["compound"].tolist()[:3] == ["drug 0", "drug 0", "drug 1"]
        assert store.signatures["tas"].tolist() == [i / 100 for i in range(23)]
        assert store.gene_table["entrez"].tolist()[:2] == ["1", "2"]
        assert store.gene_table["space"].tolist()[:2] == ["inferred", "landmark"]
    else:
        assert store.signatures["tas"].isna().all()


def test_gct_and_gctx_of_one_matrix_give_the_same_matrices(tmp_path, values):
    one = built(text(tmp_path / "x.gct", joined(gct_lines(values))), tmp_path / "one")
    genes = [f"GENE{j}" for j in range(61)]
    source = gctx(tmp_path / "x.gctx", values, genes, [f"s{i}" for i in range(23)])
    two = built(source, tmp_path / "two")
    for name in ("ranks", "values", "magnitudes"):
        assert np.array_equal(one.matrix(name)[:], two.matrix(name)[:])


def change(lines, row, column, value):
    lines = [list(line) for line in lines]
    lines[row][column] = value
    return lines


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda x: change(x, 0, 0, "#1.4"), "begins with '#1.4', a GCT with #1.2 or #1.3"),
        (lambda x: change(x, 1, 0, "many"), "its second line must be 4 numbers"),
        (lambda x: change(x, 1, 0, "60"), "declares 60 genes and has 61"),
        (lambda x: change(x, 1, 1, "22"), "declares 22 signatures, its header has 23"),
        (lambda x: change(x, 1, 2, "2"), "declares 23 signatures, its header has 24"),
        (lambda x: x[:-5], "declares 61 genes and has 56"),
        (lambda x: [*x[:-1], x[-1][:9]], "gene 61 has 9 fields, the header 27"),
        (lambda x: [*x[:4], x[4][:9], *x[5:]], "the line 'cell_id' has 9 fields, the header 27"),
        (lambda x: change(x, 20, 9, "high"), r"gene 15 \('114_at'\) has 'high' in column 's5'"),
        (lambda x: change(x, 20, 9, ""), r"1 of 23 signatures .*: 's5' \(1 of 61 genes\)"),
        (lambda x: change(x, 5, 6, "strong"), "column 'tas' has 'strong': it must be a number"),
        (lambda x: change(x, 2, 5, "s0"), "1 signatures occur more than once, first 's0'"),
        (lambda x: x[:6], "it has a header and no genes"),
        (lambda x: x[:2], "declares 23 signatures, its header has 0"),
    ],
)
def test_bad_gct(tmp_path, values, edit, message):
    source = text(tmp_path / "x.gct", joined(edit(gct_lines(values))))
    refused(source, tmp_path, message)


def test_truncated_gct_gz(tmp_path, values):
    source = text(tmp_path / "x.gct.gz", joined(gct_lines(values)))
    whole = source.read_bytes()
    for kept in (0.1, 0.5, 0.99):
        source.write_bytes(whole[: int(len(whole) * kept)])
        refused(source, tmp_path, "cannot be read as a GCT")


@pytest.mark.parametrize(
    "layout", [{}, {"chunks": (10, 16)}, {"chunks": (10, 16), "compression": 4}]
)
def test_gctx_that_is_cut_anywhere(tmp_path, values, layout):
    many = np.tile(values, (20, 1))
    source = gctx(tmp_path / "x.gctx", many, [f"G{j}" for j in range(61)], range(460), **layout)
    whole = source.read_bytes()
    for kept in (0, 1, 7, 100, 900, 3000, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        source.write_bytes(whole[:kept])
        refused(source, tmp_path, "not a complete GCTX")


def test_gctx_with_holes_of_zeros(tmp_path, values):
    # A download that was resumed wrongly: the length is right and the middle is not.
    source = gctx(tmp_path / "x.gctx", np.tile(values, (20, 1)), [f"G{j}" for j in range(61)],
                  range(460), chunks=(10, 16), compression=4)  # fmt: skip
    whole = bytearray(source.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 20000] = bytes(20000)
    source.write_bytes(whole)
    refused(source, tmp_path, "not a complete GCTX")


@pytest.mark.parametrize("chunks", [None, (10, 16)])
def test_gctx_of_a_writer_that_stopped(tmp_path, values, chunks):
    # The file is whole and can be opened, the matrix was not written to its end.
    path = tmp_path / "x.gctx"
    with h5py.File(path, "w") as file:
        matrix = file.create_dataset("0/DATA/0/matrix", (40, 61), "f4", chunks=chunks)
        if chunks:
            matrix[:20] = np.tile(values, (2, 1))[:20]
        file["0/META/ROW/id"] = np.array([f"G{j}" for j in range(61)], "S")
        file["0/META/COL/id"] = np.arange(40).astype("S")
    expected = "8 of 16 parts" if chunks else "0 of 9760 parts"
    refused(path, tmp_path, rf"not a complete GCTX \({expected} of the matrix were written\)")


def test_other_bad_gctx(tmp_path, values):
    packed = tmp_path / "x.gctx.gz"
    packed.write_bytes(gzip.compress(b"x"))
    refused(packed, tmp_path, "gunzip it first")
    packed.unlink()
    genes, names = [f"G{j}" for j in range(61)], [f"s{i}" for i in range(23)]
    path = tmp_path / "x.gctx"
    words = np.full((23, 61), b"high")
    refused(gctx(path, words, genes, names), tmp_path, "the matrix holds no numbers")
    turned = gctx(path, values.T.copy(), genes, names)
    refused(turned, tmp_path, "the matrix is 61 × 23, the ids are 23 signatures and 61 genes")
    none = gctx(path, values[:0], genes, [])
    refused(none, tmp_path, "holds no signature")
    flat = gctx(path, values.ravel(), genes, names)
    refused(flat, tmp_path, "the matrix is 1403, the ids are 23 signatures")
    path.write_bytes(b"not an HDF5 file at all")
    refused(path, tmp_path, "not a complete GCTX")
    with pytest.raises(DataError, match="absent.gctx: does not exist"):
        index_signatures(tmp_path / "absent.gctx", tmp_path / "store")


def test_every_bad_signature_is_counted(tmp_path, values):
    holed = np.tile(values, (10, 1))
    for i in (3, 40, 41, 200, 229):
        holed[i, : i % 7 + 1] = np.nan
    holed[60, 0] = np.inf
    genes, names = [f"G{j}" for j in range(61)], [f"s{i}" for i in range(230)]
    source = gctx(tmp_path / "x.gctx", holed, genes, names)
    message = (
        r"6 of 230 signatures have values that are missing or beyond ±65504: 's3' \(4 of 61 "
        r"genes\), 's40' \(6 of 61 genes\), 's41' \(7 of 61 genes\) and 3 more: leave them out"
    )
    refused(source, tmp_path, message, block=16, width=32)


def entrez_table(number=61):
    return pd.DataFrame({"pr_gene_id": range(1, number + 1),
                         "pr_gene_symbol": [f"G{j}" for j in range(number)],
                         "pr_is_lm": [int(j < 5) for j in range(number)],
                         "pr_is_bing": [int(j < 9) for j in range(number)]})  # fmt: skip


def test_wrong_gene_ids_are_named(tmp_path, values):
    names = [f"s{i}" for i in range(23)]
    kinds = {
        "Ensembl genes": [f"ENSG{j:011d}" for j in range(61)],
        "Ensembl transcripts": [f"ENST{j:011d}.2" for j in range(61)],
        "Affymetrix probe sets": [f"{j}_s_at" for j in range(61)],
        "Entrez ids": [str(j + 5000) for j in range(61)],
    }
    for kind, ids in kinds.items():
        source = gctx(tmp_path / "x.gctx", values, ids, names)
        message = (
            f"none of its 61 gene ids is in the gene table: they are {kind} "
            rf"\(first '{ids[0]}'\), the table has Entrez ids \(first '1'\)"
        )
        refused(source, tmp_path, message, genes=entrez_table())
        refused(source, tmp_path, rf"no gene has a symbol \(the ids are {kind}\)")


def test_genes_get_the_symbols_in_force(tmp_path, values):
    names = GeneNames(
        approved=frozenset(["SEPTIN2", "NARS1", "MARCHF1", "MTARC1", "TP53", "B", "C1"]),
        previous={"SEPT2": ("SEPTIN2",), "OLD": ("MARCHF1", "MTARC1"), "A": ("B",)},
        alias={"NARS": ("NARS1",), "C": ("C1",)},
        by_entrez={"1": "SEPTIN2", "2": "NARS1", "3": "MTARC1", "4": "TP53", "7": "MARCHF1"},
    )
    symbols = ["SEPT2", "NARS", "OLD", "TP53", "A", "B", "UNKNOWN", "C"]
    table = pd.DataFrame({"gene_id": range(1, 9), "gene_symbol": symbols})
    source = gctx(tmp_path / "x.gctx", values[:, :8], range(1, 9), range(23))
    store = built(source, tmp_path / "store", genes=table, names=names)
    # OLD was two genes, and the id tells which; A would become B, which is there; the symbol of
    # gene 7 never was one of MARCHF1.
    expected = ["SEPTIN2", "NARS1", "MTARC1", "TP53", "A", "B", "UNKNOWN", "C1"]
    assert store.genes.tolist() == expected
    assert store.gene_table["source_symbol"].tolist() == symbols
    assert store.record["genes_renamed"] == 4


def test_real_genes_get_the_symbols_in_force(tmp_path, real_signatures):
    level5 = real_signatures("l1000_level5_12328x2.gctx")
    table = read_release_table(real_signatures("GSE92742_Broad_LINCS_gene_info.txt"))
    names = read_gene_names(Path(__file__).parents[2] / "resources" / "gene_names.tsv.gz")
    store = built(level5, tmp_path / "store", genes=table, names=names)
    assert store.n_genes == 12328
    assert {"SEPTIN2", "NARS1", "ELOB"} <= set(store.genes)
    assert store.record["genes_renamed"] > 450
    # The id stands for the same gene wherever HGNC knows it.
    known = store.gene_table["entrez"].map(names.by_entrez)
    assert (known.dropna() == store.genes[known.notna()]).mean() > 0.998


def test_entrez_ids_of_a_table_with_gaps(tmp_path, values):
    source = gctx(tmp_path / "x.gctx", values, range(1, 62), [f"s{i}" for i in range(23)])
    table = entrez_table().astype({"pr_gene_id": float})
    table.loc[4, "pr_gene_id"] = np.nan
    store = built(source, tmp_path / "store", genes=table)
    assert store.genes.tolist() == [f"G{j}" for j in range(61) if j != 4]
    assert store.gene_table["entrez"].tolist()[:5] == ["1", "2", "3", "4", "6"]


def test_genes_by_ensembl_id(tmp_path, values):
    ids = [f"ENSG{j:011d}" for j in range(61)]
    source = gctx(tmp_path / "x.gctx", values, ids, [f"s{i}" for i in range(23)])
    table = pd.DataFrame({"gene_id": range(61), "gene_symbol": [f"G{j}" for j in range(61)],
                          "ensembl_id": ids,
                          "feature_space": ["landmark"] * 60 + ["reported"]})  # fmt: skip
    store = built(source, tmp_path / "store", genes=table)
    assert store.genes[3] == "G3"
    assert store.gene_table["entrez"].iloc[3] == "3"
    assert store.gene_table["space"].tolist() == ["landmark"] * 60 + ["reported"]


def test_space_of_the_genes(tmp_path, values, real_signatures):
    source = gctx(tmp_path / "x.gctx", values, range(1, 62), [f"s{i}" for i in range(23)])
    store = built(source, tmp_path / "store", genes=entrez_table())
    expected = ["landmark"] * 5 + ["best inferred"] * 4 + ["inferred"] * 52
    assert store.gene_table["space"].tolist() == expected
    path = real_signatures("GSE92742_Broad_LINCS_gene_info.txt")
    level5 = real_signatures("l1000_level5_12328x2.gctx")
    counts = built(level5, tmp_path / "real", genes=read_table(path)).gene_table["space"]
    assert counts.value_counts().to_dict() == {
        "landmark": 978, "best inferred": 9196, "inferred": 2154,
    }  # fmt: skip


def test_tables_of_gse92742_and_of_lincs2020(tmp_path, values):
    names = [f"s{i}" for i in range(4)]
    source = gctx(tmp_path / "x.gctx", values[:4], [f"G{j}" for j in range(61)], names)
    info = pd.DataFrame({"sig_id": names, "pert_id": ["BRD-1", "BRD-1", "DMSO", "-666"],
                         "pert_iname": ["a", "a", "DMSO", "-666"],
                         "pert_type": ["trt_cp", "trt_cp", "ctl_vehicle", "trt_sh"],
                         "cell_id": ["MCF7", "PC3", "MCF7", "MCF7"],
                         "pert_idose": ["10 µM", "-666", "-666", "3.33"],
                         "pert_itime": ["24 h"] * 4})  # fmt: skip
    metrics = pd.DataFrame({"sig_id": names[::-1], "distil_cc_q75": [0.25, -666, 0.5, 0.75],
                            "tas": [0.1, 0.2, -666.0, 0.4]})  # fmt: skip
    store = built(source, tmp_path / "one", signatures=[info, metrics], release="GSE92742")
    table = store.signatures
    assert store.release == "GSE92742"
    assert table["compound_id"].tolist() == ["BRD-1", "BRD-1", "DMSO", ""]
    assert table["compound"].tolist() == ["a", "a", "DMSO", ""]
    assert table["dose"].tolist() == ["10 µM", "", "", "3.33"]
    assert table["quality"].tolist() == [""] * 4
    np.testing.assert_array_equal(table["tas"], [0.4, np.nan, 0.2, 0.1])
    np.testing.assert_array_equal(table["replicate_correlation"], [0.75, 0.5, np.nan, 0.25])
    compounds = read_table(tmp_path / "one" / "compounds.tsv")
    assert compounds.to_numpy().tolist() == [["DMSO", "DMSO", 1, 1], ["a", "BRD-1", 2, 2]]
    cells = read_table(tmp_path / "one" / "cells.tsv")
    assert cells.to_numpy().tolist() == [["MCF7", 3, 2], ["PC3", 1, 1]]
    beta = pd.DataFrame({"sig_id": names, "cmap_name": list("abcd"), "pert_id": list("ABCD"),
                         "cell_iname": CELLS, "pert_dose": [10, 1, np.nan, 2.5],
                         "pert_idose": ["10 uM", "", "", "2.5 uM"], "pert_itime": ["6 h"] * 4,
                         "pert_type": ["trt_cp"] * 4, "tas": [0.1, 0.2, 0.3, np.nan],
                         "cc_q75": [0.5] * 4, "qc_pass": [1, 1, 0, np.nan],
                         "is_hiq": [1, 0, np.nan, np.nan]})  # fmt: skip
    table = built(source, tmp_path / "two", signatures=beta).signatures
    assert table["cell"].tolist() == CELLS
    assert table["quality"].tolist() == ["true", "false", "false", ""]
    assert table["dose"].tolist() == ["10 uM", "1.0", "", "2.5 uM"]
    np.testing.assert_array_equal(table["tas"], [0.1, 0.2, 0.3, np.nan])


def test_tables_of_a_release_are_read_as_text(tmp_path, values):
    path = tmp_path / "info.txt"
    content = (
        b"sig_id\tpert_idose\tjunk\tpert_iname\tis_hiq\n007\t10 \xb5M\tx\tNA\t1\n8\t1e-05\t\t\t\n"
    )
    path.write_bytes(content)
    table = read_release_table(path)
    assert "junk" not in table
    source = gctx(tmp_path / "x.gctx", values[:2], [f"G{j}" for j in range(61)], ["007", "8"])
    found = built(source, tmp_path / "store", signatures=table).signatures
    assert found["signature"].tolist() == ["007", "8"]
    assert found["dose"].tolist() == ["10 \ufffdM", "1e-05"]
    assert found["quality"].tolist() == ["true", ""]
    text(tmp_path / "genes.csv", "gene_id,gene_symbol\n1,A\n")
    for name, message in (("genes.csv", "has no column that is known"), ("no", "cannot be read")):
        with pytest.raises(DataError, match=message):
            read_release_table(tmp_path / name)
    packed = text(tmp_path / "p.txt.gz", "sig_id\tcell_id\n" + "a\tb\n" * 5000)
    packed.write_bytes(packed.read_bytes()[:60])
    with pytest.raises(DataError, match="cannot be read as a table"):
        read_release_table(packed)


def test_a_lone_quote_swallows_no_rows(tmp_path):
    rows = "".join(f"s{i}\tcompound {i}{chr(34) * (i in (3, 70))}\n" for i in range(100))
    table = read_release_table(text(tmp_path / "a.txt", "sig_id\tpert_iname\n" + rows))
    assert len(table) == 100
    assert table["pert_iname"].tolist()[3] == 'compound 3"'
    # As R writes tables: every text in quotes, the header too.
    quoted = '"sig_id"\t"pert_iname"\t"tas"\n"s1"\t"a ""b"" c"\t0.5\n'
    table = read_release_table(text(tmp_path / "b.txt", quoted))
    assert table.to_numpy().tolist() == [["s1", 'a "b" c', "0.5"]]


def test_an_id_stands_for_a_name_only_where_no_table_has_one(tmp_path, values):
    names = [f"s{i}" for i in range(3)]
    source = gctx(tmp_path / "x.gctx", values[:3], [f"G{j}" for j in range(61)], names)
    first = pd.DataFrame({"sig_id": names, "pert_id": ["BRD-1", "BRD-2", "BRD-3"],
                          "pert_dose": ["10", "1", "2"], "pert_time": ["24"] * 3,
                          "qc_pass": ["1"] * 3})  # fmt: skip
    second = pd.DataFrame({"sig_id": names[:2], "pert_iname": ["aspirin", "-666"],
                           "pert_idose": ["10 µM", ""], "pert_itime": ["24 h"] * 2,
                           "is_hiq": ["0", ""]})  # fmt: skip
    for i, tables in enumerate(([first, second], [second, first])):
        table = built(source, tmp_path / str(i), signatures=tables).signatures
        assert table["compound"].tolist() == ["aspirin", "BRD-2", "BRD-3"]
        assert table["compound_id"].tolist() == ["BRD-1", "BRD-2", "BRD-3"]
        assert table["dose"].tolist() == ["10 µM", "1", "2"]
        assert table["time"].tolist() == ["24 h", "24 h", "24"]
        assert table["quality"].tolist() == ["false", "true", "true"]


def test_a_table_of_another_release_is_refused(tmp_path, values):
    source = gctx(tmp_path / "x.gctx", values, [f"G{j}" for j in range(61)], range(23))
    other = pd.DataFrame({"sig_id": ["LJP005:A03"], "pert_iname": ["x"]})
    message = r"none of its 23 signatures \(first '0'\) is in the table .*\(first 'LJP005:A03'\)"
    refused(source, tmp_path, message, signatures=other)


def rank_matrix(ranks, probes, instances):
    lines = [["probe_id", *map(str, instances)]]
    lines += [[probe, *map(str, row)] for probe, row in zip(probes, ranks, strict=True)]
    # The file of the release has a tab at the end of each line.
    return "".join("\t".join(line) + "\t\n" for line in lines)


@pytest.fixture
def cmap():
    """Ranks of 9 probe sets in 4 instances, the genes, and the instances."""
    rng = np.random.default_rng(3)
    ranks = np.argsort(rng.random((9, 4)), axis=0) + 1
    probes = [f"{j}_at" for j in range(9)]
    symbols = ["A", "B", "A", "C", "D /// E", "", "F", "C", "C"]
    genes = pd.DataFrame({"probe_id": probes, "symbol": symbols})
    table = pd.DataFrame(
        {
            "instance_id": [1, 2, 21, 30],
            "cmap_name": ["x", "x", "y", "z"],
            "concentration (M)": [1e-5, 1e-6, 1e-5, 0.001],
            "duration (h)": [6, 6, 12, 6],
            "cell2": ["MCF7", "PC3", "HL60", "MCF7"],
        }
    )
    return ranks, probes, genes, table


@pytest.mark.parametrize("name", ["rankMatrix.txt", "ranks.tsv.gz"])
def test_rank_matrix_of_build_02(tmp_path, cmap, name):
    ranks, probes, genes, table = cmap
    source = text(tmp_path / name, rank_matrix(ranks, probes, table["instance_id"]))
    store = built(source, tmp_path / "store", genes=genes, signatures=table, release="build 02")
    assert store.genes.tolist() == ["A", "B", "C", "F"]
    centred = 1 - 2 * (ranks - 1) / 8
    means = np.array([centred[[0, 2]].mean(axis=0), centred[1], centred[[3, 7, 8]].mean(axis=0),
                      centred[6]])  # fmt: skip
    np.testing.assert_allclose(store.matrix("values")[:], means, atol=1e-3)
    order = np.argsort(np.argsort(-means, axis=0, kind="stable"), axis=0) + 1
    assert np.array_equal(store.matrix("ranks")[:], order)
    assert store.signatures["compound"].tolist() == ["x", "x", "y", "z"]
    assert store.signatures["cell"].tolist() == ["MCF7", "PC3", "HL60", "MCF7"]
    assert store.signatures["dose"].tolist() == ["1e-05 M", "1e-06 M", "1e-05 M", "0.001 M"]
    assert store.signatures["time"].tolist() == ["6 h", "6 h", "12 h", "6 h"]
    assert store.record["values"].startswith("centred ranks")
    assert (store.record["probe_sets"], store.record["genes"]) == (9, 4)
    assert store.release == "build 02"


def test_rank_matrix_alone_keeps_what_it_is(tmp_path):
    # One probe set a gene: the ranks of the file are the ranks of the store.
    ranks = np.array([np.random.default_rng(i).permutation(300) + 1 for i in range(5)]).T
    probes = [f"{j}_at" for j in range(300)]
    genes = pd.DataFrame({"ID": probes, "Gene Symbol": [f"G{j}" for j in range(300)]})
    source = text(tmp_path / "rankMatrix.txt", rank_matrix(ranks, probes, range(5)))
    store = built(source, tmp_path / "store", genes=genes, width=2)
    assert np.array_equal(store.matrix("ranks")[:], ranks)


def test_bad_rank_matrices(tmp_path, cmap):
    ranks, probes, genes, table = cmap
    path = tmp_path / "rankMatrix.txt"
    twice = ranks.copy()
    twice[0, 2] = twice[1, 2]
    text(path, rank_matrix(twice, probes, [1, 2, 21, 30]))
    refused(path, tmp_path, "instance '21' is not a permutation of 1 to 9", genes=genes)
    text(path, rank_matrix(ranks, probes, [1, 2, 21, 30]))
    refused(path, tmp_path, r"no gene has a symbol \(the ids are Affymetrix probe sets\)")
    message = "they are Affymetrix probe sets .* the table has Entrez ids"
    refused(path, tmp_path, message, genes=entrez_table())
    other = pd.DataFrame({"instance_id": [99], "cmap_name": ["x"]})
    refused(path, tmp_path, "none of its 4 signatures", genes=genes, signatures=other)
    path.write_text("probe_id\n1_at\n")
    refused(path, tmp_path, "has no instances")


def test_text_in_a_table_is_named(tmp_path):
    source = text(tmp_path / "t.tsv", "symbol\ta\tb\nA\t1\t2\nB\t3\tlow\n")
    refused(source, tmp_path, r"gene 2 \('B'\) has 'low' in column 'b', which is no number")
    text(source, "symbol\ta\tb\nA\t1\t2\nB\t3\n")
    refused(source, tmp_path, "gene 2 has 2 fields, the header 3")


@pytest.mark.parametrize("value", ["NA ", " ", "1_000", "0x1f", "1,5"])
def test_what_is_nearly_a_number_is_named(tmp_path, value):
    source = text(tmp_path / "t.tsv", f"symbol\ta\tb\nA\t1\t2\nB\t{value}\tNA\n")
    refused(source, tmp_path, rf"gene 2 \('B'\) has '{value}' in column 'a', which is no number")


def test_columns_that_would_become_signatures(tmp_path):
    for header, message in (
        ("\tsymbol\ta", "column 1 '' is neither 'entrez' nor 'symbol'.*remove it"),
        ("symbol\tgene_id\ta", "column 2 'gene_id' is neither"),
        ("ensembl\tsymbol\ta", "column 1 'ensembl' is neither"),
        ("symbol\tx\tentrez", "column 2 'x' is neither"),
        ("symbol\ta\t", "column 3 '' is neither"),
        ("symbol\tSymbol\ta", "two columns are called 'symbol'"),
        ("symbol\tentrez", "signatures must follow"),
    ):
        last = "\t".join(["1"] * header.count("\t"))
        source = text(tmp_path / "t.tsv", f"{header}\n7\t{last}\n8\t{last}\n")
        refused(source, tmp_path, message)


def test_symbols_without_a_name_and_empty_files(tmp_path):
    for first in ("", "id"):
        source = text(tmp_path / "t.tsv", f"{first}\ta\tb\nTP53\t1.5\t2\nMYC\t3\t1\n")
        refused(source, tmp_path, "name the first column 'symbol'")
        genes = pd.DataFrame({"probe_id": ["TP53", "MYC"], "symbol": ["TP53", "MYC"]})
        refused(source, tmp_path, "name the first column 'symbol'", genes=genes)
    for name in ("t.tsv", "t.tsv.gz"):
        (tmp_path / "t.tsv").unlink(missing_ok=True)
        refused(text(tmp_path / name, ""), tmp_path, "is empty")


def test_metadata_that_occurs_twice(tmp_path, values):
    lines = gct_lines(values)
    source = tmp_path / "x.gct"
    text(source, joined(change(lines, 2, 2, "pr_gene_symbol")))
    refused(source, tmp_path, "x.gct: the column 'pr_gene_symbol' occurs twice: remove one")
    text(source, joined(change(lines, 4, 0, "pert_iname")))
    refused(source, tmp_path, "x.gct: the column 'pert_iname' occurs twice: remove one")
    source.unlink()
    table = text(tmp_path / "info.txt", "sig_id\tpert_iname\tpert_iname\ns0\ta\tb\n")
    with pytest.raises(DataError, match="info.txt: the column 'pert_iname' occurs twice"):
        read_release_table(table)
    table.unlink()
    twice = pd.DataFrame([["s0", "a", "b"]], columns=["sig_id", "cell_id", "cell_id"])
    source = text(source, joined(gct_lines(values)))
    with pytest.raises(DataError, match="the column 'cell_id' occurs twice"):
        index_signatures(source, tmp_path / "store", signatures=twice)


def test_a_wide_text_is_read_in_fewer_lines_at_once(tmp_path, monkeypatch):
    """Memory is bounded in values, not in lines."""
    parse, sizes = matrix_text._parse, []

    def note(lines, width, columns):
        sizes.append(len(lines) * width)
        return parse(lines, width, columns)

    monkeypatch.setattr(matrix_text, "_parse", note)
    monkeypatch.setattr(matrix_text, "_VALUES", 300)
    drawn = np.random.default_rng(0).normal(size=(40, 90)).round(3)
    names = [f"s{i}" for i in range(40)]
    frame = pd.DataFrame(drawn.T, [f"G{i}" for i in range(90)], names)
    frame.rename_axis("symbol").to_csv(tmp_path / "t.tsv", sep="\t")
    store = built(tmp_path / "t.tsv", tmp_path / "store")
    assert max(sizes) <= 300
    assert np.array_equal(store.matrix("values")[:], drawn.T.astype(np.float16))


def test_quotes_and_empty_lines_in_a_table(tmp_path):
    content = 'symbol\ta"b\tc\r\n"A\t1\t2\r\nB"\t3\t4\r\n\r\n'
    store = built(text(tmp_path / "t.tsv", content), tmp_path / "store")
    assert store.genes.tolist() == ['"A', 'B"']
    assert store.matrix("values")[store.rows(['B"'])].tolist() == [[3, 4]]


def test_reading_parts_of_a_matrix(tmp_path, values):
    source = gctx(tmp_path / "x.gctx", values, [f"G{j}" for j in range(61)], range(23))
    whole = built(source, tmp_path / "one").matrix("values")[:]
    matrix = built(source, tmp_path / "many", width=5).matrix("values")
    assert len(matrix.pieces) == 5
    assert (matrix.shape, matrix.dtype, matrix.ndim, len(matrix)) == ((61, 23), "f2", 2, 61)
    rows, columns = np.array([7, 3, 3, 60]), np.array([22, 0, 11, 11, 4])
    keys = [
        np.s_[:], np.s_[rows], np.s_[5], np.s_[-1], np.s_[:, 3:17], np.s_[rows, 4:5],
        np.s_[rows, 5:10], np.s_[rows, :], np.s_[2, 3:21], np.s_[:, 9], np.s_[:, -1],
        np.s_[rows, 14], np.s_[4, 20], np.s_[:, 20:99], np.s_[:, 7:7], np.s_[:, 9:3],
        np.s_[1:50:7, ::3], np.s_[:, ::-1], np.s_[:, columns], np.s_[3, columns],
        np.s_[:, np.arange(23) % 2 == 0], np.s_[:, []],
    ]  # fmt: skip
    for key in keys:
        assert np.array_equal(matrix[key], whole[key]), key
        assert matrix[key].dtype == whole.dtype
    # Every row with every column, unlike an array's pairs.
    assert np.array_equal(matrix[rows, columns], whole[np.ix_(rows, columns)])
    for key in (np.s_[:, 23], np.s_[:, -24], np.s_[61], np.s_[:, [23]]):
        with pytest.raises(IndexError):
            matrix[key]


def test_a_slice_of_one_piece_is_not_held_by_the_file(tmp_path, values):
    source = gctx(tmp_path / "x.gctx", values, [f"G{j}" for j in range(61)], range(23))
    matrix = built(source, tmp_path / "store").matrix("ranks")
    part = matrix[:, 2:5]
    assert part.flags.writeable
    assert not isinstance(part, np.memmap)


def test_record(tmp_path, values):
    source = gctx(tmp_path / "x.gctx", values, [f"G{j}" for j in range(61)], range(23))
    store = built(source, tmp_path / "store", width=10)
    assert store.release == "x.gctx"
    record = read_json(tmp_path / "store" / "source.json")
    assert record == store.record
    assert record["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert (record["format"], record["width"]) == (2, 10)
    names = {str(p.relative_to(tmp_path / "store")) for p in (tmp_path / "store").rglob("*.*")}
    assert set(record["files"]) == names - {"source.json"}


def test_the_verdicts_of_all_releases_are_of_one_vocabulary():
    words = ["1", "1.0", "TRUE", "good", "Yes", "pass", "0", "0.0", "False", "bad", "NO", "fail"]
    found = pd.DataFrame({"sig_id": [f"s{i}" for i in range(14)], "quality": [*words, "0.7", ""]})
    described = describe_signatures(found, [], "x")
    assert described["quality"].tolist() == ["true"] * 6 + ["false"] * 6 + ["", ""]
