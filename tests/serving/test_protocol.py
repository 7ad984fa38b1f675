"""Third-party clients call the service, in JSON and in binary, over REST and gRPC."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture(scope="module")
def triton(service, rows, tmp_path_factory):
    """What tritonclient got; see triton.py."""
    path = tmp_path_factory.mktemp("triton") / "rows.npy"
    np.save(path, rows[0])
    command = [sys.executable, str(Path(__file__).with_name("triton.py")), *service, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("way", ["http, binary", "http, json", "http, all outputs", "grpc, binary"])
def test_tritonclient(triton, rows, way):
    expected = rows[1]
    assert triton[way] == ["seven", "float32", [len(expected), 1], expected.tobytes().hex()]


@pytest.mark.parametrize("way", ["http", "grpc"])
def test_metadata_is_the_models_own(triton, way):
    metadata = triton[way]
    for side in ("inputs", "outputs"):
        for tensor in metadata[side]:
            tensor["shape"] = [int(size) for size in tensor["shape"]]  # protobuf's JSON: strings
    assert metadata == {
        "live": True,
        "ready": True,
        "model ready": True,
        "inputs": [{"name": "X", "datatype": "FP32", "shape": [-1, 7]}],
        "outputs": [{"name": "variable", "datatype": "FP32", "shape": [-1, 1]}],
    }


def test_nobody_unloads_the_model(client, triton):
    assert triton["extensions"] == ["binary_tensor_data"]
    assert client.post("/v2/repository/models/oracle/unload").status_code == 404
    assert client.get("/v2/models/oracle/ready").json() == {"name": "oracle", "ready": True}


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_the_sdks_own_client_over_http(service, rows, binary):
    X, expected = rows
    tensor = InferInput("X", list(X.shape), "FP32")
    tensor.set_data_from_numpy(X, binary_data=binary)

    async def ask():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            return await client.infer(
                service[0], InferRequest("oracle", [tensor]), model_name="oracle"
            )
        finally:
            await client.close()

    (output,) = asyncio.run(ask()).outputs
    assert output.as_numpy().tobytes() == expected.tobytes()


def test_the_sdks_own_client_over_grpc(service, rows):
    X, expected = rows
    tensor = InferInput("X", list(X.shape), "FP32", X.ravel().tolist())

    async def ask():
        async with InferenceGRPCClient(service[1]) as client:
            return await client.infer(InferRequest("oracle", [tensor]))

    (output,) = asyncio.run(ask()).outputs
    assert output.as_numpy().tobytes() == expected.tobytes()


def test_what_it_says_is_what_scikit_learn_says(client, request_of, minutes, rows, forest):
    given = minutes(client.post("/v2/models/oracle/infer", json=request_of(rows[0])))
    # float32 sums, where scikit-learn sums in float64
    np.testing.assert_allclose(given, forest.predict(rows[0]), rtol=0, atol=0.001)


@pytest.mark.parametrize("size", [0, 1, 49, 200])
def test_any_number_of_rows(client, request_of, minutes, rows, size):
    X, expected = rows
    answer = client.post("/v2/models/oracle/infer", json=request_of(X[:size]))
    assert minutes(answer).tobytes() == expected[:size].tobytes()
    flat = request_of(X[:size], data=X[:size].ravel().tolist())
    again = client.post("/v2/models/oracle/infer", json=flat)
    assert again.json()["outputs"] == answer.json()["outputs"]


def counted(client):
    """The number of predicted requests, by the service's own count."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == "request_predict_seconds_count":
                return sample.value
    return 0


def test_metrics_count_every_request(client, request_of, rows):
    before = counted(client)
    for _ in range(3):
        client.post("/v2/models/oracle/infer", json=request_of(rows[0][:1]))
    assert counted(client) - before == 3
