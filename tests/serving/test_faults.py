"""Whatever a client sends: the right status, one clear line, and the service goes on."""

import json
import re

import grpc
import numpy as np
import psutil
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

INFER = "/v2/models/oracle/infer"


def tensor(**changes):
    return {"name": "X", "shape": [1, 7], "datatype": "FP32", "data": [1.0] * 7} | changes


def inputs(*tensors):
    return {"inputs": list(tensors)}


WRONG = {
    "empty": (b"", "not a request|unexpected|Unrecognized"),
    "not JSON": (b'{"inputs": [', "Unrecognized request format"),
    "not UTF-8": (b'{"inputs": "\xff"}', "Unrecognized request format"),
    "NaN in JSON": (b'{"inputs": [{"name": "X", "data": [NaN]}]}', "Unrecognized request format"),
    "deep": (b"[" * 100_000, "Unrecognized request format"),
    "a list": ([], "not a request"),
    "no inputs": ({}, "not a request.*inputs"),
    "inputs of null": ({"inputs": None}, "not a request"),
    "an input of text": (inputs("X"), "not a request"),
    "no name": (inputs({"shape": [1, 7]}), "not a request.*name"),
    "no data": (inputs({"name": "X", "shape": [1, 7], "datatype": "FP32"}), "data"),
    "none": (inputs(), "inputs none; this model takes X"),
    "another": (inputs(tensor(name="Y")), "inputs Y; this model takes X"),
    "twice": (inputs(tensor(), tensor()), "inputs X, X; this model takes X"),
    "one more": (inputs(tensor(), tensor(name="Z")), "inputs X, Z; this model takes X"),
    "a name of numbers": (inputs(tensor(name=[1])), "this model takes X"),
    "another type": (inputs(tensor(datatype="FP64")), "X is FP64; this model takes FP32"),
    "no type": (inputs(tensor(datatype="FLOAT")), "X is FLOAT; this model takes FP32"),
    "a type of null": (inputs(tensor(datatype=None)), "not a request"),
    "six columns": (inputs(tensor(shape=[1, 6])), r"shape \[1, 6\]; this model takes \[-1, 7\]"),
    "one dimension": (inputs(tensor(shape=[7])), r"shape \[7\]"),
    "a negative size": (inputs(tensor(shape=[-1, 7])), r"shape \[-1, 7\]"),
    "half a size": (inputs(tensor(shape=[1.0, 7])), r"shape \[1.0, 7\]"),
    "a size of truth": (inputs(tensor(shape=[True, 7])), r"shape \[True, 7\]"),
    "a huge size": (inputs(tensor(shape=[2**40, 7])), "X is not FP32 of shape"),
    "a shape of text": (inputs(tensor(shape="17")), "shape 17"),
    "too few": (inputs(tensor(data=[1.0] * 6)), "X is not FP32 of shape"),
    "too many": (inputs(tensor(data=[1.0] * 14)), "X is not FP32 of shape"),
    "text": (inputs(tensor(data=["1"] * 7)), "not a list of such numbers"),
    "truth": (inputs(tensor(data=[True] * 7)), "not a list of such numbers"),
    "null": (inputs(tensor(data=[None] * 7)), "not a list of such numbers"),
    "objects": (inputs(tensor(data=[{}] * 7)), "not a list of such numbers"),
    "ragged": (inputs(tensor(data=[[1.0], [1.0] * 6])), "X is not FP32 of shape"),
    "nested otherwise": (inputs(tensor(data=[[1.0]] * 7)), r"nested as \[7, 1\]"),
    "too large a number": (inputs(tensor(data=[1e39] * 7)), r"X\[0\] has .* too large"),
    "a huge integer": (inputs(tensor(data=[10**39] + [1] * 6)), r"X\[0\] has .* too large"),
    "another output": (inputs(tensor()) | {"outputs": [{"name": "Y"}]}, "output 'Y'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_the_clients(client, name, capfd):
    body, reason = WRONG[name]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(INFER, content=content)
    assert answer.status_code == 400, answer.text
    (line,) = answer.json().values()
    assert list(answer.json()) == ["error"]
    assert re.search(reason, line), line
    assert len(line) < 400
    assert line.isprintable()
    assert capfd.readouterr().err == ""  # no client can fill the log


def binary(head, raw=b"", length=None):
    head = json.dumps(head).encode()
    length = str(len(head) if length is None else length)
    return {"content": head + raw, "headers": {"Inference-Header-Content-Length": length}}


def raw(size, **changes):
    found = tensor(parameters={"binary_data_size": size}, **changes)
    del found["data"]
    return inputs(found)


ROW = np.ones(7, np.float32).tobytes()
WRONG_BINARY = {
    "a length of text": binary(raw(28), ROW, "x"),
    "a length beyond the end": binary(raw(28), ROW, 10_000),
    "a length below zero": binary(raw(28), ROW, -1),
    "too short": binary(raw(28), ROW[:-1]),
    "no whole number": binary(raw(27), ROW),
    "a size below zero": binary(raw(-28), ROW),
    "a size of text": binary(raw("28"), ROW),
    "another shape": binary(raw(28, shape=[2, 7]), ROW),
    "bytes that are none": binary(raw(28, datatype="BYTES"), ROW),
    "NaN": binary(raw(28), np.full(7, np.nan, np.float32).tobytes()),
    "infinite": binary(raw(28), np.full(7, np.inf, np.float32).tobytes()),
}


@pytest.mark.parametrize("name", WRONG_BINARY)
def test_wrong_binary_tensors_too(client, name):
    answer = client.post(INFER, **WRONG_BINARY[name])
    assert answer.status_code == 400, answer.text
    assert 10 < len(answer.json()["error"]) < 400
    if name in ("NaN", "infinite"):
        assert "X[0] has a number that is NaN, infinite or too large" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/models/other/infer", 404),
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/other/ready", 404),
        ("GET", INFER, 405),
        ("POST", "/v1/models/oracle:predict", 404),
        ("POST", "/v2/models/../../etc/infer", 404),
    ],
)
def test_what_is_not_there(client, method, path, status):
    assert client.request(method, path, json=inputs(tensor())).status_code == status


