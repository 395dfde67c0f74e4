import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.signatures import SignatureStore, building, index_signatures, verify_store
from crosshub.tables import read_json

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
WIDTH = 32
# Each piece takes a while, so that the kill comes in between.
CHILD = """
import sys, time
from crosshub.signatures import building, index_signatures
write = building._write_piece
def slowly(*arguments):
    time.sleep(0.05)
    return write(*arguments)
building._write_piece = slowly
index_signatures(sys.argv[1], sys.argv[2], width=32, block=16)
"""


def gctx(path, values):
    with h5py.File(path, "w") as file:
        file["0/DATA/0/matrix"] = values
        file["0/META/ROW/id"] = np.array([f"P{i}" for i in range(values.shape[1])], "S")
        file["0/META/COL/id"] = np.array([f"s{i}" for i in range(len(values))], "S")
    return path


@pytest.fixture
def values():
    return np.random.default_rng(7).normal(size=(1000, 40)).astype(np.float32)


def content(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# Half of a piece is on disk when the kill comes.
CHILD_AMID = """
import os, signal, sys
import numpy as np
from crosshub.signatures import index_signatures
calls = []
write = np.lib.format.write_array
def half(file, piece, **options):
    calls.append(0)
    if len(calls) < 14:
        return write(file, piece, **options)
    file.write(piece.tobytes()[: piece.nbytes // 2])
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
np.lib.format.write_array = half
index_signatures(sys.argv[1], sys.argv[2], width=32, block=16)
"""


def start(code, source, folder):
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    return subprocess.Popen([sys.executable, "-c", code, str(source), str(folder)], env=environment)


def killed_build(source, folder):
    """Start a build in a process of its own, and kill it (SIGKILL) after some pieces."""
    child = start(CHILD, source, folder)
    progress = folder.with_name(f".{folder.name}.part") / "written.json"
    for _ in range(2000):
        if progress.exists() and len(read_json(progress)) >= 9:
            break
        assert child.poll() is None, "the build ended before it was killed"
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not folder.exists()
    return len(read_json(progress))


@pytest.fixture
def written(monkeypatch):
    """Names of the pieces that this process writes."""
    names = []
    write = building._write_piece

    def note(path, piece):
        names.append(f"{path.parent.name}/{path.name}")
        return write(path, piece)

    monkeypatch.setattr(building, "_write_piece", note)
    return names


def test_a_killed_build_goes_on_and_gives_the_same_bytes(tmp_path, values, written):
    source = gctx(tmp_path / "source.gctx", values)
    index_signatures(source, tmp_path / "whole", width=WIDTH)
    pieces = len(written)
    assert pieces == 3 * 32
    done = killed_build(source, tmp_path / "store")
    assert 9 <= done < pieces
    written.clear()
    index_signatures(source, tmp_path / "store", width=WIDTH)
    assert len(written) == pieces - done
    # A store that was made in one go has no fewer and no other bytes.
    index_signatures(source, tmp_path / "again", width=WIDTH, threads=3)
    assert content(tmp_path / "store") == content(tmp_path / "whole") == content(tmp_path / "again")
    verify_store(tmp_path / "store")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"source.gctx", "whole", "store", "again"}


def test_a_build_that_was_killed_within_a_piece(tmp_path, values):
    source = gctx(tmp_path / "source.gctx", values)
    assert start(CHILD_AMID, source, tmp_path / "store").wait() == -signal.SIGKILL
    assert list((tmp_path / ".store.part").rglob(".*.part"))
    index_signatures(source, tmp_path / "store", width=WIDTH)
    index_signatures(source, tmp_path / "whole", width=WIDTH)
    assert content(tmp_path / "store") == content(tmp_path / "whole")


def test_other_code_begins_anew(tmp_path, values, written, monkeypatch):
    source = gctx(tmp_path / "source.gctx", values)
    killed_build(source, tmp_path / "store")
    monkeypatch.setattr(building, "_code", lambda: "another")
    index_signatures(source, tmp_path / "store", width=WIDTH)
    assert len(written) == 96


def test_another_source_begins_anew(tmp_path, values, written):
    source = gctx(tmp_path / "source.gctx", values)
    killed_build(source, tmp_path / "store")
    # One value of the first signature, and the same size.
    values[0, 0] += 1
    gctx(source, values)
    index_signatures(source, tmp_path / "store", width=WIDTH)
    assert len(written) == 96
    stored = SignatureStore.open(tmp_path / "store").matrix("values")[:]
    assert np.array_equal(stored, values.T.astype(np.float16))


def test_another_gene_table_begins_anew(tmp_path, values, written):
    source = gctx(tmp_path / "source.gctx", values)
    killed_build(source, tmp_path / "store")
    table = pd.DataFrame({"gene_id": [1], "gene_symbol": ["P0"], "probe_id": ["P0"]})
    index_signatures(source, tmp_path / "store", width=WIDTH, genes=table)
    assert len(written) == 96


def test_a_piece_that_changed_is_written_again(tmp_path, values, written):
    source = gctx(tmp_path / "source.gctx", values)
    index_signatures(source, tmp_path / "whole", width=WIDTH)
    done = killed_build(source, tmp_path / "store")
    piece = tmp_path / ".store.part" / "ranks" / "0001.npy"
    damaged = bytearray(piece.read_bytes())
    damaged[-1] ^= 1
    piece.write_bytes(damaged)
    # As a machine that lost its power leaves the record.
    (tmp_path / ".store.part" / "values" / "0000.npy").write_bytes(b"")
    written.clear()
    index_signatures(source, tmp_path / "store", width=WIDTH)
    # The three matrices of a piece are written together.
    assert sorted(set(written))[:1] == ["magnitudes/0000.npy"]
    assert len(written) == 96 - done + 6
    assert content(tmp_path / "store") == content(tmp_path / "whole")


def test_a_damaged_record_begins_anew(tmp_path, values):
    source = gctx(tmp_path / "source.gctx", values)
    for name in ("part.json", "written.json"):
        killed_build(source, tmp_path / "store")
        (tmp_path / ".store.part" / name).write_text('{"format": ')
        index_signatures(source, tmp_path / "store", width=WIDTH)
        verify_store(tmp_path / "store")
        (tmp_path / "store").rename(tmp_path / f"store of {name}")


def test_a_full_disk_keeps_what_stands(tmp_path, values, monkeypatch):
    source = gctx(tmp_path / "source.gctx", values)
    write, calls = building._write_piece, []

    def full(path, piece):
        calls.append(path)
        if len(calls) > 30:
            raise OSError(28, "No space left on device")
        return write(path, piece)

    monkeypatch.setattr(building, "_write_piece", full)
    with pytest.raises(OSError, match="No space left"):
        index_signatures(source, tmp_path / "store", width=WIDTH)
    assert not (tmp_path / "store").exists()
    monkeypatch.setattr(building, "_write_piece", lambda *item: (calls.append(0), write(*item))[1])
    calls.clear()
    index_signatures(source, tmp_path / "store", width=WIDTH)
    assert len(calls) == 96 - 30
    verify_store(tmp_path / "store")


def test_a_source_that_changes_meanwhile_is_refused(tmp_path, values, monkeypatch):
    source = gctx(tmp_path / "source.gctx", values)
    write = building._write_piece

    def touch(path, piece):
        os.utime(source, (0, 0))
        return write(path, piece)

    monkeypatch.setattr(building, "_write_piece", touch)
    with pytest.raises(DataError, match="changed while it was read"):
        index_signatures(source, tmp_path / "store", width=WIDTH)
    assert [path.name for path in tmp_path.iterdir()] == ["source.gctx"]
