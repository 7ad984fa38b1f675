"""What tritonclient gets from a service: `triton.py REST GRPC ROWS.npy` prints it as JSON.

It runs in its own process, as kserve and tritonclient both register the protocol's messages.
"""

import json
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.http
from google.protobuf.json_format import MessageToDict


def main():
    rest, grpc, rows = sys.argv[1:]
    X = np.load(rows)
    found = {}
    with tritonclient.http.InferenceServerClient(rest.removeprefix("http://")) as client:
        for binary in (True, False):
            tensor = tritonclient.http.InferInput("X", X.shape, "FP32")
            tensor.set_data_from_numpy(X, binary_data=binary)
            wanted = [tritonclient.http.InferRequestedOutput("variable", binary_data=binary)]
            answer = client.infer("oracle", [tensor], outputs=wanted, request_id="seven")
            found["http, binary" if binary else "http, json"] = told(
                answer, answer.get_response()["id"]
            )
        answer = client.infer("oracle", [tensor], request_id="seven")
        found["http, all outputs"] = told(answer, answer.get_response()["id"])
        found["http"] = asked(client, client.get_model_metadata("oracle"))
        found["extensions"] = client.get_server_metadata()["extensions"]
    with tritonclient.grpc.InferenceServerClient(grpc) as client:
        tensor = tritonclient.grpc.InferInput("X", X.shape, "FP32")
        tensor.set_data_from_numpy(X)
        answer = client.infer("oracle", [tensor], request_id="seven")
        found["grpc, binary"] = told(answer, answer.get_response().id)
        metadata = MessageToDict(client.get_model_metadata("oracle"))
        found["grpc"] = asked(client, metadata)
    print(json.dumps(found))


def told(answer, identity):
    tensor = answer.as_numpy("variable")
    return [identity, str(tensor.dtype), list(tensor.shape), tensor.tobytes().hex()]


def asked(client, metadata):
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready("oracle"),
        "inputs": metadata["inputs"],
        "outputs": metadata["outputs"],
    }


if __name__ == "__main__":
    main()
