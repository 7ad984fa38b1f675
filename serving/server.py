"""Serves KServe models over REST and gRPC: the SDK's parts, on one address, within limits.

KServe's own ModelServer (0.21) listens on every address, reads a body of any size, answers 422 or
500 to a request that is malformed, and logs each of them; here uvicorn runs the same parts.
"""

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from tempfile import TemporaryDirectory
from threading import Thread

import grpc
from fastapi import FastAPI, Response
from kserve import InferRequest, Model, ModelRepository
from kserve.errors import InvalidInput, ModelNotFound, model_not_found_handler
from kserve.logging import logger
from kserve.metrics import PREDICT_HIST_TIME, get_labels
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.rest.v2_endpoints import V2Endpoints
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)
from uvicorn import Config, Server, _subprocess
from uvicorn.supervisors import Multiprocess

from serving.connection import Connection
from serving.rest import LIMIT, Inference

GRACE = 30  # seconds for requests in flight, once told to stop
STARTING = 120  # seconds a worker may take to import and load, before it counts as hung
KEEP_ALIVE = 65  # seconds a connection may be silent; longer than a proxy's


class Plane(DataPlane):
    """KServe's data plane, without the extension that lets any client unload the model."""

    def metadata(self) -> dict:
        return super().metadata() | {"extensions": ["binary_tensor_data"]}

    async def infer(self, model_name: str, request: InferRequest, headers=None):
        # KServe's own also times pre- and postprocessing: a third of the whole request.
        model = self.get_model_from_registry(model_name)
        with clock(model_name).time():
            return await model.predict(request, headers), {}


@cache
def clock(model_name: str) -> Histogram:
    """The histogram of an existing model: clients cannot create names."""
    return PREDICT_HIST_TIME.labels(**get_labels(model_name))


def application(load: Callable[[], Model], address: str) -> Inference:
    """The whole service of the model that `load` gives; gRPC listens on `address`, host:port."""
    models = ModelRepository()
    models.update(load())
    plane = Plane(models)
    logger.addFilter(is_ours)

    @asynccontextmanager
    async def with_grpc(_):
        server = grpc.aio.server(
            interceptors=[ExceptionToStatusInterceptor()],
            options=[("grpc.max_receive_message_length", LIMIT), ("grpc.so_reuseport", 1)],
        )
        add_GRPCInferenceServiceServicer_to_server(InferenceServicer(plane, None), server)
        server.add_insecure_port(address)
        await server.start()
        yield
        await server.stop(GRACE)

    rest = FastAPI(lifespan=with_grpc, openapi_url=None)
    endpoints = V2Endpoints(plane)
    rest.add_api_route("/v2", endpoints.metadata)
    rest.add_api_route("/v2/health/live", endpoints.live)
    rest.add_api_route("/v2/health/ready", endpoints.ready)
    rest.add_api_route("/v2/models", endpoints.models)
    rest.add_api_route("/v2/models/{model_name}", endpoints.model_metadata)
    rest.add_api_route("/v2/models/{model_name}/ready", endpoints.model_ready)
    rest.add_api_route("/metrics", metrics)
    rest.add_exception_handler(ModelNotFound, model_not_found_handler)
    return Inference(plane, rest)


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a log record is about the service; a client's mistake is told to the client only."""
    error = record.exc_info[1] if record.exc_info else None
    return record.levelno > logging.INFO and not isinstance(error, InvalidInput | ModelNotFound)


def metrics() -> Response:
    """Prometheus metrics, of all worker processes together if there are several."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise ValueError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def forked() -> None:
    """Let workers begin as forks of a process that has imported all this.

    uvicorn (0.54) has no option for it and spawns: four seconds of imports for each, and again for
    one that is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    _subprocess.spawn = context


def returned(model: Model) -> Model:
    return model


@contextmanager
def bound(load: Callable[[], Model], host: str, port: int, grpc_port: int, workers: int = 1):
    """Sockets on both ports (0: any that is free), and what uvicorn needs to serve on them.

    Gives (configuration, HTTP socket, gRPC's "host:port"). Raises ValueError where one is taken.
    """
    with listening(host, port) as http, socket.socket() as grpc_socket:
        with listening(
            host, grpc_port
        ) as free:  # SO_REUSEPORT would hide another service on the port
            grpc_port = free.getsockname()[1]
        grpc_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        grpc_socket.bind((host, grpc_port))
        address = f"{host}:{grpc_port}"
        config = Config(
            partial(application, load, address),
            factory=True,
            http=Connection,
            workers=workers,
            log_level="warning",
            access_log=False,  # a line for each request costs more than the answer
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            timeout_worker_healthcheck=STARTING,
        )
        yield config, http, address


def run(load: Callable[[], Model], host: str, port: int, grpc_port: int, workers: int) -> None:
    """Serve until SIGINT or SIGTERM; then finish the requests in flight.

    `load` must be importable where there are several workers. One that is killed is started again.
    """
    first = load()  # a bad model is refused here: failing workers would be restarted for ever
    if workers == 1:
        load = partial(returned, first)
    del first
    with TemporaryDirectory() as folder, bound(load, host, port, grpc_port, workers) as parts:
        config, http, address = parts
        print(f"REST on http://{host}:{http.getsockname()[1]}/v2, gRPC on {address}", flush=True)
        for told in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises it again at the end
            signal.signal(told, lambda *_: None)
        if workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            forked()
            Multiprocess(config, sockets=[http]).run()
        else:
            Server(config).run(sockets=[http])


@contextmanager
def serving(load: Callable[[], Model]) -> Iterator[tuple[str, str]]:
    """The addresses of REST and gRPC of a service in a thread of this process, on loopback."""
    with bound(load, "127.0.0.1", 0, 0) as (config, http, address):
        server = Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [http]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{http.getsockname()[1]}", address
        finally:
            server.should_exit = True
            thread.join()
