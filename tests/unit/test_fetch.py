"""Fetching from servers that fail in every way; all of them on this machine, none beyond it."""

import gzip
import random
import re
import resource
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from crosshub import fetch
from crosshub.errors import DataError
from crosshub.fetch import addresses, download, trouble
from crosshub.fetch.slots import slot
from crosshub.geo import read_gzip
from crosshub.tables import read_json, sha256

# Of one length, as two versions of a file may be.
BODY, OTHER = (
    gzip.compress(random.Random(seed).randbytes(200_000).hex().encode(), 0, mtime=0)
    for seed in (0, 1)
)
MONDAY = "Mon, 01 Jan 2024 00:00:00 GMT"
QUICK = fetch.Limits(timeout=0.3, retries=2, pause=0.001)
ONCE = fetch.Limits(timeout=0.3, retries=0, pause=0.001)


class Web(ThreadingHTTPServer):
    """A server that answers each path with the next of its answers, the last one for ever."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers, self.requests, self.over = {}, [], threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up is what is being tested."""

    def ranges(self, path):
        """The Range headers that came for a path."""
        return [headers.get("Range") for seen, headers in self.requests if seen == path]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        answers = self.server.answers.get(self.path, [status(404)])
        self.server.requests.append((self.path, dict(self.headers)))
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def head(self, code, **headers):
        self.send_response(code)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


def status(code, body=b"no", **headers):
    def answer(handler):
        handler.head(code, Content_Length=len(body), **headers)
        handler.wfile.write(body)

    return answer


def serve(body, *, etag='"1"', modified=MONDAY, ranges=True, conditions=True, part=None,
          stall=False, length=None, **headers):  # fmt: skip
    """Answer as a file server does: with ranges or without, `part` bytes at most, then it ends."""

    def answer(handler):
        asked = re.match(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        fits = not conditions or handler.headers.get("If-Range") in (None, etag, modified)
        start = int(asked[1]) if asked and ranges and fits else None
        marks = {"ETag": etag, "Last_Modified": modified} | headers
        if start is not None and start >= len(body):
            handler.head(416, Content_Range=f"bytes */{len(body)}", Content_Length=0)
            return
        rest = body[start or 0 :]
        if start is not None:
            marks["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.head(200 if start is None else 206, Content_Length=length or len(rest), **marks)
        handler.wfile.write(rest[:part])
        if stall:
            handler.wfile.flush()
            handler.server.over.wait(5)

    return answer


@pytest.fixture
def web(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    server = Web()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def pauses(monkeypatch):
    """Let no time pass; return the pauses that would have been made."""
    made = []
    monkeypatch.setattr(download.time, "sleep", made.append)
    return made


def get(web, target, *answers, limits=QUICK, check=read_gzip, **options):
    """Fetch a path that gives these answers."""
    web.answers["/file"] = list(answers)
    fetch.fetch(f"{web.url}/file", target, check, limits=limits, **options)


def refused(web, target, *answers, match, nothing_left=True, **options):
    """Fetch in vain: one line with the address, and nothing at the target."""
    with pytest.raises(DataError, match=match) as caught:
        get(web, target, *answers, **options)
    line = str(caught.value)
    assert "\n" not in line
    assert f"{web.url}/file" in line
    assert not target.exists()
    assert not Path(f"{target}.source.json").exists()
    if nothing_left:
        assert [path for path in target.parent.iterdir() if path.is_file()] == []
    return line


def stop_after(web, target, part, body=BODY, **marks):
    """Fetch in vain: the connection is cut after `part` bytes, and the next one brings nothing."""
    cuts = serve(body, part=part, **marks), serve(body, part=0, **marks)
    with pytest.raises(fetch.Interrupted, match="cut after") as caught:
        get(web, target, *cuts, limits=ONCE)
    web.requests.clear()
    return str(caught.value)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "file.gz"


def test_a_file_arrives_with_its_source_beside_it(web, tmp_path):
    target = tmp_path / "deep" / "file.gz"
    get(web, target, serve(BODY))
    assert target.read_bytes() == BODY
    source = read_json(f"{target}.source.json")
    assert source.pop("fetched")[:2] == "20"
    assert source == {
        "url": f"{web.url}/file",
        "came_from": f"{web.url}/file",
        "size": len(BODY),
        "sha256": sha256(target),
        "last_modified": MONDAY,
        "etag": '"1"',
    }
    assert sorted(path.name for path in target.parent.iterdir()) == [
        "file.gz",
        "file.gz.source.json",
    ]
    headers = web.requests[0][1]
    assert re.match(r"crosshub/[\d.]+ \(.*workflow", headers["User-Agent"])
    assert headers["Accept-Encoding"] == "identity"


def test_a_file_that_is_cut_again_and_again_goes_on_where_it_was(web, target):
    """More often than Limits.retries, which count what brings nothing; no byte comes twice."""
    get(web, target, *[serve(BODY, part=50_000)] * 6, serve(BODY))
    assert target.read_bytes() == BODY
    starts = [int(text[6:-1]) for text in web.ranges("/file")[1:]]
    assert starts == [50_000 * i for i in range(1, 7)]
    assert {headers["If-Range"] for _, headers in web.requests[1:]} == {'"1"'}


def test_a_stalled_connection_is_cut_and_gone_on_from(web, target):
    """What came before the stall is not lost, however little it was."""
    get(web, target, serve(BODY, part=777, stall=True), serve(BODY, part=1500, stall=True),
        serve(BODY))  # fmt: skip
    assert target.read_bytes() == BODY
    assert web.ranges("/file") == [None, "bytes=777-", "bytes=2277-"]


def test_a_slow_server_is_no_dead_one(web, target):
    def drip(handler):
        handler.head(200, Content_Length=len(BODY))
        for start in range(0, len(BODY), 40_000):
            handler.wfile.write(BODY[start : start + 40_000])
            time.sleep(0.05)

    get(web, target, drip)
    assert target.read_bytes() == BODY
    assert len(web.requests) == 1


def test_a_failed_connection_is_gone_on_from_by_the_next_run(web, target, tmp_path):
    line = stop_after(web, target, 100_000)
    assert line == (
        f"{web.url}/file: cut after 100000 of {len(BODY)} bytes (2 tries); 97.7 KiB are kept; "
        "check the network, and run again"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".file.gz.part",
        ".file.gz.part.json",
    ]
    get(web, target, serve(BODY))
    assert target.read_bytes() == BODY
    assert web.ranges("/file") == ["bytes=100000-"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"etag": '"2"'}),
        ({"etag": None}, {"etag": None, "modified": "Tue, 02 Jan 2024 00:00:00 GMT"}),
        # A server that does not look at If-Range gives itself away by its marks.
        ({}, {"etag": '"2"', "conditions": False}),
        ({"etag": 'W/"1"'}, {"etag": 'W/"2"', "conditions": False}),
    ],
)
@pytest.mark.parametrize("runs", [1, 2])
def test_a_file_that_changes_on_the_way_is_not_glued_together(web, target, before, after, runs):
    cut, new = serve(BODY, part=100_000, **before), serve(OTHER, **after)
    if runs == 2:
        stop_after(web, target, 100_000, **before)
        get(web, target, new)
    else:
        get(web, target, cut, new)
    assert target.read_bytes() == OTHER
    assert "bytes=100000-" in web.ranges("/file")


