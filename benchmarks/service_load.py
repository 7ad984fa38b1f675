"""Loads the service of the talk, and its like around scikit-learn, with autocannon on loopback.

    python benchmarks/service_load.py                     64 connections; 7 minutes
    python benchmarks/service_load.py --seconds 5         a look, in one
    python benchmarks/service_load.py --soak 1000000      one service, and its memory; 10 minutes

Every service runs in a process of its own. Beside requests a second stands the CPU time of each,
which is more reliable on a machine that does other work. The servers that give a constant
answer show what is left for the model; they are measured for one row and a third of the time.
A soak that fails a request, or whose memory grows, ends with status 2 after its figures.
"""

import argparse
import json
import pickle
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from timeit import Timer

import numpy as np
import psutil
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "snippets"))

import flights
import infer
import measurement
import oracle
from support import BUILD, ROOT, fail

SERVICES = (
    "onnxruntime",
    "scikit-learn",
    "constant",
    "constant, KServe's server",
    "constant, uvicorn alone",
)
ROWS = (1, 100)
CONNECTIONS = 64
SECONDS = 60
BURSTS, BURST = 10, 1_000  # requests at once, with a pause before each
WARM = 500  # requests before anything is measured
SAMPLES = 20  # of memory, in a soak
ROOM = (
    8 * 2**20
)  # bytes that memory may wander; 50 a request, Python's least, are 25 MB in half a soak
PACKAGES = ["kserve", "numpy", "onnxruntime", "scikit-learn", "uvicorn"]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each measurement")
    parser.add_argument(
        "--soak", type=int, metavar="REQUESTS", help="instead: so many, one service"
    )
    parser.add_argument("--out", type=Path, help="JSON; the default is the slides', at full size")
    args = parser.parse_args(argv)
    name = "soak.json" if args.soak else "serving.json"
    full = (args.soak or 10**6) >= 10**6 and args.seconds == SECONDS
    out = args.out or (ROOT / "snippets" / "outputs" if full else BUILD) / name
    with tempfile.TemporaryDirectory() as folder:
        model = trained(Path(folder))
        measured = soak(model, args.soak) if args.soak else compare(model, args.seconds)
        measurement.write(out, measured | {"connections": CONNECTIONS}, PACKAGES)
    print(json.dumps(measured, indent=2))
    if args.soak:
        steady(measured)


def trained(folder: Path) -> Path:
    """The oracle, beside the forest it was made from and bodies of requests."""
    _, rows, _, _ = flights.split()
    forest = oracle.grow()
    model = folder / "oracle.onnx"
    model.write_bytes(oracle.convert(forest))
    model.with_suffix(".pkl").write_bytes(pickle.dumps(forest))
    for size in ROWS:
        X = rows[:size]
        tensor = {"name": "X", "shape": X.shape, "datatype": "FP32", "data": X.tolist()}
        body(model, size).write_text(json.dumps({"inputs": [tensor]}))
    return model


def body(model: Path, rows: int) -> Path:
    return model.with_name(f"{rows}.json")


def compare(model: Path, seconds: int) -> dict:
    """Each service with each number of rows, then bursts, and the runtime without a service."""
    found = []
    for name in tqdm(SERVICES, unit="service", disable=None):
        with running(name, model) as (process, url):
            bare = name.startswith("constant")
            for rows in ROWS[:1] if bare else ROWS:
                load(url, model, rows, "-a", str(WARM))
                lasting = str(max(seconds // 3, 1) if bare else seconds)
                found.append({"service": name, "rows": rows})
                found[-1] |= timed(process, url, model, rows, "-d", lasting)
            if name == "onnxruntime":
                bursts = [burst(url, model) for _ in range(BURSTS)]
    return {"seconds": seconds, "services": found, "bursts": bursts, "direct": direct(model)}


@contextmanager
def running(name: str, model: Path):
    """A service in a process of its own, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(HERE / "services.py"), name, str(model), str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.1)
            else:
                fail(f"the service {name} did not start; run {' '.join(command)}")
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}/v2/models/oracle/infer"
        finally:
            process.terminate()


def load(url: str, model: Path, rows: int, *options: str) -> dict:
    """Autocannon's report on one load."""
    command = [str(ROOT / "node_modules/.bin/autocannon"), "-m", "POST", "-j", "-n"]
    command += ["-H", "content-type=application/json"]  # KServe's own server requires it
    command += ["-c", str(CONNECTIONS), "-i", str(body(model, rows)), *options, url]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"autocannon does not run: {error}; npm ci installs it")
    return json.loads(run.stdout)


def timed(process: psutil.Process, url: str, model: Path, rows: int, *options: str) -> dict:
    """A load, with the service's CPU time per request."""
    before = sum(process.cpu_times()[:2])
    said = load(url, model, rows, *options)
    cpu = sum(process.cpu_times()[:2]) - before
    return told(said) | {"cpu_us": round(cpu / max(said["2xx"], 1) * 1e6, 1)}


def told(said: dict) -> dict:
    return {
        "seconds": said["duration"],
        "requests": said["2xx"],
        "failed": said["non2xx"] + said["errors"] + said["timeouts"],
        "per_second": round(said["2xx"] / said["duration"], 1),
        "p50_ms": said["latency"]["p50"],
        "p99_ms": said["latency"]["p99"],
    }


def burst(url: str, model: Path) -> dict:
    time.sleep(0.5)
    return told(load(url, model, 1, "-a", str(BURST)))


def direct(model: Path) -> list[dict]:
    """Median microseconds of the runtime alone, in this process, on one thread."""
    session, X = infer.open_session(model), flights.split()[1]
    found = []
    for rows in ROWS:
        seconds = Timer(lambda: session.run(None, {"X": X[:rows]})).repeat(300, number=1)  # noqa: B023
        found.append({"rows": rows, "median_us": round(float(np.median(seconds)) * 1e6, 1)})
    return found


def soak(model: Path, requests: int) -> dict:
    """Send that many one-row requests to one service; sample its memory along the way."""
    samples, failed, took = [], 0, 0.0
    with running("onnxruntime", model) as (process, url):
        load(url, model, 1, "-a", str(max(requests // 20, WARM)))  # one-time allocations
        for _ in tqdm(range(SAMPLES), unit="sample", disable=None):
            said = load(url, model, 1, "-a", str(requests // SAMPLES))
            failed += told(said)["failed"]
            took += said["duration"]
            samples.append(process.memory_info().rss)
    sent = requests // SAMPLES * SAMPLES
    return {"requests": sent, "failed": failed, "seconds": round(took, 1), "rss_bytes": samples}


def grown(samples: list[int]) -> int:
    """By how many bytes the second half of the memory samples exceeds the first, on average."""
    half = len(samples) // 2
    return round(np.mean(samples[half:]) - np.mean(samples[:half]))


def steady(measured: dict) -> None:
    """End with status 2 where a request failed, or where memory grew."""
    if measured["failed"]:
        fail(f"{measured['failed']:,} requests failed")
    if (more := grown(measured["rss_bytes"])) > ROOM:
        fail(
            f"memory grew by {more:,} bytes from the first half to the second; {ROOM:,} are allowed"
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
