"""A real S3 server on loopback, a proxy that cuts its connections, and the command in a fork."""

import contextlib
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import pytest
import sklearn.ensemble  # noqa: F401 - loads OpenMP
import threadpoolctl

HERE = Path(__file__).parent

# OpenMP threads spin while they wait, which makes small fits many times slower on a busy machine.
# The environment would limit the library for all other tests, too: it is read once, at loading.
OPENMP = threadpoolctl.ThreadpoolController()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """Modules fit estimators when they are imported."""
    with OPENMP.limit(limits=1, user_api="openmp"):
        return (yield)


@pytest.fixture(scope="module", autouse=True)
def one_thread_of_openmp():
    with OPENMP.limit(limits=1, user_api="openmp"):
        yield


@dataclass
class S3:
    """A running S3 server: its address, and in `environment` what a client needs to reach it."""

    endpoint: str
    bucket: str = "models"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }

    def put(self, key: str, data: bytes) -> str:
        """Store `data` and return its s3:// address."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data)
        return f"s3://{self.bucket}/{key}"

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=key)

    @contextmanager
    def checking_keys(self):
        """While open, the server refuses every key."""
        self._let_pass(0)
        try:
            yield
        finally:
            self._let_pass(float("inf"))

    def _let_pass(self, requests: float) -> None:
        address, body = f"{self.endpoint}/moto-api/reset-auth", str(requests).encode()
        with urlopen(Request(address, body, {"Content-Type": "text/plain"}), timeout=10):
            pass

    @cached_property
    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )


@pytest.fixture(scope="session", autouse=True)
def the_same_time():
    """Fixes the time, so that the same file always gives the same model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1385337600")
        yield


# A server that picks a port, prints it, and exits when its stdin closes.
MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def s3() -> S3:
    """A moto server in a process of its own, with one empty bucket."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", MOTO], **pipes, text=True) as server:
        port = server.stdout.readline()
        assert port, f"moto ended with status {server.wait()}"
        store = S3(f"http://127.0.0.1:{int(port)}")
        store.client.create_bucket(Bucket=store.bucket)
        yield store
        server.stdin.close()


@pytest.fixture
def cutting(s3):
    """`with cutting(after, times) as proxied:` gives `s3` through a proxy that cuts connections.

    Each of the first `times` connections (None: every one) is reset once `after` bytes of answer
    have passed; `proxied.cut` has one item per reset.
    """

    @contextmanager
    def start(after: int, times: int | None = None):
        with Proxy(int(s3.endpoint.rpartition(":")[2]), after, times) as proxy:
            thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
            thread.start()
            try:
                proxied = S3(f"http://127.0.0.1:{proxy.server_address[1]}")
                proxied.cut = proxy.cut
                yield proxied
            finally:
                proxy.shutdown()
                thread.join()

    return start


@pytest.fixture
def dripping(s3):
    """`with dripping() as server:` gives a store that promises 1 MB and sends it byte by byte."""

    class Drip(socketserver.BaseRequestHandler):
        def handle(self):
            asked = self.request.recv(65536)
            head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 1000000\r\n'
            head += b"Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n"
            head += b"Content-Range: bytes 0-999999/1000000\r\n\r\n"
            self.request.sendall(head if asked[:4] == b"HEAD" else head.replace(b"200", b"206"))
            with contextlib.suppress(OSError):
                while asked[:4] != b"HEAD":
                    self.request.sendall(b"x")
                    time.sleep(0.2)

    @contextmanager
    def start():
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
            server.daemon_threads = True
            server.block_on_close = False
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield S3(f"http://127.0.0.1:{server.server_address[1]}")
            finally:
                server.shutdown()
                thread.join()

    return start


class Proxy(socketserver.ThreadingTCPServer):
    """Forwards bytes to and from `port` and resets connections; `cut`: the bytes passed on each."""

    daemon_threads = True

    def __init__(self, port: int, after: int, times: int | None):
        super().__init__(("127.0.0.1", 0), Pass)
        self.port, self.after, self.times, self.cut = port, after, times, []
        self.one_by_one = threading.Lock()

    def cuts_once_more(self) -> bool:
        with self.one_by_one:  # connections run in parallel
            if self.times is not None and len(self.cut) >= self.times:
                return False
            self.cut.append(self.after)
            return True


class Pass(socketserver.BaseRequestHandler):
    """One connection through the proxy."""

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as upstream:
            asking = threading.Thread(target=self.pass_requests, args=(upstream,), daemon=True)
            asking.start()
            self.pass_answers(upstream)
            upstream.shutdown(socket.SHUT_RDWR)

    def pass_requests(self, upstream: socket.socket) -> None:
        try:
            while data := self.request.recv(65536):
                upstream.sendall(data)
        except OSError:
            pass  # one side is gone; pass_answers sees that too

    def pass_answers(self, upstream: socket.socket) -> None:
        server = self.server
        passed = 0
        while data := upstream.recv(65536):
            if passed + len(data) > server.after and server.cuts_once_more():
                self.request.sendall(data[: server.after - passed])
                # a zero linger time turns close into a reset
                linger = struct.pack("ii", 1, 0)
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            self.request.sendall(data)
            passed += len(data)


@dataclass
class Outcome:
    """How a command ended: status (-N for signal N), output, CPU seconds, peak memory in bytes.

    deaf: the longest CPU time, in seconds, during which no signal reached its handler.
    """

    status: int
    stdout: str
    stderr: str
    seconds: float
    peak: int
    lines: int
    deaf: float

    def assert_refused(self) -> None:
        """One clear line, exit status 2, within 256 MB and 10 seconds."""
        assert self.status == 2, f"status {self.status}: {self.stderr}"
        assert self.stdout == ""
        assert self.stderr.endswith("\n"), self.stderr
        line = self.stderr[:-1]
        assert line.isprintable(), f"not one clean line: {self.stderr!r}"
        assert 10 < len(line) < 500, line
        assert "an error in onnx101 itself" not in line, line
        self.assert_cheap()

    def assert_cheap(self) -> None:
        """Within 256 MB and 10 seconds, and never deaf to Ctrl-C for more than one second."""
        assert self.peak < 256e6, f"{self.peak / 1e6:.0f} MB"
        assert self.seconds < 10, f"{self.seconds:.1f} s"
        assert self.deaf < 1, f"deaf to signals for {self.deaf:.1f} s"


@pytest.fixture(scope="session")
def command():
    """`command(*arguments, **tamper)` runs `onnx101 ARGUMENTS` in a fork; see child.py."""
    child = [sys.executable, str(HERE / "child.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(child, **pipes) as process:

        def run(*arguments: str | os.PathLike, **tamper) -> Outcome:
            request = {"arguments": [os.fspath(part) for part in arguments], **tamper}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return Outcome(**json.loads(process.stdout.readline()))

        yield run
        process.stdin.close()


@pytest.fixture(params=["held", "streamed", "streamed, wide"])
def form(request, monkeypatch):
    """How trees are written: small forests are held back, large ones go to the file at once."""
    if request.param != "held":
        monkeypatch.setattr("onnx101.writer._SMALL_NODES", 0)
        monkeypatch.setattr("onnx101.writer._WIDE", 0 if "wide" in request.param else 64)
    return request.param
