"""Scores one table with 1, 2 and 4 workers here, and computes a cluster of a hundred on paper.

    python benchmarks/scaling.py                    two million rows; two minutes
    python benchmarks/scaling.py --rows 100000

More workers than cores share them: the last line of a 2-core machine shows what that costs.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import flights
import measurement
import score
from support import BUILD, MODELS, ROOT, fail

from serving.load import one_thread
from serving.run import Run, dask_client

ROWS = 2_000_000
GROUP = 50_000  # rows of a task
WORKERS = (1, 2, 4)
TASKS = 1_000  # that do nothing, to time the scheduler
PACKAGES = ["dask", "distributed", "numpy", "onnxruntime", "pyarrow"]

# Assumptions, not measured here.
PRICE = 0.05  # dollars for a core and an hour, as clouds ask
BANDWIDTH = 100e6  # bytes a second that one worker reads from an object store, at the least


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--out", type=Path, help="JSON; the default is the slides', at full size")
    args = parser.parse_args(argv)
    out = args.out or (ROOT / "snippets/outputs" if args.rows >= ROWS else BUILD) / "scaling.json"
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), args.rows)
    measured["cluster"] = cluster(measured, rows=10**9, workers=100)
    measurement.write(out, measured, PACKAGES)
    print(json.dumps(measured, indent=2))


def measure(folder: Path, rows: int) -> dict:
    model, source = MODELS / "oracle.onnx", folder / "flights.parquet"
    tiled = np.resize(flights.split()[1], (rows, len(flights.FEATURES)))
    table = pd.DataFrame(tiled, columns=flights.FEATURES)
    plain = {"compression": None, "use_dictionary": False}  # or the repeated flights would shrink
    table.to_parquet(source, row_group_size=GROUP, **plain)
    began = time.perf_counter()
    one_thread(model)
    loading = time.perf_counter() - began
    runs = [timed(str(model), str(source), folder / str(n), n) for n in WORKERS]
    return {
        "rows": rows,
        "group": GROUP,
        "row_bytes": round(source.stat().st_size / rows, 2),
        "model_bytes": model.stat().st_size,
        "load_s": round(loading, 4),
        "task_s": round(min(run.pop("task_s") for run in runs), 6),
        "runs": runs,
    }


def timed(model: str, source: str, target: Path, workers: int) -> dict:
    """One run on so many processes: seconds to start them, for a task of nothing, and to score."""
    began = time.perf_counter()
    with dask_client(None, workers) as client:
        started = time.perf_counter()
        client.gather(client.map(int, range(TASKS)))
        ready = time.perf_counter()
        run = Run(model, source, str(target), flights.FEATURES)
        run.finish(score.scored(client, run))
        seconds = time.perf_counter() - ready
    return {
        "workers": workers,
        "start_s": round(started - began, 2),
        "task_s": (ready - started) / TASKS,
        "seconds": round(seconds, 3),
        "rows_per_second": round(run.rows / seconds),
    }


def cluster(measured: dict, rows: int, workers: int) -> dict:
    """What `workers` machines of one core would need for `rows`, from what one worker did here.

    Scoring divides by the workers; starting, loading the model and the scheduler's time for each
    task do not (Amdahl), though scheduling goes on beside scoring. Every machine reads the model
    once and its share of the table; it scores no faster than that arrives (BANDWIDTH).
    """
    one = measured["runs"][0]
    tasks = -(-rows // measured["group"])
    reading = measured["row_bytes"] / BANDWIDTH
    row_s = max(1 / one["rows_per_second"], reading)
    begin = one["start_s"] + measured["load_s"] + measured["model_bytes"] / BANDWIDTH
    scheduling = tasks * measured["task_s"]
    seconds = begin + max(rows * row_s / workers, scheduling)
    alone = begin + rows * row_s
    share = rows * measured["row_bytes"] / workers
    return {
        "workers": workers,
        "rows": rows,
        "tasks": tasks,
        "seconds": round(seconds, 1),
        "alone_s": round(alone, 1),
        "times_faster": round(alone / seconds, 1),
        "serial_share": round(begin / alone, 5),
        "scheduling_s": round(scheduling, 1),
        "most_workers": int(rows * row_s / scheduling),  # more wait for the scheduler
        "bytes_each": round(share + measured["model_bytes"]),
        "bytes_per_second": round(
            measured["row_bytes"] / row_s * workers
        ),  # from the store, by all
        "dollars": round(seconds * workers / 3600 * PRICE, 3),
    }


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
