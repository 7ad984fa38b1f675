"""Models are read from a real S3 server, over connections that break."""

import contextlib
import io
import pickle
import re
import socketserver
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from exact import without_source
from sklearn.ensemble import RandomForestRegressor

import onnx101
from onnx101 import remote, source, store


@pytest.fixture(scope="module")
def content() -> bytes:
    """A pickled forest of about 700 KB."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(800, 3))
    return pickle.dumps(RandomForestRegressor(10, random_state=1).fit(X, X[:, 0] * X[:, 1]))


@pytest.fixture
def apart(monkeypatch):
    """Read from this server, in a process of its own."""

    def start(server):
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

    return start


@pytest.fixture
def use(apart, monkeypatch):
    """Read in this process, a little at a time, and do not wait long between attempts."""
    monkeypatch.setattr(source, "RemoteFile", store.RangeReader)
    monkeypatch.setattr(store, "_RANGE", 100_000)
    monkeypatch.setattr(store, "_PAUSE", 0.01)
    return apart


@pytest.fixture
def expected(content, tmp_path) -> bytes:
    (tmp_path / "here.pkl").write_bytes(content)
    onnx101.convert(tmp_path / "here.pkl", tmp_path / "here.onnx")
    return (tmp_path / "here.onnx").read_bytes()


def test_reads_from_s3(s3, use, content, expected, tmp_path):
    use(s3)
    report = onnx101.convert(s3.put("deep/forest.pkl", content), tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(expected)
    assert report.trees == 10
    (tmp_path / "a.onnx").write_bytes(expected)
    assert onnx101.info(s3.put("a.onnx", expected)) == onnx101.info(tmp_path / "a.onnx")


def test_a_process_of_its_own_reads_the_same(s3, apart, content, expected, tmp_path):
    apart(s3)
    onnx101.convert(s3.put("forest.pkl", content), tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(expected)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("forest.pkl", content)
    onnx101.convert(s3.put("forest.zip", zipped.getvalue()), tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(expected)
    assert onnx101.verify(s3.put("again.pkl", content), tmp_path / "a.onnx", rows=100).passed


def test_resumes_a_cut_connection(s3, use, cutting, content, expected, tmp_path):
    address = s3.put("forest.pkl", content)
    with cutting(after=60_000, times=3) as proxied:
        use(proxied)
        onnx101.convert(address, tmp_path / "a.onnx")
        assert len(proxied.cut) == 3
    assert without_source(tmp_path / "a.onnx") == without_source(expected)


def refused(address: str, target: Path) -> str:
    target.write_bytes(b"old")
    with pytest.raises(onnx101.ConversionError) as refusal:
        onnx101.convert(address, target)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]
    return str(refusal.value)


def test_gives_up_on_a_connection_that_is_always_cut(s3, use, cutting, content, tmp_path):
    address = s3.put("forest.pkl", content)
    with cutting(after=0) as proxied:
        use(proxied)
        assert address in refused(address, tmp_path / "a.onnx")


def test_refuses_a_missing_object_without_asking_again(s3, use, tmp_path, monkeypatch):
    use(s3)
    monkeypatch.setattr(store.time, "sleep", pytest.fail)
    assert "NotFound" in refused("s3://models/none.pkl", tmp_path / "a.onnx")


def test_what_a_process_of_its_own_refuses_is_said(s3, apart, tmp_path):
    apart(s3)
    assert "NotFound" in refused("s3://models/none.pkl", tmp_path / "a.onnx")


def test_a_process_that_ends_is_said(s3, apart, content, tmp_path, monkeypatch):
    apart(s3)
    plain = remote.RemoteFile.readinto

    def killed(self, buffer):
        self._child.kill()
        return plain(self, buffer)

    monkeypatch.setattr(remote.RemoteFile, "readinto", killed)
    why = refused(s3.put("forest.pkl", content), tmp_path / "a.onnx")
    assert "ended with status -9" in why


def test_refuses_wrong_credentials(s3, use, content, tmp_path):
    address = s3.put("forest.pkl", content)
    use(s3)
    with s3.checking_keys():
        assert "PermissionDenied" in refused(address, tmp_path / "a.onnx")


def test_refuses_an_object_that_changes(s3, use, content, tmp_path, monkeypatch):
    address = s3.put("forest.pkl", content)
    use(s3)
    plain = store.RangeReader.readinto

    def changing(self, buffer):
        if self.position > 200_000:  # not everything is in flight by then
            s3.put("forest.pkl", content[::-1])
        return plain(self, buffer)

    monkeypatch.setattr(store.RangeReader, "readinto", changing)
    assert "Precondition" in refused(address, tmp_path / "a.onnx")


def test_gives_up_on_a_store_that_sends_a_byte_now_and_then(
    s3, use, dripping, tmp_path, monkeypatch
):
    monkeypatch.setattr(store, "_PATIENCE", 2)
    with dripping() as server:
        use(server)
        began = time.monotonic()
        assert "cannot be read" in refused("s3://models/forest.pkl", tmp_path / "a.onnx")
        assert time.monotonic() - began < 100  # at a byte now and then, it would take two days


@pytest.fixture
def flooding():
    """A store with an object of 1 MB that sends zeros forever.

    head, get: its answers to HEAD and GET.
    """

    class Flood(socketserver.BaseRequestHandler):
        def handle(self):
            server, asked = self.server, self.request.recv(65536)
            started, length = server.head, 1_000_000
            if asked[:4] != b"HEAD":
                started, length = server.get, 10**10
                first, last = re.search(rb"(?i)range: bytes=(\d+)-(\d+)", asked).groups()
                started += f"\r\nContent-Range: bytes {int(first)}-{int(last)}/1000000"
            head = f'HTTP/1.1 {started}\r\nETag: "1"\r\n'
            if "403" not in started or asked[:4] == b"HEAD":  # a client may reserve a length
                head += f"Content-Length: {length}\r\n"
            head += "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nConnection: close\r\n\r\n"
            self.request.sendall(head.encode())
            with contextlib.suppress(OSError):
                while length > 1_000_000 or "403" in started:
                    server.sent.append(self.request.send(bytes(2**16)))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Flood) as server:
        server.daemon_threads, server.block_on_close, server.sent = True, False, []
        server.get = "206 Partial Content"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("head", "why"), [("200 OK", "another number"), ("403 Forbidden", "PermissionDenied")]
)
def test_reads_no_more_than_it_asks_for(head, why, flooding, use, s3, tmp_path):
    use(s3)
    flooding.head = head
    address = f"http://127.0.0.1:{flooding.server_address[1]}/forest.pkl"
    assert why in refused(address, tmp_path / "a.onnx")
    assert sum(flooding.sent) < 100e6  # mostly what is in flight between the two socket buffers


def test_a_page_without_end_is_not_held(flooding, command, tmp_path):
    flooding.head, flooding.get = "200 OK", "403 Forbidden"
    address = f"http://127.0.0.1:{flooding.server_address[1]}/forest.pkl"
    outcome = command("convert", address, tmp_path / "a.onnx")
    outcome.assert_refused()  # within 256 MB, those of the process that reads included
    assert "without end" in outcome.stderr


def test_reads_from_a_store_without_etags(s3, use, content, expected, tmp_path, monkeypatch):
    use(s3)
    address = s3.put("forest.pkl", content)
    import obstore

    plain = obstore.head
    monkeypatch.setattr(obstore, "head", lambda *a: plain(*a) | {"e_tag": None})
    onnx101.convert(address, tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(expected)


def test_names_the_schemes_it_knows(tmp_path):
    assert "s3" in refused("ftp://host/forest.pkl", tmp_path / "a.onnx")


def test_reads_a_file_address(content, expected, tmp_path):
    path = tmp_path / "a forest.pkl"
    path.write_bytes(content)
    onnx101.convert(path.as_uri(), tmp_path / "a.onnx")
    assert without_source(tmp_path / "a.onnx") == without_source(expected)
