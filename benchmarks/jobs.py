"""The measured steps of forest.py. Each runs alone in a process: `jobs.py NAME JSON`.

A step prints one JSON object. Times are in seconds, sizes in bytes, and `peak` is the most memory
the process held.
"""

import ctypes
import json
import os
import pickle
import resource
import sys
import traceback
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NoReturn

import numpy as np

ROWS = 10_000
BATCHES = (1, 100, ROWS)
TREE = 4  # the fewest trees of a forest worth the name
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))


def train(nodes: int, model: str, rows: str) -> dict:
    """Grow a forest of about `nodes` nodes on the real flights; keep rows it has not seen."""
    import flights
    from train import save
    from train import train as grow

    X, X_test, y, _ = flights.split()
    np.save(rows, X_test[:ROWS])
    start = perf_counter()
    per_tree = grow(X, y, 1).estimators_[0].tree_.node_count
    trees = round(nodes / per_tree)
    few = trees < TREE
    forest = grow(X, y, TREE, nodes // TREE // 2) if few else grow(X, y, trees)
    seconds = perf_counter() - start
    save(forest, Path(model))
    return {
        "nodes": sum(tree.tree_.node_count for tree in forest.estimators_),
        "trees": len(forest.estimators_),
        "train_seconds": seconds,
        "pickle_bytes": Path(model).stat().st_size,
    }


def convert_onnx101(model: str, target: str, dtype: str) -> dict:
    import onnx101

    start = perf_counter()
    onnx101.convert(model, target, dtype=dtype)
    return {"seconds": perf_counter() - start}


def convert_skl2onnx(model: str, target: str) -> dict:
    import sklearn.ensemble  # noqa: F401 - importing is not converting
    from skl2onnx import to_onnx

    from onnx101.opset import OPSET

    start = perf_counter()
    forest = unpickle(model)
    read = perf_counter() - start
    row = np.zeros((1, forest.n_features_in_), np.float32)
    Path(target).write_bytes(to_onnx(forest, row, target_opset=OPSET).SerializeToString())
    return {"seconds": perf_counter() - start, "read_seconds": read}


def convert_treelite(model: str, target: str) -> dict:
    import sklearn.ensemble  # noqa: F401
    import treelite.sklearn

    start = perf_counter()
    forest = unpickle(model)
    read = perf_counter() - start
    imported = treelite.sklearn.import_model(forest)
    done = perf_counter() - start
    imported.serialize(target)
    return {
        "seconds": perf_counter() - start,
        "read_seconds": read,
        "import_seconds": done - read,
    }


def predict(
    engine: str, model: str, rows: str, threads: int, answers: str, least_seconds: float
) -> dict:
    """Load a model, keep its answers for real rows, and time it one by one and in batches."""
    import_module(engine)
    start = perf_counter()
    ask = ENGINES[engine](model, threads)
    loaded = {"load_seconds": perf_counter() - start, "load_peak": peak()}
    X = np.load(rows)
    np.save(answers, np.asarray(ask(X), dtype=np.float64).ravel())
    latencies = {str(size): latency(ask, X, size, least_seconds) for size in BATCHES}
    return loaded | {"latency": latencies}


def serve() -> None:
    """Answer each line of JSON with what `run_memory` finds, in a process where nothing ran yet."""
    import onnxruntime  # noqa: F401 - once, for all that are forked
    import treelite  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            answer(line)
        if os.waitpid(child, 0)[1]:
            sys.exit("the run failed")


def answer(line: str) -> NoReturn:
    """Print what `run_memory` finds, and end without onnxruntime's exit handlers.

    They would wait for threads, and a fork has none of its parent's.
    """
    try:
        print(json.dumps(run_memory(**json.loads(line))), flush=True)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def run_memory(engine: str, model: str, rows: str, threads: int) -> int:
    """Bytes that the first run holds at most beyond the loaded model; needs Linux."""
    ask, X = ENGINES[engine](model, threads), np.load(rows)
    if engine == "treelite":
        ask(X[:0])  # it starts its threads
    ctypes.CDLL(None).malloc_trim(0)  # what loading left free would hide what the run needs
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    ask(X)
    return max(0, memory("VmHWM") - before)


def memory(what: str) -> int:
    """What the system reports about this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":"))


def with_sklearn(model: str, threads: int):
    return unpickle(model).set_params(n_jobs=threads).predict


def with_onnxruntime(model: str, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options)
    return lambda X: session.run(None, {"X": X})[-1]


def with_treelite(model: str, threads: int):
    import treelite

    forest = treelite.Model.deserialize(model)
    return lambda X: treelite.gtil.predict(
        forest, X.astype(np.float64, copy=False), nthread=threads
    )


ENGINES = {
    "sklearn.ensemble": with_sklearn,
    "onnxruntime": with_onnxruntime,
    "treelite": with_treelite,
}


def latency(ask, X: np.ndarray, size: int, least_seconds: float) -> float:
    """Median seconds of a call with `size` rows, each call with others, over `least_seconds`."""
    batches = [X[first : first + size] for first in range(0, len(X), size)]
    ask(batches[-1])
    times = []
    while sum(times) < least_seconds or len(times) < 5:
        start = perf_counter()
        ask(batches[len(times) % len(batches)])
        times.append(perf_counter() - start)
    return median(times)


def unpickle(path: str):
    with open(path, "rb") as file:
        return pickle.load(file)


def peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


STEPS = {
    step.__name__: step
    for step in (train, convert_onnx101, convert_skl2onnx, convert_treelite, predict)
}

if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        sys.exit(serve())
    measured = STEPS[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps({"peak": peak(), **measured}))
