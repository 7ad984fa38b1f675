"""Times scikit-learn, onnx's reference and onnxruntime on the same forest and the same flights."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from timeit import Timer

import numpy as np
import onnxruntime as ort
from onnx.reference import ReferenceEvaluator
from sklearn.ensemble import RandomForestRegressor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "snippets"))

import flights
import measurement
import oracle
from load import convert
from support import ROOT

BATCHES = (1, 10, 100, 1_000, 10_000)
SECONDS = 0.1  # for each median
FEWEST, MOST = 3, 2_000  # runs behind a median
TOLERANCE = 0.001  # minutes; float32 sums, where scikit-learn sums in float64


def runtimes(forest: RandomForestRegressor) -> dict[str, Callable]:
    """Three ways to ask the same forest, each on one thread."""
    model = convert(forest)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options)
    reference = ReferenceEvaluator(model)
    return {
        "skl": forest.predict,
        "pyrt": lambda X: reference.run(None, {"X": X})[0].ravel(),
        "ort": lambda X: session.run(None, {"X": X})[0].ravel(),
    }


def spread(predict: Callable, X: np.ndarray) -> dict[str, float]:
    """Microseconds for X: the median, and the quartiles on both sides of it."""
    timer = Timer(lambda: predict(X))
    first = timer.timeit(1)
    runs = int(np.clip(SECONDS / first, FEWEST, MOST))
    seconds = timer.repeat(runs, number=1)
    quartiles = np.quantile(seconds, [0.25, 0.5, 0.75]) * 1e6
    names = ("low_us", "median_us", "high_us")
    return dict(zip(names, quartiles.round(2), strict=True))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "snippets" / "outputs" / "runtimes.json")
    args = parser.parse_args(argv)

    _, X_test, _, _ = flights.split()
    forest = oracle.grow()
    ask = runtimes(forest)

    rows = X_test[:1_000]
    skl = ask["skl"](rows)
    for name in ("pyrt", "ort"):
        np.testing.assert_allclose(ask[name](rows), skl, rtol=0, atol=TOLERANCE)
    print(f"{len(rows):,} flights: {', '.join(ask)} agree within {TOLERANCE} minutes")

    timed = [
        {"runtime": name, "batch": batch, **spread(predict, X_test[:batch])}
        for batch in BATCHES
        for name, predict in ask.items()
    ]
    print(f"{len(timed)} medians: {len(ask)} runtimes, 1 to {BATCHES[-1]:,} rows, one thread")
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    measured = {"threads": 1, "trees": len(forest.estimators_), "nodes": nodes, "rows": timed}
    packages = ["scikit-learn", "onnx", "onnxruntime", "skl2onnx", "numpy"]
    measurement.write(args.out, measured, packages)


if __name__ == "__main__":
    main()