@pytest.mark.parametrize("other", [OTHER + b"\0" * 9, OTHER[: len(BODY) - 9]])
def test_a_file_of_another_length_is_not_glued_together(web, target, other):
    """Its marks are the same, and the server does not look at conditions."""
    get(web, target, serve(BODY, part=100_000), serve(other, conditions=False), serve(OTHER))
    assert target.read_bytes() == OTHER


def test_without_a_mark_of_its_version_a_file_starts_anew(web, target):
    """The rest of it might be the rest of another file."""
    bare = {"etag": None, "modified": None}
    get(web, target, serve(BODY, part=100_000, **bare), serve(OTHER, **bare))
    assert target.read_bytes() == OTHER
    assert web.ranges("/file") == [None, None]


def test_a_weak_mark_is_no_condition_of_a_range(web, target):
    get(web, target, serve(BODY, etag='W/"1"', part=100_000), serve(BODY, etag='W/"1"'))
    assert target.read_bytes() == BODY
    assert web.requests[1][1]["If-Range"] == MONDAY


def test_a_server_that_ignores_ranges_starts_anew(web, target):
    get(web, target, serve(BODY, part=100_000), serve(BODY, ranges=False))
    assert target.read_bytes() == BODY


def test_a_range_that_begins_elsewhere_is_not_taken(web, target):
    def wrong(handler):
        handler.head(206, Content_Length=10, Content_Range=f"bytes 0-9/{len(BODY)}", ETag='"1"')
        handler.wfile.write(BODY[:10])

    get(web, target, serve(BODY, part=100_000), wrong, serve(BODY))
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("extra", [0, 500])
def test_a_part_that_is_whole_already_or_too_long(web, target, extra):
    stop_after(web, target, 1000)
    part = target.with_name(".file.gz.part")
    part.write_bytes(BODY + bytes(extra))
    get(web, target, serve(BODY))
    assert target.read_bytes() == BODY
    assert len(web.ranges("/file")) == (2 if extra else 1)


def test_a_part_of_another_address_is_not_gone_on_from(web, target):
    stop_after(web, target, 1000)
    web.answers["/other"] = [serve(OTHER)]
    fetch.fetch(f"{web.url}/other", target, read_gzip, limits=ONCE)
    assert target.read_bytes() == OTHER
    assert web.ranges("/other") == [None]


