import warnings

import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.tables import (
    EXACT,
    plain,
    read_frame,
    read_json,
    read_matrix,
    read_table,
    whole,
    write_frame,
    write_json,
    write_matrix,
    write_table,
)


@pytest.fixture
def frame():
    values = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    return pd.DataFrame(values, index=pd.Index(list("abcde"), name="gene"), columns=list("xyz"))


def test_matrix_round_trip_same_bytes(tmp_path, frame):
    for name in ("one", "two"):
        write_matrix(frame, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    pd.testing.assert_frame_equal(read_matrix(tmp_path / "one"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one"), frame)
    empty = frame.iloc[:0]
    write_matrix(empty, tmp_path / "empty")
    assert read_matrix(tmp_path / "empty").shape == (0, 3)


def test_an_id_twice_is_refused(tmp_path, frame):
    with pytest.raises(DataError, match="row id 'a'"):
        write_matrix(pd.concat([frame, frame]), tmp_path / "x")
    with pytest.raises(DataError, match="column id 'x'"):
        write_matrix(pd.concat([frame, frame], axis=1), tmp_path / "x")


def test_table_keeps_every_bit_and_odd_names(tmp_path):
    table = pd.DataFrame(
        {
            "gene": ["NA", "TRUE", "1-Mar", "nan"],
            "p_value": [0.1 + 0.2, 1e-300, np.nan, 5e-324],
            "shared": [True, False, True, False],
        }
    )
    write_table(table, tmp_path / "t.tsv")
    again = read_table(tmp_path / "t.tsv")
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)
    assert read_table(tmp_path / "t.tsv", key="gene").loc["NA", "p_value"] == 0.1 + 0.2
    with pytest.raises(DataError, match="no column 'sample'"):
        read_table(tmp_path / "t.tsv", key="sample")


def test_a_file_is_whole_or_absent(tmp_path):
    target = tmp_path / "file"
    with pytest.raises(RuntimeError), whole(target) as path:
        path.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_json_and_frame(tmp_path):
    value = {"b": np.float64("nan"), "a": [np.int64(1), True]}
    write_json(value, tmp_path / "v.json")
    assert read_json(tmp_path / "v.json") == {"a": [1, True], "b": None}
    table = pd.DataFrame({"a": ["x", "y"], "b": [1.5, 2.5]})
    write_frame(table, tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "f.parquet"), table)


def test_json_that_is_nested_without_end_is_refused(tmp_path):
    (tmp_path / "v.json").write_text("[" * 300_000 + "]" * 300_000)
    with pytest.raises(DataError, match="cannot be read as JSON"):
        read_json(tmp_path / "v.json")


@pytest.mark.parametrize("reader", [read_matrix, read_frame, read_table, read_json])
def test_what_cannot_be_read_is_one_line(tmp_path, reader):
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xff\xfe\x00")
    for path in (bad, tmp_path / "absent"):
        with pytest.raises(DataError) as caught:
            reader(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_numbers_are_read_as_they_were_written(tmp_path):
    bits = np.random.default_rng(0).integers(1, 2**63, 5000, dtype=np.int64)
    numbers = bits.view(float)
    numbers = numbers[np.isfinite(numbers)]
    table = pd.DataFrame({"a": numbers, "b": np.random.default_rng(1).normal(size=len(numbers))})
    write_table(table, tmp_path / "t.tsv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = read_table(tmp_path / "t.tsv")
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_the_option_for_exact_numbers_is_given_to_old_pandas_alone():
    assert bool(EXACT) == (int(pd.__version__.split(".")[0]) < 3)


def test_odd_texts_come_back(tmp_path):
    texts = ['a "quoted" one', "a\ttab", "a\nline", " spaces ", "Häupl", "#", "'"]
    table = pd.DataFrame({"sample": texts, "value": range(len(texts))})
    write_table(table, tmp_path / "t.tsv")
    assert read_table(tmp_path / "t.tsv")["sample"].tolist() == texts


def test_columns_named_as_text_stay_text(tmp_path):
    (tmp_path / "t.tsv").write_bytes("\ufeffgene\tentrez\tn\n007\t010\t1\nNA\t\t2\n".encode())
    table = read_table(tmp_path / "t.tsv", text=["entrez"], key="gene")
    assert list(table.index) == ["007", "NA"]
    assert table["entrez"].iloc[0] == "010"
    assert table["entrez"].isna().tolist() == [False, True]
    assert table["n"].tolist() == [1, 2]
    (tmp_path / "t.tsv").write_text("gene\tn\nA\t1\nA\t2\n")
    with pytest.raises(DataError, match="the gene id 'A' occurs more than once"):
        read_table(tmp_path / "t.tsv", key="gene")


def test_the_kind_of_id_is_kept(tmp_path, frame):
    write_matrix(frame.rename_axis("compound"), tmp_path / "m")
    assert read_matrix(tmp_path / "m").index.name == "compound"
    none = pd.DataFrame(columns=["a", "b"], index=pd.Index([], name="gene"))
    write_matrix(none, tmp_path / "none")
    assert read_matrix(tmp_path / "none").dtypes.tolist() == [np.float32, np.float32]


def test_a_cut_file_is_refused(tmp_path, frame):
    write_matrix(frame, tmp_path / "m")
    raw = (tmp_path / "m").read_bytes()
    for end in (0, 4, len(raw) // 2, len(raw) - 1):
        (tmp_path / "m").write_bytes(raw[:end])
        with pytest.raises(DataError, match="delete it and run again"):
            read_matrix(tmp_path / "m")


def test_a_new_file_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    target = tmp_path / "deep" / "file"
    target.parent.mkdir()
    target.write_text("old")
    with whole(target) as path:
        path.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert [p.name for p in target.parent.iterdir()] == ["file"]


def test_json_does_not_depend_on_the_order_of_a_set(tmp_path):
    value = {"names": {f"n{i}" for i in range(20)}, "index": pd.Index(["b", "a"]), "t": (1, np.inf)}
    assert plain(value)["names"] == sorted(value["names"])
    assert plain(value)["index"] == ["b", "a"]
    assert plain(value)["t"] == [1, None]
