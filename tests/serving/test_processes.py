"""A service as a process: bad starts, a model that is replaced, workers that die, and shutdown."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import numpy as np
import onnx
import pytest
import serve
from onnx import TensorProto, helper
from support import ROOT

INFER = "/v2/models/oracle/infer"


@pytest.fixture
def image(tmp_path):
    """A folder with the files that the Dockerfile copies, and no others."""
    text = (ROOT / "serving" / "Dockerfile").read_text(encoding="utf-8")
    root = tmp_path / "srv"
    for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        *sources, _ = shlex.split(line)
        for source in sources:
            (root / source).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, root / source)
            else:
                shutil.copy(ROOT / source, root / source)
    return root


def refused(capsys, *argv):
    """The one line with which serve.py ends with status 2."""
    with pytest.raises(SystemExit) as end:
        serve.main([str(word) for word in argv])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def identity(kind, path, name="X"):
    """A model that returns its input, of one type."""
    value = helper.make_tensor_value_info
    node = helper.make_node("Identity", [name], ["Y"])
    graph = helper.make_graph([node], "g", [value(name, kind, ["n"])], [value("Y", kind, ["n"])])
    opset = [helper.make_opsetid("", 21)]
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=opset), path)
    return path


def test_a_bad_start_is_refused_in_one_line(capsys, tmp_path, model):
    bad = tmp_path / "bad.onnx"
    assert "none.onnx: No such file" in refused(capsys, tmp_path / "none.onnx")
    bad.write_bytes(model.read_bytes()[:-100])
    assert "no model that onnxruntime runs" in refused(capsys, bad)
    bad.write_bytes(b"")
    assert "no model that onnxruntime runs" in refused(capsys, bad)
    text = identity(TensorProto.STRING, bad)
    assert "X is tensor(string); only tensors of numbers are served" in refused(capsys, text)
    loud = identity(TensorProto.STRING, bad, "X\x1b]0;owned\x07")
    assert "X\ufffd]0;owned\ufffd is tensor(string)" in refused(capsys, loud)
    assert "s3://" in refused(capsys, "s3://")


def test_a_port_that_is_taken_is_named(capsys, model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"cannot listen on 127.0.0.1:{port}: Address already in use"
        assert said in refused(capsys, model, "--port", port)
        assert said in refused(capsys, model, "--port", "0", "--grpc-port", port)


@pytest.mark.parametrize("option", [["--port", "70000"], ["--workers", "0"], ["--port", "x"]])
def test_options_are_checked(option):
    with pytest.raises(SystemExit) as end:
        serve.main(["model.onnx", *option])
    assert end.value.code == 2


def test_requests_in_flight_finish_and_a_replaced_file_changes_nothing(
    running, image, model, rows, request_of, minutes, tmp_path
):
    X, expected = rows
    copy = shutil.copy(model, tmp_path / "oracle.onnx")
    body = json.dumps(request_of(X)).encode()
    with running(copy, root=image) as service:
        copy.write_bytes(b"something else")  # overwritten in place while it serves
        answer = httpx.post(service.url + INFER, content=body, verify=False)
        assert minutes(answer).tobytes() == expected.tobytes()

        host, port = service.url.removeprefix("http://").split(":")
        head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with ExitStack() as stack:
            peers = [
                stack.enter_context(socket.create_connection((host, int(port)), timeout=300))
                for _ in range(8)
            ]
            for peer in peers:
                peer.sendall(head + body[:-1])
            wait_for(lambda: listening(service.url))
            service.process.send_signal(signal.SIGTERM)
            wait_for(lambda: not listening(service.url))
            for peer in peers:
                peer.sendall(body[-1:])
            for peer in peers:
                head, _, content = whole(peer).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                found = np.array(json.loads(content)["outputs"][0]["data"], np.float32)
                assert found.tobytes() == expected.tobytes()
        assert service.process.wait(timeout=300) == 0
        assert service.process.stderr.read() == ""


def test_a_killed_worker_loses_no_answer(running, model, rows, request_of, minutes):
    X, expected = rows
    bodies = [json.dumps(request_of(X[i : i + 1])).encode() for i in range(len(X))]
    resets = []

    with running(model, "--workers", "2") as service:

        def ask(number):
            """Ask like any client that retries when its connection breaks."""
            with httpx.Client(base_url=service.url, timeout=300, verify=False) as client:
                while True:
                    try:
                        return minutes(client.post(INFER, content=bodies[number % len(bodies)]))
                    except httpx.TransportError as error:
                        resets.append(error)
                        assert len(resets) < 500

        wait_for(lambda: len(service.workers) == 2)
        before = set(service.workers)
        wait_for(lambda: listening(service.url))
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(ask, range(600))
            time.sleep(0.5)
            os.kill(min(before), signal.SIGKILL)
            found = np.concatenate(list(answers))
        assert found.tobytes() == np.resize(expected, 600).tobytes()
        wait_for(lambda: len(set(service.workers) - {min(before)}) == 2)  # a new one is started

        text = httpx.get(service.url + "/metrics", verify=False).text
        counted = re.search(r"^request_predict_seconds_count\S* (\S+)$", text, re.MULTILINE)
        # both workers and the dead one are counted; nothing is counted twice
        assert 600 <= float(counted[1]) <= 600 + len(resets)

        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=300) == 0


def whole(peer):
    """Everything a peer sends until it closes."""
    return b"".join(iter(lambda: peer.recv(65536), b""))


def listening(url):
    try:
        answer = httpx.get(url + "/v2/health/ready", timeout=300, verify=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


def wait_for(true, seconds=300):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)