def test_a_compressed_body_is_named(client):
    answer = client.post(INFER, content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()) == (415, {"error": "send this uncompressed"})


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_hundred_megabytes_are_refused_and_not_held(client, chunked):
    before = psutil.Process().memory_info().rss
    pieces = (b"x" * 2**20 for _ in range(100))
    headers = {} if chunked else {"Content-Length": str(100 * 2**20)}
    answer = client.post(INFER, content=pieces, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"].startswith("104,857,600 bytes; send at most 8,388,608")
    assert psutil.Process().memory_info().rss - before < 40e6
    assert client.post(INFER, json=inputs(tensor())).status_code == 200


@pytest.fixture(scope="module")
def stub(service):
    with grpc.insecure_channel(
        service[1], options=[("grpc.max_send_message_length", -1)]
    ) as channel:
        yield GRPCInferenceServiceStub(channel)


def asked(name="X", shape=(1, 7), datatype="FP32", raw=(ROW,), model="oracle", data=()):
    given = {"name": name, "shape": shape, "datatype": datatype}
    if data:
        given["contents"] = {"fp32_contents": data}
    return ModelInferRequest(model_name=model, inputs=[given], raw_input_contents=raw)


WRONG_GRPC = {
    "another": (asked(name="Y"), "INVALID_ARGUMENT", "inputs Y; this model takes X"),
    "another type": (asked(datatype="FP64"), "INVALID_ARGUMENT", "X is FP64"),
    "no type": (asked(datatype="?"), "INVALID_ARGUMENT", "invalid content type"),
    "another shape": (asked(shape=(1, 6)), "INVALID_ARGUMENT", "shape [1, 6]"),
    "too short": (asked(raw=(ROW[:-1],)), "INVALID_ARGUMENT", "X is not FP32 of shape"),
    "both": (asked(data=[1.0] * 7), "INVALID_ARGUMENT", "contents field must not"),
    "too few": (asked(raw=(), data=[1.0] * 6), "INVALID_ARGUMENT", "X is not FP32 of shape"),
    "NaN": (asked(raw=(), data=[np.nan] * 7), "INVALID_ARGUMENT", "X[0] has a number that is NaN"),
    "another model": (asked(model="other"), "NOT_FOUND", "other does not exist"),
    "a hundred megabytes": (asked(raw=(b"x" * 100 * 2**20,)), "RESOURCE_EXHAUSTED", "larger than"),
}


@pytest.mark.parametrize("name", WRONG_GRPC)
def test_wrong_requests_over_grpc(stub, name, capfd):
    request, status, reason = WRONG_GRPC[name]
    with pytest.raises(grpc.RpcError) as refusal:
        stub.ModelInfer(request, timeout=300)
    assert refusal.value.code().name == status
    assert reason in refusal.value.details()
    assert capfd.readouterr().err == ""
    assert stub.ModelInfer(asked(), timeout=300).model_name == "oracle"


def test_a_model_that_fails_is_the_services_fault(loaded, client, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("out of memory, /srv/secret")

    monkeypatch.setattr(loaded.session, "run", broken)
    answer = client.post(INFER, json=inputs(tensor()))
    assert answer.status_code == 500
    assert answer.json() == {"error": "the model failed; the log of the service says why"}
    assert "out of memory" in caplog.text
