import gzip
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from crosshub import fetch
from crosshub.errors import DataError
from crosshub.geo import read_gzip
from crosshub.tables import read_json

BODY = gzip.compress(random.Random(0).randbytes(5000).hex().encode(), mtime=0)


class Handler(BaseHTTPRequestHandler):
    seen: list[str] = []

    def log_message(self, *args):
        pass

    def do_GET(self):
        Handler.seen.append(self.path)
        name = self.path.strip("/")
        if name == "missing":
            return self.answer(404, b"no")
        if name == "twice" and Handler.seen.count(self.path) < 3:
            return self.answer(503, b"later")
        if name == "broken":
            return self.answer(500, b"oh")
        if name == "secret":
            return self.answer(403, b"no")
        if name in ("encoded", "cut_encoded"):
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY if name == "encoded" else BODY[:-100])
            return None
        if name == "page":
            return self.answer(200, b"<html>please log in</html>")
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            return None
        if name == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:100])
            return None
        return self.answer(200, BODY)

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def server():
    Handler.seen.clear()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()


@pytest.mark.parametrize("name", ["good", "twice", "moved"])
def test_a_file_arrives_with_its_source_beside_it(server, tmp_path, name):
    target = tmp_path / "deep" / "file.gz"
    fetch.fetch(f"{server}/{name}", target, read_gzip)
    assert target.read_bytes() == BODY
    source = read_json(f"{target}.source.json")
    assert source["url"] == f"{server}/{name}"
    assert source["sha256"] == fetch.sha256(target)
    assert source["size"] == len(BODY)
    assert source["last_modified"].startswith("Mon, 01 Jan 2024")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "not found; check the accession"),
        ("page", "a web page; try again"),
        ("cut", "cut|cannot be fetched"),
        ("cut_encoded", "cut|cannot be fetched"),
        ("secret", "the server answers 403"),
    ],
)
def test_what_fails_leaves_nothing_and_says_why_in_one_line(server, tmp_path, name, message):
    target = tmp_path / "file.gz"
    with pytest.raises(DataError, match=message) as caught:
        fetch.fetch(f"{server}/{name}", target, read_gzip)
    assert f"{server}/{name}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_when_the_new_one_is_bad(server, tmp_path):
    target = tmp_path / "file.gz"
    target.write_bytes(b"old")
    with pytest.raises(DataError):
        fetch.fetch(f"{server}/page", target, read_gzip)
    assert target.read_bytes() == b"old"


def test_nobody_there(tmp_path):
    with pytest.raises(DataError, match="check the network"):
        fetch.fetch("http://127.0.0.1:9/x", tmp_path / "x", read_gzip, timeout=0.2, retries=0)


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_paths_and_file_addresses(tmp_path, form):
    source = tmp_path / "a b.gz"
    source.write_bytes(BODY)
    fetch.fetch(form.format(source).replace(" ", "%20" if "file" in form else " "),
                tmp_path / "out.gz", read_gzip)  # fmt: skip
    assert (tmp_path / "out.gz").read_bytes() == BODY
    with pytest.raises(DataError, match="no such file"):
        fetch.fetch(form.format(tmp_path / "none"), tmp_path / "none.gz", read_gzip)


def test_addresses():
    assert fetch.series_url(fetch.NCBI, "GSE55235") == (
        "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE55nnn/GSE55235/matrix/"
        "GSE55235_series_matrix.txt.gz"
    )
    assert fetch.platform_url("mirror/", "GPL96") == (
        "mirror/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz"
    )
    assert "type=rnaseq_counts" in fetch.counts_url(fetch.NCBI, "GSE1")
    assert fetch.counts_url("m", "GSE1").startswith("m/series/GSEnnn/GSE1/suppl/")


def test_a_file_that_the_server_calls_encoded_is_kept_as_it_is(server, tmp_path):
    """As servers do that declare every .gz as an encoding of what is inside."""
    fetch.fetch(f"{server}/encoded", tmp_path / "file.gz", read_gzip)
    assert (tmp_path / "file.gz").read_bytes() == BODY


def test_a_server_that_stays_broken_is_asked_a_few_times_and_no_more(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", pauses.append)
    with pytest.raises(DataError, match="cannot be fetched|answers 500"):
        fetch.fetch(f"{server}/broken", tmp_path / "file.gz", read_gzip, retries=3)
    assert Handler.seen.count("/broken") == 4
    assert pauses == sorted(pauses)
    assert list(tmp_path.iterdir()) == []


def test_the_old_source_stays_with_the_old_file(server, tmp_path):
    target = tmp_path / "file.gz"
    fetch.fetch(f"{server}/good", target, read_gzip)
    before = (tmp_path / "file.gz.source.json").read_bytes()
    for name in ("page", "cut", "missing"):
        with pytest.raises(DataError):
            fetch.fetch(f"{server}/{name}", target, read_gzip)
    assert target.read_bytes() == BODY
    assert (tmp_path / "file.gz.source.json").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_copied_file_is_checked_too(tmp_path):
    bad = tmp_path / "bad.gz"
    bad.write_bytes(BODY[:-5])
    with pytest.raises(DataError, match="damaged") as caught:
        fetch.fetch(str(bad), tmp_path / "out" / "file.gz", read_gzip)
    assert ".part" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_no_address_is_one_line_too(tmp_path):
    for url in ("http://[", "http://", "HTTPS://x y/", "ftp://127.0.0.1/x", ""):
        with pytest.raises(DataError) as caught:
            fetch.fetch(url, tmp_path / "x", read_gzip, timeout=0.2, retries=0)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []


def test_local_paths():
    assert fetch.local_path("file:///a%20b/c") == "/a b/c"
    assert fetch.local_path("a%20b/c") == "a%20b/c"
    assert fetch.local_path("https://example.org/x") is None
