import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.tables import (
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


def test_matrix_round_trip_same_bytes_some_columns(tmp_path, frame):
    for name in ("one", "two"):
        write_matrix(frame, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    pd.testing.assert_frame_equal(read_matrix(tmp_path / "one"), frame)
    pd.testing.assert_frame_equal(read_matrix(tmp_path / "one", ["z"]), frame[["z"]])
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


@pytest.mark.parametrize("reader", [read_matrix, read_frame, read_table, read_json])
def test_what_cannot_be_read_is_one_line(tmp_path, reader):
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xff\xfe\x00")
    for path in (bad, tmp_path / "absent"):
        with pytest.raises(DataError) as caught:
            reader(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
