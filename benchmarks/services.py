"""The services that service_load.py loads; `services.py KIND MODEL PORT` serves one.

onnxruntime is the one of the talk, scikit-learn the same around the forest that the model was made
from; constant answers with one number and looks at nothing, in the same server, in KServe's own as
it comes, and in uvicorn alone.
"""

import pickle
import sys
from functools import partial
from pathlib import Path

import numpy as np
import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

ANSWER = (
    b'{"id":"","model_name":"oracle","model_version":null,"outputs":'
    b'[{"name":"variable","shape":[1,1],"datatype":"FP32","data":[325.6]}]}'
)


def with_onnxruntime(model: str, port: int) -> None:
    import serve

    serve_alone(partial(serve.Served, "oracle", Path(model)), port)


def with_sklearn(model: str, port: int) -> None:
    import serve

    forest = pickle.loads(Path(model).with_suffix(".pkl").read_bytes())

    class Sklearn(serve.Served):
        async def predict(self, request, headers=None):
            rows = self.session.arrays(request)["X"]
            minutes = forest.predict(rows).astype(np.float32)[:, None]
            return self.session.response(request, self.name, [minutes])

    serve_alone(partial(Sklearn, "oracle", Path(model)), port)


def constant(model: str, port: int) -> None:
    serve_alone(partial(constant_model, model), port)


def constant_in_kserve(_, port: int) -> None:
    sys.argv = sys.argv[:1]  # KServe reads the command line when it is imported
    from kserve import ModelServer

    model = constant_model()
    model.load()
    ModelServer(http_port=port, enable_grpc=False).start([model])


def constant_in_uvicorn(_, port: int) -> None:
    async def answer(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        length = (b"content-length", str(len(ANSWER)).encode())
        headers = [(b"content-type", b"application/json"), length]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})

    quiet = {"access_log": False, "lifespan": "off", "log_level": "warning"}
    uvicorn.run(answer, host="127.0.0.1", port=port, **quiet)


def constant_model(*_):
    from kserve import InferOutput, InferResponse, Model

    class Constant(Model):
        async def predict(self, request, headers=None):
            output = InferOutput("variable", [1, 1], "FP32", [325.6])
            return InferResponse(request.id or "0", self.name, [output])

    model = Constant("oracle")
    model.ready = True
    return model


def serve_alone(load, port: int) -> None:
    from serving import server

    server.run(load, "127.0.0.1", port, 0, 1)


SERVICES = {
    "onnxruntime": with_onnxruntime,
    "scikit-learn": with_sklearn,
    "constant": constant,
    "constant, KServe's server": constant_in_kserve,
    "constant, uvicorn alone": constant_in_uvicorn,
}

if __name__ == "__main__":
    SERVICES[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
