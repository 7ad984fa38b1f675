"""Asks onnxruntime where the time goes, operator by operator."""

import json
import tempfile
from collections import Counter
from pathlib import Path

import flights
import numpy as np
import onnxruntime as ort
import oracle

ROWS, RUNS = 1_000, 5


# region profile
def profile(model: Path, X: np.ndarray, folder: Path) -> list[dict]:
    """The runtime's own notes on RUNS runs: one event per node and run."""
    options = ort.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    session = ort.InferenceSession(model, options)
    for _ in range(RUNS):
        session.run(None, {"X": X})
    return json.loads(Path(session.end_profiling()).read_bytes())


# endregion profile


def microseconds(events: list[dict]) -> Counter:
    """For each operator, the time of its nodes' fastest runs, summed."""
    quickest = {}
    for event in events:
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
            node = event["args"]["op_name"], event["args"]["node_index"]
            quickest[node] = min(event["dur"], quickest.get(node, event["dur"]))
    total = Counter()
    for (operator, _), time in quickest.items():
        total[operator] += time
    return total


def main(argv: list[str] | None = None) -> None:
    _, X, _, _ = flights.split()
    with tempfile.TemporaryDirectory() as folder:
        time = microseconds(profile(oracle.MODEL, X[:ROWS], Path(folder)))
    # Not the times: they differ from run to run, and so does their order.
    print(f"{ROWS:,} flights, {RUNS} runs, times of {len(time)} kinds of operator:")
    print(", ".join(sorted(time)))


if __name__ == "__main__":
    main()
