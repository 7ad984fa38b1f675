"""gRPC under load, with clients that leave, and with requests in flight when the service ends."""

import asyncio
import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext

import grpc
import grpc_load
import numpy as np
import pytest
import serve
import service_load
from kserve.protocol.grpc.grpc_predict_v2_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ServerLiveRequest,
)
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from serving import server


def about(X):
    """A binary request for rows X."""
    tensor = {"name": "X", "shape": X.shape, "datatype": "FP32"}
    return ModelInferRequest(model_name="oracle", inputs=[tensor], raw_input_contents=[X.tobytes()])


def said(answer):
    (raw,) = answer.raw_output_contents
    return np.frombuffer(raw, np.float32)


@pytest.fixture(scope="module")
def stub(service):
    with grpc.insecure_channel(service[1]) as channel:
        yield GRPCInferenceServiceStub(channel)


def test_every_request_of_a_burst_is_answered(stub, rows):
    X, expected = rows
    answers = [stub.ModelInfer.future(about(X[i : i + 1]), timeout=300) for i in range(len(X))]
    found = np.concatenate([said(answer.result()) for answer in answers])
    assert found.tobytes() == expected.tobytes()


def test_clients_that_leave_take_nothing_along(stub, rows, capfd):
    X, expected = rows
    for answer in [stub.ModelInfer.future(about(X), timeout=300) for _ in range(20)]:
        answer.cancel()
    assert said(stub.ModelInfer(about(X), timeout=300)).tobytes() == expected.tobytes()
    assert capfd.readouterr().err == ""


def test_a_request_in_flight_is_answered_before_the_end(model, rows):
    X, expected = rows
    begun, go_on = threading.Event(), threading.Event()

    class Slow(serve.Served):
        async def predict(self, request, headers=None):
            begun.set()
            await asyncio.to_thread(go_on.wait, 300)
            return await super().predict(request, headers)

    slow = Slow("oracle", model)
    with ExitStack() as service, ThreadPoolExecutor(1) as pool:
        _, address = service.enter_context(server.serving(lambda: slow))
        with grpc.insecure_channel(address) as channel:
            stub = GRPCInferenceServiceStub(channel)
            answer = stub.ModelInfer.future(about(X), timeout=300)
            assert begun.wait(300)
            ended = pool.submit(service.close)  # as on SIGTERM
            until_refused(stub)
            assert not ended.done()
            go_on.set()
            assert said(answer.result()).tobytes() == expected.tobytes()
            ended.result(300)


def test_a_request_in_flight_is_answered_after_sigterm(running, model, rows):
    X, expected = rows
    go_on = threading.Event()

    def message():
        go_on.wait(300)
        yield about(X)

    with running(model) as service, grpc.insecure_channel(service.grpc) as channel:
        stub = GRPCInferenceServiceStub(channel)
        assert stub.ServerLive(ServerLiveRequest(), timeout=300, wait_for_ready=True).live
        infer = channel.stream_unary(
            "/inference.GRPCInferenceService/ModelInfer",
            ModelInferRequest.SerializeToString,
            ModelInferResponse.FromString,
        )
        answer = infer.future(message(), timeout=300)
        assert live(stub)  # sent after it on the same connection, so the request has begun
        service.process.send_signal(signal.SIGTERM)
        until_refused(stub)
        assert service.process.poll() is None
        go_on.set()
        assert said(answer.result()).tobytes() == expected.tobytes()
        assert service.process.wait(300) == 0
        assert service.process.stderr.read() == ""


def test_a_load_at_small_size_fails_no_request(service, rows, model, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(grpc_load, "running", lambda _: nullcontext(service[1]))
    monkeypatch.setattr(service_load, "trained", lambda _: model)
    monkeypatch.setattr(service_load, "CONNECTIONS", 8)
    grpc_load.main(["--seconds", "1", "--out", str(tmp_path / "grpc.json")])
    measured = json.loads((tmp_path / "grpc.json").read_text(encoding="utf-8"))
    assert measured["loads"] == json.loads(capsys.readouterr().out)["loads"]
    assert [load["rows"] for load in measured["loads"]] == [1, 100]
    for load in measured["loads"]:
        assert load["failed"] == 0
        assert load["requests"] >= 8
        assert load["per_second"] * load["seconds"] == pytest.approx(load["requests"], rel=0.02)
        assert 0 < load["p50_ms"] <= load["p99_ms"]


def test_requests_that_fail_are_counted(service, rows, monkeypatch):
    monkeypatch.setattr(service_load, "CONNECTIONS", 1)
    found = grpc_load.loaded(service[1], about(rows[0][:1, :6]), 0.2)
    assert found["requests"] == 0
    assert found["failed"] > 0


def until_refused(stub):
    """Wait until the service takes no new requests."""
    until = time.monotonic() + 300
    while live(stub):
        assert time.monotonic() < until
        time.sleep(0.05)


def live(stub):
    try:
        return stub.ServerLive(ServerLiveRequest(), timeout=300).live
    except grpc.RpcError as error:
        return error.code() != grpc.StatusCode.UNAVAILABLE
