"""Loads the service of the talk over gRPC: 64 connections, one request at a time on each.

    python benchmarks/grpc_load.py                one row, then a hundred; 2 minutes
    python benchmarks/grpc_load.py --seconds 5    a look

The client is Python's own and shares the processor with the service: the figures show whether a
request fails and how latency spreads, and only a lower bound of what the service can do.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import flights
import measurement
import service_load
from support import BUILD, ROOT, fail

ROWS = (1, 100)
ANSWERED = 300  # seconds after which a request counts as failed


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each number of rows")
    parser.add_argument("--out", type=Path, default=BUILD / "grpc.json", help="JSON")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        model, rows = service_load.trained(Path(folder)), flights.split()[1]
        with running(model) as address:
            found = [
                {"rows": size} | loaded(address, request(rows[:size]), args.seconds)
                for size in ROWS
            ]
    measured = {"connections": service_load.CONNECTIONS, "loads": found}
    measurement.write(args.out, measured, ["grpcio", *service_load.PACKAGES])
    print(json.dumps(measured, indent=2))
    if failed := sum(load["failed"] for load in found):
        fail(f"{failed:,} requests failed")


@contextmanager
def running(model: Path):
    """The address of gRPC of a service in a process of its own."""
    command = [sys.executable, str(ROOT / "snippets" / "serve.py"), str(model)]
    command += ["--port", "0", "--grpc-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline()
            if not (found := re.search(r"gRPC on (\S+)$", said)):
                fail(f"the service did not start; run {' '.join(command)}")
            with grpc.insecure_channel(found[1]) as channel:
                grpc.channel_ready_future(channel).result(ANSWERED)
            yield found[1]
        finally:
            process.terminate()


def request(X: np.ndarray) -> ModelInferRequest:
    """A request about rows X, float32, as raw bytes."""
    tensor = {"name": "X", "shape": X.shape, "datatype": "FP32"}
    raw = X.astype(np.float32).tobytes()
    return ModelInferRequest(model_name="oracle", inputs=[tensor], raw_input_contents=[raw])


def loaded(address: str, message: ModelInferRequest, seconds: float) -> dict:
    """Send the message from all connections for that long."""
    begun = time.perf_counter()

    def client(_) -> tuple[list[float], int]:
        took, failed = [], 0
        alone = [("grpc.use_local_subchannel_pool", 1)]  # channels would share one connection
        with grpc.insecure_channel(address, alone) as channel:
            infer = GRPCInferenceServiceStub(channel).ModelInfer
            while (sent := time.perf_counter()) < begun + seconds:
                try:
                    infer(message, timeout=ANSWERED)
                except grpc.RpcError:
                    failed += 1
                else:
                    took.append(time.perf_counter() - sent)
        return took, failed

    with ThreadPoolExecutor(service_load.CONNECTIONS) as pool:
        clients = list(pool.map(client, range(service_load.CONNECTIONS)))
    lasted = time.perf_counter() - begun
    took = np.concatenate([took for took, _ in clients])
    p50, p99 = np.percentile(took, [50, 99]) * 1e3 if took.size else (None, None)
    return {
        "seconds": round(lasted, 2),
        "requests": took.size,
        "failed": sum(failed for _, failed in clients),
        "per_second": round(took.size / lasted, 1),
        "p50_ms": p50 and round(p50, 2),
        "p99_ms": p99 and round(p99, 2),
    }


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
