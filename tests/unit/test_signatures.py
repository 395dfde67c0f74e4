import gzip
import hashlib
import importlib.util
import io
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.signatures import SIGNATURE_COLUMNS, SignatureStore, index_signatures, verify_store
from crosshub.signatures.ranking import rank_rows, tie_order, tied_share
from crosshub.tables import read_json, write_json
from scipy import stats

MORE_COLUMNS = ("compound_id", "quality", "tas", "replicate_correlation")
MATRICES = ("ranks", "magnitudes", "values")


def write_gctx(path, values, *, rows, columns):
    with h5py.File(path, "w") as file:
        file["0/DATA/0/matrix"] = values
        for group, meta in (("ROW", rows), ("COL", columns)):
            for name, items in meta.items():
                array = np.asarray(items)
                file[f"0/META/{group}/{name}"] = (
                    array.astype("S") if array.dtype.kind == "U" else array
                )
    return path


def gctx(folder, values, **more):
    n, g = values.shape
    rows = {"id": [f"P{i}" for i in range(g)]}
    columns = {"id": [f"s{i}" for i in range(n)]}
    rows.update(more.pop("rows", {}))
    columns.update(more.pop("columns", {}))
    return write_gctx(folder / "source.gctx", values, rows=rows, columns=columns)


def table(path, text):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write(text)
    return path


