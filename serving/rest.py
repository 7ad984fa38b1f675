"""Answers POST /v2/models/NAME/infer: JSON or binary tensors, and one clear line for an error."""

import asyncio
import logging
import re

import numpy as np
import orjson
from kserve import InferRequest, InferResponse
from kserve.errors import InvalidInput, ModelNotFound
from kserve.protocol.dataplane import DataPlane

LIMIT = 8 * 2**20  # bytes of a request, over gRPC too: 290,000 flights of seven numbers
PATIENCE = 30  # seconds for a request to arrive, and for a client to read the answer
PATH = re.compile(r"/v2/models/([^/]+)/infer")
ARRAYS = orjson.OPT_SERIALIZE_NUMPY
JSON_LENGTH = b"inference-header-content-length"  # of the JSON before binary tensors


class Refused(Exception):
    """A request that cannot be answered: the HTTP status and the reason."""


class Inference:
    """An ASGI application: answers infer requests, and passes every other one on to `rest`."""

    def __init__(self, plane: DataPlane, rest):
        self.plane, self.rest = plane, rest

    async def __call__(self, scope, receive, send) -> None:
        path = scope["type"] == "http" and PATH.fullmatch(scope["path"])
        if not path:
            return await self.rest(scope, receive, send)
        headers = dict(scope["headers"])
        try:
            if scope["method"] != "POST":
                raise Refused(405, "send this as POST")
            if b"content-encoding" in headers:
                raise Refused(415, "send this uncompressed")
            answer = await self.infer(path[1], headers, receive)
            status = 200
        except Refused as refusal:
            status, reason = refusal.args
        except InvalidInput as error:
            status, reason = 400, str(error)
        except ModelNotFound as error:
            status, reason = 404, str(error)
        except asyncio.CancelledError:
            raise
        except Exception:
            logging.getLogger("kserve").exception("inference failed")
            status, reason = 500, "the model failed; the log of the service says why"
        if status != 200:
            answer = [(b"content-type", b"application/json")], orjson.dumps({"error": reason})
            answer[0].extend([(b"connection", b"close")] if status == 408 else [])
        headers, body = answer
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def infer(self, name: str, headers: dict[bytes, bytes], receive) -> tuple[list, bytes]:
        request = decoded(await whole(receive), headers.get(JSON_LENGTH), name)
        response, _ = await self.plane.infer(name, request)
        return encoded(response, request)


async def whole(receive) -> bytes:
    """The body of a request; if too large, it is still read, or its sender would not listen."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "the client left")  # the client has gone
                size += len(message["body"])
                parts = [*parts, message["body"]] if size <= LIMIT else []
                more = message["more_body"]
    except TimeoutError:
        raise Refused(408, f"the request did not arrive within {PATIENCE} seconds") from None
    if size > LIMIT:
        raise Refused(413, f"{size:,} bytes; send at most {LIMIT:,} at once, in several requests")
    return b"".join(parts)


def decoded(body: bytes, json_length: bytes | None, name: str) -> InferRequest:
    """The request in `body`. Raises InvalidInput."""
    try:
        length = len(body) if json_length is None else int(json_length)
        if not 0 <= length <= len(body):
            raise InvalidInput(
                f"{JSON_LENGTH.decode()} is {length}, of a body of {len(body)} bytes"
            )
        return InferRequest.from_bytes(body, length, name)
    except InvalidInput:
        raise
    except Exception as error:  # whatever the error, the request is at fault
        why = f"{type(error).__name__}: {error}"
        raise InvalidInput(f"not a request of the Open Inference Protocol: {why}") from None


def encoded(response: InferResponse, request: InferRequest) -> tuple[list, bytes]:
    """Headers and body of a response. Raises InvalidInput if other outputs were requested."""
    half = any(output.datatype == "FP16" for output in response.outputs)
    if request.use_binary_outputs or request.request_outputs or half:
        content, json_length = response.to_rest()
    else:  # what KServe makes, without a Python object for each number: a quarter of the time
        content, json_length = as_json(response), None
    if json_length is None:
        return [(b"content-type", b"application/json")], orjson.dumps(content, option=ARRAYS)
    length = (JSON_LENGTH, str(json_length).encode())
    return [(b"content-type", b"application/octet-stream"), length], content


def as_json(response: InferResponse) -> dict:
    """All outputs, as arrays that orjson writes: float32 in as many digits as identify it."""
    outputs = [
        {
            "name": output.name,
            "shape": output.shape,
            "datatype": output.datatype,
            "data": np.ravel(output.data),
        }
        for output in response.outputs
    ]
    return {
        "id": response.id,
        "model_name": response.model_name,
        "model_version": response.model_version,
        "outputs": outputs,
    }
