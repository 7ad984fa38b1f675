"""The oracle, served on loopback: in a thread of this process, or in separate processes.

Clients are made with verify=False: without TLS they need no certificates, and reading those costs
each client 60 ms.
"""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import infer
import numpy as np
import oracle
import psutil
import pytest
import serve
from support import ROOT

from serving import server


@pytest.fixture(scope="session")
def model(forest, tmp_path_factory):
    """The oracle as a file."""
    path = tmp_path_factory.mktemp("model") / "oracle.onnx"
    path.write_bytes(oracle.convert(forest))
    return path


@pytest.fixture(scope="session")
def rows(split, model):
    """Flights unknown to the oracle, float32 (200, 7), and its minutes from a bare session."""
    X = split[1][:200]
    return X, infer.predict(infer.open_session(model), X)


@pytest.fixture(scope="session")
def loaded(model):
    return serve.Served("oracle", model)


@pytest.fixture(scope="session")
def service(loaded):
    """The addresses of REST and gRPC."""
    with server.serving(lambda: loaded) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def client(service):
    with httpx.Client(base_url=service[0], timeout=300, verify=False) as client:
        yield client


@dataclass
class Running:
    """A service in its own processes."""

    process: subprocess.Popen
    url: str
    grpc: str

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        children = psutil.Process(self.process.pid).children()
        forks = [fork for child in children for fork in child.children()]
        return [fork.pid for fork in forks if fork.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="session")
def running():
    """`with running(model, *options) as service:`, stopped at the end if it still runs."""

    @contextmanager
    def start(model, *options, root=ROOT):
        command = [sys.executable, str(root / "snippets" / "serve.py"), str(model)]
        command += ["--port", "0", "--grpc-port", "0", *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        pipes |= {"cwd": root, "env": os.environ | {"PYTHONPATH": str(root)}}
        with subprocess.Popen(command, **pipes, start_new_session=True) as process:
            try:
                said = process.stdout.readline()
                addresses = re.fullmatch(r"REST on (\S+)/v2, gRPC on (\S+)\n", said)
                assert addresses, said + process.stderr.read()
                yield Running(process, *addresses.groups())
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    return start


def request(X, **more):
    """A JSON request for rows X."""
    tensor = {"name": "X", "shape": list(X.shape), "datatype": "FP32", "data": X.tolist()}
    return {"inputs": [tensor | more]}


@pytest.fixture(scope="session", name="request_of")
def _request_of():
    return request


@pytest.fixture(scope="session")
def minutes():
    """The minutes in a JSON answer, float32 (n,)."""

    def read(answer):
        assert answer.status_code == 200, answer.text
        (tensor,) = answer.json()["outputs"]
        found = np.array(tensor["data"], dtype=np.float32)
        assert tensor["shape"] == [len(found), 1]
        return found

    return read