def content(folder):
    """Every file with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((str(path.relative_to(folder)), path.read_bytes()) for path in files)


@pytest.fixture
def values():
    return np.random.default_rng(5).normal(size=(23, 61)).astype(np.float32)


def test_ranks_follow_the_float32_source(tmp_path, values):
    # Two genes that float16 cannot tell apart, and two that are equal.
    values[3, 7], values[3, 8] = 2.00001, 2.00002
    values[4] = np.round(values[4])
    index_signatures(gctx(tmp_path, values), tmp_path / "store", block=7)
    store = SignatureStore.open(tmp_path / "store")
    marks = [hashlib.blake2b(gene.encode(), digest_size=8).digest() for gene in store.genes]
    sooner = np.array([[other < own for other in marks] for own in marks])
    for j, profile in enumerate(values):
        # The definition: how many genes are higher, plus those equal that come before by the mark.
        above = (profile[None, :] > profile[:, None]).sum(axis=1)
        before = (sooner & (profile[None, :] == profile[:, None])).sum(axis=1)
        assert np.array_equal(store.matrix("ranks")[:, j], above + before + 1)
        size = np.abs(profile)
        below = (size[None, :] < size[:, None]).sum(axis=1)
        before = (sooner & (size[None, :] == size[:, None])).sum(axis=1)
        assert np.array_equal(store.matrix("magnitudes")[:, j], below + before + 1)
    assert store.matrix("ranks")[8, 3] == store.matrix("ranks")[7, 3] - 1
    assert store.record["tied_values"] == 0
    assert np.array_equal(store.matrix("values")[:], values.T.astype(np.float16))
    assert [store.matrix(name).dtype for name in MATRICES] == [np.uint16, np.uint16, np.float16]


def test_store_reads_the_rows_that_are_asked_for(tmp_path, values):
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    store = SignatureStore.open(tmp_path / "store")
    assert (store.n_genes, len(store.signatures)) == (61, 23)
    wanted = ["P40", "P2", "P7"]
    rows = store.rows(wanted)
    assert rows.tolist() == [40, 2, 7]
    assert np.array_equal(store.matrix("values")[rows], values.T[rows].astype(np.float16))
    assert np.array_equal(store.matrix("ranks")[rows], store.matrix("ranks")[:][rows])
    with pytest.raises(DataError, match="1 genes are absent, first 'QQ'"):
        store.rows(["P1", "QQ"])


def test_block_size_does_not_matter_and_bytes_are_the_same(tmp_path, values):
    source = gctx(tmp_path, values)
    for folder, block in (("a", 1), ("b", 5), ("c", 1000), ("d", 1000)):
        index_signatures(source, tmp_path / folder, block=block)
    assert len({content(tmp_path / folder) for folder in "abcd"}) == 1


def test_metadata_of_gctx(tmp_path, values):
    values = values[:4]
    columns = {
        "pert_iname": ["aspirin", "-666", "DMSO", "x"],
        "pert_id": ["BRD-1", "BRD-2", "BRD-3", "BRD-4"],
        "cell_id": ["MCF7", "PC3", "-666", "A"],
        "pert_dose": np.array([10.0, 3.33, -666.0, 1.0]),
        "pert_itime": ["24 h", "6 h", "24 h", "6 h"],
        "pert_type": ["trt_cp", "trt_cp", "ctl_vehicle", "trt_sh"],
    }
    index_signatures(gctx(tmp_path, values, columns=columns), tmp_path / "store")
    found = SignatureStore.open(tmp_path / "store").signatures
    assert tuple(found.columns) == (*SIGNATURE_COLUMNS, *MORE_COLUMNS)
    assert found["signature"].tolist() == ["s0", "s1", "s2", "s3"]
    assert found["compound"].tolist() == ["aspirin", "BRD-2", "DMSO", "x"]
    assert found["cell"].tolist() == ["MCF7", "PC3", "", "A"]
    assert found["dose"].tolist() == ["10.0", "3.33", "", "1.0"]
    assert found["time"].tolist() == ["24 h", "6 h", "24 h", "6 h"]
    assert found["type"].tolist() == ["trt_cp", "trt_cp", "ctl_vehicle", "trt_sh"]


def test_metadata_from_a_table_of_signatures(tmp_path, values):
    table = pd.DataFrame(
        {"sig_id": ["s2", "s0", "other"], "pert_iname": ["b", "a", "z"], "pert_dose": [1.5, 2.0, 3]}
    )
    index_signatures(gctx(tmp_path, values[:3]), tmp_path / "store", signatures=table)
    found = SignatureStore.open(tmp_path / "store").signatures
    assert found["compound"].tolist() == ["a", "", "b"]
    assert found["dose"].tolist() == ["2.0", "", "1.5"]


def test_genes_are_named_by_the_table_and_counted(tmp_path, values):
    values = values[:, :6]
    rows = {"id": ["10", "11", "12", "13", "14", "15"]}
    named = pd.DataFrame(
        {"pr_gene_id": [11, 10, 12, 14, 15], "pr_gene_symbol": ["NA", "A1", "C1", "A1", "E1"]}
    )
    index_signatures(gctx(tmp_path, values, rows=rows), tmp_path / "store", genes=named)
    store = SignatureStore.open(tmp_path / "store")
    assert store.genes.tolist() == ["A1", "NA", "C1", "E1"]
    record = read_json(tmp_path / "store" / "source.json")
    assert (record["genes"], record["genes_in_source"]) == (4, 6)
    assert (record["genes_without_symbol"], record["genes_repeated"]) == (1, 1)
    # What is left out is not ranked.
    kept = values[:, [0, 1, 2, 5]]
    assert np.array_equal(store.matrix("ranks")[:, 0], np.argsort(np.argsort(-kept[0])) + 1)


def test_symbols_in_the_file_need_no_table(tmp_path, values):
    rows = {"id": ["1_at", "2_at"], "pr_gene_symbol": ["TP53", "MYC"], "pr_gene_id": [7157, 4609]}
    index_signatures(gctx(tmp_path, values[:, :2], rows=rows), tmp_path / "store")
    genes = pd.read_csv(tmp_path / "store" / "genes.tsv", sep="\t")
    assert genes[["gene", "entrez"]].to_numpy().tolist() == [["TP53", 7157], ["MYC", 4609]]


def test_source_is_recorded(tmp_path, values):
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    record = read_json(tmp_path / "store" / "source.json")
    assert record["file"] == "source.gctx"
    assert record["size"] == (tmp_path / "source.gctx").stat().st_size
    assert len(record["sha256"]) == 64
    assert (record["signatures"], record["genes"], record["complete"]) == (23, 61, True)


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
def test_table_of_signatures(tmp_path, name):
    text = (
        "entrez\tsymbol\taspirin__MCF7__trt_cp\taspirin__MCF7__trt_cp\tplain\n"
        "1\tNA\t1.5\t-2\t0\n2\tTRUE\t-1\t0.25\t3\n3\tMYC\t0\t7\t-1\n"
    )
    index_signatures(table(tmp_path / name, text), tmp_path / "store", block=2)
    store = SignatureStore.open(tmp_path / "store")
    assert store.genes.tolist() == ["NA", "TRUE", "MYC"]
    assert store.matrix("values")[store.rows(["TRUE"])].tolist() == [[-1, 0.25, 3]]
    assert store.matrix("ranks")[store.rows(["MYC"])].tolist() == [[2, 1, 3]]
    names = ["aspirin__MCF7__trt_cp", "aspirin__MCF7__trt_cp#2", "plain"]
    assert store.signatures["signature"].tolist() == names
    assert store.signatures["compound"].tolist() == ["aspirin", "aspirin", "plain"]
    assert store.signatures["cell"].tolist() == ["MCF7", "MCF7", ""]
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        "cells.tsv", "compounds.tsv", "genes.tsv", "magnitudes", "ranks", "signatures.tsv",
        "source.json", "values",
    ]  # fmt: skip


def test_table_with_entrez_ids_only(tmp_path):
    source = table(tmp_path / "t.tsv", "entrez\ta\n7157\t1\n4609\t2\n")
    with pytest.raises(DataError, match="no gene has a symbol"):
        index_signatures(source, tmp_path / "store")
    named = pd.DataFrame({"entrez": ["4609", "7157"], "symbol": ["MYC", "TP53"]})
    index_signatures(source, tmp_path / "store", genes=named)
    assert SignatureStore.open(tmp_path / "store").genes.tolist() == ["TP53", "MYC"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\ta\nA\t1\n", "first columns must be 'entrez' and/or 'symbol'"),
        ("symbol\nA\n", "signatures must follow"),
        ("symbol\ta\n", "no genes"),
        ("symbol\ta\nA\tx\n", "cannot be read as a table"),
        (
            "symbol\ta\tb\nA\t1\t\nB\t1\t2\n",
            r"1 of 2 signatures have.*: 'b' \(1 of 2 genes\)",
        ),
        ("symbol\ta\tb\nA\t1\t70000\nB\t1\t2\n", r"1 of 2 signatures .*: 'b' \(1 of 2 genes\)"),
        ("symbol\ta\nA\tinf\n", r"1 of 1 signatures .*: 'a' \(1 of 1 genes\)"),
    ],
)
def test_bad_tables(tmp_path, text, message):
    source = table(tmp_path / "t.tsv", text)
    with pytest.raises(DataError, match=message) as caught:
        index_signatures(source, tmp_path / "store")
    assert str(source) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["t.tsv"]


def test_truncated_gzip(tmp_path):
    body = "".join(f"G{i}\t{i / 7}\n" for i in range(5000))
    source = table(tmp_path / "t.tsv.gz", "symbol\ta\n" + body)
    source.write_bytes(source.read_bytes()[:-2000])
    with pytest.raises(DataError, match="cannot be read as a table"):
        index_signatures(source, tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_truncated_gctx(tmp_path, values, kept):
    source = gctx(tmp_path, np.tile(values, (40, 1)))
    content = source.read_bytes()
    source.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DataError, match="not a complete GCTX") as caught:
        index_signatures(source, tmp_path / "store")
    assert str(source) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["source.gctx"]


def test_bad_gctx(tmp_path, values):
    holed = values.copy()
    holed[5, 2] = np.nan
    with pytest.raises(DataError, match=r"1 of 23 signatures .*: 's5' \(1 of 61 genes\)"):
        index_signatures(gctx(tmp_path, holed), tmp_path / "store", block=4)
    with pytest.raises(DataError, match="1 signatures occur more than once, first 's0'"):
        twice = gctx(tmp_path, values[:2], columns={"id": ["s0", "s0"]})
        index_signatures(twice, tmp_path / "store")
    for ids in (["1", "2"], ["1_at", "2_at"]):
        with pytest.raises(DataError, match="no gene has a symbol"):
            index_signatures(gctx(tmp_path, values[:, :2], rows={"id": ids}), tmp_path / "store")
    with pytest.raises(DataError, match="the matrix is 23 × 61, the ids are 23 signatures and 60"):
        short = gctx(tmp_path, values, rows={"id": [f"P{i}" for i in range(60)]})
        index_signatures(short, tmp_path / "store")
    with h5py.File(tmp_path / "empty.gctx", "w") as file:
        file["0/META/ROW/id"] = np.array([b"a"])
    with pytest.raises(DataError, match="not a complete GCTX"):
        index_signatures(tmp_path / "empty.gctx", tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_too_many_genes(tmp_path):
    with pytest.raises(DataError, match="65536 genes"):
        index_signatures(gctx(tmp_path, np.ones((1, 65536), np.float32)), tmp_path / "store")
    profile = np.arange(65535, dtype=np.float32)[None]
    index_signatures(gctx(tmp_path, profile / 10), tmp_path / "store")
    ranks = SignatureStore.open(tmp_path / "store").matrix("ranks")
    assert (ranks[0, 0], ranks[-1, 0]) == (65535, 1)


def test_incomplete_store_is_refused(tmp_path, values):
    with pytest.raises(DataError, match="not a complete signature store"):
        SignatureStore.open(tmp_path)
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    verify_store(tmp_path / "store")
    path = tmp_path / "store" / "values" / "0000.npy"
    good = path.read_bytes()
    path.write_bytes(good[:-100])
    with pytest.raises(DataError, match="has another size"):
        SignatureStore.open(tmp_path / "store")
    # As many bytes and another shape.
    np.save(path, np.load(io.BytesIO(good)).T)
    with pytest.raises(DataError, match="does not fit"):
        SignatureStore.open(tmp_path / "store")
    # One bit: only reading all of it tells.
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    SignatureStore.open(tmp_path / "store")
    with pytest.raises(DataError, match="has changed since"):
        verify_store(tmp_path / "store")
    with pytest.raises(DataError, match="values/0000.npy: .* has changed since"):
        SignatureStore.open(tmp_path / "store", verify=True)
    path.write_bytes(good)
    SignatureStore.open(tmp_path / "store", verify=True)
    # The tables are read whole in any case.
    table = tmp_path / "store" / "genes.tsv"
    rows = table.read_text()
    table.write_text(rows.replace("P7\t", "P8\t", 1))
    with pytest.raises(DataError, match="genes.tsv: .* has changed since"):
        SignatureStore.open(tmp_path / "store")
    table.write_text(rows)
    record = read_json(tmp_path / "store" / "source.json")
    write_json({**record, "format": 1}, tmp_path / "store" / "source.json")
    with pytest.raises(DataError, match="not a complete signature store of format 2"):
        SignatureStore.open(tmp_path / "store")


def test_an_older_store_is_replaced_whole(tmp_path, values):
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    (tmp_path / "store" / "stale").touch()
    index_signatures(gctx(tmp_path, values[:5]), tmp_path / "store")
    assert len(SignatureStore.open(tmp_path / "store").signatures) == 5
    assert not (tmp_path / "store" / "stale").exists()
    bad = gctx(tmp_path, np.full((2, 3), np.nan, np.float32))
    with pytest.raises(DataError):
        index_signatures(bad, tmp_path / "store")
    assert len(SignatureStore.open(tmp_path / "store").signatures) == 5


def test_memory_is_bounded_by_the_width(tmp_path):
    values = np.random.default_rng(0).normal(size=(4000, 1000)).astype(np.float32)
    source = gctx(tmp_path, values)
    peaks = []
    for width in (128, 4000):
        tracemalloc.start()
        index_signatures(source, tmp_path / "store", block=64, width=width)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] < values.nbytes / 4 < peaks[1]


def test_real_level_4_plate(tmp_path, real_signatures):
    source = real_signatures("l1000_level4_A375_978x377.gctx")
    index_signatures(source, tmp_path / "store", block=100)
    store = SignatureStore.open(tmp_path / "store")
    assert store.matrix("ranks").shape == (978, 377)
    with h5py.File(source) as file:
        matrix = file["0/DATA/0/matrix"][:]
        symbols = [symbol.decode() for symbol in file["0/META/ROW/pr_gene_symbol"][:]]
    assert store.genes.tolist() == symbols
    assert np.array_equal(store.matrix("values")[:], matrix.T.astype(np.float16))
    # The metadata of the same plate, as text.
    plain = pd.read_csv(
        real_signatures("l1000_level4_A375_978x377.gct"), sep="\t", skiprows=2, dtype=str
    )
    plain = plain.set_index("id")
    names = plain.loc["pert_iname", store.signatures["signature"]].replace("-666", "")
    assert names.tolist() == store.signatures["compound"].tolist()
    assert set(store.signatures["type"]) == {"ctl_vehicle", "trt_cp", "trt_poscon"}


def test_real_level_5_with_entrez_ids(tmp_path, real_signatures):
    source = real_signatures("l1000_level5_12328x2.gctx")
    with pytest.raises(DataError, match="no gene has a symbol"):
        index_signatures(source, tmp_path / "store")
    genes = pd.read_csv(real_signatures("GSE92742_Broad_LINCS_gene_info.txt"), sep="\t", dtype=str)
    index_signatures(source, tmp_path / "store", genes=genes)
    store = SignatureStore.open(tmp_path / "store")
    assert store.n_genes == 12328
    row = pd.read_csv(tmp_path / "store" / "genes.tsv", sep="\t").set_index("gene")
    assert row.loc["TP53", "entrez"] == 7157


def ranks_by_definition(keys, places):
    """1 is the smallest; equal keys in the order that was given."""
    order = sorted(range(len(keys)), key=lambda i: (keys[i], places[i]))
    ranks = np.empty(len(keys), int)
    ranks[order] = np.arange(1, len(keys) + 1)
    return ranks


@pytest.mark.parametrize("genes", [1, 2, 3, 50, 3000])
def test_ranks_of_every_kind_of_number(genes):
    rng = np.random.default_rng(genes)
    tiny, huge = np.float32(1e-45), np.float32(3e38)
    pool = np.array([0, 0, tiny, -tiny, 1e-38, -1e-38, huge, -huge, 1, -1, 1.0000001], np.float32)
    rows = [rng.choice(pool, genes), rng.normal(size=genes), np.round(rng.normal(size=genes)),
            np.zeros(genes), np.sort(rng.normal(size=genes)), -np.sort(rng.normal(size=genes)),
            rng.normal(size=genes) * 10.0 ** rng.integers(-30, 30, genes)]  # fmt: skip
    values = np.array(rows, np.float32) + np.float32(0)
    ranks, magnitudes = np.empty(values.shape, np.uint16), np.empty(values.shape, np.uint16)
    order = rng.permutation(genes).astype(np.uint16)
    places = np.argsort(order)
    rank_rows(values.view(np.uint32), order, ranks, magnitudes)
    for row, found, sizes in zip(values.tolist(), ranks, magnitudes, strict=True):
        assert np.array_equal(found, ranks_by_definition([-value for value in row], places))
        assert np.array_equal(sizes, ranks_by_definition([abs(value) for value in row], places))


def test_minus_zero_is_zero(tmp_path):
    profile = np.array([[0.0, -0.0, 1, -0.0, 0.0, -1]], np.float32)
    index_signatures(gctx(tmp_path, profile), tmp_path / "store")
    store = SignatureStore.open(tmp_path / "store")
    ranks, magnitudes = (store.matrix(name)[:, 0] for name in ("ranks", "magnitudes"))
    zeros = [0, 1, 3, 4]
    assert (ranks[[2, 5]].tolist(), sorted(ranks[zeros])) == ([1, 6], [2, 3, 4, 5])
    # By the mark of the gene among zeros of either sign, in both.
    by_mark = [gene for gene in tie_order(store.genes) if gene in zeros]
    assert ranks[by_mark].tolist() == [2, 3, 4, 5]
    assert magnitudes[by_mark].tolist() == [1, 2, 3, 4]
    assert sorted(magnitudes[[2, 5]]) == [5, 6]
    assert not np.signbit(store.matrix("values")[:2]).any()


def test_many_equal_values_are_said(tmp_path, values, caplog):
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    assert "values of a signature" not in caplog.text
    # Of 61 values in steps of 1 nearly all are shared.
    values[::2] = values[::2].round()
    values[1] = 0
    index_signatures(gctx(tmp_path, values), tmp_path / "store")
    share = SignatureStore.open(tmp_path / "store").record["tied_values"]
    expected = [pd.Series(row).duplicated(keep=False).mean() for row in values]
    assert share == pytest.approx(np.median(expected), abs=1e-4)
    assert tied_share(values[1:2]) == 1
    assert f"{100 * share:.0f} % of the values of a signature" in caplog.text


def test_ranks_of_random_signatures_are_uniform(tmp_path, values):
    # Under the null every gene has every rank as often: 61 genes, 3,000 signatures.
    drawn = np.random.default_rng(9).normal(size=(3000, 61)).astype(np.float32)
    index_signatures(gctx(tmp_path, drawn), tmp_path / "store", width=512)
    ranks = SignatureStore.open(tmp_path / "store").matrix("ranks")[:]
    counts = np.array([np.bincount(row, minlength=62)[1:] for row in ranks])
    assert stats.chisquare(counts, axis=1).pvalue.min() > 1e-4
    assert (ranks.sum(axis=0, dtype=int) == 61 * 62 // 2).all()


def test_the_simulated_store_of_the_benches(tmp_path):
    path = Path(__file__).parents[1] / "bench" / "simulated_store.py"
    spec = importlib.util.spec_from_file_location("simulated_store", path)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    one = bench.simulate_store(tmp_path / "one", 700, 40, threads=1)
    two = bench.simulate_store(tmp_path / "two", 700, 40, threads=2)
    assert content(one.folder) == content(two.folder)
    assert one.matrix("ranks").shape == (40, 700)
    # Signatures of one compound resemble each other, those of others do not.
    values = one.matrix("values")[:].astype(float)
    close = np.corrcoef(values.T)
    same = one.signatures["compound"].to_numpy()
    same = (same[:, None] == same[None, :]) & ~np.eye(700, dtype=bool)
    assert close[same].mean() > 0.1 > abs(close[~same & ~np.eye(700, dtype=bool)].mean())