def test_a_note_that_is_damaged_is_as_none(web, target):
    stop_after(web, target, 1000)
    target.with_name(".file.gz.part.json").write_text('["')
    get(web, target, serve(BODY))
    assert target.read_bytes() == BODY


def test_pauses_grow_and_do_not_go_on_for_ever(web, target, pauses):
    limits = fetch.Limits(retries=6, pause=1, longest_pause=10)
    refused(web, target, status(500), match="answers 500.* wait, and run again", limits=limits)
    assert pauses == [1, 2, 4, 8, 10, 10]
    assert len(web.requests) == 7


def test_what_brings_a_byte_at_a_time_is_given_up_too(web, target, pauses):
    refused(web, target, serve(BODY, part=1), match=r"cut after 50 of \d+ bytes \(50 tries\)",
            nothing_left=False)  # fmt: skip
    assert len(web.requests) == download.MOST_TRIES


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_is_given_the_time_it_asks_for(web, target, pauses, code):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    zoneless = MONDAY.replace("GMT", "-0000")
    busy = [
        status(code, Retry_After=text) for text in ("7", soon, MONDAY, zoneless, "soon", "99999")
    ]
    get(web, target, *busy, serve(BODY), limits=fetch.Limits(retries=9, pause=1))
    assert target.read_bytes() == BODY
    assert pauses[0] == 7
    assert 30 < pauses[1] <= 40
    # Past dates and nonsense: the usual pause. Too long a wait: the longest there is.
    assert pauses[2:] == [4, 8, 16, 120]


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (status(404), "not found; check the accession and geo.base_url"),
        (status(410), "not found"),
        (status(401), r"refuses it \(401\)"),
        (status(403), r"refuses it \(403\); check in a browser"),
        (status(400), "answers 400"),
        (status(206, BODY), "answers 206"),
        (serve(b"<!DOCTYPE html>\n<html>please log in"), "a web page came .*may want a login"),
        (serve(gzip.compress(b"<html>log in")), "a web page came"),
        (serve(b""), "is empty"),
        (serve(b"no gzip at all"), "the file is no gzip"),
        (serve(BODY[:-8] + b"\0" * 8), "damaged"),
        (serve(BODY[:-100]), "damaged"),
        (serve(BODY, length=len(BODY) - 100), "damaged"),
    ],
)
def test_what_another_try_would_not_better_is_asked_for_once(web, target, pauses, answer, match):
    line = refused(web, target, answer, match=match)
    assert ".part" not in line
    assert len(web.requests) == 1
    assert pauses == []


def test_a_length_that_never_comes(web, target):
    line = refused(web, target, serve(BODY, length=len(BODY) + 9, etag=None, modified=None),
                   match=f"cut after {len(BODY)} of {len(BODY) + 9} bytes")  # fmt: skip
    # The first try brings something new, the others do not.
    assert "(4 tries)" in line


def test_a_body_in_chunks_that_is_cut(web, target):
    def chunks(whole):
        def answer(handler):
            handler.protocol_version = "HTTP/1.1"
            handler.close_connection = True
            handler.head(200, Transfer_Encoding="chunked", ETag='"1"', Connection="close")
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(BODY), BODY))
            handler.wfile.write(b"0\r\n\r\n" if whole else b"")

        return answer

    # Without a length the end of the data is not the end of the file.
    line = refused(web, target, chunks(False), match="cut", limits=ONCE, nothing_left=False)
    assert "are kept" in line
    get(web, target, chunks(True))
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_without_end_is_refused(web, target, announced):
    def endless(handler):
        handler.head(200, Content_Length=1 << 40 if announced else None)
        while not handler.server.over.is_set():
            handler.wfile.write(bytes(1 << 16))

    limits = fetch.Limits(largest=1 << 20)
    refused(web, target, endless, match="larger than 1 MiB", limits=limits)


def test_a_body_that_takes_for_ever_is_left(web, target):
    def drip(handler):
        handler.head(200, Content_Length=1 << 30, ETag='"1"')
        while not handler.server.over.wait(0.01):
            handler.wfile.write(b"x")

    limits = fetch.Limits(timeout=1, longest=0.1)
    refused(web, target, drip, match="not whole after", limits=limits, nothing_left=False)
    assert len(web.requests) == 1


def test_redirects_are_followed_and_noted(web, target):
    web.answers["/good?signature=secret"] = [serve(BODY)]
    get(web, target, status(302, Location="/good?signature=secret"))
    source = read_json(f"{target}.source.json")
    assert (source["url"], source["came_from"]) == (f"{web.url}/file", f"{web.url}/good")


def test_a_redirect_to_a_login_page_says_where_it_led(web, target):
    web.answers["/login?next=file"] = [serve(b"<html>log in", Content_Type="text/html")]
    refused(web, target, status(302, Location="/login?next=file"),
            match=r"web page came .*\(redirected to http://[\d.:]+/login\); open")  # fmt: skip
    elsewhere = web.url.replace("127.0.0.1", "localhost")
    refused(web, target, status(302, Location=f"{elsewhere}/login?next=file"),
            match=r"\(redirected to another host, http://localhost:\d+/login\)")  # fmt: skip
    refused(web, target, status(302, Location=f"{elsewhere}/none"),
            match=r"not found \(redirected to http://localhost:\d+/none\)")  # fmt: skip


def test_redirects_without_end(web, target, pauses):
    refused(web, target, status(302, Location="/file"), match="too many redirects")
    assert len(web.requests) == download.MOST_REDIRECTS + 1
    refused(web, target, status(302, Location="ftp://127.0.0.1/x"), match="no address")


def test_a_secure_address_that_leads_to_one_that_is_not(web, target, monkeypatch):
    web.answers["/file"] = [serve(BODY)]
    real = download.requests.Session.get
    monkeypatch.setattr(
        download.requests.Session,
        "get",
        lambda session, url, **options: real(session, web.url + "/file", **options),
    )
    with pytest.raises(DataError, match="https://x/file: leads to http://.*not secure"):
        fetch.fetch("https://x/file", target, read_gzip, limits=ONCE)
    assert list(target.parent.iterdir()) == []


def test_what_the_server_calls_encoded(web, tmp_path):
    """A .gz is kept as it lies there; a text that was packed for the way is unpacked."""
    encoded = serve(BODY, Content_Encoding="gzip")
    get(web, tmp_path / "file.gz", encoded)
    assert (tmp_path / "file.gz").read_bytes() == BODY
    get(web, tmp_path / "file.txt", serve(BODY, Content_Encoding="gzip", part=1000), encoded,
        check=lambda path: None)  # fmt: skip
    assert (tmp_path / "file.txt").read_bytes() == gzip.decompress(BODY)
    damaged = serve(BODY[:-100], Content_Encoding="gzip")
    refused(web, tmp_path / "sub" / "x.txt", damaged, match="damaged", check=lambda path: None)


def test_nobody_there(tmp_path, pauses, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    for url, why in [
        ("http://127.0.0.1:9/x", r"no connection \(3 tries\)"),
        ("http://no.such.host.invalid/x", r"name is not known \(DNS\)|no connection"),
    ]:
        with pytest.raises(fetch.Interrupted, match=f"{why}.*; check the network") as caught:
            fetch.fetch(url, tmp_path / "x", read_gzip, limits=QUICK)
        assert url in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_tls_and_one_with_a_wrong_certificate(web, target, pauses):
    url = web.url.replace("http:", "https:") + "/file"
    with pytest.raises(fetch.Interrupted, match=r"no secure connection \(TLS\).*the network"):
        fetch.fetch(url, target, read_gzip, limits=ONCE)
    wrong = trouble.exceptions.SSLError(
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl"
    )
    reason = trouble.reason_of(wrong, url, 1)
    assert isinstance(reason, DataError)
    assert "certificate is not accepted (self-signed certificate); check the network" in str(reason)


def test_what_is_no_address_is_one_line_too(tmp_path):
    for url in ("http://[", "http://", "HTTPS://x y/", "ftp://127.0.0.1/x", "", "x://y",
                "file://resources/geo/x"):  # fmt: skip
        with pytest.raises(DataError) as caught:
            fetch.fetch(url, tmp_path / "x", read_gzip, limits=ONCE)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_paths_and_file_addresses(tmp_path, form):
    source = tmp_path / "a b.gz"
    source.write_bytes(BODY)
    url = form.format(source).replace(" ", "%20" if "file" in form else " ")
    out = tmp_path / "out" / "out.gz"
    fetch.fetch(url, out, read_gzip)
    assert out.read_bytes() == BODY
    assert read_json(f"{out}.source.json")["last_modified"].endswith("GMT")
    for wrong, why in [("none", "no such file; check"), ("", "is a folder, not a file")]:
        with pytest.raises(DataError, match=why) as caught:
            fetch.fetch(form.format(tmp_path / wrong), tmp_path / "new" / "x.gz", read_gzip)
        assert form.format(tmp_path / wrong) in str(caught.value)
    assert list((tmp_path / "new").iterdir()) == []


def test_local_paths():
    assert fetch.local_path("file:///a%20b/c") == "/a b/c"
    assert fetch.local_path("a%20b/c") == "a%20b/c"
    assert fetch.local_path("https://example.org/x") is None
    with pytest.raises(DataError, match="three slashes"):
        fetch.local_path("file://resources/geo")
    with pytest.raises(DataError, match="ftp is not supported; write https"):
        fetch.local_path("ftp://ftp.ncbi.nlm.nih.gov/geo")


def test_a_copied_file_is_checked_too(tmp_path):
    bad = tmp_path / "bad.gz"
    bad.write_bytes(BODY[:-5])
    with pytest.raises(DataError, match="damaged") as caught:
        fetch.fetch(str(bad), tmp_path / "out" / "file.gz", read_gzip)
    assert ".part" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_is_one_line_and_what_came_is_gone_on_from(web, target):
    """A limit on the size of files stands for the disk: the same error of the same call."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        refused(web, target, serve(BODY), nothing_left=False,
                match=r"cannot be written to .*file.gz \(File too large\); make room")  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    get(web, target, serve(BODY))
    assert target.read_bytes() == BODY
    assert web.ranges("/file") == [None, "bytes=200000-"]


def test_a_target_that_cannot_be_made(web, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        get(web, tmp_path / "file" / "x.gz", serve(BODY))


def test_the_old_file_stays_when_the_new_one_does_not_come(web, target, pauses):
    get(web, target, serve(BODY))
    before = Path(f"{target}.source.json").read_bytes()
    for answer in (serve(b"<html>"), status(404), status(500), serve(BODY[:-9])):
        with pytest.raises(DataError):
            get(web, target, answer)
    assert target.read_bytes() == BODY
    assert Path(f"{target}.source.json").read_bytes() == before
    assert len(list(target.parent.iterdir())) == 2


def test_a_file_that_has_changed_at_the_source_is_told_and_not_taken(web, target):
    get(web, target, serve(BODY))
    note = Path(f"{target}.source.json")
    note.write_text(note.read_text().replace(read_json(note)["fetched"], "2024-05-06T07:08:09"))
    before = note.read_bytes()
    with pytest.raises(DataError) as caught:
        get(web, target, serve(OTHER, modified="Tue, 02 Jan 2024 00:00:00 GMT"))
    assert str(caught.value) == (
        f"{web.url}/file: is not what was fetched on 2024-05-06: then {len(BODY)} bytes of "
        f"{MONDAY}, now {len(OTHER)} bytes of Tue, 02 Jan 2024 00:00:00 GMT; the old file, "
        f"{target}, stays; delete it and {note.name} to take the new one"
    )
    assert (target.read_bytes(), note.read_bytes()) == (BODY, before)
    assert len(list(target.parent.iterdir())) == 2
    note.unlink()
    get(web, target, serve(OTHER))
    assert target.read_bytes() == OTHER


def test_the_same_file_again_is_no_change(web, target):
    get(web, target, serve(BODY))
    get(web, target, serve(BODY, modified="Tue, 02 Jan 2024 00:00:00 GMT", etag='"2"'))
    assert read_json(f"{target}.source.json")["etag"] == '"2"'
    packed_anew = gzip.compress(gzip.decompress(BODY), 1, mtime=7)
    assert packed_anew != BODY
    get(web, target, serve(packed_anew))
    assert target.read_bytes() == packed_anew
    # A file that was damaged here since is mended, whatever it is by now.
    target.write_bytes(b"rot")
    get(web, target, serve(packed_anew))
    assert target.read_bytes() == packed_anew


def test_a_change_is_told_where_the_file_itself_is_gone(web, target):
    get(web, target, serve(BODY))
    target.unlink()
    with pytest.raises(DataError, match="; delete .*file.gz.source.json to take the new one$"):
        get(web, target, serve(OTHER))
    assert not target.exists()
    get(web, target, serve(OTHER), may_change=True)
    assert target.read_bytes() == OTHER


@pytest.mark.parametrize("text", ["[]", "{}", '{"sha'])
def test_a_note_that_says_nothing_is_not_passed_over(web, target, text):
    Path(f"{target}.source.json").write_text(text)
    with pytest.raises(DataError, match="source.json: "):
        get(web, target, serve(BODY))
    assert not target.exists()


def test_two_runs_do_not_write_to_the_same_part(web, target):
    def other_run(handler):
        with pytest.raises(DataError, match="another run is fetching it"):
            fetch.fetch(f"{web.url}/other", target, read_gzip, limits=ONCE)
        serve(BODY)(handler)

    web.answers["/other"] = [serve(OTHER)]
    get(web, target, other_run, limits=fetch.Limits(timeout=5))
    assert target.read_bytes() == BODY
    assert web.ranges("/other") == []


def matrix(accession="GSE1", platform="GPL96"):
    lines = [
        f'!Series_geo_accession\t"{accession}"',
        '!Sample_geo_accession\t"GSM1"\t"GSM2"',
        f'!Sample_platform_id\t"{platform}"\t"{platform}"',
        "!series_matrix_table_begin",
        '"ID_REF"\t"GSM1"\t"GSM2"',
        '"p1"\t1.5\t2.5',
        "!series_matrix_table_end",
    ]
    return gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)


def annotation(platform="GPL96", tag="!Annotation_platform"):
    lines = [
        "^Annotation",
        f"{tag} = {platform}",
        "!platform_table_begin",
        "ID\tGene title\tGene symbol\tGene ID",
        "p1\tone\tTP53\t7157",
        "!platform_table_end",
    ]
    return "\n".join([*lines, ""]).encode()


def put(folder, path, content):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


SERIES = "series/GSEnnn/GSE1/matrix/"


@pytest.fixture(params=["web", "folder"])
def mirror(request, web, tmp_path):
    """A mirror on the web or on disk: mirror(path → content) makes it and returns it."""

    def make(files):
        folders = {}
        for path, content in files.items():
            put(tmp_path / "mirror", path, content)
            web.answers[f"/{path}"] = [serve(content)]
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, []).append(f'<a href="{name}">{name}</a> 2024 1K')
        for folder, links in folders.items():
            page = '<html><a href="../">Parent</a>\n' + "\n".join(links)
            web.answers[f"/{folder}/"] = [serve(page.encode(), Content_Type="text/html")]
        base = web.url if request.param == "web" else str(tmp_path / "mirror")
        return fetch.Mirror(base, tmp_path / "slots", limits=QUICK)

    return make


def test_a_series_is_the_one_that_was_asked_for(mirror, target):
    files = {
        f"{SERIES}GSE1_series_matrix.txt.gz": matrix(),
        "series/GSEnnn/GSE2/matrix/GSE2_series_matrix.txt.gz": matrix("GSE1"),
        "series/GSEnnn/GSE3/matrix/GSE3-GPL96_series_matrix.txt.gz": matrix("GSE3", "GPL97"),
        "series/GSEnnn/GSE3/matrix/GSE3-GPL97_series_matrix.txt.gz": matrix("GSE3", "GPL97"),
    }
    made = mirror(files)
    for wrong, why in [("GSE2", "it holds GSE1, not GSE2"),
                       ("GSE3-GPL96", "it holds GPL97, not GPL96")]:  # fmt: skip
        with pytest.raises(DataError, match=f"{wrong}_series.*not usable: {why}; check"):
            fetch.get_series(made, wrong, target)
        assert not target.exists()
    fetch.get_series(made, "GSE1", target)
    assert target.read_bytes() == matrix()
    fetch.get_series(made, "GSE3-GPL97", target.with_name("other.gz"))


def test_a_series_of_several_platforms_is_told_with_what_to_write(mirror, target):
    numbers = ("97", "96", "570", "10558")
    files = {
        f"{SERIES}GSE1-GPL{n}_series_matrix.txt.gz": matrix("GSE1", f"GPL{n}") for n in numbers
    }
    files[f"{SERIES}filelist.txt"] = files[f"{SERIES}GSE11-GPL9_series_matrix.txt.gz"] = b"x"
    files["series/GSEnnn/GSE2/matrix/GSE2_series_matrix.txt.gz"] = matrix("GSE2")
    files["series/GSEnnn/GSE3/matrix/GSE3-GPL9_series_matrix.txt.gz"] = matrix("GSE3", "GPL9")
    made = mirror(files)
    found = ["GSE1-GPL96", "GSE1-GPL97", "GSE1-GPL570", "GSE1-GPL10558"]
    assert fetch.platforms_of(made.base_url, "GSE1") == found
    assert fetch.platforms_of(made.base_url, "GSE1-GPL8") == found
    assert fetch.platforms_of(made.base_url, "GSE2") == []
    assert fetch.platforms_of(made.base_url, "GSE4") == []
    for accession, line in [
        ("GSE1", f"GSE1 has several platforms: write one of {', '.join(found)} in the column"),
        ("GSE1-GPL8", "GSE1 has several platforms: write one of GSE1-GPL96, "),
        ("GSE2-GPL8", "GSE2 has one matrix for all: write GSE2 in the column accession"),
        ("GSE3", "GSE3 has another platform: write GSE3-GPL9 in the column accession"),
        ("GSE4", "(not found|no such file); check the accession and geo.base_url"),
    ]:
        with pytest.raises(DataError, match=line) as caught:
            fetch.get_series(made, accession, target)
        assert f"{made.base_url}/series/" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_links_of_an_index_however_they_are_written(web):
    page = (
        f'<A HREF="/geo/{SERIES}GSE1-GPL1_series_matrix.txt.gz">x</A>'
        "<a href='GSE1%2DGPL2_series_matrix.txt.gz'>x</a>"
        "<a class=x href=./GSE1-GPL3_series_matrix.txt.gz?raw=1>x</a>"
        "<a href='GSE1-GPL4_series_matrix.txt.gz.md5'>x</a>"
    )
    web.answers[f"/{SERIES}"] = [serve(page.encode(), part=40), serve(page.encode())]
    found = fetch.platforms_of(web.url, "GSE1", QUICK)
    assert found == ["GSE1-GPL1", "GSE1-GPL2", "GSE1-GPL3"]


CURATED = "platforms/GPLnnn/GPL96/annot/GPL96.annot.gz"
FAMILY = "platforms/GPLnnn/GPL96/soft/GPL96_family.soft.gz"
SOFT = "platforms/GPLnnn/GPL96/soft/GPL96.soft.gz"


@pytest.mark.parametrize(
    ("there", "came", "kind"),
    [
        ([CURATED, FAMILY, SOFT], CURATED, "curated annotation"),
        ([FAMILY, SOFT], FAMILY, "submitter's table"),
        ([SOFT], SOFT, "submitter's table"),
    ],
)
def test_the_ladder_of_annotations(mirror, target, there, came, kind):
    made = mirror({path: gzip.compress(annotation() + path.encode()) for path in there})
    url = fetch.get_platform(made, "GPL96", target)
    assert url == f"{made.base_url}/{came}"
    assert gzip.decompress(target.read_bytes()).endswith(came.encode())
    source = read_json(f"{target}.source.json")
    assert (source["url"], source["kind"]) == (url, kind)


def test_no_annotation_at_all(mirror, target):
    with pytest.raises(DataError, match="GPL96: no annotation and no table of its submitter") as no:
        fetch.get_platform(mirror({}), "GPL96", target)
    assert "give a mapping file in prepare.annotations" in str(no.value)
    assert "\n" not in str(no.value)


@pytest.mark.parametrize(
    "tag", ["!Annotation_platform", "^PLATFORM", "!platform_geo_accession", "^Annotation"]
)
def test_the_annotation_of_another_platform_is_refused(mirror, target, tag):
    made = mirror({CURATED: gzip.compress(annotation("GPL97", tag)), FAMILY: annotation()})
    with pytest.raises(DataError, match="it holds GPL97, not GPL96; check the source"):
        fetch.get_platform(made, "GPL96", target)
    fetch.get_platform(mirror({CURATED: gzip.compress(annotation("GPL96", tag))}), "GPL96", target)
    assert target.exists()


def test_an_annotation_that_names_no_platform_is_taken(mirror, target):
    made = mirror({CURATED: gzip.compress(annotation(tag="!Annotation_title").replace(b"96", b""))})
    fetch.get_platform(made, "GPL96", target)


def test_a_damaged_annotation_is_not_passed_over(mirror, target):
    """The submitter's table stands in for one that is not there, not for one that did not come."""
    made = mirror({CURATED: gzip.compress(annotation())[:-9], FAMILY: gzip.compress(annotation())})
    with pytest.raises(DataError, match="annot.gz: what came is not usable"):
        fetch.get_platform(made, "GPL96", target)


def test_the_table_of_the_submitter_from_ncbi(web, target, monkeypatch):
    """A program answers there, in plain text."""
    monkeypatch.setattr(addresses, "NCBI", web.url)
    monkeypatch.setattr(addresses, "NCBI_RECORD", f"{web.url}/acc.cgi?form=text")
    record = "/acc.cgi?form=text&acc=GPL96"
    made = fetch.Mirror(f"{web.url}/", limits=QUICK)
    for answer, why in [
        (serve(b"<html>no such platform"), "is a web page.*prepare.annotations"),
        (serve(annotation()[:-30]), "not usable.*or give a mapping file in prepare.annotations"),
        (serve(annotation("GPL97")), "it holds GPL97"),
        (serve(annotation(), part=0), "cut after 0 .* check the network, and run again$"),
    ]:
        web.answers[record] = [answer]
        with pytest.raises(DataError, match=why):
            fetch.get_platform(made, "GPL96", target)
        assert not target.exists()
    web.answers[record] = [serve(annotation(), etag=None, modified=None)]
    assert fetch.get_platform(made, "GPL96", target) == web.url + record
    assert gzip.decompress(target.read_bytes()) == annotation()
    source = read_json(f"{target}.source.json")
    assert source["kind"] == "submitter's table"
    assert source["sha256"] == sha256(target)
    # The same text gives the same bytes, whenever it is fetched, and packed on the way or not.
    first = target.read_bytes()
    assert first[4:8] == bytes(4)
    web.answers[record] = [serve(gzip.compress(annotation(), mtime=5), Content_Encoding="gzip")]
    fetch.get_platform(made, "GPL96", target)
    assert target.read_bytes() == first


def test_counts_of_authors(mirror, tmp_path):
    folder = "series/GSEnnn/GSE1/suppl/"
    packed = gzip.compress(b"gene\ts1\nTP53\t3\n")
    files = {"a.tsv.gz": packed, "cut.tsv.gz": packed[:-4], "b.csv": b"gene,s1\nTP53,3\n",
             "plain.gz": b"gene\ts1\n", "nothing.gz": gzip.compress(b""), "page.csv": b" <HTML>",
             "page.gz": gzip.compress(b"<!doctype html>"), "empty.csv": b""}  # fmt: skip
    made = mirror({folder + name: content for name, content in files.items()})
    for name in ("a.tsv.gz", "b.csv"):
        fetch.get_author_counts(made, "GSE1", name, tmp_path / "out" / name)
        assert (tmp_path / "out" / name).read_bytes() == files[name]
        assert Path(f"{tmp_path}/out/{name}.source.json").exists()
    for name, why in [("cut.tsv.gz", "damaged"), ("plain.gz", "no gzip"), ("empty.csv", "empty"),
                      ("nothing.gz", "nothing in it"), ("page.csv", "web page"),
                      ("page.gz", "web page"),
                      ("none.csv", "check its name in geo.counts against those in .*/suppl/$"),
                      ]:  # fmt: skip
        with pytest.raises(DataError, match=why) as caught:
            fetch.get_author_counts(made, "GSE1", name, tmp_path / "out" / name)
        assert f"{made.base_url}/{folder}{name}" in str(caught.value)
        assert not (tmp_path / "out" / name).exists()


def test_counts_of_ncbi(mirror, target):
    counts = gzip.compress(b"GeneID\tGSM1\n7157\t3\n")
    name = "series/GSEnnn/GSE1/suppl/GSE1_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    with pytest.raises(DataError, match="human RNA-seq only: name the authors' own file in geo"):
        fetch.get_counts(mirror({}), "GSE1", target)
    fetch.get_counts(mirror({name: counts}), "GSE1", target)
    assert target.read_bytes() == counts
    table = gzip.compress(b"GeneID\tSymbol\n7157\tTP53\n")
    made = mirror({"annotation/Human.GRCh38.p13.annot.tsv.gz": table})
    fetch.get_gene_table(made, target.with_name("genes.gz"))
    assert target.with_name("genes.gz").read_bytes() == table


def test_gene_names_are_renewed_without_a_word(web, tmp_path):
    target = tmp_path / "hgnc.txt"
    header = "hgnc_id\tsymbol\tname\talias_symbol\tprev_symbol\tentrez_id\tensembl_gene_id\n"
    for row in ("HGNC:5\tA1BG\tx\t\t\t1\tENSG00000121410\n", "HGNC:5\tA1\tx\t\t\t1\t\n"):
        web.answers["/hgnc"] = [serve((header + row).encode())]
        fetch.get_gene_names(f"{web.url}/hgnc", target, limits=QUICK)
        assert target.read_text() == header + row
    web.answers["/hgnc"] = [serve(b"id\tname\n1\t2\n")]
    with pytest.raises(DataError, match="not usable"):
        fetch.get_gene_names(f"{web.url}/hgnc", target, limits=QUICK)
    assert "A1\tx" in target.read_text()


def test_at_most_three_at_a_time(web, tmp_path):
    now, most, lock = [0], [0], threading.Lock()

    def counting(handler):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with lock:
            now[0] -= 1
        serve(matrix())(handler)

    web.answers[f"/{SERIES}GSE1_series_matrix.txt.gz"] = [counting]
    for slots, at_once in [(tmp_path / "slots", 3), (None, 7)]:
        most[0] = 0
        made = fetch.Mirror(web.url, slots, limits=fetch.Limits(timeout=5))
        places = [tmp_path / str(at_once) / f"{i}.gz" for i in range(7)]
        runs = [threading.Thread(target=fetch.get_series, args=(made, "GSE1", at)) for at in places]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert all(place.read_bytes() == matrix() for place in places)
        assert most[0] <= at_once
        assert most[0] > (1 if slots else 3)


def test_a_slot_that_never_becomes_free_ends_in_one_line(tmp_path):
    with (
        slot(tmp_path),
        slot(tmp_path),
        slot(tmp_path),
        pytest.raises(DataError, match="3 other downloads"),
        slot(tmp_path, look_again=0.001, longest=0.01),
    ):
        pass
    with slot(tmp_path):
        pass


def test_files_on_disk_take_no_slot(tmp_path):
    put(tmp_path, f"mirror/{SERIES}GSE1_series_matrix.txt.gz", matrix())
    with slot(tmp_path / "slots"), slot(tmp_path / "slots"), slot(tmp_path / "slots"):
        made = fetch.Mirror((tmp_path / "mirror").as_uri(), tmp_path / "slots")
        fetch.get_series(made, "GSE1", tmp_path / "out.gz")
    assert (tmp_path / "out.gz").exists()


def test_addresses():
    assert fetch.series_url(fetch.NCBI, "GSE55235") == (
        "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE55nnn/GSE55235/matrix/"
        "GSE55235_series_matrix.txt.gz"
    )
    assert fetch.platform_url("mirror/", "GPL96") == (
        "mirror/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz"
    )
    assert addresses.submitter_urls(fetch.NCBI, "GPL96") == [
        "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?targ=self&form=text&view=full&acc=GPL96"
    ]
    assert "type=rnaseq_counts" in fetch.counts_url(fetch.NCBI, "GSE1")
    assert fetch.counts_url("m", "GSE1").startswith("m/series/GSEnnn/GSE1/suppl/")
    assert fetch.author_counts_url(fetch.NCBI, "GSE184951", "x.gz") == (
        "https://ftp.ncbi.nlm.nih.gov/geo/series/GSE184nnn/GSE184951/suppl/x.gz"
    )
